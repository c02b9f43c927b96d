"""tlcore.evaluate.earlier: an earlier run without labels on the same test rows, and test rows chosen for being hard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tlcore.datasets import TEST, Dataset, make_dataset
from tlcore.evaluate.earlier import answers_of, beside_earlier, confirmed_rows, earlier_report
from tlcore.files import write_json
from tlcore.label_info import LabelInfo
from tlcore.mend import LABEL, Change, Mend
from tlcore.plan import Plan
from tlcore.runs import ANSWERS, PREDICTIONS
from tlcore.tables import Table
from tlcore.tasks import get_task
from tlcore.workspace import Project, Workspace

INFOS = (LabelInfo("a", "The first."), LabelInfo("b", "The second."))
ROWS = 60


@pytest.fixture
def dataset(make_table: Callable[..., Table]) -> Dataset:
    """Sixty rows without a label, each given one by hand: even a, odd b; every third was drawn by chance."""
    table = make_table(text=[f"text number {i} of all" for i in range(2, ROWS + 2)], label=[""] * ROWS)
    roles = {"text": ("text",), "label": ("label",)}
    keys = make_dataset(table, get_task("classify"), roles, label_infos=INFOS).rows["key"][:]
    changes = tuple(Change(i, keys[i - 2], LABEL, "", "ab"[i % 2]) for i in range(2, ROWS + 2))
    mend = Mend("mend-1", "confirm", "Labels set by you", changes, chance=tuple(range(2, ROWS + 2, 3)))
    return make_dataset(table, get_task("classify"), roles, label_infos=INFOS, mends=(mend,))


@pytest.fixture
def project(home: Path) -> Project:
    return Workspace().create_project("Test")


def add_run(project: Project, name: str, strategy: str) -> Path:
    run = project.folder / "runs" / name
    write_json(run / "job.json", {"kind": "train", "args": {}})
    write_json(run / "report.json", {"strategy": strategy})
    write_json(run / "plan.json", Plan("classify", strategy, "minilm", "", {}, 0).to_json())
    return run


def add_answers(run: Path, rows: range, file: str = ANSWERS, **more: Any) -> None:
    """Always a."""
    found = {"row": list(rows), "text": [f"text number {i} of all" for i in rows], "prediction": ["a"] * len(rows)}
    pq.write_table(pa.table({**found, **more}), run / file)


def test_both_are_scored_on_the_same_rows(project: Project, dataset: Dataset) -> None:
    add_answers(add_run(project, "run-1", "zero_shot"), range(2, ROWS + 2))
    run = add_run(project, "run-2", "frozen_features")
    truth = dataset.targets(TEST)
    found = earlier_report(run, dataset, truth)
    assert found is not None
    assert (found["run"], found["strategy"], found["rows"], found["of"]) == (
        "run-1",
        "zero_shot",
        len(truth),
        len(truth),
    )
    assert found["right"] == truth.count("a") < len(truth) == found["ours_right"]
    assert found["test"]["accuracy"] == pytest.approx(truth.count("a") / len(truth), abs=1e-4)
    assert found["difference"]["macro_f1"] == pytest.approx(1 - found["test"]["macro_f1"], abs=1e-3)
    assert found["difference"]["real"]


def test_rows_it_never_answered_or_that_hold_another_text_are_left_aside(project: Project, dataset: Dataset) -> None:
    earlier = add_run(project, "run-1", "zero_shot")
    rows = sorted(dataset.part(TEST)["row"][:])
    add_answers(earlier, range(rows[0], rows[0] + 1))
    run, truth = add_run(project, "run-2", "frozen_features"), dataset.targets(TEST)
    assert earlier_report(run, dataset, truth) is None  # one row tells nothing
    add_answers(earlier, range(2, rows[-1]))
    found = earlier_report(run, dataset, truth)
    assert found is not None
    assert (found["rows"], found["of"]) == (len(rows) - 1, len(rows))
    others = {"row": rows, "text": ["something else"] * len(rows), "prediction": ["a"] * len(rows)}
    pq.write_table(pa.table(others), earlier / ANSWERS)
    assert earlier_report(run, dataset, truth) is None


def test_what_it_answered_to_its_own_test_rows_counts_but_not_to_a_test_file(project: Project) -> None:
    earlier = add_run(project, "run-1", "zero_shot")
    add_answers(earlier, range(2, 6), PREDICTIONS, source=["file", "file", "test file", "test file"])
    assert sorted(row for row, _ in answers_of(earlier)) == [2, 3]


def test_only_an_earlier_run_of_the_project_that_used_no_label_is_compared(
    project: Project, dataset: Dataset, tmp_path: Path
) -> None:
    truth = dataset.targets(TEST)
    add_answers(add_run(project, "run-0", "frozen_features"), range(2, ROWS + 2))
    run = add_run(project, "run-2", "frozen_features")
    add_answers(add_run(project, "run-3", "zero_shot"), range(2, ROWS + 2))
    assert earlier_report(run, dataset, truth) is None
    add_answers(add_run(project, "run-1", "zero_shot"), range(2, ROWS + 2))
    assert beside_earlier(run, dataset, truth)["earlier"]["run"] == "run-1"
    assert earlier_report(add_run(project, "run-4", "zero_shot"), dataset, truth) is None
    alone = tmp_path / "alone"
    write_json(alone / "plan.json", Plan("classify", "frozen_features", "minilm", "", {}, 0).to_json())
    assert earlier_report(alone, dataset, truth) is None


def test_how_many_test_rows_were_chosen_for_being_hard(dataset: Dataset, classify: Callable[..., Dataset]) -> None:
    part = dataset.part(TEST)
    by_chance = [row % 3 == 2 for row in part["row"][:]]
    found = confirmed_rows(dataset, ["a"] * len(by_chance))
    right = [label == "a" for label in part["label"][:]]
    assert found == {
        "unsure": by_chance.count(False), "unsure_right": sum(r for r, c in zip(right, by_chance, strict=True) if not c),
        "chance": by_chance.count(True), "chance_right": sum(r for r, c in zip(right, by_chance, strict=True) if c),
    }  # fmt: skip
    plain = classify([f"text {i}" for i in range(40)], ["a", "b"] * 20)
    assert confirmed_rows(plain, plain.targets(TEST)) is None
