"""Widgets for a strategy's Settings, drawn from the metadata of its fields; what differs from the default is kept."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import streamlit as st

from pages.parts import state
from pages.parts.words import escape_md
from tlcore.workspace import Project


def settings_form(project: Project, strategy: str, kind: type[Any]) -> None:
    """One widget a setting, two in a row."""
    fields = sorted(_fitting(project, strategy, kind), key=lambda field: bool(field.metadata.get("advanced")))
    for pair in (fields[i : i + 2] for i in range(0, len(fields), 2)):
        for place, field in zip(st.columns(2), pair, strict=False):
            with place:
                _widget(project, f"settings.{strategy}.{field.name}", field)


def _fitting(project: Project, strategy: str, kind: type[Any]) -> list[dataclasses.Field[Any]]:
    """Those that matter: a setting may say for which back-ends it is. What is asked elsewhere on the page (agree)
    is left out: two boxes for one thing undo each other."""
    fields = dataclasses.fields(kind)
    usual = next((field.default for field in fields if field.name == "backend"), None)
    chosen = state.lookup(state.draft(project), f"settings.{strategy}.backend", usual)
    return [
        field
        for field in fields
        if not field.metadata.get("asked") and chosen in field.metadata.get("backends", (chosen,))
    ]


def _widget(project: Project, name: str, field: dataclasses.Field[Any]) -> None:
    meta = field.metadata
    default: Any = field.default
    kind: Any = type(default)
    choices, low, high = meta.get("choices"), meta.get("low"), meta.get("high")
    kept = state.lookup(state.draft(project), name, default)
    value = kept if kind is str or choices else kind(kept)
    if choices and value not in choices:
        value = default
    elif kind in (int, float):
        value = kind(min(max(value, -math.inf if low is None else low), math.inf if high is None else high))
    wish = state.shown(project, name, value, lambda new: None if new == default else new)
    label, help = escape_md(_title(meta, field.name)), escape_md(_help(meta, default))
    if choices:
        st.selectbox(label, list(choices), help=help, **wish)
    elif kind is bool:
        st.toggle(label, help=help, **wish)
    elif kind is int:
        st.number_input(label, _as(int, low), _as(int, high), step=1, help=help, **wish)
    elif kind is float:
        step = 10.0 ** math.floor(math.log10(abs(default) / 2)) if default else 0.01
        st.number_input(label, _as(float, low), _as(float, high), step=step, format="%g", help=help, **wish)
    else:
        st.text_input(label, help=help, **wish)


def _title(meta: Any, name: str) -> str:
    return f"{meta.get('title', name)} ({meta['unit']})" if meta.get("unit") else str(meta.get("title", name))


def _help(meta: Any, default: Any) -> str:
    term = f" The field calls it: {meta['term']}." if meta.get("term") else ""
    return f"{meta.get('help', '')}{term} Usual: {default}."


def _as(kind: type[Any], value: Any) -> Any:
    return None if value is None else kind(value)
