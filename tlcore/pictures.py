"""The pictures beside a spreadsheet: which rows have one that can be read, and a run's own copy of them. Loads without torch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.predict.text import BESIDE, parts_of

if TYPE_CHECKING:
    from tlcore.predict.picture_files import Pictures

SHOWN_ROWS = 5
MOST_SEEN = 50_000
_SEEN: dict[tuple[str, str, int, int], tuple[str, str]] = {}
"""Why a picture cannot be used, and what was done to it: by place, name, size and time of its file."""
THUMBNAIL = 256
"""Pixels of the longer side, at most."""


@dataclass(frozen=True)
class Looked:
    """What was seen of the pictures that rows name. problems, notes: why a row's cannot be used, what was done to it; by row."""

    problems: Mapping[int, str]
    notes: Mapping[int, str]

    def sentences(self) -> list[str]:
        """For each kind of trouble how many rows have it, and which; then what was done to pictures so that they can be read."""
        found = [
            f"The picture of {_rows(rows)} cannot be used: {why}. The text alone is read there."
            for why, rows in _by_reason(self.problems).items()
        ]
        return [*found, *(f"The picture of {_rows(rows)}: {what}." for what, rows in _by_reason(self.notes).items())]


def open_pictures(place: str | Path) -> Pictures:
    """The folder or zip. Raises TlcoreError where it is neither, or holds a trap."""
    from tlcore.predict.picture_files import Pictures, PicturesError

    if not str(place):
        raise TlcoreError(
            "No pictures were given, only their names.", "", "Give the zip or the folder with the pictures (--images)."
        )
    try:
        return Pictures(Path(place))
    except (PicturesError, OSError) as error:
        raise TlcoreError("The pictures cannot be used.", Path(place).name, str(error)) from error


def picture_of(text: str) -> str:
    """The name of the picture that is packed behind a text."""
    return [*parts_of(text), ""][1]


def look(place: str | Path, texts: Iterable[str], rows: Sequence[int]) -> Looked:
    """Open the picture of every row once. Raises TlcoreError where the place is none, or holds not one of the pictures."""
    pictures, texts = open_pictures(place), list(texts)
    problems: dict[int, str] = {}
    notes: dict[int, str] = {}
    for row, text in zip(rows, texts, strict=True):
        name = picture_of(text)
        if not text:
            continue
        problem, note = _seen(pictures, name)
        if problem:
            problems[row] = problem
        elif note:
            notes[row] = note
    if problems and len(problems) == sum(map(bool, texts)):
        row = next(iter(problems))
        raise TlcoreError(
            "Not one row has a picture that can be used.", f"row {row}, for one: {problems[row]}",
            "Choose the column with the names of the picture files, and the zip or folder that they are in.",
        )  # fmt: skip
    return Looked(problems, notes)


def _seen(pictures: Pictures, cell: str) -> tuple[str, str]:
    """Why the picture cannot be used, and what was done to it. Decoding takes longest of all: the check that shows the rows asks again
    what reading them has found."""
    name, problem = pictures.find(cell)
    if problem:
        return problem, ""
    file = pictures.place / name if pictures.place.is_dir() else pictures.place
    about = file.stat()
    key = (str(pictures.place), name, about.st_size, about.st_mtime_ns)
    if key not in _SEEN:
        if len(_SEEN) >= MOST_SEEN:
            _SEEN.clear()
        seen = pictures.see(name)
        _SEEN[key] = seen.problem, seen.note
    return _SEEN[key]


def keep_pictures(place: str | Path, texts: Iterable[str], folder: Path) -> None:
    """A run's own pictures: those that its rows name, under the path that the place has them by.

    Hard links where the disk has them, so that nothing is copied; what cannot be read is left out, and was reported.
    """
    pictures = open_pictures(place)
    folder.mkdir(parents=True, exist_ok=True)
    for cell in dict.fromkeys(map(picture_of, texts)):
        name, problem = pictures.find(cell)
        target = folder / name
        if problem or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(Path(place) / name, target)
        except OSError:  # in a zip, or on another disk
            data, problem = pictures.read(cell)
            if not problem:
                target.write_bytes(data)


def thumbnail(place: str | Path, name: str) -> bytes | None:
    """A small PNG of a picture for a screen; None where it cannot be read."""
    import io

    from tlcore.predict.picture_files import Pictures, PicturesError

    try:
        seen = Pictures(Path(place)).see(name)
    except (PicturesError, OSError):
        return None
    if seen.image is None:
        return None
    seen.image.thumbnail((THUMBNAIL, THUMBNAIL))
    file = io.BytesIO()
    seen.image.save(file, "PNG")
    return file.getvalue()


def reads_pictures(roles: Mapping[str, Sequence[str]]) -> bool:
    return bool(roles.get(BESIDE))


def with_pictures(predictor: Any, place: str | Path | None) -> Any:
    """The predictor with its pictures in `place`, where it looks at any. Raises TlcoreError where the place is none."""
    look_in = getattr(predictor, "look_in", None)
    if look_in is None or place is None:
        return predictor
    open_pictures(place)
    return look_in(place)


def _by_reason(reasons: Mapping[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, why in reasons.items():
        found.setdefault(why, []).append(row)
    return found


def _rows(rows: Sequence[int]) -> str:
    """ "row 4", "3 rows (4, 9, 12)", "12 rows (4, 9, 12, 14, 20, …)"."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    some = ", ".join(map(str, rows[:SHOWN_ROWS])) + (", …" if len(rows) > SHOWN_ROWS else "")
    return f"{len(rows):,} rows ({some})"
