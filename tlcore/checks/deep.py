"""The slower checks, which look at what the base model sees in the texts; they run in a job."""

from __future__ import annotations

from collections.abc import Callable

from tlcore.checks.base import Problem
from tlcore.checks.evidence import Evidence
from tlcore.checks.likely_wrong import likely_wrong
from tlcore.checks.near_duplicates import near_duplicates
from tlcore.checks.outliers import outliers
from tlcore.checks.shortcuts import shortcuts
from tlcore.datasets import Dataset
from tlcore.facts import Facts

DeepCheck = Callable[[Dataset, Facts, Evidence], Problem | None]
"""One file in `tlcore/checks/`, one line in DEEP_CHECKS. None: nothing to say."""

DEEP_CHECKS: tuple[DeepCheck, ...] = (likely_wrong, shortcuts, near_duplicates, outliers)


def check_deeply(
    dataset: Dataset,
    facts: Facts,
    evidence: Evidence,
    progress: Callable[[int, int], None],
    check_stop: Callable[[], None],
) -> list[Problem]:
    """Every problem found. progress(done, total) counts checks; check_stop may raise StopRequested."""
    found = []
    checks = [check for check in DEEP_CHECKS if check.__name__ not in dataset.task.unfit_checks]
    for done, check in enumerate(checks):
        check_stop()
        progress(done, len(checks))
        if (problem := check(dataset, facts, evidence)) is not None:
            found.append(problem)
    progress(len(checks), len(checks))
    return found
