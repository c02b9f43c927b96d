"""What in the data will hurt, in plain words. A new check: one file here, one line in CHECKS, one test file."""

from __future__ import annotations

from tlcore.checks.base import Check, Fix, Problem
from tlcore.checks.contradictions import contradictions
from tlcore.checks.cut_off import cut_off
from tlcore.checks.duplicates import duplicates
from tlcore.checks.few_rows import few_rows
from tlcore.checks.imbalance import imbalance
from tlcore.checks.not_used import not_used
from tlcore.checks.single_rows import single_rows
from tlcore.checks.small_classes import small_classes
from tlcore.datasets import Dataset
from tlcore.facts import Facts

CHECKS: tuple[Check, ...] = (
    contradictions, single_rows, small_classes, few_rows, imbalance, cut_off, duplicates, not_used,
)  # fmt: skip
SEVERITIES = ("warning", "info")

__all__ = ["CHECKS", "Check", "Fix", "Problem", "check_dataset"]


def check_dataset(dataset: Dataset, facts: Facts) -> list[Problem]:
    """Every problem found, the gravest first."""
    found = [problem for check in CHECKS if (problem := check(dataset, facts)) is not None]
    return sorted(found, key=lambda problem: (SEVERITIES.index(problem.severity), problem.score))
