"""Zip, gzip and folders: the table in them is read, the pictures are named, traps are refused with words."""

import gzip
import io
import os
import stat
import zipfile

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import Limits, read_table

CSV = "image,label\na.png,cat\nb.png,dog\n"


def packed(folder, parts, name="a.zip"):
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return folder / name


def test_a_table_beside_pictures(tmp_path):
    table = read_table(
        packed(
            tmp_path,
            {
                "d/rows.csv": CSV,
                "d/img/a.png": "x",
                "d/img/b.JPG": "x",
                "__MACOSX/d/._rows.csv": "x",
                "README.txt": "hi",
            },
        )
    )
    assert table.column("label") == ["cat", "dog"]
    assert (table.how.file, table.how.member, table.how.format) == ("a.zip", "d/rows.csv", "csv")
    assert table.how.images == ("d/img/a.png", "d/img/b.JPG")
    assert table.how.sheets == ()


def test_several_tables_are_picked_like_sheets(tmp_path):
    path = packed(tmp_path, {"test.csv": "a,b\n1,2\n", "train.csv": CSV * 3, "more.json": '[{"c": 1}]'})
    table = read_table(path)
    assert (table.how.sheet, table.how.sheets) == ("train.csv", ("test.csv", "train.csv", "more.json"))
    assert "sheet" in table.how.guessed
    assert "3 tables" in table.how.oddities[0]
    asked = read_table(path, sheet="more.json")
    assert (asked.columns, asked.how.format) == (("c",), "json")
    assert "sheet" not in asked.how.guessed
    with pytest.raises(TlcoreError, match=r"test\.csv, train\.csv"):
        read_table(path, sheet="none.csv")


def test_a_folder(tmp_path):
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "a.png").write_bytes(b"x")
    (tmp_path / "rows.csv").write_text(CSV)
    table = read_table(tmp_path)
    assert (table.how.member, table.how.images, table.rows) == ("rows.csv", ("img/a.png",), 2)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_folder_with_a_link_out_of_it(tmp_path):
    (tmp_path / "secret.csv").write_text(CSV)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "rows.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(TlcoreError, match="no table"):
        read_table(tmp_path / "d")


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"../rows.csv": CSV}, "outside its folder"),
        ({"/etc/rows.csv": CSV}, "outside its folder"),
        ({"C:\\rows.csv": CSV}, "outside its folder"),
        ({"inner.zip": "PK"}, "another archive"),
        ({"a.png": "x"}, "no table beside its 1 picture"),
        ({"README.txt": "x"}, "no table"),
        ({}, "no table"),
        ({"rows.csv": ""}, "empty"),
    ],
)
def test_refused_with_words(tmp_path, parts, says):
    with pytest.raises(TlcoreError, match=says) as error:
        read_table(packed(tmp_path, parts))
    assert "a.zip" in error.value.where
    assert error.value.fix


def test_a_link_in_an_archive(tmp_path):
    link = zipfile.ZipInfo("rows.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(TlcoreError, match="link"):
        read_table(tmp_path / "a.zip")


def test_bombs_also_where_the_directory_lies(tmp_path):
    path = packed(tmp_path, {"rows.csv": CSV + " " * 3_000_000})
    with pytest.raises(TlcoreError, match="unpacks to more than"):
        read_table(path, limits=Limits(max_unpacked_bytes=1_000_000))
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("rows.csv").file_size.to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(TlcoreError):
        read_table(path, limits=Limits(max_unpacked_bytes=1_000_000))
    with pytest.raises(TlcoreError, match="more than 2 files"):
        read_table(packed(tmp_path, dict.fromkeys("abc", "x")), limits=Limits(max_members=2))


def test_gzip(tmp_path):
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    table = read_table(tmp_path / "rows.csv.gz")
    assert (table.rows, table.how.file, table.how.member) == (2, "rows.csv.gz", "rows.csv")
    with pytest.raises(TlcoreError, match="unpacks to more than"):
        read_table(tmp_path / "rows.csv.gz", limits=Limits(max_unpacked_bytes=10))
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(CSV.encode())[:-9])
    with pytest.raises(TlcoreError, match="damaged"):
        read_table(tmp_path / "rows.csv.gz")


def test_damaged(tmp_path):
    data = packed(tmp_path, {"rows.csv": CSV * 50}).read_bytes()
    (tmp_path / "a.zip").write_bytes(data[:60] + b"\xff\xff" + data[62:])
    with pytest.raises(TlcoreError, match="damaged"):
        read_table(tmp_path / "a.zip")
    (tmp_path / "a.zip").write_bytes(data[:-30])
    with pytest.raises(TlcoreError, match="archive is damaged"):
        read_table(tmp_path / "a.zip")


def test_locked(tmp_path):
    buffer = io.BytesIO(packed(tmp_path, {"rows.csv": CSV}).read_bytes())
    data = bytearray(buffer.getvalue())
    data[6] |= 1  # the flag of encryption, in the part and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(TlcoreError, match="locked"):
        read_table(tmp_path / "a.zip")
