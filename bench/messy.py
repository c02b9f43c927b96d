"""How many odd files are read rightly, beside plain pandas, DuckDB and CleverCSV: `python -m bench.messy`.

Right: as many rows, the same columns, and the same text in the checked cells as `messy_expectations.json` says, which
was written from looking at the files. Only Nudge and pandas read workbooks, so these count in a column of their own.
The others get the benefit of the doubt: all cells as text, made-up names for nameless and repeated columns are their
own affair, and a file without a row of data may give an empty table instead of words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data import ROOT, data_folder

EXPECTED = ROOT / "tests" / "tables" / "messy_expectations.json"


@dataclass(frozen=True)
class Read:
    """What a reader made of a file. names: (columns,). rows: (rows, columns) cells."""

    names: Sequence[str]
    rows: Sequence[Sequence[str]]


def nudge(path: Path, sheet: str | None) -> Read:
    from tlcore.tables import read_table

    table = read_table(path, sheet=sheet)
    return Read(table.columns, list(zip(*(table.column(name) for name in table.columns), strict=True)))


def pandas(path: Path, sheet: str | None) -> Read:
    import pandas as pd

    if path.suffix.startswith(".xls"):
        frame = pd.read_excel(path, sheet_name=sheet or 0, dtype=str, keep_default_na=False, engine="calamine")
    else:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    return Read(list(map(str, frame.columns)), frame.astype(str).to_numpy().tolist())


def duckdb(path: Path, sheet: str | None) -> Read:
    import duckdb

    found = duckdb.connect().execute("SELECT * FROM read_csv(?, all_varchar = true)", [str(path)])
    return Read(
        [about[0] for about in found.description],
        [["" if cell is None else cell for cell in row] for row in found.fetchall()],
    )


def clevercsv(path: Path, sheet: str | None) -> Read:
    import clevercsv as package

    rows = package.read_table(str(path))
    with open(path, encoding=package.encoding.get_encoding(str(path)), newline="") as file:
        named = package.Sniffer().has_header(file.read())
    return Read(rows[0] if named else [""] * len(rows[0]), rows[1:] if named else rows)


READERS: dict[str, Callable[[Path, str | None], Read]] = {
    "Nudge": nudge,
    "pandas": pandas,
    "DuckDB": duckdb,
    "CleverCSV": clevercsv,
}


READ_WORKBOOKS = ("Nudge", "pandas")


def measure() -> dict[str, Any]:
    """{"share": {reader: {"text": [right, of], "workbooks": [right, of]}}, "wrong": {reader: [file, ...]}}."""
    share: dict[str, dict[str, list[int]]] = {}
    wrong: dict[str, list[str]] = {}
    for name, reader in READERS.items():
        share[name], wrong[name] = {"text": [0, 0], "workbooks": [0, 0]}, []
        for seen in json.loads(EXPECTED.read_text(encoding="utf-8")):
            group = "workbooks" if seen["file"].startswith("excel/") else "text"
            if group == "workbooks" and name not in READ_WORKBOOKS:
                continue
            right = _is_right(reader, seen)
            share[name][group][0] += right
            share[name][group][1] += 1
            if not right:
                wrong[name].append(f"{seen['file']} {seen.get('sheet', '')}".strip())
    return {"share": share, "wrong": wrong}


def _is_right(reader: Callable[[Path, str | None], Read], seen: dict[str, Any]) -> bool:
    try:
        read = reader(data_folder() / "messy" / seen["file"], seen.get("sheet"))
    except Exception:  # each reader has its own family of errors; an error is right where there is no table
        return "error" in seen
    if "error" in seen:
        return not read.rows
    if len(read.rows) != seen["rows"] or not _same_names(read.names, seen):
        return False
    parts = [(r, seen["columns"].index(c), part) for r, c, part in seen.get("contains", [])]
    cells = all(c < len(read.rows[r]) and read.rows[r][c] == text for r, c, text in seen["cells"])
    return cells and all(part in read.rows[r][c] for r, c, part in parts)


def _same_names(names: Sequence[str], seen: dict[str, Any]) -> bool:
    wanted = seen["columns"]
    if wanted is None:
        return len(names) >= seen["at_least_columns"]
    if len(names) != len(wanted):
        return False
    made_up = ("column ", "(2)", "(3)", "(4)")
    given = [(a, b) for a, b in zip(names, wanted, strict=True) if not any(word in b for word in made_up)]
    return all(a.strip() == b.strip() for a, b in given)


def table(found: dict[str, Any]) -> str:
    """A Markdown table of the shares."""
    lines = ["| reader | text files | workbook sheets |", "|---|---|---|"]
    for name, groups in found["share"].items():
        cells = [f"{right} of {of}" if of else "-" for right, of in groups.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    results = measure()
    print(table(results))
    for reader_name, files in results["wrong"].items():
        print(f"\n{reader_name}, not as expected: {', '.join(files) or 'none'}")
