"""tlcore.engine.remember: the same question is answered once, another one anew, and a broken memory is no answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.engine import remember
from tlcore.engine.remember import digest, remembered
from tlcore.workspace import Workspace

ROWS = np.arange(12, dtype=np.float16).reshape(3, 4)


class Counted:
    """Gives one number, and counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[float]:
        self.times += 1
        return [self.times / 8]


@pytest.fixture
def work(home: Path) -> Counted:
    return Counted()


def test_the_same_question_is_worked_out_once(work: Counted) -> None:
    assert [remembered(("rows", (1, 2), 0.1), work) for _ in range(3)] == [[0.125]] * 3
    assert work.times == 1


@pytest.mark.parametrize("other", [("rows", (1, 2), 0.2), ("rows", (1,), 0.1), ("other", (1, 2), 0.1)])
def test_another_question_is_worked_out_anew(work: Counted, other: tuple[Any, ...]) -> None:
    remembered(("rows", (1, 2), 0.1), work)
    assert remembered(other, work) == [0.25]


def test_another_version_of_scikit_learn_is_another_question(work: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered(("rows",), work)
    monkeypatch.setattr(remember.sklearn, "__version__", "0.0")
    assert remembered(("rows",), work) == [0.25]


@pytest.mark.parametrize("text", ["[0.1", '["0.1"]', "{}", "null", ""])
def test_what_is_broken_is_worked_out_anew_and_mended(work: Counted, text: str) -> None:
    remembered(("rows",), work)
    (file,) = Workspace().score_cache.iterdir()
    file.write_text(text)
    assert remembered(("rows",), work) == [0.25]
    assert remembered(("rows",), work) == [0.25]


def test_where_nothing_can_be_written_the_answer_still_comes(work: Counted) -> None:
    Workspace().score_cache.parent.mkdir(parents=True)
    Workspace().score_cache.write_text("a file where the folder would be")
    assert [remembered(("rows",), work) for _ in range(2)] == [[0.125], [0.25]]


def test_it_does_not_grow_without_end(work: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remember, "MOST", 4)
    for number in range(5):
        remembered((number,), work)
    assert len(list(Workspace().score_cache.iterdir())) == 3


def test_the_digest_tells_values_shapes_and_types_apart() -> None:
    others = [ROWS + 1, ROWS.reshape(4, 3), ROWS.astype(np.float32), ROWS[:2]]
    assert len({digest(one) for one in [ROWS, *others]}) == 5
    assert digest(ROWS, ROWS[:2]) != digest(ROWS[:2], ROWS)
    assert digest(ROWS[:, ::2]) == digest(np.ascontiguousarray(ROWS[:, ::2]))
