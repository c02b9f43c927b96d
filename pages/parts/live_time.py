"""How far a job is and how long it still takes, as a range, from what its LiveView has seen. No Streamlit here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pages.parts.live_view import LiveView

BEFORE, AFTER = ("prepare", "baselines"), ("export", "score", "pack")
"""What every training does; the strategy says what lies between. A phase nobody expected is added when it comes."""
NOT_A_PHASE = ("wait",)

WEIGHTS = {"prepare": 3, "baselines": 5, "encode": 45, "pictures": 60, "mix": 6, "choose": 20, "curve": 10, "fit": 6, "head": 8,
           "finetune": 90, "contrast": 60, "mlm_head": 40, "mlm": 400, "compare": 40, "describe": 3, "refine": 8, "ask": 150,
           "untuned": 20}  # fmt: skip
"""Roughly how long the phases take against each other; only for the bar and the first guess of the time left."""
OTHER_WEIGHT = 5.0
MEASURED_SECONDS, MEASURED_FRACTION = 2.0, 0.02
"""Below these a phase has not run long enough to say how long it will take."""


def left(view: LiveView) -> tuple[float, float] | None:
    """Seconds still to go as a range, or None while that is not known."""
    if view.finished or not view.seen or view.waiting:
        return None
    rest = _rest_of_phase(view)
    if rest is None:
        return None
    low, high = rest
    names = view.order
    later = names[names.index(view.phase) + 1 :] if view.phase in names else ()
    seconds = sum(_weight(name) for name in later) * _seconds_per_weight(view)
    return low + 0.6 * seconds, high + 1.5 * seconds


def _rest_of_phase(view: LiveView) -> tuple[float, float] | None:
    if view.part is None:
        return (0.0, 5.0) if view.phase in AFTER else None
    rest = view.seconds_left
    if rest is None:
        passed, done = view.t - view.phase_began, view.part - view.part_from
        if passed < MEASURED_SECONDS or done < MEASURED_FRACTION:
            return None
        rest = passed * (1 - view.part) / done
    spread = 0.5 * (1 - view.part)
    low, high = rest * (1 - spread), rest * (1 + spread)
    if view.patience_left is not None and len(view.evals_at) > 1:
        apart = (view.evals_at[-1] - view.evals_at[0]) / (len(view.evals_at) - 1)
        low = min(low, view.patience_left * apart)
    return low, high


def _seconds_per_weight(view: LiveView) -> float:
    """The pace so far. Work done a second time after a crash is not counted twice: it says nothing about what is to come."""
    names = view.order
    passed = names[: names.index(view.phase)] if view.phase in names else ()
    weight = sum(_weight(name) for name in passed) + _weight(view.phase) * (view.part or 0.0)
    seconds = sum(view.spent.get(name, 0.0) for name in (*passed, view.phase)) + view.t - view.phase_began
    return seconds / weight if weight else 0.0


def _weight(name: str) -> float:
    return float(WEIGHTS.get(name, OTHER_WEIGHT))


def fraction(view: LiveView) -> float:
    """How much of the whole is done, for the bar."""
    return 1.0 if view.finished else fraction_at(view, view.phase, view.part or 0.0)


def fraction_at(view: LiveView, phase: str, part: float) -> float:
    """How much of the whole is done when so much of a phase is."""
    names = view.order
    if phase not in names:
        return 0.0
    done = sum(_weight(name) for name in names[: names.index(phase)]) + _weight(phase) * part
    return min(0.99, done / (sum(_weight(name) for name in names) or 1.0))


def range_text(low: float, high: float) -> str:
    """A range of seconds as a person would say it: “about 2 to 4 minutes left”."""
    if high < 10:
        return "a few seconds left"
    size, unit = (1, "second") if high < 100 else (60, "minute") if high < 5400 else (3600, "hour")
    step = 10 if size == 1 else 1
    first = max(0, round(low / size / step) * step)
    last = max(step, -(-int(high) // (size * step)) * step)
    if first >= last:
        return f"about {last} {unit}{'' if last == 1 else 's'} left"
    if first == 0:
        return f"less than {last} {unit}{'' if last == 1 else 's'} left" if last > 1 else f"less than a {unit} left"
    return f"about {first} to {last} {unit}s left"
