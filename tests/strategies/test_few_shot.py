"""tlcore.strategies.few_shot: from eight rows a class it learns more than from each alone, and says what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tlcore.errors import StopRequested
from tlcore.evaluate.baselines import majority_answers, tfidf_answers
from tlcore.facts import Facts
from tlcore.machine import Machine
from tlcore.plan import make_settings
from tlcore.strategies import get_strategy
from tlcore.strategies.few_shot import MOST_TOKENS_A_STEP, STEPS, Settings, _how

STRATEGY = get_strategy("few_shot")
FACTS = Facts(
    rows=160, labelled=160, unlabelled=0, classes={f"class {i}": 16 for i in range(10)}, smallest_class=16, median_class=16,
    tokens_p50=30, tokens_p95=60, tokens_max=90, max_length=256, cut_off=0, duplicates=0, data_size="small",
    mostly_unlabelled=False,
)  # fmt: skip
LAPTOP = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")


def test_with_eight_reviews_a_class_it_beats_what_needs_no_language_model(fit_input: Callable[..., Any]) -> None:
    run = fit_input("few_shot", {"negative": 8, "positive": 8}, unseen=40)
    given, found = run.given, STRATEGY.fit(run.given)
    truth, targets = given.validation_y, [str(y) for y in given.train_y]

    def score(answers: Any) -> float:
        return float(f1_score(truth, [int(a) for a in answers], average="macro"))

    learned = score(found.validation_probabilities.argmax(1))
    assert learned > score(tfidf_answers(given.train_texts, targets, given.validation_texts)) + 0.1
    assert learned > score(majority_answers(targets, given.validation_texts)) + 0.2
    assert np.allclose(found.validation_probabilities.sum(1), 1, atol=1e-4)
    losses = [event["loss"] for event in run.of("step")]
    assert losses[-1] < losses[0]
    assert run.phases == list(STRATEGY.job_phases)
    assert 0 < found.chosen["similarity_to_before"] <= 1


@pytest.fixture
def fitted(fit_input: Callable[..., Any], tiny_base: Callable[[str], Any]) -> Callable[..., tuple[Any, Any]]:
    def fit(rows: dict[str, int] | None = None, **more: Any) -> tuple[Any, Any]:
        wishes = {"base": str(tiny_base("bert")), "steps": 4, **more}
        run = fit_input("few_shot", rows or {"negative": 8, "positive": 8}, **wishes)
        return run, STRATEGY.fit(run.given)

    return fit


def test_embeddings_stay_and_all_blocks_move(fitted: Callable[..., Any], moved: Callable[..., set[str]]) -> None:
    run, found = fitted()
    names = moved(found, "bert")
    assert names
    assert all("encoder.layer." in name for name in names)
    assert {name.split("layer.")[1][0] for name in names} == {"0", "1", "2"}
    still, contrast, fit = ([block["moves"] for block in event["blocks"]] for event in run.of("blocks"))
    assert contrast == [False, True, True, True, False]
    assert still == fit == [False, False, False, False, True]
    assert found.trainable_parameters == found.chosen["moved"] + 2 * 32 + 2
    assert any(f"{found.chosen['moved']:,} of the model's" in note["text"] for note in run.of("note"))


def test_the_same_seed_gives_the_same_model(fitted: Callable[..., Any]) -> None:
    first, second = (fitted(seed=3)[1] for _ in range(2))
    assert np.array_equal(first.head.weight, second.head.weight)
    assert np.array_equal(first.validation_probabilities, second.validation_probabilities)


def test_validation_rows_are_learned_from_in_the_end_but_not_judged_by_a_head_that_saw_them(
    fitted: Callable[..., Any],
) -> None:
    _, found = fitted(unseen=8)
    _, alone = fitted(unseen=0)
    assert found.validation_probabilities.shape == (16, 2)
    assert np.allclose(found.validation_probabilities.sum(1), 1, atol=1e-4)
    assert alone.validation_probabilities is None
    assert not np.array_equal(found.head.weight, alone.head.weight)


def test_what_the_classifier_reads_is_chosen_or_as_wished(fitted: Callable[..., Any]) -> None:
    run, found = fitted()
    layers = next(event for event in run.of("choice") if event["what"] == "layers")
    assert tuple(layers["chosen"]) == found.layers == found.chosen["layers"]
    assert fitted(layers="last")[1].layers == (3,)
    uneven = {"negative": 4, "positive": 16}
    assert fitted(uneven, class_weight="balanced")[1].chosen["balanced"]
    assert not fitted(uneven, class_weight="none")[1].chosen["balanced"]


def test_steps_are_as_many_as_wished_and_long_texts_come_in_smaller_batches(fit_input: Callable[..., Any]) -> None:
    from tlcore.engine.training import Rows

    given = fit_input("few_shot", {"negative": 8, "positive": 8}).given
    short, long = (Rows([[1] * length] * 64, [0, 1] * 32) for length in (20, 512))
    assert (_how(given, short, 1).steps, _how(given, short, 1).batch_size) == (STEPS, 64)
    assert _how(given, long, 1).batch_size == MOST_TOKENS_A_STEP // 512
    assert _how(replace(given, settings=make_settings(Settings, {"steps": 7})), short, 1).steps == 7


def test_a_cancel_ends_it_and_keep_goes_on_to_a_model(fitted: Callable[..., Any]) -> None:
    def stop() -> None:
        raise StopRequested("cancel")

    with pytest.raises(StopRequested):
        fitted(stop_wish=lambda: "cancel", check_stop=stop)
    assert fitted(stop_wish=lambda: "keep")[1].chosen["steps"] == 1


def test_the_estimate_is_a_range_that_grows_with_the_work() -> None:
    def cost(facts: Facts = FACTS, machine: Machine = LAPTOP, **wishes: Any) -> tuple[float, float, float]:
        found = STRATEGY.estimate(facts, machine, make_settings(Settings, wishes))
        assert 0 < found.seconds_low < found.seconds_high
        assert found.memory_mb > 0
        return found.seconds_low, found.seconds_high, found.memory_mb

    assert cost(replace(FACTS, labelled=40)) < cost()
    assert cost(steps=300) > cost()
    assert cost(replace(FACTS, tokens_p50=60)) > cost()
    assert cost(machine=replace(LAPTOP, bf16=False)) > cost()


def test_the_picture_shows_all_blocks_and_still_embeddings() -> None:
    assert [block.moves for block in STRATEGY.blocks(2)] == [False, True, True, True]
