"""No cell, however odd and long, makes a check slow or break."""

import time
from collections.abc import Callable

import pytest

from tlcore.checks import CHECKS
from tlcore.checks.base import Check
from tlcore.datasets import Dataset
from tlcore.facts import Facts, measure_facts

PIECES = (
    "a@", "1 ", "12-", "Ã©", "Â", "â€", "&amp;", "&", "_x000D_", " ", "\n", "a,b\n", "-", ".", "\ufffd", "ç", "de la ", "=cmd|",
    "\u202e", "\x00", "\x85", "😀", "(", "Mr ", "ﷺ", "a\u0301",
)  # fmt: skip
SIZE = 400_000


@pytest.fixture(scope="module")
def hostile(classify: Callable[..., Dataset]) -> tuple[Dataset, Facts]:
    """Every piece as a text of 400,000 signs, and as part of a long label."""
    texts = ["x" + piece * (SIZE // len(piece)) + "x" for piece in PIECES]
    labels = [f"x{piece * 2_000}x" for piece in PIECES]
    dataset = classify([*texts, *[f"text {i}" for i in range(80)]], [*labels, *["a", "b"] * 40])
    return dataset, measure_facts(dataset)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_is_done_in_seconds(hostile: tuple[Dataset, Facts], check: Check) -> None:
    start = time.process_time()
    problem = check(*hostile)
    assert time.process_time() - start < 15
    if problem is not None:
        assert len(problem.notes) in (0, len(problem.rows))
        assert len(problem.title) < 400
