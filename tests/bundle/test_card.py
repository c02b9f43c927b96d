"""tlcore.bundle.card: what the zip says of itself, with every score beside its baseline and its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tlcore.bundle.card import escape, model_card, quick_words, read_me
from tlcore.files import read_json
from tlcore.plan import Plan

PLAN = Plan("classify", "frozen_features", "minilm", "", {}, seed=7)


def scores(f1: float | None, low: float | None = None, high: float | None = None, rows: int = 40) -> dict[str, Any]:
    return {
        "macro_f1": f1, "macro_f1_low": low, "macro_f1_high": high, "accuracy": f1, "auroc": None, "rows": rows,
        "wrong": 0 if f1 is None else round((1 - f1) * rows),
    }  # fmt: skip


def made(labels: tuple[str, ...] = ("no", "yes"), **more: Any) -> dict[str, Any]:
    """A report such as train.py writes."""
    line = {"precision": 0.5, "recall": None, "f1": 0.25, "rows": 20, "right": 10}
    return {
        "rows": {"train": 1200, "validation": 150, "test": 40},
        "test": scores(0.8, 0.711, 0.893), "difference": {"macro_f1": 0.1, "low": 0.021, "high": 0.182, "real": True},
        "baselines": {"tfidf": scores(0.7, 0.601, 0.777), "majority": scores(0.3, 0.255, 0.344)},
        "per_class": [{"label": label, **line} for label in labels],
        "trainable_parameters": 770, "total_parameters": 22714000, "warnings": [], "text_columns": ["message"], **more,
    }  # fmt: skip


def table_rows(card: str) -> list[list[str]]:
    """The cells of every table line; escaped bars are not borders."""
    lines = [line for line in card.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.replace("\\|", "").strip("|").split("|")] for line in lines]


def test_the_score_stands_beside_its_interval_and_its_baselines() -> None:
    rows = table_rows(model_card(made(), PLAN))
    assert rows[0] == ["", "macro-F1", "95 % interval", "accuracy", "AUROC"]
    assert rows[1] == ["this model", "0.800", "0.711 to 0.893", "0.800", "–"]
    assert rows[2][0].startswith("TF-IDF")
    assert rows[2][1:3] == ["0.700", "0.601 to 0.777"]
    assert rows[3][0] == "always the commonest label"
    assert rows[3][1:3] == ["0.300", "0.255 to 0.344"]


def test_a_reader_learns_how_often_it_errs_and_where_it_came_from() -> None:
    card = model_card(made(), PLAN)
    assert "8 of 40 wrong" in card
    assert "1,200 rows to learn from, 150 to steer by, 40 kept aside" in card
    assert "frozen features" in card
    assert "sentence-transformers/all-MiniLM-L6-v2, Apache-2.0, sha256:53aa5117" in card
    assert "seed 7" in card
    assert "770 of\n22,714,000 weights were learnt" in card
    assert "## Limits" in card


def based_on(name: str, revision: str = "") -> str:
    return model_card(made(), Plan("classify", "frozen_features", name, revision, {}))


def test_a_base_that_is_gone_is_described_by_the_plan() -> None:
    card = based_on("/home/ada/secret/tiny-bert", "tiny-bert")
    assert "on tiny-bert\n(from a folder, licence: see its own page)" in card
    assert "ada" not in card
    card = based_on("google/bert_tiny", "30b0a37c")
    assert "on google/bert\\_tiny\n(from the Hugging Face Hub, revision 30b0a37c, licence: see its own page)" in card


def test_only_of_a_base_that_is_known_does_the_card_say_what_it_was_trained_on() -> None:
    limits = based_on("minilm").split("## Limits")[1]
    assert "trained on English text from the web" in limits
    for name in ("google/bert-tiny", "/home/ada/tiny-bert"):
        limits = based_on(name).split("## Limits")[1]
        assert "English" not in limits
        assert "see the base's own page" in limits


@pytest.mark.parametrize(
    ("real", "gap", "said"),
    [(True, 0.1, "+10.0 points of macro-F1 against TF-IDF (+2.1 to +18.2): more than chance explains"),
     (False, -0.03, "-3.0 points of macro-F1 against TF-IDF (+2.1 to +18.2): so small that it may be chance")],
)  # fmt: skip
def test_the_difference_is_said_with_whether_it_is_chance(real: bool, gap: float, said: str) -> None:
    difference = {"macro_f1": gap, "low": 0.021, "high": 0.182, "real": real}
    assert said in model_card(made(difference=difference), PLAN)


def test_without_a_row_to_test_on_nobody_knows() -> None:
    none = {"macro_f1": None, "low": None, "high": None, "real": None}
    card = model_card(made(test=scores(None, rows=0), baselines={}, difference=none), PLAN)
    assert "Nobody knows: no row had a label" in card
    assert "It was never tested" in card
    assert "None" not in card


def test_scores_that_do_not_exist_are_dashes() -> None:
    none = {"macro_f1": None, "low": None, "high": None, "real": False}
    empty = scores(None, rows=3)
    card = model_card(made(test=empty, baselines={"tfidf": empty, "majority": empty}, difference=none), PLAN)
    assert table_rows(card)[1] == ["this model", "–", "– to –", "–", "–"]
    assert "None" not in card
    assert "nan" not in card.split("## Limits")[0]
    assert "chance" not in card.split("## Limits")[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain label", "plain label"), ("a|b", "a\\|b"), ("two\nlines", "two lines"), ("<img src=x>", "\\<img src=x\\>"),
     ("![x](http://y)", "\\!\\[x\\]\\(http://y\\)"), ("back\\slash", "back\\\\slash"), ("# `h` *b*", "\\# \\`h\\` \\*b\\*")],
)  # fmt: skip
def test_a_users_text_is_shown_and_never_rendered(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_odd_labels_do_not_break_the_tables_and_odd_warnings_not_the_page() -> None:
    labels = ("a|b", "two\nlines", "<script>", "**bold**")
    card = model_card(made(labels, warnings=["left out: <b>\n# heading"]), PLAN)
    per_class = [row for row in table_rows(card) if len(row) == 6]
    assert len(per_class) == 1 + len(labels)
    assert per_class[1] == ["ab", "20", "10", "0.500", "–", "0.250"]
    assert {len(row) for row in table_rows(card)} == {5, 6}
    assert "<script>" not in card
    assert "- left out: \\<b\\> \\# heading\n" in card


def test_the_quick_version_is_described_where_there_is_one() -> None:
    assert "--quick" not in model_card(made(), PLAN) + read_me(made())
    quick = {"rows": 300, "same_answers": 0.9933, "accuracy": 0.84, "exact_accuracy": 0.84, "times": 2.13}
    card = model_card(made(quick=quick), PLAN)
    assert "2.1 times as fast where it was made. Tried on 300 rows: 99.3% of its answers were the same" in card
    assert "\n\n## Limits" in card
    assert "--quick" in read_me(made(quick=quick))


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [(0.84, "as many were right"), (0.8433, "1 more was right"), (0.8333, "2 fewer were right")],
)
def test_what_the_quick_version_gets_right_is_told_as_a_difference(accuracy: float, said: str) -> None:
    quick = {"rows": 300, "same_answers": 0.99, "accuracy": accuracy, "exact_accuracy": 0.84, "times": 2.0}
    assert quick_words(quick).endswith(f"and {said}.")


def test_many_labels_are_counted_where_they_cannot_be_listed() -> None:
    card = model_card(made(tuple(f"label {i:03}" for i in range(77))), PLAN)
    sentence = next(line for line in card.splitlines() if line.startswith("**What it does.**"))
    assert "one of 77 labels: label 000, label 001" in sentence
    assert sentence.endswith("label 029 and 47 more.")
    assert "| label 076 |" in card


def split(**more: Any) -> dict[str, Any]:
    return {"how": "chance", "group": "", "date": "", "seed": 3, "kept": 0, "own_test": False, **more}


def test_what_was_mended_is_told_with_how_many_rows() -> None:
    mends = [{"title": "Merge “Refnud” | “Refund”", "rows": 1200}, {"title": "Leave out", "rows": 1}]
    card = model_card(made(mends=mends, split=split()), PLAN)
    told = [row for row in table_rows(card) if len(row) == 2]
    assert told == [["what was done", "rows"], ["Merge “Refnud”  “Refund”", "1,200"], ["Leave out", "1"]]
    assert "Mended" not in model_card(made(mends=[], split=split()), PLAN)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (split(), "They were split by chance, each label by its share (seed 3)"),
        (split(how="group", group="customer_no"), "all rows with the same “customer\\_no” on one side"),
        (split(how="date", date="day"), "the newest rows by “day” for the score"),
        (split(own_test=True), "The rows for the score are a file of their own; the others were split by chance"),
        (split(kept=1234), "1,234 rows stayed where they were for an earlier model"),
    ],
)
def test_how_the_rows_were_split_is_told(how: dict[str, Any], said: str) -> None:
    assert said in model_card(made(split=how), PLAN)


def test_what_was_chosen_is_said() -> None:
    assert "Chosen on the training rows: C = 0.1, layers = [2, 4]." in model_card(
        made(chosen={"C": 0.1, "layers": [2, 4]}), PLAN
    )
    assert "Chosen" not in model_card(made(chosen={}), PLAN)


@pytest.fixture(params=["trained", "tiny_trained"])
def ended(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param).folder


def test_the_card_of_a_run_says_what_its_report_says(ended: Path) -> None:
    report, plan = read_json(ended / "report.json"), Plan.from_json(read_json(ended / "plan.json"))
    test = report["test"]
    card = model_card(report, plan)
    interval = f"{test['macro_f1_low']:.3f} to {test['macro_f1_high']:.3f}"
    assert table_rows(card)[1][1:3] == [f"{test['macro_f1']:.3f}", interval]
    assert table_rows(card)[2][1] == f"{report['baselines']['tfidf']['macro_f1']:.3f}"
    assert f"{test['wrong']} of {test['rows']} wrong" in card
    assert all(f"| {row['label']} | {row['rows']} |" in card for row in report["per_class"])
    assert all(escape(warning) in card for warning in report["warnings"])


def test_the_readme_says_which_column_and_which_command() -> None:
    page = read_me(made(text_columns=["product", "review"]))
    assert "`product`, `review`" in page
    assert "python predict.py IN.csv OUT.csv" in page
    assert "python -m pip install -r requirements.txt" in page
    assert "one of 2 labels" in page
    assert "it reads the column" not in read_me(made(text_columns=[]))
