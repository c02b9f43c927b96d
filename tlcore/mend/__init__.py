"""Mending rows: every fix is a list of changes that can be seen, undone and told; nothing is dropped silently.

>>> mend = make_mend(dataset, problem.fixes[0], problem.id)
>>> diff(mend, dataset), describe(mend)                       # seen before anything is done
>>> project.save_mends([*project.mends(), mend])              # undone by leaving it out of the list again
>>> dataset = make_dataset(table, task, roles, mends=project.mends())
"""

from tlcore.mend.base import KINDS, LABEL, NO, TEXT, USE, YES, Change, Mend
from tlcore.mend.make import changes_of, make_mend, mend_from_grid
from tlcore.mend.show import describe, diff

__all__ = [
    "KINDS",
    "LABEL",
    "NO",
    "TEXT",
    "USE",
    "YES",
    "Change",
    "Mend",
    "changes_of",
    "describe",
    "diff",
    "make_mend",
    "mend_from_grid",
]
