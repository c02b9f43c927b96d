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
    empty = read(tmp_path, f"text,label\n{ROWS}Well,,a\n")
    assert empty.columns == ("text", "label", "column 3")
    unknown = read(tmp_path, f"text,label\n{ROWS}Well, yes,something else\n")
    assert unknown.columns == ("text", "label", "column 3")
    two_texts = read(tmp_path, "text,note\n" + "".join(f"word {i},note {i}\n" for i in range(9)) + "a, b,c\n")
    assert two_texts.columns == ("text", "note", "column 3")


def test_no_blank_after_the_comma(tmp_path):
    table = read(tmp_path, f"text,label\n{ROWS}Well,yes,a\n")
    assert (table.column("text")[-1], table.column("label")[-1]) == ("Well,yes", "a")


def test_nearly_every_text_has_commas(tmp_path):
    texts = [f"word {i}, then{',more' * (i % 4)}, and {i}" for i in range(24)]
    labels = ["pos" if i % 3 else "neg" for i in range(24)]
    first = read(tmp_path, "label,text\n" + "".join(f"{b},{a}\n" for a, b in zip(texts, labels, strict=True)))
    last = read(tmp_path, "text,label\n" + "".join(f"{a},{b}\n" for a, b in zip(texts, labels, strict=True)))
    for table in (first, last):
        assert (table.column("text"), table.column("label")) == (texts, labels)


def test_text_last_of_three_and_without_names(tmp_path):
    days = "".join(f"2023-01-0{i},{'INFO' if i % 2 else 'WARN'},it is day {i}\n" for i in range(1, 9))
    table = read(tmp_path, f"date,level,message\n{days}2023-01-09,INFO,Backup done,12 files, all well\n")
    assert table.column("message")[-1] == "Backup done,12 files, all well"
    nameless = read(tmp_path, f"{ROWS}{ROWS.replace('day', 'night')}Well,yes, no,a\n")
    assert nameless.columns == ("column 1", "column 2")
    assert nameless.column("column 1")[-1] == "Well,yes, no"
