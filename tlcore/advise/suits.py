"""Which strategy can learn which task, as a table in Markdown: `python -m tlcore.advise.suits` writes the one in the README."""

from __future__ import annotations

import sys
from pathlib import Path

from tlcore.strategies import all_strategies, why_unfit
from tlcore.tasks import all_tasks

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- tasks and strategies: begin -->", "<!-- tasks and strategies: end -->"


def suits_table() -> str:
    """A row for each strategy, a column for each task; where it cannot, the number of the reason below."""
    tasks = all_tasks()
    lines = [f"| | {' | '.join(f'`{task.name}`' for task in tasks)} |", "|---" * (len(tasks) + 1) + "|"]
    reasons: list[str] = []
    for strategy in all_strategies():
        cells = [_cell(why_unfit(strategy, task.name), reasons) for task in tasks]
        lines.append(f"| `{strategy.name}` | {' | '.join(cells)} |")
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, start=1)]
    return "\n".join([*lines, "", *notes])


def _cell(why: str, reasons: list[str]) -> str:
    if not why:
        return "yes"
    if why not in reasons:
        reasons.append(why)
    return f"no ({reasons.index(why) + 1})"


def with_table(text: str) -> str:
    """A README with the table between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{suits_table()}\n{END}{after}"


def main() -> int:
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
