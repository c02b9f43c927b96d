"""tlcore.strategies.tuning: whatever part of the model moves, it learns from a few dozen rows, and the head comes first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.metrics import f1_score

from tlcore.engine import blending, callbacks, cut, forgetting, loop, training
from tlcore.engine.forgetting import LIMIT, Geometry
from tlcore.errors import StopRequested
from tlcore.evaluate.baselines import majority_answers, tfidf_answers
from tlcore.models.load import load_encoder
from tlcore.plan import make_settings
from tlcore.strategies import get_strategy


@pytest.mark.parametrize("name", ["top_layers", "lora", "bitfit"])
def test_with_a_few_dozen_reviews_it_beats_what_needs_no_language_model(
    fit_input: Callable[..., Any], name: str
) -> None:
    run = fit_input(name, {"negative": 24, "positive": 24}, unseen=40, epochs=3)
    given, found = run.given, get_strategy(name).fit(run.given)
    probabilities: Any = found.validation_probabilities
    truth, targets = given.validation_y, [str(y) for y in given.train_y]

    def score(answers: Any) -> float:
        return float(f1_score(truth, [int(a) for a in answers], average="macro"))

    learned = score(probabilities.argmax(1))
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


NAMES = ["top_layers", "lora", "bitfit", "full_finetune"]


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each training was begun with: where the model was cut (None: nowhere), what was stored, what judges a round."""
    begun: list[dict[str, Any]] = []
    real = loop.run_phases

    def spy(model: Any, rows: Any, phases: Any, recipe: Any, *more: Any) -> Any:
        at = None if model.cut is None else model.cut.at
        begun.append({"at": at, "stored": [side.stored is not None for side in rows], "watch": recipe.watch})
        return real(model, rows, phases, recipe, *more)

    monkeypatch.setattr(loop, "run_phases", spy)
    return begun


@pytest.mark.parametrize("name", NAMES)
def test_what_the_model_still_sees_as_before_is_told_after_each_round_and_kept(
    tuned: Callable[..., Any], tiny_base: Callable[[str], Path], always_better: None, name: str
) -> None:
    rate = 5e-4 if name in ("top_layers", "full_finetune") else 1e-2
    run, found = tuned(name, "xlm-roberta", learning_rate=rate)
    told, rounds = run.of("forgetting"), run.of("eval")
    assert [event["step"] for event in told] == [event["step"] for event in rounds]
    assert told[0]["similarity"] == pytest.approx(1, abs=3e-4)  # attention is computed in another way by then
    assert all(0 <= event["similarity"] <= 1 and event["limit"] == LIMIT for event in told)
    assert found.chosen["slowed_down"] == 0
    kept = found.chosen["similarity_to_before"]
    assert kept == told[-1]["similarity"] < 1  # of the weights that are kept: here those of the last round
    now = Geometry(load_encoder(tiny_base("xlm-roberta")), tiny_base("xlm-roberta")).similarity(found.encoder)
    assert kept == pytest.approx(now, abs=2e-3)  # of LoRA the parts are merged now
    assert any(f"{kept:.0%} as it did before" in note["text"] for note in run.of("note"))


def test_once_it_forgets_its_body_learns_half_as_fast_and_that_is_said(
    tuned: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_EVENTS", 0.0)

    def rates(similarities: list[float]) -> tuple[list[dict[str, float]], Any, Any]:
        said = iter(similarities)
        monkeypatch.setattr(forgetting.Geometry, "similarity", lambda *_: next(said))
        run, found = tuned("full_finetune")
        return [event["rates"] for event in run.of("step")], run, found

    calm, _, steady = rates([1.0, 0.9, 0.8, 0.7, 0.7])
    slowed, run, found = rates([1.0, 0.4, 0.3, 0.2, 0.2])
    assert (steady.chosen["slowed_down"], found.chosen["slowed_down"]) == (0, 2)  # not after the last step
    assert len([note for note in run.of("note") if "half as fast" in note["text"]]) == 2
    by = [1] * 3 + [2] * 3 + [4] * 3
    assert len(slowed) == len(calm) == 9
    for factor, one, other in zip(by, calm, slowed, strict=True):
        for group in one:
            assert other[group] == pytest.approx(one[group] / (1 if group == "head" else factor)), group


@pytest.mark.parametrize(("wish", "best"), [("macro_f1", 1), ("auroc", 2)])
def test_rounds_are_judged_by_what_was_asked_for(
    tuned: Callable[..., Any], trainings: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, wish: str, best: int
) -> None:
    rounds = iter([(0.1, 0.5), (0.9, 0.6), (0.5, 0.8), (0.6, 0.7)])

    def judged(*_: Any) -> dict[str, float]:
        f1, area = next(rounds)
        return {"eval_loss": 1.0, "eval_macro_f1": f1, "eval_auroc": area}

    monkeypatch.setattr(loop, "validation_metrics", judged)
    run, found = tuned("full_finetune", watch=wish)
    assert trainings[0]["watch"] == wish
    assert found.chosen["best_epoch"] == best
    assert found.chosen[f"validation_{wish}"] == {"macro_f1": 0.9, "auroc": 0.8}[wish]
    assert [event["auroc"] for event in run.of("eval")] == [0.5, 0.6, 0.8, 0.7]


def test_unless_asked_rounds_are_judged_by_macro_f1(tuned: Callable[..., Any], trainings: list[dict[str, Any]]) -> None:
    _, found = tuned("full_finetune", epochs=1)
    assert trainings[0]["watch"] == "macro_f1"
    assert "validation_macro_f1" in found.chosen


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("wish", "layers"), [("last", (3,)), ("thirds", (1, 2, 3)), ("all", (0, 1, 2, 3))])
def test_the_classifier_reads_the_layers_asked_for(
    tuned: Callable[..., Any], name: str, wish: str, layers: tuple[int, ...]
) -> None:
    more = {"open_blocks": 1} if name == "top_layers" else {}
    _, found = tuned(name, layers=wish, epochs=1, **more)
    assert tuple(found.chosen["layers"]) == found.layers == layers
    assert found.head.weight.shape == (2, 32 * len(layers))


@pytest.mark.parametrize("family", ["bert", "distilbert", "deberta-v2", "modernbert"])
def test_with_lower_blocks_that_stay_training_starts_above_them(
    tuned: Callable[..., Any], trainings: list[dict[str, Any]], family: str
) -> None:
    _, found = tuned("top_layers", family, open_blocks=1, epochs=1)
    blocks = int(found.encoder.config.num_hidden_layers)
    assert [(one["at"], one["stored"]) for one in trainings] == [(blocks - 1, [True, True])]
    assert not [name for name, module in found.encoder.named_modules() if "forward" in vars(module)]  # put back


@pytest.mark.parametrize("name", ["lora", "bitfit", "full_finetune", "top_layers"])
def test_where_every_block_moves_it_starts_at_the_bottom(
    tuned: Callable[..., Any], trainings: list[dict[str, Any]], name: str
) -> None:
    tuned(name, epochs=1, **({"open_blocks": 3, "gradual": False} if name == "top_layers" else {}))
    assert [(one["at"], one["stored"]) for one in trainings] == [(None, [False, False])]


@pytest.mark.parametrize("family", ["albert", "xlnet"])
def test_a_family_that_cannot_be_cut_is_trained_whole(
    tuned: Callable[..., Any], trainings: list[dict[str, Any]], always_better: None, family: str
) -> None:
    run, found = tuned("top_layers", family, open_blocks=1, epochs=2)
    assert trainings[0]["at"] is None
    assert [event["epoch"] for event in run.of("eval")] == [0, 1, 2]
    assert found.chosen["moved"] > 0


def test_where_memory_is_short_it_is_trained_whole_from_the_same_start(
    tuned: Callable[..., Any], trainings: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    above, _ = tuned("top_layers", open_blocks=1, epochs=1, layers="all")
    monkeypatch.setattr(cut, "MOST_STORED_BYTES", 10_000)
    whole, _ = tuned("top_layers", open_blocks=1, epochs=1, layers="all")
    assert [one["at"] for one in trainings] == [2, None]
    assert above.of("eval")[0]["loss"] == pytest.approx(whole.of("eval")[0]["loss"], abs=0.01)


def test_without_validation_rows_it_starts_above_them_too(
    tuned: Callable[..., Any], trainings: list[dict[str, Any]]
) -> None:
    _, found = tuned("top_layers", open_blocks=1, epochs=1, unseen=0)
    assert trainings[0]["at"] == 2
    assert found.validation_probabilities is None


@pytest.mark.parametrize("name", ["top_layers", "lora"])
def test_paused_and_gone_on_with_it_leaves_the_same_model(
    tuned: Callable[..., Any], always_better: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(blending, "SHARES", (0.5,))  # what it is mixed with must be the same start, too
    more: dict[str, Any] = {"open_blocks": 2} if name == "top_layers" else {}
    _, whole = tuned(name, epochs=4, **more)
    shutil.rmtree(tmp_path / "work")
    looks: list[int] = []

    def wish() -> str | None:
        looks.extend([1] * (tmp_path / "work" / "head.json").exists())
        return "pause" if len(looks) > 12 else None  # some steps after the head was taught

    def check() -> None:
        if said := wish():
            raise StopRequested(said)

    with pytest.raises(StopRequested) as caught:
        tuned(name, epochs=4, stop_wish=wish, check_stop=check, **more)
    assert caught.value.wish == "pause"
    assert (tmp_path / "work" / "checkpoint").is_dir()
    run, again = tuned(name, epochs=4, **more)
    assert run.of("resumed")[0]["step"] > 0
    assert run.phases == ["finetune"]  # the texts are not read again
    expected = whole.encoder.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in again.encoder.state_dict().items())
    assert again.chosen == whole.chosen
    assert again.chosen["share_kept"] == 0.5
    assert again.epochs == 4  # of weights that have moved to the end


def told(
    tuned: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, similarities: list[float], epochs: int
) -> tuple[list[dict[str, float]], Any]:
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_EVENTS", 0.0)
    said = iter([*similarities, *similarities[-1:] * 20])
    monkeypatch.setattr(forgetting.Geometry, "similarity", lambda *_: next(said))
    run, found = tuned("top_layers", open_blocks=2, epochs=epochs)
    assert found.chosen["phases"] == ["top 1", "top 2"]
    return [event["rates"] for event in run.of("step")], found


def test_a_body_that_was_slowed_down_stays_so_in_the_next_phase(
    tuned: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # 8 rounds: 2 of the first phase, 6 of the second. The first round of the first phase falls below the limit.
    calm, _ = told(tuned, monkeypatch, [1.0, 0.9], 8)
    slowed, found = told(tuned, monkeypatch, [1.0, 0.4, 0.45], 8)
    assert found.chosen["slowed_down"] == 1
    for one, other in list(zip(calm, slowed, strict=True))[3:]:
        assert other["block 3"] == pytest.approx(one["block 3"] / 2)
        assert other["head"] == pytest.approx(one["head"])


def test_what_is_first_seen_at_the_end_of_a_phase_slows_the_next_one(
    tuned: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # 4 rounds: 1 of the first phase, 3 of the second; the only look of the first phase comes after its last step.
    _, found = told(tuned, monkeypatch, [1.0, 0.4, 0.4], 4)
    assert found.chosen["slowed_down"] >= 1


@pytest.mark.parametrize("name", ["full_finetune", "top_layers"])
def test_the_mixture_with_the_model_as_it_came_that_does_best_is_kept_and_told(
    tuned: Callable[..., Any],
    tiny_base: Callable[[str], Path],
    always_better: None,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    _, trained = tuned(name)
    assert trained.chosen["share_kept"] == 1
    monkeypatch.setattr(blending, "SHARES", (0.25, 0.5, 0.75))
    scores = iter([0.2, 0.99, 0.3])
    monkeypatch.setattr(training, "validation_metrics", lambda *_: {"eval_loss": 1.0, "eval_macro_f1": next(scores)})
    run, mixed = tuned(name)
    assert mixed.chosen["share_kept"] == 0.5
    assert mixed.chosen["validation_macro_f1"] == 0.99
    assert any("50% of what was learned is kept" in note["text"] for note in run.of("note"))
    came, end = load_encoder(tiny_base("bert")).state_dict(), trained.encoder.state_dict()
    for weight, value in mixed.encoder.state_dict().items():
        assert torch.allclose(value, came[weight].lerp(end[weight], 0.5), atol=1e-6), weight
    assert any(not torch.equal(came[weight], end[weight]) for weight in came)


@pytest.mark.parametrize(("half", "kept"), [(0.6, (0.5, 2.0)), (0.4, (1.0, 0.0))])
def test_where_no_round_beats_the_start_half_of_what_was_learned_may(
    tuned: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, half: float, kept: tuple[float, float]
) -> None:
    """Judged: the start 0.5, two rounds below it (the second the better one), then one mixture of that round with the start."""
    monkeypatch.setattr(blending, "SHARES", (0.5,))
    scores = [0.5, 0.2, 0.3]
    said: list[float] = []

    def metrics(*_: Any) -> dict[str, float]:
        said.append(scores[len(said)] if len(said) < len(scores) else half)
        return {"eval_loss": 1.0, "eval_macro_f1": said[-1], "eval_auroc": 0.5}

    monkeypatch.setattr(training, "validation_metrics", metrics)
    monkeypatch.setattr(loop, "validation_metrics", metrics)
    run, found = tuned("full_finetune", epochs=2)
    assert said == [*scores, half]
    assert (found.chosen["share_kept"], found.chosen["best_epoch"]) == kept
    assert found.chosen["validation_macro_f1"] == max(0.5, half)
    assert any("50% of what was learned" in note["text"] for note in run.of("note")) is (half > 0.5)
    assert (found.chosen["similarity_to_before"] == 1.0) is (half < 0.5)


@pytest.mark.parametrize("wish", ["keep", "cancel"])
def test_while_it_is_mixed_a_cancel_is_heard_and_what_is_to_be_kept_is_kept(
    tuned: Callable[..., Any], always_better: None, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    monkeypatch.setattr(blending, "SHARES", (0.5,))
    learned: list[bool] = []
    real = loop.run_phases

    def spy(*given: Any) -> Any:
        best = real(*given)
        learned.append(True)
        return best

    def refuse() -> None:
        if learned:
            raise StopRequested(wish)

    monkeypatch.setattr(loop, "run_phases", spy)
    asked = {"stop_wish": lambda: wish if learned else None, "check_stop": refuse}
    if wish == "cancel":
        with pytest.raises(StopRequested):
            tuned("full_finetune", epochs=1, **asked)
    else:
        assert tuned("full_finetune", epochs=1, **asked)[1].chosen["share_kept"] == 0.5
