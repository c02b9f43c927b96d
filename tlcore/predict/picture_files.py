"""Pictures by the names that a sheet gives them, out of a folder or a zip; pillow and numpy. It travels in the zip.

Nothing is fetched, unpacked or followed: a web address, a path that leads out, a link, a file that unpacks to too much or is no
picture is refused, each with its reason.
"""

from __future__ import annotations

import io
import stat
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
"""What is opened as a picture, whatever a file is called."""
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")
MOST_BYTES, MOST_PIXELS, MOST_FILES = 50 * 2**20, 50_000_000, 200_000
"""Of a file, of a picture when it is unpacked, of a folder or zip."""
ENOUGH = 512
"""Pixels of a side: no encoder here reads more."""
BLANK, NOT_THERE = "no picture is named", "it is not among the pictures"
ADDRESSES = ("http://", "https://", "ftp://", "//", "data:", "file:", "www.")


class PicturesError(ValueError):
    """A folder or zip of pictures that cannot be used, in words."""


@dataclass(frozen=True)
class Seen:
    """image: RGB, as it is to be looked at; None where there is none to be had, and then `problem` says why.

    note: what was done to it so that it can be read; "" where nothing was.
    """

    image: Any = None
    problem: str = ""
    note: str = ""


class Pictures:
    """A folder or a zip of pictures, found by path or, where that is plain, by name alone. Raises PicturesError for what is neither."""

    def __init__(self, place: Path) -> None:
        self.place = Path(place)
        if self.place.is_dir():
            self._zip, names = None, _in_folder(self.place)
        else:
            self._zip, names = _opened(self.place)
        self._paths = {name: name for name in names}
        self._loose: dict[str, list[str]] = {}
        for name in names:
            for key in {name.casefold(), PurePosixPath(name).name.casefold()}:
                self._loose.setdefault(key, []).append(name)

    @property
    def names(self) -> list[str]:
        """Paths of all files, in order."""
        return sorted(self._paths)

    def find(self, cell: str) -> tuple[str, str]:
        """The path of the picture that a cell names, and "", or "" and why there is none."""
        name = cell.strip().replace("\\", "/")
        if not name:
            return "", BLANK
        if is_address(name):
            return "", "it is a web address, and nothing is fetched from the web"
        name = name.removeprefix("./")
        if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
            return "", "its path leads out of the folder of pictures"
        if name in self._paths:
            return name, ""
        found = self._loose.get(name.casefold()) or self._loose.get(PurePosixPath(name).name.casefold()) or []
        if len(found) > 1:
            return "", f"{len(found)} pictures have this name"
        return (found[0], "") if found else ("", NOT_THERE)

    def read(self, cell: str) -> tuple[bytes, str]:
        """The file that a cell names, and "", or b"" and why it cannot be had."""
        name, problem = self.find(cell)
        if problem:
            return b"", problem
        try:
            data = self._bytes(name)
        except (OSError, RuntimeError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, NotImplementedError):
            return b"", "its file is damaged or locked"
        if len(data) > MOST_BYTES:
            return b"", f"its file is larger than {MOST_BYTES // 2**20} MB"
        return data, ""

    def see(self, cell: str) -> Seen:
        """The picture that a cell names, ready to be looked at."""
        data, problem = self.read(cell)
        return Seen(problem=problem) if problem else open_picture(data)

    def _bytes(self, name: str) -> bytes:
        """One byte more than may be, at most: sizes that a zip tells of its files may be lies."""
        if self._zip is not None:
            with self._zip.open(name) as file:
                return file.read(MOST_BYTES + 1)
        with (self.place / name).open("rb") as file:
            return file.read(MOST_BYTES + 1)


def is_address(cell: str) -> bool:
    """Whether a cell holds a web address instead of the name of a file."""
    return cell.strip().casefold().startswith(ADDRESSES)


def open_picture(data: bytes) -> Seen:
    """The bytes of a file as an RGB picture: the first frame, upright, what is transparent on white."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    return Seen(problem=f"it has {image.width * image.height / 1e6:,.0f} million pixels")
                frames = int(getattr(image, "n_frames", 1))
                image.seek(0)
                if image.mode in ("RGB", "L"):
                    image.draft(image.mode, (ENOUGH, ENOUGH))  # a photo need not be unpacked whole to be read small
                image.load()
                note = "; ".join(_notes(image, frames))
                return Seen(_on_white(ImageOps.exif_transpose(image)), note=note)
    except Image.DecompressionBombError:
        return Seen(problem=f"it has more than {2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6:,.0f} million pixels")
    except Exception as error:  # a broken file makes pillow raise a dozen different ones
        known = not isinstance(error, Image.UnidentifiedImageError)
        return Seen(problem="it is damaged" if known else "it is no picture that can be read")


def _notes(image: Any, frames: int) -> list[str]:
    notes = [f"animated: the first of {frames} frames is used"] if frames > 1 else []
    return [*notes, "its print colours (CMYK) were turned into screen colours"] if image.mode == "CMYK" else notes


def _on_white(image: Any) -> Any:
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits or more of grey: brought to 8
        values = np.asarray(image, dtype=np.float64)
        top = 65_535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray(np.clip(255 * values / top, 0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        ground.alpha_composite(clear)
        return ground.convert("RGB")
    return image.convert("RGB")


def pixels(image: Any, size: int) -> np.ndarray:
    """uint8 [size, size, 3]: the whole picture, brought to a square."""
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC), dtype=np.uint8)


def normalised(batch: Iterable[np.ndarray], mean: Iterable[float], scale: Iterable[float]) -> np.ndarray:
    """uint8 pictures [size, size, 3] -> float32 [pictures, 3, size, size] as an encoder reads them."""
    middle, spread = (np.array(list(one), dtype=np.float32) for one in (mean, scale))
    found = (np.stack(list(batch)).astype(np.float32) - middle) / spread
    return np.ascontiguousarray(found.transpose(0, 3, 1, 2))


def _in_folder(folder: Path) -> list[str]:
    """Paths of the files below a folder; links are not followed, hidden files passed over."""
    names: list[str] = []
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") for part in parts) or not stat.S_ISREG(path.lstat().st_mode):
            continue
        if any((folder / Path(*parts[:i])).is_symlink() for i in range(1, len(parts))):
            continue
        names.append("/".join(parts))
        if len(names) > MOST_FILES:
            raise PicturesError(
                f"{folder.name} holds more than {MOST_FILES:,} files. Choose the folder of the pictures alone."
            )
    return names


def _opened(path: Path) -> tuple[zipfile.ZipFile, list[str]]:
    """Raises PicturesError for what is no zip, or one with a trap in it."""
    try:
        archive = zipfile.ZipFile(path)
        infos = [info for info in archive.infolist() if not info.is_dir()]
    except FileNotFoundError:
        raise PicturesError(f"There is no folder or zip of pictures at {path}. Check the name.") from None
    except Exception as error:  # a broken archive makes zipfile raise a dozen different ones
        raise PicturesError(
            f"{path.name} is neither a folder nor a zip that can be opened. Pack the pictures again."
        ) from error
    if len(infos) > MOST_FILES:
        raise PicturesError(f"{path.name} holds more than {MOST_FILES:,} files. Keep only the pictures.")
    for info in infos:
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
            raise PicturesError(f"{path.name} holds a file that would land outside its folder. Pack it again.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise PicturesError(f"{path.name} holds a link instead of a file. Pack the pictures themselves.")
        if info.flag_bits & 1:
            raise PicturesError(f"{path.name} is locked with a password. Pack it without one.")
    names = [info.filename for info in infos]
    return archive, [name for name in names if not _is_litter(name)]


def _is_litter(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
