"""tlcore.shelf: one base, many small adapters; put there, taken up, switched off, taken away."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import REVIEWS, _train
from tlcore.errors import TlcoreError
from tlcore.predict.predictor import Predictor
from tlcore.shelf import MOST_OPENED, can_be_shelved, open_shelved, put_on_shelf, rename, shelved, take_off
from tlcore.workspace import Workspace

TEXTS = ["It broke after a week.", "I love it, thank you!", ""]


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory, tiny_base: Callable[[str], Path]) -> Path:
    """An ended run of LoRA on a tiny BERT; large steps, so that what was added says something."""
    home = tmp_path_factory.mktemp("lora") / "home"
    wishes = ["--text", "review", "--label", "sentiment", "--rows", "60", "--strategy", "lora"]
    more = [
        part
        for one in ("epochs=2", "batch_size=16", "learning_rate=1e-2", "head_learning_rate=1e-2")
        for part in ("--set", one)
    ]
    return _train(home, str(REVIEWS), *wishes, "--base", str(tiny_base("bert")), *more).folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def test_what_was_put_there_answers_as_the_run_does(lora: Path, workspace: Workspace) -> None:
    item = put_on_shelf(workspace, lora, " Reviews ")
    assert item.name == "Reviews"
    assert item.switches
    assert item.bytes < 1_000_000
    assert item.tfidf is not None
    found, expected = (one.predict(TEXTS) for one in (open_shelved(workspace, item.id), Predictor.load(lora / "model")))
    assert np.allclose(found.probabilities, expected.probabilities, atol=2e-3, equal_nan=True)
    assert shelved(workspace) == [item]


def test_it_is_put_there_once(lora: Path, workspace: Workspace) -> None:
    assert put_on_shelf(workspace, lora, "a").id == put_on_shelf(workspace, lora, "b").id
    assert len(shelved(workspace)) == 1


def test_switched_off_the_base_reads_as_it_came(
    lora: Path, workspace: Workspace, tiny_base: Callable[[str], Path]
) -> None:
    from safetensors.numpy import load_file

    item = put_on_shelf(workspace, lora, "Reviews")
    on, off = (open_shelved(workspace, item.id, on).predict(TEXTS).probabilities[:2] for on in (True, False))
    assert not np.allclose(on, off, atol=1e-4)
    kept = load_file(str(workspace.opened_cache / f"{item.id}-off" / "model.safetensors"))
    base = load_file(str(tiny_base("bert") / "model.safetensors"))
    assert all(np.array_equal(value, base[name]) for name, value in kept.items())


def test_a_classifier_alone_fits_on_the_shelf_too(trained: Any, workspace: Workspace) -> None:
    item = put_on_shelf(workspace, trained.folder, "Tickets")
    assert not item.switches  # nothing stands in the model that could be taken out
    assert item.bytes < 500_000
    answers = open_shelved(workspace, item.id).predict(["Where is my parcel?"])
    expected = Predictor.load(trained.folder / "model").predict(["Where is my parcel?"])
    assert answers.predictions == expected.predictions


def test_a_run_whose_own_weights_moved_is_refused_in_words(tiny_trained: Any, workspace: Workspace) -> None:
    assert not can_be_shelved(tiny_trained.folder)
    with pytest.raises(TlcoreError, match="base's weights moved") as told:
        put_on_shelf(workspace, tiny_trained.folder, "x")
    assert "LoRA" in told.value.fix
    assert shelved(workspace) == []


def test_names_change_and_what_is_taken_off_lies_in_the_trash(lora: Path, workspace: Workspace) -> None:
    item = put_on_shelf(workspace, lora, "Reviews")
    rename(workspace, item.id, "Better name")
    assert shelved(workspace)[0].name == "Better name"
    open_shelved(workspace, item.id)
    take_off(workspace, item.id)
    assert shelved(workspace) == []
    assert (workspace.home / "trash" / item.id / "shelf.json").exists()
    assert list(workspace.opened_cache.iterdir()) == []
    with pytest.raises(TlcoreError, match="not on the shelf any more"):
        open_shelved(workspace, item.id)
    with pytest.raises(TlcoreError, match="does not name anything"):
        open_shelved(workspace, "../../etc")


def test_only_a_few_stay_put_together(lora: Path, workspace: Workspace) -> None:
    item = put_on_shelf(workspace, lora, "Reviews")
    for i in range(MOST_OPENED + 2):
        other = shutil.copytree(workspace.shelf / item.id, workspace.shelf / f"adapter-copy-{i}")
        open_shelved(workspace, Path(other).name)
    assert len(list(workspace.opened_cache.iterdir())) == MOST_OPENED


def test_a_base_that_is_another_one_now_is_told(lora: Path, workspace: Workspace, tmp_path: Path) -> None:
    from tlcore.files import read_json, write_json

    item = put_on_shelf(workspace, lora, "Reviews")
    about = workspace.shelf / item.id / "shelf.json"
    write_json(about, {**read_json(about), "base": "minilm"})
    with pytest.raises(TlcoreError, match="cannot be put together"):
        open_shelved(workspace, item.id)
