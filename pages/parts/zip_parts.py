"""The zip on the Use screen: first that it was opened and re-run, then the button; or what went wrong, and once more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import problems, shell, state, words
from pages.parts.use_parts import reads_of
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.runs import BUNDLE, bundle_info, read_report
from tlcore.workspace import Project

TICK = 1.0
INSIDE = (
    "weights (safetensors), tokenizer and labels",
    "a model card: what it learned from, its scores, its limits",
    "predict.py and its few requirements; Nudge itself is not needed",
    "a sheet of rows with the answers it must give, so that you can check it again",
)


def take_away(project: Project, run: Path) -> None:
    """The zip: first that it was opened and re-run, then the button."""
    about = bundle_info(run)
    if about is None:
        _no_zip(project, run)
        return
    shell.answer("Your model, in a file that works on any computer with Python.")
    rows = words.plural(int(about.get("golden_rows") or 0), "row")
    st.success(f"Checked: a fresh process unpacked it, ran it, and gave the same answers on {rows}.")
    size = words.megabytes(float(about.get("bytes") or 0) / 1e6)
    st.download_button(
        f"Download the model ({size})", (run / BUNDLE).read_bytes, f"{slug(project.name)}.zip", "application/zip",
        key="get-zip", on_click="ignore", type="primary",
    )  # fmt: skip
    st.markdown("**To use it:** unpack it, then in its folder")
    images = " --images FOLDER" if "image" in reads_of(run) else ""
    st.code(f"pip install -r requirements.txt\npython predict.py IN.csv OUT.csv{images}", language=None)
    more = " For a long file, add --quick." if (read_report(run) or {}).get("quick") else ""
    read = [name for names in reads_of(run).values() for name in names]
    st.caption(f"OUT.csv is IN.csv with more columns: {', '.join(_added(run))}. It reads: {_names(read)}.{more}")
    st.markdown("**Inside:**\n" + "\n".join(f"- {line}" for line in INSIDE))
    st.caption(f"sha256 {words.escape_md(about.get('sha256', ''))}")


def _added(run: Path) -> list[str]:
    """The columns that the model adds."""
    about = read_json(run / "model" / "nudge.json", {}) or {}
    return [words.escape_md(name) for name in about.get("output_columns") or ("prediction", "confidence")]


def _names(columns: Sequence[str]) -> str:
    return words.escape_md(words.listed(list(columns)))


def _no_zip(project: Project, run: Path) -> None:
    """While one is being packed, wait for it; else say what went wrong and offer to pack it once more."""
    folder = packing(project, run)
    if jobs.job_state(run).alive or (folder and jobs.job_state(folder).alive):
        st.fragment(run_every=TICK)(_wait)(project, run)
        return
    error = jobs.job_state(folder).error if folder else None
    problems.problem(
        error
        or TlcoreError(
            "There is no checked zip of this model.",
            "",
            "It was not packed, or its answers did not match. Asking and scoring still work; pack it once more below.",
        ),
        jobs.log_tail(folder) or None if folder else None,
    )
    if shell.primary("Make the zip", key="make-zip"):
        pack(project, run, "packing")


def pack(project: Project, run: Path, kept: str, **args: Any) -> None:
    """Start the job that makes a zip of this run, and remember it in the draft as `kept`."""
    folder = project.new_job_folder("bundle")
    jobs.create_job(folder, "bundle", run=str(run), **args)
    jobs.start_job(folder)
    state.save(project, **{kept: {"run": run.name, "job": folder.name}})
    st.rerun()


def packing(project: Project, run: Path, name: str = "packing") -> Path | None:
    """The job that packs this run's zip once more, if one was started."""
    kept = state.draft(project).get(name) or {}
    folder = project.job_folder(str(kept["job"])) if kept.get("run") == run.name else None
    return folder if folder and folder.exists() else None


def _wait(project: Project, run: Path) -> None:
    folder = packing(project, run)
    if not (jobs.job_state(run).alive or (folder and jobs.job_state(folder).alive)):
        st.rerun()
    st.info("The zip is being packed and checked. It appears here once a fresh process has opened and run it.")


def slug(name: str) -> str:
    """A project's name as a file's name."""
    return re.sub(r"[^\w-]+", "-", name).strip("-").lower()[:60] or "model"
