from collections.abc import Callable

import pytest

from tlcore.checks.cut_off import cut_off
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts
from tlcore.models.bases import tokenizer_file


@pytest.mark.parametrize(("long", "severity"), [(2, "info"), (12, "warning")])
def test_texts_longer_than_the_model_reads_are_counted(
    classify: Callable[..., Dataset], long: int, severity: str
) -> None:
    texts = [f"short text {i}" for i in range(40 - long)] + [f"{i} " + "many words " * 200 for i in range(long)]
    dataset = classify(texts, ["a", "b"] * 20)
    problem = cut_off(dataset, measure_facts(dataset, tokenizer_file("minilm")))
    assert problem is not None
    assert problem.title.startswith(f"{long} texts are cut off after about 192 words (256 ")
    assert problem.severity == severity
    assert problem.score == 1 - long / 40
    assert problem.rows == tuple(range(42 - long, 42))


def test_how_much_is_lost_is_said_for_all_and_for_each(classify: Callable[..., Dataset]) -> None:
    texts = [f"short text {i}" for i in range(38)] + ["some words " * 200, "some words " * 600]
    dataset = classify(texts, ["a", "b"] * 20)
    problem = cut_off(dataset, measure_facts(dataset, tokenizer_file("minilm")))
    assert problem is not None
    assert problem.rows == (41, 40)  # the longest first
    assert problem.notes == ("about 79 % is not read", "about 36 % is not read")  # 256 of 1,202 and of 402 pieces
    assert "About 57 % of what they say is not read." in problem.cost


def test_short_texts_are_read_whole(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"short text {i}" for i in range(40)], ["a", "b"] * 20)
    assert cut_off(dataset, measure_facts(dataset, tokenizer_file("minilm"))) is None


def test_an_estimate_is_called_one(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"{i} " + "many words " * 200 for i in range(20)], ["a", "b"] * 10)
    problem = cut_off(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title.startswith("About 20")
    assert len(problem.rows) == len(problem.notes) == 20
