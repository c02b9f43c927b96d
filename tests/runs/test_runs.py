"""tlcore.runs: one folder on disk, laid out before anything runs, and never laid out twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tlcore.datasets import Dataset, load_dataset
from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.jobs import job_state
from tlcore.plan import Plan
from tlcore.runs import BUNDLE, create_run, load_plan, model_folder, read_name, read_report

PLAN = Plan("classify", "frozen_features", "minilm", "sha256:0", {"C": 0.1}, seed=7, versions={"torch": "2"})


@pytest.fixture
def dataset(classify: Callable[..., Dataset]) -> Dataset:
    return classify([f"this is text {i}" for i in range(30)], ["a", "b", "c"] * 10)


def test_a_new_run_has_its_plan_and_its_rows_and_waits(dataset: Dataset, tmp_path: Path) -> None:
    run = create_run(tmp_path / "deep" / "run", dataset, PLAN)
    assert load_plan(run) == PLAN
    kept = load_dataset(run / "dataset")
    assert kept.rows["text"][:] == dataset.rows["text"][:]
    assert kept.rows["split"][:] == dataset.rows["split"][:]
    assert kept.labels == dataset.labels
    assert job_state(run).state == "queued"
    job = read_json(run / "job.json")
    assert (job["kind"], job["args"]) == ("train", {"bundle": True})
    assert read_report(run) is None
    assert not (run / BUNDLE).exists()


def test_the_zip_can_be_left_out(dataset: Dataset, tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", dataset, PLAN, bundle=False)
    assert read_json(run / "job.json")["args"] == {"bundle": False}


def test_a_run_is_not_laid_over_another(dataset: Dataset, classify: Callable[..., Dataset], tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", dataset, PLAN)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    other = classify([f"other text {i}" for i in range(30)], ["x", "y"] * 15)
    with pytest.raises(TlcoreError, match="already holds a job") as caught:
        create_run(run, other, Plan("classify", "full_finetune", "minilm", "", {}))
    assert caught.value.where == str(run)
    assert caught.value.fix
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TlcoreError, match="not a Nudge run") as caught:
        load_plan(tmp_path)
    assert caught.value.where == str(tmp_path)
    with pytest.raises(TlcoreError, match="no finished model"):
        model_folder(tmp_path)


def test_a_plan_with_more_than_this_version_knows_is_still_read(dataset: Dataset, tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", dataset, PLAN)
    write_json(run / "plan.json", {**PLAN.to_json(), "of_a_later_version": 1})
    assert load_plan(run) == PLAN


def test_the_model_is_there_only_once_it_is_whole(dataset: Dataset, tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", dataset, PLAN)
    (run / "model").mkdir()
    (run / "model" / "model.safetensors").write_bytes(b"half")
    with pytest.raises(TlcoreError, match="no finished model"):
        model_folder(run)
    write_json(run / "model" / "nudge.json", {"labels": []})  # written last
    assert model_folder(run) == run / "model"


def test_names_and_notes_lie_beside_the_run(tmp_path: Path) -> None:
    assert read_name(tmp_path) == {"name": "", "note": ""}
    write_json(tmp_path / "name.json", {"name": "second try"})
    assert read_name(tmp_path) == {"name": "second try", "note": ""}
    (tmp_path / "name.json").write_text("not json", encoding="utf-8")
    assert read_name(tmp_path) == {"name": "", "note": ""}
