"""Which characters separate and quote the cells: those that give rows of the same width."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tlcore.tables.fixedwidth import cut

SINGLE = "\x1f"  # stands in for a delimiter of several characters, and where a file has one column
ALIGNED = "  "  # as a delimiter: columns lined up with two blanks or more
_GAPS = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True)
class Dialect:
    """delimiter None: one column. escape: the character before a quote or delimiter that is meant literally.

    padded: blanks around the cells belong to the layout, not to the text. starts: where the columns begin in each line,
    for columns that are lined up with blanks and have nothing else between them; gap: how many blanks part them at least.
    """

    delimiter: str | None
    escape: str | None = None
    quoted: bool = True
    quote: str = '"'
    padded: bool = False
    starts: tuple[int, ...] = ()
    gap: int = 1

    @property
    def stand_in(self) -> bool:
        """Whether one character must stand in for the delimiter while the csv module reads."""
        return self.delimiter is not None and len(self.delimiter) > 1

    def line(self, line: str) -> str:
        """The line with a delimiter that the csv module can take."""
        if self.delimiter is None:
            return line
        if self.starts:
            return SINGLE.join(cut(line, self.starts, self.gap)) + "\n"
        if self.delimiter == ALIGNED:
            return _GAPS.sub(SINGLE, line.strip()) + "\n"
        return line.replace(self.delimiter, SINGLE)

    def reader(self, lines: Iterable[str], strict: bool) -> Any:
        """csv.reader over lines that went through `line`."""
        single = self.delimiter is not None and len(self.delimiter) == 1
        return csv.reader(
            lines,
            delimiter=self.delimiter if single and self.delimiter else SINGLE,
            escapechar=self.escape,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            skipinitialspace=self.padded or self.delimiter == " ",
            strict=strict,
        )

    def cells(self, row: list[str]) -> list[str]:
        """The cells as the file had them."""
        if self.padded:
            row = [cell.strip(" ") for cell in row]
        if self.delimiter is not None and len(self.delimiter) > 1 and self.delimiter != ALIGNED:
            row = [cell.replace(SINGLE, self.delimiter) for cell in row]
        return row
