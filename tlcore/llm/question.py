"""What a language model is asked of a text: to choose one of some labels; and what came of it. Loads without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tlcore.errors import TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm.gallery import Gallery

Example = tuple[str, str]
"""A text and its label."""
USUAL = "Decide which of the labels fits the text best."
USUAL_SEEN = "Decide which of the labels fits the text and the picture that goes with it best."


@dataclass(frozen=True)
class Question:
    """instructions: in the user's own words, or "". examples: shown with every text.

    examples_for: chooses others for each text, most similar last (see `tlcore.llm.examples`); it must give the same for the
    same text, since answers are kept by what was asked. pictures: where texts have the name of one packed behind them.
    """

    instructions: str
    labels: tuple[LabelInfo, ...]
    examples: tuple[Example, ...] = ()
    examples_for: Callable[[str], Sequence[Example]] | None = None
    pictures: Gallery | None = None

    def __post_init__(self) -> None:
        names = self.names
        if len(names) < 2 or len(set(names)) < len(names) or not all(name.strip() for name in names):
            raise TlcoreError(
                "A question needs two labels or more, each with a name of its own.",
                ", ".join(names)[:200],
                "Give each label once.",
            )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(info.label for info in self.labels)

    @property
    def task(self) -> str:
        return self.instructions.strip() or (USUAL_SEEN if self.pictures else USUAL)

    def is_blank(self, text: str) -> bool:
        """Whether there is nothing to be judged: neither words nor a picture that can be read."""
        if self.pictures is None or not text.strip():
            return not text.strip()
        beside = self.pictures.of(text)
        return not beside.words.strip() and beside.picture is None

    def shown(self, text: str) -> tuple[Example, ...]:
        """The examples that go with this text; never the text itself, whose label that would give away."""
        chosen = self.examples_for(text) if self.examples_for else ()
        return tuple(one for one in (*self.examples, *chosen) if one[0] != text)


@dataclass(frozen=True)
class Answer:
    """label: one of the question's, or None for "could not tell". confidence: 0 to 1, or None where none is known.

    why: in a sentence, why there is no label.
    """

    label: str | None
    confidence: float | None = None
    why: str = ""
