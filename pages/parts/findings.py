"""The parts of the Check page around the list of problems: the answer, the pictures, the rows not learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.parts import shell
from pages.parts.bars import MOST_CLASSES, balance_chart, length_chart
from pages.parts.charts import CONFIG
from pages.parts.number_charts import spread
from pages.parts.prepared import Prepared
from pages.parts.words import escape_md, number, of, plural
from tlcore.order import SHOWN
from tlcore.splits import points_for_rows


@dataclass(frozen=True)
class Words:
    """What labels are called: one of them, several, and how rows stand to them; "" where labels are numbers.

    each: what each row has, where that is neither a label nor a number. whole: whether long texts are read to their end."""

    one: str = "class"
    many: str = "classes"
    joined: str = "in"
    each: str = "a number"
    whole: bool = False


WORDS = {
    "classify": Words(),
    "multilabel": Words("label", "labels", "with"),
    "score": Words(""),
    "ner": Words("kind of name", "kinds of names", "with", whole=True),
    "qa": Words("", each="an answer", whole=True),
    "rewrite": Words("", each="the text that it should become"),
}
UNCOUNTED = ("score", "rewrite")
"""Tasks whose score is no share of right answers."""


def headline(found: Prepared) -> None:
    facts, what = found.facts, WORDS.get(found.task, WORDS["classify"])
    shell.answer(_named(found) if found.named else _labelled(found, what))
    places = st.columns(4)
    places[0].metric("Rows in the file", number(facts.rows))
    if found.numbers:
        places[1].metric("Numbers", f"{min(found.numbers, default=0):g} to {max(found.numbers, default=0):g}")
    elif not what.one:
        places[1].metric("Rows to learn from and test on", number(found.learned_from))
    elif facts.classes:
        places[1].metric(
            f"{'Smallest' if what.one == 'class' else 'Rarest'} {what.one}", plural(facts.smallest_class, "row")
        )
    elif what.one:
        places[1].metric("Labels", number(len(found.named)))
    else:
        places[1].metric("With an answer", number(found.learned_from))
    help = "Word pieces are what the model reads: about three for two English words."
    places[2].metric("Typical text", f"{number(facts.tokens_p50)} pieces", help=help)
    help = f"Only the first {facts.max_length} word pieces of a text are read."
    if what.whole:
        help = f"More than {facts.max_length} word pieces: read in stretches that overlap, nothing is left out."
    places[3].metric("Long texts" if what.whole else "Texts too long", of(facts.cut_off, facts.rows), help=help)


def _labelled(found: Prepared, what: Words) -> str:
    classes = plural(len(found.facts.classes), what.one, what.many) if what.one else ""
    among = f" {what.joined} {classes}" if what.one else f", each with {what.each},"
    return f"Yes: {plural(found.learned_from, 'row')}{among} to learn from and to test on."


def _named(found: Prepared) -> str:
    labelled = (
        f"{number(found.learned_from)} with a label"
        if found.learned_from
        else "none has a label yet, and none needs one"
    )
    rows = plural(found.counts.get("unlabelled", 0) + found.learned_from, "row")
    return f"Yes: {rows} to sort into {plural(len(found.named), 'label')}; {labelled}."


def sides(found: Prepared) -> None:
    """How the rows are dealt out, and how sure a score on the test rows can be."""
    counts = found.counts
    learn, choose, test = (counts.get(side, 0) for side in ("train", "validation", "test"))
    if not (learn or choose or test):
        st.caption("No row can be scored: the model will answer, and nobody can say how often it is right.")
        return
    about = f"{number(learn)} rows to learn from, {number(choose)} to compare settings with, {number(test)} to test on."
    if test and found.task not in UNCOUNTED:
        about += f" A score on them is sure to about ±{points_for_rows(test):.0f} points."
    st.caption(escape_md(about))


def notes(found: Prepared) -> None:
    """What else was noticed while the rows were read, in words."""
    said = {note for step in found.steps for note in step.notes}
    more = [note for note in found.warnings if note not in said]
    if more:
        with st.expander(f"How your rows were taken: {plural(len(more), 'note')}"):
            st.markdown("\n".join(f"- {escape_md(note)}" for note in more))


def picture(found: Prepared) -> None:
    what, classes = WORDS.get(found.task, WORDS["classify"]), found.facts.classes
    if found.numbers:
        st.subheader("How the rows spread over the numbers", anchor=False)
        st.plotly_chart(spread(found.numbers), key="balance", config=CONFIG, alt="How many rows have which number")
    elif classes:
        st.subheader(f"How the rows spread over the {what.many}", anchor=False)
        _balance(classes, what)
    st.subheader("How long the texts are", anchor=False)
    st.plotly_chart(length_chart(found.lengths), key="lengths", config=CONFIG, alt="Texts by their length in words")


def _balance(classes: Mapping[str, int], what: Words) -> None:
    alt = f"Rows of each {what.one}: " + ", ".join(f"{name} {count}" for name, count in list(classes.items())[:10])
    st.plotly_chart(balance_chart(classes), key="balance", config=CONFIG, alt=alt)
    if len(classes) > MOST_CLASSES:
        st.caption(f"The {MOST_CLASSES} largest of {len(classes):,} {what.many}; all of them below.")
        shell.text_table({what.one: list(classes), "rows": list(classes.values())}, height=220, key="classes")


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
