"""The pictures beside a spreadsheet, on the Data screen: a zip or a folder of them, and the first ones to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import intake, state
from pages.parts.problems import problem
from pages.parts.reading import Preview
from pages.parts.spreadsheet import pictures_place
from pages.parts.words import escape_md, plural
from tlcore.errors import TlcoreError
from tlcore.pictures import open_pictures, thumbnail
from tlcore.workspace import Project

FAILURE = "pictures failure"
SHOWN, SIDE = 6, 130


def controls(project: Project, preview: Preview, columns: Sequence[str]) -> TlcoreError | None:
    """Where the pictures are, and those of the first rows; what still has to be done, or None."""
    st.subheader("Where are the pictures?", anchor=False)
    place = pictures_place(project)
    error = _first_ones(place, preview, columns[0]) if place and columns else _missing(columns)
    if place:
        with st.expander("Use other pictures"):
            _ways(project)
    else:
        _ways(project)
    failure = state.forget(FAILURE)
    if isinstance(failure, TlcoreError):
        problem(failure)
    return error


def _missing(columns: Sequence[str]) -> TlcoreError:
    what = "No pictures were given yet." if columns else "No column with the names of the picture files is chosen."
    return TlcoreError(what, "", "Choose the column, and give the pictures as a zip.")


def _ways(project: Project) -> None:
    key = f"pictures/{project.id}/{state.uploads()}"
    label = "A zip of the pictures"
    st.file_uploader(label, type=["zip"], key=key, max_upload_size=intake.MOST_MB, on_change=_take, args=(project, key))
    st.caption(
        "PNG, JPEG, GIF, WEBP, BMP or TIFF, named as in the column, in folders or not. They stay on this computer."
    )
    if st.get_option("server.address") in intake.LOCAL:
        with st.form("pictures-path", border=False):
            typed = st.text_input(
                "Or a folder on this computer", placeholder="/home/me/pictures", key="pictures-folder"
            )
            if st.form_submit_button("Use this folder"):
                _use_folder(project, typed)


def _take(project: Project, key: str) -> None:
    given: Any = state.typed(key)
    if given is None:
        return
    try:
        kept = project.save_pictures(given.name, given.getbuffer())
        open_pictures(kept)
        state.save(project, images=None)
    except (TlcoreError, OSError) as error:
        project.drop_pictures()
        full = TlcoreError("The pictures could not be kept.", str(error), "Is the disk full?")
        state.remember(FAILURE, error if isinstance(error, TlcoreError) else full)
    state.uploaded()


def _use_folder(project: Project, typed: str) -> None:
    place = Path(typed.strip().strip('"').strip("'")).expanduser()
    if not place.is_absolute():
        where = "Copy the path from your file manager, from the top folder on."
        state.remember(FAILURE, TlcoreError("The whole path is needed.", typed.strip(), where))
        return
    try:
        open_pictures(place)
    except TlcoreError as error:
        state.remember(FAILURE, error)
        return
    state.save(project, images=str(place))
    st.rerun()


def _first_ones(place: str, preview: Preview, column: str) -> TlcoreError | None:
    """The pictures of the first rows, or why there is none; the way on where nothing fits."""
    try:
        pictures = open_pictures(place)
    except TlcoreError as error:
        return error
    cells = preview.head[column]
    found = [pictures.find(cell) for cell in cells]
    there = sum(not why for _, why in found)
    st.text(f"{Path(place).name}: {plural(len(pictures.names), 'file')}.")
    if not there:
        why = next((why for _, why in found if why), "")
        return TlcoreError(
            "None of the first rows has a picture here.", f"column “{column}”: {why}",
            "Choose the column with the names of the picture files, or the zip that they are in.",
        )  # fmt: skip
    show_pictures(
        [(place, cell, f"Row {n}") for cell, n in zip(cells[:SHOWN], preview.numbers, strict=False)], key="first"
    )
    return None


def show_pictures(shown: Sequence[tuple[str, str, str]], key: str, columns: int = SHOWN) -> None:
    """Pictures beside each other, each with a line under it. shown: place, name and line of each."""
    for begin in range(0, len(shown), columns):
        row = shown[begin : begin + columns]
        for slot, (place, name, line) in zip(st.columns(columns), row, strict=False):
            with slot.container(
                key=f"picture-{key}-{begin}-{name and abs(hash(name))}-{row.index((place, name, line))}"
            ):
                image = thumbnail(place, name)
                if image is None:
                    st.caption("no picture")
                else:
                    st.image(image, width=SIDE)
                st.caption("  \n".join(map(escape_md, line.split("\n"))))
