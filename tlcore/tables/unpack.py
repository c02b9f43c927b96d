"""Look into a workbook's zip before anything opens it: how much it unpacks to, how far its cells reach."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from xml.parsers import expat

from tlcore.errors import TlcoreError
from tlcore.tables.kinds import damaged
from tlcore.tables.limits import Limits

_CHUNK = 1 << 20
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
# A cell with something in it; `<c r="A1" s="3"/>` is only formatted.
_CELL = re.compile(rb'<(?:\w{1,9}:)?c\s(?:[^<>]{0,200}?\s)?r="([A-Z]{1,3})([0-9]{1,7})"[^<>]{0,400}(?<!/)>')
_WIDE = re.compile(rb'number-columns-repeated="([0-9]{1,9})"[^<>]{0,1000}(?<!/)>')
# All repeats are bounded: a hostile file must not make the search quadratic.
_TALL = re.compile(
    rb'<table:table-row[^<>]{0,500}number-rows-repeated="([0-9]{4,9})"[^<>]{0,500}(?<!/)>(.{0,5000}?)</table:table-row>',
    re.DOTALL,
)
_FILLED = re.compile(rb"<table:(?:covered-)?table-cell\b[^<>]{0,1000}(?<!/)>")


def check_workbook(data: bytes, kind: str, file: str, limits: Limits) -> None:
    """Raises TlcoreError if the workbook is damaged, unpacks to too much, or reaches too far."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > limits.max_unpacked_bytes:
                raise _too_large(file, limits)
            _check_parts(archive, infos, kind, file, limits)
    except TlcoreError:
        raise
    except RuntimeError as error:  # zipfile's word for an encrypted or unknown part (NotImplementedError is one)
        raise TlcoreError("The workbook is locked or packed in an unknown way.", file, "Save it again.") from error
    except Exception as error:  # a broken archive makes zipfile raise a dozen different ones
        raise damaged(file) from error


def _check_parts(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], kind: str, file: str, limits: Limits) -> None:
    total = 0
    for info in infos:
        if not info.filename.endswith(".xml"):
            total += info.file_size
            continue
        # The size in the directory may lie, and the reader behind us trusts it: count what really comes out.
        info.file_size = limits.max_unpacked_bytes + _CHUNK
        reach = _Reach(kind, info.filename, file, limits)
        parse = _well_formed() if kind == "ods" and info.filename == "content.xml" else None
        with archive.open(info) as part:
            while chunk := part.read(_CHUNK):
                total += len(chunk)
                if total > limits.max_unpacked_bytes:
                    raise _too_large(file, limits)
                reach.see(chunk)
                if parse:
                    parse(chunk, False)
        if parse:
            parse(b"", True)


def _well_formed() -> Callable[[bytes, bool], object]:
    """Takes XML chunk by chunk and raises ExpatError where it is broken: on such, calamine looks for the end of an OpenDocument
    table forever. Entities of its own are refused too: no office program writes any."""
    parser = expat.ParserCreate()

    def refuse(name: str, *_: object) -> None:
        raise ValueError(f"entity {name}")

    parser.EntityDeclHandler = refuse
    return parser.Parse


class _Reach:
    """The rectangle that the filled cells of one sheet span, found while its XML streams by."""

    def __init__(self, kind: str, part: str, file: str, limits: Limits) -> None:
        self.file, self.limits = file, limits
        self.rest, self.rows, self.columns = b"", 0, 0
        self.look = None
        if kind == "xlsx" and _SHEET.fullmatch(part):
            self.look = self._look_xlsx
        elif kind == "ods" and part == "content.xml":
            self.look = self._look_ods

    def see(self, chunk: bytes) -> None:
        if self.look is not None:
            text = self.rest + chunk
            self.look(text)
            self.rest = text[-2000:]

    def _look_xlsx(self, text: bytes) -> None:
        for letters, number in set(_CELL.findall(text)):
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            self._reaches(int(number), column)

    def _look_ods(self, text: bytes) -> None:
        for times in _WIDE.findall(text):
            self._reaches(1, int(times))
        for times, row in _TALL.findall(text):
            if _FILLED.search(row):
                self._reaches(int(times), 1)

    def _reaches(self, row: int, column: int) -> None:
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        if self.rows * self.columns > self.limits.max_sheet_cells or self.columns > 16_384:
            raise TlcoreError(
                f"The sheet reaches to row {self.rows:,} and column {self.columns:,}, which is too much to hold.",
                self.file,
                "Delete what stands far away from the table, or save the table as .csv.",
            )


def _too_large(file: str, limits: Limits) -> TlcoreError:
    return TlcoreError(
        f"The workbook unpacks to more than {limits.max_unpacked_bytes / 2**20:,.0f} MB.",
        file,
        "Keep only the sheet that you need, or save it as .csv.",
    )
