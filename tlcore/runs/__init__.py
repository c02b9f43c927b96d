"""A Run: one folder on disk, which is the truth. Loads without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tlcore.datasets import Dataset
from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.jobs import create_job
from tlcore.pictures import keep_pictures
from tlcore.plan import Plan

ANSWERS = "answers.parquet"
"""To the rows without a label (at most so many as tlcore.evaluate.unscored answers)."""
PLAN, REPORT, PREDICTIONS, DATASET, MODEL, BUNDLE, BUNDLE_ABOUT, NAME = (
    "plan.json", "report.json", "predictions.parquet", "dataset", "model", "model.zip", "bundle.json", "name.json",
)  # fmt: skip
ADAPTER, ADAPTER_BUNDLE, ADAPTER_BUNDLE_ABOUT = "adapter", "adapter.zip", "adapter_bundle.json"
"""What was added to the base, kept apart from it; only where it is small."""
UNLABELLED_TEXTS = "unlabelled"
"""Texts without a label that were given beside the rows; the run's own copy (tlcore.unlabelled)."""
PICTURES = "pictures"
"""The pictures that the rows name; the run's own (tlcore.pictures)."""
WORK = "work"
"""What is needed to go on lies here until the run has ended: baselines, the first head, the last checkpoint."""


def create_run(folder: Path, dataset: Dataset, plan: Plan, *, bundle: bool = True) -> Path:
    """Lay out a run that a worker can take up. `bundle`: also make and check the zip at the end."""
    create_job(folder, "train", bundle=bundle)
    dataset.save(folder / DATASET)
    if dataset.images:
        keep_pictures(dataset.images, dataset.rows["text"][:], folder / PICTURES)
    write_json(folder / PLAN, plan.to_json())
    return folder


def load_plan(folder: Path) -> Plan:
    """Raises TlcoreError if the folder is not a run."""
    parts = read_json(folder / PLAN)
    if parts is None:
        raise TlcoreError("This folder is not a Nudge run: it has no plan.", str(folder), "Choose a run made by Nudge.")
    return Plan.from_json(parts)


def read_report(folder: Path) -> dict[str, Any] | None:
    """The report of an ended run, or None."""
    return read_json(folder / REPORT)


def has_checkpoint(folder: Path) -> bool:
    """Whether a run that goes on begins where its training was, not with that part anew."""
    return any((folder / WORK).glob("**/checkpoint*/state.json"))


def model_folder(folder: Path) -> Path:
    """Where a run's finished model lies. Raises TlcoreError if there is none yet."""
    if not (folder / MODEL / "nudge.json").exists():
        raise TlcoreError("This run has no finished model.", str(folder), "Wait for it to end, or train again.")
    return folder / MODEL


def bundle_info(run: Path, adapter: bool = False) -> dict[str, Any] | None:
    """What is known of a run's zip, if it is there and checked, else None; adapter: the one of what was added alone."""
    zip_name, about_name = (ADAPTER_BUNDLE, ADAPTER_BUNDLE_ABOUT) if adapter else (BUNDLE, BUNDLE_ABOUT)
    about = read_json(run / about_name)
    return about if about and about.get("checked") and (run / zip_name).exists() else None


def open_model(folder: Path, quick: bool = False) -> Any:
    """The predictor in a model's folder; the quick one if asked for and there. Raises TlcoreError if it cannot be opened."""
    from tlcore.predict.kinds import load_predictor

    try:
        return load_predictor(folder, quick=quick)
    except (OSError, ValueError) as error:
        raise TlcoreError(
            "This model cannot be opened.",
            str(folder),
            f"Train again from Plan; the run's scores are still there. ({str(error)[:200]})",
        ) from error


def read_name(folder: Path) -> dict[str, str]:
    """The name and note the user gave a run; they lie beside it, so that an ended run is never rewritten."""
    return {"name": "", "note": "", **(read_json(folder / NAME, {}) or {})}
