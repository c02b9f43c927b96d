"""The parts of the Plan page: the case, the choice of a way, the base model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import planning, state
from pages.parts.problems import problem
from pages.parts.words import escape_md
from tlcore.advise import DECISION_TABLE, Recommendation, memory_text, time_range_text
from tlcore.advise.recommend import NEEDS_LABELS, NOT_YET
from tlcore.errors import TlcoreError
from tlcore.machine import Machine, read_machine
from tlcore.models.bases import BASES, get_base
from tlcore.strategies import can_learn, get_strategy
from tlcore.strategies.base import Estimate
from tlcore.strategies.then import default_then, followers
from tlcore.tasks import get_task
from tlcore.workspace import Project

OTHER = "another"
USUAL_WAYS = {"frozen_features", "few_shot", "top_layers", "lora", "full_finetune"}
"""What is shown before somebody asks for every way."""


@st.cache_data(ttl=30, max_entries=1, show_spinner=False)
def machine() -> Machine:
    """This machine, looked at again every half minute."""
    return read_machine()


def case_pickers(project: Project, found: dict[str, str]) -> None:
    """Data size, compute and task complexity: filled in from what was measured, open to change."""
    for name, value in found.items():
        title, help = planning.ASKED[name]
        words = planning.TITLES[name]
        chosen = state.lookup(state.draft(project), name, value)
        wish = state.shown(project, name, chosen if chosen in words else value, _unless(value))
        note = "measured" if chosen == value else f"measured: {words[value].lower()}, changed by you"
        st.segmented_control(
            f"{title} ({note})", list(words), format_func=words.__getitem__, help=help, required=True, **wish
        )
    about = "What may take longer is not recommended; you can choose it all the same."
    wish = state.kept(project, "seconds", 0, list(planning.TIMES), _unless(0))
    st.segmented_control(
        "Time it may take",
        list(planning.TIMES),
        format_func=planning.TIMES.__getitem__,
        help=about,
        required=True,
        **wish,
    )


def strategy_picker(project: Project, advised: Recommendation) -> None:
    """The recommended way first, then the others that this version knows, each with when it is right and why not here."""
    ways = {advised.plan.strategy: f"Recommended. {cost(advised.estimate)}"}
    later: list[str] = []
    shut: list[str] = []
    unfit: dict[str, str] = {}
    tried = planning.tried(project)
    for other in advised.alternatives:
        if other.available:
            ways[other.strategy] = f"{get_strategy(other.strategy).when} {other.why_not}"
        elif other.why_not == NEEDS_LABELS:
            shut.append(other.title)
        elif NOT_YET in other.why_not:
            later.append(other.title)
        else:
            unfit[other.title] = other.why_not
    ways = {name: f"{tried.get(name, '')} {text}".strip() for name, text in ways.items()}
    chosen = state.lookup(state.draft(project), "strategy", advised.plan.strategy)
    value = chosen if chosen in ways else advised.plan.strategy
    shown = _shortened(project, list(ways), {value, *tried, *DECISION_TABLE[advised.row].strategies[:1]})
    st.radio(
        "Ways to train",
        shown,
        format_func=lambda name: escape_md(get_strategy(name).title),
        captions=[escape_md(ways[name]) for name in shown],
        label_visibility="collapsed",
        **state.shown(project, "strategy", value, _unless(advised.plan.strategy)),
    )
    if shut:
        st.caption(
            f"Not for these rows: {escape_md(', '.join(shut))}. They learn from labelled rows, and there are too few."
        )
    if unfit:
        with st.expander(f"Ways that cannot learn this ({len(unfit)})"):
            _greyed(unfit)
    if later:
        st.caption(f"Not in this version yet: {escape_md(', '.join(later))}.")


def _greyed(unfit: dict[str, str]) -> None:
    """Ways that cannot learn this task, in sight and out of reach, each with the reason."""
    st.radio(
        "Each with its reason", [escape_md(title) for title in unfit], index=None, disabled=True, key="unfit-ways",
        captions=[escape_md(why) for why in unfit.values()],
    )  # fmt: skip


def _shortened(project: Project, ways: list[str], wanted: set[str]) -> list[str]:
    """The few that most people need, first among them the recommended one; all, where that was asked for."""
    short = [name for i, name in enumerate(ways) if not i or name in wanted or name in USUAL_WAYS]
    if len(ways) <= len(short) + 1:
        return ways
    help = "The others change less of the model, for many models beside each other, or need no labelled rows."
    every = st.toggle(f"Show all {len(ways)} ways", help=help, **state.kept(project, "every_way", False))
    return ways if every else short


def then_picker(project: Project, chosen: Recommendation) -> None:
    """The way to train that follows where the chosen one only prepares the base model."""
    usual = default_then(get_strategy(chosen.plan.strategy))
    if usual is None or chosen.plan.then is None:
        return
    titles = {one.name: one.title for one in followers() if can_learn(one, chosen.plan.task)}
    st.selectbox(
        "And then",
        list(titles),
        format_func=titles.__getitem__,
        help="How it is taught your labels, after it has read your texts.",
        **state.shown(project, "then", chosen.plan.then, _unless(usual)),
    )


def base_picker(project: Project) -> None:
    """The base model: one that came with Nudge, or a folder or Hub name typed and looked up once."""
    task = get_task(str(state.draft(project).get("task") or "classify"))
    titles = {base.name: base.title for base in BASES if base.kind == get_base(task.base).kind}
    titles |= planning.adapted_bases(state.workspace())
    current = state.lookup(state.draft(project), "base", task.base)
    options = list(dict.fromkeys([*titles, current]))
    wish = state.kept(project, "base", task.base, options)
    help = "The model that already knows the language. Your rows nudge it to your task."
    st.selectbox("Base model", options, format_func=lambda name: titles.get(name, name), help=help, **wish)
    with st.form("other-base", border=False):
        place, button = st.columns([3, 1], vertical_alignment="bottom")
        help = (
            "A folder on this computer with config.json, tokenizer.json and model.safetensors, or a name on the "
            "Hugging Face Hub such as distilbert-base-uncased. A Hub model is fetched once, over the network; nothing is sent."
        )
        typed = place.text_input("Another base: a folder, or a name on the Hugging Face Hub", help=help, key=OTHER)
        if button.form_submit_button("Use this base"):
            try:
                with st.spinner("Looking for it …"):
                    state.save(project, base=planning.check_base(typed))
            except TlcoreError as error:
                problem(error)
            else:
                st.rerun()


def cost(estimate: Estimate) -> str:
    """Time and memory in one short sentence."""
    time = time_range_text(estimate.seconds_low, estimate.seconds_high)
    return f"It takes {time} and {memory_text(estimate.memory_mb)}."


def _unless(usual: Any) -> Callable[[Any], Any]:
    """Keep a choice in the draft only where it is not what would be taken anyway."""
    return lambda value: None if value in (None, usual) else value
