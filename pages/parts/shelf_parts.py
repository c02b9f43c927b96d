"""The shelf on the Use screen: one base model, many small parts; ask any of them, with and without what was added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import answer_parts, problems, shell, state, words
from pages.parts.metrics import METRICS, USUAL, Metric
from tlcore.errors import TlcoreError
from tlcore.shelf import Shelved, can_be_shelved, open_shelved, put_on_shelf, rename, shelved, take_off
from tlcore.strategies import get_strategy
from tlcore.workspace import Project

EXPLAINED = (
    "One language model, many small parts. Nudge keeps what was added to it here, some hundred kilobytes each, and puts it "
    "back when you ask."
)


def shelf(project: Project, run: Path) -> None:
    """This model's part and its place on the shelf, then all that stand there, then the answer of the chosen one."""
    st.text(EXPLAINED)
    items = shelved(state.workspace())
    _put(project, run, items)
    if not items:
        st.info("The shelf is empty. Put this model's part on it, then those of other projects, and swap between them.")
        return
    _table(items)
    chosen = _choose(project, items)
    with problems.guard():
        _ask(project, chosen)
    _keep_house(chosen)


def _put(project: Project, run: Path, items: list[Shelved]) -> None:
    if any(item.run == run.name for item in items):
        return
    if not can_be_shelved(run):
        st.caption("This model's own weights moved, so it has no small part that fits on the shelf.")
    elif st.button("Put this model's part on the shelf", key="shelve", type="secondary" if items else "primary"):
        try:
            item = put_on_shelf(state.workspace(), run, project.name)
        except TlcoreError as error:
            problems.problem(error)
            return
        state.save_at(project, "shelf.item", item.id)
        st.rerun()


def _table(items: list[Shelved]) -> None:
    columns: dict[str, list[Any]] = {
        "name": [item.name for item in items],
        "learned by": [_way(item) for item in items],
        "answers": [len(item.labels) for item in items],
        "score": [
            "none" if item.score is None else f"{_metric(item).title} {_metric(item).exact(item.score)}"
            for item in items
        ],
        "TF-IDF": ["" if item.tfidf is None else _metric(item).exact(item.tfidf) for item in items],
        "size": [size(item.bytes) for item in items],
    }
    shell.text_table(columns, key="shelf-table", widths={"name": "medium"}, alt="What stands on the shelf")


def _metric(item: Shelved) -> Metric:
    return METRICS.get(item.metric, USUAL)


def _way(item: Shelved) -> str:
    try:
        return get_strategy(item.strategy).title
    except TlcoreError:  # of another version
        return item.strategy


def size(count: int) -> str:
    """“640 kB”, “1.3 MB”."""
    return f"{max(1, round(count / 1e3)):,} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def _choose(project: Project, items: list[Shelved]) -> Shelved:
    names = {item.id: item for item in items}
    wish = state.kept(project, "shelf.item", items[0].id, list(names))
    chosen = st.selectbox("Which one answers?", list(names), format_func=lambda one: names[one].name, **wish)
    return names.get(chosen, items[0])


def _ask(project: Project, item: Shelved) -> None:
    on = True
    if item.switches:
        help = "Off: the base model reads as it came, with the classifier that was taught on top of it. So you see what was added."
        on = st.toggle("With what it learned", help=help, **state.kept(project, "shelf.on", True))
    else:
        st.caption("Nothing in the language model itself can be switched off here.")
    text = st.text_area(
        "Your text", height=90, placeholder="Type or paste a text, then press Ask.", **state.kept(project, "try.0", "")
    )
    st.button("Ask", key="shelf-ask", type="primary")
    if not text.strip():
        return
    model = _opened(item.id, on)
    if not on:
        st.caption("With nothing added:")
    answer_parts.show(model, model.predict([text]))


@st.cache_resource(max_entries=4, show_spinner="Putting it together with its base …")
def _opened(item: str, on: bool) -> Any:
    return open_shelved(state.workspace(), item, on)


def _keep_house(item: Shelved) -> None:
    with st.expander(f"Rename or remove “{words.escape_md(item.name)}”"):
        with st.form(f"rename-{item.id}", border=False):
            name = st.text_input("Name", item.name, max_chars=80)
            if st.form_submit_button("Rename") and name.strip():
                rename(state.workspace(), item.id, name)
                st.rerun()
        st.caption("Removed ones go to Nudge's trash; the training it came from stays.")
        if st.button("Take it off the shelf", key=f"off-{item.id}"):
            take_off(state.workspace(), item.id)
            st.rerun()
