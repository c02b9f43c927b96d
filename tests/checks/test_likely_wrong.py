from collections.abc import Callable

import numpy as np

from tests.checks.test_doubts import clusters
from tlcore.checks.evidence import Evidence
from tlcore.checks.likely_wrong import likely_wrong, ranked
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts


def planted(
    classify: Callable[..., Dataset], wrong: list[int], rows: int = 240
) -> tuple[Dataset, Evidence, np.ndarray]:
    states, y = clusters(rows)
    labels = [f"class {(k + 1) % 3 if i in wrong else k}" for i, k in enumerate(y)]
    dataset = classify([f"text number {i}" for i in range(rows)], labels)
    last = states[:, -1].astype(np.float32)
    return dataset, Evidence(last / np.linalg.norm(last, axis=1, keepdims=True), {}, states), y


def test_planted_wrong_labels_are_named_with_what_they_should_be(classify: Callable[..., Dataset]) -> None:
    wrong = list(range(0, 240, 16))
    dataset, evidence, y = planted(classify, wrong)
    problem = likely_wrong(dataset, measure_facts(dataset), evidence)
    assert problem is not None
    named = len(problem.rows)
    assert set(problem.rows) <= {i + 2 for i in wrong}
    assert 14 <= named <= 15
    assert problem.title == f"{named} labels look wrong (6 % of the rows)."
    assert problem.severity == "warning"
    assert problem.score == 1 - named / 240
    assert all(
        f"looks like “class {y[row - 2]}” (" in note for row, note in zip(problem.rows, problem.notes, strict=True)
    )
    everything = problem.fixes[-1]
    assert (everything.kind, everything.rows) == ("relabel", problem.rows)
    assert everything.values == tuple(f"class {y[row - 2]}" for row in problem.rows)
    assert problem.fixes[0].rows == problem.rows[: len(problem.fixes[0].rows)]  # the surest are the first


def test_clean_rows_raise_no_alarm(classify: Callable[..., Dataset]) -> None:
    dataset, evidence, _ = planted(classify, [])
    assert likely_wrong(dataset, measure_facts(dataset), evidence) is None


def test_one_wrong_label_among_many_is_worth_a_hint_only(classify: Callable[..., Dataset]) -> None:
    dataset, evidence, _ = planted(classify, [33])
    problem = likely_wrong(dataset, measure_facts(dataset), evidence)
    assert problem is not None
    assert (problem.rows, problem.severity) == ((35,), "info")
    assert problem.title == "1 label looks wrong (under 1 % of the rows)."


def test_the_ranking_holds_every_judged_row_the_worst_first(classify: Callable[..., Dataset]) -> None:
    wrong = [4, 50, 111]
    dataset, evidence, _ = planted(classify, wrong)
    doubts = evidence.doubts(dataset)
    assert doubts is not None
    order = ranked(doubts)
    assert sorted(order.tolist()) == list(range(240))
    assert {int(doubts.places[i]) for i in order[:3]} == set(wrong)


def test_too_few_rows_are_not_judged(classify: Callable[..., Dataset]) -> None:
    dataset, evidence, _ = planted(classify, [3], rows=30)
    assert likely_wrong(dataset, measure_facts(dataset), evidence) is None
