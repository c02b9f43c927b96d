"""Texts whose commas nobody quoted are joined again, but only where it is sure which cells belong together."""

from tlcore.tables import read_table

ROWS = "good day,a\nbad day,b\nfine day,a\nso so,b\nall well,a\nnot well,b\nyes,a\nno,b\n"


def read(folder, text):
    (folder / "a.csv").write_text(text)
    return read_table(folder / "a.csv")


def test_text_then_label(tmp_path):
    table = read(tmp_path, f"text,label\n{ROWS}Well, yes, good,a\n")
    assert table.columns == ("text", "label")
    assert (table.column("text")[-1], table.column("label")[-1]) == ("Well, yes, good", "a")
    assert any("first is row 10" in said and "joined again" in said for said in table.how.oddities)


def test_label_then_text(tmp_path):
    rows = "".join(",".join(reversed(line.split(","))) + "\n" for line in ROWS.splitlines())
    table = read(tmp_path, f"label,text\n{rows}a,Well, yes, good\n")
    assert (table.column("text")[-1], table.column("label")[-1]) == ("Well, yes, good", "a")


def test_not_where_it_is_not_sure(tmp_path):
    no_blank = read(tmp_path, f"text,label\n{ROWS}Well,yes,a\n")
    assert no_blank.columns == ("text", "label", "column 3")
    unknown = read(tmp_path, f"text,label\n{ROWS}Well, yes,something else\n")
    assert unknown.columns == ("text", "label", "column 3")
    two_texts = read(tmp_path, "text,note\n" + "".join(f"word {i},note {i}\n" for i in range(9)) + "a, b,c\n")
    assert two_texts.columns == ("text", "note", "column 3")
