"""What a running job looks like from outside: its events, boiled down to one frozen LiveView. No Streamlit here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.events import EVENTS, read_events

if TYPE_CHECKING:
    from tlcore.strategies import Strategy

Event = Mapping[str, Any]
Point = tuple[float, float]

TITLES = {
    "wait": "Wait",
    "prepare": "Prepare",
    "baselines": "Simple methods",
    "encode": "Read the texts",
    "choose": "Try variants",
    "curve": "Fewer labels",
    "fit": "Learn",
    "head": "New answers",
    "finetune": "Learn",
    "export": "Make it fast",
    "score": "Test",
    "pack": "Pack and check",
}
"""The short names in the line of phases."""

SENTENCES = {
    "wait": "Another training is using this computer. This one begins by itself as soon as that one ends.",
    "prepare": "Getting your rows and the base model ready.",
    "baselines": "Measuring what simple methods reach on your texts. Your model has to beat them.",
    "encode": "The base model reads your texts once",
    "choose": "Trying which layers and which strength suit your texts best",
    "curve": "Learning from fewer labels to see how much more labels would help",
    "fit": "Learning from all your rows",
    "head": "Training only the part that gives the answers, so that nothing the model knows is spoilt",
    "finetune": "The model itself is learning your texts",
    "export": "Turning the model into its fast form.",
    "score": "Answering the test rows, which it has never seen.",
    "pack": "Packing the zip, opening it in a fresh process and comparing the answers.",
}
"""What happens now, in plain words; a count follows where the job says one, and the sentence then has no full stop."""

WEIGHTS = {"prepare": 3, "baselines": 5, "encode": 45, "choose": 20, "curve": 10, "fit": 6, "head": 8, "finetune": 90}
"""Roughly how long the phases take against each other; only for the bar and the first guess of the time left."""
OTHER_WEIGHT = 5.0

BEFORE, AFTER = ("prepare", "baselines"), ("export", "score", "pack")
"""What every training does; the strategy says what lies between. A phase nobody expected is added when it comes."""

NOT_A_PHASE = ("wait",)
MEASURED_SECONDS, MEASURED_FRACTION = 2.0, 0.02
"""Below these a phase has not run long enough to say how long it will take."""


@dataclass(frozen=True)
class Phase:
    """One stretch of the work; `state` is `done`, `here` or `todo`."""

    name: str
    title: str
    state: str


@dataclass(frozen=True)
class LiveView:
    """Everything the Train screen draws, as of byte `offset` of the events."""

    offset: int = 0
    expected: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    t: float = 0.0
    phase_began: float = 0.0
    waited: float = 0.0
    part: float | None = None
    count: str = ""
    fraction: float = 0.0
    seconds_left: float | None = None
    texts_per_second: float | None = None
    memory_mb: float | None = None
    epoch: float | None = None
    loss: tuple[Point, ...] = ()
    validation_loss: tuple[Point, ...] = ()
    f1: tuple[Point, ...] = ()
    curve: tuple[Point, ...] = ()
    evals_at: tuple[float, ...] = ()
    patience: int | None = None
    patience_left: int | None = None
    baselines: tuple[tuple[str, float], ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    blocks: tuple[tuple[str, bool], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    finished: bool = False

    @property
    def phase(self) -> str:
        """The name of the phase that the job is in, "" before the first."""
        return self.seen[-1] if self.seen else ""

    @property
    def order(self) -> tuple[str, ...]:
        """All phases, expected ones first, each seen one that nobody expected after the one before it."""
        names, at = list(self.expected), 0
        for name in self.seen:
            if name not in names and name not in NOT_A_PHASE:
                names.insert(at, name)
            at = names.index(name) + 1 if name in names else at
        return tuple(names)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The line of phases; those passed over without a word count as done."""
        names, here = self.order, self.phase
        at = names.index(here) if here in names else -1
        states = ["done" if self.finished or i < at else "here" if i == at else "todo" for i in range(len(names))]
        return tuple(Phase(name, self._title(name), state) for name, state in zip(names, states, strict=True))

    def _title(self, name: str) -> str:
        return TITLES.get(name) or self.titles.get(name) or name

    @property
    def here(self) -> str:
        """The title of the phase the job is in, "" before the first."""
        return self._title(self.phase) if self.seen else ""

    @property
    def waiting(self) -> bool:
        """Another training has the machine."""
        return self.phase == "wait"

    @property
    def now(self) -> str:
        """One sentence: what happens at this moment."""
        if self.finished:
            return "Finished."
        if not self.seen:
            return "Starting."
        sentence = SENTENCES.get(self.phase) or self.titles.get(self.phase, self.phase)
        if sentence.endswith("."):
            return sentence
        return f"{sentence}: {self.count}." if self.count else f"{sentence}."

    @property
    def stopping_rule(self) -> str:
        """What early stopping waits for, or ""."""
        if self.finished or self.patience is None or self.patience_left is None:
            return ""
        used = max(0, self.patience - self.patience_left)
        rounds = "1 round brings" if self.patience == 1 else f"{self.patience} rounds bring"
        so_far = "none so far" if used == 0 else f"{used} so far"
        return f"Stops by itself when {rounds} nothing better in a row; {so_far}."

    @property
    def left(self) -> tuple[float, float] | None:
        """Seconds still to go as a range, or None while that is not known."""
        if self.finished or not self.seen or self.waiting:
            return None
        rest = self._rest_of_phase()
        if rest is None:
            return None
        low, high = rest
        pace = self._seconds_per_weight()
        later = sum(_weight(name) for name in self._later()) * pace
        return low + 0.6 * later, high + 1.5 * later

    def _rest_of_phase(self) -> Point | None:
        if self.part is None:
            return (0.0, 5.0) if self.phase in AFTER else None
        passed = self.t - self.phase_began
        if self.seconds_left is None and (passed < MEASURED_SECONDS or self.part < MEASURED_FRACTION):
            return None
        rest = self.seconds_left if self.seconds_left is not None else passed * (1 - self.part) / max(self.part, 1e-6)
        spread = 0.5 * (1 - self.part)
        low, high = rest * (1 - spread), rest * (1 + spread)
        if self.patience_left is not None and len(self.evals_at) > 1:
            apart = (self.evals_at[-1] - self.evals_at[0]) / (len(self.evals_at) - 1)
            low = min(low, self.patience_left * apart)
        return low, high

    def _later(self) -> tuple[str, ...]:
        names = self.order
        return names[names.index(self.phase) + 1 :] if self.phase in names else ()

    def _seconds_per_weight(self) -> float:
        names = self.order
        at = names.index(self.phase) if self.phase in names else 0
        weight = sum(_weight(name) for name in names[:at]) + _weight(self.phase) * (self.part or 0.0)
        return self.worked / weight if weight else 0.0

    @property
    def worked(self) -> float:
        """Seconds since the job began, without those spent waiting for another one."""
        return self.t - self.waited

    @property
    def left_text(self) -> str:
        """The range in words, or ""."""
        return "" if self.left is None else range_text(*self.left)


def expected_phases(strategy: Strategy | None) -> tuple[str, ...]:
    """The phases to expect of a run; None: a strategy that this version of Nudge does not have."""
    return (*BEFORE, *(strategy.job_phases if strategy else ()), *AFTER)


def reduce(view: LiveView, events: Iterable[Event], offset: int | None = None) -> LiveView:
    """The view after more events. `view` itself is left as it was, so that two readers never disturb each other."""
    state: dict[str, Any] = {spec.name: getattr(view, spec.name) for spec in fields(view)}
    state["titles"] = dict(state["titles"])
    for name in LISTS:
        state[name] = list(state[name])
    for event in events:
        if not isinstance(event, Mapping):
            continue
        state["t"] = _number(event.get("t")) or state["t"]
        take = TAKERS.get(str(event.get("kind")))
        if take is not None:
            take(state, event)
    for name in LISTS:
        state[name] = tuple(state[name])
    if offset is not None:
        state["offset"] = offset
    after = LiveView(**state)
    return replace(after, fraction=max(view.fraction, _fraction(after)))


LISTS = (
    "seen",
    "loss",
    "validation_loss",
    "f1",
    "curve",
    "evals_at",
    "baselines",
    "choices",
    "notes",
)


def _phase(state: dict[str, Any], event: Event) -> None:
    name = str(event.get("name", ""))
    if state["seen"] and state["seen"][-1] in NOT_A_PHASE:
        state["waited"] += state["t"] - state["phase_began"]
    if name in state["seen"]:
        state["seen"].remove(name)
    state["seen"].append(name)
    state["titles"][name] = str(event.get("title") or name)
    state.update(phase_began=state["t"], part=None, count="", seconds_left=None, patience_left=None, evals_at=[])


def _progress(state: dict[str, Any], event: Event) -> None:
    done, total = _number(event.get("done")), _number(event.get("total"))
    if done is not None and total:
        unit = str(event.get("unit") or "")
        state.update(
            part=min(1.0, done / total), count=f"{done:,.0f} of {total:,.0f} {unit}".strip(), seconds_left=None
        )
    _numbers(state, event)


def _step(state: dict[str, Any], event: Event) -> None:
    step, total, loss = (_number(event.get(name)) for name in ("step", "total_steps", "loss"))
    if step is not None and total:
        state.update(part=min(1.0, step / total), count=f"step {step:,.0f} of {total:,.0f}")
    if step is not None and loss is not None:
        state["loss"].append((step, loss))
    state["seconds_left"] = _number(event.get("seconds_left"))
    state["epoch"] = _number(event.get("epoch")) or state["epoch"]
    _numbers(state, event)


def _numbers(state: dict[str, Any], event: Event) -> None:
    for name in ("texts_per_second", "memory_mb"):
        state[name] = _number(event.get(name)) or state[name]


def _eval(state: dict[str, Any], event: Event) -> None:
    step, loss, f1 = (_number(event.get(name)) for name in ("step", "loss", "macro_f1"))
    left = _number(event.get("patience_left"))
    if step is not None and loss is not None:
        state["validation_loss"].append((step, loss))
    if step is not None and f1 is not None:
        state["f1"].append((step, f1))
    state["evals_at"].append(state["t"])
    if left is not None:
        state.update(patience_left=int(left), patience=max(state["patience"] or 0, int(left)))


def _curve(state: dict[str, Any], event: Event) -> None:
    labels, f1 = _number(event.get("labels")), _number(event.get("macro_f1"))
    if labels is not None and f1 is not None:
        state["curve"].append((labels, f1))


def _choice(state: dict[str, Any], event: Event) -> None:
    state["choices"].append((str(event.get("what", "")), plain_value(event.get("chosen"))))


def _blocks(state: dict[str, Any], event: Event) -> None:
    found = event.get("blocks")
    if isinstance(found, Sequence):
        state["blocks"] = tuple((str(b.get("name", "")), bool(b.get("moves"))) for b in found if isinstance(b, Mapping))


def _baseline(state: dict[str, Any], event: Event) -> None:
    f1 = _number(event.get("macro_f1"))
    if f1 is not None:
        name = str(event.get("name", ""))
        state["baselines"] = [pair for pair in state["baselines"] if pair[0] != name] + [(name, f1)]


def _note(state: dict[str, Any], event: Event) -> None:
    state["notes"].append((str(event.get("level") or "info"), str(event.get("text", ""))))


def _result(state: dict[str, Any], event: Event) -> None:
    state["finished"] = True


TAKERS = {
    "phase": _phase,
    "progress": _progress,
    "step": _step,
    "eval": _eval,
    "curve": _curve,
    "choice": _choice,
    "blocks": _blocks,
    "baseline": _baseline,
    "note": _note,
    "result": _result,
}


def _number(value: object) -> float | None:
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


def _weight(name: str) -> float:
    return float(WEIGHTS.get(name, OTHER_WEIGHT))


def _fraction(view: LiveView) -> float:
    if view.finished:
        return 1.0
    names = view.order
    if view.phase not in names:
        return 0.0
    done = sum(_weight(name) for name in names[: names.index(view.phase)]) + _weight(view.phase) * (view.part or 0.0)
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


def patience_of(plan: Mapping[str, Any]) -> int | None:
    """How many rounds without anything better a plan allows."""
    value = _number((plan.get("settings") or {}).get("patience"))
    return None if value is None else int(value)
