"""Support tickets, a teacher that knows their departments, and a FitInput of them: what the tests of asking share."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tlcore.label_info import LabelInfo
from tlcore.llm.api import EMPTY
from tlcore.llm.question import Answer
from tlcore.llm.teachers import Hooks, Told
from tlcore.models.bases import base_folder
from tlcore.plan import Plan, make_settings
from tlcore.predict.predictor import linear_probabilities
from tlcore.strategies import FitInput, get_strategy
from tlcore.strategies.reading import features

SHEET = Path(__file__).resolve().parents[2] / "sample_data" / "support_tickets" / "support_tickets.csv"
LABELS = ("Account", "Billing", "Delivery", "Returns", "Technical")


def tickets() -> list[tuple[str, str]]:
    """Different texts and their departments, one department after the other in turn."""
    with SHEET.open(encoding="utf-8", newline="") as file:
        found = {row["message"].strip(): row["department"].strip().capitalize() for row in csv.DictReader(file)}
    by_label = {label: [text for text, one in found.items() if one == label and text] for label in LABELS}
    return [(texts[i], label) for i in range(min(map(len, by_label.values()))) for label, texts in by_label.items()]


class KnowsAll:
    """Gives the true label, but for each eighth text none; `asked`: what it was asked about."""

    who, host, dollars = "a made-up model", "llm.example.com", 0.25

    def __init__(self, truth: dict[str, str], say: Callable[[str], str | None] | None = None, ended: str = "") -> None:
        self.truth, self.ended = truth, ended
        self.say = say or self.truth.get
        self.asked: list[str] = []
        self.parts: list[str] = []

    def answer(self, texts: Sequence[str], part: str, hooks: Hooks) -> Told:
        self.parts.append(part)
        self.asked += texts
        hooks.stop()
        hooks.progress(len(texts), len(texts), 0.25)
        return Told(tuple(self._one(i, text) for i, text in enumerate(texts)), self.ended)

    def _one(self, i: int, text: str) -> Answer:
        if not text.strip():
            return EMPTY
        label = None if i % 8 == 7 else self.say(text)
        return Answer(label, None if label is None else 0.9, "" if label else "It would not say.")


def made_input(
    folder: Path, strategy: str, texts: Sequence[str], labelled: Sequence[tuple[str, str]] = (), **wishes: Any
) -> Any:
    """FitInput on unlabelled `texts` and `labelled` rows; what is emitted, and the phases."""
    events: list[dict[str, Any]] = []
    phases: list[str] = []
    settings = make_settings(get_strategy(strategy).Settings, {"backend": "smollm2", **wishes})
    made = FitInput(
        Plan("classify", strategy, "minilm", "", wishes), settings, LABELS, [text for text, _ in labelled],
        [LABELS.index(label) for _, label in labelled], [], [], base_folder("minilm"), folder,
        lambda kind, **fields: events.append({"kind": kind, **fields}), lambda name, title: phases.append(name),
        lambda: None, lambda: None, label_infos=[LabelInfo(label) for label in LABELS], unlabelled_texts=list(texts),
    )  # fmt: skip
    return made, events, phases


def answers_of(fitted: Any, texts: Sequence[str]) -> list[str]:
    """By the model that was made, without any teacher."""
    from tlcore.engine.embeddings import stored_states
    from tlcore.engine.tokens import tokenize

    ids = tokenize(fitted.tokenizer_folder, texts, fitted.max_length)
    states = stored_states(fitted.encoder, fitted.tokenizer_folder, ids, lambda *_, **__: None, lambda: None)
    best = linear_probabilities(fitted.head.tensors(), features(states, fitted.layers)).argmax(1)
    return [LABELS[i] for i in best]
