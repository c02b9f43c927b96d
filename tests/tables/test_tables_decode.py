"""Encodings: said by the file, by the user, or guessed and then admitted."""

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import read_table

FRENCH = "text,label\nVoilà, ça marche très bien à Noël,bien\nC’est « déçu »,mal\n".replace("à, ", "à ")


def read(folder, data, **how):
    (folder / "a.csv").write_bytes(data)
    return read_table(folder / "a.csv", **how)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_encodings(tmp_path, encoding, name):
    table = read(tmp_path, FRENCH.encode(encoding))
    assert table.columns == ("text", "label")
    assert table.column("text")[0] == "Voilà ça marche très bien à Noël"
    assert table.how.encoding == name
    assert bool(table.how.oddities) == (name in ("cp1252", "mac_roman"))


def test_other_scripts(tmp_path):
    russian = "текст;метка\nПривет, как дела?;хорошо\nМоя карта не работает;плохо\n"
    assert read(tmp_path, russian.encode("cp1251")).columns == ("текст", "метка")
    polish = "tekst;etykieta\nZażółć gęślą jaźń, proszę;dobrze\nNie działa karta płatnicza;źle\n"
    assert read(tmp_path, polish.encode("cp1250")).column("etykieta") == ["dobrze", "źle"]


def test_pound_sign_alone_is_cp1252(tmp_path):
    assert read(tmp_path, "text,price\nthe usual thing,£5\nanother,£6\n".encode("cp1252")).column("price")[0] == "£5"


def test_a_few_spoiled_bytes_do_not_spoil_the_rest(tmp_path):
    table = read(tmp_path, (FRENCH * 5).encode() + b"bad \xff byte,x\n")
    assert table.column("text")[-1] == "bad \ufffd byte"
    assert any("could not be read" in said for said in table.how.oddities)


def test_lines_in_another_encoding_than_the_rest(tmp_path):
    lines = [f"{i},Größe und Qualität sind schön,gut\n".encode("cp1252" if i in (4, 9) else "utf-8") for i in range(30)]
    table = read(tmp_path, b"id,text,label\n" + b"".join(lines))
    assert set(table.column("text")) == {"Größe und Qualität sind schön"}
    assert any("2 lines are in another encoding" in said and "line 6" in said for said in table.how.oddities)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "iso2022_jp"])
def test_japanese_without_a_mark(tmp_path, encoding):
    table = read(tmp_path, "本文,分類\n今日は良い天気です,晴れ\n雨が降っています,雨\n".encode(encoding))
    assert table.columns == ("本文", "分類")
    assert (table.column("分類"), table.how.encoding) == (["晴れ", "雨"], encoding)


def test_padding_marks_inside_and_a_cut_line_end(tmp_path):
    padded = read(tmp_path, b"a,b\n1,2\n" + b"\0" * 500)
    assert padded.rows == 1
    assert any("500 empty bytes" in said for said in padded.how.oddities)
    assert read(tmp_path, b"a,b\r\n1,2\r\n\x1a").rows == 1
    joined = "\ufeffa,b\n1,2\n"
    assert read(tmp_path, (joined + joined + joined).encode()).column("a") == ["1", "1", "1"]
    assert read(tmp_path, joined.encode("utf-16-le") + b"\n").rows == 1


def test_control_characters_between_cells(tmp_path):
    table = read(tmp_path, b"id\x01text\x01label\n1\x01a, b\x01x\n2\x01c\x01y\n")
    assert (table.how.delimiter, table.column("text")) == ("\x01", ["a, b", "c"])


def test_by_hand(tmp_path):
    assert read(tmp_path, "a,b\né,x\n".encode("cp437"), encoding="cp437").column("a") == ["é"]
    with pytest.raises(TlcoreError) as error:
        read(tmp_path, b"a,b\n1,2\n\xff,3\n", encoding="utf-8")
    assert "line 3" in error.value.where
    for wrong in ("nope", "hex"):
        with pytest.raises(TlcoreError, match="no encoding"):
            read(tmp_path, b"a,b\n1,2\n", encoding=wrong)
