"""Whatever the bytes: a Table or words, never another exception, never over five seconds.

NUDGE_FUZZ says how many examples of each kind (5,000 is the number that is promised; fewer by default).
"""

import gzip
import io
import json
import os
import random
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tlcore.errors import TlcoreError
from tlcore.tables import Table, read_table

EXAMPLES = int(os.environ.get("NUDGE_FUZZ", "250"))
SECONDS = 5.0
XLS = Path(os.environ.get("NUDGE_BENCH_DATA", "../shared/data")) / "messy/excel/missing-values-xls.xls"
NAMES = [
    f"a{ending}"
    for ending in (
        ".csv",
        ".tsv",
        ".txt",
        ".xlsx",
        ".xls",
        ".ods",
        ".json",
        ".jsonl",
        ".parquet",
        ".zip",
        ".csv.gz",
        "",
    )
]
RULES = {"max_examples": EXAMPLES, "deadline": None, "suppress_health_check": list(HealthCheck)}
TEXT = 'text,label,n\n"Hello, you",good,1\n"two\nlines",bad,2\ncafé,good,3\n"say ""hi""",bad,4\n\nSource: me\n'


def _zip(parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _workbook():
    book, buffer = Workbook(), io.BytesIO()
    for row in (["Title"], ["text", "label", "n"], ["hi", "a", 1.5], ["=1+1", None, True], ["ho", "b", 3]):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.create_sheet("Second").append(["text"])
    book.save(buffer)
    return buffer.getvalue()


def _ods():
    ns = "urn:oasis:names:tc:opendocument:xmlns:"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        f"<table:table-row>{cell.format(a)}{cell.format(b)}</table:table-row>" for a, b in ("tl", "ab", "cd")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{ns}office:1.0" xmlns:table="{ns}table:1.0" '
        f'xmlns:text="{ns}text:1.0"><office:body><office:spreadsheet><table:table table:name="S">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return _zip(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": content,
        }
    )


def _parquet():
    buffer = io.BytesIO()
    table = pa.table(
        {"text": ["a", None, "c"], "n": [1, 2, None], "l": [[1], None, []], "s": [{"a": 1}, None, {"a": 2}]}
    )
    pq.write_table(table, buffer)
    return buffer.getvalue()


GOOD = {
    "utf8.csv": TEXT.encode(),
    "cp1252.csv": TEXT.replace(",", ";").encode("cp1252"),
    "utf16.csv": TEXT.replace(",", "\t").encode("utf-16"),
    "good.xlsx": _workbook(),
    "good.ods": _ods(),
    "good.json": json.dumps([{"text": "a", "n": [1, {"b": None}]}, {"text": "é", "label": 1e5}]).encode(),
    "good.jsonl": b'{"text": "a", "label": true}\n{"text": "b", "label": null}\n',
    "good.parquet": _parquet(),
    "good.zip": _zip({"d/a.csv": TEXT, "d/b.csv": "x,y\n1,2\n", "d/i.png": "x"}),
    "page.xls": b"<html><table><tr><th>text<th rowspan=2>n</tr><tr><td colspan=2>a&amp;b<br>c<td>1</table><p></html>",
    "book.xls": b'<?xml version="1.0"?><Workbook><Worksheet ss:Name="S"><Table><Row><Cell><Data>text</Data></Cell></Row>'
    b'<Row ss:Index="3"><Cell ss:Index="2" ss:MergeDown="3"><Data ss:Type="Number">1</Data></Cell></Row></Table></Worksheet>',
    "lined_up.txt": b"nr      text            label\n1       good day        a\n2       so  so          b\n30      bad             a\n",
    "commas.csv": b"label,text\n" + b"a,well, yes,no\nb,fine\na,so, so\n" * 4,
    "good.csv.gz": gzip.compress(TEXT.encode(), mtime=0),
}
if XLS.is_file():
    GOOD["good.xls"] = XLS.read_bytes()


def survives(folder, name, data, **how):
    path = folder / "any"
    path.write_bytes(data)
    start = time.perf_counter()
    try:
        table = read_table(path, name=name, **how)
    except TlcoreError as error:
        table, words = None, error.to_json()
    assert time.perf_counter() - start < SECONDS, f"{name}: {data[:200]!r}"
    if table is None:
        assert words["what"], words
        return
    assert isinstance(table, Table)
    assert table.rows == len(table.row_numbers) > 0
    assert len(set(table.columns)) == len(table.columns) == table.data.num_columns
    assert all(not column.null_count for column in table.data.columns)
    assert json.loads(json.dumps(table.how.to_json()))


@pytest.fixture(scope="module", autouse=True)
def _libraries_are_loaded(tmp_path_factory):
    for name, data in GOOD.items():
        survives(tmp_path_factory.mktemp("warm"), name, data)


@settings(**RULES)
@given(
    data=st.one_of(
        st.binary(max_size=600),
        st.tuples(
            st.sampled_from(
                [b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"{", b"["]
            ),
            st.binary(max_size=400),
        ).map(b"".join),
        st.text(alphabet=st.sampled_from("ab,;|\t\"'\\\n\r=é1 #&:{}[]-\x1f"), max_size=400).map(str.encode),
    ),
    name=st.sampled_from(NAMES),
    header_row=st.sampled_from([None, None, None, 0, 1, 3]),
    last_row=st.sampled_from([None, None, None, 0, 2]),
)
def test_any_bytes_give_a_table_or_words(tmp_path, data, name, header_row, last_row):
    survives(tmp_path, name, data, header_row=header_row, last_row=last_row)


def _mutated(data, seed, times):
    rng, data = random.Random(seed), bytearray(data)
    for _ in range(times):
        at, length = rng.randrange(len(data) + 1), rng.choice([1, 1, 2, 4, 30, 300])
        kind = rng.randrange(6)
        if kind == 0:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = bytes(rng.choice(b"\x00\xff\"',;\n\r\t|{}[]<>=/&0199aA\\") for _ in range(length))
        elif kind == 3:
            data[at:at] = data[at : at + length] * rng.choice([1, 2, 50])
        elif kind == 4:
            data[at : at + 4] = rng.choice([0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 1 << 20]).to_bytes(4, "little")
        else:
            del data[at:]
    return bytes(data)


def _mutated_inside(data, seed, times):
    """The same damage to one part of a zip, packed again, so that it gets past the checksums."""
    rng = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(parts))
    return _zip({**parts, name: _mutated(parts[name], seed, times)})


@settings(**RULES)
@given(name=st.sampled_from(sorted(GOOD)), seed=st.integers(0, 2**32), times=st.integers(1, 12), inside=st.booleans())
def test_damaged_good_files_give_a_table_or_words(tmp_path, name, seed, times, inside):
    data = GOOD[name]
    inner = inside and data[:2] == b"PK"
    survives(tmp_path, name, _mutated_inside(data, seed, times) if inner else _mutated(data, seed, times))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cell.csv", b'text,label\n"' + b"x" * 10_000_000 + b'",a\n'),
        ("line.csv", b"x" * 10_000_000),
        ("quotes.csv", b"text,label\n" + b'"a\n' * 200_000),
        ("pairs.csv", b"text,label\n" + b'"a ""\n' * 100_000),
        ("open.csv", b"text,label\n" + b"a,b\n" * 100_000 + b'"open,c\n' + b"a,b\n" * 100_000),
        ("wide.csv", b"," * 5_000_000),
        ("ragged.csv", b"a\n" * 300_000 + b"," * 900 + b"\n"),
        ("wide_row.csv", b"text,label\n" + b",".join([b"x"] * 901) + b"\n" + b"good day,a\n" * 60_000),
        ("blank.csv", b"\n" * 5_000_000 + b"a,b\n1,2\n"),
        ("marks.csv", b"a,b\n" + b"(" * 200_000 + b",1\n" + b"1." * 200_000 + b",2\n"),
        ("gaps.txt", b"a" + b" " * 1_000_000 + b"b\n" * 3),
        ("slashes.csv", b"a,b\n" + b'\\"' * 500_000 + b",1\n"),
        ("singles.csv", b"a,b\n" + b"'" * 500_000 + b",1\n"),
        ("entities.csv", b"a,b\n" + b"&amp;" * 190_000 + b",1\n" + b"&" * 900_000 + b",2\n"),
        ("tags.csv", b"a,b\n" + b"&amp;" + b"<p " * 200_000 + b",1\n"),
        ("high.csv", b"a,b\n" + bytes(range(128, 256)) * 20_000 + b",1\n"),
        ("garbled.csv", b"a,b\n" + "Ã©".encode() * 200_000 + b",1\n"),
        ("deep.json", b"[" * 1_000_000),
        ("deeper.json", b'[{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}]"),
        ("number.json", b'[{"a": ' + b"9" * 5_000_000 + b"}]"),
        ("names.json", b"[" + b",".join(b'{"k%d": 1}' % i for i in range(50_000)) + b"]"),
        ("bomb.csv.gz", gzip.compress(b"a,b\n" * 100_000_000)),
    ],
)
def test_hostile_text(tmp_path, name, data):
    survives(tmp_path, name, data)


def test_entity_bombs_in_workbooks(tmp_path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
    )
    for name, part in (
        ("good.xlsx", "xl/worksheets/sheet1.xml"),
        ("good.xlsx", "xl/workbook.xml"),
        ("good.ods", "content.xml"),
    ):
        with zipfile.ZipFile(io.BytesIO(GOOD[name])) as archive:
            parts = {inner: archive.read(inner) for inner in archive.namelist()}
        body = parts[part].split(b"?>", 1)[-1].replace(b"hi", b"&j;").replace(b">c<", b">&j;<")
        survives(tmp_path, name, _zip({**parts, part: bomb + b"]>" + body}))
