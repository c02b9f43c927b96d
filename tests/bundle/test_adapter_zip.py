"""tlcore.bundle.adapter_zip: what was added alone, in a zip that finds its base and answers as the whole model does."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tlcore.bundle.adapter_zip import make_adapter_zip, whence
from tlcore.bundle.make import bundle_job
from tlcore.errors import TlcoreError
from tlcore.predict.sheet import read_csv
from tlcore.runs import bundle_info


@pytest.fixture(scope="module")
def run(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frozen_features run on the base that comes with Nudge, with the small zip beside the whole one."""
    folder = Path(shutil.copytree(trained.folder, tmp_path_factory.mktemp("small") / "run"))
    make_adapter_zip(folder)
    return folder


def test_it_is_small_and_was_tried_in_a_fresh_process(run: Path) -> None:
    about, whole = bundle_info(run, adapter=True), bundle_info(run)
    assert about is not None
    assert whole is not None
    assert about["golden_rows"] == whole["golden_rows"] > 5
    assert about["largest_difference"] < 1e-3
    assert about["bytes"] < whole["bytes"] / 50
    with zipfile.ZipFile(run / "adapter.zip") as archive:
        names = archive.namelist()
        read_me = archive.read("README.md").decode()
    assert not [
        name for name in names if name.endswith(("model.safetensors", "tokenizer.json")) and "adapter" not in name
    ]
    assert whence("minilm")["requirement"] in read_me


def test_it_answers_with_a_base_in_a_folder_and_says_so_without_one(run: Path, tmp_path: Path) -> None:
    from tlcore.files import read_json, write_json
    from tlcore.models.bases import base_folder

    with zipfile.ZipFile(run / "adapter.zip") as archive:
        archive.extractall(tmp_path)
    about = tmp_path / "adapter" / "adapter.json"
    write_json(about, {**read_json(about), "package": "not_installed_here"})
    command = [sys.executable, "-I", "predict.py", "golden_rows.csv", "out.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "--base FOLDER" in done.stderr
    assert "Traceback" not in done.stderr
    more = ["--base", str(base_folder("minilm"))]
    done = subprocess.run([*command, *more], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read_csv(tmp_path / "out.csv")["prediction"] == read_csv(tmp_path / "golden_expected.csv")["prediction"]


def test_a_run_whose_own_weights_moved_has_none(tiny_trained: Any) -> None:
    with pytest.raises(TlcoreError, match="its own weights moved"):
        make_adapter_zip(tiny_trained.folder)
    assert bundle_info(tiny_trained.folder, adapter=True) is None


def test_the_job_makes_it(run: Path) -> None:
    from types import SimpleNamespace

    (run / "adapter.zip").unlink()
    bundle_job(SimpleNamespace(args={"run": str(run), "adapter": True}, phase=lambda *_: None))
    assert bundle_info(run, adapter=True) is not None
