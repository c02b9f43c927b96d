"""Marking names by hand, on Check: one text after the other, in colour, word by word in a grid or by typing the words.

What is typed is in the draft at once, what is confirmed in the project's mends; a reload comes back to the same text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import state
from pages.parts.marked import Mark, colours_of, legend_html, marked_html
from pages.parts.prepared import dataset_key, is_prepared, order_of
from pages.parts.problems import guard
from pages.parts.spreadsheet import open_table, rows_key
from pages.parts.words import escape_md, plural
from tlcore.mend import marking as marks
from tlcore.mend.marking import KIND, NEW, MarkRow
from tlcore.tasks import get_task
from tlcore.tasks.marks import Span, spans_in, target_of
from tlcore.workspace import Project

TASK, PLACE, OPEN = "ner", "marking", "mark-names"
SAID, TURN, BASE, WORDS, CHOSEN = "marks said", "marks turn", "marks base", "mark-words", "mark-kind"
ALL, UNMARKED, NO_KIND = "All texts", "Not marked yet", "–"
ROW, HEAD, MOST = 35, 38, 400
"""Pixels of the grid: a word, the names of the columns, and as high as it gets."""


def is_meant(project: Project) -> bool:
    """Whether names are what is to be learned here."""
    return state.draft(project).get("task") == TASK


def show(project: Project, needed: bool = False) -> None:
    """The way in, closed until somebody opens it or has begun. needed: without marks there is no going on."""
    if not is_meant(project):
        return
    kept = _kept(project)
    opened = st.expander(
        "Mark names in your texts", key=OPEN, expanded=needed or bool(kept), on_change="rerun", icon=":material/ink_highlighter:"
    )  # fmt: skip
    if opened.open:
        with opened:
            st.fragment(_marking)(project)


def _marking(project: Project) -> None:
    with guard():
        rows = _rows(str(project.folder), dataset_key(project))
        _progress(project, rows)
        numbers = _which(project, rows)
        if not numbers:
            st.caption("Every text is marked." if not _words(project) else "No text holds these words.")
            return
        row = _here(project, rows, numbers)
        _steps(project, numbers, row.row)
        _one(project, rows, numbers, row)


@st.cache_data(max_entries=3, show_spinner="Reading your texts …")
def _rows(project: str, key: str) -> list[MarkRow]:
    """Read once for what the draft and the mends say now; `key` names that."""
    of = Project(Path(project))
    roles = {name: tuple(columns) for name, columns in order_of(of, of.mends_file).roles.items()}
    return marks.rows_to_mark(open_table(of), get_task(TASK), roles, of.mends())


def _progress(project: Project, rows: Sequence[MarkRow]) -> None:
    """How far it is, what was done last, and the way to count it in."""
    done = [row for row in rows if row.target is not None]
    names = sum(len(row.spans) for row in done)
    of = f"{len(done):,} of {plural(len(rows), 'text')} {'is' if len(done) == 1 else 'are'} marked, with {plural(names, 'name')} in all."
    st.caption(
        of
        if done
        else f"None of {plural(len(rows), 'text')} is marked yet. From about 100 on a model starts to be useful."
    )
    said = state.recall(SAID)
    changed = bool(done) and not is_prepared(project)
    if not said and not changed:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if said:
            st.markdown(f":green[:material/check:] {escape_md(said)}", width="content")
        if changed and st.button(
            "Count the marks in", key="marks-count", help="Looks at the rows again, with what you marked"
        ):
            st.rerun(scope="app")


def _which(project: Project, rows: Sequence[MarkRow]) -> list[int]:
    """Numbers of the texts that are gone through."""
    unmarked = any(row.target is None for row in rows)
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    only = ALL
    if unmarked:
        wish = state.kept(project, f"{PLACE}.only", UNMARKED, (UNMARKED, ALL))
        only = left.segmented_control("Which texts?", (UNMARKED, ALL), required=True, **wish)
    about = "Words of the text, a kind of name, or a row number"
    place = right if unmarked else st
    words = place.text_input("Find", placeholder=about, **state.kept(project, f"{PLACE}.find", ""))
    return marks.found_rows(rows, words, only == UNMARKED)


def _words(project: Project) -> str:
    return str(state.lookup(state.draft(project), f"{PLACE}.find", "") or "").strip()


def _here(project: Project, rows: Sequence[MarkRow], numbers: Sequence[int]) -> MarkRow:
    kept = _kept(project).get("row")
    number = kept if kept in numbers else numbers[0]
    return next(row for row in rows if row.row == number)


def _steps(project: Project, numbers: Sequence[int], here: int) -> None:
    """The text before, where one is, the text after."""
    place = numbers.index(here)
    with st.container(horizontal=True, vertical_alignment="center"):
        for key, title, icon, to in (
            ("back", "Back", "arrow_back", place - 1),
            ("next", "Next", "arrow_forward", place + 1),
        ):
            st.button(
                title, key=f"marks-{key}", icon=f":material/{icon}:", type="tertiary", disabled=not 0 <= to < len(numbers),
                on_click=_go, args=(project, numbers[max(0, min(to, len(numbers) - 1))]),
            )  # fmt: skip
        st.caption(f"Row {here:,} of the file, text {place + 1:,} of {len(numbers):,}")


def _one(project: Project, rows: Sequence[MarkRow], numbers: Sequence[int], row: MarkRow) -> None:
    """One text: as it is marked now, the two ways to mark it, and what confirms it."""
    spans = _spans(project, row)
    kinds = sorted({*marks.kinds_in(rows), *_new_kinds(project), *(label for _, _, label in spans)})
    colours = colours_of(kinds)
    with st.container(border=True):
        st.html(marked_html(row.text, [Mark(*span) for span in spans], colours))
    if kinds:
        st.html(legend_html(colours))
    grid, form = st.columns([3, 2])
    with form:
        _form(project, row, kinds)
    with grid:
        _grid(project, row, kinds)
    with st.container(horizontal=True, vertical_alignment="center"):
        title = f"Confirm {plural(len(spans), 'name')}" if spans else "Confirm: no name in this text"
        st.button(
            title, key="marks-done", icon=":material/check:", on_click=_confirm, args=(project, row, tuple(numbers))
        )
        if spans:
            st.button(
                "Take all marks away", key="marks-none", type="tertiary", on_click=_replace, args=(project, row, [])
            )
        if str(row.row) in _kept(project).get("marks", {}):
            st.button("As it was", key="marks-drop", type="tertiary", on_click=_replace, args=(project, row, None))


def _form(project: Project, row: MarkRow, kinds: Sequence[str]) -> None:
    """Words as typed or copied from the text, marked wherever they stand in it."""
    turn = state.recall(TURN, 0)
    with st.form(f"mark-form-{row.row}", border=False):
        st.text_input("Words to mark", key=f"{WORDS}-{turn}", placeholder="Copy them from the text")
        st.selectbox(
            "As", kinds, index=None, key=CHOSEN, accept_new_options=True, placeholder="Choose a kind, or type a new one",
            help="PERSON, PLACE, PRODUCT …: as few kinds as you need",
        )  # fmt: skip
        st.form_submit_button(
            "Mark these words",
            icon=":material/ink_highlighter:",
            on_click=_mark,
            args=(project, row, f"{WORDS}-{turn}"),
        )
    if failure := state.forget("marks failure"):
        st.warning(escape_md(failure))


def _grid(project: Project, row: MarkRow, kinds: Sequence[str]) -> None:
    """A line a word; the kind is chosen in its cell. Keys: arrows, Enter to choose, Delete to clear, copy and paste."""
    if not kinds:
        st.caption(
            "Mark the first name beside this. From then on each word has a line here, in which its kind can be chosen."
        )
        return
    import pandas as pd

    key = f"words-{project.id}-{row.row}-{state.recall(TURN, 0)}-{'|'.join(kinds)}"
    base = state.recall(f"{BASE} {key}")
    if base is None or state.typed(key) is None:  # new, or left and come back to: the draft says what was typed
        base = marks.words_of(row.text, _spans(project, row))
        state.remember(f"{BASE} {key}", base)
    words = [row.text[word.begin : word.end] for word in base]
    frame = pd.DataFrame(
        {"word": words, KIND: [word.kind or NO_KIND for word in base], NEW: [word.new for word in base]}
    )
    st.data_editor(
        frame, key=key, hide_index=True, disabled=["word"], column_config=_columns(kinds), row_height=ROW,
        height=min(MOST, HEAD + ROW * len(words)), on_change=_typed, args=(project, key, row, base), alt="The words of this text, each with its kind",
    )  # fmt: skip


def _columns(kinds: Sequence[str]) -> dict[str, Any]:
    column = st.column_config
    new = "Only where two names of the same kind stand side by side: tick the first word of the second"
    return {
        "word": column.TextColumn(width=170),
        KIND: column.SelectboxColumn("name of", options=[NO_KIND, *kinds], width=150, help="Double-click, or Enter, to choose; Delete takes it away"),
        NEW: column.CheckboxColumn(width=90, help=new),
    }  # fmt: skip


def _kept(project: Project) -> dict[str, Any]:
    """What the draft holds of marking these very rows: `row`, where one is, and `marks`, those not confirmed yet."""
    kept = state.draft(project).get(PLACE) or {}
    return kept if kept.get("of") == rows_key(project) else {}


def _keep(project: Project, **changes: Any) -> None:
    before = state.draft(project).get(PLACE) or {}
    mine = (
        before
        if before.get("of") == rows_key(project)
        else {name: before[name] for name in ("only",) if name in before}
    )
    state.save(project, **{PLACE: {**mine, "of": rows_key(project), **changes}})


def _new_kinds(project: Project) -> list[str]:
    return list(_kept(project).get("kinds") or ())


def _spans(project: Project, row: MarkRow) -> list[Span]:
    """As marked and not confirmed yet, else as the row has them."""
    target = (_kept(project).get("marks") or {}).get(str(row.row))
    return row.spans if target is None else spans_in(target)


def _go(project: Project, number: int) -> None:
    state.forget(SAID)
    state.remember(TURN, state.recall(TURN, 0) + 1)
    _keep(project, row=number)


def _put(project: Project, row: MarkRow, spans: Sequence[Span] | None) -> None:
    others = {name: value for name, value in (_kept(project).get("marks") or {}).items() if name != str(row.row)}
    mine = {} if spans is None or target_of(spans) == target_of(row.spans) else {str(row.row): target_of(spans)}
    _keep(project, row=row.row, marks={**others, **mine})


def _replace(project: Project, row: MarkRow, spans: Sequence[Span] | None) -> None:
    """Marks other than by the grid: a fresh grid shows them."""
    _put(project, row, spans)
    state.remember(TURN, state.recall(TURN, 0) + 1)


def _typed(project: Project, key: str, row: MarkRow, base: Sequence[marks.Word]) -> None:
    edited: Mapping[Any, Any] = (state.typed(key) or {}).get("edited_rows", {})
    typed = {int(place): _no_kind_is_none(cells) for place, cells in edited.items()}
    words = marks.set_words(base, typed)
    _put(project, row, marks.spans_from(words))


def _no_kind_is_none(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "" if value == NO_KIND else value for name, value in cells.items()}


def _mark(project: Project, row: MarkRow, key: str) -> None:
    words, kind = str(state.typed(key) or "").strip(), str(state.typed(CHOSEN) or "").strip()
    if not words or not kind:
        state.remember("marks failure", "Type the words, and choose what they are a name of.")
        return
    spans, places = marks.mark_all(row.text, _spans(project, row), words, kind)
    if not places:
        state.remember("marks failure", f"“{words[:60]}” is not in this text. Capitals count, and only whole words do.")
        return
    _keep(project, kinds=sorted({*_new_kinds(project), kind}))
    _replace(project, row, spans)
    state.remember(SAID, f"“{words[:60]}” marked in {plural(places, 'place')} of row {row.row}.")


def _confirm(project: Project, row: MarkRow, numbers: Sequence[int]) -> None:
    """Kept with the project at once; the next text comes up."""
    spans = _spans(project, row)
    before = project.mends()
    after = marks.with_marks(before, row, spans)
    if after != before:
        project.save_mends(after)
    _replace(project, row, None)
    place = numbers.index(row.row)
    following = [*numbers[place + 1 :], *numbers[:place]]
    _keep(project, row=following[0] if following else row.row)
    many = plural(len(spans), "name") if spans else "no name"
    state.remember(
        SAID, f"{many[0].upper()}{many[1:]} {'marked' if after != before else 'as before'} in row {row.row}."
    )
