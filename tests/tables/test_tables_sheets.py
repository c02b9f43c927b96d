"""Workbooks: cells as a spreadsheet shows them, sheets, and workbooks that are traps."""

import contextlib
import datetime as dt
import io
import random
import zipfile

import pytest
from openpyxl import Workbook

from tlcore.errors import TlcoreError
from tlcore.tables import Limits, read_table


def save(book, path):
    book.save(path)
    return path


def repack(path, part, change):
    """The same workbook with one part of its zip changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    path.write_bytes(buffer.getvalue())


@pytest.fixture
def shown(tmp_path):
    book = Workbook()
    book.active.append(["number", "date", "flag", "text"])
    book.active.append([5.0, dt.date(2024, 2, 29), True, "NA"])
    book.active.append([0.1 + 0.2, dt.datetime(2024, 2, 29, 13, 5), False, "007"])
    book.active.append([12345678901.0, None, None, " two\nlines "])
    return save(book, tmp_path / "a.xlsx")


def test_cells_as_shown(shown):
    table = read_table(shown)
    assert table.column("number") == ["5", "0.3", "12345678901"]
    assert table.column("date") == ["2024-02-29", "2024-02-29 13:05:00", ""]
    assert table.column("flag") == ["TRUE", "FALSE", ""]
    assert table.column("text") == ["NA", "007", " two\nlines "]
    assert table.how.format == "xlsx"
    assert table.how.sheet == "Sheet"


def test_sheets(tmp_path):
    book = Workbook()
    book.active.title = "Empty"
    hidden = book.create_sheet("Hidden")
    hidden.append(["secret"])
    hidden.append(["x"])
    hidden.sheet_state = "hidden"
    for title in ("One", "Two"):
        book.create_sheet(title).append(["text"])
        book[title].append([title])
    path = save(book, tmp_path / "a.xlsx")
    table = read_table(path)
    assert table.how.sheet == "One"
    assert table.how.sheets == ("Empty", "Hidden", "One", "Two")
    assert read_table(path, sheet="Two").column("text") == ["Two"]
    with pytest.raises(TlcoreError, match=r"Empty, Hidden, One, Two"):
        read_table(path, sheet="Three")
    with pytest.raises(TlcoreError, match="is empty"):
        read_table(path, sheet="Empty")


def test_blank_area_around_is_trimmed_and_rows_stay_true(tmp_path):
    book = Workbook()
    for place, value in {"C3": "text", "D3": "label", "C4": "a", "D4": "b", "C6": "c", "D6": "d"}.items():
        book.active[place] = value
    table = read_table(save(book, tmp_path / "a.xlsx"))
    assert table.columns == ("text", "label")
    assert table.how.header_row == 3
    assert table.row_numbers.tolist() == [4, 6]


def test_far_cell_is_refused_before_it_fills_the_memory(tmp_path):
    book = Workbook()
    book.active["A1"], book.active["A2"], book.active["XFD1048576"] = "text", "a", "far"
    with pytest.raises(TlcoreError, match="reaches to row"):
        read_table(save(book, tmp_path / "a.xlsx"))


def test_bomb_also_where_its_directory_lies(shown):
    repack(shown, "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * 3_000_000)
    limits = Limits(max_unpacked_bytes=1_000_000)
    with pytest.raises(TlcoreError, match="unpacks to more than"):
        read_table(shown, limits=limits)
    data = bytearray(shown.read_bytes())
    with zipfile.ZipFile(shown) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    shown.write_bytes(data.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(TlcoreError, match="unpacks to more than"):
        read_table(shown, limits=limits)


def test_spoiled_xml_gives_words(shown):
    original, rng = shown.read_bytes(), random.Random(0)

    def spoil(xml):
        xml = bytearray(xml)
        for _ in range(rng.randint(1, 8)):
            xml[rng.randrange(len(xml))] = rng.randrange(32, 127)
        return bytes(xml)

    for _ in range(60):
        for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"):
            shown.write_bytes(original)
            repack(shown, part, spoil)
            with contextlib.suppress(TlcoreError):
                assert read_table(shown).rows


def test_zip_that_is_no_workbook(tmp_path):
    for part, says in (("readme.txt", "no table"), ("word/document.xml", "Word"), ("xl/workbook.bin", "xlsb")):
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr(part, "x")
        with pytest.raises(TlcoreError, match=says):
            read_table(tmp_path / "a.xlsx")


def _ods(path, rows):
    ns = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{ns}office:1.0" xmlns:table="{ns}table:1.0" '
        f'xmlns:text="{ns}text:1.0"><office:body><office:spreadsheet><table:table table:name="S">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return path


def _cell(text, more=""):
    return f'<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p></table:table-cell>'


def test_ods(tmp_path):
    rows = "".join(
        f"<table:table-row>{_cell(a)}{_cell(b)}</table:table-row>" for a, b in (("text", "label"), ("a", "b"))
    )
    rows += '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    table = read_table(_ods(tmp_path / "a.ods", rows))
    assert table.how.format == "ods"
    assert (table.columns, table.column("label")) == (("text", "label"), ["b"])


def test_ods_bomb(tmp_path):
    wide = ' table:number-columns-repeated="16000"'
    rows = f'<table:table-row table:number-rows-repeated="1000000">{_cell("x", wide)}</table:table-row>'
    with pytest.raises(TlcoreError, match="reaches to row"):
        read_table(_ods(tmp_path / "a.ods", rows))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</table:table>", b"<=&/table:table>"),
        (b"</table:table>", b""),
        (b"</office:document-content>", b""),
        (b"<office:document-content", b'<!DOCTYPE z [<!ENTITY a "aaaa">]><office:document-content'),
    ],
)
def test_ods_whose_xml_is_broken_is_not_read_forever(tmp_path, old, new):
    path = _ods(tmp_path / "a.ods", f"<table:table-row>{_cell('t')}</table:table-row>" * 2)
    repack(path, "content.xml", lambda content: content.replace(old, new))
    with pytest.raises(TlcoreError, match="damaged"):
        read_table(path)
