"""“Label for me”: proposed labels confirmed, changed and skipped; kept over a reload, shown in Check, and undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import confirm_state as confirming
from pages.parts.confirm_parts import counts_sentence, progress_sentence
from pages.parts.earlier_parts import confirmed_sentences, earlier_bar, earlier_sentences
from pages.parts.prepared import prepare
from tests.pages.helpers import new_project, said, show
from tlcore.confirm.rows import Tally
from tlcore.files import write_json
from tlcore.runs import ANSWERS
from tlcore.workspace import Project

WORDS = ["parcel", "invoice", "password", "garden", "violin", "ladder", "bottle", "window", "bridge", "carpet"]
TEXTS = [
    f"my {word} and the {other} {i}" for i, word in enumerate(WORDS) for other in ("door", "tower", "street", "cat")
]
NONE = {"macro_f1": None, "accuracy": None, "auroc": None, "rows": 0, "wrong": 0}
REPORT: dict[str, Any] = {
    "strategy": "zero_shot", "base": "minilm", "task": "classify", "test": NONE, "validation": NONE, "per_class": [],
    "rows": {"test": 0}, "baselines": {"majority": NONE, "tfidf": NONE}, "difference": {"macro_f1": None},
    "baselines_learned": False, "unscored": {"rows": 40, "of": 40, "answers": {"Post": 20, "Money": 20}, "unsure": 5},
}  # fmt: skip


@pytest.fixture
def labelling(home: Path) -> tuple[Project, Path]:
    """A project without a labelled row, and a run that answered its forty rows by turns."""
    project = new_project("text\n" + "\n".join(TEXTS) + "\n")
    rows = [{"label": "Money", "description": "Paying."}, {"label": "Post", "description": "Parcels."}]
    project.save_draft({"roles": {"text": ["text"], "label": []}, "label_rows": {"": rows}})
    prepare(project)
    run = project.new_run_folder()
    write_json(run / "job.json", {"kind": "train", "args": {}})
    write_json(run / "report.json", REPORT)
    sure = [0.3 + i / 100 for i in range(40)]
    answers = {
        "row": list(range(2, 42)), "text": TEXTS, "prediction": ["Post", "Money"] * 20, "confidence": sure,
        "margin": [one - 0.3 for one in sure],
    }  # fmt: skip
    pq.write_table(pa.table(answers), run / ANSWERS)
    project.save_draft({"run": run.name})
    return project, run


def opened(labelling: tuple[Project, Path]) -> AppTest:
    project, run = labelling
    app = show("results", project=project.id, run=run.name)
    app.button(key="label-for-me").click().run()
    assert not app.exception
    return app


def primary(app: AppTest) -> Any:
    return next(button for button in app.button if str(button.key).endswith("-do"))


def labels_now(project: Project) -> dict[int, str]:
    return {change.row: change.after for mend in project.mends() for change in mend.changes}


def test_the_least_certain_rows_come_with_a_proposed_label_and_are_confirmed_at_once(
    labelling: tuple[Project, Path],
) -> None:
    project, _ = labelling
    app = opened(labelling)
    assert app.title[0].value == "Is this the right label?"
    assert "Nothing is labelled yet" in said(app)
    assert primary(app).label == "Confirm these 10 labels"
    frame = app.dataframe[0].value if app.dataframe else None
    batch = confirming.next_batch(*labelling, 10)
    if frame is not None:
        assert frame["row"].tolist() == [pick.candidate.row for pick in batch.picks]
    primary(app).click().run()
    assert not app.exception
    assert labels_now(project) == {pick.candidate.row: pick.candidate.prediction for pick in batch.picks}
    assert len(project.mends()[0].chance) == 8
    assert "You confirmed 10 rows, 8 of them drawn by chance" in said(app)
    assert "It can be trained on" in said(app)
    assert not app.button(key="confirm-train").disabled
    shown = {pick.candidate.row for pick in confirming.next_batch(*labelling, 10).picks}
    assert not shown & set(labels_now(project))


def test_a_changed_label_and_a_skipped_row_outlive_a_reload(labelling: tuple[Project, Path]) -> None:
    project, run = labelling
    opened(labelling)
    picks = confirming.next_batch(project, run, 10).picks
    rows = [pick.candidate.row for pick in picks]
    other = {"Post": "Money", "Money": "Post"}[picks[0].candidate.prediction]
    confirming.keep_typed(project, rows, {}, {0: {"label": other}, 1: {"skip": True}})

    again = show("results", project=project.id, run=run.name)  # a reload, or a second tab
    assert again.title[0].value == "Is this the right label?"
    assert primary(again).label == "Confirm these 9 labels"
    primary(again).click().run()
    found = labels_now(project)
    assert found[rows[0]] == other
    assert rows[1] not in found
    assert len(found) == 9
    assert confirming.typed(project) == {}
    later = [pick.candidate.row for pick in confirming.next_batch(project, run, 20).picks]
    assert rows[1] not in later
    confirming.show_skipped(project)
    assert confirming.next_batch(project, run, 20).left == 31


def test_a_second_tab_confirms_nothing_twice_and_a_stale_button_does_nothing(labelling: tuple[Project, Path]) -> None:
    project, run = labelling
    first, second = opened(labelling), show("results", project=project.id, run=run.name)
    stale = primary(second)
    primary(first).click().run()
    stale.click().run()
    assert not second.exception
    assert len(project.mends()) == 1
    assert len(labels_now(project)) == 10


def test_what_was_confirmed_is_a_step_in_check_and_can_be_undone(labelling: tuple[Project, Path]) -> None:
    project, run = labelling
    app = opened(labelling)
    primary(app).click().run()
    check = show("check", project=project.id)
    assert "Labels set by you: 10 rows" in said(check)
    assert prepare(project).counts.get("train", 0) + prepare(project).counts.get("test", 0) >= 7
    again = show("results", project=project.id, run=run.name)
    undo = next(button for button in again.button if str(button.key).startswith("undo-"))
    assert undo.label == "Undo the last 10 rows"
    undo.click().run()
    assert project.mends() == []
    assert prepare(project).counts == {"unlabelled": 40}


def test_train_on_these_goes_to_plan_and_back_leads_to_the_results(labelling: tuple[Project, Path]) -> None:
    project, run = labelling
    app = opened(labelling)
    assert app.button(key="confirm-train").disabled
    app.button(key="confirm-back").click().run()
    assert app.title[0].value == "How good is it?"
    app.button(key="label-for-me").click().run()
    project.save_draft({"strategy": "zero_shot"})
    primary(app).click().run()
    app.button(key="confirm-train").click().run()
    assert not app.exception
    assert app.title[0].value == "How should it be trained?"
    assert "strategy" not in project.draft()
    assert show("results", project=project.id, run=run.name).title[0].value == "How good is it?"


def test_where_all_are_labelled_or_skipped_it_says_so(labelling: tuple[Project, Path]) -> None:
    project, run = labelling
    project.save_draft({confirming.SIZE: 20})
    app = opened(labelling)
    primary(app).click().run()
    rows = [pick.candidate.row for pick in confirming.next_batch(project, run, 20).picks]
    confirming.keep_typed(project, rows, {}, {key: {"skip": True} for key in range(20)})
    app.run()
    assert primary(app).label == "Skip these rows"
    primary(app).click().run()
    assert "There is no row left to propose" in said(app)
    app.button(key="confirm-skipped").click().run()
    assert primary(app).label == "Confirm these 20 labels"


def test_a_run_without_such_answers_offers_nothing(labelling: tuple[Project, Path]) -> None:
    project, run = labelling
    (run / ANSWERS).unlink()
    app = show("results", project=project.id, run=run.name)
    assert not [button for button in app.button if button.key == "label-for-me"]


def test_what_is_said_of_what_was_confirmed() -> None:
    def told(missing: int = 0, **counts: int) -> str:
        return progress_sentence(Tally(counts, 1, 0, missing))

    assert told(a=1, b=0, missing=9) == "1 row has a label, in 1 of 2 labels. With 9 more they can be learned from."
    assert told(a=12, b=0) == (
        "12 rows have a label, in 1 of 2 labels. A model needs rows of at least two labels to learn from."
    )
    assert "2 labels have fewer" in told(a=12, b=3, c=1)
    assert told(a=8, b=9) == "17 rows have a label, in 2 of 2 labels. Each has 8 or more: worth training on."
    assert "By" not in counts_sentence(Tally({"a": 2, "b": 1}, 3, 1, 7))
    assert "b 1, a 2" in counts_sentence(Tally({"a": 2, "b": 1}, 3, 1, 7))


EARLIER = {
    "run": "run-1", "strategy": "zero_shot", "rows": 100, "of": 100, "right": 63, "ours_right": 84,
    "test": {"macro_f1": 0.6, "macro_f1_low": 0.5, "macro_f1_high": 0.7},
    "difference": {"macro_f1": 0.2, "low": 0.1, "high": 0.31, "real": True},
}  # fmt: skip


def test_results_say_how_the_earlier_run_did_on_the_same_rows() -> None:
    (told,) = earlier_sentences({"earlier": EARLIER})
    assert told.startswith("Describing the labels alone was right for 63 of 100 of these test rows; your model for 84.")
    assert told.endswith("+20.0 points of macro-F1 (+10.0 to +31.0): really better.")
    assert earlier_bar({"earlier": EARLIER}) == EARLIER["test"]
    part = {**EARLIER, "of": 120, "difference": {"macro_f1": -0.02, "low": -0.1, "high": 0.1, "real": False}}
    assert "100 of the test rows that it had answered" in earlier_sentences({"earlier": part})[0]
    assert "−2.0 points" in earlier_sentences({"earlier": part})[0]
    assert earlier_sentences({"earlier": part})[0].endswith("could be chance.")
    assert earlier_bar({"earlier": part}) is None
    assert earlier_sentences({}) == []


def test_it_is_said_that_proposed_labels_favour_who_proposed_them_and_that_few_rows_tell_little() -> None:
    few = {**EARLIER, "rows": 6, "of": 6, "right": 6, "ours_right": 2}
    (told,) = earlier_sentences({"earlier": few, "confirmed_rows": {"unsure": 6}})
    assert "confirmed too quickly counts for it" in told
    assert told.endswith("So few rows cannot tell which is better.")
    assert "points" not in told


def test_results_say_that_hard_rows_make_the_score_too_low() -> None:
    found = {"unsure": 6, "unsure_right": 3, "chance": 3, "chance_right": 2}
    (told,) = confirmed_sentences({"confirmed_rows": found, "test": {"rows": 20}})
    assert "6 of 20 test rows" in told
    assert "likelier too low than too high" in told
    assert "Of those drawn by chance it is right for 2 of 3." in told
    assert confirmed_sentences({}) == []
