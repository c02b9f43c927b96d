import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tlcore.checks.evidence import Evidence
from tlcore.checks.shortcuts import shortcuts
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

WORDS = [f"{a}{b}" for a in ("ma", "to", "ri", "ke", "lu", "sa") for b in ("ner", "pil", "dok", "vam", "zet")]
COUNT = 200


def texts(seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(5, 12))) for _ in range(COUNT)]


@pytest.fixture
def labels() -> list[str]:
    return random.Random(1).choices(["yes", "no", "maybe"], k=COUNT)


@pytest.fixture
def found(classify: Callable[..., Dataset]) -> Callable[..., Any]:
    def check(texts: Sequence[str], labels: Sequence[str], **columns: Sequence[str]) -> Any:
        dataset = classify(texts, labels)
        return shortcuts(dataset, measure_facts(dataset), Evidence(np.zeros((0, 0)), columns))

    return check


def test_labels_that_hang_on_nothing_are_not_guessed(found: Callable[..., Any], labels: list[str]) -> None:
    assert (
        found(texts(), labels, id=[f"A-{i}" for i in range(COUNT)], mood=random.Random(2).choices("xyz", k=COUNT))
        is None
    )


@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (lambda text, label: text[:20] + " and so on" * len(label), "the length of the text"),
        (lambda text, label: f"{label}: {text}", "the first word"),
        (lambda text, label: text + {"yes": "!", "no": ".", "maybe": "?"}[label], "the punctuation"),
        (lambda text, label: text if label == "no" else text.upper(), "capital letters"),
    ],
)
def test_a_planted_shortcut_is_named_with_its_share(
    found: Callable[..., Any], labels: list[str], plant: Callable[[str, str], str], named: str
) -> None:
    two = ["no" if label == "maybe" and named == "capital letters" else label for label in labels]
    problem = found([plant(text, label) for text, label in zip(texts(), two, strict=True)], two)
    assert problem.severity == "warning"
    assert named in f"{problem.title} {problem.cost}"
    share = int(problem.title.split(" %")[0])
    assert 95 <= share <= 100
    assert problem.score < 0.1
    assert f"right for {round(100 * max(map(two.count, set(two))) / COUNT)} %" in problem.cost


def test_a_shortcut_that_holds_mostly_is_named_by_how_often_it_holds(
    found: Callable[..., Any], labels: list[str]
) -> None:
    rng = random.Random(3)
    prefixes = [label if rng.random() < 0.85 else "other" for label in labels]
    problem = found([f"{prefix} {text}" for prefix, text in zip(prefixes, texts(), strict=True)], labels)
    assert 84 <= int(problem.title.split(" %")[0]) <= 96


def test_another_column_is_told_but_does_no_harm(found: Callable[..., Any], labels: list[str]) -> None:
    codes = [f"T{label[0]}" for label in labels]
    problem = found(texts(), labels, code=codes)
    assert problem.title == "100 % of the labels can be guessed from the column “code” alone."
    assert problem.severity == "info"
    assert "reads only the text" in problem.cost


def test_ids_and_dates_in_ranges_are_seen(found: Callable[..., Any]) -> None:
    ordered = random.Random(5).sample(range(COUNT), COUNT)
    labels = ["old" if n < 90 else "new" for n in ordered]
    problem = found(texts(), labels, id=[f"T-{n + 5}" for n in ordered])
    assert "the column “id”" in problem.title


def test_a_sorted_file_is_told_and_does_no_harm(found: Callable[..., Any], labels: list[str]) -> None:
    problem = found(texts(), sorted(labels))
    assert "the order of the rows" in problem.title
    assert (problem.severity, problem.rows, problem.fixes) == ("info", (), ())
    assert "Nudge mixes the rows" in problem.cost


def test_what_is_in_the_text_is_told_before_what_is_beside_it(found: Callable[..., Any], labels: list[str]) -> None:
    ordered = sorted(labels)
    problem = found([f"{label[0]}{text}" for label, text in zip(ordered, texts(), strict=True)], ordered)
    assert "the first character" in problem.title
    assert "from the order of the rows" in problem.cost


def test_a_common_class_alone_is_no_shortcut(found: Callable[..., Any]) -> None:
    assert (
        found(texts(), ["no"] * 190 + ["yes"] * 10) is None
        or "order" in found(texts(), ["no"] * 190 + ["yes"] * 10).title
    )
    mixed = random.Random(4).sample(["no"] * 190 + ["yes"] * 10, COUNT)
    assert found(texts(), mixed) is None
