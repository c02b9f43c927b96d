"""A job's folder read as one LiveView: what was appended since the last look, and no more. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages.parts.live_events import Event, number, plain_value, reduce
from pages.parts.live_time import AFTER, BEFORE, range_text
from pages.parts.live_view import GOING_ON, LiveView, Phase
from tlcore.events import EVENTS, read_events

if TYPE_CHECKING:
    from tlcore.strategies import Strategy

__all__ = [
    "GOING_ON", "Event", "LiveView", "Phase", "expected_phases", "patience_of", "plain_value", "range_text", "read_live",
    "reduce",
]  # fmt: skip

_KEPT: dict[str, LiveView] = {}
_MOST_KEPT = 32


def read_live(folder: Path, expected: Sequence[str] = (), patience: int | None = None) -> LiveView:
    """The view of a job's folder now. Only what was appended since the last look is read; the disk stays the truth."""
    empty = LiveView(expected=tuple(expected), patience=patience)
    key = f"{folder}|{empty}"
    view = _KEPT.get(key, empty)
    try:
        size = (folder / EVENTS).stat().st_size
    except OSError:
        size = 0
    if size < view.offset:
        view = empty
    if size > view.offset:
        view = reduce(view, *read_events(folder, view.offset))
    while len(_KEPT) >= _MOST_KEPT and key not in _KEPT:
        _KEPT.pop(next(iter(_KEPT)), None)
    _KEPT[key] = view
    return view


def expected_phases(strategy: Strategy | None) -> tuple[str, ...]:
    """The phases to expect of a run; None: a strategy that this version of Nudge does not have."""
    return (*BEFORE, *(strategy.job_phases if strategy else ()), *AFTER)


def patience_of(plan: Mapping[str, Any]) -> int | None:
    """How many rounds without anything better a plan allows."""
    settings = plan.get("then_settings") if plan.get("then") else plan.get("settings")
    value = number((settings or {}).get("patience"))
    return None if value is None else int(value)
