"""tlcore.strategies.mlm_then_finetune: perplexity falls, the model learns, the base is kept, and going on begins where it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score

from tests.made_domain import sentences
from tlcore.errors import StopRequested, TlcoreError
from tlcore.evaluate.baselines import majority_answers
from tlcore.facts import Facts
from tlcore.files import read_json
from tlcore.machine import Machine
from tlcore.models.bases import ADAPTED, ADAPTED_ABOUT, base_folder, get_base
from tlcore.models.load import load_encoder
from tlcore.plan import make_settings
from tlcore.strategies import get_strategy
from tlcore.strategies.mlm_then_finetune import FEWEST_TEXTS, Settings, default_epochs

STRATEGY = get_strategy("mlm_then_finetune")
FACTS = Facts(
    rows=6_000, labelled=500, unlabelled=5_500, classes={"a": 250, "b": 250}, smallest_class=250, median_class=250,
    tokens_p50=30, tokens_p95=60, tokens_max=90, max_length=256, cut_off=0, duplicates=0, data_size="small",
    mostly_unlabelled=True,
)  # fmt: skip
LAPTOP = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")


@pytest.fixture
def domain(fit_input: Callable[..., Any]) -> Callable[..., Any]:
    """FitInput on sentences of a made domain: 60 to read, 16 to learn from, 24 to validate on."""

    def build(base: str = "minilm", then: str = "frozen_features", read: int = 60, **wishes: Any) -> Any:
        more = {name: wishes.pop(name) for name in ("seed", "stop_wish", "check_stop") if name in wishes}
        run = fit_input("mlm_then_finetune", {"negative": 1, "positive": 1}, base=base, **more, **wishes)
        texts, kinds = sentences(read + 40)
        y = [sorted(set(kinds)).index(kind) for kind in kinds]
        run.given = replace(
            run.given, plan=replace(run.given.plan, then=then), labels=sorted(set(kinds)),
            train_texts=texts[read : read + 16], train_y=y[read : read + 16], validation_texts=texts[read + 16 :],
            validation_y=y[read + 16 :], unlabelled_texts=texts[:read],
        )  # fmt: skip
        return run

    return build


def test_perplexity_falls_and_the_model_learns(domain: Callable[..., Any]) -> None:
    run = domain(epochs=4, batch_size=8)
    given, found = run.given, STRATEGY.fit(run.given)
    about = found.pretraining
    assert about["after"] < 0.5 * about["before"]
    assert about["objective"] == "masked"
    assert (about["held_out"], about["texts"]) == (8, 76 - 8)
    told = [event["perplexity"] for event in run.of("perplexity")]
    assert told[0] == pytest.approx(about["before"], rel=0.01)
    assert min(told) == pytest.approx(about["after"], rel=0.01)
    assert run.of("read_step")[-1]["perplexity"] < run.of("read_step")[0]["perplexity"]
    truth, majority = given.validation_y, majority_answers([str(y) for y in given.train_y], given.validation_texts)
    learned = f1_score(truth, found.validation_probabilities.argmax(1), average="macro")
    assert learned > f1_score(truth, [int(one) for one in majority], average="macro") + 0.4
    assert run.phases == ["mlm_head", "mlm_head", "mlm", "encode", "choose", "curve", "fit", "compare"]
    assert found.chosen["then"] == "frozen_features"
    assert found.unadapted is not None
    assert found.unadapted.pretraining is None


def test_the_base_that_read_is_kept_and_is_a_base_of_its_own(
    domain: Callable[..., Any], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    run = domain(str(tiny_base("bert")), epochs=1, compare=False)
    run.given = replace(run.given, keep_folder=tmp_path / "run")
    found = STRATEGY.fit(run.given)
    folder = tmp_path / "run" / ADAPTED
    assert found.tokenizer_folder == folder
    assert found.unadapted is None
    assert base_folder(str(tmp_path / "run")) == folder  # by the name of the run
    about, base = read_json(folder / ADAPTED_ABOUT), get_base(str(tmp_path / "run"))
    assert base.revision == f"sha256:{about['sha256']}"
    assert (base.blocks, base.width) == (3, 32)
    assert "tiny-bert, which has read 68 of your texts" in base.sentence
    before, after = (load_encoder(one).state_dict() for one in (tiny_base("bert"), folder))
    moved = {name for name, value in after.items() if not torch.equal(value, before[name]) and "pooler" not in name}
    assert {"embeddings", "encoder"} == {name.split(".")[0] for name in moved}
    assert about["moved"] > 0.95 * sum(value.numel() for value in after.values())


@pytest.mark.parametrize("then", ["full_finetune", "few_shot"])
def test_another_way_may_follow(domain: Callable[..., Any], tiny_base: Callable[[str], Path], then: str) -> None:
    run = domain(str(tiny_base("bert")), then, epochs=1)
    found = STRATEGY.fit(run.given)
    assert found.chosen["then"] == found.pretraining["then"] == then
    assert found.trainable_parameters >= found.pretraining["moved"]
    assert run.phases[3:] == [*get_strategy(then).job_phases, "compare"]


def test_a_decoder_reads_by_guessing_each_next_word(domain: Callable[..., Any], tiny_decoder: Path) -> None:
    run = domain(str(tiny_decoder), epochs=12, learning_rate=2e-3, batch_size=8, compare=False)
    about = STRATEGY.fit(run.given).pretraining
    assert about["objective"] == "causal"
    assert about["after"] < 0.8 * about["before"]


def test_a_paused_reading_goes_on_to_the_same_base(
    domain: Callable[..., Any], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    wishes: dict[str, Any] = {"epochs": 3, "batch_size": 8, "compare": False, "base": str(tiny_base("bert"))}

    def weights(folder: Path) -> dict[str, Any]:
        return {
            name: value for name, value in load_encoder(folder / ADAPTED).state_dict().items() if "pooler" not in name
        }

    run = domain(**wishes)
    run.given = replace(run.given, keep_folder=tmp_path / "whole")
    STRATEGY.fit(run.given)

    def wish() -> str | None:
        return "pause" if any(event.get("step", 0) >= 13 for event in events) else None

    def stop() -> None:
        if wish():
            raise StopRequested("pause")

    broken = domain(**wishes, stop_wish=wish, check_stop=stop)
    events = broken.events
    broken.given = replace(broken.given, keep_folder=tmp_path / "paused", work_folder=tmp_path)
    with pytest.raises(StopRequested):
        STRATEGY.fit(broken.given)
    assert not (tmp_path / "paused" / ADAPTED).exists()
    again = domain(**wishes)
    again.given = replace(broken.given, stop_wish=lambda: None, check_stop=lambda: None, emit=again.given.emit)
    STRATEGY.fit(again.given)
    assert again.of("resumed")
    whole, paused = weights(tmp_path / "whole"), weights(tmp_path / "paused")
    assert all(np.allclose(value, paused[name], atol=1e-6) for name, value in whole.items())
    silent = domain(**wishes)
    silent.given = replace(again.given, emit=silent.given.emit)
    STRATEGY.fit(silent.given)
    assert not silent.of("read_step")  # what has been read is not read again


def test_too_few_texts_are_refused(domain: Callable[..., Any]) -> None:
    run = domain(read=1)
    with pytest.raises(TlcoreError, match="only 17 different texts") as error:
        STRATEGY.fit(run.given)
    assert str(FEWEST_TEXTS) in error.value.fix


def test_a_sample_is_read_where_there_are_more_texts_than_wished(
    domain: Callable[..., Any], tiny_base: Callable[[str], Path]
) -> None:
    found = STRATEGY.fit(domain(str(tiny_base("bert")), epochs=1, most_texts=30, compare=False).given)
    assert found.pretraining["texts"] + found.pretraining["held_out"] == 30


def test_the_estimate_grows_with_what_there_is_to_read() -> None:
    def cost(facts: Facts = FACTS, machine: Machine = LAPTOP, **wishes: Any) -> tuple[float, float, float]:
        found = STRATEGY.estimate(facts, machine, make_settings(Settings, wishes))
        assert 0 < found.seconds_low < found.seconds_high
        return found.seconds_low, found.seconds_high, found.memory_mb

    assert cost(epochs=2) > cost(epochs=1)
    assert cost(FACTS.with_file(50_000, 5_000_000), most_texts=60_000) > cost()
    assert cost(compare=False) < cost()
    assert cost(machine=replace(LAPTOP, bf16=False)) > cost()
    assert default_epochs(1_000) > default_epochs(500_000) > default_epochs(5_000_000) == 1


def test_the_picture_shows_that_everything_moves() -> None:
    assert all(block.moves for block in STRATEGY.blocks(6))
