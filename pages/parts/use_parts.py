"""What the Use screen draws: one text answered at once, and a spreadsheet scored by a job. (The zip: zip_parts.)"""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import answer_parts, picture_use, problems, reading, shell, state, words
from pages.parts.live import read_live
from pages.parts.scored_parts import show_scored
from tlcore import jobs
from tlcore.bundle.card import quick_words
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.predict.text import model_text
from tlcore.runs import model_folder, open_model, read_report
from tlcore.tasks import get_task
from tlcore.workspace import Project

TICK = 1.0
LONG_SHEET = 500
"""Rows from which on it is asked whether the quick version is to answer them."""
TYPES = ["csv", "tsv", "txt", "xlsx", "xlsm", "xls", "ods", "jsonl", "json", "parquet", "zip", "gz"]


@st.cache_resource(max_entries=3, show_spinner="Opening the model …")
def _predictor(folder: str, stamp: int) -> Any:
    """The run's predictor, warmed up: ONNX Runtime, read-only, shared by all tabs. `stamp` tells a changed model."""
    found = open_model(Path(folder))
    found.predict(["warm"])
    return found


def predictor(run: Path) -> Any:
    """Raises TlcoreError where the run holds no model that can be opened."""
    folder = model_folder(run)
    return _predictor(str(folder), (folder / "nudge.json").stat().st_mtime_ns)


def reads_of(run: Path) -> dict[str, list[str]]:
    """Role -> columns that the model reads, by the names they had in training."""
    about = read_json(run / "dataset" / "dataset.json", {}) or {}
    roles, task = about.get("roles") or {}, get_task(str(about.get("task") or "classify"))
    return {name: [str(one) for one in roles[name]] for name in task.reads if roles.get(name)} or {"text": ["text"]}


def ask(project: Project, run: Path) -> None:
    """Type a text, see the answer: a fragment, so that nothing else is drawn again."""
    with problems.guard():
        reads = reads_of(run)
        if "image" in reads:
            picture_use.ask(project, reads, lambda: predictor(run))
            return
        columns = [name for names in reads.values() for name in names]
        height = 110 if len(columns) == 1 else 70
        parts = [
            st.text_area(
                "Your text" if len(columns) == 1 else f"Text {i + 1}: {words.escape_md(name)}",
                height=height,
                placeholder="Type or paste a text, then press Ask (or Ctrl and Enter).",
                **state.kept(project, f"try.{i}", ""),
            )
            for i, name in enumerate(columns)
        ]
        shell.primary("Ask", key="ask")
        text = model_text(reads, dict(zip(columns, parts, strict=True)))
        if text:
            answer(run, text)
        else:
            st.caption("The answer appears here, with how sure the model is of it.")


def answer(run: Path, text: str) -> None:
    model = predictor(run)
    began = time.perf_counter()
    found = model.predict([text])
    took = time.perf_counter() - began
    more = answer_parts.show(model, found)
    st.caption(f"Answered on this computer in {max(1, round(took * 1000))} thousandths of a second{more}.")


def sheet(project: Project, run: Path) -> None:
    """Score a spreadsheet; the job's id is in the draft, so that a reload finds it again."""
    kept = state.draft(project).get("score") or {}
    folder = project.job_folder(str(kept["job"])) if kept.get("run") == run.name else None
    if folder is None or not folder.exists():
        _uploader(project, run)
    elif not (folder / jobs.JOB).exists():
        _choose(project, run, folder, str(kept["name"]))
    else:
        alive = jobs.job_state(folder).alive
        st.fragment(run_every=TICK if alive else None)(_follow)(project, folder, alive)


def _uploader(project: Project, run: Path) -> None:
    st.text("Give it a spreadsheet; you get it back with the answer and how sure it is beside each row.")
    st.file_uploader(
        "A spreadsheet to score", type=TYPES, key="score-file", on_change=_take, args=(project, run, "score-file")
    )


def _take(project: Project, run: Path, key: str) -> None:
    """Copy what was uploaded to the project at once; only the job's id is remembered."""
    given = state.typed(key)
    if given is None:
        return
    folder = project.new_job_folder("predict")
    (folder / "input").mkdir(parents=True)
    ending = re.sub(r"[^a-z0-9.]", "", Path(given.name).suffix.lower())[:8]
    (folder / "input" / f"sheet{ending}").write_bytes(given.getbuffer())
    state.save(project, score={"run": run.name, "job": folder.name, "name": given.name[:120]})


def forget(project: Project, folder: Path) -> None:
    """Back to the uploader; a spreadsheet that was never scored is deleted."""
    state.save(project, score=None)
    if not (folder / jobs.JOB).exists():
        shutil.rmtree(folder, ignore_errors=True)


def _choose(project: Project, run: Path, folder: Path, name: str) -> None:
    file = next((folder / "input").iterdir())
    st.text(f"Spreadsheet: {name}")
    try:
        read: dict[str, Any] = {}
        preview = reading.preview(file, read)
        if len(preview.how.sheets) > 1:
            at = preview.how.sheets.index(preview.how.sheet) if preview.how.sheet in preview.how.sheets else 0
            read = {"sheet": st.selectbox("Sheet", preview.how.sheets, index=at, key="score-sheet")}
            preview = reading.preview(file, read)
    except TlcoreError as error:
        problems.problem(TlcoreError(error.what, name, error.fix))
        st.button("Try another spreadsheet", key="score-other", on_click=forget, args=(project, folder))
        return
    shell.text_table({column: cells[:5] for column, cells in preview.head.items()}, key="score-head")
    reads = reads_of(run)
    wanted = [name for names in reads.values() for name in names]
    chosen = [
        st.selectbox(
            "Which column is to be read?" if len(wanted) == 1 else f"Which column plays “{words.escape_md(column)}”?",
            preview.columns,
            index=_guess(column, len(wanted), preview),
            placeholder="Choose a column",
            key=f"score-column-{i}",
        )
        for i, column in enumerate(wanted)
    ]
    ready = all(chosen)
    images = picture_use.of_sheet(project, folder, file) if "image" in reads else None
    quick = _quick(project, run, preview.rows)
    if shell.primary(f"Score {words.plural(preview.rows, 'row')}", key="score", disabled=not ready):
        given = iter(chosen)
        roles = {role: [next(given) for _ in names] for role, names in reads.items()}
        jobs.create_job(
            folder, "predict", run=str(run), file=str(file), read=read, roles=roles, quick=quick, images=images
        )
        jobs.start_job(folder)
        st.rerun()
    st.button("Use another spreadsheet", key="score-other", type="tertiary", on_click=forget, args=(project, folder))


def _quick(project: Project, run: Path, rows: int) -> bool:
    """Whether the quick version is to answer; asked only where there is one, and rows enough for it to matter."""
    found = (read_report(run) or {}).get("quick")
    if not found or rows < LONG_SHEET:
        return False
    wanted = st.toggle(
        f"Answer about {found['times']:.1f} times as fast",
        help="The model in 8-bit whole numbers (int8 quantisation). Single answers differ from those of the exact model.",
        **state.kept(project, "quick", False),
    )
    st.caption(f"Tried {quick_words(found)}")
    return bool(wanted)


def _guess(column: str, wanted: int, preview: reading.Preview) -> int | None:
    """The column of the same name; for a model that reads one column, else the one that looks like text."""
    if column in preview.columns:
        return preview.columns.index(column)
    text = preview.guess.get("text")
    return preview.columns.index(text) if wanted == 1 and text in preview.columns else None


def _follow(project: Project, folder: Path, was_alive: bool) -> None:
    with problems.guard():
        job = jobs.job_state(folder)
        if job.alive != was_alive:
            st.rerun()
        if job.alive:
            view = read_live(folder)
            st.text(f"Scoring. {view.count}" if view.count else "Scoring. The answers appear here.")
            st.progress(view.part if view.part is not None else view.fraction)
            left = view.left_text or "time left: measuring"
            st.caption(left if not view.texts_per_second else f"{left} · {view.texts_per_second:,.0f} texts a second")
            if st.button("Cancel", key="score-cancel", type="tertiary"):
                jobs.request_stop(folder, "cancel")
        elif job.state == "done":
            show_scored(project, folder, forget)
        else:
            _not_scored(project, folder, job)


def _not_scored(project: Project, folder: Path, job: jobs.JobState) -> None:
    if job.state in ("cancelled", "stopped"):
        st.text("You ended the scoring before it was done.")
    else:
        lost = TlcoreError("The scoring stopped unexpectedly.", "", "Your spreadsheet is as it was. Try again.")
        problems.problem(job.error or lost, jobs.log_tail(folder) or None)
    st.button("Score a spreadsheet", key="score-other", type="primary", on_click=forget, args=(project, folder))
