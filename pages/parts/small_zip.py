"""Under the whole model on the Use screen: a zip of what was added to the base alone, made and tried when asked for."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts import problems, words
from pages.parts.shelf_parts import size
from pages.parts.zip_parts import pack, packing, slug
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.runs import ADAPTER_BUNDLE, bundle_info
from tlcore.shelf import can_be_shelved
from tlcore.workspace import Project

TICK, KEPT = 1.0, "packing_small"


def small_zip(project: Project, run: Path) -> None:
    """Nothing where so much of the base moved that nothing small was kept, or while the whole zip is still being made."""
    if not can_be_shelved(run) or jobs.job_state(run).alive:
        return
    st.subheader("Only what was added", anchor=False)
    st.text("For somebody who has the same base model: what was taught on top of it, without the model itself.")
    about, folder = bundle_info(run, adapter=True), packing(project, run, KEPT)
    if about:
        rows = words.plural(int(about.get("golden_rows") or 0), "row")
        st.download_button(
            f"Download the small zip ({size(int(about['bytes']))})", (run / ADAPTER_BUNDLE).read_bytes,
            f"{slug(project.name)}-adapter.zip", "application/zip", key="get-small-zip", on_click="ignore",
        )  # fmt: skip
        st.caption(f"Checked: a fresh process put it together with its base, and gave the same answers on {rows}.")
    elif folder and jobs.job_state(folder).alive:
        st.fragment(run_every=TICK)(_wait)(folder)
    else:
        _offer(project, run, folder)


def _offer(project: Project, run: Path, folder: Path | None) -> None:
    if folder:
        lost = TlcoreError("The small zip could not be made.", "", "The whole model above is not touched. Try again.")
        problems.problem(jobs.job_state(folder).error or lost, jobs.log_tail(folder) or None)
    if st.button("Make the small zip", key="make-small-zip"):
        pack(project, run, KEPT, adapter=True)


def _wait(folder: Path) -> None:
    if not jobs.job_state(folder).alive:
        st.rerun()
    st.info("It is being packed, put together with its base in a fresh process, and compared.")
