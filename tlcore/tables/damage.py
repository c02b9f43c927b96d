"""Text that was damaged on its way here: garbled letters (cafÃ© for café) and HTML entities (&amp;amp; for &amp;)."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ENTITY = r"&(?:#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,5}|amp|lt|gt|quot|apos|nbsp|[A-Za-z]{1,2}(?:grave|acute|circ|tilde|uml|ring|cedil|slash|lig)|szlig|euro|pound|copy|reg|deg|hellip|[lr][sd]quo|[mn]dash|bull|middot|iexcl|iquest);"
FORMULA_SIGN = r'^="([^"]*)"$'
TAG = r"</?(?:p|br|div|span|a|b|i|em|strong|ul|ol|li|h[1-6]|table|tr|td|img)(?:\s[^<>]{0,300})?/?>"
# The first byte of a UTF-8 letter, read as Windows-1252, followed by one that can be its second.
GARBLED = r"[ÂÃÄÅÆÐÑØÙÎÏ][\x{80}-\x{bf}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€|ï¿½|ðŸ"
_FOREIGN, _C1 = re.compile("[^\x00-\x7f]+"), re.compile("[\x80-\x9f]+")
CONTROL = r"[\x{80}-\x{9f}]"  # letters of Windows-1252 that were taken for ISO-8859-1


def repaired(text: str) -> str:
    """The text as it was before it was read in the wrong encoding; unchanged where that is not certain.

    "cafÃ©" -> "café". Undoes UTF-8 read as Windows-1252 (twice, if need be), and Windows-1252 read as ISO-8859-1.
    """
    for _ in range(2):
        better = _FOREIGN.sub(_decoded_again, text)
        if better == text:
            break
        text = better
    return _C1.sub(lambda found: found.group().encode("latin-1").decode("cp1252", "replace"), text)


def _decoded_again(found: re.Match[str]) -> str:
    try:
        return _as_windows_bytes(found.group()).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return found.group()


def _as_windows_bytes(text: str) -> bytes:
    """Windows-1252 with the five bytes it leaves open, as browsers and spreadsheets treat them."""
    return b"".join(c.encode("latin-1") if "\x80" <= c <= "\x9f" else c.encode("cp1252") for c in text)


def without_formula_signs(
    names: Sequence[str], columns: list[pa.ChunkedArray]
) -> tuple[list[pa.ChunkedArray], list[str]]:
    """Columns whose cells are all written ="00123", which keeps Excel from making a number of them, as 00123."""
    import pyarrow.compute as pc

    mended, said = [], []
    for name, column in zip(names, columns, strict=True):
        if len(column) and (column[0].as_py() or "=").startswith("="):
            signed = pc.sum(pc.cast(pc.match_substring_regex(column, FORMULA_SIGN), "int64")).as_py()
            empty = pc.sum(pc.cast(pc.equal(pc.utf8_trim_whitespace(column), ""), "int64")).as_py()
            if signed and signed + empty == len(column):
                column = pc.replace_substring_regex(column, FORMULA_SIGN, r"\1")
                said.append(
                    f'Column "{name}": the cells were written as formulas (="..."); only the text in them is kept.'
                )
        mended.append(column)
    return mended, said


def mended_entities(names: Sequence[str], columns: list[pa.ChunkedArray]) -> tuple[list[pa.ChunkedArray], list[str]]:
    """Columns with their entities turned back, where a column is clearly damaged, and sentences about it.

    Clearly: entities stand in it, no & stands bare, there is no HTML, and no other column holds lists or objects, which
    may count the characters of the text (spans). Anything else is kept as it is.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    mended, said = [], []
    spans = any(pc.mean(pc.cast(pc.match_substring_regex(c, r"^\s*[\[{]"), "int8")).as_py() > 0.5 for c in columns)
    for name, column in zip(names, columns, strict=True):
        times = pc.sum(pc.count_substring_regex(column, ENTITY)).as_py() or 0
        marks = (pc.sum(pc.count_substring(column, "&")).as_py() or 0) if times else 0
        if times and marks == times and not spans and not pc.any(pc.match_substring_regex(column, TAG)).as_py():
            hit = pc.match_substring(column, "&")
            cells = pc.filter(column, hit).to_pylist()
            new = pa.array([html.unescape(cell) for cell in cells], pa.string())
            column = pc.replace_with_mask(column.combine_chunks(), pc.fill_null(hit, False).combine_chunks(), new)
            column = pa.chunked_array([column])
            many = "1 cell" if len(cells) == 1 else f"{len(cells):,} cells"
            said.append(f'Column "{name}": HTML codes such as &amp; were turned back into characters in {many}.')
        elif times >= 3:
            said.append(
                f'Column "{name}" holds HTML codes such as &amp; beside other text; they were kept as they are.'
            )
        mended.append(column)
    return mended, said


def said_about_damage(names: Sequence[str], columns: list[pa.ChunkedArray], numbers: np.ndarray) -> list[str]:
    """A warning for each column with garbled letters: how many cells, the first of them, what it probably meant."""
    import pyarrow.compute as pc

    said = []
    for name, column in zip(names, columns, strict=True):
        for pattern, why in ((GARBLED, "UTF-8 read as Windows-1252"), (CONTROL, "Windows-1252 read as ISO-8859-1")):
            hit = pc.match_substring_regex(column, pattern)
            places = pc.indices_nonzero(hit).to_numpy()
            before = [(int(at), column[int(at)].as_py()) for at in places[:200]]
            at, cell = next(((at, cell) for at, cell in before if repaired(cell) != cell), (-1, ""))
            if at < 0:
                continue
            word, better = _one_word(cell)
            many = "1 cell looks" if len(places) == 1 else f"{len(places):,} cells look"
            said.append(
                f'Column "{name}": {many} garbled ({why} before the file was saved), the first in row '
                f'{int(numbers[at])}: "{word}" probably was "{better}".'
            )
            break
    return said


def _one_word(cell: str) -> tuple[str, str]:
    words = (word for word in cell.split() if repaired(word) != word)
    word = next(words, cell)[:40]
    return _C1.sub(lambda found: f"<{ord(found.group()[0]):X}>", word), repaired(word)
