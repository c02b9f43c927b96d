"""tlcore.models.quick: 8-bit whole numbers, offered where they answer alike, and not where they do not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file

from tlcore.files import read_json, write_json
from tlcore.models import quick as module
from tlcore.models.quick import add_quick, may_be_offered, write_quick
from tlcore.predict.predictor import Predictor, reading_differs

FOUND = {"rows": 300, "same_answers": 0.99, "accuracy": 0.84, "exact_accuracy": 0.84, "times": 2.0, "difference": 0.05}


@pytest.fixture
def model(trained: Any, tmp_path: Path) -> Path:
    """A copy of the trained model without its quick version."""
    folder = tmp_path / "model"
    shutil.copytree(trained.folder / "model", folder)
    (folder / "quick.onnx").unlink(missing_ok=True)
    write_json(folder / "nudge.json", {k: v for k, v in read_json(folder / "nudge.json").items() if k != "quick"})
    return folder


@pytest.fixture
def tickets(trained: Any) -> tuple[list[str], list[str]]:
    """Rows of the run, with their labels."""
    from tlcore.datasets import TRAIN, load_dataset

    dataset = load_dataset(trained.folder / "dataset")
    return dataset.texts(TRAIN), dataset.targets(TRAIN)


def test_nearly_all_answers_stay_the_same_and_the_graph_is_small(model: Path, tickets: Any) -> None:
    write_quick(model)
    exact, quick = Predictor.load(model), Predictor.load(model, quick=True)
    assert (exact.quick, quick.quick) == (False, True)
    both = [one.predict(tickets[0]) for one in (exact, quick)]
    assert np.mean(np.array(both[0].predictions) == np.array(both[1].predictions)) >= 0.97
    assert not np.array_equal(both[0].probabilities, both[1].probabilities)  # it is another graph
    assert (model / "quick.onnx").stat().st_size < (model / "model.safetensors").stat().st_size / 5
    assert [path.name for path in model.glob("tmp-*")] == []


def test_the_word_table_is_not_kept_twice(model: Path) -> None:
    write_quick(model)
    graph = onnx.load(str(model / "quick.onnx"), load_external_data=False)
    outside = [one for one in graph.graph.initializer if one.data_location == onnx.TensorProto.EXTERNAL]
    assert any("word_embeddings" in one.name for one in outside)
    assert {entry.value for one in outside for entry in one.external_data if entry.key == "location"} == {
        "model.safetensors"
    }


def test_a_token_with_huge_values_does_not_flatten_the_others(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the scaling of each token is for: without it, the features are further from the exact ones."""
    about = read_json(model / "nudge.json")
    write_quick(model)
    evened = reading_differs(model, about)
    monkeypatch.setattr(module, "_evened", lambda graph: graph)
    write_quick(model)
    assert evened < 0.8 * reading_differs(model, about)


def test_what_was_found_is_kept_with_the_model(model: Path, tickets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_TIMES", 0.0)  # a test machine may be busy
    found = add_quick(model, *tickets)
    assert found is not None
    assert read_json(model / "nudge.json")["quick"] == found
    assert found["rows"] == len(tickets[0])
    assert found["same_answers"] >= 0.97
    assert found["times"] > 0
    assert 0 < found["difference"] < 1


@pytest.mark.parametrize(
    ("change", "offered"),
    [
        ({}, True),
        ({"accuracy": 0.8367}, True),  # one row of 300
        ({"accuracy": 0.8333}, False),
        ({"rows": 1000, "accuracy": 0.837}, True),
        ({"rows": 1000, "accuracy": 0.836}, False),
        ({"accuracy": 0.86}, True),
        ({"same_answers": 0.969}, False),
        ({"times": 1.1}, False),
    ],
)
def test_it_is_offered_only_if_it_is_quicker_and_loses_next_to_nothing(change: dict[str, Any], offered: bool) -> None:
    assert may_be_offered({**FOUND, **change}) is offered


def test_one_that_answers_otherwise_is_thrown_away(model: Path, tickets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_compare", lambda *_: {**FOUND, "same_answers": 0.5})
    assert add_quick(model, *tickets) is None
    assert not (model / "quick.onnx").exists()
    assert "quick" not in read_json(model / "nudge.json")


def test_a_model_that_is_too_large_or_cannot_be_rewritten_stays_as_it_is(
    model: Path, tickets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 1000)
    before = (model / "nudge.json").read_bytes()
    assert add_quick(model, *tickets) is None
    assert (model / "nudge.json").read_bytes() == before
    assert Predictor.load(model, quick=True).quick is False
    assert Predictor.load(model).predict(["Where is my parcel?"]).predictions == ["Delivery"]


def test_without_rows_nothing_is_offered(model: Path) -> None:
    assert add_quick(model, [], []) is None


def test_a_processor_on_which_it_reads_otherwise_gets_the_exact_answers(
    model: Path, tickets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_TIMES", 0.0)
    add_quick(model, *tickets)
    assert Predictor.load(model, quick=True).quick
    about = read_json(model / "nudge.json")
    about["quick"]["difference"] /= 10  # here it is ten times as far off as where it was made
    write_json(model / "nudge.json", about)
    assert not Predictor.load(model, quick=True).quick


def test_where_its_file_is_damaged_the_exact_graph_answers(
    model: Path, tickets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_TIMES", 0.0)
    add_quick(model, *tickets)
    (model / "quick.onnx").write_bytes((model / "quick.onnx").read_bytes()[:1000])
    found = Predictor.load(model, quick=True)
    assert not found.quick
    assert found.predict(["Where is my parcel?"]).predictions == ["Delivery"]


def test_tokens_that_are_all_zero_stay_numbers(model: Path) -> None:
    """A zero row would be divided by its largest value."""
    weights = load_file(str(model / "model.safetensors"))
    for name in weights:
        if name.endswith(("LayerNorm.weight", "LayerNorm.bias")):
            weights[name] = np.zeros_like(weights[name])
    save_file(weights, str(model / "model.safetensors"), metadata={"format": "pt"})
    write_quick(model)
    quick = Predictor(model, read_json(model / "nudge.json"), 1, quick=True)
    assert np.isfinite(quick.probabilities(["ok"])).all()
