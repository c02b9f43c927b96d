"""JSON Lines and JSON lists."""

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import read_table


def read(folder, text, name="a.jsonl"):
    (folder / name).write_text(text, encoding="utf-8")
    return read_table(folder / name)


def test_lines(tmp_path):
    table = read(tmp_path, '{"text": "a\\nb", "n": 1.50, "ok": true}\n\n{"text": null, "x": {"k": [1e5, null]}}\n{}\n')
    assert table.columns == ("text", "n", "ok", "x")
    assert [table.column(name) for name in table.columns] == [
        ["a\nb", ""],
        ["1.50", ""],
        ["true", ""],
        ["", '{"k": [1e5, null]}'],
    ]
    assert table.where(1) == "line 3"
    assert table.how.header_row == 0
    assert table.how.oddities == ("1 blank object is left out.",)


def test_list_and_wrapped_list(tmp_path):
    for text in ('[{"a": "1"}, {"a": "2"}]', '{"version": 1, "data": [{"a": "1"}, {"a": "2"}]}'):
        table = read(tmp_path, text, "a.json")
        assert table.column("a") == ["1", "2"]
        assert table.how.format == "json"


def test_content_decides(tmp_path):
    table = read(tmp_path, '{"a": 1}\n{"a": 2}\n', "a.json")
    assert table.how.format == "jsonl"
    assert table.how.oddities
    assert read(tmp_path, '[{"a": 1}]', "a.jsonl").how.format == "json"


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("a.jsonl", '{"a": 1}\n{"a": 2\n', "line 2"),
        ("a.jsonl", '{"a": 1}\n[1]\n', "line 2"),
        ("a.json", '[{"a": 1},\n{"a" 2}]', "line 2"),
        ("a.json", '[{"a": 1}, 3]', "item 2"),
        ("a.json", "[" * 100_000, "a.json"),
        ("a.json", "[]", "a.json"),
        ("a.jsonl", "{}", "a.jsonl"),
        ("a.json", "5", "line 1"),
    ],
)
def test_broken(tmp_path, name, text, where):
    with pytest.raises(TlcoreError) as error:
        read(tmp_path, text, name)
    assert where in error.value.where


def test_half_a_surrogate_pair(tmp_path):
    table = read(tmp_path, '{"text": "a\\ud800b"}\n')
    assert table.column("text") == ["a?b"]
    assert table.how.oddities
