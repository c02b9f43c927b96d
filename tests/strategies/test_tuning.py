"""tlcore.strategies.tuning: whatever part of the model moves, it learns from a few dozen rows, and the head comes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.metrics import f1_score

from tlcore.evaluate.baselines import majority_answers, tfidf_answers
from tlcore.plan import make_settings
from tlcore.strategies import get_strategy


@pytest.mark.parametrize("name", ["top_layers", "lora", "bitfit"])
def test_with_a_few_dozen_reviews_it_beats_what_needs_no_language_model(
    fit_input: Callable[..., Any], name: str
) -> None:
    run = fit_input(name, {"negative": 24, "positive": 24}, unseen=40, epochs=3)
    given, found = run.given, get_strategy(name).fit(run.given)
    truth, targets = given.validation_y, [str(y) for y in given.train_y]

    def score(answers: Any) -> float:
        return float(f1_score(truth, [int(a) for a in answers], average="macro"))

    learned = score(found.validation_probabilities.argmax(1))
    assert learned > score(tfidf_answers(given.train_texts, targets, given.validation_texts)) + 0.1
    assert learned > score(majority_answers(targets, given.validation_texts)) + 0.2
    rounds = run.of("eval")
    assert rounds[0]["epoch"] == 0
    assert rounds[0]["macro_f1"] > 0.65  # the head was taught before the first step
    assert min(one["loss"] for one in rounds[1:]) < rounds[0]["loss"]


@pytest.mark.parametrize("name", ["top_layers", "lora", "bitfit", "full_finetune"])
def test_no_setting_is_for_show(name: str) -> None:
    strategy = get_strategy(name)
    settings = make_settings(strategy.Settings, {"epochs": 7, "patience": 5, "warmup": 0.3, "weight_decay": 0.2})
    phases = strategy.phases(settings, 6, 500)  # type: ignore[attr-defined]
    assert {(one.patience, one.warmup, one.weight_decay) for one in phases} == {(5, 0.3, 0.2)}
    assert sum(one.epochs for one in phases) == 7
    assert max(one.rates["block 6"] for one in phases) == settings.learning_rate
    assert {one.rates["head"] for one in phases} == {settings.head_learning_rate}
