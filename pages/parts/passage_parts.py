"""A passage with pieces of it marked: the true answer, the one that was given, which may overlap (names that may not: marked.py).

Users' words are escaped, never formatted.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import pairwise

import streamlit as st

TRUE, GIVEN, BOTH = "true", "given", "both"
STYLES = {
    TRUE: "background:rgba(0,158,115,.22);border-bottom:3px solid #009E73;",
    GIVEN: "background:rgba(213,94,0,.20);border-bottom:3px dashed #D55E00;",
    BOTH: "background:rgba(0,158,115,.22);border-bottom:3px double #009E73;",
}
"""Told apart by the line as well as by the colour."""
NAMES = {TRUE: "the true answer", GIVEN: "the model's answer", BOTH: "both"}
Mark = tuple[int, int, str]
"""First letter, the one behind the last, and what it is."""


def marked_html(passage: str, marks: Sequence[Mark]) -> str:
    """The passage as HTML, each stretch under the marks that lie on it."""
    ends = sorted({0, len(passage), *(min(max(0, end), len(passage)) for mark in marks for end in mark[:2])})
    pieces = []
    for begin, end in pairwise(ends):
        on = {kind for first, last, kind in marks if first <= begin and end <= last}
        text = html.escape(passage[begin:end])
        kind = BOTH if len(on) > 1 else next(iter(on), "")
        pieces.append(
            f'<mark title="{NAMES[kind]}" style="color:inherit;{STYLES[kind]}">{text}</mark>' if kind else text
        )
    return f'<div style="white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.7">{"".join(pieces)}</div>'


def show(passage: str, marks: Sequence[Mark], key: str) -> None:
    """Draw it, with a line that says what the marks are where there are two kinds."""
    with st.container(border=True, key=key):
        st.html(marked_html(passage, marks))
        if len({kind for _, _, kind in marks}) > 1:
            told = " ".join(
                f'<mark style="color:inherit;{STYLES[kind]}">{NAMES[kind]}</mark>' for kind in (TRUE, GIVEN)
            )
            st.html(f'<div style="opacity:.8;font-size:.85rem">{told}</div>')
