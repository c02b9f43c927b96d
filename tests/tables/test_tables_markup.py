"""Web pages and Excel 2003 XML under the name .xls: the table in them, or words."""

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import read_table

PAGE = """<!DOCTYPE html>
<html><head><meta charset="iso-8859-1"><script>var a = "<table><tr><td>no</td></tr></table>";</script></head><body>
<table><tr><td><a href="/">Home</a></td></tr><tr><td>Help</td></tr></table>
<!-- <table><tr><td>x</td></tr></table> -->
<table><thead><tr><th>hotel</th><th>review</th><th>label</th></tr></thead>
<tr><td rowspan=2>Hôtel A</td><td><p>Clean &amp; quiet</p>
<p>&#8212; a guest</p></td><td>good</td></tr>
<tr><td>Too  loud,&nbsp;sadly</td><td>bad</td></tr>
<tr><td>Hôtel B</td><td>Fine</td><td>good</td></tr></table></body></html>"""
HEAD = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns:ss="urn:x">'
BOOK = (
    HEAD + '<Worksheet ss:Name="A &amp; B"><Table>'
    '<Row><Cell><Data ss:Type="String">id</Data></Cell><Cell><Data ss:Type="String">text</Data></Cell>'
    '<Cell><Data ss:Type="String">day</Data></Cell></Row>'
    '<Row><Cell><Data ss:Type="Number">1</Data></Cell><Cell><Data ss:Type="String">a &lt; b&#10;c  d</Data>'
    "<Comment><ss:Data>not this</ss:Data></Comment></Cell>"
    '<Cell><Data ss:Type="DateTime">2023-01-05T00:00:00.000</Data></Cell></Row>'
    '<Row ss:Index="4"><Cell/><Cell ss:Index="3"><Data ss:Type="Boolean">1</Data></Cell></Row></Table></Worksheet>'
    '<Worksheet ss:Name="Other"><Table><Row><Cell><Data>x</Data></Cell></Row><Row><Cell><Data>y</Data></Cell></Row>'
    "</Table></Worksheet></Workbook>"
)


def read(folder, data, **how):
    (folder / "a.xls").write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_table(folder / "a.xls", **how)


def rows(table):
    return [list(row) for row in zip(*(table.column(name) for name in table.columns), strict=True)]


def test_the_largest_table_of_a_page(tmp_path):
    table = read(tmp_path, PAGE.encode("latin-1"))
    assert table.columns == ("hotel", "review", "label")
    assert rows(table) == [
        ["Hôtel A", "Clean & quiet\n— a guest", "good"],
        ["Hôtel A", "Too loud, sadly", "bad"],
        ["Hôtel B", "Fine", "good"],
    ]
    assert (table.how.format, table.how.encoding, table.how.sheets) == ("html", "iso-8859-1", ("table 1", "table 2"))
    said = " ".join(table.how.oddities)
    assert "web page" in said
    assert "merged over several rows" in said
    assert read(tmp_path, PAGE.encode("latin-1"), sheet="table 1").column("Home") == ["Help"]


def test_tags_that_nobody_closed(tmp_path):
    table = read(
        tmp_path,
        "<TABLE><TR><TD COLSPAN=3><B>Report\n<TR><TD>Nr<TD>Text<TD>Kind\n<TR><TD>1<TD>So<br>so<TD>x\n<TR><TD>2<TD>b<TD>y",
    )
    assert table.columns == ("Nr", "Text", "Kind")
    assert rows(table) == [["1", "So\nso", "x"], ["2", "b", "y"]]
    assert table.how.rows_above == (1,)


def test_excel_2003_xml(tmp_path):
    table = read(tmp_path, BOOK)
    assert table.columns == ("id", "text", "day")
    assert rows(table) == [["1", "a < b\nc  d", "2023-01-05"], ["", "", "TRUE"]]
    assert table.row_numbers.tolist() == [2, 4]
    assert (table.how.format, table.how.sheet, table.how.sheets) == ("xml", "A & B", ("A & B", "Other"))
    with pytest.raises(TlcoreError, match='no table "C"'):
        read(tmp_path, BOOK, sheet="C")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("<!DOCTYPE html><html><form>Please sign in</form></html>", "web page or XML without a table"),
        ('<?xml version="1.0"?><posts><row Id="1"/><row Id="2"/></posts>', "XML"),
        ("<table><tr>" + "<td colspan=9000>x" * 3 + "<tr><td>y</table>", "too many cells"),
        ("<table>" + "<tr><td rowspan=1000000>x" * 6_000 + "</table>", "too many cells"),
        ("MIME-Version: 1.0\nContent-Type: multipart/related\n\nSingle File Web Page\n", "e-mail"),
        ("From: a@b.c\nTo: b@c.d\nSubject: Hi\nDate: today\n\nHello, you\n", "e-mail"),
    ],
)
def test_refused_with_words(tmp_path, data, says):
    with pytest.raises(TlcoreError) as error:
        read(tmp_path, data)
    assert says in error.value.what
    assert error.value.fix


@pytest.mark.parametrize("piece", ["<!--", "<td ", '<td a="', "<table>", "<tr>", "<br>", "<style>", "&amp;"])
def test_hostile_pages_take_no_time(tmp_path, piece):
    with pytest.raises(TlcoreError, match="without a table"):
        read(tmp_path, "<html><table><tr><td>" + piece * 20_000)
