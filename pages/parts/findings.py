"""The parts of the Check page: the answer, what can be mended with a click, the pictures, the rows not learned from."""

from __future__ import annotations

import streamlit as st

from pages.parts import shell, state
from pages.parts.bars import MOST_CLASSES, balance_chart, length_chart
from pages.parts.charts import CONFIG
from pages.parts.prepared import SHOWN, Prepared
from pages.parts.words import escape_md, listed, number, of, plural
from tlcore.workspace import Project

MOST_ROWS = 8


def headline(found: Prepared) -> None:
    facts = found.facts
    classes = plural(len(facts.classes), "class", "classes")
    shell.answer(f"Yes: {plural(found.learned_from, 'row')} in {classes} to learn from and to test on.")
    places = st.columns(4)
    places[0].metric("Rows in the file", number(facts.rows))
    places[1].metric("Smallest class", plural(facts.smallest_class, "row"))
    help = "Word pieces are what the model reads: about three for two English words."
    places[2].metric("Typical text", f"{number(facts.tokens_p50)} pieces", help=help)
    help = f"Only the first {facts.max_length} word pieces of a text are read."
    places[3].metric("Texts too long", of(facts.cut_off, facts.rows), help=help)


def problems(project: Project, found: Prepared) -> None:
    """What will hurt, the gravest first: what it is, what it costs, which rows, and a click that mends it."""
    if not found.problems:
        st.caption("Nothing wrong was found with these rows.")
    for problem in found.problems:
        mark = ":material/warning:" if problem.severity == "warning" else ":material/info:"
        word = "Row" if len(problem.rows) == 1 else "Rows"
        rows = f" {word} {listed_numbers(problem.rows)}." if problem.rows and problem.id != "not_used" else ""
        text = f"{mark} **{escape_md(problem.title)}** {escape_md(problem.cost)}{rows}"
        for fix in problem.fixes or (None,):
            if fix is None:
                with st.container(border=True):
                    st.markdown(text)
            elif _offer(text, fix.title, fix.kind.replace("_", "-")):
                gone = {*(state.draft(project).get("leave_out") or []), *fix.labels}
                state.save(project, leave_out=sorted(gone))
                st.rerun()


def listed_numbers(rows: tuple[int, ...]) -> str:
    """The first few row numbers, and how many more."""
    some = ", ".join(number(row) for row in rows[:MOST_ROWS])
    return some + (f" and {len(rows) - MOST_ROWS:,} more" if len(rows) > MOST_ROWS else "")


def undo(project: Project) -> None:
    """What was left out can always be taken back in."""
    gone = state.draft(project).get("leave_out") or []
    if gone and _offer(
        f"You left out {plural(len(gone), 'class', 'classes')}: {escape_md(listed(gone))}.", "Take back in", "take-back"
    ):
        state.save(project, leave_out=None)
        st.rerun()


def picture(found: Prepared) -> None:
    st.subheader("How the rows spread over the classes", anchor=False)
    classes = found.facts.classes
    alt = "Rows of each class: " + ", ".join(f"{name} {count}" for name, count in list(classes.items())[:10])
    st.plotly_chart(balance_chart(classes), key="balance", config=CONFIG, alt=alt)
    if len(classes) > MOST_CLASSES:
        st.caption(f"The {MOST_CLASSES} largest of {len(classes):,} classes; all of them below.")
        shell.text_table({"class": list(classes), "rows": list(classes.values())}, height=220, key="classes")
    st.subheader("How long the texts are", anchor=False)
    st.plotly_chart(length_chart(found.lengths), key="lengths", config=CONFIG, alt="Texts by their length in words")


def other_rows(found: Prepared) -> None:
    """The rows that are not learned from, with their numbers: nothing is dropped silently."""
    for title, rows, total in (
        ("Rows without a label", found.unlabelled, found.counts.get("unlabelled", 0)),
        ("Rows left out", found.left_out, found.counts.get("left_out", 0)),
    ):
        if rows:
            with st.expander(f"{title}: {total:,}"):
                if total > len(rows):
                    st.caption(f"The first {SHOWN} of them.")
                shell.text_table(
                    {name: [row[name] for row in rows] for name in ("row", "why", "text")},
                    key=title,
                )


def _offer(text: str, button: str, key: str) -> bool:
    """A sentence and a button beside it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(text)
        return st.button(button, key=key)
