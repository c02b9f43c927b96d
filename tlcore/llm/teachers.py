"""Language models that answer many texts one after the other, so that a small model can learn from what they say: one on this
machine, one over an API. Both stop when asked to and keep what was answered. Loads without torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from tlcore.errors import StopRequested
from tlcore.llm import likelihood
from tlcore.llm.key import ApiKey
from tlcore.llm.question import Answer, Question
from tlcore.llm.quote import Consent, distinct
from tlcore.llm.service import Pace, Service
from tlcore.llm.store import Store

AT_ONCE = 25
"""Texts that the model on this machine reads before what it found is kept."""
KEEP = "keep"
"""The wish to end with what there is (tlcore.jobs)."""
NEAR_PACE = Pace(requests_per_minute=6_000)
"""Of a service on this machine or in a network of one's own: nobody else is kept waiting."""


@dataclass(frozen=True)
class Hooks:
    """progress: texts done, all, and US dollars spent (None: not known, or nothing is paid). stop: raises StopRequested."""

    progress: Callable[[int, int, float | None], None] = lambda done, total, dollars: None
    stop: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Told:
    """answers: one a text. ended: in a sentence why not all texts were asked about, else ""."""

    answers: tuple[Answer, ...]
    ended: str = ""


class Teacher(Protocol):
    """who: its name for a sentence. host: where it is, "" for this machine. dollars: spent so far, None where not known."""

    @property
    def who(self) -> str: ...

    @property
    def host(self) -> str: ...

    @property
    def dollars(self) -> float | None: ...

    def answer(self, texts: Sequence[str], part: str, hooks: Hooks) -> Told:
        """part: `learn` or `test`, each with a consent of its own. Raises TlcoreError, and StopRequested on a cancel or a pause."""
        ...


@dataclass
class SmallTeacher:
    """The embedded decoder in `folder`, by calibrated likelihood. What it found is kept by content: nothing is read twice."""

    folder: Callable[[], Path]
    revision: str
    question: Question
    who: str = "SmolLM2-135M"
    host: str = ""
    dollars: float | None = 0.0
    calibration: likelihood.Calibration | None = field(default=None, repr=False)

    def answer(self, texts: Sequence[str], part: str, hooks: Hooks) -> Told:
        from tlcore.llm.api import EMPTY, NOT_ASKED
        from tlcore.llm.decoder import Decoder

        decoder = Decoder(self.folder())
        places = [i for i, text in enumerate(texts) if text.strip()]
        found: list[likelihood.Scores] = []
        ended = ""
        for start in range(0, len(places), AT_ONCE):
            try:
                chunk = [texts[i] for i in places[start : start + AT_ONCE]]

                def tell(done: int, _: int, start: int = start) -> None:
                    hooks.progress(start + done, len(places), None)

                found.append(self._scores(decoder, chunk, hooks.stop, tell))
            except StopRequested as stop:
                if stop.wish != KEEP:
                    raise
                ended = "You stopped it."
                break
            hooks.progress(min(start + AT_ONCE, len(places)), len(places), None)
        answers = [EMPTY if not text.strip() else NOT_ASKED for text in texts]
        if found:
            for i, one in zip(places, self._answers(decoder, found), strict=False):
                answers[i] = one
        return Told(tuple(answers), ended)

    def _scores(
        self, decoder: object, texts: list[str], stop: Callable[[], None], tell: Callable[[int, int], None]
    ) -> likelihood.Scores:
        from tlcore.engine.remember import remembered

        asked = [[text, self.question.shown(text)] for text in texts]
        said = [self.question.task, [vars(one) for one in self.question.labels], asked]
        name = hashlib.sha256(json.dumps(said).encode()).hexdigest()

        def work_out() -> list[float]:
            scores = likelihood.score(decoder, texts, self.question, tell, stop)  # type: ignore[arg-type]
            return [float(value) for value in np.stack([scores.forwards, scores.backwards]).ravel()]

        stop()
        kept = remembered(("likelihood", self.revision, name), work_out)
        both = np.array(kept).reshape(2, len(texts), len(self.question.labels))
        return likelihood.Scores(both[0], both[1])

    def _answers(self, decoder: object, found: Sequence[likelihood.Scores]) -> list[Answer]:
        """Calibrated on the first texts that were asked about, those the small model learns from; no label is needed for it."""
        scores = likelihood.Scores(
            np.concatenate([one.forwards for one in found]), np.concatenate([one.backwards for one in found])
        )
        if self.calibration is None:
            self.calibration = likelihood.calibrate(decoder, scores, self.question)  # type: ignore[arg-type]
        sure = likelihood.probabilities(scores, self.calibration)
        best = sure.argmax(1)
        return [Answer(self.question.names[k], round(float(row[k]), 4)) for row, k in zip(sure, best, strict=True)]


@dataclass
class ApiTeacher:
    """A service over the network. consents: one for each part; most_dollars: for all parts together."""

    question: Question
    service: Service
    key: ApiKey
    consents: dict[str, str]
    most_dollars: float | None
    folder: Path

    @property
    def who(self) -> str:
        return self.service.model

    @property
    def host(self) -> str:
        return self.service.host

    @property
    def dollars(self) -> float | None:
        if self.service.known_price() is None:
            return None
        return sum(Store(self.folder).dollars(quote) for quote in set(self.consents.values()))

    def answer(self, texts: Sequence[str], part: str, hooks: Hooks) -> Told:
        from tlcore.llm.api import ask_api

        spent, known = self.dollars or 0.0, self.service.known_price() is not None

        def tell(done: int, total: int) -> None:
            hooks.progress(done, total, self.dollars if known and not self.service.is_here else None)

        try:
            outcome = ask_api(
                texts, self.question, self.service, self.key, self._consent(part, spent if known else None), self.folder,
                pace=NEAR_PACE if self.service.is_near else None, progress=tell, check_stop=hooks.stop,
            )  # fmt: skip
        except StopRequested as stop:
            if stop.wish != KEEP:
                raise
            return Told(self._so_far(texts), "You stopped it.")
        return Told(outcome.answers, outcome.ended)

    def _consent(self, part: str, spent: float | None) -> Consent:
        """With what the other parts have left of the limit; a limit in dollars cannot be kept where no price is known."""
        quote = self.consents.get(part, "")
        if spent is None or self.most_dollars is None:
            return Consent(quote)
        others = spent - Store(self.folder).dollars(quote)
        return Consent(quote, most_dollars=max(0.0, self.most_dollars - others))

    def _so_far(self, texts: Sequence[str]) -> tuple[Answer, ...]:
        from tlcore.llm.api import EMPTY, NOT_ASKED

        blank = self.question.is_blank
        store, answers = Store(self.folder), [EMPTY if blank(text) else NOT_ASKED for text in texts]
        for one in distinct(texts, self.question, self.service):
            for row in one.rows:
                answers[row] = store.answers.get(one.key, NOT_ASKED)
        return tuple(answers)
