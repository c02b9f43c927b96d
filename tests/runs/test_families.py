"""A run of every family of base models, from a folder to a checked zip that answers as what was trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
import torch
from safetensors.numpy import load_file

from tests.conftest import FAMILIES, REVIEWS, _train
from tlcore.bundle.make import unpack_bundle
from tlcore.engine import loop
from tlcore.engine.groups import layer_groups, linear_names
from tlcore.engine.tokens import pad, pad_id_of, tokenize
from tlcore.events import read_events
from tlcore.models.load import load_encoder
from tlcore.models.pooling import pool_layers
from tlcore.predict.predictor import Predictor, linear_probabilities
from tlcore.runs import bundle_info

STRATEGY = {"xlnet": "lora", "electra": "lora", "roberta": "lora", "albert": "lora", "distilbert": "lora"}
"""The others: top_layers with one block open, below which the model is cut. BERT's is the tiny run of all tests."""
WISHES = ["--text", "review", "--label", "sentiment", "--rows", "45", "--seed", "2"]
SETTINGS = ["epochs=2", "batch_size=16", "layers=all", "max_length=32", "watch=auroc"]


@pytest.fixture(scope="module")
def ended(
    tmp_path_factory: pytest.TempPathFactory, tiny_base: Callable[[str], Path], tiny_trained: Any
) -> Callable[[str], Any]:
    """A run of a family, made once; each of its rounds counts as better than the one before, so that what moved is kept."""
    made: dict[str, Any] = {"bert": tiny_trained}

    def run(family: str) -> Any:
        if family not in made:
            strategy = STRATEGY.get(family, "top_layers")
            own = ["learning_rate=1e-2"] if strategy == "lora" else ["learning_rate=5e-4", "open_blocks=1"]
            more = [part for one in [*SETTINGS, *own] for part in ("--set", one)]
            home = tmp_path_factory.mktemp(family) / "home"
            recipe = ["--strategy", strategy, "--base", str(tiny_base(family))]
            scores = iter([0.1, 0.2, 0.3])
            real = loop.validation_metrics
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(loop, "validation_metrics", lambda *given: {**real(*given), "eval_auroc": next(scores)})
                made[family] = _train(home, str(REVIEWS), *WISHES, *recipe, *more)
        return made[family]

    return run


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


def test_it_ends_with_a_zip_that_was_tried_in_a_fresh_process(ended: Callable[[str], Any], family: str) -> None:
    run = ended(family)
    assert run.report["ended"] == "done"
    about = bundle_info(run.folder)
    assert about is not None
    assert about["golden_rows"] > 5
    assert about["largest_difference"] < 1e-3
    assert read_events(run.folder)[0][-1]["kind"] == "result"


def test_the_zip_answers_as_what_was_trained_does_in_torch(
    ended: Callable[[str], Any], tmp_path: Path, family: str
) -> None:
    run = ended(family)
    unpack_bundle(run.folder / "model.zip", tmp_path / "zip")
    predictor = Predictor.load(tmp_path / "zip" / "model")
    rows = pyarrow.parquet.read_table(run.folder / "predictions.parquet").to_pydict()
    answers = predictor.predict(rows["text"])
    assert answers.predictions == rows["prediction"]
    assert np.allclose(answers.confidence, rows["confidence"], atol=1e-3)

    encoder, about = load_encoder(run.folder / "model"), run.about
    inputs = pad(tokenize(run.folder / "model", rows["text"], about["max_length"]), pad_id_of(encoder))
    with torch.inference_mode():
        states = encoder(**inputs, output_hidden_states=True).hidden_states
    read = pool_layers(states, about["layers"], inputs["attention_mask"]).numpy()
    expected = linear_probabilities(load_file(run.folder / "model" / "head.safetensors"), read)
    assert np.allclose(predictor.probabilities(rows["text"]), expected, atol=1e-3)
    assert expected.std(0).max() > 0.01  # it does not say the same of every text


def test_of_the_base_only_what_should_move_has_moved(
    ended: Callable[[str], Any], tiny_base: Callable[[str], Path], family: str
) -> None:
    run, base = ended(family), load_encoder(tiny_base(family))
    kept, before = load_encoder(run.folder / "model").state_dict(), base.state_dict()
    assert set(kept) == set(before)
    moved = {name for name, value in kept.items() if not torch.allclose(value, before[name], atol=1e-7)}
    assert run.report["trainable_parameters"] < run.report["total_parameters"] or family == "bert"
    if run.report["strategy"] == "lora":
        assert moved == {f"{name}.weight" for name in linear_names(base, "all")}
    elif run.report["strategy"] == "top_layers":
        groups = layer_groups(base)
        assert {groups[name] for name in moved} == {f"block {base.config.num_hidden_layers}"}
