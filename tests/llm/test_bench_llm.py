"""bench.llm: each label is described, what was measured is kept, and the table says where the model is no better than a constant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import llm


@pytest.mark.parametrize(("data", "labels"), [("csabstruct", 5), ("banking77", 10)])
def test_each_label_has_a_sentence_of_its_own(data: str, labels: int) -> None:
    said = llm.described(data)
    assert len(said) == len(set(said.values())) == labels
    assert all(sentence.endswith(".") and len(sentence.split()) > 5 for sentence in said.values())


def test_the_labels_described_are_those_of_the_data(bench_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_BENCH_DATA", str(bench_data))
    for data, classes, _ in llm.SETS:
        assert set(llm.load_texts(llm.Spec("ours", "llm", data, classes=classes)).names) == set(llm.described(data))


def test_what_was_measured_is_kept_and_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done: list[Any] = []

    def one(data: str, classes: int, instructions: str, seed: int, rows: int) -> dict[str, Any]:
        done.append((data, seed))
        found = 0.5 if data == "banking77" else 0.1
        return {
            "data": data, "classes": classes, "seed": seed, "rows": rows, "texts": 7, "seconds": 3.0, "macro_f1": found,
            "majority": 0.1, "uncalibrated_forwards": 0.2, "uncalibrated_backwards": 0.3,
        }  # fmt: skip

    monkeypatch.setattr(llm, "_measure_one", one)
    llm.measure([0], tmp_path / "log.jsonl", 9)
    rows = llm.measure([0, 1], tmp_path / "log.jsonl", 9)
    assert done == [("csabstruct", 0), ("banking77", 0), ("csabstruct", 1), ("banking77", 1)]
    table = llm.table(rows)
    assert "| banking77, 10 labels, 7, 1 | 0.500 | 0.100 | 0.200 | 0.300 | 3 |" in table
    assert "Not above the commonest label: csabstruct, csabstruct." in table
