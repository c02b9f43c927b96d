"""Measurements anyone can repeat: `python -m bench NAME [--seeds 0 1 2]`.

NAME: scores, tasks, ablation, kills, clicks, messy, faults, speed, slopes, few_shot, pretraining, llm, zero_shot,
confirm, gains, regret, short.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

OUT = Path(__file__).resolve().parent / "out"
Seeds = list[int]


def scores(seeds: Seeds) -> str:
    """Test macro-F1 of every strategy on public data."""
    from bench.data import CASES
    from bench.scores import measure, table

    return table(CASES, measure(CASES, seeds, OUT / "scores.jsonl"))


def tasks(seeds: Seeds) -> str:
    """Several labels a text, and a number a text, on public data."""
    from bench.data import OTHER_TASKS
    from bench.scores import measure, other_table

    return other_table(OTHER_TASKS, measure(OTHER_TASKS, seeds, OUT / "scores.jsonl"))


def ablation(seeds: Seeds) -> str:
    """What gradual unfreezing and discriminative learning rates are worth."""
    from bench.data import ABLATION
    from bench.scores import measure, table

    return table(ABLATION, measure(ABLATION, seeds, OUT / "scores.jsonl"))


def kills(seeds: Seeds) -> str:
    """Trainings killed in every phase and resumed, beside one left in peace."""
    from bench.kills import measure

    return json.dumps(measure(seeds[0]), indent=1)


def clicks(seeds: Seeds) -> str:
    """How long a click takes while a training uses every core."""
    from bench.clicks import measure

    return json.dumps(measure(), indent=1)


def messy(seeds: Seeds) -> str:
    """How many odd files are read rightly, beside pandas, DuckDB and CleverCSV."""
    from bench.messy import measure, table

    return table(measure())


def faults(seeds: Seeds) -> str:
    """Which planted faults the checks find, and how long they take."""
    from bench.faults import measure, table

    return table(measure(seeds))


def speed(seeds: Seeds) -> str:
    """Ratios of seconds to what a practitioner would write with the same libraries, on the same rows."""
    from bench.speed import RACES, measure, table

    rows = measure(RACES, seeds, OUT / "speed.jsonl")
    (OUT / "speed.json").write_text(json.dumps(rows, indent=1))
    found = table(RACES, rows)
    (OUT / "speed.md").write_text(found + "\n")
    return found


def slopes(seeds: Seeds) -> str:
    """How time and memory grow with the rows."""
    from bench.slopes import measure, table

    return table(measure(seeds[0], OUT / "slopes.jsonl"))


def few_shot(seeds: Seeds) -> str:
    """A handful of rows a class, beside SetFit."""
    from bench.few_shot import measure, table

    return table(measure(seeds, OUT / "few_shot.jsonl"))


def pretraining(seeds: Seeds) -> str:
    """Reading unlabelled texts first: perplexity, and what it did to macro-F1."""
    from bench.pretraining import CASES, measure, table

    return table(measure(CASES, seeds, OUT / "pretraining.jsonl"))


def llm(seeds: Seeds) -> str:
    """What the embedded decoder tells without a single label."""
    from bench.llm import measure, table

    return table(measure(seeds, OUT / "llm.jsonl"))


def zero_shot(seeds: Seeds) -> str:
    """No labelled row: descriptions of the labels alone."""
    from bench.zero_shot import measure, table

    return table(measure(seeds, OUT / "zero_shot.jsonl"))


def confirm(seeds: Seeds) -> str:
    """What rows confirmed in “Label for me” teach, beside rows drawn by chance."""
    from bench.confirm import measure, table

    return table(measure(seeds, OUT / "confirm.jsonl"))


def gains(seeds: Seeds) -> str:
    """What the trial on Plan says that more labels bring, beside what they bring."""
    from bench.gains import measure, table

    return table(measure(seeds))


def regret(seeds: Seeds) -> str:
    """Every way to train that suits, on named rows; the log goes on where it was broken off."""
    from bench.regret import measure, table

    return table(measure(seeds, OUT / "regret.jsonl"))


def short(seeds: Seeds) -> str:
    """A few of these on the examples that come with Nudge; fails where one falls below a loose limit."""
    import tempfile

    from bench.speed import SHORT, measure, table, too_slow

    with tempfile.TemporaryDirectory() as scratch:  # measured anew each time
        rows = measure(SHORT, seeds[:1], Path(scratch) / "short.jsonl")
    if slow := too_slow(SHORT, rows):
        raise SystemExit("Slower than it was: " + "; ".join(slow))
    return table(SHORT, rows)


BENCHES: tuple[Callable[[Seeds], str], ...] = (
    scores,
    tasks,
    ablation,
    kills,
    clicks,
    messy,
    faults,
    speed,
    slopes,
    few_shot,
    pretraining,
    llm,
    zero_shot,
    confirm,
    gains,
    regret,
    short,
)


def main() -> None:
    benches = {bench.__name__: bench for bench in BENCHES}
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", choices=tuple(benches))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    found = benches[args.what](args.seeds)
    (OUT / f"{args.what}.txt").write_text(found + "\n", encoding="utf-8")
    print(found)


if __name__ == "__main__":
    main()
