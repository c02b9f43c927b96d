"""One answer on the Use screen: one label, every label that fits, or a number with its range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import charts, number_charts, passage_parts, shell, words
from pages.parts.marked import Mark, colours_of, marked_html
from tlcore.predict.answers import NO_LABEL, NUMBER, SEVERAL, SPANS, digits_for, kind_of, parted, thresholds_of
from tlcore.predict.passages import NO_ANSWER, PASSAGE

MOST_LABELS, FEW_BESIDE = 12, 3
MOST_ANSWERS, UNSURE = 6, 0.5
WORTH_NAMING = 0.01
"""How likely another piece of a passage must be to be named beside the best."""


def show(model: Any, found: Any) -> str:
    """The first answer of `found`, as the model answers; what is to be said of what is not shown, or ""."""
    special = ANSWERS.get(kind_of(model.answer))
    if special is None:
        return one_label(model, found)
    special(model, found)
    return ""


def one_label(model: Any, found: Any) -> str:
    ranked = sorted(zip(model.labels, map(float, found.probabilities[0]), strict=True), key=lambda pair: -pair[1])
    label, sure = ranked[0]
    shell.answer(f"“{label}”, {words.percent(sure)} sure")
    alt = "How sure the model is of each answer."
    st.plotly_chart(charts.confidence_bars(ranked[:MOST_ANSWERS]), key="sure", config=charts.CONFIG, alt=alt)
    if sure < UNSURE:
        st.caption("It is not sure: treat this as a guess. The text may be unlike the ones it learned from.")
    return f"; {len(ranked) - MOST_ANSWERS} less likely answers are not shown" if len(ranked) > MOST_ANSWERS else ""


def several(model: Any, found: Any) -> None:
    """The labels that fit, then how likely each is, those that only nearly fit beside them."""
    said = parted(found.predictions[0])
    named = ", ".join(f"“{label}”" for label in said)
    shell.answer(named if said else "None of its labels fits this text")
    share, cut = found.probabilities[0], thresholds_of(model.answer, len(model.labels))
    ranked = sorted(zip(model.labels, map(float, share), map(float, cut), strict=True), key=lambda one: one[2] - one[1])
    shown = ranked[: min(MOST_LABELS, len(said) + FEW_BESIDE)]
    alt = "How likely each label is, and from where on it is given."
    st.plotly_chart(charts.label_bars(shown), key="sure", config=charts.CONFIG, alt=alt)
    st.caption(
        "A label is given where its bar passes the mark, its own threshold, tuned on rows that were held back. "
        f"The least certain of these decisions is {words.percent(found.confidence[0])} sure."
        + ("" if said else f" In a spreadsheet that stands as {NO_LABEL}.")
    )


def number(model: Any, found: Any) -> None:
    """The number, and where the truth should lie nine times in ten."""
    seen = (float(model.answer["low"]), float(model.answer["high"]))
    digits = max(0, digits_for(seen[1] - seen[0]) - 1)  # a sheet has one more; nobody needs it on a screen
    low, high, value = (round(float(one), digits) for one in (*found.ranges[0], found.predictions[0]))
    shell.answer(f"{value:g}, most likely between {low:g} and {high:g}")
    alt = f"{value:g} on the range from {seen[0]:g} to {seen[1]:g}."
    st.plotly_chart(number_charts.on_a_scale(value, (low, high), seen), key="sure", config=charts.CONFIG, alt=alt)
    st.caption(
        "The range is where the truth lay nine times in ten on rows that were held back; it is as wide for every text. "
        f"The numbers it learned from go from {seen[0]:g} to {seen[1]:g}: it never answers beyond them."
    )


def passage(model: Any, found: Any) -> None:
    """The answer, marked in its passage, and the next best pieces."""
    one, text = found.found[0], found.passages[0]
    if not one.text:
        st.caption("Give it a question and a passage: the answer is looked for in the passage.")
        return
    sure = words.percent(one.confidence)
    said = "The passage does not say" if one.text == NO_ANSWER else f"“{one.text}”"
    shell.answer(f"{said}, {sure} sure")
    marks = [(one.start, one.start + len(one.text), passage_parts.GIVEN)] if one.start >= 0 else []
    passage_parts.show(text, marks, key="passage")
    if one.confidence < UNSURE:
        st.caption(
            "It is not sure: treat this as a guess. The passage may not hold the answer, or say it in other words."
        )
    if others := [piece for piece in one.others if piece.probability >= WORTH_NAMING]:
        listed = "; ".join(f"“{piece.text}” ({words.percent(piece.probability)})" for piece in others)
        st.caption(words.escape_md(f"The next best: {listed}."))


def names(model: Any, found: Any) -> None:
    """The text with the names in it marked, then each with how sure it is."""
    (spans,) = found.spans
    told = words.plural(len(spans), "name")
    shell.answer(f"{told[0].upper()}{told[1:]} found" if spans else "No name found")
    if not spans:
        st.caption("Either there is none, or it is of a kind that the model was not shown.")
        return
    colours = colours_of(sorted(model.labels))
    st.html(marked_html(found.texts[0], [Mark(one["start"], one["end"], one["label"]) for one in spans], colours))
    columns = {"name": [one["text"] for one in spans], "kind": [one["label"] for one in spans],
               "sure": [words.percent(one["confidence"]) for one in spans]}  # fmt: skip
    shell.text_table(columns, key="names", widths={"name": "medium"}, alt="The names found, and how sure each is")


ANSWERS: dict[str, Callable[[Any, Any], None]] = {SEVERAL: several, NUMBER: number, SPANS: names, PASSAGE: passage}
"""By how the head is read, where that is not one label."""
