"""tlcore.engine.precision: bf16 only where it is native, quicker and right; measured once and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tlcore.engine import precision
from tlcore.engine.precision import CLEARLY, MOST_ERROR, Measured, autocast, measured, say_precision, use_bf16


class Machine:
    bf16, cores = True, 2


@pytest.fixture(autouse=True)
def _fresh(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(precision, "this_machine", Machine)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    measured.cache_clear()
    yield
    measured.cache_clear()


def test_what_is_measured_is_a_speed_and_a_small_error() -> None:
    found = precision._measure()
    assert found.speedup > 0
    assert 0 < found.error < MOST_ERROR


def test_it_is_measured_once_and_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(precision, "_measure", lambda: calls.append(1) or Measured(2.0, 0.003))
    assert measured() == measured() == Measured(2.0, 0.003)
    measured.cache_clear()  # another process
    assert measured() == Measured(2.0, 0.003)
    assert len(calls) == 1
    for file in home.rglob("precision.json"):
        file.write_text('{"torn', encoding="utf-8")
    measured.cache_clear()
    assert measured() == Measured(2.0, 0.003)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("found", "native", "expected"),
    [
        (Measured(2.0, 0.003), True, True),
        (Measured(CLEARLY - 0.01, 0.003), True, False),
        (Measured(2.0, MOST_ERROR * 2), True, False),
        (Measured(2.0, 0.003), False, False),
    ],
)
def test_bf16_is_for_machines_on_which_it_pays(
    monkeypatch: pytest.MonkeyPatch, found: Measured, native: bool, expected: bool
) -> None:
    monkeypatch.setattr(precision, "_measure", lambda: found)
    monkeypatch.setattr(Machine, "bf16", native)
    assert use_bf16() is expected
    with autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if expected else torch.float32)
    said: list[str] = []
    say_precision(lambda kind, level, text: said.append(text))
    if not native:
        assert said == []
    else:
        assert ("bf16) where that is enough" in said[0]) is expected
