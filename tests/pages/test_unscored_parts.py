"""Results where no row has a label: no score is shown, and how to get one is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pages.parts.results_parts import unlearned_sentence
from pages.parts.unscored_parts import headline, is_unscored, label_some
from tests.pages.helpers import new_project, said, show
from tlcore.files import write_json
from tlcore.workspace import Project

NONE = {"macro_f1": None, "accuracy": None, "auroc": None, "rows": 0, "wrong": 0}
REPORT: dict[str, Any] = {
    "strategy": "zero_shot", "base": "minilm", "test": NONE, "validation": NONE, "per_class": [], "rows": {"test": 0},
    "baselines": {"majority": NONE, "tfidf": NONE}, "difference": {"macro_f1": None}, "baselines_learned": False,
    "unscored": {"rows": 1000, "of": 4000, "answers": {"a": 700, "b": 300, "c": 0}, "unsure": 120},
}  # fmt: skip


def _run(home: Path) -> tuple[Project, Path]:
    project = new_project("text\nwords\n")
    run = project.new_run_folder()
    run.mkdir(parents=True, exist_ok=True)
    write_json(run / "report.json", REPORT)
    rows = {"row": [2, 3], "text": ["a hard one", "an easy one"], "prediction": ["a", "b"], "confidence": [0.2, 0.9]}
    pq.write_table(pa.table(rows), run / "answers.parquet")
    return project, run


def test_no_score_is_shown_and_the_way_to_one_is(home: Path) -> None:
    project, run = _run(home)
    app = show("results", project=project.id, run=run.name)
    assert not app.exception
    told = said(app)
    assert "There is no score, because no row has a label." in told
    assert "1,000 rows of your 4,000" in told
    assert "macro-F1" not in told
    assert "50 make it sure to ±10 points" in told
    assert "Never given: “c”" in told
    assert app.dataframe[0].value["text"].tolist() == ["a hard one", "an easy one"]
    assert app.button(key="primary").label == "Put it to work"


def test_what_a_score_was_learned_from_is_said() -> None:
    assert is_unscored(REPORT)
    assert not is_unscored({**REPORT, "test": {"macro_f1": 0.5, "rows": 40}})
    assert not is_unscored({**REPORT, "unscored": None})
    assert headline({"test": NONE}) == "There is no score, because no row has a label."
    assert "none of the labels" in unlearned_sentence({**REPORT, "baselines_learned": True})
    assert "Neither your model" in unlearned_sentence(REPORT)
    assert unlearned_sentence({**REPORT, "strategy": "frozen_features"}) == ""
    assert "picked by chance" in label_some(REPORT)
