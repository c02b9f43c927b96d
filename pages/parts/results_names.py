"""What the Results screen says and draws of a model that finds names: how many, of which kind, and the texts that went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import charts, shell, words
from pages.parts import results_parts as parts
from pages.parts.marked import Mark, colours_of, legend_html, marked_html
from pages.parts.results_tasks import OneLabel, View, difference_words, with_span
from tlcore.tasks.marks import Span, spans_in

Report = Mapping[str, Any]
TEXTS_A_PAGE = 10


class Names(OneLabel):
    def headline(self, report: Report) -> str:
        """“Found 565 of 737 names; entity F1 0.75 (0.72–0.79).”"""
        test, score = report.get("test") or {}, with_span(report)
        told = f"Found {words.of(test['found'], test['names'])} names; " if test.get("names") else ""
        return f"{told}{score}." if score else "This model has no score."

    def lines(self, report: Report) -> list[str]:
        test = report.get("test") or {}
        lines = []
        if test.get("said"):
            lines.append(
                f"Of the names it gave, {words.of(test['found'], test['said'])} are right from the first letter to the last."
            )
        if test.get("rows"):
            lines.append(f"In {words.of(test['wrong'], test['rows'])} test texts a name is missing, wrong or too many.")
        return [*lines, difference_words(report)]

    def views(self) -> dict[str, View]:
        return {"Wrong texts": _wrong, "Kinds of names": lambda run, report: _kinds(report)}


def marks_of(cell: str) -> list[Mark]:
    return [Mark(*span) for span in spans_in(cell)]


def _kinds(report: Report) -> None:
    """How good each kind is: bars, and a table that sorts."""
    found = [one for one in report.get("per_class") or [] if one.get("rows") or one.get("said")]
    if not found:
        st.info("There is no name in the test rows.")
        return
    weak = found[0]
    times = words.of(weak["right"], weak["rows"])
    st.text(f"Weakest: “{parts.short(weak['label'])}”, {times} found.")
    alt = "F1 of each kind of name, weakest first."
    st.plotly_chart(charts.class_bars(found), key="bars", config=charts.CONFIG, alt=alt)
    columns: dict[str, list[Any]] = {"kind of name": [str(one["label"]) for one in found]}
    for title, name in (("there", "rows"), ("given", "said"), ("right", "right")):
        columns[title] = [one[name] for one in found]
    for title, name in (("precision", "precision"), ("recall", "recall"), ("F1", "f1")):
        columns[title] = ["–" if one[name] is None else f"{one[name]:.3f}" for one in found]
    shell.text_table(columns, key="classes", widths={"kind of name": "medium"}, alt="Scores of each kind of name")
    missing = sorted(
        {str(one["label"]) for one in report.get("per_class") or []} - {str(one["label"]) for one in found}
    )
    more = f" Not in the test rows: {words.escape_md(', '.join(missing))}." if missing else ""
    st.caption(
        "There: marked in the test rows. Given: what the model found. Precision: how many of those it gave are right. Recall: how many "
        f"of those that are there it found.{more}"
    )


def _wrong(run: Path, report: Report) -> None:
    """Texts in which a name is missing, wrong or too many: what was marked, and what the model found."""
    frame = parts.wrong_rows(run)
    if frame is not None:
        frame = frame[[spans_in(a) != spans_in(b) for a, b in zip(frame["label"], frame["prediction"], strict=True)]]
    if frame is None or frame.empty:
        st.info("Every name was found." if frame is not None else "The answers to the test rows are not on disk.")
        return
    kinds = sorted(str(one.get("label")) for one in report.get("per_class") or [])
    colours = colours_of(kinds)
    search, which = st.columns(2)
    text = search.text_input("Search in the texts", key="wrong-search")
    kind = which.selectbox("Kind of name that went wrong", kinds, index=None, placeholder="any", key="wrong-label")
    frame = frame[parts.matches(frame, text, None, None)]
    if kind is not None:
        frame = frame[[kind in _kinds_off(a, b) for a, b in zip(frame["label"], frame["prediction"], strict=True)]]
    pages = max(1, -(-len(frame) // TEXTS_A_PAGE))
    page = st.number_input("Page", 1, pages, key=f"wrong-page-{pages}") if pages > 1 else 1
    st.caption(f"{words.plural(len(frame), 'text')}. Often what was marked in the file is the mistake: have a look.")
    st.html(legend_html(colours))
    for _, row in frame.iloc[(page - 1) * TEXTS_A_PAGE : page * TEXTS_A_PAGE].iterrows():
        with st.container(border=True):
            st.caption(f"Row {row['row']}: as marked in the file")
            st.html(marked_html(row["text"], marks_of(row["label"]), colours))
            st.caption("What the model found")
            st.html(marked_html(row["text"], marks_of(row["prediction"]), colours))


def _kinds_off(truth: str, answer: str) -> set[str]:
    """Kinds of the names that are in one of the two and not in the other."""
    both: set[Span] = set(spans_in(truth)) ^ set(spans_in(answer))
    return {label for _, _, label in both}
