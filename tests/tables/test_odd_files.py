"""Odd files of every kind that people have, each made here from one table; what a careful person would see in it."""

import csv
import gzip
import io

import pytest

from tlcore.tables import read_table

NAMES = ["Date", "Time", "Qty", "Code", "Price", "Item", "Description", "Link", "Remark"]
ITEMS = ["Men's Boots", "Pillow, Round", 'Jacket, 10" Zip', "Light & Dry", "Café Mug"]
ROWS = [
    [
        f"{day:02}/03/2024",
        f"{day % 24:02}:15",
        str(day % 5),
        f"AB-{4000 + day}",
        f"${day}.50",
        ITEMS[day % 5],
        f"This is item {day}; it is warm, dry and light: you'll like it.",
        f"https://shop.example/p/{day}.html",
        "",
    ]
    for day in range(1, 31)
]
PARTIAL = "Pillow, Round"  # item of the first row


def text(rows, delimiter=",", **how):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=how.pop("end", "\n"), **how).writerows(rows)
    return buffer.getvalue()


ALL = [NAMES, *ROWS]
PLAIN = text(ALL)


def spaced(row):
    return ", ".join('"' + cell.replace('"', '""') + '"' if set(cell) & set(',"') else cell for cell in row)


# name: (content, header row, how many rows)
SAME_TABLE = {
    "space": (text(ALL, " "), 1, 30),
    "colon": (text(ALL, ":"), 1, 30),
    "caret": (text(ALL, "^"), 1, 30),
    "tilde": (text(ALL, "~"), 1, 30),
    "tab": (text(ALL, "\t"), 1, 30),
    "two bars": (text(ALL, "|").replace("|", "||"), 1, 30),
    "bar tilde bar": (text(ALL, "|").replace("|", "|~|"), 1, 30),
    "comma and blank": ("\n".join(map(spaced, ALL)), 1, 30),
    "single quotes": (text(ALL, quotechar="'"), 1, 30),
    "all in single quotes": (text(ALL, quotechar="'", quoting=csv.QUOTE_ALL), 1, 30),
    "all quoted": (text(ALL, quoting=csv.QUOTE_ALL), 1, 30),
    "backslashes": (text(ALL, doublequote=False, escapechar="\\"), 1, 30),
    "carriage returns": (text(ALL, end="\r"), 1, 30),
    "mixed line ends": (text(ALL[:9]) + text(ALL[9:], end="\r\n"), 1, 30),
    "no end of line at the end": (PLAIN.rstrip("\n"), 1, 30),
    "UTF-16": (PLAIN.encode("utf-16"), 1, 30),
    "UTF-16 without a mark": (PLAIN.encode("utf-16-be"), 1, 30),
    "cp1252": (PLAIN.encode("cp1252"), 1, 30),
    "compressed": (gzip.compress(PLAIN.encode()), 1, 30),
    "notes above": ("Report of sales\nMade: 2024-01-01, by me\n\n" + PLAIN, 4, 30),
    "comments above": ("# made by a program\n# version 2\n" + PLAIN, 3, 30),
    "filler above": ("Report,,,,,,,,\n,,,,,,,,\n" + PLAIN, 3, 30),
    "notes below": (PLAIN + "\nSource: the shop\nAll rights reserved\n", 1, 30),
    "filler and notes below": (PLAIN + ",,,,,,,,\nSource: the shop,,,,,,,,\n", 1, 30),
    "thin total": (PLAIN + "Total,,99,,,,,,\n", 1, 30),
    "names again and again": (text([*ALL, *ALL, *ALL]), 1, 90),
    "names twice at the top": (text([NAMES, *ALL]), 1, 30),
    "blank rows between": (PLAIN.replace("\n", "\n\n"), 1, 30),
    "another table, titled": (PLAIN + "\n\nCustomers\nname,town,age\nAnn,Rome,3\nBob,Oslo,4\n", 1, 30),
    "another table, like the first": (PLAIN + "\n" + text([row[:5] for row in ALL]), 1, 30),
    "another table, wider": (PLAIN + text([[*row, "x"] for row in ALL]), 1, 30),
    "a row with another delimiter": (text(ALL[:6]) + text([ALL[6]], ";") + text(ALL[7:]), 1, 30),
    "an open quote": (text(ALL[:6]) + '"' + text(ALL[6:]), 1, 30),
    "one row": (text(ALL[:2]), 1, 1),
}


def read(folder, data, **how):
    path = folder / "a.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_table(path, **how)


@pytest.mark.parametrize("kind", SAME_TABLE)
def test_the_same_table_in_many_clothes(tmp_path, kind):
    data, header_row, rows = SAME_TABLE[kind]
    table = read(tmp_path, data)
    assert (table.how.header_row, table.rows) == (header_row, rows)
    assert table.columns == tuple(NAMES)
    assert table.column("Item")[0] == PARTIAL
    last = -1 if kind != "an open quote" else 4
    assert [table.column(name)[last] for name in NAMES] == (ROWS[rows - 1 if rows == 1 else last])
    assert len(table.how.rows_below) == {"notes below": 2, "filler and notes below": 1, "thin total": 1}.get(
        kind, len(table.how.rows_below)
    )


NAMED = {
    "repeated and blank names": ("text,label,text,,label\na,b,c,d,e\nf,g,h,i,j\n", "text label text_(2) column_4 label_(2)", 2),
    "units under the names": ("day,time,n\n(dd/mm),(hh:mm),(pieces)\n01/02/2020,10:00,3\n", "day_(dd/mm) time_(hh:mm) n_(pieces)", 1),
    "tags under the names": ("day,n\n#date+start,#n\n2020-01-02,3\n", "day n", 1),
    "groups of columns": (
        ",2019,,2020,\nshop,sales,cost,sales,cost\nA,1,2,3,4\nB,1,2,3,4\nC,1,2,3,4\n",
        "shop 2019_sales 2019_cost 2020_sales 2020_cost",
        3,
    ),
    "drawn table": ("| text | label |\n|------|-------|\n| hi there | good |\n| bye, you | bad |\n", "text label", 2),
    "bars with blanks": ("text | label\nhi there | good\nbye, you | bad\n", "text label", 2),
    "lined up": ("id    name        score\n1     Ann Lee     3.5\n2     Bob Ray     4\n3     Cy Young    5.5\n", "id name score", 3),
    "two colons": ("text::label::n\nhi: there::a::1\nbye::b::2\n", "text label n", 2),
    "names without that of the first column": (",remark\nann,so\nbob,ho\ncy,he\n", "column_1 remark", 3),
    "row numbers without a name": (",text,label\n0,great thing,pos\n1,bad thing,neg\n", "column_1 text label", 2),
    "decimal commas": ("text;score\nSehr gut, danke;1,5\nNa ja, nein;2,5\n", "text score", 2),
    "title, two columns": ("Survey 2020\n\ntext,label\nhi there,a\nho,b\nhe,a\n", "text label", 3),
    "note, two columns": ("text,label\nhi,a\nho,b\nhe,a\n\nSource: me\n", "text label", 3),
    "years as names": ("country,2001,2002\nA,1,2\nB,3,4\n", "country 2001 2002", 2),
    "JSON in cells": ('id;data\n1;{"a": 1, "b": 2}\n2;{"a": 1, "b": 3}\n', "id data", 2),
    "JSON by another name": ('{"text": "a", "label": "b"}\n{"text": "c", "label": "d"}\n', "text label", 2),
    "missing labels at the end": ("id,text,label\n1,hi,a\n2,yo,b\n3,ho,a\n4,he,\n5,hu,\n", "id text label", 5),
    "missing labels, nothing else": ("text,label,sure\nhi,a,1\nyo,b,1\nho,a,1\nhe,,\nhu,,\n", "text label sure", 5),
    "a word like each name": ("a,hello,bye\nx,hola,adios\ny,hello,bye\nz,ciao,ciao\n", "a hello bye", 3),
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMED)
def test_names(tmp_path, kind):
    data, names, rows = NAMED[kind]
    table = read(tmp_path, data)
    assert [name.replace(" ", "_") for name in table.columns] == names.split()
    assert table.rows == rows


@pytest.mark.parametrize(
    ("data", "columns", "rows"),
    [
        (text(ROWS), 9, 30),
        ("Report,,,,,,,,\n,,,,,,,,\n" + text(ROWS), 9, 30),
        ("I love it,good\nno,bad\nfine,good\nugh,bad\nyes,good\nmeh,bad\nnice,good\n", 2, 7),
        ("Ann,a@b.com\nBob,b@c.org\nCy,c@d.net\n", 2, 3),
    ],
)
def test_no_names(tmp_path, data, columns, rows):
    table = read(tmp_path, data)
    assert table.columns == tuple(f"column {i}" for i in range(1, columns + 1))
    assert (table.rows, table.how.header_row, table.how.header_rows) == (rows, 0, 0)


@pytest.mark.parametrize(
    "lines",
    [
        ["Hello: world", "Note: this", "Well: yes", "Ah: no"],
        ["hello there", "good bye", "nice day", "so long"],
        ["Hello, you", "Good morning", "Well, yes, sir", "fine"],
        ["a b c d", "e f g h", "i j k l"],
    ],
)
def test_sentences_are_one_column(tmp_path, lines):
    table = read(tmp_path, "\n".join(["text", *lines]))
    assert table.columns == ("text",)
    assert table.column("text") == lines


def test_nothing_is_left_out_in_silence(tmp_path):
    table = read(tmp_path, "Report,,\n,,\nid,text,n\n1,a,2\n2,b,3\n3,c,4\n4,d,4\n\nSource: me,,\n")
    assert (table.how.rows_above, table.how.rows_below) == ((1,), (9,))
    said = " ".join(table.how.oddities)
    assert "1 row above the table" in said
    assert "Row 9 under the table" in said


def test_the_user_decides(tmp_path):
    data = PLAIN + "\nSource: the shop\n"
    assert read(tmp_path, data, last_row=33).rows == 31
    assert read(tmp_path, data, last_row=5).rows == 4
    two = read(tmp_path, "a,b\nc,d\n1,2\n", header_rows=2)
    assert (two.columns, two.how.header_rows) == (("a c", "b d"), 2)
    one = read(tmp_path, "a,b\n(c),(d)\n1,2\n", header_rows=1)
    assert (one.columns, one.rows) == (("a", "b"), 2)
    other = read(tmp_path, PLAIN + "\n\nCustomers\nname,town,age\nAnn,Rome,3\nBob,Oslo,4\n", header_row=35)
    assert other.column("town") == ["Rome", "Oslo"]
    assert read(tmp_path, "a|~b\n1|~2\n", delimiter="|~").columns == ("a", "b")


def test_what_was_guessed(tmp_path):
    assert read(tmp_path, PLAIN).how.guessed == ("encoding", "delimiter", "header_row")
    asked = read(tmp_path, PLAIN, encoding="utf-8", delimiter=",", header_row=1)
    assert asked.how.guessed == ()
