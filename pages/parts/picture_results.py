"""What the Results screen says and draws of a model for texts with pictures: what each half is worth, and the pictures that went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import results_parts as parts
from pages.parts import words
from pages.parts.picture_parts import show_pictures
from tlcore.predict.text import parts_of
from tlcore.runs import PICTURES

Report = Mapping[str, Any]
A_PAGE, BESIDE, LETTERS = 24, 4, 90


def halves_sentence(report: Report) -> str:
    """“The text alone would have scored 0.76, the picture alone 0.56, both together 0.79.”"""
    test = report.get("test") or {}
    text, image, both = (test.get(name) for name in ("text_alone", "image_alone", "macro_f1"))
    if text is None or image is None or both is None:
        return ""
    line = f"The text alone would have scored {text:.2f}, the picture alone {image:.2f}, both together {both:.2f} (macro-F1)."
    better, gain = (
        max(("text_alone", text), ("image_alone", image), key=lambda one: one[1])[0],
        report.get("alone") or {},
    )
    found = gain.get(better) or {}
    if found.get("real"):
        return line
    other = "picture" if better == "text_alone" else "text"
    return f"{line} Whether the {other} adds anything could be chance: more test rows would settle it."


def unread_sentence(report: Report) -> str:
    found = report.get("pictures") or {}
    unread = int(found.get("unread") or 0)
    if not unread:
        return ""
    rows = words.plural(int(found.get("rows") or 0), "test row")
    return (
        f"{words.number(unread)} of {rows} had no picture that could be read; they were answered from the text alone."
    )


def wrong_pictures(run: Path, report: Report) -> None:
    """The wrong rows as pictures, the surest first, each with what it is and what the model took it for."""
    frame = parts.chosen_wrong(run)
    if frame is None:
        return
    pages = max(1, -(-len(frame) // A_PAGE))
    page = st.number_input(f"Page of {pages}", 1, pages, key="wrong-page") if pages > 1 else 1
    st.caption(words.plural(len(frame), "row"))
    shown = frame.iloc[(page - 1) * A_PAGE : page * A_PAGE]
    show_pictures([_line(run, row) for row in shown.to_dict("records")], key="wrong", columns=BESIDE)


def _line(run: Path, row: Mapping[str, Any]) -> tuple[str, str, str]:
    text, name = [*parts_of(row["text"]), ""][:2]
    short = text if len(text) <= LETTERS else f"{text[:LETTERS]} …"
    sure = "" if row["confidence"] != row["confidence"] else f", {words.percent(row['confidence'])} sure"
    line = f"Row {row['row']}: {short}\nIs “{row['label']}”; the model says “{row['prediction']}”{sure}"
    return str(run / PICTURES), name, line
