"""tlcore.checks.job: the job in a process of its own, its events, its file, and its end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlcore.checks import Problem
from tlcore.checks.job import PROBLEMS
from tlcore.datasets import Dataset
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.jobs import create_job, job_state, request_stop, start_job
from tlcore.tables import Table, keep_table

COUNT = 66


@pytest.fixture
def job(
    home: Path,
    tmp_path: Path,
    tiny_base: Callable[[str], Path],
    classify: Callable[..., Dataset],
    make_table: Callable[..., Table],
) -> Callable[..., Path]:
    """A folder with a check job on made rows: row 8 nearly repeats row 3, row 5 has no text, and the kind gives it away."""
    texts = [
        f"a {'good' if i % 2 else 'bad'} thing, the {i}th of its {'kind' if i % 3 else 'sort'}" for i in range(COUNT)
    ]
    texts[1], texts[6], texts[3] = "the parcel never arrived here", "The parcel never arrived here, really!", ""
    labels = ["yes" if i % 2 else "no" for i in range(COUNT)]
    labels[6] = "yes"
    classify(texts, labels).save(tmp_path / "dataset")
    keep_table(make_table(text=texts, label=labels, kind=[f"k{i % 2}" for i in range(COUNT)]), tmp_path / "table")

    def make(name: str = "job", **changed: str) -> Path:
        given = {"dataset": str(tmp_path / "dataset"), "base": str(tiny_base("bert")), "table": str(tmp_path / "table")}
        return create_job(tmp_path / name, "check", **(given | changed))

    return make


def problems(folder: Path) -> dict[str, Problem]:
    return {found.id: found for found in map(Problem.from_json, read_json(folder / PROBLEMS))}


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [event for event in read_events(folder)[0] if event["kind"] == kind]


def test_the_job_writes_what_it_finds_and_reads_no_text_twice(job: Callable[..., Path]) -> None:
    first, again = job(), job("again")
    assert start_job(first).wait(300) == 0, (first / "log.txt").read_text()
    assert job_state(first).state == "done"
    found = problems(first)
    assert found["near_duplicates"].rows == (8,)
    assert found["near_duplicates"].notes == ("nearly the same as row 3",)
    assert "the column “kind”" in found["shortcuts"].title + found["shortcuts"].cost
    assert [event["name"] for event in events(first, "phase")] == ["prepare", "encode", "check"]
    progress = events(first, "progress")
    assert {event["unit"] for event in progress} == {"texts", "checks"}
    assert progress[-1]["done"] == progress[-1]["total"]
    assert start_job(again).wait(300) == 0
    assert problems(again) == found
    assert ["read before" in event["text"] for event in events(again, "note")] == [True]


def test_without_a_table_only_the_columns_are_missing(job: Callable[..., Path]) -> None:
    folder = job(table="")
    assert start_job(folder).wait(300) == 0
    assert "near_duplicates" in problems(folder)
    assert "column" not in problems(folder).get("shortcuts", problems(folder)["near_duplicates"]).title


def test_a_stop_leaves_no_file(job: Callable[..., Path]) -> None:
    folder = job()
    request_stop(folder, "cancel")
    assert start_job(folder).wait(300) == 0
    assert job_state(folder).state == "cancelled"
    assert not (folder / PROBLEMS).exists()


def test_data_that_is_gone_is_said_in_words(job: Callable[..., Path], tmp_path: Path) -> None:
    folder = job(dataset=str(tmp_path / "nowhere"))
    assert start_job(folder).wait(300) == 2
    error = job_state(folder).error
    assert error is not None
    assert "no prepared data" in error.what
