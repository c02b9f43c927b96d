"""Boxes for what went wrong, what to know, and nothing a browser would fetch or format."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from pages.parts.words import escape_md
from tlcore.errors import TlcoreError

__all__ = ["escape_md", "guard", "problem", "warnings"]


def problem(error: TlcoreError, details: str | None = None) -> None:
    """What happened, where, and what to do; technical details folded below. Never a traceback first."""
    lines = [f"**{escape_md(error.what)}**"]
    if error.where:
        lines.append(f"Where: {escape_md(error.where)}")
    if error.fix:
        lines.append(f"What to do: {escape_md(error.fix)}")
    st.error("\n\n".join(lines))
    if details:
        with st.expander("Technical details"):
            st.code(details, language=None)


def warnings(notes: Sequence[str]) -> None:
    """What to know before going on, in one box; nothing is drawn for an empty list."""
    if len(notes) == 1:
        st.warning(escape_md(notes[0]))
    elif notes:
        st.warning("\n".join(f"- {escape_md(note)}" for note in notes))


@contextmanager
def guard() -> Iterator[None]:
    """Around a page or a fragment: a TlcoreError becomes a problem box, the rest a calm box with folded details."""
    try:
        yield
    except TlcoreError as error:
        problem(error)
        st.page_link("pages/wizard/projects.py", label="Go to Projects")
    except Exception:
        logging.getLogger("nudge").exception("A page stopped.")
        surprise = TlcoreError(
            "Something unexpected happened on this page. What you typed is kept, and nothing that runs was stopped.",
            fix="Reload the page. If it happens again, start from Projects, and report the details below.",
        )
        problem(surprise, traceback.format_exc())
        st.page_link("pages/wizard/projects.py", label="Go to Projects")
