"""A table kept on the disk comes back as it was, and not at all if it is damaged."""

import json

from tlcore.tables import keep_table, kept_table, read_table


def test_comes_back_as_it_was(tmp_path):
    (tmp_path / "a.csv").write_text('title,,\n\nrow number,text,label\n1,"two\nlines",é\n\n2,b,\n')
    table = read_table(tmp_path / "a.csv")
    keep_table(table, tmp_path / "kept")
    again = kept_table(tmp_path / "kept")
    assert again.columns == table.columns
    assert again.data.to_pydict() == table.data.to_pydict()
    assert again.row_numbers.tolist() == table.row_numbers.tolist() == [4, 6]
    assert again.how == table.how


def test_the_second_replaces_the_first(tmp_path):
    for cell in ("a", "b"):
        (tmp_path / "a.csv").write_text(f"text\n{cell}\n")
        keep_table(read_table(tmp_path / "a.csv"), tmp_path / "kept")
    assert kept_table(tmp_path / "kept").column("text") == ["b"]
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_nothing_or_damaged_is_none(tmp_path):
    assert kept_table(tmp_path) is None
    (tmp_path / "a.csv").write_text("text\na\n")
    keep_table(read_table(tmp_path / "a.csv"), tmp_path)
    (tmp_path / "table.arrow").write_bytes(b"ARROW1 and rubbish")
    assert kept_table(tmp_path) is None
    (tmp_path / "how.json").write_text("{")
    assert kept_table(tmp_path) is None


def test_what_another_version_of_the_reader_kept_is_read_anew(tmp_path):
    (tmp_path / "a.csv").write_text("text\na\n")
    keep_table(read_table(tmp_path / "a.csv"), tmp_path)
    how = json.loads((tmp_path / "how.json").read_text())
    (tmp_path / "how.json").write_text(json.dumps({**how, "reader version": 1}))
    assert kept_table(tmp_path) is None
    del how["reader version"]
    (tmp_path / "how.json").write_text(json.dumps(how))
    assert kept_table(tmp_path) is None
