"""tlcore.runs.scored: any page of a long scored sheet, in its order or the least sure first."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from tlcore.runs.scored import MOST_CELL, Scored, keep_scored

SHEET = {
    "id": ["a", "b", "c", "d"],
    "row": ["w", "x", "y", "z" * 500],
    "prediction": ["no", "", "yes", "no"],
    "confidence": ["0.9", "", "0.5100", "0.7"],
}


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    keep_scored(tmp_path, SHEET)
    return Scored(tmp_path)


def test_a_page_has_the_answers_in_front_and_the_rows_number(scored: Scored) -> None:
    page = scored.page(1, 2)
    assert list(page) == ["row ", "prediction", "confidence", "id", "row"]  # the sheet has a column of that name
    assert page["row "] == [2, 3]
    assert (page["id"], page["prediction"], page["confidence"]) == (["b", "c"], ["", "yes"], ["", "0.5100"])
    assert (scored.rows, scored.columns) == (4, list(SHEET))


def test_the_least_sure_come_first_and_rows_without_an_answer_last(scored: Scored) -> None:
    assert scored.page(0, 9, unsure_first=True)["id"] == ["c", "d", "a", "b"]
    assert scored.page(1, 2, unsure_first=True)["row "] == [4, 1]


@pytest.mark.parametrize(("start", "found"), [(3, ["d"]), (4, []), (99, [])])
def test_beyond_the_end_there_is_nothing(scored: Scored, start: int, found: list[str]) -> None:
    assert scored.page(start, 5)["id"] == found
    assert scored.page(start, 5, unsure_first=True)["id"] == (["b"] if found else [])


def test_long_cells_are_cut(scored: Scored) -> None:
    assert scored.page(3, 1)["row"] == ["z" * MOST_CELL]


@pytest.mark.parametrize("content", [None, b"", b"no arrow"])
def test_what_is_not_there_or_broken_is_said_so(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "scored.arrow").write_bytes(content)
    with pytest.raises((OSError, ValueError)):
        Scored(tmp_path)


def test_a_page_of_two_hundred_thousand_rows_is_there_at_once(tmp_path: Path) -> None:
    many = 200_000
    texts = [f"text number {i} " + "word " * 15 for i in range(many)]
    keep_scored(
        tmp_path,
        {"text": texts, "prediction": ["yes"] * many, "confidence": [f"{i % 997 / 997:.4f}" for i in range(many)]},
    )
    tracemalloc.start()
    begun = time.perf_counter()
    page = Scored(tmp_path).page(150_000, 100)
    seconds = time.perf_counter() - begun
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert page["text"] == texts[150_000:150_100]
    assert seconds < 1  # a hundredth of that on an idle machine
    assert most < 5_000_000
