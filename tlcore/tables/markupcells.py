"""The cells of the tables in a web page, or of the sheets in an Excel 2003 XML file, as rows of text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

MOST_ACROSS = 4_000  # columns
MOST_DOWN = 1_048_576
# Everything is bounded: a hostile file must not make the search quadratic.
_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,60})(\s[^<>]{0,5000})?/?>")
_ATTRIBUTE = re.compile(
    r"([\w:.-]{1,60})\s{0,9}=\s{0,9}(?:\"([^\"<>]{0,2000})\"|'([^'<>]{0,2000})'|([^\s\"'<>]{1,200}))"
)
_BLOCKS = frozenset(["p", "div", "li", "h1", "h2", "h3", "h4"])
_HIDDEN = frozenset(["script", "style", "comment", "title"])
_LINE_END = re.compile(r"[\r\n]+")
_MIDNIGHT = re.compile(r"T00:00:00(\.0+)?$")


class TooWide(Exception):
    """A row has more cells than anybody has columns."""


@dataclass
class Sheet:
    """rows: ragged cells. filled_down: whether a cell that reaches over several rows gave each of them its text."""

    name: str
    rows: list[list[str]] = field(default_factory=list)
    filled_down: bool = False
    above: dict[int, tuple[int, str]] = field(default_factory=dict)  # column -> (last row it reaches, text)

    def start_row(self, number: int = 0) -> None:
        """number: from 1, where the file says which row it is; else the next one."""
        if len(self.rows) < number <= MOST_DOWN:
            self.rows += [[] for _ in range(number - 1 - len(self.rows))]
        self.rows.append([])
        self._fill_from_above()

    def add(self, text: str, across: int, down: int, column: int) -> None:
        """across, down: how many columns and rows the cell takes; column: from 1, where the file says it, else 0."""
        if not self.rows:
            self.start_row()
        row = self.rows[-1]
        if max(column, len(row) + across) > MOST_ACROSS:
            raise TooWide
        if len(row) < column:
            row += [""] * (column - 1 - len(row))
        if down > 1:
            self.above[len(row)] = (len(self.rows) + down - 1, text)
            self.filled_down = True
        row += [text, *[""] * (across - 1)]
        self._fill_from_above()

    def _fill_from_above(self) -> None:
        row = self.rows[-1]
        while (reach := self.above.get(len(row))) is not None and reach[0] >= len(self.rows):
            row.append(reach[1])
            if len(row) > MOST_ACROSS:
                raise TooWide


@dataclass
class _Cell:
    across: int
    down: int
    column: int
    parts: list[str] = field(default_factory=list)


@dataclass
class _Open:
    """A table that has begun, and the cell of it that text goes to."""

    sheet: Sheet
    cell: _Cell | None = None

    def close_cell(self, text: str) -> None:
        if self.cell is not None:
            self.sheet.add(text, self.cell.across, self.cell.down, self.cell.column)
            self.cell = None


def tables_of_page(text: str) -> list[Sheet]:
    """The tables of a web page that have cells, "table 1", "table 2", ...; one inside another stands on its own. Raises TooWide."""
    page = _Page()
    text, at = _without_comments(text), 0
    for found in _TAG.finditer(text):
        page.text(text[at : found.start()])
        page.tag(found.group(2).lower(), bool(found.group(1)), found.group(3) or "")
        at = found.end()
    page.text(text[at:])
    page.hidden = ""
    while page.open:
        page.tag("table", True, "")
    return [sheet for sheet in page.sheets if sheet.rows]


class _Page:
    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.open: list[_Open] = []
        self.hidden = ""

    def text(self, text: str) -> None:
        if text and not self.hidden and self.open and self.open[-1].cell is not None:
            self.open[-1].cell.parts.append(_LINE_END.sub(" ", text))

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if self.hidden or name in _HIDDEN:
            if not self.hidden and not closing:
                self.hidden = name
            elif closing and name == self.hidden:
                self.hidden = ""
            return
        if name == "table" and not closing:
            self.sheets.append(Sheet(f"table {len(self.sheets) + 1}"))
            self.open.append(_Open(self.sheets[-1]))
        if not self.open:
            return
        table = self.open[-1]
        if name in ("td", "th", "tr", "table"):
            table.close_cell(_shown("".join(table.cell.parts)) if table.cell else "")
        if name == "table" and closing:
            self.open.pop()
        elif name == "tr" and not closing:
            table.sheet.start_row()
        elif name in ("td", "th") and not closing:
            about = _attributes(attributes)
            table.cell = _Cell(_number(about, "colspan", 1), _number(about, "rowspan", 1), 0)
        elif table.cell is not None and (name == "br" or name in _BLOCKS):
            table.cell.parts.append("\n")


def sheets_of_workbook(text: str) -> list[Sheet]:
    """The worksheets of an Excel 2003 XML file that have cells, under their names. Raises TooWide."""
    book, at = _Book(), 0
    text = _without_comments(text)
    for found in _TAG.finditer(text):
        if book.in_data:
            book.parts.append(text[at : found.start()])
        at = found.end()
        slash, name, attributes = found.groups()
        handle = book.handlers.get(name.lower().rpartition(":")[2])
        if handle is not None:
            handle(bool(slash), text[at - 2] == "/", _attributes(attributes) if attributes else {})
    return [sheet for sheet in book.sheets if sheet.rows]


class _Book:
    """What was met so far. Each handler takes: is it a closing tag, does it close itself, its attributes."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.parts: list[str] = []
        self.cell: _Cell | None = None
        self.kind, self.in_data, self.in_comment = "", False, False
        self.handlers = {
            "worksheet": self.worksheet,
            "row": self.row,
            "cell": self.a_cell,
            "data": self.data,
            "comment": self.comment,
        }

    def worksheet(self, closing: bool, empty: bool, about: dict[str, str]) -> None:
        if not closing:
            self.sheets.append(Sheet(html.unescape(about.get("name", f"Sheet {len(self.sheets) + 1}"))))

    def row(self, closing: bool, empty: bool, about: dict[str, str]) -> None:
        if not closing and self.sheets:
            self.sheets[-1].start_row(_number(about, "index", 0))

    def a_cell(self, closing: bool, empty: bool, about: dict[str, str]) -> None:
        if not self.sheets:
            return
        if not closing:
            across, down = _number(about, "mergeacross", 0), _number(about, "mergedown", 0)
            self.cell, self.parts, self.kind = _Cell(across + 1, down + 1, _number(about, "index", 0)), [], ""
        if (closing or empty) and self.cell is not None:
            text = _value("".join(self.parts), self.kind)
            self.sheets[-1].add(text, self.cell.across, self.cell.down, self.cell.column)
            self.cell, self.in_data = None, False

    def data(self, closing: bool, empty: bool, about: dict[str, str]) -> None:
        self.in_data = not closing and not empty and not self.in_comment and self.cell is not None
        self.kind = about.get("type", self.kind)

    def comment(self, closing: bool, empty: bool, about: dict[str, str]) -> None:
        self.in_comment = not closing and not empty


def _value(text: str, kind: str) -> str:
    text = html.unescape(text)
    if kind == "Boolean":
        return {"1": "TRUE", "0": "FALSE"}.get(text, text)
    return _MIDNIGHT.sub("", text) if kind == "DateTime" else text


def _shown(text: str) -> str:
    """The text of a cell as a page shows it: blanks and line ends of the source mean one blank."""
    lines = (" ".join(html.unescape(line).split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _attributes(text: str) -> dict[str, str]:
    """Names in lower case and without a prefix -> values."""
    return {
        found.group(1).lower().rpartition(":")[2]: found.group(2) or found.group(3) or found.group(4) or ""
        for found in _ATTRIBUTE.finditer(text)
    }


def _number(attributes: dict[str, str], name: str, otherwise: int) -> int:
    value = attributes.get(name, "")
    return min(int(value), MOST_DOWN) if re.fullmatch(r"[0-9]{1,9}", value) else otherwise


def _without_comments(text: str) -> str:
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts.append(text[at:start])
        at = end + 3
    return "".join((*parts, text[at:]))
