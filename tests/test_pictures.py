"""The pictures beside a spreadsheet: what is wrong with which row, and a run's own copy."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tlcore.errors import TlcoreError
from tlcore.pictures import keep_pictures, look, open_pictures, picture_of, thumbnail, with_pictures
from tlcore.predict.text import beside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    (place / "in").mkdir(parents=True)
    Image.new("RGB", (600, 300), "red").save(place / "in" / "one.png")
    Image.new("CMYK", (8, 8)).save(place / "two.jpg")
    (place / "broken.png").write_bytes((place / "in" / "one.png").read_bytes()[:60])
    return place


def texts(*names: str) -> list[str]:
    return [beside(["words", name]) for name in names]


def test_each_trouble_is_said_with_its_rows(folder: Path) -> None:
    rows = texts("in/one.png", "two.jpg", "broken.png", "gone.png", "", "gone too.png")
    found = look(folder, rows, [2, 3, 4, 5, 6, 7])
    assert found.problems == {
        4: "it is damaged", 5: "it is not among the pictures", 6: "no picture is named", 7: "it is not among the pictures",
    }  # fmt: skip
    assert list(found.notes) == [3]
    said = found.sentences()
    assert (
        "The picture of 2 rows (5, 7) cannot be used: it is not among the pictures. The text alone is read there."
        in said
    )
    assert any("row 3" in line and "CMYK" in line for line in said)


def test_where_no_row_has_a_picture_nothing_can_be_learned(folder: Path) -> None:
    with pytest.raises(TlcoreError, match="Not one row has a picture") as error:
        look(folder, texts("a.png", "b.png"), [2, 3])
    assert "row 2" in error.value.where
    with pytest.raises(TlcoreError, match="No pictures were given"):
        open_pictures("")
    with pytest.raises(TlcoreError, match="cannot be used"):
        open_pictures(folder / "nowhere")


def test_a_picture_that_was_changed_is_looked_at_anew(folder: Path) -> None:
    assert look(folder, texts("in/one.png"), [2]).problems == {}
    (folder / "broken.png").write_bytes((folder / "in" / "one.png").read_bytes())
    os.utime(folder / "broken.png", (1, 1))
    assert look(folder, texts("broken.png"), [2]).problems == {}


def test_a_run_has_pictures_of_its_own(folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "p.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(folder / "in" / "one.png", "in/one.png")
        archive.write(folder / "two.jpg", "two.jpg")
    for place in (folder, packed):
        kept = tmp_path / f"kept-{place.name}"
        keep_pictures(place, texts("one.png", "gone.png", "../secret.png"), kept)
        assert [path.relative_to(kept).as_posix() for path in kept.rglob("*.*")] == ["in/one.png"]
    (folder / "in" / "one.png").unlink()
    assert look(tmp_path / "kept-pictures", texts("one.png"), [2]).problems == {}


def test_a_thumbnail_is_small_and_none_where_there_is_none(folder: Path) -> None:
    found = thumbnail(folder, "in/one.png")
    assert found is not None
    assert Image.open(io.BytesIO(found)).size == (256, 128)
    assert thumbnail(folder, "broken.png") is None
    assert thumbnail(folder / "nowhere", "one.png") is None


def test_only_who_looks_at_pictures_is_given_any(folder: Path) -> None:
    class Looks:
        def look_in(self, place: Path) -> str:
            return f"looks in {Path(place).name}"

    plain = object()
    assert with_pictures(plain, folder) is plain
    assert with_pictures(Looks(), folder) == "looks in pictures"
    with pytest.raises(TlcoreError, match="cannot be used"):
        with_pictures(Looks(), folder / "nowhere")
    assert picture_of(texts("a.png")[0]) == "a.png"
    assert picture_of("words") == ""
