"""Texts with pictures: which columns, which rows, what it stands beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tlcore.errors import TlcoreError
from tlcore.predict.pictures import PictureAnswers
from tlcore.predict.text import beside
from tlcore.strategies import STRATEGIES, can_learn, why_unfit
from tlcore.tables import read_table
from tlcore.tasks import get_task, guess_by_columns

TASK = get_task("image_text")
ROLES = {"text": ("note",), "image": ("picture",), "label": ("shelf",)}


def table(tmp_path: Path, rows: str):  # type: ignore[no-untyped-def]
    path = tmp_path / "rows.csv"
    path.write_text(f"picture,note,shelf\n{rows}", encoding="utf-8")
    return read_table(path)


def test_a_column_of_picture_names_is_found(tmp_path: Path) -> None:
    found = table(
        tmp_path, "p/one.PNG,a blue umbrella,wet\ntwo.jpeg,an old hat,dry\nsome three.webp,a green scarf,dry\n"
    )
    assert TASK.guess_columns(found)["image"] == "picture"
    assert TASK.guess_columns(found)["text"] == "note"
    assert guess_by_columns(found) == "image_text"
    plain = table(tmp_path, "one,a blue umbrella,wet\nsee a.png please and tell me,an old hat,dry\nthree,x,dry\n")
    assert guess_by_columns(plain) is None


def test_web_addresses_are_refused_with_the_reason(tmp_path: Path) -> None:
    found = table(
        tmp_path, "https://a.example/1.png,blue,wet\nhttp://a.example/2.png,red,dry\nwww.a.example/3.png,x,dry\n"
    )
    with pytest.raises(TlcoreError, match="fetches nothing from the web"):
        TASK.settle(found, ROLES)
    mixed = table(tmp_path, "https://a.example/1.png,blue,wet\n2.png,red,dry\n3.png,x,dry\n")
    assert TASK.settle(mixed, ROLES) is TASK


def test_a_row_with_either_of_the_two_is_read() -> None:
    assert TASK.model_input(ROLES, {"note": "blue", "picture": "", "shelf": ""}) == beside(["blue", ""])
    assert TASK.model_input(ROLES, {"note": "", "picture": "a.png", "shelf": ""}) == beside(["", "a.png"])
    assert TASK.model_input(ROLES, {"note": "", "picture": " ", "shelf": ""}) == ""


def test_rows_with_other_pictures_are_other_rows() -> None:
    from tlcore.near import near_groups

    same = [
        beside([words, name])
        for words, name in (("a red hat", "p/1.png"), ("a red hat", "p/2.png"), ("a red hat!", "p/1.png"))
    ]
    groups = near_groups([TASK.compared(text) for text in same])
    assert groups[0] == groups[2] != groups[1]
    assert TASK.words(same[0]) == "a red hat"


def test_the_baseline_reads_the_text_alone() -> None:
    known = [beside([word, f"{i}.png"]) for i, word in enumerate(["rain", "sun"] * 10)]
    found = TASK.baselines(
        known, ["wet", "dry"] * 10, [beside(["sun", "0.png"]), beside(["rain", "1.png"])], ["dry", "wet"]
    )
    assert found["tfidf"] == ["dry", "wet"]
    wordless = TASK.baselines(
        [beside(["", "1.png"])] * 3, ["wet", "wet", "dry"], [beside(["", "2.png"])], ["dry", "wet"]
    )
    assert wordless["tfidf"] == ["wet"]


def test_the_report_says_what_each_half_would_have_scored() -> None:
    truth = ["wet", "dry"] * 10
    alone = {"text_alone": ["wet"] * 20, "image_alone": [*truth[:18], "", ""]}
    notes = [*[""] * 18, "not used: it is damaged; answered from the text alone", "not used: x"]
    answers = PictureAnswers(truth, [0.9] * 20, np.tile(np.float32([0.1, 0.9]), (20, 1)), None, notes, alone)
    found = TASK.report(truth, answers, {"tfidf": ["dry"] * 20, "majority": ["wet"] * 20}, ["dry", "wet"])
    assert found["test"]["macro_f1"] == 1.0
    assert found["test"]["text_alone"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["test"]["image_alone"] == pytest.approx(
        0.9499, abs=1e-4
    )  # of the two without a picture one guess is right
    assert (
        found["baselines"]["image_alone"]["macro_f1_low"]
        <= 0.9499
        <= found["baselines"]["image_alone"]["macro_f1_high"]
    )
    assert found["alone"]["text_alone"]["macro_f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["pictures"] == {"rows": 20, "unread": 2}


def test_ways_that_read_texts_alone_say_why_they_do_not_suit() -> None:
    fit = {strategy.name for strategy in STRATEGIES if can_learn(strategy, "image_text")}
    assert "late_fusion" in fit
    assert fit == {"late_fusion", "clip", "ask_pictures"}
    for strategy in STRATEGIES:
        if strategy.name not in fit:
            assert "pictures" in why_unfit(strategy, "image_text")
        else:
            assert "pictures" in why_unfit(strategy, "classify")
