"""More odd files, each with what a careful person sees in it: exports, reports, logs, and things that only look like tables."""

import io

import pytest
from openpyxl import Workbook

from tlcore.tables import read_table

TEXTS = [
    "The printer, again",
    "I cannot log in; help!",
    "Two monitors please",
    "Wifi is slow",
    "It broke",
    "Thanks, all good",
]
LABELS = ["hardware", "account", "purchase", "network", "hardware", "praise"]
BODY = [(str(1001 + i), text, label) for i, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))]
NAMES = ("nr", "text", "label")
CSV = "".join(f'{nr},"{text}",{label}\n' for nr, text, label in BODY)
SEMICOLONS = "".join(f'{nr};"{text}";{label}\n' for nr, text, label in BODY)
HEAD = "nr,text,label\n"
WHOLE = "".join('"' + line.replace('"', '""') + '"\r\n' for line in (HEAD + CSV).splitlines())

# name: (file, header row, rows above, rows below)
SAME_TABLE = {
    "each line in quotation marks": (WHOLE, 1, (), ()),
    "names with a comma, data with a semicolon": (HEAD + SEMICOLONS, 1, (), ()),
    "a separator after each row but the first": (HEAD + CSV.replace("\n", ",\n"), 1, (), ()),
    "drawn lines under the names and above the end": (
        f"nr,text,label\n====,====,=====\n{CSV}----,----,-----\n",
        1,
        (),
        (),
    ),
    "settings above": (
        "".join(f"Setting {i}: value {i}\n" for i in range(1, 13)) + "\n[Data]\nnr;text;label\n" + SEMICOLONS,
        15,
        (*range(1, 13), 14),
        (),
    ),
    "what a report is about above, its end below": (
        f"Report;Tickets\nPeriod;Spring\n\nnr;text;label\n{SEMICOLONS}\nTotal;6;\nEnd of report\n",
        4,
        (1, 2),
        (12, 13),
    ),
    "a drawn table in a text": (
        "# Tickets\n\nThose of last week, by hand.\n\n| nr | text | label |\n|:--|---|--:|\n"
        + "".join(f"| {' | '.join(row)} |\n" for row in BODY)
        + "\nThat is all.\n",
        5,
        (1, 3),
        (14,),
    ),
}


def read(folder, data, name="a.csv"):
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_table(folder / name)


def rows(table):
    return [tuple(row) for row in zip(*(table.column(name) for name in table.columns), strict=True)]


@pytest.mark.parametrize("kind", SAME_TABLE)
def test_the_same_table_in_many_clothes(tmp_path, kind):
    data, header_row, above, below = SAME_TABLE[kind]
    table = read(tmp_path, data)
    assert table.columns == NAMES
    assert rows(table) == BODY
    assert (table.how.header_row, table.how.rows_above, table.how.rows_below) == (header_row, above, below)


def test_printed_pages(tmp_path):
    pages = "".join(f"{HEAD}{CSV}Page {page} of 3\n\n" for page in (1, 2, 3))
    table = read(tmp_path, f"Tickets\n\n{pages}")
    assert table.columns == NAMES
    assert rows(table) == BODY * 3
    said = " ".join(table.how.oddities)
    assert "page number" in said
    assert "2 times more" in said


@pytest.mark.parametrize(
    "lines",
    [
        [
            "I liked the food, and the staff was kind.",
            "Too loud.",
            "The soup was cold, the bread old; never again",
            "ok",
        ],
        ["[00:00:03] Ann: Hello, how can I help you?", "[00:00:07] Ben: It is late, very late.", "[00:00:15] Ann: Oh."],
        [
            "12/01/2023, 09:15 - Ann: Good morning, all",
            "12/01/2023, 09:17 - Bob: Hi!",
            "12/01/2023, 09:18 - Ann: Yes, ten",
        ],
        ["__label__pos I love this, really", "__label__neg bad: very bad", "__label__pos fine"],
        ["HUM:ind What is the name , please ?", "LOC:city Where is it ?", "ABBR:exp What is the full form of .com ?"],
    ],
)
def test_one_text_a_line_without_a_name(tmp_path, lines):
    table = read(tmp_path, "\n".join(lines) + "\n", "a.txt")
    assert table.columns == ("column 1",)
    assert table.column("column 1") == lines


def test_three_rows_of_a_survey_program(tmp_path):
    table = read(
        tmp_path,
        'Id,Q1,Q2\nResponse,How did you hear of us?,"What could be better? Say it in as many words as you like, please."\n'
        '"{""ImportId"":""_id""}","{""ImportId"":""Q1""}","{""ImportId"":""Q2""}"\nR_1,Friend,Less noise\nR_2,Web,Nothing\n',
    )
    assert table.columns[1] == "Q1 How did you hear of us?"
    assert (table.rows, table.how.header_rows) == (2, 2)


def test_backslashes_before_quotation_marks(tmp_path):
    table = read(tmp_path, 'id\ttext\n1\t"He said \\"no\\" twice"\n2\t"A \\"bit\\" slow"\n3\t"fine"\n')
    assert table.column("text") == ['He said "no" twice', 'A "bit" slow', "fine"]


def test_units_without_brackets(tmp_path):
    table = read(tmp_path, "time,heat,air,note\ns,°C,hPa,-\n0,21.5,1013,start\n10,21.7,1012,\n20,22.0,1012,open\n")
    assert table.columns == ("time s", "heat °C", "air hPa", "note")
    assert table.rows == 3


def test_cells_written_as_formulas(tmp_path):
    table = read(tmp_path, 'nr,text\n="0017",good\n="0018","bad, really"\n="0019",so\n')
    assert table.column("nr") == ["0017", "0018", "0019"]
    assert any("written as formulas" in said for said in table.how.oddities)
    assert read(tmp_path, 'nr,text\n=A1,good\n="x",bad\n').column("nr") == ["=A1", '="x"']


@pytest.mark.parametrize(
    ("data", "first"),
    [
        ('who,text\nAnn,"Page 3"\nBob,"Hello: there"\nAnn,Total\n', ["Ann", "Page 3"]),
        ("a,b,c\n-,-,-\nx,-,1\n--,--,2\n-,y,3\n", ["-", "-", "-"]),
        ("text,label\n#love this,pos\n#fail again,neg\n# one,neg\n", ["#love this", "pos"]),
        ('text\n"He said, go"\n"She left, sadly"\n"It rained, then"\n', ["He said, go"]),
        ("id,text,label\n1,first  point and  more,a\n2,second  one  here,b\n", ["1", "first  point and  more", "a"]),
    ],
)
def test_what_only_looks_odd_is_left_as_it_is(tmp_path, data, first):
    table = read(tmp_path, data)
    assert [table.column(name)[0] for name in table.columns] == first
    assert table.rows == data.count("\n") - 1


@pytest.mark.parametrize(
    "cover", [[["Read me"], ["Made by us"]], [["Survey", None], [None, None], ["For", "the board"]]]
)
def test_a_cover_sheet_is_passed_over(tmp_path, cover):
    book, buffer = Workbook(), io.BytesIO()
    for row in cover:
        book.active.append(row)
    data = book.create_sheet("Answers")
    for row in [NAMES, *BODY * 5]:
        data.append(row)
    book.save(buffer)
    table = read(tmp_path, buffer.getvalue(), "a.xlsx")
    assert (table.how.sheet, table.rows) == ("Answers", 30)
    assert any("2 sheets" in said for said in table.how.oddities)


def test_a_small_table_in_front_of_a_large_one_is_no_cover(tmp_path):
    book, buffer = Workbook(), io.BytesIO()
    for row in [NAMES, *BODY]:
        book.active.append(row)
    data = book.create_sheet("Large")
    for row in [NAMES, *BODY * 20]:
        data.append(row)
    book.save(buffer)
    assert read(tmp_path, buffer.getvalue(), "a.xlsx").rows == 6
