"""tlcore.prepare: what is made of an order, here and now and by a job in a process of its own; how it stops and fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tlcore.checks import Problem
from tlcore.datasets import load_dataset
from tlcore.errors import StopRequested, TlcoreError
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.jobs import create_job, job_state, request_stop, start_job
from tlcore.mend.base import Change, Mend, save_mends
from tlcore.order import PREPARED, Order, problem_file
from tlcore.prepare import prepare_rows
from tlcore.rows import row_key
from tlcore.splits import SplitWish
from tlcore.tables import Table, keep_table
from tlcore.told import Nobody
from tlcore.workspace import Project, Workspace

COUNT = 40


@pytest.fixture
def project(home: Path) -> Project:
    return Workspace().create_project("Rows")


@pytest.fixture
def order(project: Project, make_table: Callable[..., Table]) -> Order:
    """40 rows, of which row 5 repeats row 4 with another label, row 6 has no text and row 7 no label."""
    texts = [
        f"the {'good' if i % 2 else 'bad'} parcel number {i} of the {'red' if i % 3 else 'blue'} shop"
        for i in range(COUNT)
    ]
    labels = ["yes" if i % 2 else "no" for i in range(COUNT)]
    texts[3], texts[4], labels[5] = texts[2], "", ""
    keep_table(make_table(text=texts, label=labels), project.folder / "table")
    roles = {"text": ["text"], "label": ["label"]}
    mends = str(project.folder / "mends.json")
    return Order("k1", str(project.folder / "table"), "classify", roles, 3, [], SplitWish().to_json(), "", mends)


class Told(Nobody):
    """Remembers the phases, and wants an end in one of them."""

    def __init__(self, end_in: str = "") -> None:
        self.phases: list[str] = []
        self.end_in = end_in

    def phase(self, name: str, title: str) -> None:
        self.phases.append(name)

    def check_stop(self) -> None:
        if self.end_in and self.phases and self.phases[-1] == self.end_in:
            raise StopRequested("keep")


def job(project: Project, order: Order, name: str = "job") -> Path:
    return create_job(project.folder / "jobs" / name, "prepare", project=str(project.folder), order=order.to_json())


def shown(project: Project) -> dict[str, Any]:
    found = read_json(project.dataset_folder / PREPARED)
    assert found
    return found


def test_a_dataset_is_made_measured_and_checked(project: Project, order: Order) -> None:
    told = Told()
    about = prepare_rows(project, order, project.folder / "spare", told)
    assert told.phases == ["rows", "split", "save", "measure", "check"]
    assert about == shown(project)
    assert not (project.folder / "spare").exists()
    assert about["key"] == "k1"
    assert about["facts"]["labelled"] == COUNT - 2
    assert about["left_out"] == [{"row": 6, "why": "no text", "text": ""}]
    assert [one["row"] for one in about["unlabelled"]] == [7]
    assert sum(about["lengths"]) == COUNT - 1
    assert about["lengths"][1] == COUNT - 1, "nine words lie in the bucket that ends at ten"
    assert load_dataset(project.dataset_folder).seed == 3
    assert sum(side in ("train", "validation", "test") for side in project_sides(project)) == COUNT - 3


def project_sides(project: Project) -> list[str]:
    return list(json.loads((project.folder / "sides.json").read_text())["sides"].values())


def test_a_problem_lies_whole_in_a_file_of_its_own_and_short_in_the_list(project: Project, order: Order) -> None:
    card = next(
        one
        for one in prepare_rows(project, order, project.folder / "spare", Nobody())["cards"]
        if one["id"] == "contradictions"
    )
    whole = Problem.from_json(read_json(problem_file(project.dataset_folder, "contradictions"))[0])
    assert whole.rows == (4, 5)
    assert (card["rows"], card["title"], card["fixes"]) == (2, whole.title, [fix.title for fix in whole.fixes])


def test_a_job_makes_the_same_and_says_how_far_it_is(project: Project, order: Order) -> None:
    direct = prepare_rows(project, order, project.folder / "spare", Nobody())
    rows = load_dataset(project.dataset_folder).rows.to_dict()
    (project.folder / "sides.json").unlink()
    folder = job(project, replace(order, key="k2"))
    assert start_job(folder).wait(120) == 0, (folder / "log.txt").read_text()
    assert job_state(folder).state == "done"
    assert shown(project) == {**direct, "key": "k2"}
    assert load_dataset(project.dataset_folder).rows.to_dict() == rows
    events = read_events(folder)[0]
    assert [one["name"] for one in events if one["kind"] == "phase"] == ["rows", "split", "save", "measure", "check"]
    assert {one["unit"] for one in events if one["kind"] == "progress"} == {"rows", "checks"}


def test_what_was_mended_is_put_on_the_rows_and_listed(project: Project, order: Order) -> None:
    text = "the bad parcel number 2 of the red shop"
    change = Change(5, row_key(text, "yes"), "label", "yes", "no")
    save_mends(Path(order.mends), [Mend("mend-1", "relabel", "Change one", (change,), "contradictions")])
    about = prepare_rows(project, order, project.folder / "spare", Nobody())
    assert about["steps"] == [
        {
            "id": "mend-1",
            "title": "Change one",
            "sentence": "Changed the label of 1 row.",
            "check": "contradictions",
            "notes": [],
        }
    ]
    assert "contradictions" not in [card["id"] for card in about["cards"]]


@pytest.mark.parametrize("phase", ["rows", "split", "save", "measure", "check"])
def test_an_end_in_any_phase_leaves_the_dataset_of_before(project: Project, order: Order, phase: str) -> None:
    before = prepare_rows(project, order, project.folder / "spare", Nobody())
    with pytest.raises(StopRequested):
        prepare_rows(project, replace(order, key="later", seed=9), project.folder / "spare", Told(end_in=phase))
    assert shown(project) == before
    assert load_dataset(project.dataset_folder).seed == 3


def test_a_job_that_is_stopped_says_so(project: Project, order: Order) -> None:
    folder = job(project, order)
    request_stop(folder, "keep")
    assert start_job(folder).wait(120) == 0
    assert job_state(folder).state == "stopped"
    assert not project.dataset_folder.exists()


def test_what_cannot_be_learned_is_said_by_the_job_in_words(project: Project, order: Order) -> None:
    folder = job(project, replace(order, roles={"text": ["text"], "label": ["no such"]}))
    assert start_job(folder).wait(120) == 2
    error = job_state(folder).error
    assert error is not None
    assert "no such" in error.what
    assert not project.dataset_folder.exists()


def test_a_table_that_is_gone_is_said(project: Project, order: Order) -> None:
    with pytest.raises(TlcoreError, match="not on the disk"):
        prepare_rows(project, replace(order, table=str(project.folder / "gone")), project.folder / "spare", Nobody())
