"""tlcore.engine.passage_objective: labels of windows, the loss, when none is said; and that each strategy learns to answer."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.made_questions import rows_of
from tlcore.engine.passage_objective import BEGINS, ENDS, NONE, InPassage, best_margin, labels_of
from tlcore.evaluate.passages import nearest_sentences, passage_scores
from tlcore.models.bases import base_folder
from tlcore.plan import Plan, make_settings
from tlcore.predict.passages import NO_ANSWER, Found, Piece
from tlcore.predict.text import packed
from tlcore.predict.windows import Window
from tlcore.strategies import FitInput, get_strategy, teach
from tlcore.strategies.rounds import rounded
from tlcore.tasks.qa import ROUNDS, STEPS_WORTH_TAKING, written

PLACES = [(0, 0), (0, 0), (0, 2), (3, 5), (6, 8), (8, 9), (0, 0)]
"""A special token, one of the question, the words of “aa bb cc.”, a special token."""
WINDOW = Window(0, list(range(7)), PLACES)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (3, 5, {3: BEGINS | ENDS}),
        (0, 5, {2: BEGINS, 3: ENDS}),
        (4, 8, {3: BEGINS, 4: ENDS}),  # from within a token on
        (6, 9, {4: BEGINS, 5: ENDS}),
        (3, 40, {0: BEGINS | ENDS}),  # ends in another window
        (30, 40, {0: BEGINS | ENDS}),
        (-1, -1, {0: BEGINS | ENDS}),
    ],
)
def test_the_tokens_at_both_ends_are_marked(start: int, end: int, found: dict[int, int]) -> None:
    labels = labels_of(WINDOW, start, end)
    assert {i: one for i, one in enumerate(labels) if one > 0} == found
    assert [i for i, one in enumerate(labels) if one == NONE] == [1, 6]


def test_windows_of_a_long_passage_hold_the_answer_or_say_that_they_do_not() -> None:
    passage = " ".join(f"word{i}" for i in range(300)) + " the answer is Lindhaven here"
    at = passage.index("Lindhaven")
    rows = InPassage([]).rows(base_folder("minilm"), [packed(["Where?", passage])], [written("Lindhaven", at)], 64)
    assert len(rows) > 5
    assert all(len(ids) <= 64 for ids in rows.ids)
    held = [labels[0] == 0 for labels in rows.y]
    assert held[-1]
    assert sum(held) <= 2
    for window, labels in zip(rows.windows, rows.y, strict=True):
        if labels[0] == 0:
            ends = [window.places[i] for i, one in enumerate(labels) if one > 0]
            assert passage[ends[0][0] : ends[-1][1]] == "Lindhaven"


def test_the_loss_is_the_mean_of_both_ends_and_adds_up() -> None:
    torch.manual_seed(0)
    objective, logits = InPassage([]), torch.randn(3, 7, 2)
    y = torch.tensor([labels_of(WINDOW, 0, 5), labels_of(WINDOW, -1, -1), labels_of(WINDOW, 6, 8)])
    free = [0, 2, 3, 4, 5]
    log_p = logits[:, free].log_softmax(1)
    wanted = -torch.stack([log_p[0, 1, 0] + log_p[0, 2, 1], log_p[1, 0].sum(), log_p[2, 3].sum()]) / 2
    assert torch.allclose(objective.loss(logits, y, None), wanted.mean(), atol=1e-5)
    parts = objective.loss(logits[:1], y[:1], None) / 3 + objective.loss(logits[1:], y[1:], None) * 2 / 3
    assert torch.allclose(parts, wanted.mean(), atol=1e-5)


def test_what_is_told_of_a_round_is_of_the_questions() -> None:
    texts = [packed([question, passage]) for question, passage, _ in rows_of(2)]
    targets = [written(answer, passage.index(answer)) for _, passage, answer in rows_of(2)]
    objective = InPassage(targets)
    rows = objective.rows(base_folder("minilm"), texts, targets, 128)
    perfect = [np.array([[9.0 * bool(one & BEGINS), 9.0 * bool(one & ENDS)] if one >= 0 else [50.0, 50.0] for one in labels])
               for labels in rows.y]  # fmt: skip
    told = objective.metrics(perfect, rows.y)
    assert (told["token_f1"], told["exact_match"]) == (1.0, 1.0)
    assert told["loss"] < 0.1
    assert objective.answers(texts, rows, perfect) == [answer for _, _, answer in rows_of(2)]
    assert objective.how() == {"kind": "passage", "longest": 15, "none": False, "margin": 0.0}


def test_none_is_said_from_where_it_does_best() -> None:
    right = Piece("red", 0, 3, 0.5)
    targets = [written("red", 0)] * 12 + [written("", -1)] * 12
    found = [Found("red", 0, 0.5, (right,), float(i) / 10) for i in range(12)]
    found += [Found(NO_ANSWER, -1, 0.5, (right,), 3.0 + i) for i in range(12)]
    assert 1.1 < best_margin(found, targets) < 3.0
    assert best_margin(found[:5], targets[:5]) == 0.0
    assert InPassage(targets).none is True
    assert InPassage(targets[:3]).none is False


@pytest.mark.parametrize(("rows", "rounds"), [(20, 15), (95, 15), (764, 6), (50_000, 4)])
def test_few_rows_are_gone_over_more_often(rows: int, rounds: int) -> None:
    settings = make_settings(get_strategy("full_finetune").Settings, {})
    assert rounded(settings, rows, STEPS_WORTH_TAKING, ROUNDS).epochs == rounds


Given = Callable[..., tuple[FitInput, list[dict[str, Any]]]]


@pytest.fixture
def given_for(tmp_path: Path) -> Given:
    def build(strategy: str, none: int = 0, **wishes: Any) -> tuple[FitInput, list[dict[str, Any]]]:
        events: list[dict[str, Any]] = []
        sides = [_asked(rows_of(24), none), _asked(rows_of(10, 40), none)]
        objective = InPassage([target for _, targets in sides for target in targets])
        settings = make_settings(get_strategy(strategy).Settings, {"max_length": 64, **wishes})
        (texts, targets), (held, truth) = sides
        given = FitInput(
            Plan("qa", strategy, "minilm", "", wishes, 0), settings, (), texts, objective.encode(targets), held,
            objective.encode(truth), base_folder("minilm"), tmp_path,
            lambda kind, **fields: events.append({"kind": kind, **fields}), lambda name, title: None, lambda: None,
            lambda: None, objective,  # type: ignore[arg-type]
        )  # fmt: skip
        return given, events

    return build


def _asked(rows: list[tuple[str, str, str]], none: int) -> tuple[list[str], list[str]]:
    """Texts and targets; every `none`-th question is one that its passage does not answer."""
    texts, targets = [], []
    for i, (question, passage, answer) in enumerate(rows):
        silent = none and not i % none
        texts.append(packed(["What did the cleaning cost?" if silent else question, passage]))
        targets.append(written("", -1) if silent else written(answer, passage.index(answer)))
    return texts, targets


WISHES = {"full_finetune": {"epochs": 8}, "top_layers": {"epochs": 9}, "lora": {"epochs": 14, "learning_rate": 1e-3}}


@pytest.mark.parametrize("strategy", list(WISHES))
def test_a_strategy_learns_to_answer(given_for: Given, strategy: str) -> None:
    given, events = given_for(strategy, **WISHES[strategy])
    found = teach(get_strategy(strategy), given)
    ours = passage_scores(given.validation_y, found.validation_answers or [])
    theirs = passage_scores(given.validation_y, nearest_sentences(given.train_texts, given.validation_texts))
    assert ours["token_f1"] > (theirs["token_f1"] or 0) + 0.2
    assert (found.per_token, found.head.weight.shape[0], found.answer["kind"]) == (True, 2, "passage")  # type: ignore[index]
    told = [event for event in events if event["kind"] == "eval"]
    assert told[-1]["token_f1"] > told[0]["token_f1"]
    assert all(math.isfinite(event["loss"]) for event in told)


def test_a_passage_that_does_not_say_is_learned_too(given_for: Given) -> None:
    given, _ = given_for("full_finetune", none=3, epochs=8)
    found = teach(get_strategy("full_finetune"), given)
    scores = passage_scores(given.validation_y, found.validation_answers or [])
    assert found.answer["none"] is True  # type: ignore[index]
    assert scores["unanswered_right"] >= 0.8 * scores["unanswered_rows"]
    assert scores["answered_token_f1"] > 0.3


def test_rounds_are_chosen_only_where_nobody_said(given_for: Given) -> None:
    class Told:
        def fit(self, given: FitInput) -> int:
            return int(given.settings.epochs)

    given, _ = given_for("bitfit")
    assert given.objective.teach(Told(), given) == 15  # type: ignore[attr-defined]
    given, _ = given_for("bitfit", epochs=2)
    assert given.objective.teach(Told(), given) == 2  # type: ignore[attr-defined]


def test_targets_are_kept_as_they_are() -> None:
    target = json.dumps({"text": "a", "start": 0})
    assert InPassage([target]).encode([target]) == [target]
