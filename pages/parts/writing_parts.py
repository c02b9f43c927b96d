"""What the screens draw for a model that writes: its instruction, what it writes while it learns, and how it is to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts import state
from pages.parts.live import LiveView
from tlcore.plan import Plan
from tlcore.strategies import get_strategy
from tlcore.tasks import get_task
from tlcore.workspace import Project

INSTRUCTION = "instruction"
EXAMPLES = "“Translate to Spanish.”, “Summarise in one sentence.”, “Rewrite the message politely.”"


def instruction_box(project: Project, plan: Plan) -> None:
    """What the model is told to do with every text; nothing for tasks without one, or where a column says it for each row."""
    fields = get_task(plan.task).settings(get_strategy(plan.strategy)).__dataclass_fields__
    if INSTRUCTION not in fields:
        return
    if state.lookup(state.draft(project), f"roles.{INSTRUCTION}"):
        st.caption("What to do with a text stands in the instruction column, for each row by itself.")
        return
    usual, meta = fields[INSTRUCTION].default, fields[INSTRUCTION].metadata
    wish = state.shown(
        project, f"settings.{plan.strategy}.{INSTRUCTION}", plan.settings.get(INSTRUCTION, usual),
        lambda new: None if not new or new.strip() == usual else new.strip(), "/box",
    )  # fmt: skip
    st.text_input(
        "What is it to do with every text?", help=f"{meta['help']} The field calls it: {meta['term']}.", **wish
    )
    st.caption(f"An instruction such as {EXAMPLES}")


def samples(view: LiveView) -> None:
    """What it wrote before it learned and what it writes now, side by side; nothing where no text was written yet."""
    if not view.samples:
        return
    help = "Texts of the validation rows, which it does not learn from, written anew after every round."
    st.markdown("**What it writes**", help=help)
    for one in view.samples:
        side_by_side(
            one["source"], [("before it learned", one["before"]), ("now", one["after"]), ("right", one["right"])]
        )


def side_by_side(source: str, versions: Sequence[tuple[str, str]]) -> None:
    """A text, and under it what became of it, each in a column of its own; the words may be anybody's."""
    with st.container(border=True):
        st.text(source)
        for place, (title, text) in zip(st.columns(len(versions)), versions, strict=True):
            with place:
                st.caption(title)
                st.text(text or "(nothing)")


def how_it_writes(project: Project, answer: Mapping[str, Any]) -> dict[str, int]:
    """Generation settings, open to change here; what differs from how the model is kept. Kept in the draft, not in the model."""
    with st.popover("How it writes"):
        st.caption("It always takes the likeliest word (temperature 0), so that the same text gets the same answer.")
        wishes = {}
        for name, (title, low, high, help) in WRITING.items():
            if name == "num_beams" and answer["prompt"].get("learned_words"):
                continue  # learned words cannot be searched by beams
            wish = state.kept(project, f"writing.{name}", int(answer[name]))
            wishes[name] = int(st.number_input(title, low, high, step=1, help=help, **wish))
    return {name: value for name, value in wishes.items() if value != answer[name]}


WRITING = {
    "max_new_tokens": ("Longest answer (word pieces)", 1, 1024, "An answer that is longer is cut off. The field calls it max_new_tokens."),
    "num_beams": ("Ways to go on", 1, 8, "How many beginnings are followed at once: slower, sometimes better. The field calls it beam search."),
    "no_repeat": (
        "Guard against repeating (word pieces)", 0, 20,
        "So many word pieces in a row are not written twice; 0: they may be. The field calls it no_repeat_ngram_size.",
    ),
}  # fmt: skip
"""Generation settings: title, range, what they do."""
