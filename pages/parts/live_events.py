"""The events of a job boiled down to a LiveView, one after the other; also where a job was paused or killed and went on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from pages.parts.live_time import NOT_A_PHASE, fraction, fraction_at
from pages.parts.live_view import LiveView
from pages.parts.metrics import metric_in
from pages.parts.points import MOST_POINTS, thin

Event = Mapping[str, Any]

BY_STEP = ("loss", "validation_loss", "f1", "similarity", "rounds", "bests")
BY_READING = ("perplexity", "perplexity_reading")
LISTS = (*BY_STEP, *BY_READING, "seen", "curve", "evals_at", "baselines", "choices", "notes", "samples")


def reduce(view: LiveView, events: Iterable[Event], offset: int | None = None) -> LiveView:
    """The view after more events. `view` itself is left as it was, so that two readers never disturb each other."""
    state: dict[str, Any] = {spec.name: getattr(view, spec.name) for spec in fields(view)}
    state.update(titles=dict(view.titles), spent=dict(view.spent))
    state["rates"] = {group: list(points) for group, points in view.rates.items()}
    for name in LISTS:
        state[name] = list(state[name])
    for event in events:
        if not isinstance(event, Mapping):
            continue
        state["t"] = number(event.get("t")) or state["t"]
        kind = str(event.get("kind"))
        take = TAKERS.get(kind)
        if take is not None:
            take(state, event)
        state["last_kind"] = kind
    for name in LISTS:
        state[name] = tuple(state[name])
    state["rates"] = {group: tuple(points) for group, points in state["rates"].items()}
    if offset is not None:
        state["offset"] = offset
    after = LiveView(**state)
    return replace(after, fraction=max(after.fraction, fraction(after)))


def _phase(state: dict[str, Any], event: Event) -> None:
    name = str(event.get("name", ""))
    state["fraction"] = max(state["fraction"], fraction(LiveView(**state)))  # a bar never goes back by itself
    if state["seen"]:
        _book(state, _here(state))
    if name in state["seen"]:
        _again(state, name)
    state["seen"].append(name)
    state["titles"][name] = str(event.get("title") or name)
    state.update(phase_began=state["t"], part=None, part_from=0.0, count="", seconds_left=None)
    state.update(evals_at=[], rates_now={}, texts_per_second=None)


def _book(state: dict[str, Any], name: str) -> None:
    seconds = state["t"] - state["phase_began"]
    state["spent"][name] = state["spent"].get(name, 0.0) + seconds
    if name in NOT_A_PHASE:
        state["waited"] += seconds


def _again(state: dict[str, Any], name: str) -> None:
    """A phase comes a second time: the job was paused or had died, and goes on."""
    state["seen"].remove(name)
    if name != state["steps_in"]:  # of the phase that has steps, those up to the last checkpoint still count
        state["spent"][name] = 0.0
    if state["last_kind"] == "note" and state["notes"] and state["notes"][-1][0] == "warning":
        state["notes"].pop()  # why it failed: the last word of the job before, and no news any more


def _resumed(state: dict[str, Any], event: Event) -> None:
    step, total = number(event.get("step")), state["total_steps"]
    if step is not None:
        _rewind(state, step)
        if total and _here(state) == state["steps_in"]:
            part = min(1.0, step / total)
            state.update(part=part, part_from=part, count=_steps(step, total))


def _rewind(state: dict[str, Any], step: float) -> None:
    """Forget what was drawn after a step: it is done again."""
    for name in BY_STEP:
        state[name] = [point for point in state[name] if point[0] <= step]
    kept = {group: [point for point in points if point[0] <= step] for group, points in state["rates"].items()}
    state["rates"] = {group: points for group, points in kept.items() if points}
    name, total = state["steps_in"], state["total_steps"]
    if name == _here(state) and name in state["spent"] and step < state["last_step"]:
        state["spent"][name] *= max(0.0, step) / state["last_step"]
    if total:
        state["fraction"] = fraction_at(LiveView(**state), name, min(1.0, max(0.0, step) / total))
    state.update(last_step=step, evals_at=[], rates_now={}, epoch=None, seconds_left=None)


def _here(state: dict[str, Any]) -> str:
    return str(state["seen"][-1]) if state["seen"] else ""


def _at_step(state: dict[str, Any], step: float | None) -> None:
    """The job is at a step; at an earlier one than before if it began anew without saying so (killed before it kept any)."""
    if step is None:
        return
    if step < state["last_step"]:
        _rewind(state, step - 1)
    state.update(last_step=step, steps_in=_here(state))


def _progress(state: dict[str, Any], event: Event) -> None:
    done, total = number(event.get("done")), number(event.get("total"))
    if done is not None and total:
        unit = str(event.get("unit") or "")
        state.update(
            part=min(1.0, done / total), count=f"{done:,.0f} of {total:,.0f} {unit}".strip(), seconds_left=None
        )
    _numbers(state, event)


def _step(state: dict[str, Any], event: Event) -> None:
    step, total, loss = (number(event.get(name)) for name in ("step", "total_steps", "loss"))
    _at_step(state, step)
    if step is not None and total:
        state.update(part=min(1.0, step / total), count=_steps(step, total), total_steps=total)
    if step is not None and loss is not None:
        state["loss"].append((step, loss))
    if step is not None:
        _rates(state, step, event.get("rates"))
    state["seconds_left"] = number(event.get("seconds_left"))
    state["epoch"] = number(event.get("epoch")) or state["epoch"]
    _numbers(state, event)


def _steps(step: float, total: float) -> str:
    return f"step {step:,.0f} of {total:,.0f}"


def _rates(state: dict[str, Any], step: float, found: object) -> None:
    if not isinstance(found, Mapping):
        return
    numbers = {str(group): number(rate) for group, rate in found.items()}
    state["rates_now"] = {group: rate for group, rate in numbers.items() if rate is not None}
    for group, rate in state["rates_now"].items():
        points = state["rates"].setdefault(group, [])
        points.append((step, rate))
        if len(points) > 2 * MOST_POINTS:  # many groups, long trainings: what no figure can show is not kept
            state["rates"][group] = thin(points)


def _numbers(state: dict[str, Any], event: Event) -> None:
    for name in ("texts_per_second", "memory_mb"):
        state[name] = number(event.get(name)) or state[name]


def _score(state: dict[str, Any], event: Event) -> float | None:
    """The score that heads the report, whichever that is."""
    metric = metric_in(event)
    if metric is None:
        return None
    state["metric"] = metric.name
    return number(event.get(metric.name))


def _eval(state: dict[str, Any], event: Event) -> None:
    step, loss, f1 = *(number(event.get(name)) for name in ("step", "loss")), _score(state, event)
    left = number(event.get("patience_left"))
    _at_step(state, step)
    if step is not None and loss is not None:
        state["validation_loss"].append((step, loss))
    if step is not None and f1 is not None:
        state["f1"].append((step, f1))
    if step is not None and event.get("best") is True:
        state["bests"].append((step, f1 or 0.0))
    state["evals_at"].append(state["t"])
    if left is not None:
        state["rounds"].append((state["last_step"], left))
        state["patience"] = max(state["patience"] or 0, int(left))


def _read_step(state: dict[str, Any], event: Event) -> None:
    """A step of reading unlabelled texts; its loss is that of guessing words, not that of the labels."""
    step, total, found = (number(event.get(name)) for name in ("step", "total_steps", "perplexity"))
    if step is None:
        return
    if total:
        state.update(part=min(1.0, step / total), count=_steps(step, total))
    _at_reading(state, "perplexity_reading", step, found)
    rates = event.get("rates")
    if isinstance(rates, Mapping):
        state["rates_now"] = {str(group): rate for group, value in rates.items() if (rate := number(value)) is not None}
    state["seconds_left"] = number(event.get("seconds_left"))
    _numbers(state, event)


def _perplexity(state: dict[str, Any], event: Event) -> None:
    step, found = number(event.get("step")), number(event.get("perplexity"))
    if step is None or (step == 0 and state["perplexity"]):
        return  # a training that goes on says once more where it began
    _at_reading(state, "perplexity", step, found)


def _at_reading(state: dict[str, Any], name: str, step: float, value: float | None) -> None:
    """One more point; those from this step on are of before a pause or a crash."""
    for one in BY_READING:
        if state[one] and state[one][-1][0] > step:
            state[one] = [point for point in state[one] if point[0] < step]
    if value is not None:
        state[name] = [point for point in state[name] if point[0] < step] + [(step, value)]


def _forgetting(state: dict[str, Any], event: Event) -> None:
    similarity, step = number(event.get("similarity")), number(event.get("step"))
    if similarity is not None:
        state["similarity"].append((state["last_step"] if step is None else step, similarity))
    state["similarity_limit"] = number(event.get("limit")) or state["similarity_limit"]


def _curve(state: dict[str, Any], event: Event) -> None:
    labels, f1 = number(event.get("labels")), _score(state, event)
    if labels is not None and f1 is not None:
        state["curve"] = [point for point in state["curve"] if point[0] != labels] + [(labels, f1)]


def _choice(state: dict[str, Any], event: Event) -> None:
    _put(state["choices"], str(event.get("what", "")), plain_value(event.get("chosen")))


def _blocks(state: dict[str, Any], event: Event) -> None:
    found = event.get("blocks")
    if isinstance(found, Sequence):
        state["blocks"] = tuple((str(b.get("name", "")), bool(b.get("moves"))) for b in found if isinstance(b, Mapping))


def _baseline(state: dict[str, Any], event: Event) -> None:
    f1 = _score(state, event)
    if f1 is not None:
        _put(state["baselines"], str(event.get("name", "")), f1)


def _put(pairs: list[tuple[str, Any]], name: str, value: Any) -> None:
    """Under its name, instead of what a job before the pause had put there."""
    pairs[:] = [pair for pair in pairs if pair[0] != name] + [(name, value)]


def _sample(state: dict[str, Any], event: Event) -> None:
    found = {name: str(event.get(name) or "") for name in ("id", "source", "right", "before", "after")}
    others = [one for one in state["samples"] if one["id"] != found["id"]]
    state["samples"] = [*others, found]


def _note(state: dict[str, Any], event: Event) -> None:
    note = (str(event.get("level") or "info"), str(event.get("text", "")))
    if note not in state["notes"]:
        state["notes"].append(note)


def _result(state: dict[str, Any], event: Event) -> None:
    state["finished"] = True


TAKERS = {
    "phase": _phase,
    "progress": _progress,
    "step": _step,
    "eval": _eval,
    "read_step": _read_step,
    "perplexity": _perplexity,
    "curve": _curve,
    "choice": _choice,
    "blocks": _blocks,
    "baseline": _baseline,
    "forgetting": _forgetting,
    "resumed": _resumed,
    "note": _note,
    "sample": _sample,
    "result": _result,
}


def number(value: object) -> float | None:
    """A finite number, or None: events may carry null, NaN or nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value == value and abs(value) != float("inf") else None


def plain_value(value: object) -> str:
    """A chosen value in words: lists with commas, numbers short, mappings as `name value`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {plain_value(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain_value(part) for part in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return "none" if value is None else str(value)
