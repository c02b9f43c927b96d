"""Thirty confirmations by somebody who is right, played on a sample set: what they teach is worth it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.confirm import CONFIRMED, WAYS, Case, simulate, table
from tlcore.label_info import LabelInfo
from tlcore.tables import read_table

NEWS = Path(__file__).resolve().parents[2] / "sample_data" / "short_news" / "short_news.csv"
BARE = ("Business", "Culture", "Local politics", "Science", "Sport", "Weather")


@pytest.fixture
def news(home: Path) -> Case:
    """110 items whose topics are hidden, and 60 to test on; nothing is said of the labels but their names."""
    table = read_table(NEWS)
    pairs = zip(table.column("item"), table.column("topic"), strict=True)
    found = [(text, label) for text, label in dict(pairs).items() if text.strip() and label in BARE][:170]
    texts, truth = [text for text, _ in found], [label for _, label in found]
    infos = tuple(LabelInfo(label) for label in BARE)
    return Case(infos, texts[:110], truth[:110], texts[110:], truth[110:])


def test_thirty_confirmed_rows_beat_the_names_of_the_labels_and_the_commonest_one(news: Case) -> None:
    assert len(news.test) == 60
    found = simulate(news, (30,), seed=0, batch=10)
    assert found["proposed 30"] > found["majority"] + 0.3
    assert found["proposed 30"] > found["zero_shot"]
    assert simulate(news, (30,), seed=0, batch=10) == found


def test_the_table_names_every_way() -> None:
    names = ["majority", "zero_shot", *(f"{way} {count}" for count in CONFIRMED for way in WAYS)]
    row = {"seed": 1, **{name: 0.1 * i for i, name in enumerate(names)}}
    found = table([row, {**row, "seed": 2, "zero_shot": 0.3}]).splitlines()
    assert found[0] == "| seed | " + " | ".join(names) + " |"
    assert found[2].startswith("| 1 | 0.000 | 0.100 | 0.200 |")
    assert found[-1].startswith("| mean | 0.000 | 0.200 | 0.200 |")
