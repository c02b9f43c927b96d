"""Pictures that go along with texts to a language model that sees: made small, without what a camera wrote into them, and known
by the content of their files. Loads without torch; nothing is sent here."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.llm.service import Service
from tlcore.pictures import open_pictures
from tlcore.predict.text import parts_of

if TYPE_CHECKING:
    from tlcore.predict.picture_files import Pictures

SIDE, QUALITY = 512, 85
"""Pixels of the longer side, at most; and how well a JPEG is kept. Enough to tell things apart, a fraction of a photo's price."""
FORMAT = 1
"""One more where the same file is sent as another picture: answers are kept by what was asked."""
TILE, TILE_TOKENS, BASE_TOKENS, SHORT_SIDE = 512, 170, 85, 768
PATCH, PATCH_TIMES = 32, {"-nano": 2.46, "-mini": 1.62}
"""OpenAI's two rules: a base and so much a tile of a picture whose shorter side is at most SHORT_SIDE; for its small models patches
times a factor. Servers of other makers that speak the same dialect count by rules of their own."""
PIXELS_A_TOKEN = 750
"""Anthropic's rule."""
SURE_TIMES = 4.0
"""For reserving money: hardly a service counts more than so many times what the rules say."""
MOST_KNOWN = 50_000
_KNOWN: dict[tuple[str, str, int, int], _Looked] = {}
"""What was seen of a file: by place, name, size and time."""


@dataclass(frozen=True)
class _Looked:
    """digest: of the file. problem: why it cannot be sent, "" where it can."""

    digest: str = ""
    width: int = 0
    height: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture as it will be sent. name: as the sheet has it; digest: of its file; width, height: as they are sent. gallery: holds
    the place open; without one it is opened for the moment (so that what is kept for a screen keeps no file open)."""

    name: str
    digest: str
    width: int
    height: int
    place: Path = field(repr=False, compare=False)
    gallery: Gallery | None = field(default=None, repr=False, compare=False)

    @property
    def key(self) -> str:
        """Another one where another picture would be sent."""
        return f"{FORMAT} {SIDE} {self.digest}"

    def image(self) -> Any:
        """RGB, as small as it is sent. Raises TlcoreError where the file is another one than before."""
        data, problem = (self.gallery or Gallery(self.place)).pictures.read(self.name)
        if problem or _digest(data) != self.digest:
            what = "A picture is not the one any more whose sending was agreed to."
            raise TlcoreError(what, self.name, "Look at the price and the rows again, and agree again.")
        return _opened(data)[0]

    def encoded(self) -> tuple[str, bytes]:
        """Media type and bytes, PNG or JPEG, whichever is smaller. Raises TlcoreError as `image`."""
        return encode(self.image())

    def in_words(self) -> tuple[str, str]:
        """Media type, and the bytes as base64."""
        kind, data = self.encoded()
        return kind, base64.b64encode(data).decode("ascii")


@dataclass(frozen=True)
class Beside:
    """The words of a row, its picture, and why there is none; "" where none is named, too."""

    words: str
    picture: Picture | None
    problem: str = ""


class Gallery:
    """The folder or zip with the pictures that rows name. Raises TlcoreError where it is neither."""

    def __init__(self, place: str | Path) -> None:
        self.pictures: Pictures = open_pictures(place)

    def of(self, text: str) -> Beside:
        """The parts of a row as they will be sent."""
        words, name = [*parts_of(text), ""][:2]
        if not name.strip():
            return Beside(words, None)
        seen = self._seen(name)
        if seen.problem:
            return Beside(words, None, seen.problem)
        return Beside(words, Picture(name, seen.digest, seen.width, seen.height, self.pictures.place, self))

    def _seen(self, cell: str) -> _Looked:
        """Decoding takes longest of all, and a page asks again with each click."""
        name, problem = self.pictures.find(cell)
        if problem:
            return _Looked(problem=problem)
        file = self.pictures.place / name if self.pictures.place.is_dir() else self.pictures.place
        about = file.stat()
        key = (str(self.pictures.place), name, about.st_size, about.st_mtime_ns)
        if key not in _KNOWN:
            if len(_KNOWN) >= MOST_KNOWN:
                _KNOWN.clear()
            _KNOWN[key] = self._look(cell)
        return _KNOWN[key]

    def _look(self, cell: str) -> _Looked:
        data, problem = self.pictures.read(cell)
        if problem:
            return _Looked(problem=problem)
        image, problem = _opened(data)
        return _Looked(problem=problem) if problem else _Looked(_digest(data), *image.size)


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _opened(data: bytes) -> tuple[Any, str]:
    """The picture, as large as it is sent and with nothing but its pixels; or None and why it cannot be had."""
    from PIL import Image

    from tlcore.predict.picture_files import open_picture

    seen = open_picture(data)
    if seen.image is None:
        return None, seen.problem
    size = fitted(*seen.image.size)
    small = seen.image if size == seen.image.size else seen.image.resize(size, Image.Resampling.LANCZOS)
    bare = Image.new(
        "RGB", size
    )  # a resized picture still carries the file's comments and profiles; a new one does not
    bare.paste(small)
    return bare, ""


def fitted(width: int, height: int) -> tuple[int, int]:
    """Width and height with the longer one at most SIDE; small pictures stay as they are."""
    share = min(1.0, SIDE / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def encode(image: Any) -> tuple[str, bytes]:
    """Drawings are smaller as PNG, photos as JPEG."""
    kept = {}
    for kind, wishes in (("png", {"optimize": True}), ("jpeg", {"quality": QUALITY})):
        file = io.BytesIO()
        image.save(file, kind.upper(), **wishes)
        kept[f"image/{kind}"] = file.getvalue()
    return min(kept.items(), key=lambda one: len(one[1]))


def picture_tokens(picture: Picture | None, service: Service) -> int:
    """What a picture is read as, by the rule that the maker of the dialect documents; an estimate. 0 where there is none."""
    if picture is None:
        return 0
    width, height = picture.width, picture.height
    if service.dialect == "anthropic":
        return ceil(width * height / PIXELS_A_TOKEN)
    times = next((times for word, times in PATCH_TIMES.items() if word in service.model.lower()), None)
    if times is not None:
        return ceil(ceil(width / PATCH) * ceil(height / PATCH) * times)
    share = min(1.0, SHORT_SIDE / min(width, height))
    return BASE_TOKENS + TILE_TOKENS * ceil(width * share / TILE) * ceil(height * share / TILE)
