"""tlcore.llm.likelihood: calibrated on texts without labels, both directions together; SmolLM2 sorts news by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.errors import StopRequested
from tlcore.label_info import LabelInfo
from tlcore.llm import likelihood
from tlcore.llm.likelihood import Scores, calibrate, probabilities, score
from tlcore.llm.question import Question
from tlcore.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
NEWS = Question(
    "Each text is an item out of a newspaper.",
    (LabelInfo("Business", "Companies, prices, jobs, money markets."),
     LabelInfo("Sport", "Matches, races, athletes, clubs."),
     LabelInfo("Weather", "What it is like outside, and the forecast.")),
)  # fmt: skip


class Fake:
    """Finds a tail the likelier the more letters of it stand before it, and some tails likelier than others anyway."""

    chats = True
    end: Sequence[int] = [0]

    def __init__(self, bias: dict[str, float] | None = None) -> None:
        self.bias, self.calls = bias or {}, 0

    def ids(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    def text_of(self, ids: Sequence[int]) -> str:
        return "".join(map(chr, ids))

    def turn(self, role: str, content: str = "", open_ended: bool = False) -> list[int]:
        return self.ids(f"[{role}]{content}" + ("" if open_ended else "|"))

    def keep(self, head: Sequence[int]) -> None: ...

    def log_probability(self, head: Sequence[int], tails: Any, tick: Callable[[int], None] = lambda done: None) -> Any:
        self.calls += 1
        tick(len(tails))
        said = [self.text_of(tail) for tail in tails]
        extra = [sum(v for k, v in self.bias.items() if k in text or k in self.text_of(head[-40:])) for text in said]
        near = [sum(word in self.text_of(head) for word in text.strip("\0").split()) for text in said]
        return np.array(near, dtype=float) + np.array(extra)


AB = Question("", (LabelInfo("apples", "about apples"), LabelInfo("pears", "about pears")))
TEXTS = ["apples fall", "pears rot", "red apples", "pears and pears", "green pears", "my apples"]


def test_what_is_said_of_any_text_is_taken_away() -> None:
    decoder: Any = Fake(bias={"about pears": 5.0})
    found = score(decoder, TEXTS, AB)
    assert (found.forwards.argmax(1) == 1).all()  # before it is calibrated
    answers = probabilities(found, calibrate(decoder, found, AB))
    assert answers.argmax(1).tolist() == [0, 1, 0, 1, 1, 0]
    assert np.allclose(answers.sum(1), 1)


def test_one_text_gets_what_it_got_among_many() -> None:
    decoder: Any = Fake(bias={"about pears": 2.0})
    many = score(decoder, TEXTS, AB)
    calibration = calibrate(decoder, many, AB)
    alone = score(decoder, TEXTS[3:4], AB)
    assert np.allclose(probabilities(alone, calibration), probabilities(many, calibration)[3:4])


def test_even_a_single_text_can_be_calibrated() -> None:
    decoder: Any = Fake(bias={"about pears": 5.0})
    found = score(decoder, TEXTS[:1], AB)
    answers = probabilities(found, calibrate(decoder, found, AB))
    assert np.isfinite(answers).all()
    assert answers[0, 0] > 0.5


def test_equal_texts_are_read_once_and_progress_comes_to_the_end() -> None:
    decoder: Any = Fake()
    seen: list[tuple[int, int]] = []
    found = score(decoder, ["apples", "pears", "apples"], AB, lambda done, total: seen.append((done, total)))
    assert decoder.calls == 2 + 2  # backwards once a label, forwards once a text
    assert found.forwards.shape == found.backwards.shape == (3, 2)
    assert (found.forwards[0] == found.forwards[2]).all()
    assert seen[-1] == (2, 2)
    assert seen == sorted(seen)


def test_a_stop_is_asked_for_in_every_batch() -> None:
    left = [3]

    def check_stop() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise StopRequested("cancel")

    decoder: Any = Fake()
    with pytest.raises(StopRequested):
        score(decoder, TEXTS, AB, check_stop=check_stop)
    assert decoder.calls <= 4


def test_examples_stand_before_the_question_and_never_the_text_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[str] = []

    class Watched(Fake):
        def log_probability(self, head: Sequence[int], tails: Any, tick: Any = lambda done: None) -> Any:
            heads.append(self.text_of(head))
            return super().log_probability(head, tails, tick)

    decoder: Any = Watched()
    shown = Question("", AB.labels, examples_for=lambda text: [("pears rot", "pears"), ("apples fall", "apples")])
    score(decoder, ["apples fall", "pips"], shown)
    forwards = [head for head in heads if head.endswith("[assistant]")]
    backwards = [head for head in heads if head.endswith("For example:")]
    assert (len(forwards), len(backwards)) == (2, 4)
    assert all("pears rot" in head for head in heads)
    assert [head.count("apples fall") for head in forwards] == [1, 1]  # as the question itself, then as an example
    assert [head.count("apples fall") for head in backwards] == [0, 0, 1, 1]
    assert "Text: apples fall\n\nWhat kind of text is this?|[assistant]about apples|" in forwards[1]
    monkeypatch.setattr(likelihood, "MOST_EXAMPLE_TOKENS", 3)
    heads.clear()
    score(decoder, ["pips"], shown)
    assert not any("rot" in head for head in heads)


def test_smollm2_sorts_news_without_a_single_label() -> None:
    from tlcore.llm.decoder import Decoder
    from tlcore.models.bases import base_folder

    table = read_table(ROOT / "sample_data" / "short_news" / "short_news.csv")
    rows = list(zip(table.column("item"), table.column("topic"), strict=True))
    chosen = [row for name in NEWS.names for row in [row for row in rows if row[1] == name][4:12]]
    decoder = Decoder(base_folder("smollm2"))
    found = score(decoder, [text for text, _ in chosen], NEWS)
    answers = probabilities(found, calibrate(decoder, found, NEWS)).argmax(1)
    right = sum(NEWS.names[answer] == label for answer, (_, label) in zip(answers, chosen, strict=True))
    assert len(chosen) == 24
    assert right >= 15  # who always says the same has 8


def test_scores_are_plain_numbers() -> None:
    decoder: Any = Fake()
    found = score(decoder, TEXTS, AB)
    calibration = calibrate(decoder, found, AB)
    assert isinstance(found, Scores)
    assert all(part.dtype == np.float64 and part.shape == (2,) for part in (*calibration.forwards, *calibration.backwards))  # fmt: skip
