"""A text with stretches of it marked in colour, as HTML that holds nothing of the user's but escaped words. No Streamlit here."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COLOURS = ("#2A8CC9", "#D55E00", "#009E73", "#B8679A", "#A0812F", "#7A6BC0", "#5B7C99", "#C0504D")
"""After Okabe and Ito, as the charts; a ninth kind begins again, and its name stands beside it."""
GROUND = "26"
"""How strong the ground behind marked words is, in hexadecimal: readable on white and on dark."""

NO_BREAK = "\u00a0"
"""A blank at which no line ends: the kind stays with the last word of its name."""


@dataclass(frozen=True)
class Mark:
    """begin, end: in characters, the end exclusive. label: what it is, shown beside it; "" for none."""

    begin: int
    end: int
    label: str = ""


def colours_of(labels: Sequence[str]) -> dict[str, str]:
    """The same kind has the same colour on every screen: by its place among all."""
    return {label: COLOURS[i % len(COLOURS)] for i, label in enumerate(labels)}


def marked_html(text: str, marks: Sequence[Mark], colours: Mapping[str, str]) -> str:
    """The text with its marks; one that lies outside the text or on another is left out."""
    parts, at = [], 0
    for mark in sorted(marks, key=lambda one: one.begin):
        if not at <= mark.begin < mark.end <= len(text):
            continue
        parts += [html.escape(text[at : mark.begin]), _mark(text[mark.begin : mark.end], mark.label, colours)]
        at = mark.end
    whole = "".join([*parts, html.escape(text[at:])])
    return f'<div style="white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.9">{whole}</div>'


def _mark(words: str, label: str, colours: Mapping[str, str]) -> str:
    colour = colours.get(label, COLOURS[0])
    style = f"background: {colour}{GROUND}; border-bottom: 2px solid {colour}; border-radius: 3px; padding: 1px 3px; color: inherit"
    name = (
        f'{NO_BREAK}<span style="color: {colour}; font-size: 0.72em; font-weight: 600">{html.escape(label)}</span>'
        if label
        else ""
    )
    return f'<mark style="{style}">{html.escape(words)}{name}</mark>'


def legend_html(colours: Mapping[str, str]) -> str:
    """Which colour is which kind."""
    kinds = " ".join(_mark(label, "", {"": colour}) for label, colour in colours.items())
    return f'<div style="line-height: 2.1">{kinds}</div>'
