"""Pictures out of a folder or a zip: found by name, made ready, and refused with a reason where they cannot or must not be read."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlcore.predict import picture_files
from tlcore.predict.picture_files import Pictures, PicturesError, normalised, open_picture, pixels


def saved(
    mode: str = "RGB", kind: str = "PNG", colour: Any = (200, 30, 30), size: tuple[int, int] = (12, 8), **more: Any
) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind, **more)
    return file.getvalue()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture(params=["folder", "zip"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    files = {"a/One.PNG": saved(), "b/two.png": saved(), "b/same.png": saved(), "a/same.png": saved()}
    if request.param == "zip":
        return zipped(tmp_path / "p.zip", files)
    for name, data in files.items():
        (tmp_path / "p" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / name).write_bytes(data)
    return tmp_path / "p"


@pytest.mark.parametrize("cell", ["a/One.PNG", "one.png", "./a/One.PNG", "a\\One.PNG", " A/ONE.png "])
def test_a_picture_is_found_by_path_and_by_name(place: Path, cell: str) -> None:
    assert Pictures(place).find(cell) == ("a/One.PNG", "")
    assert Pictures(place).see(cell).image.size == (12, 8)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("", "no picture is named"), ("three.png", "not among the pictures"), ("same.png", "2 pictures have this name"),
        ("https://example.org/a.png", "web address"), ("//example.org/a.png", "web address"), ("../p/a/One.PNG", "leads out"),
        ("/etc/passwd", "leads out"), ("C:\\a.png", "leads out"), ("x" * 5_000, "not among"),
    ],
)  # fmt: skip
def test_what_is_no_picture_of_the_place_is_refused_with_the_reason(place: Path, cell: str, why: str) -> None:
    seen = Pictures(place).see(cell)
    assert seen.image is None
    assert why in seen.problem


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for folder in (outside, inside):
        folder.mkdir()
    (outside / "secret.png").write_bytes(saved())
    os.symlink(outside / "secret.png", inside / "one.png")
    os.symlink(outside, inside / "folder")
    assert Pictures(inside).names == []


@pytest.mark.parametrize("name", ["../out.png", "/out.png", "C:/out.png", "a/../../out.png"])
def test_a_zip_with_a_file_that_would_land_outside_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PicturesError, match="outside its folder"):
        Pictures(zipped(tmp_path / "p.zip", {name: saved()}))


def test_a_zip_with_a_link_or_that_is_none_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        link = zipfile.ZipInfo("one.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(PicturesError, match="link"):
        Pictures(tmp_path / "link.zip")
    (tmp_path / "no.zip").write_bytes(b"PK but not really")
    with pytest.raises(PicturesError, match="neither a folder nor a zip"):
        Pictures(tmp_path / "no.zip")
    with pytest.raises(PicturesError, match="no folder or zip"):
        Pictures(tmp_path / "gone")


def test_a_file_that_unpacks_to_too_much_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "MOST_BYTES", 1_000)
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", b"\0" * 5_000_000)
    assert len(Pictures(tmp_path / "p.zip")._bytes("bomb.png")) == 1_001
    assert "larger than" in Pictures(tmp_path / "p.zip").see("bomb.png").problem


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    wide = saved("1", colour=0, size=(60_000, 1_000))
    assert len(wide) < 100_000
    assert "60 million pixels" in open_picture(wide).problem
    assert "million pixels" in open_picture(saved("1", colour=0, size=(60_000, 6_000))).problem


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"text"])
def test_what_is_no_picture_is_said_to_be_none(data: bytes) -> None:
    assert open_picture(data).image is None
    assert open_picture(data).problem.startswith("it is")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_every_kind_is_read_and_a_broken_one_is_refused(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    file = io.BytesIO()
    noise.save(file, kind)
    whole = file.getvalue()
    seen = open_picture(whole)
    assert (seen.image.mode, seen.image.size, seen.problem) == ("RGB", (64, 64), "")
    assert open_picture(whole[: len(whole) // 3]).image is None


def test_of_an_animated_picture_the_first_frame_is_used_and_said() -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=[second], duration=100)
    seen = open_picture(file.getvalue())
    assert "first of 2 frames" in seen.note
    assert seen.image.getpixel((4, 4)) == (255, 0, 0)


def test_print_colours_become_screen_colours() -> None:
    seen = open_picture(saved("CMYK", "JPEG", (0, 255, 255, 0)))
    assert "CMYK" in seen.note
    red, green, blue = seen.image.getpixel((4, 4))
    assert red > 200 > 60 > max(green, blue)


def test_what_is_transparent_stands_on_white() -> None:
    assert open_picture(saved("RGBA", colour=(0, 0, 0, 0))).image.getpixel((2, 2)) == (255, 255, 255)
    half = open_picture(saved("LA", colour=(0, 128))).image.getpixel((2, 2))
    assert 120 < half[0] < 135


def test_grey_of_16_bits_keeps_its_shades() -> None:
    file = io.BytesIO()
    Image.fromarray(np.array([[0, 32_768, 65_535]], dtype=np.uint16)).save(file, "PNG")
    shades = [open_picture(file.getvalue()).image.getpixel((x, 0))[0] for x in range(3)]
    assert shades == [0, 127, 255]


def test_a_photo_taken_on_its_side_is_put_upright() -> None:
    about = Image.Exif()
    about[0x0112] = 6
    assert open_picture(saved(kind="JPEG", size=(20, 10), exif=about)).image.size == (10, 20)


def test_pictures_become_what_the_encoder_reads() -> None:
    red = pixels(open_picture(saved(colour=(255, 127, 0))).image, 4)
    assert (red.shape, red.dtype) == ((4, 4, 3), np.uint8)
    found = normalised([red, red], (127, 127, 127), (128, 128, 128))
    assert found.shape == (2, 3, 4, 4)
    assert np.allclose(found[0, :, 2, 2], [1.0, 0.0, -127 / 128])
