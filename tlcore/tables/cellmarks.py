"""What the workbook reader leaves out of an .xlsx sheet: error cells such as #REF!, and formulas without a saved result."""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from dataclasses import dataclass, field

_CHUNK, _OVERLAP = 1 << 20, 20_000
_MOST = 200_000  # cells that are remembered
_TAG = re.compile(rb"<(?:\w{1,9}:)?(?:sheet|Relationship)\s([^<>]{1,2000})>")
_ATTRIBUTE = re.compile(rb"([\w:]{1,40})\s?=\s?[\"']([^\"'<>]{0,1000})[\"']")
_PLACE = re.compile(rb"\br=\"([A-Z]{1,3})([0-9]{1,7})\"")
# All repeats are bounded: a hostile file must not make the search quadratic.
_FORMULA = rb"<(?:\w{1,9}:)?f(?:\s[^<>]{0,300})?(?:/>|>[^<]{0,9000}</(?:\w{1,9}:)?f>)"
_ERROR = re.compile(
    rb"<(?:\w{1,9}:)?c\s([^<>]{0,300}?\bt=\"e\"[^<>]{0,300})>(?:" + _FORMULA + rb")?<(?:\w{1,9}:)?v>(#[^<]{1,20})<"
)
_NO_RESULT = re.compile(
    rb"<(?:\w{1,9}:)?c\s([^<>]{0,300})>" + _FORMULA + rb"(?:<(?:\w{1,9}:)?v\s?/>|<(?:\w{1,9}:)?v></(?:\w{1,9}:)?v>)?</"
)


@dataclass
class CellMarks:
    """errors: (row, column), from 0 -> what stands there. unsolved: the formulas without a result, "B2" and so on."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    unsolved: dict[str, None] = field(default_factory=dict)

    def see(self, text: bytes) -> None:
        if b't="e"' in text and len(self.errors) < _MOST:
            for found in _ERROR.finditer(text):
                if place := _PLACE.search(found.group(1)):
                    self.errors[_place(place)] = html.unescape(found.group(2).decode("utf-8", "replace"))
        if (b"<f" in text or b":f" in text) and len(self.unsolved) < _MOST:
            for found in _NO_RESULT.finditer(text):
                if place := _PLACE.search(found.group(1)):
                    self.unsolved[(place.group(1) + place.group(2)).decode()] = None

    def put_into(self, rows: list[list[str]]) -> None:
        """Write the errors into the cells that were left empty for them."""
        for (row, column), text in self.errors.items():
            if row < len(rows) and column < len(rows[row]) and not rows[row][column]:
                rows[row][column] = text

    def said(self) -> list[str]:
        said = []
        if self.errors:
            (row, column), text = min(self.errors.items())
            many = "1 cell shows" if len(self.errors) == 1 else f"{len(self.errors):,} cells show"
            where = f"row {row + 1}, column {column + 1}"
            said.append(f"{many} an error of the spreadsheet program, the first in {where}: {text}.")
        if self.unsolved:
            many = "1 formula has" if len(self.unsolved) == 1 else f"{len(self.unsolved):,} formulas have"
            said.append(
                f"{many} no saved result, so the cell is empty (the first is {next(iter(self.unsolved))}). Open the file "
                "in Excel or LibreOffice, save it, and choose it again."
            )
        return said


def marks_of_sheet(data: bytes, sheet: str) -> CellMarks:
    """data: an .xlsx file that was checked before. Nothing is found where the sheet is not."""
    marks = CellMarks()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = _part_of(archive, sheet)
        if part not in archive.namelist():
            return marks
        rest = b""
        with archive.open(part) as opened:
            while chunk := opened.read(_CHUNK):
                text = rest + chunk
                marks.see(text)
                rest = text[-_OVERLAP:]
    return marks


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part of the zip that holds the sheet, "" if it is not found."""
    names = archive.namelist()
    book = "xl/workbook.xml"
    relations = "xl/_rels/workbook.xml.rels"
    if book not in names or relations not in names:
        return ""
    ids = {_text(about, b"name"): _text(about, b"id") for about in _tags(archive.read(book))}
    targets = {_text(about, b"Id"): _text(about, b"Target") for about in _tags(archive.read(relations))}
    target = targets.get(ids.get(sheet, ""), "")
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def _tags(xml: bytes) -> list[dict[bytes, bytes]]:
    return [
        {name.rpartition(b":")[2]: value for name, value in _ATTRIBUTE.findall(found.group(1))}
        for found in _TAG.finditer(xml)
    ]


def _text(about: dict[bytes, bytes], name: bytes) -> str:
    return html.unescape(about.get(name, b"").decode("utf-8", "replace"))


def _place(found: re.Match[bytes]) -> tuple[int, int]:
    column = 0
    for letter in found.group(1):
        column = column * 26 + letter - 64
    return int(found.group(2)) - 1, column - 1
