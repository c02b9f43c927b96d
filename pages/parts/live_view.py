"""What a running job looks like from outside, as one frozen LiveView, in plain words. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from pages.parts import live_time
from pages.parts.live_time import AFTER, BEFORE, NOT_A_PHASE
from pages.parts.points import Point

TITLES = {
    "wait": "Wait",
    "prepare": "Prepare",
    "baselines": "Simple methods",
    "ask": "Ask",
    "encode": "Read the texts",
    "pictures": "Look at the pictures",
    "choose": "Try variants",
    "mix": "Weigh",
    "contrast": "Compare",
    "describe": "Read the labels",
    "refine": "Surest answers",
    "mlm_head": "First guesses",
    "mlm": "Read and guess",
    "compare": "Without reading",
    "curve": "Fewer labels",
    "fit": "Learn",
    "head": "New answers",
    "finetune": "Learn",
    "untuned": "As it came",
    "export": "Make it fast",
    "score": "Test",
    "pack": "Pack and check",
}
"""The short names in the line of phases."""

SENTENCES = {
    "wait": "Another training is using this computer. This one begins by itself as soon as that one ends.",
    "prepare": "Getting your rows and the base model ready.",
    "baselines": "Measuring what simple methods reach on your texts. Your model has to beat them.",
    "ask": "Asking the language model about your texts",
    "encode": "The base model reads your texts once",
    "pictures": "The image model looks at each of your pictures once",
    "mix": "Trying how much the picture should count beside the text",
    "choose": "Trying which layers and which strength suit your texts best",
    "contrast": "Learning which of your examples belong together and which do not",
    "describe": "Reading what you say of each label.",
    "refine": "The surest answers teach what your texts are like; no label is needed.",
    "mlm_head": "Teaching only the part that guesses words, so that it is known how well the model as it came can guess",
    "mlm": "The model reads your texts and guesses the words in them",
    "compare": "Training the same once more without reading, to see whether it helped",
    "curve": "Learning from fewer labels to see how much more labels would help",
    "fit": "Learning from all your rows",
    "head": "Training only the part that gives the answers, so that nothing the model knows is spoilt",
    "finetune": "The model itself is learning your texts",
    "untuned": "Asking the model as it came the same, to see what learning has brought",
    "export": "Turning the model into its fast form.",
    "score": "Answering the test rows, which it has never seen.",
    "pack": "Packing the zip, opening it in a fresh process and comparing the answers.",
}
"""What happens now, in plain words; a count follows where the job says one, and the sentence then has no full stop."""
GOING_ON = "Getting ready to go on from where it was."


@dataclass(frozen=True)
class Phase:
    """One stretch of the work; `state` is `done`, `here` or `todo`."""

    name: str
    title: str
    state: str


@dataclass(frozen=True)
class LiveView:
    """Everything the Train screen draws, as of byte `offset` of the events.

    `spent`: seconds of the phases left behind, those of work that has to be done again not counted. `part`: of the phase it
    is in; `part_from`: where that stood when the phase was entered, more than 0 where a paused training goes on.
    `rates`: points by layer group; `rates_now`: the rates of the groups that move now. `rounds`: step and patience left.
    `bests`: step and score of the rounds that were the best so far. `metric`: what `f1`, `curve` and `baselines` are scored by.
    `samples`: a few texts, what is right, what the model wrote before it learned, and what it writes now, by its own words.
    `perplexity`: step of reading unlabelled texts first, and perplexity on those held out; `perplexity_reading`: on those it reads.
    """

    offset: int = 0
    expected: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    t: float = 0.0
    phase_began: float = 0.0
    waited: float = 0.0
    spent: Mapping[str, float] = field(default_factory=dict)
    part: float | None = None
    part_from: float = 0.0
    count: str = ""
    fraction: float = 0.0
    seconds_left: float | None = None
    texts_per_second: float | None = None
    memory_mb: float | None = None
    steps_in: str = ""
    last_step: float = 0.0
    total_steps: float | None = None
    epoch: float | None = None
    loss: tuple[Point, ...] = ()
    validation_loss: tuple[Point, ...] = ()
    f1: tuple[Point, ...] = ()
    perplexity: tuple[Point, ...] = ()
    perplexity_reading: tuple[Point, ...] = ()
    rates: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    rates_now: Mapping[str, float] = field(default_factory=dict)
    similarity: tuple[Point, ...] = ()
    similarity_limit: float | None = None
    bests: tuple[Point, ...] = ()
    curve: tuple[Point, ...] = ()
    rounds: tuple[Point, ...] = ()
    evals_at: tuple[float, ...] = ()
    patience: int | None = None
    baselines: tuple[tuple[str, float], ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    blocks: tuple[tuple[str, bool], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    last_kind: str = ""
    finished: bool = False
    metric: str = "macro_f1"
    samples: tuple[Mapping[str, str], ...] = ()

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
    def packing(self) -> bool:
        """Learning is over: what is left is short, and is not paused."""
        return self.finished or self.phase in AFTER

    @property
    def now(self) -> str:
        """One sentence: what happens at this moment."""
        if self.finished:
            return "Finished."
        if not self.seen:
            return "Starting."
        if self.phase in BEFORE and set(self.seen) - {*BEFORE, *NOT_A_PHASE}:
            return GOING_ON
        sentence = SENTENCES.get(self.phase) or self.titles.get(self.phase, self.phase)
        if sentence.endswith("."):
            return sentence
        return f"{sentence}: {self.count}." if self.count else f"{sentence}."

    @property
    def reached(self) -> str:
        """How far it had come when it was paused, in a sentence."""
        if not self.seen or self.waiting:
            return "It had not begun to learn yet."
        if not self.count:
            return f"It was at “{self.here}”."
        in_rounds = self.epoch is not None and self.phase == self.steps_in
        return f"It had come to {self.count}{f', in round {max(1, ceil(self.epoch or 0)):,}' if in_rounds else ''}."

    @property
    def remembered(self) -> float | None:
        """How far the model sees general language as before: as it is now, and once learning is over the round that is kept."""
        kept = self.bests[-1][0] if self.packing and self.bests else float("inf")
        return next((alike for step, alike in reversed(self.similarity) if step <= kept), None)

    @property
    def patience_left(self) -> int | None:
        """How many more rounds without anything better it goes on; None outside of the phase that has rounds."""
        return int(self.rounds[-1][1]) if self.rounds and self.phase == self.steps_in else None

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
        return live_time.left(self)

    @property
    def worked(self) -> float:
        """Seconds since the job began, without those spent waiting for another one."""
        return self.t - self.waited

    @property
    def left_text(self) -> str:
        """The range in words, or ""."""
        return "" if self.left is None else live_time.range_text(*self.left)
