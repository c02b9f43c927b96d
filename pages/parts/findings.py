"""The parts of the Check page: the answer, what can be mended with a click, the pictures, the rows not learned from."""

from __future__ import annotations

import streamlit as st

from pages.parts import shell, state
from pages.parts.bars import MOST_CLASSES, balance_chart, length_chart
from pages.parts.charts import CONFIG
from pages.parts.prepared import SHOWN, Prepared
from pages.parts.words import escape_md, listed, number, of, plural
from tlcore.workspace import Project


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


def notes(found: Prepared) -> list[str]:
    """What to know, beside what the page offers to mend."""
    facts = found.facts
    found_notes = [n for n in found.warnings if "only one row" not in n and "have no label." not in n]
    if facts.unlabelled:
        verb = "row has no label and is" if facts.unlabelled == 1 else "rows have no label and are"
        found_notes.insert(0, f"{facts.unlabelled:,} {verb} not learned from. See below.")
    if facts.cut_off:
        many = plural(facts.cut_off, "text")
        found_notes.append(f"{many} will be cut off after {facts.max_length} word pieces: the rest is not read.")
    if facts.duplicates:
        verb = "row repeats" if facts.duplicates == 1 else "rows repeat"
        found_notes.append(f"{facts.duplicates:,} {verb} an earlier text. Equal texts stay on one side of the split.")
    return found_notes


def single_classes(project: Project, found: Prepared) -> None:
    """Classes with one row can be learned but not tested: leave them out with one click."""
    if not found.single:
        return
    many = "1 class has" if len(found.single) == 1 else f"{len(found.single):,} classes have"
    text = f"**{many} a single row**: {escape_md(listed(found.single))}. Nudge can learn it, but not test it."
    if _offer(text, "Leave out", "leave-out"):
        gone = {*(state.draft(project).get("leave_out") or []), *found.single}
        state.save(project, leave_out=sorted(gone))
        st.rerun()


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
