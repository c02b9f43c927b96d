"""What the user asked for instead of the guesses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wishes:
    """None: find it out. header_row, last_row: 1-based rows of the file; header_row 0: no column names."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    header_rows: int | None = None
    last_row: int | None = None

    def left_to_guess(self, *names: str) -> tuple[str, ...]:
        """Those of the names that nobody asked for."""
        return tuple(name for name in names if getattr(self, name) is None)
