"""tlcore.engine.heads: a head that was taught is kept whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tlcore.engine import heads
from tlcore.engine.heads import ABOUT, HEAD, load_head, save_head
from tlcore.models.saved import Head

ABOUT_IT = {"layers": [1, 3], "C": 0.03, "balanced": True, "cross_validated": None}


def drawn(platt: bool = False) -> Head:
    rng = np.random.default_rng(0)
    more = (rng.normal(size=3), rng.normal(size=3)) if platt else ()
    return Head(rng.normal(size=(4, 3)).T, rng.normal(size=3), *more)


@pytest.mark.parametrize("platt", [False, True])
def test_what_is_kept_is_read_back(tmp_path: Path, platt: bool) -> None:
    save_head(tmp_path, drawn(platt), ABOUT_IT)
    found = load_head(tmp_path)
    assert found is not None
    head, about = found
    assert about == ABOUT_IT
    assert (head.platt_a is not None) is (head.platt_b is not None) is platt
    expected = drawn(platt).tensors()
    assert set(head.tensors()) == set(expected)
    for name, value in head.tensors().items():
        assert np.array_equal(value, expected[name]), name


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert load_head(tmp_path) is None


def test_killed_before_it_was_whole_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(heads, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        save_head(tmp_path, drawn(), ABOUT_IT)
    assert (tmp_path / HEAD).exists()
    assert load_head(tmp_path) is None


@pytest.mark.parametrize("name", [HEAD, ABOUT])
@pytest.mark.parametrize("share", [0.0, 0.5, None])
def test_of_a_half_written_one_there_is_none(tmp_path: Path, name: str, share: float | None) -> None:
    save_head(tmp_path, drawn(), ABOUT_IT)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    if share is not None:
        (tmp_path / name).write_bytes(content[: int(share * len(content))])
    assert load_head(tmp_path) is None


def test_no_file_of_it_is_a_pickle(tmp_path: Path) -> None:
    save_head(tmp_path, drawn(), ABOUT_IT)
    assert {path.name for path in tmp_path.iterdir()} == {HEAD, ABOUT}
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors", ".json"}
