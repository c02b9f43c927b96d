"""Garbled letters are told and explained; HTML codes are turned back only where nothing else could be meant."""

import pytest

from tlcore.tables import read_table
from tlcore.tables.damage import repaired


@pytest.mark.parametrize(
    ("garbled", "meant"),
    [
        ("cafÃ© crÃ¨me", "café crème"),
        ("Itâ€™s fine", "It’s fine"),
        ("Â£5", "£5"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("it\x92s", "it’s"),
        ("é".encode().decode("cp1252").encode().decode("cp1252"), "é"),
        ("ðŸ˜€", "😀"),
    ],
)
def test_repaired(garbled, meant):
    assert repaired(garbled) == meant


@pytest.mark.parametrize(
    "text", ["café", "Ünïcödé", "Ça va – bien", "größer", "Привет", "日本", "plain", "Ã", "£5 – ½"]
)
def test_healthy_text_stays(text):
    assert repaired(text) == text


def read(folder, text):
    (folder / "a.csv").write_text(text, encoding="utf-8")
    return read_table(folder / "a.csv")


def test_garbled_cells_are_told_with_row_and_repair(tmp_path):
    table = read(tmp_path, "text,label\nfine,a\nthe cafÃ© here,b\nItâ€™s,b\n")
    (said,) = table.how.oddities
    assert said.startswith('Column "text": 2 cells look garbled')
    assert 'row 3: "cafÃ©" probably was "café"' in said
    assert table.column("text")[1] == "the cafÃ© here"


def test_healthy_foreign_text_is_not_called_garbled(tmp_path):
    assert read(tmp_path, "text,label\nÄÖÜ größer Ça Ñandú Ângela,a\nИван Ð,b\n").how.oddities == ()


def test_entities(tmp_path):
    table = read(tmp_path, "text,label\nTom &amp; Jerry,a\nIt&#39;s &lt;3 caf&eacute;,b\nnothing,c\n")
    assert table.column("text") == ["Tom & Jerry", "It's <3 café", "nothing"]
    assert "HTML codes" in table.how.oddities[0]
    assert "2 cells" in table.how.oddities[0]


@pytest.mark.parametrize(
    "cells",
    [
        ["a &amp; b", "R&D"],  # a bare & beside
        ["<p>a &amp; b</p>", "c"],  # it is HTML
        ["http://x.y/?a=1&amp=2", "c"],  # no entity
    ],
)
def test_entities_that_may_be_meant_are_kept(tmp_path, cells):
    table = read(tmp_path, "text,label\n" + "".join(f"{cell},x\n" for cell in cells))
    assert table.column("text") == cells


def test_entities_stay_where_spans_may_count_characters(tmp_path):
    table = read(tmp_path, 'text,spans\na &amp; b,"[{""start"": 8}]"\nc,[]\n')
    assert table.column("text")[0] == "a &amp; b"
