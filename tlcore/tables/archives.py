"""A table inside a zip, a gzip or a folder, perhaps beside pictures; what could do harm is refused with words."""

from __future__ import annotations

import gzip
import os
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from tlcore.errors import TlcoreError
from tlcore.tables.kinds import TABLE_ENDINGS
from tlcore.tables.limits import Limits
from tlcore.tables.source import Source, data_source, file_source
from tlcore.tables.wishes import Wishes

IMAGE_ENDINGS = frozenset([".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"])
_PACKED = frozenset([".zip", ".7z", ".rar", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst"])
_ABOUT = ("readme", "license", "licence", "changelog", "notice", "manifest", "requirements")
_OFFICE = ("xl/", "word/", "ppt/", "Index/", "META-INF/")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Chosen:
    """The table that is read. file: the archive or folder; members: the tables in it; images: the pictures beside."""

    source: Source
    file: str
    member: str
    members: tuple[str, ...]
    images: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()


def is_plain_zip(source: Source) -> bool:
    """Whether a zip is an archive of files, not a workbook or document. Raises TlcoreError if a .zip is damaged."""
    try:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except Exception as error:  # a broken archive makes zipfile raise a dozen different ones
        if source.name.lower().endswith(".zip"):
            raise _damaged(source.name) from error
        return False
    return not any(name in ("mimetype", "[Content_Types].xml") or name.startswith(_OFFICE) for name in names)


def open_zip(source: Source, wishes: Wishes, limits: Limits) -> Chosen:
    """Raises TlcoreError for an archive without a table, locked, damaged, too large, or with a trap in it."""
    try:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _refuse_traps(infos, source.name, limits)
            member, found = _choose({info.filename: info.file_size for info in infos}, wishes.sheet, source.name)
            data = _unpacked(archive, member, source.name, limits)
    except TlcoreError:
        raise
    except RuntimeError as error:  # zipfile's word for an encrypted or unknown part (NotImplementedError is one)
        raise TlcoreError(
            "The archive is locked or packed in an unknown way.", source.name, "Pack it again without a password."
        ) from error
    except Exception as error:  # a broken archive makes zipfile raise a dozen different ones
        raise _damaged(source.name) from error
    return Chosen(data_source(data, f"{source.name}: {member}"), source.name, member, *found)


def open_gzip(source: Source, limits: Limits) -> Chosen:
    """Raises TlcoreError for a damaged file, a tar archive, or one that unpacks to too much."""
    most, parts, total = min(limits.max_unpacked_bytes, limits.max_held_bytes), [], 0
    try:
        with source.open() as file, gzip.GzipFile(fileobj=file) as packed:
            while chunk := packed.read(_CHUNK):
                total += len(chunk)
                if total > most:
                    raise _unpacks_to_too_much(source.name, most)
                parts.append(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(source.name) from error
    data = b"".join(parts)
    inner = PurePath(source.name).stem if source.name.lower().endswith(".gz") else source.name
    if data[257:262] == b"ustar" or data[:2] == b"\x1f\x8b" or data[:4] == b"PK\x03\x04":
        raise TlcoreError("The file holds another archive.", source.name, "Unpack it and choose the table inside.")
    return Chosen(data_source(data, inner), source.name, inner, (inner,))


def open_folder(path: Path, wishes: Wishes, limits: Limits) -> Chosen:
    """Raises TlcoreError for a folder without a table, or with too many files. Links are not followed."""
    sizes: dict[str, int] = {}
    for folder, folders, files in os.walk(path, onerror=lambda error: None):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            place = Path(folder, name)
            about = place.lstat()
            if stat.S_ISREG(about.st_mode):
                sizes[place.relative_to(path).as_posix()] = about.st_size
            if len(sizes) > limits.max_members:
                raise _too_many(path.name, limits)
    member, found = _choose(sizes, wishes.sheet, path.name or str(path))
    return Chosen(file_source(path / member, member, limits), path.name, member, *found)


def _choose(
    sizes: Mapping[str, int], wish: str | None, file: str
) -> tuple[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """The table to read, and (all tables, all pictures, sentences, what was guessed)."""
    plain = [name for name in sizes if not _is_litter(name)]
    tables = [name for name in plain if _ending(name) in TABLE_ENDINGS and not _is_about(name)]
    images = tuple(name for name in plain if _ending(name) in IMAGE_ENDINGS)
    packed = [name for name in plain if _ending(name) in _PACKED]
    if not tables:
        raise _no_table(file, len(images), packed)
    said = [f"{len(images):,} picture{'s stand' if len(images) > 1 else ' stands'} beside the table."] if images else []
    if packed:
        said.append(f'Archives inside the archive are not opened, such as "{packed[0]}".')
    if len(tables) == 1:
        return tables[0], (tuple(tables), images, tuple(said), ())
    if wish is not None:
        if wish not in tables:
            raise TlcoreError(f'There is no table "{wish}".', file, f"The tables are: {', '.join(tables[:20])}.")
        return wish, (tuple(tables), images, tuple(said), ())
    main = max(tables, key=lambda name: sizes[name])
    said.insert(0, f'There are {len(tables):,} tables; the largest, "{main}", was read.')
    return main, (tuple(tables), images, tuple(said), ("sheet",))


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith((".", "__MACOSX", "~$")) for part in parts) or parts[-1:] in (("Thumbs.db",),)


def _is_about(name: str) -> bool:
    stem = PurePosixPath(name).stem.lower()
    return _ending(name) in (".txt", ".json", ".text") and stem.startswith(_ABOUT)


def _no_table(file: str, images: int, packed: list[str]) -> TlcoreError:
    if packed:
        return TlcoreError("The archive holds another archive.", f"{file}: {packed[0]}", "Unpack it first.")
    beside = f" beside its {images:,} picture{'s' * (images > 1)}" if images else ""
    return TlcoreError(
        f"The archive or folder holds no table{beside}.",
        file,
        "Put a .csv or .xlsx in it, with a column of file names if it has pictures.",
    )


def _refuse_traps(infos: list[zipfile.ZipInfo], file: str, limits: Limits) -> None:
    if len(infos) > limits.max_members:
        raise _too_many(file, limits)
    for info in infos:
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name.split("/")[0] or ".." in name.split("/"):
            raise TlcoreError(
                "The archive holds a file that would land outside its folder.",
                f"{file}: {info.filename}",
                "Pack it again.",
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise TlcoreError(
                "The archive holds a link instead of a file.", f"{file}: {info.filename}", "Pack the file itself."
            )
    if sum(info.file_size for info in infos) > limits.max_unpacked_bytes:
        raise _unpacks_to_too_much(file, limits.max_unpacked_bytes)


def _unpacked(archive: zipfile.ZipFile, member: str, file: str, limits: Limits) -> bytes:
    most, parts, total = min(limits.max_unpacked_bytes, limits.max_held_bytes), [], 0
    with archive.open(member) as part:
        while chunk := part.read(_CHUNK):
            total += len(chunk)
            if total > most:  # the size in the directory may lie
                raise _unpacks_to_too_much(file, most)
            parts.append(chunk)
    return b"".join(parts)


def _unpacks_to_too_much(file: str, most: int) -> TlcoreError:
    return TlcoreError(
        f"The archive unpacks to more than {most / 2**20:,.0f} MB.", file, "Unpack it and choose the table inside."
    )


def _too_many(file: str, limits: Limits) -> TlcoreError:
    return TlcoreError(f"There are more than {limits.max_members:,} files.", file, "Keep only the files that you need.")


def _damaged(file: str) -> TlcoreError:
    return TlcoreError(
        "The archive is damaged and cannot be opened.", file, "Pack it again, or choose the table itself."
    )
