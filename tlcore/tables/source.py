"""Where the bytes of a table come from: a file, or a part of an archive that was unpacked into memory."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tlcore.errors import TlcoreError
from tlcore.tables.limits import Limits

_NOTHING = b" \t\r\n\x0c\xef\xbb\xbf\xff\xfe"
EMPTY_FIX = "Choose a file with a row of column names and rows under it."


@dataclass(frozen=True)
class Source:
    """name: what the user calls it. size in bytes. Either `path` or `data` is given."""

    name: str
    size: int
    path: Path | None = None
    data: bytes = b""

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data) if self.path is None else open(self.path, "rb")

    def head(self, n: int = 65_536) -> bytes:
        with self.open() as file:
            return file.read(n)

    def read(self, limits: Limits) -> bytes:
        """All of it. Raises TlcoreError if that is more than may be held in memory."""
        if self.size > limits.max_held_bytes:
            raise too_large(self.name, self.size, limits.max_held_bytes)
        with self.open() as file:
            return file.read(limits.max_held_bytes + 1)


def file_source(path: Path, name: str, limits: Limits) -> Source:
    """Raises TlcoreError for a file that is missing, too large, empty or not to be opened."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise TlcoreError("This is no ordinary file.", str(path), "Choose a file.")
        if size > limits.max_bytes:
            raise too_large(name, size, limits.max_bytes)
        source = Source(name, size, path)
        head = source.head()
    except FileNotFoundError as error:
        raise TlcoreError("There is no such file.", str(path), "Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        raise TlcoreError("The file cannot be opened.", str(path), "Is it open in another program?") from error
    if size <= len(head) and not head.strip(_NOTHING):
        raise TlcoreError("The file is empty.", name, EMPTY_FIX)
    return source


def data_source(data: bytes, name: str) -> Source:
    """Raises TlcoreError for no data."""
    if not data[:65_536].strip(_NOTHING) and not data.strip(_NOTHING):
        raise TlcoreError("The file is empty.", name, EMPTY_FIX)
    return Source(name, len(data), None, data)


def too_large(name: str, size: int, most: int) -> TlcoreError:
    return TlcoreError(
        f"The file has {size / 2**20:,.1f} MB; at most {most / 2**20:,.0f} MB can be read.",
        name,
        "Keep only the columns that you need, or split the file.",
    )
