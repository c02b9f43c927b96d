"""tlcore.advise.trial_job: the job in a process of its own, on real reviews, and what it never looks at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tlcore.advise.mismatch import Mismatch
from tlcore.advise.trial import Trial
from tlcore.advise.trial_job import TRIAL, labelled_rows
from tlcore.datasets import Dataset
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.jobs import create_job, job_state, start_job


def test_reviews_are_told_apart_better_than_by_counting_words(
    home: Path, tmp_path: Path, classify: Callable[..., Dataset], reviews: dict[str, list[str]]
) -> None:
    rows = [(text, label) for label in ("positive", "negative") for text in reviews[label][:60]]
    classify([text for text, _ in rows], [label for _, label in rows]).save(tmp_path / "dataset")
    job = create_job(tmp_path / "job", "trial", dataset=str(tmp_path / "dataset"), base="minilm")
    assert start_job(job).wait(300) == 0, (job / "log.txt").read_text()
    kept = read_json(job / TRIAL)
    trial, mismatch = Trial.from_json(kept["trial"]), Mismatch.from_json(kept["mismatch"])
    assert trial.curve.middle()[-1] > 0.7 > trial.majority
    assert trial.lead[0] > 0
    assert mismatch.reasons() == []
    assert 0 < (mismatch.distance or 0) < 0.6
    phases = [event["name"] for event in read_events(job)[0] if event["kind"] == "phase"]
    assert phases == ["prepare", "encode", "try"]


def test_too_few_rows_are_refused_in_words(home: Path, tmp_path: Path, classify: Callable[..., Dataset]) -> None:
    classify([f"text {i} of few" for i in range(20)], ["a", "b"] * 10).save(tmp_path / "dataset")
    job = create_job(tmp_path / "job", "trial", dataset=str(tmp_path / "dataset"), base="minilm")
    assert start_job(job).wait(300) == 2
    error = job_state(job).error
    assert error
    assert "too few labelled rows" in error.what


def test_test_rows_stay_unseen(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"text {i} of many" for i in range(100)], ["a", "b"] * 50)
    counts = dataset.counts()
    texts, labels = labelled_rows(dataset)
    assert len(texts) == len(labels) == counts["train"] + counts["validation"] < 100
    asked = {
        text for text, side in zip(dataset.rows["text"][:], dataset.rows["split"][:], strict=True) if side == "test"
    }
    assert asked
    assert not asked & set(texts)
