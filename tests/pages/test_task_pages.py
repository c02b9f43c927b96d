"""The screens where a text may have several labels, or has a number: the question on Data, Check, Plan, Results, Use."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from pages.parts import charts, number_charts, results_tasks
from pages.parts.live_events import reduce
from pages.parts.live_view import LiveView
from pages.parts.metrics import METRICS, metric_in, metric_of
from tests.pages.helpers import new_project, opened, said, show
from tlcore.workspace import Project

TAGGED = "text,tags,stars\n" + "".join(
    f"the parcel {i} came late and wet,late;wet,{1 + i % 3}.{i % 10}\nall was well with order {i},fine,{3 + i % 2}.{i % 7}\n"
    for i in range(30)
)
TICKED = "text,late,wet\n" + "".join(f"parcel {i} came late and wet,1,1\nall was well {i},0,0\n" for i in range(20))


def on_data(content: str, label: list[str] | str, **draft: Any) -> tuple[Project, Any]:
    project = new_project(content)
    project.save_draft({"roles": {"text": ["text"], "label": [label] if isinstance(label, str) else label}, **draft})
    return project, show("data", project=project.id)


@pytest.mark.parametrize(("label", "task"), [("tags", "multilabel"), ("stars", "score")])
def test_what_is_to_be_learned_is_guessed_from_the_column(home: Path, label: str, task: str) -> None:
    project, app = on_data(TAGGED, label)
    assert not app.exception
    assert project.draft()["task"] == task
    question = next(one for one in app.radio if one.label == "What should be learned?")
    assert question.value == task


def test_the_users_own_answer_holds_until_another_column_is_chosen(home: Path) -> None:
    project, app = on_data(TAGGED, "tags")
    question = next(one for one in app.radio if one.label == "What should be learned?")
    question.set_value("classify").run()
    assert project.draft()["task"] == "classify"
    show("data", project=project.id)
    assert project.draft()["task"] == "classify"
    project.save_draft({"roles": {"text": ["text"], "label": ["stars"]}})
    show("data", project=project.id)
    assert project.draft()["task"] == "score"


def test_columns_of_yes_and_no_are_several_labels_and_one_is_left_for_one_label(home: Path) -> None:
    project, app = on_data(TICKED, ["late", "wet"])
    assert not app.exception
    assert project.draft()["task"] == "multilabel"
    assert "It should" not in said(app)
    question = next(one for one in app.radio if one.label == "What should be learned?")
    question.set_value("classify").run()
    assert project.draft()["roles"]["label"] == ["late"]


def test_a_column_that_cannot_be_numbers_is_said_on_data(home: Path) -> None:
    project, app = on_data(TAGGED, "tags", task="score", task_for="tags")
    assert "no numbers" in said(app)
    assert project.draft()["task"] == "score"


@pytest.mark.parametrize(
    ("label", "words"), [("tags", "with 3 labels to learn from"), ("stars", "each with a number, to learn from")]
)
def test_check_and_plan_speak_of_what_is_learned(home: Path, label: str, words: str) -> None:
    project, _ = on_data(TAGGED, label)
    app = show("check", project=project.id)
    assert not app.exception
    assert words in said(app)
    plan = show("plan", project=project.id)
    assert not plan.exception
    shut = plan.radio(key="unfit-ways")
    assert shut.disabled
    assert shut.value is None
    assert "Compare the few examples with each other" in shut.options
    assert "Compare the few examples" not in str([box.options for box in plan.radio if box.key != "unfit-ways"])
    assert "a class" not in said(plan)


def with_run(trained: Any, **draft: Any) -> tuple[Project, Path]:
    project = opened(**draft)
    run = project.new_run_folder()
    shutil.copytree(trained.folder, run)
    project.save_draft({"run": run.name})
    return project, run


def test_results_and_use_of_several_labels(home: Path, several_trained: Any) -> None:
    project, run = with_run(several_trained, task="multilabel")
    app = show("results", project=project.id, run=run.name)
    assert not app.exception
    text = said(app)
    assert "Every label right for" in text
    assert "micro-F1" in text
    assert "Mix-ups" not in text
    project.save_draft({"use": "Ask it", "try": {"0": "The waiter was rude and the soup was cold"}})
    use = show("use", project=project.id, run=run.name)
    assert not use.exception
    assert "“food”" in said(use) or "“staff”" in said(use)
    assert "least certain" in said(use)


def test_results_and_use_of_numbers(home: Path, number_trained: Any) -> None:
    project, run = with_run(number_trained, task="score")
    app = show("results", project=project.id, run=run.name)
    assert not app.exception
    assert "Off by" in said(app)
    assert "in the range it gave" in said(app)
    project.save_draft({"use": "Ask it", "try": {"0": "Terrible, it broke at once"}})
    use = show("use", project=project.id, run=run.name)
    assert not use.exception
    assert "most likely between" in said(use)


def test_results_and_use_of_names(home: Path, names_trained: Any) -> None:
    project, run = with_run(names_trained, task="ner")
    app = show("results", project=project.id, run=run.name)
    assert not app.exception
    text = said(app)
    assert re.search(r"Found \d+ of 84 names; entity F1 0\.\d\d", text)
    assert "Really better than looking up names seen before" in text
    assert "as marked in the file" in text
    assert any("<mark" in str(one.value) for one in app.get("html"))
    project.save_draft({"use": "Ask it", "try": {"0": "Imke Dressler <b>of</b> Corvane Ceramics rang"}})
    use = show("use", project=project.id, run=run.name)
    assert not use.exception
    assert "names found" in said(use)
    shown = "".join(str(one.value) for one in use.get("html"))
    assert "Corvane Ceramics\u00a0<span" in shown
    assert "&lt;b&gt;of&lt;/b&gt;" in shown
    assert "<b>of" not in shown


def test_the_score_of_an_event_is_found_whatever_it_is() -> None:
    assert metric_in({"micro_f1": 0.5, "macro_f1": 0.4}) is METRICS["micro_f1"]
    assert metric_in({"loss": 1.0}) is None
    assert metric_of({}) is METRICS["macro_f1"]
    view = reduce(LiveView(), [
        {"t": 1.0, "kind": "baseline", "name": "tfidf", "mae": 2.0},
        {"t": 2.0, "kind": "eval", "step": 5, "epoch": 1.0, "loss": 0.3, "mae": 1.5, "neg_mae": -1.5, "best": True, "patience_left": 2},
    ])  # fmt: skip
    assert view.metric == "mae"
    assert (view.f1, dict(view.baselines)) == (((5.0, 1.5),), {"tfidf": 2.0})


def test_sentences_say_which_way_is_better() -> None:
    kind = results_tasks.Number()
    report = {
        "metric": "mae", "test": {"mae": 2.0, "mae_low": 1.8, "mae_high": 2.2, "rows": 100, "within": 0.9},
        "difference": {"mae": -0.5, "low": -0.7, "high": -0.3, "real": True},
    }  # fmt: skip
    assert kind.headline(report) == "Off by 2.00 on average (1.80–2.20)."
    assert any("Really nearer to the truth" in line and "0.3 to 0.7" in line for line in kind.lines(report))
    worse = {**report, "difference": {"mae": 0.5, "low": 0.3, "high": 0.7, "real": True}}
    assert any("farther from the truth" in line for line in kind.lines(worse))
    luck = {**report, "difference": {"mae": -0.1, "low": -0.3, "high": 0.2, "real": False}}
    assert any("could be chance" in line for line in kind.lines(luck))
    assert "no score" in kind.headline({"metric": "mae", "test": {"mae": None}})
    assert "no score" in results_tasks.SeveralLabels().headline({"metric": "micro_f1", "test": {}})


def test_figures_of_numbers_and_labels_hold_what_they_show() -> None:
    truth = [float(i % 50) for i in range(2_000)]
    figure = number_charts.truth_and_answer(truth, truth)
    assert len(figure.data[1].x) <= number_charts.MOST_DOTS
    assert sum(number_charts.spread(truth).data[0].y) == 2_000
    assert sum(number_charts.spread([1.0, 2.0, 2.0]).data[0].y) == 3
    bars = charts.label_bars([("a", 0.8, 0.5), ("<b>", 0.2, 0.4)])
    assert list(bars.data[0].marker.color) == [charts.MODEL, charts.STILL]
    assert list(bars.data[1].x) == [0.5, 0.4]
    score = charts.score_chart(
        {"mae": 3.0, "mae_low": 2.0, "mae_high": 4.0}, {"majority": {"mae": 9.0}}, METRICS["mae"]
    )
    assert score.layout.xaxis.range[1] > 9
    assert any("median" in str(trace.y) for trace in score.data)
