"""The Results screen: sentences, tables, filters; nothing breaks where a score is absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import results_parts as parts
from tests.pages import fake_run
from tests.pages.helpers import said, show
from tlcore.files import read_json, write_json
from tlcore.workspace import Project


@pytest.fixture
def project(home: Path) -> Project:
    return fake_run.make_project(home)


def look(run: Path) -> AppTest:
    app = show("results", run=run.name)
    assert not app.exception
    return app


def choose(app: AppTest, view: str) -> AppTest:
    group = next(g for g in app.get("button_group") if g.key == "view")
    group.set_value([view] if isinstance(group.value, list) else view).run()
    assert not app.exception
    return app


def test_the_headline_comes_before_any_chart(project: Project) -> None:
    app = look(fake_run.make_run(project))
    text = said(app)
    assert "of 100 texts; macro-F1 0." in text
    assert "of 200 test texts were answered wrongly" in text
    assert "Really better than counting words" in text
    assert "looked at once" in text
    assert "3 classes have fewer than 10 test rows." in text
    assert len(app.get("plotly_chart")) == 1
    app.button(key="primary").click().run()
    assert app.title[0].value == "Put it to work"


def test_hostile_labels_and_texts_are_shown_literally(project: Project) -> None:
    app = look(fake_run.make_run(project, labels=fake_run.HOSTILE))
    rows = app.dataframe[0].value
    assert set(rows["label"]) <= set(fake_run.HOSTILE)
    assert rows["text"].str.contains("![x](http://a.b/c.png)", regex=False).all()
    choose(app, "Classes")
    assert list(app.dataframe[0].value["class"]) == list(fake_run.HOSTILE)
    choose(app, "Mix-ups")
    shown = [box.value for kind in ("markdown", "caption", "warning", "info") for box in app.get(kind)]
    assert not any("http://a.b" in str(value) for value in shown)


def test_the_surest_mistakes_come_first_and_filters_narrow(project: Project) -> None:
    app = look(fake_run.make_run(project))
    rows = app.dataframe[0].value
    assert list(rows["confidence"]) == sorted(rows["confidence"], reverse=True)
    app.selectbox(key="wrong-truth").select("billing").run()
    narrow = app.dataframe[0].value
    assert 0 < len(narrow) < len(rows)
    assert set(narrow["label"]) == {"billing"}
    app.text_input(key="wrong-search").input("NO SUCH (words").run()
    assert not app.exception
    assert len(app.dataframe[0].value) == 0


def test_many_classes_become_a_list_of_pairs(project: Project) -> None:
    labels = tuple(f"intent {i:02d}" for i in range(40))
    app = choose(look(fake_run.make_run(project, labels=labels)), "Mix-ups")
    assert len(app.get("plotly_chart")) == 1
    assert 0 < len(app.dataframe[0].value) <= parts.MOST_PAIRS


@pytest.mark.parametrize("view", ["Wrong rows", "Classes", "Mix-ups"])
@pytest.mark.parametrize("how", ["null", "absent", "empty"])
def test_every_score_may_be_absent(project: Project, how: str, view: str) -> None:
    run = fake_run.make_run(project)
    report = read_json(run / "report.json")

    def hollow(value: Any) -> Any:
        return {name: hollow(part) for name, part in value.items()} if isinstance(value, dict) else None

    less = {"null": hollow(report), "absent": {"strategy": "x"}, "empty": dict.fromkeys(report)}[how]
    write_json(run / "report.json", less)
    (run / "predictions.parquet").unlink()
    choose(look(run), view)


@pytest.mark.parametrize(("state", "expected"), [("failed", "without a result"), ("lost", "without a result")])
def test_no_report_leads_to_train(project: Project, state: str, expected: str) -> None:
    app = look(fake_run.make_run(project, state=state, events=9))
    assert expected in said(app)
    app.button(key="primary").click().run()
    assert app.title[0].value == "How is it going?"


def test_a_running_training_says_so(project: Project) -> None:
    run = fake_run.make_run(project, state="running", events=9)
    lock = fake_run.held(run)
    assert "still running" in said(look(run))
    lock.release()


def test_stopped_early_is_said(project: Project) -> None:
    assert "stopped this training early" in said(look(fake_run.make_run(project, state="stopped")))


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"accuracy": 0.92, "rows": 1000, "wrong": 80, "macro_f1": 0.9}, "Right for 92 of 100 texts; macro-F1 0.90."),
        ({"accuracy": 0.997, "rows": 1000, "wrong": 3, "macro_f1": None}, "Right for 997 of 1,000 texts."),
        ({"accuracy": 1.0, "rows": 30, "wrong": 0, "macro_f1": 1.0}, "Right for all 30 texts; macro-F1 1.00."),
        ({"accuracy": 0.9, "rows": 30, "wrong": 3}, "Right for 27 of 30 texts."),
        ({"macro_f1": 0.5, "macro_f1_low": 0.4, "macro_f1_high": 0.6}, "Macro-F1 0.50 (0.40–0.60)."),
        ({}, "This model has no score."),
    ],
)
def test_the_headline(test: dict[str, Any], expected: str) -> None:
    assert parts.headline({"test": test}) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"macro_f1": 0.1, "low": 0.05, "high": 0.15, "real": True}, "Really better"),
        ({"macro_f1": 0.01, "low": -0.05, "high": 0.07, "real": False}, "could be chance"),
        ({"macro_f1": -0.1, "low": -0.15, "high": -0.05, "real": True}, "Really worse"),
        ({"macro_f1": None}, "no simple method"),
        (None, "no simple method"),
    ],
)
def test_whether_the_difference_is_real(found: dict[str, Any] | None, expected: str) -> None:
    assert expected in parts.difference_sentence({"difference": found})


def test_each_look_at_the_test_rows_is_counted() -> None:
    assert "4 times" in parts.looks_sentence({"test_looks": 4})
