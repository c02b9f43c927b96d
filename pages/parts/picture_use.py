"""The Use screen of a model for texts with pictures: a text and a picture to ask about, and the pictures of a sheet."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import answer_parts, intake, problems, shell, state, words
from tlcore.errors import TlcoreError
from tlcore.pictures import open_pictures, with_pictures
from tlcore.predict.picture_files import ENDINGS
from tlcore.predict.text import BESIDE, model_text
from tlcore.workspace import Project

ASKED = "asked-picture"
TYPES = [ending.removeprefix(".") for ending in ENDINGS]


def ask(project: Project, reads: Mapping[str, Sequence[str]], model: Callable[[], Any]) -> None:
    """A text and a picture; either is enough. The picture is answered from memory and kept nowhere."""
    columns = [name for role, names in reads.items() if role != BESIDE for name in names]
    cells = {
        name: st.text_area(
            "Your text" if len(columns) == 1 else words.escape_md(name), height=80,
            placeholder="Type or paste a text; it may be left out.", **state.kept(project, f"try.{i}", ""),
        )
        for i, name in enumerate(columns)
    }  # fmt: skip
    given: Any = st.file_uploader("Your picture", type=TYPES, key=ASKED, max_upload_size=intake.MOST_MB)
    shell.primary("Ask", key="ask")
    name = f"picture{Path(given.name).suffix.lower()}" if given else ""
    cells |= dict.fromkeys(reads[BESIDE], name)
    text = model_text(reads, cells)
    if not text:
        st.caption("The answer appears here, with how sure the model is of it.")
        return
    with tempfile.TemporaryDirectory() as folder:
        if given:
            (Path(folder) / name).write_bytes(given.getbuffer())
        ready, began = with_pictures(model(), folder), time.perf_counter()
        found = ready.predict([text])
        took = time.perf_counter() - began
    if not found.predictions[0]:
        problems.problem(
            TlcoreError("There is nothing to answer from.", found.notes[0], "Try another picture, or type a text.")
        )
        return
    more = answer_parts.show(ready, found)
    for half, said in (("text", found.alone["text_alone"][0]), ("picture", found.alone["image_alone"][0])):
        if said:
            st.caption(f"From the {half} alone: “{words.escape_md(said)}”.")
    if given and found.notes[0]:
        st.caption(f"The picture: {words.escape_md(found.notes[0])}.")
    st.caption(f"Answered on this computer in {max(1, round(took * 1000))} thousandths of a second{more}.")


def of_sheet(project: Project, folder: Path, sheet: Path) -> str | None:
    """The zip of the pictures that a sheet names, once it was given; the sheet's own zip, where it came in one."""
    kept = next(iter(sorted(folder.glob("pictures/*"))), None)
    if kept is None and sheet.suffix.lower() == ".zip":
        kept = sheet
    if kept is not None:
        st.text(f"Pictures: {words.plural(len(open_pictures(kept).names), 'file')} in a zip.")
        return str(kept)
    key = f"score-pictures/{project.id}/{state.uploads()}"
    label = "A zip of the pictures that it names"
    st.file_uploader(label, type=["zip"], key=key, max_upload_size=intake.MOST_MB, on_change=_take, args=(folder, key))
    failure = state.forget("score pictures failure")
    if isinstance(failure, TlcoreError):
        problems.problem(failure)
    st.caption("Without pictures each row is answered from its text alone, and the sheet says so.")
    return None


def _take(folder: Path, key: str) -> None:
    given: Any = state.typed(key)
    if given is None:
        return
    place = folder / "pictures" / re.sub(r"[^\w.-]+", "_", f"{Path(given.name).stem[:60]}.zip")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(given.getbuffer())
    try:
        open_pictures(place)
    except TlcoreError as error:
        place.unlink()
        state.remember("score pictures failure", error)
    state.uploaded()
