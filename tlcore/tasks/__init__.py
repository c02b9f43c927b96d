"""What can be learned. A new task: one file here, one line in TASKS, one test file of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points

from tlcore.errors import TlcoreError
from tlcore.tables.table import Table
from tlcore.tasks.base import Role, Task
from tlcore.tasks.classify import Classify
from tlcore.tasks.image_text import ImageText
from tlcore.tasks.multilabel import Multilabel
from tlcore.tasks.ner import Ner
from tlcore.tasks.qa import QuestionAnswering
from tlcore.tasks.rewrite import Rewrite
from tlcore.tasks.score import Score

TASKS: tuple[Task, ...] = (Classify(), Multilabel(), Score(), Ner(), QuestionAnswering(), Rewrite(), ImageText())
PLAINLY = 0.8

__all__ = ["TASKS", "Role", "Task", "all_tasks", "get_task", "guess_by_columns", "guess_task"]


def all_tasks() -> tuple[Task, ...]:
    """Ours, then those of other installed packages (entry point group `nudge.tasks`)."""
    return (*TASKS, *_of_other_packages())


@cache
def _of_other_packages() -> tuple[Task, ...]:
    """Looked up once: reading the metadata of every installed package takes 10 ms, and pages ask often."""
    return tuple(point.load()() for point in entry_points(group="nudge.tasks"))


def get_task(name: str) -> Task:
    for task in all_tasks():
        if task.name == name:
            return task
    known = ", ".join(task.name for task in all_tasks())
    raise TlcoreError(f"There is no task called “{name}”.", f"the task “{name}”", f"Available: {known}.")


def guess_by_columns(table: Table) -> str | None:
    """The name of the task that the columns of a table plainly say, by their names or by what is in them; None as a rule."""
    found = max(all_tasks(), key=lambda task: task.suits_columns(table))
    return found.name if found.suits_columns(table) >= PLAINLY else None


def guess_task(cells: Sequence[str]) -> str:
    """The name of the task that the cells of a label column look most like; the first of equals."""
    return max(all_tasks(), key=lambda task: task.suits(cells)).name
