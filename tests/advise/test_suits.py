"""tlcore.advise.suits: the table in the README is the one that the code says."""

from __future__ import annotations

from tlcore.advise.suits import BEGIN, END, README, suits_table, with_table
from tlcore.strategies import STRATEGIES
from tlcore.tasks import TASKS


def test_the_readme_holds_the_table_of_this_version() -> None:
    text = README.read_text(encoding="utf-8")
    assert BEGIN in text
    assert END in text
    assert text == with_table(text), "run: python -m tlcore.advise.suits"


def test_every_task_and_strategy_has_its_place_and_every_no_its_reason() -> None:
    table = suits_table()
    head, _, *lines = table.splitlines()
    assert all(f"`{task.name}`" in head for task in TASKS)
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == len(STRATEGIES)
    few_shot = next(line for line in rows if line.startswith("| `few_shot` "))
    assert few_shot.split("|")[2].strip() == "yes"
    assert "no (" in few_shot
    numbers = {cell.split("(")[1].split(")")[0] for line in rows for cell in line.split("|") if "no (" in cell}
    assert {line.split(".")[0] for line in lines if line[:1].isdigit()} == numbers
