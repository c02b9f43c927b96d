"""Labels that the other rows speak against, the surest first (confident learning, Northcutt et al. 2021, by cleanlab)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlcore.checks.base import INFO, WARNING, Fix, Problem, counted, percent, quoted
from tlcore.datasets import Dataset
from tlcore.facts import Facts

if TYPE_CHECKING:
    import numpy as np

    from tlcore.checks.doubts import Doubts
    from tlcore.checks.evidence import Evidence

LEAST_SURE, TIMES_LIKELIER = 0.5, 7.0
"""Named only where another label has half of the probability or more, and is so many times likelier than the given one. What
cleanlab names alone is a third of csabstruct, whose classes overlap: nobody reads 3,000 rows."""
SUREST, MOST_SURE = 0.8, 0.99
"""Taken first, and the most that is ever said."""
MUCH = 0.01
"""From this share of the rows on it is worth a warning: banking77 as published has 0.6 %, with a tenth flipped 8 %."""


def likely_wrong(dataset: Dataset, facts: Facts, evidence: Evidence) -> Problem | None:
    doubts = evidence.doubts(dataset)
    if doubts is None:
        return None
    clearly = named(doubts)
    suspects = [int(i) for i in ranked(doubts) if clearly[i]]
    if not suspects:
        return None
    numbers = dataset.rows["row"][:]
    rows = tuple(int(numbers[doubts.places[i]]) for i in suspects)
    others = [doubts.labels[doubts.probabilities[i].argmax()] for i in suspects]
    sure = [float(doubts.probabilities[i].max()) for i in suspects]
    share = len(suspects) / len(doubts.places)
    return Problem(
        "likely_wrong",
        f"{counted(len(rows), 'label looks', 'labels look')} wrong ({percent(share)} of the rows).",
        WARNING if share >= MUCH else INFO,
        1 - share,
        "Going by all the other rows, these texts belong to other classes. A model learns such mistakes, and in the test it is marked wrong where it is "
        "right. Read them, the surest first; Nudge can be wrong too.",
        rows,
        _fixes(rows, others, sure),
        tuple(
            f"looks like {quoted(other)} ({percent(min(p, MOST_SURE))} sure)"
            for other, p in zip(others, sure, strict=True)
        ),
    )


def ranked(doubts: Doubts) -> np.ndarray:
    """All judged rows, as places in `doubts.places`, the likeliest to be wrong first."""
    import numpy as np
    from cleanlab.rank import get_label_quality_scores

    return np.argsort(get_label_quality_scores(doubts.given, doubts.probabilities), kind="stable")


def named(doubts: Doubts) -> np.ndarray:
    """(n,) bool: both rules of cleanlab name the row, and another label is clearly likelier."""
    import numpy as np
    from cleanlab.filter import find_label_issues

    found = find_label_issues(doubts.given, doubts.probabilities, filter_by="both", n_jobs=1)
    best = doubts.probabilities.max(1)
    own = doubts.probabilities[np.arange(len(best)), doubts.given]
    return found & (best >= LEAST_SURE) & (best >= TIMES_LIKELIER * own)


def _fixes(rows: tuple[int, ...], others: list[str], sure: list[float]) -> tuple[Fix, ...]:
    surest = [i for i, p in enumerate(sure) if p >= SUREST]
    fixes = [Fix("relabel", f"Take all {len(rows):,} suggestions" if len(rows) > 1 else "Take the suggestion",
                 rows=rows, values=tuple(others))]  # fmt: skip
    if 0 < len(surest) < len(rows):
        many = f"the {len(surest):,} surest suggestions" if len(surest) > 1 else "the surest suggestion"
        some = tuple(rows[i] for i in surest), tuple(others[i] for i in surest)
        fixes.insert(0, Fix("relabel", f"Take {many}", rows=some[0], values=some[1]))
    return tuple(fixes)
