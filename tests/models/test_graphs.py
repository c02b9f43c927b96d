"""tlcore.models.graphs: one trace serves all models of a shape, whatever their weights, and never a model of another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tlcore.models import onnx_export
from tlcore.models.graphs import keep_graph, kept_graph
from tlcore.models.load import load_encoder
from tlcore.models.onnx_export import GRAPH, WEIGHTS, export_onnx
from tlcore.predict.predictor import Predictor
from tlcore.workspace import Workspace

TEXTS = ["I want my money back.", "ok", "Where is the parcel that I ordered three weeks ago, please?"]


@pytest.fixture
def encoder(tiny_base: Callable[[str], Path], home: Path) -> Any:
    """A tiny random BERT, and a NUDGE_HOME in which nothing is kept yet."""
    return load_encoder(tiny_base("bert"))


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry for each graph that torch wrote."""
    found: list[Any] = []
    real = onnx_export._trace

    def trace(*given: Any) -> None:
        found.append(given)
        real(*given)

    monkeypatch.setattr(onnx_export, "_trace", trace)
    return found


def export(encoder: Any, folder: Path, layers: tuple[int, ...] = (1, 2)) -> bytes:
    folder.mkdir()
    encoder.save_pretrained(str(folder), save_original_format=False)
    export_onnx(encoder, layers, folder)
    return (folder / GRAPH).read_bytes()


def test_other_weights_of_the_same_shape_need_no_second_trace(encoder: Any, traces: list[Any], tmp_path: Path) -> None:
    first = export(encoder, tmp_path / "one")
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    assert export(encoder, tmp_path / "two") == first
    assert len(traces) == 1
    read = [
        onnx_export._run_graph(tmp_path / name, onnx_export.make_samples(encoder, (1, 2)))[0] for name in ("one", "two")
    ]
    assert not np.allclose(read[0], read[1], atol=0.01)  # the same graph, other weights


@pytest.mark.parametrize("change", ["layers", "config", "header"])
def test_another_shape_is_traced(encoder: Any, traces: list[Any], tmp_path: Path, change: str) -> None:
    export(encoder, tmp_path / "one")
    if change == "config":
        encoder.config.layer_norm_eps *= 10
    if change == "header":
        encoder.encoder.layer = encoder.encoder.layer[:2]
        encoder.config.num_hidden_layers = 2
    export(encoder, tmp_path / "two", (0, 2) if change == "layers" else (1, 2))
    assert len(traces) == 2


def test_where_the_model_came_from_makes_no_difference(encoder: Any, tmp_path: Path) -> None:
    encoder.save_pretrained(str(tmp_path))
    before = kept_graph(encoder, (1,), tmp_path / WEIGHTS)
    encoder.config._name_or_path = "/home/somebody/models/bert"
    assert kept_graph(encoder, (1,), tmp_path / WEIGHTS) == before


@pytest.mark.parametrize("harm", ["cut", "other"])
def test_one_that_is_broken_or_of_another_model_is_traced_anew_and_replaced(
    encoder: Any, traces: list[Any], tmp_path: Path, harm: str
) -> None:
    whole = export(encoder, tmp_path / "one")
    (kept,) = Workspace().graph_cache.glob("*.onnx")
    kept.write_bytes(whole[:500] if harm == "cut" else export(encoder, tmp_path / "other", (0, 3)))
    many = len(traces)
    assert export(encoder, tmp_path / "two") == whole
    assert len(traces) == many + 1
    assert kept.read_bytes() == whole


def test_what_is_kept_names_nothing_of_this_machine(encoder: Any, tmp_path: Path) -> None:
    export(encoder, tmp_path / "one")
    (kept,) = Workspace().graph_cache.glob("*.onnx")
    assert kept.stat().st_size < 200_000
    for part in (str(tmp_path), "site-packages", os.path.expanduser("~")):
        assert part.encode() not in kept.read_bytes()


def test_a_graph_with_weights_of_its_own_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, kept = tmp_path / "model.onnx", tmp_path / "cache" / "kept.onnx"
    graph.write_bytes(b"x" * 100)
    monkeypatch.setattr("tlcore.models.graphs.LARGEST", 99)
    keep_graph(graph, kept)
    assert not kept.exists()
    monkeypatch.setattr("tlcore.models.graphs.LARGEST", 100)
    keep_graph(graph, kept)
    assert [path.name for path in kept.parent.iterdir()] == ["kept.onnx"]


def test_a_run_after_a_run_answers_as_it_should(trained: Any, tmp_path: Path) -> None:
    """The model of the trained run, exported once more with the kept graph, gives the same answers."""
    folder = tmp_path / "model"
    shutil.copytree(trained.folder / "model", folder)
    encoder = load_encoder(folder)
    layers = tuple(trained.about["layers"])
    for name in ("first", "second"):
        (folder / GRAPH).unlink()
        export_onnx(encoder, layers, folder)
        found = Predictor.load(folder).probabilities(TEXTS)
        assert np.allclose(found, Predictor.load(trained.folder / "model").probabilities(TEXTS), atol=1e-3), name
