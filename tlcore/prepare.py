"""A Dataset on disk, measured and looked at, from a table and what the user chose: here and now, or as a job for many rows."""

from __future__ import annotations

import gc
import json
import shutil
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.checks import Problem, check_dataset
from tlcore.datasets import Dataset, load_dataset, make_dataset
from tlcore.errors import TlcoreError
from tlcore.facts import measure_facts
from tlcore.files import write_json
from tlcore.label_file import roles_of_test
from tlcore.label_info import LabelInfo
from tlcore.mend import describe
from tlcore.mend.base import load_mends
from tlcore.models.bases import tokenizer_file
from tlcore.order import BUCKETS, PREPARED, PROBLEMS, SHOWN, Order, problem_file
from tlcore.predict.text import PART
from tlcore.splits import LEFT_OUT, NOT_SAMPLED, TRAIN, SplitWish, split_name
from tlcore.tables import kept_table, read_table
from tlcore.tasks import get_task
from tlcore.told import Listener
from tlcore.workspace import Project

if TYPE_CHECKING:
    from tlcore.worker import JobContext

MOST_NUMBERS = 2_000
LETTERS = 200
"""Of a text in a list of rows."""


def prepare_job(context: JobContext) -> None:
    """args: `project` (its folder), `order` (an Order, ready for JSON). What comes of it takes the place of the project's Dataset.

    Raises TlcoreError where nothing can be learned, StopRequested when asked to end; then the project is as it was.
    """
    gc.disable()  # millions of small lists and none in a circle: looking for some took a tenth of the time
    order = Order(**context.args["order"])
    prepare_rows(Project(Path(context.args["project"])), order, context.folder / "dataset", context)


def prepare_rows(project: Project, order: Order, spare: Path, told: Listener) -> dict[str, Any]:
    """Make the Dataset, measure and check it, all in the folder `spare`; then put that in the place of the project's Dataset.

    What the screens show of it, which is kept in its PREPARED: key, facts, cards (problems without their rows, which lie in
    PROBLEMS), steps (what was mended), warnings, counts, lengths, and the first rows that are not learned from.
    Raises TlcoreError where nothing can be learned.
    """
    shutil.rmtree(spare, ignore_errors=True)
    _make(project, order, spare, told)
    about = _look(spare, order, told)
    write_json(spare / PREPARED, about)
    _swap(spare, project.dataset_folder)
    return about


def card_of(problem: Problem) -> dict[str, Any]:
    """What of a problem a list shows, ready for JSON."""
    shown = {name: getattr(problem, name) for name in ("id", "title", "severity", "score", "cost")}
    return shown | {"rows": len(problem.rows), "fixes": [fix.title for fix in problem.fixes]}


def _make(project: Project, order: Order, folder: Path, told: Listener) -> None:
    """Make the Dataset and save it, so that its rows leave the memory."""
    table = kept_table(order.table)
    if table is None:
        raise TlcoreError("The table that was read is not on the disk any more.", order.table, "Open Data again.")
    roles = {name: tuple(columns) for name, columns in order.roles.items()}
    wish = SplitWish.from_json(order.split)
    name = split_name(roles.get("text", ()), order.seed, bool(order.test), wish)
    test = read_table(Path(order.test)) if order.test else None
    infos = tuple(LabelInfo(**one) for one in order.labels)
    dataset = make_dataset(
        table, get_task(order.task), roles, test=test, told=told,
        seed=order.seed, leave_out=order.leave_out, mends=load_mends(Path(order.mends)),
        split=replace(wish, previous=project.sides(name)), label_infos=infos,
        test_roles=roles_of_test(roles, test) if test and infos else None, images=order.images,
    )  # fmt: skip
    told.check_stop()
    told.phase("save", "Writing your rows to the disk")
    dataset.save(folder)
    if TRAIN in dataset.counts():  # too few labelled rows to learn from are only tested on: that settles nothing
        project.save_sides(name, dataset.sides())


def _look(folder: Path, order: Order, told: Listener) -> dict[str, Any]:
    """Measure and check the Dataset in the folder, as it lies on the disk."""
    dataset = load_dataset(folder)
    told.check_stop()
    told.phase("measure", "Counting classes and words")
    facts = measure_facts(dataset, _tokenizer())
    summary = _summary(dataset)
    told.check_stop()
    told.phase("check", "Looking for what could mislead a model")
    problems = check_dataset(dataset, facts, told)
    told.check_stop()
    _save_problems(folder, problems)
    steps = [
        {
            "id": mend.id,
            "title": mend.title,
            "sentence": describe(mend),
            "check": mend.check,
            "notes": outcome.warnings(),
        }
        for mend, outcome in zip(dataset.mends, dataset.outcomes, strict=True)
    ]
    cards = [card_of(problem) for problem in problems]
    return {"key": order.key, "facts": facts.to_json(), "cards": cards, "steps": steps, **summary}


def _tokenizer() -> Path | None:
    try:
        return tokenizer_file("minilm")
    except TlcoreError:
        return None


def _summary(dataset: Dataset) -> dict[str, Any]:
    columns = (dataset.rows[name][:] for name in ("row", "text", "split", "why"))
    some: dict[str, list[dict[str, Any]]] = {"left_out": [], "unlabelled": []}
    buckets: Counter[int] = Counter()
    for row, text, side, why in zip(*columns, strict=True):
        if text:
            buckets[bisect_left(BUCKETS, len(text.split()))] += 1
        if side in some and len(some[side]) < SHOWN:
            some[side].append({"row": row, "why": why or "no label", "text": text[:LETTERS].replace(PART, " ⏐ ")})
    return {
        **some,
        "task": dataset.task.name,
        "numbers": _numbers(dataset),
        "named": list(dataset.labels) if dataset.label_infos else [],
        "warnings": list(dataset.warnings),
        "counts": dataset.counts(),
        "lengths": [buckets[i] for i in range(len(BUCKETS) + 1)],
    }


def _numbers(dataset: Dataset) -> list[float]:
    """The targets of a task whose targets are amounts, evenly thinned out to MOST_NUMBERS, its ends kept; else none."""
    if not dataset.task.amounts:
        return []
    pairs = zip(dataset.rows["label"][:], dataset.rows["split"][:], strict=True)
    values = sorted(float(label) for label, side in pairs if label is not None and side not in (LEFT_OUT, NOT_SAMPLED))
    every = -(-len(values) // MOST_NUMBERS) or 1
    return values[::every] + values[-1:] * (every > 1)


def _save_problems(folder: Path, problems: Iterable[Problem]) -> None:
    (folder / PROBLEMS).mkdir()
    for problem in problems:
        text = json.dumps([problem.to_json()], ensure_ascii=False)
        problem_file(folder, problem.id).write_text(text, encoding="utf-8")


def _swap(spare: Path, folder: Path) -> None:
    """Written beside and swapped in whole: another tab may have the old rows memory-mapped."""
    shutil.rmtree(folder, ignore_errors=True)
    spare.rename(folder)
