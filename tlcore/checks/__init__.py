"""What in the data will hurt, in plain words. A new check: one file here, one line in CHECKS, one test file."""

from __future__ import annotations

from collections.abc import Iterable

from tlcore.checks.base import Check, Fix, Problem
from tlcore.checks.contradictions import contradictions
from tlcore.checks.cut_off import cut_off
from tlcore.checks.duplicates import duplicates
from tlcore.checks.empty_texts import empty_texts
from tlcore.checks.encoding_damage import encoding_damage
from tlcore.checks.imbalance import imbalance
from tlcore.checks.label_column import label_column
from tlcore.checks.label_variants import label_variants
from tlcore.checks.languages import languages
from tlcore.checks.leaks import leaks
from tlcore.checks.not_used import not_used
from tlcore.checks.personal import personal
from tlcore.checks.single_rows import single_rows
from tlcore.checks.small_classes import small_classes
from tlcore.checks.test_size import test_size
from tlcore.checks.too_long import too_long
from tlcore.checks.unread_pictures import unread_pictures
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.told import Listener, Nobody

# Of two problems as grave, the one named first here is shown first: what is wrong with the labels, with the texts, with the amount.
CHECKS: tuple[Check, ...] = (
    label_column, label_variants, contradictions, leaks, single_rows, small_classes, too_long, encoding_damage, languages,
    empty_texts, unread_pictures, personal, duplicates, cut_off, imbalance, test_size, not_used,
)  # fmt: skip
SEVERITIES = ("warning", "info")

__all__ = ["CHECKS", "Check", "Fix", "Problem", "check_dataset", "gravest_first"]


def check_dataset(dataset: Dataset, facts: Facts, told: Listener | None = None) -> list[Problem]:
    """Every problem found, the gravest first. told: hears how many checks are done, and may end it (StopRequested)."""
    told = told or Nobody()
    found = []
    checks = [check for check in CHECKS if check.__name__ not in dataset.task.unfit_checks]
    for done, check in enumerate(checks):
        told.check_stop()
        told.emit("progress", done=done, total=len(checks), unit="checks")
        if (problem := check(dataset, facts)) is not None:
            found.append(problem)
    return gravest_first(found)


def gravest_first(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (SEVERITIES.index(problem.severity), problem.score))
