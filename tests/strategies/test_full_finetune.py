"""tlcore.strategies.full_finetune: the head first, then everything, lower blocks slower; settings honoured, the best round kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tlcore.engine import blending, callbacks, classifier, tokens
from tlcore.errors import StopRequested
from tlcore.evaluate.baselines import majority_answers, tfidf_answers
from tlcore.facts import Facts
from tlcore.machine import Machine
from tlcore.plan import make_settings
from tlcore.strategies import get_strategy
from tlcore.strategies.full_finetune import Settings
from tlcore.strategies.rounds import MAX_EPOCHS

STRATEGY = get_strategy("full_finetune")
FACTS = Facts(
    rows=1_000, labelled=1_000, unlabelled=0, classes={"a": 600, "b": 400}, smallest_class=400, median_class=500,
    tokens_p50=30, tokens_p95=60, tokens_max=90, max_length=256, cut_off=0, duplicates=0, data_size="medium",
    mostly_unlabelled=False,
)  # fmt: skip
LAPTOP = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")


@pytest.fixture
def fitted(fit_input: Callable[..., Any], tiny_base: Callable[[str], Path]) -> Callable[..., tuple[Any, Any]]:
    """Two rounds over 24 reviews with a tiny random base; what was given and said, and what came of it."""

    def fit(rows: dict[str, int] | None = None, base: str = "bert", **more: Any) -> tuple[Any, Any]:
        wishes = {"epochs": 2, "batch_size": 8, **more}
        run = fit_input("full_finetune", rows or {"negative": 12, "positive": 12}, base=str(tiny_base(base)), **wishes)
        return run, STRATEGY.fit(run.given)

    return fit


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each network was made with, in the order of their making."""
    made: list[dict[str, Any]] = []

    class Watched(classifier.TextClassifier):
        def __init__(
            self, encoder: Any, head: Any, layers: Any, dropout: float, class_weights: Any, *more: Any
        ) -> None:
            super().__init__(encoder, head, layers, dropout, class_weights, *more)
            made.append({"dropout": dropout, "weights": None if class_weights is None else class_weights.numpy()})

    monkeypatch.setattr(classifier, "TextClassifier", Watched)
    return made


def test_the_picture_shows_that_everything_moves() -> None:
    blocks = STRATEGY.blocks(6)
    assert [block.name for block in blocks] == ["embeddings", *(f"block {i}" for i in range(1, 7)), "classifier"]
    assert all(block.moves for block in blocks)


def test_the_estimate_is_a_range_that_grows_with_the_work() -> None:
    def cost(facts: Facts = FACTS, machine: Machine = LAPTOP, **wishes: Any) -> tuple[float, float, float]:
        found = STRATEGY.estimate(facts, machine, make_settings(Settings, wishes))
        assert 0 < found.seconds_low < found.seconds_high
        assert found.memory_mb > 0
        return found.seconds_low, found.seconds_high, found.memory_mb

    assert cost(replace(FACTS, labelled=20_000)) > cost()
    assert cost(replace(FACTS, tokens_p50=200)) > cost()
    assert cost(epochs=20) > cost(epochs=2)
    assert cost(batch_size=64)[2] > cost(batch_size=8)[2]
    assert cost(replace(FACTS, tokens_p50=200), max_length=16) < cost()
    assert cost(machine=replace(LAPTOP, cores=8)) < cost()
    assert cost(machine=replace(LAPTOP, bf16=False)) > cost()
    assert cost(machine=replace(LAPTOP, gpu="a card", gpu_memory_mb=16_000)) < cost()
    assert (
        cost()[1]
        > get_strategy("frozen_features")
        .estimate(FACTS, LAPTOP, make_settings(get_strategy("frozen_features").Settings, {}))
        .seconds_high
    )


def test_with_a_few_dozen_reviews_it_beats_what_needs_no_language_model(fit_input: Callable[..., Any]) -> None:
    run = fit_input("full_finetune", {"negative": 24, "positive": 24}, unseen=40, epochs=3)
    given, found = run.given, STRATEGY.fit(run.given)
    truth, targets = given.validation_y, [str(y) for y in given.train_y]

    def score(answers: Any) -> float:
        return float(f1_score(truth, [int(a) for a in answers], average="macro"))

    learned = score(found.validation_probabilities.argmax(1))
    assert learned > 0.75
    assert learned > score(tfidf_answers(given.train_texts, targets, given.validation_texts)) + 0.1
    assert learned > score(majority_answers(targets, given.validation_texts)) + 0.2
    rounds = run.of("eval")
    assert rounds[0]["epoch"] == 0
    assert rounds[0]["macro_f1"] > 0.65  # the head was taught before the first step
    assert rounds[-1]["loss"] < rounds[0]["loss"]
    assert found.chosen["validation_macro_f1"] == pytest.approx(max(one["macro_f1"] for one in rounds), abs=1e-4)
    assert learned == pytest.approx(found.chosen["validation_macro_f1"], abs=1e-4)


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "electra"])
def test_every_family_is_trained_from_the_embeddings_to_the_head(
    fitted: Callable[..., Any], tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    from tlcore.models.load import load_encoder

    scores = iter([0.1, 0.2, 0.3])

    def better_each_round(*_: Any) -> dict[str, float]:
        return {"eval_loss": 1.0, "eval_macro_f1": (score := next(scores)), "eval_auroc": score}

    monkeypatch.setattr("tlcore.engine.loop.validation_metrics", better_each_round)
    run, found = fitted(base=family)
    blocks = int(found.encoder.config.num_hidden_layers)
    assert run.phases == ["encode", "head", "finetune"]
    assert found.layers[-1] == blocks
    assert found.trainable_parameters == found.total_parameters > 500_000
    assert [one["epoch"] for one in run.of("eval")] == [0, 1, 2]
    first, last = run.of("blocks")[0]["blocks"], run.of("blocks")[-1]["blocks"]
    assert [one["moves"] for one in first] == [False] * (blocks + 1) + [True]
    assert all(one["moves"] for one in last)
    assert len(last) == blocks + 2
    assert all(np.isfinite(v.numpy()).all() for v in found.encoder.state_dict().values())
    assert np.allclose(found.validation_probabilities.sum(1), 1, atol=1e-4)
    assert not any(value.is_cuda for value in found.encoder.state_dict().values())
    assert found.epochs == 2
    before = load_encoder(tiny_base(family)).state_dict()
    moved = [name for name, value in found.encoder.state_dict().items() if not (value == before[name]).all()]
    for part in ("word_embeddings", "layer.0", f"layer.{blocks - 1}"):
        assert any(part in name for name in moved), part


def test_rounds_and_texts_a_step_are_those_asked_for(fitted: Callable[..., Any]) -> None:
    run, found = fitted(epochs=3, batch_size=5)
    assert [one["epoch"] for one in run.of("eval")] == [0, 1, 2, 3]
    assert run.of("step")[-1]["step"] == run.of("step")[-1]["total_steps"] == 3 * 5  # 24 rows by 5
    assert found.epochs == found.chosen["best_epoch"] <= 3


def test_nothing_asked_for_means_the_defaults_for_so_many_rows(fitted: Callable[..., Any]) -> None:
    run, _ = fitted(epochs=0, batch_size=0)
    assert run.of("step")[-1]["total_steps"] == MAX_EPOCHS * 2  # 24 rows by 16


def test_lower_blocks_learn_more_slowly_and_the_head_at_its_own_pace(fitted: Callable[..., Any]) -> None:
    run, _ = fitted(learning_rate=4e-4, layer_decay=0.5, head_learning_rate=8e-4, warmup=0.5)
    rates = run.of("step")[0]["rates"]
    assert set(rates) == {"embeddings", "block 1", "block 2", "block 3", "top", "head"}
    assert rates["block 2"] / rates["block 3"] == pytest.approx(0.5)
    assert rates["block 1"] / rates["block 2"] == pytest.approx(0.5)
    assert rates["embeddings"] / rates["block 3"] == pytest.approx(0.125)
    assert rates["head"] / rates["block 3"] == pytest.approx(2)
    # after 1 of 6 steps, of which the first 3 are a gentle start
    assert rates["head"] == pytest.approx(8e-4 / 3)


def test_without_a_gentle_start_the_first_step_is_as_large_as_asked_for(fitted: Callable[..., Any]) -> None:
    run, _ = fitted(learning_rate=4e-4, warmup=0.0)
    assert run.of("step")[0]["rates"]["block 3"] == pytest.approx(4e-4 * 5 / 6)


@pytest.mark.parametrize("patience", [1, 4])
def test_patience_is_the_one_asked_for(
    fitted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, patience: int
) -> None:
    def never_better(*_: Any) -> dict[str, float]:
        return {"eval_loss": 1.0, "eval_macro_f1": 0.5, "eval_auroc": 0.5}

    monkeypatch.setattr("tlcore.engine.loop.validation_metrics", never_better)
    monkeypatch.setattr("tlcore.engine.training.validation_metrics", never_better)
    run, found = fitted(epochs=9, patience=patience, warmup=0.0)
    assert [one["epoch"] for one in run.of("eval")] == list(range(patience + 1))
    assert found.epochs == 0
    assert any("number 0" in note["text"] for note in run.of("note"))


def test_classes_weigh_more_the_rarer_they_are_if_they_are_uneven(
    fitted: Callable[..., Any], networks: list[dict[str, Any]]
) -> None:
    uneven = {"negative": 24, "positive": 6}
    fitted()
    fitted(uneven)
    fitted(uneven, class_weight="none")
    fitted(uneven, class_weight="balanced")
    even, auto, none, balanced = [made["weights"] for made in networks]
    assert even is None
    assert none is None
    assert balanced[1] / balanced[0] == pytest.approx(4, rel=1e-4)
    assert 1 < auto[1] / auto[0] < 4
    for weights in (auto, balanced):
        assert (24 * weights[0] + 6 * weights[1]) / 30 == pytest.approx(1, rel=1e-4)  # the loss keeps its size


def test_dropout_is_the_one_asked_for(fitted: Callable[..., Any], networks: list[dict[str, Any]]) -> None:
    fitted(dropout=0.4)
    assert networks[0]["dropout"] == 0.4


def test_weight_decay_is_the_one_asked_for_and_spares_biases_and_norms(
    fitted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlcore.engine import loop

    seen: list[Any] = []
    real = loop.open_phase
    monkeypatch.setattr(loop, "open_phase", lambda *args: seen.append(real(*args)) or seen[-1])
    fitted(weight_decay=0.2)
    decays = {parameter.ndim >= 2: group["weight_decay"] for group in seen[0] for parameter in group["params"]}
    assert decays == {True: 0.2, False: 0.0}


@pytest.mark.parametrize(("wish", "cut"), [(8, 8), (256, 130)])
def test_texts_are_cut_at_the_length_asked_for_or_that_the_base_can_read(
    fitted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, wish: int, cut: int
) -> None:
    seen: list[int] = []
    real = tokens.tokenize

    def spy(*args: Any) -> list[list[int]]:
        ids = real(*args)
        seen.extend(map(len, ids))
        return ids

    monkeypatch.setattr(tokens, "tokenize", spy)
    _, found = fitted(max_length=wish)
    assert found.max_length == cut
    assert len(seen) == 24 + 16
    assert max(seen) <= cut


def test_the_seed_decides(fitted: Callable[..., Any]) -> None:
    def losses(seed: int) -> list[float]:
        run, _ = fitted(seed=seed, learning_rate=5e-4, head_learning_rate=1e-2)
        return [one["loss"] for one in run.of("eval")]

    first, again, other = losses(1), losses(1), losses(2)
    assert np.allclose(first, again, atol=1e-4)
    assert not np.allclose(first, other, atol=1e-4)


def test_without_validation_rows_a_model_is_kept_and_no_probabilities_are_made_up(fitted: Callable[..., Any]) -> None:
    run, found = fitted(unseen=0)
    assert found.validation_probabilities is None
    rounds = run.of("eval")
    assert [(one["loss"], one["macro_f1"]) for one in rounds] == [(None, None)] * 3
    assert found.epochs == 2  # the last round is kept, not the untrained start
    assert found.chosen["validation_macro_f1"] is None
    assert found.head.weight.shape == (2, 32)


def test_stop_and_keep_ends_early_with_the_best_so_far(
    fitted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    monkeypatch.setattr(blending, "SHARES", ())
    monkeypatch.setattr(callbacks.Steps, "saw_loss", lambda *_: steps.append(1))
    run, found = fitted(epochs=50, stop_wish=lambda: "keep" if len(steps) > 4 else None, patience=20)
    rounds = run.of("eval")
    assert rounds[-1]["step"] == 5  # 3 steps a round: it ended inside the second
    assert [one["step"] for one in rounds] == [0, 3, 5]
    assert found.chosen["validation_macro_f1"] == pytest.approx(max(one["macro_f1"] for one in rounds), abs=1e-4)
    y = run.given.validation_y
    kept = f1_score(y, found.validation_probabilities.argmax(1), average="macro")
    assert kept == pytest.approx(found.chosen["validation_macro_f1"], abs=1e-4)


def test_cancel_raises_while_texts_are_read_and_while_training(fitted: Callable[..., Any]) -> None:
    def cancel() -> None:
        raise StopRequested("cancel")

    with pytest.raises(StopRequested):
        fitted(check_stop=cancel)
    looks: list[int] = []

    def wish() -> str | None:
        looks.append(1)
        return "cancel" if len(looks) > 2 else None

    def check_stop() -> None:
        if len(looks) > 2:
            raise StopRequested("cancel")

    with pytest.raises(StopRequested):
        fitted(epochs=50, stop_wish=wish, check_stop=check_stop)
    assert len(looks) == 3
