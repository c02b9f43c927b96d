"""The screens where questions are answered from passages: columns, what an empty answer means, Check, right and wrong answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pages.parts import passage_parts
from pages.parts.passage_parts import BOTH, GIVEN, TRUE, marked_html
from pages.parts.results_passages import Passages, answered, marks_of
from tests.made_questions import rows_of, write
from tests.pages.helpers import new_project, said, show
from tlcore.predict.text import packed
from tlcore.tasks.qa import NO_ANSWER, written
from tlcore.workspace import Project

PADDING = "This sentence says nothing and is there to make the passage longer. " * 8


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Project:
    rows = [(question, PADDING + passage, answer) for question, passage, answer in rows_of(16)]
    return new_project(write(tmp_path / "asked.csv", [*rows, ("Who cleans it?", PADDING, "")]).read_bytes())


def test_the_task_and_its_columns_are_guessed_also_where_passages_are_long(project: Project) -> None:
    app = show("data", project=project.id)
    assert not app.exception
    draft = project.draft()
    assert draft["task"] == "qa"
    assert draft["roles"]["question"] == ["Asked"]
    assert draft["roles"]["context"] == ["Read"]
    assert draft["roles"]["answer"] == ["Said"]
    mapped = app.dataframe[-1].value
    assert list(mapped["it should answer"])[:3] == [answer for _, _, answer in rows_of(1)]


def test_the_switch_says_what_an_empty_answer_means(project: Project) -> None:
    app = show("data", project=project.id)
    assert "nobody has answered it yet" in said(app)
    app.toggle[0].set_value(True).run()
    assert project.draft()["roles"]["unanswerable"] == ["Said"]
    assert "learns to say that a passage does not hold the answer" in said(app)
    check = show("check", project=project.id)
    assert not check.exception
    assert "49 rows, each with an answer, to learn from" in said(check)
    assert "1 row is of a question that the passage does not answer" in said(check)
    app = show("data", project=project.id)
    app.toggle[0].set_value(False).run()
    assert project.draft()["roles"]["unanswerable"] == []
    check = show("check", project=project.id)
    assert "48 rows, each with an answer, to learn from" in said(check)
    assert "the answer is empty" in said(check)
    assert "Rows with the same passage are kept on one side" in said(check)


def test_plan_says_what_cannot_learn_it_and_why(project: Project) -> None:
    show("data", project=project.id)
    show("check", project=project.id)
    plan = show("plan", project=project.id)
    assert not plan.exception
    assert "each with an answer" in said(plan)
    shut = [option.replace("\\", "") for option in plan.radio(key="unfit-ways").options]
    assert "Keep the model, teach a small classifier" in shut


def test_marks_show_both_answers_and_hold_nothing_of_the_users_but_words() -> None:
    found = marked_html("a <b>red</b> & blue", [(2, 12, TRUE), (5, 8, GIVEN)])
    assert "&lt;b&gt;" in found
    assert "<b>" not in found
    assert passage_parts.STYLES[BOTH] in found
    assert found.count("<mark") == 3
    assert "<mark" not in marked_html("nothing", [])
    assert marked_html("short", [(2, 99, TRUE)]).count("<mark") == 1  # ends with the passage


@pytest.fixture
def run(tmp_path: Path) -> Path:
    passages = ["The office is in Lindhaven.", "The pump is red.", "Nothing is said."]
    table = {
        "row": [2, 3, 4], "source": ["file"] * 3, "text": [packed(["Where?", one]) for one in passages],
        "label": [written("Lindhaven", 17), written("red", 12), written("", -1)],
        "prediction": ["in Lindhaven", "red", NO_ANSWER], "confidence": [0.4, 0.9, 0.6], "start": [14, 12, -1],
    }  # fmt: skip
    pq.write_table(pa.table(table), tmp_path / "predictions.parquet")
    return tmp_path


def test_answers_are_right_by_words_and_not_by_letters(run: Path) -> None:
    frame = answered(run)
    assert list(frame["row"]) == [3, 4, 2]  # the surest first
    assert list(frame["exact"]) == [True, True, False]
    assert frame["share"].tolist() == pytest.approx([1, 1, 2 / 3])
    wrong = frame.iloc[2]
    assert marks_of(wrong) == [(17, 26, TRUE), (14, 26, GIVEN)]
    assert marks_of(frame.iloc[1]) == []
    assert wrong["passage"][14:26] == wrong["answer"]
    assert answered(run / "nowhere") is None


def test_sentences_of_the_results() -> None:
    kind = Passages()
    test = {"token_f1": 0.45, "token_f1_low": 0.4, "token_f1_high": 0.5, "accuracy": 0.31, "rows": 200, "wrong": 138,
            "overlapping": 40, "unanswered_rows": 20, "unanswered_right": 15}  # fmt: skip
    report: dict[str, Any] = {
        "task": "qa", "metric": "token_f1", "test": test,
        "difference": {"token_f1": 0.3, "low": 0.25, "high": 0.35, "real": True, "against": "nearest"},
    }  # fmt: skip
    assert kind.headline(report) == "Right word for word for 31 of 100 questions; token F1 0.45 (0.40–0.50)."
    lines = " ".join(kind.lines(report))
    assert "Of the 138 answers that are not word for word, 40 share words" in lines
    assert "it said so 15 of 20 times" in lines
    assert "Really better than taking the sentence most like the question" in lines
    assert "no score" in kind.headline({"metric": "token_f1", "test": {}})
    assert json.dumps(report)
