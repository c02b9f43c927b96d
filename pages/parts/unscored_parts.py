"""What the Results screen shows of a model that nobody can score yet: how its answers spread, and which to look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import charts, confirm_parts, shell, state, words
from pages.parts.bars import balance_chart
from tlcore.predict.text import PART
from tlcore.runs import ANSWERS
from tlcore.splits import points_for_rows
from tlcore.told_asking import asking_sentences
from tlcore.workspace import Project

Report = Mapping[str, Any]
MOST_ROWS = 100
ROWS_TO_LABEL = (50, 100, 200)
ORDERS = ("Least certain", "Most certain")
BETWEEN = " ⏐ "


def is_unscored(report: Report) -> bool:
    """Whether rows were answered that nobody could score."""
    return bool(report.get("unscored")) and not (report.get("test") or {}).get("rows")


def headline(report: Report) -> str:
    """“There is no score, because no row has a label. 1,000 rows were answered; for 120 it is less than half sure.”"""
    found = report.get("unscored") or {}
    said = "There is no score, because no row has a label."
    if not found.get("rows"):
        return said
    many = (
        f"{words.plural(found['rows'], 'row')} of your {found['of']:,}"
        if found["of"] > found["rows"]
        else words.plural(found["rows"], "row")
    )
    return f"{said} {many} were answered; for {words.number(found['unsure'])} it is less than half sure."


def label_some(report: Report) -> str:
    """How many rows one would label for a score, and how sure that is."""
    sure = ", ".join(f"{rows} make it sure to ±{points_for_rows(rows):.0f} points" for rows in ROWS_TO_LABEL)
    least = words.number(ROWS_TO_LABEL[0])
    said = (
        f"For a score, give about {least} rows their right label, picked by chance and not by how sure the model is: {sure}. Write them "
        "into a column of your spreadsheet and choose it in Data"
    )
    if report.get("task", "classify") != "classify":
        return f"{said}."
    return f"{said}, or go through rows with “Label for me” below: most of them are picked so at first."


def show(project: Project, run: Path, report: Report) -> None:
    shell.answer(headline(report))
    if told := asking_sentences(report.get("asked")):
        st.text("\n".join(told))
    st.markdown(
        "How sure it is of a text is a guess of its own, from how often two readings of your texts agree. Read some answers before "
        "you trust it."
    )
    st.info(label_some(report))
    if shell.primary("Put it to work"):
        state.go("use", run=run.name)
    confirm_parts.offer(project, run, report)
    st.page_link(state.PAGES["data"], label="Back to Data, to add labels", query_params={state.PROJECT: project.id})
    spread(report)
    some_rows(run)


def spread(report: Report) -> None:
    """How often each answer was given."""
    found = (report.get("unscored") or {}).get("answers") or {}
    if not found:
        return
    st.subheader("How the answers spread", anchor=False)
    total = max(1, sum(found.values()))
    label, count = max(found.items(), key=lambda pair: pair[1])
    st.text(f"Most often: “{label}”, {words.percent(count / total)} of the rows.")
    never = [name for name, times in found.items() if not times]
    if never:
        st.caption(f"Never given: {words.escape_md(words.listed(never))}. Say more of it in Data, or leave it out.")
    alt = "How often each answer was given: " + ", ".join(f"{name} {times}" for name, times in list(found.items())[:10])
    ranked = dict(sorted(found.items(), key=lambda pair: -pair[1]))
    st.plotly_chart(balance_chart(ranked), key="spread", config=charts.CONFIG, alt=alt)


def some_rows(run: Path) -> None:
    """The least, or the most, certain rows, to read."""
    import pyarrow.parquet as pq

    if not (run / ANSWERS).exists():
        return
    st.subheader("Answers to read", anchor=False)
    order = st.segmented_control("Show", ORDERS, default=ORDERS[0], required=True, key="unscored-order")
    table = pq.read_table(run / ANSWERS)
    frame = (
        table.slice(0, MOST_ROWS) if order == ORDERS[0] else table.slice(max(0, table.num_rows - MOST_ROWS))
    ).to_pandas()
    frame = frame if order == ORDERS[0] else frame[::-1]
    config = {
        "row": st.column_config.NumberColumn("row", format="%d", width=70, help="The row in your file"),
        "confidence": st.column_config.NumberColumn("sure", format="%.0f %%", width=70),
        "prediction": st.column_config.TextColumn("answer", width=170),
        "text": st.column_config.TextColumn("text", width="large"),
    }
    texts = [text.replace(PART, BETWEEN) for text in frame["text"]]  # a picture's name is packed behind the words
    shown = frame.assign(confidence=frame["confidence"] * 100, text=texts)[["row", "confidence", "prediction", "text"]]
    st.dataframe(shown, hide_index=True, column_config=config, key="unscored-rows", alt=f"{order} answers")
