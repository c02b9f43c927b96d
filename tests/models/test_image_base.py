"""The image encoder that came with Nudge: converted once, checked, and seen as its package sees it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tlcore.engine.picture_features import Eye, picture_features
from tlcore.errors import TlcoreError
from tlcore.models import image_base
from tlcore.predict.picture_files import Pictures


def test_the_weights_are_those_of_the_package_without_its_last_layer(home: Path) -> None:
    folder = image_base.image_base_folder()
    weights = load_file(str(folder / image_base.WEIGHTS))
    assert not any(name.startswith("_fc.") for name in weights)
    assert sum(
        w.numel() for name, w in weights.items() if "running" not in name and "tracked" not in name
    ) / 1e6 == pytest.approx(3.37, abs=0.1)
    stamp = (folder / image_base.WEIGHTS).stat().st_mtime_ns
    image_base.convert(folder)
    assert (folder / image_base.WEIGHTS).stat().st_mtime_ns == stamp


def test_a_file_that_is_not_the_official_one_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_base, "SHA256", "0" * 64)
    with pytest.raises(TlcoreError, match="damaged"):
        image_base.convert(tmp_path / "made")
    monkeypatch.setattr(image_base, "PACKAGE", "no_such_package")
    with pytest.raises(TlcoreError, match="not installed"):
        image_base.convert(tmp_path / "made")


def test_what_it_sees_ends_with_what_its_package_sees(home: Path) -> None:
    encoder = image_base.load_image_encoder()
    sample = torch.randn(2, 3, image_base.SIZE, image_base.SIZE, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found, whole = encoder(sample), encoder.network.extract_features(sample).mean(dim=(2, 3))
    assert found.shape == (2, image_base.WIDTH)
    assert torch.allclose(found[:, -1280:], whole, atol=1e-5)


def test_a_picture_is_looked_at_once_and_a_broken_one_is_none(home: Path, tmp_path: Path) -> None:
    looked: list[int] = []

    def tiny(pixels: torch.Tensor) -> torch.Tensor:
        looked.append(len(pixels))
        return pixels.mean(dim=(2, 3))

    eye = Eye(tiny, 3, 8, (127.0,) * 3, (128.0,) * 3, "tiny")
    for name, colour in (("red.png", "red"), ("blue.png", "blue"), ("again.png", "red")):
        Image.new("RGB", (9, 9), colour).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    names, events = ["red.png", "broken.png", "", "blue.png", "again.png", "red.png"], []
    pictures = Pictures(tmp_path)
    for round_ in range(2):
        found, there = picture_features(eye, pictures, names, lambda kind, **fields: events.append(kind), lambda: None)
        assert there.tolist() == [True, False, False, True, True, True]
        assert np.allclose(found[0], (1.0, -127 / 128, -127 / 128), atol=1e-3)
        assert (found[0] == found[5]).all()
        assert not found[1].any()
        assert sum(looked) == 3, round_
    assert "note" in events
