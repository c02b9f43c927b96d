"""The shelf: one base model on this machine, and many small adapters that can be taken up, swapped and switched off."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.files import folder_bytes, read_json, write_json
from tlcore.models.bases import base_folder
from tlcore.predict.adapter import ABOUT_ADAPTER, CONFIG, WEIGHTS, join
from tlcore.runs import ADAPTER, load_plan, model_folder, read_report
from tlcore.workspace import Workspace, check_id, new_id

if TYPE_CHECKING:
    from tlcore.predict.predictor import Predictor

ABOUT = "shelf.json"
OF_THE_MODEL = ("nudge.json", "head.safetensors", "model.onnx")
MOST_OPENED = 4
"""Models that stay put together; each has a base's weights (90 MB)."""


@dataclass(frozen=True)
class Shelved:
    """What stands on the shelf. bytes: of all its files; score and tfidf, by `metric`: None where no row had a label to test on.

    switches: whether something was added that can be switched off; else only the classifier was taught, or what was added
    stands before the text and is part of the graph.
    """

    id: str
    name: str
    run: str
    strategy: str
    base: str
    labels: tuple[str, ...]
    metric: str
    score: float | None
    tfidf: float | None
    bytes: int
    created: float
    switches: bool


def can_be_shelved(run: Path) -> bool:
    return (run / ADAPTER / ABOUT_ADAPTER).exists()


def put_on_shelf(workspace: Workspace, run: Path, name: str) -> Shelved:
    """Copy what a run added to its base to the shelf; the one that is there already, if it is.

    Raises TlcoreError where a run's own weights moved, so that nothing small can be kept.
    """
    if not can_be_shelved(run):
        raise TlcoreError(
            "This model has no small part of its own: the base's weights moved.",
            str(run),
            "Only what was taught beside a base that stays (a classifier, LoRA and its kin) fits on the shelf.",
        )
    known = next((one for one in shelved(workspace) if one.run == run.name), None)
    if known:
        return known
    folder = workspace.shelf / new_id("adapter")
    shutil.copytree(run / ADAPTER, folder / ADAPTER)
    for file in OF_THE_MODEL:
        shutil.copyfile(model_folder(run) / file, folder / file)
    report = read_report(run) or {}
    metric = report.get("metric", "macro_f1")
    ours, theirs = (
        (report.get("test") or {}),
        ((report.get("baselines") or {}).get(str(report.get("baseline", "tfidf"))) or {}),
    )
    about = {
        "name": name.strip()[:80] or run.name, "run": run.name, "strategy": report.get("strategy"),
        "base": load_plan(run).base, "created": time.time(), "metric": metric,
        "score": ours.get(metric), "tfidf": theirs.get(metric),
    }  # fmt: skip
    write_json(folder / ABOUT, about)  # last: without it the folder is none of the shelf's
    return _item(folder)


def shelved(workspace: Workspace) -> list[Shelved]:
    """Newest first."""
    folders = workspace.shelf.iterdir() if workspace.shelf.exists() else ()
    return sorted((_item(f) for f in folders if (f / ABOUT).exists()), key=lambda one: -one.created)


def rename(workspace: Workspace, item: str, name: str) -> None:
    folder = _folder(workspace, item)
    about = read_json(folder / ABOUT)
    write_json(folder / ABOUT, {**about, "name": name.strip()[:80] or about["name"]})


def take_off(workspace: Workspace, item: str) -> None:
    """Move it to the trash; the run it came from stays."""
    folder = _folder(workspace, item)
    target = workspace.home / "trash" / folder.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(str(folder), str(target))
    for part in ("on", "off"):
        shutil.rmtree(workspace.opened_cache / f"{item}-{part}", ignore_errors=True)


def open_shelved(workspace: Workspace, item: str, on: bool = True) -> Predictor:
    """The predictor of an adapter with its base; on=False: the base as it came, with the adapter's classifier.

    Raises TlcoreError where the base is not on this machine, or is another than it was.
    """
    from tlcore.predict.predictor import Predictor

    folder = _folder(workspace, item)
    ready = workspace.opened_cache / f"{item}-{'on' if on else 'off'}"
    try:
        if not (ready / "nudge.json").exists():
            _put_together(folder, ready, on)
            _keep_few(workspace.opened_cache, ready)
        return Predictor.load(ready)
    except (OSError, ValueError, KeyError) as error:
        shutil.rmtree(ready, ignore_errors=True)
        raise TlcoreError(
            "This adapter and its base model cannot be put together.",
            str(folder),
            f"The run it came from still has the whole model. ({str(error)[:200]})",
        ) from error


def _put_together(folder: Path, ready: Path, on: bool) -> None:
    base = base_folder(read_json(folder / ABOUT)["base"])
    ready.mkdir(parents=True, exist_ok=True)
    for file in OF_THE_MODEL[1:]:
        shutil.copyfile(folder / file, ready / file)
    shutil.copyfile(base / "tokenizer.json", ready / "tokenizer.json")
    join(base / WEIGHTS, folder / ADAPTER, ready / WEIGHTS, without=not on)
    write_json(ready / "nudge.json", read_json(folder / "nudge.json"))  # last: with it the model is whole


def _keep_few(opened: Path, newest: Path) -> None:
    others = sorted((f for f in opened.iterdir() if f != newest), key=lambda f: -f.stat().st_mtime)
    for old in others[MOST_OPENED - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def _folder(workspace: Workspace, item: str) -> Path:
    folder = workspace.shelf / check_id(item)
    if not (folder / ABOUT).exists():
        raise TlcoreError("That adapter is not on the shelf any more.", "the shelf", "Choose another one.")
    return folder


def _item(folder: Path) -> Shelved:
    about, model = read_json(folder / ABOUT), read_json(folder / "nudge.json", {})
    return Shelved(
        folder.name, about["name"], about["run"], about["strategy"], about["base"], tuple(model.get("labels", ())),
        about["metric"], about["score"], about["tfidf"], folder_bytes(folder), about["created"], _switches(folder / ADAPTER),
    )  # fmt: skip


def _switches(adapter: Path) -> bool:
    from safetensors import safe_open

    config: dict[str, Any] = read_json(adapter / CONFIG, {})
    with safe_open(str(adapter / "adapter_model.safetensors"), "numpy") as file:
        names = list(file.keys())
    return bool(names) and (config.get("peft_type") != "PLAIN" or not any("virtual_tokens" in name for name in names))
