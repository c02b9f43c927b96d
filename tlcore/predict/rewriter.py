"""Text in, text out: a language model that writes, by transformers and torch. Both are loaded when a model is opened.

A model's folder: `nudge.json`, `tokenizer.json`, `config.json`, `model.safetensors`, and for a model that only writes
`start.safetensors`: keys and values of what all its prompts begin with (and of learned words, if it has any).
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from .predictor import ABOUT, opening, reads_of
from .prompting import Prompter

START, TEXT = "start.safetensors", "text"
HALF_A_LETTER = "\ufffd"
"""What a letter looks like of which only the first word piece is written."""
SECONDS_BETWEEN_LOOKS = 0.5
WISHES = ("max_new_tokens", "num_beams", "no_repeat")


@dataclass(frozen=True)
class Written:
    """One text a text: "" where that was blank."""

    predictions: list[str]
    probabilities: None = None
    ranges: None = None

    @property
    def confidence(self) -> list[float]:
        """Nobody knows how sure a written text is."""
        return [math.nan] * len(self.predictions)

    def columns(self) -> dict[str, list[str]]:
        return {"prediction": self.predictions}


class Rewriter:
    """Writes for texts it has not seen."""

    quick = False

    def __init__(self, lm: Any, start: Any, tokenizer: Tokenizer, about: dict[str, Any]) -> None:
        from .decoding import settings_of

        self.about, self.labels = about, list(about.get("labels", ()))
        self.text_columns: list[str] = about["text_columns"]
        self.reads = reads_of(about)
        self.answer: dict[str, Any] = about["answer"]
        self.rule = settings_of(self.answer)
        self.prompter = Prompter(self.answer["prompt"], tokenizer, int(about["max_length"]))
        self._lm, self._start = lm, start

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None, quick: bool = False) -> Rewriter:
        """Open a model's folder and try it. Raises OSError or ValueError, in words, if it is not one."""
        folder = Path(folder)
        with opening(folder):
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            found = cls(*_opened(folder, about, threads), about)
            found.predict(["ok"], most=1)
        return found

    def adjust(self, wishes: Mapping[str, Any]) -> None:
        """Write otherwise than nudge.json says: max_new_tokens, num_beams, no_repeat, as far as they are given."""
        from .decoding import settings_of

        known = {name: int(wishes[name]) for name in WISHES if wishes.get(name) is not None}
        if self.answer["prompt"].get("learned_words"):  # transformers' beam search knows none
            known["num_beams"] = 1
        self.rule = settings_of({**self.answer, **known})

    def predict(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None, most: int | None = None
    ) -> Written:
        """Write an answer to each text; equal texts are answered once. most: word pieces of an answer, if fewer."""
        from dataclasses import replace

        from .decoding import write

        distinct = sorted({text for text in texts if text.strip()})
        rule = self.rule if most is None else replace(self.rule, most=min(most, self.rule.most))
        tick = now_and_then(progress, len(distinct))
        found = write(self._lm, self._start, self.prompter.ids(distinct), rule, tick) if distinct else []
        known = {text: self.prompter.words(ids) for text, ids in zip(distinct, found, strict=True)}
        return Written([known.get(text, "") for text in texts])

    def stream(self, text: str, heard: Callable[[str], None]) -> str:
        """The answer to one text; `heard` is called with its beginning as it grows."""
        from .decoding import write

        def said(ids: list[int]) -> None:
            heard(self.prompter.words(ids).rstrip(HALF_A_LETTER))

        return self.prompter.words(write(self._lm, self._start, self.prompter.ids([text]), self.rule, said=said)[0])


def now_and_then(progress: Callable[[int, int], None] | None, total: int) -> Callable[[int], None]:
    """Tells `progress` how many of all are done, not at every word: where more are done, and every SECONDS_BETWEEN_LOOKS."""
    told, at = -1, 0.0

    def tick(done: int) -> None:
        nonlocal told, at
        if progress and (done != told or time.monotonic() - at >= SECONDS_BETWEEN_LOOKS):
            told, at = done, time.monotonic()
            progress(done, total)

    return tick


def _opened(folder: Path, about: dict[str, Any], threads: int | None) -> tuple[Any, Any, Tokenizer]:
    import torch
    import transformers
    from safetensors.torch import load_file

    from .decoding import Start

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(threads or max(1, os.cpu_count() or 2))
    prompt = about["answer"]["prompt"]
    kind = transformers.AutoModelForSeq2SeqLM if prompt["reads_first"] else transformers.AutoModelForCausalLM
    lm = kind.from_pretrained(
        str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True, dtype=torch.float32
    ).eval()
    start = None
    if not prompt["reads_first"]:
        kept = load_file(str(folder / START))
        start = Start(kept["keys"], kept["values"], tuple(prompt["before"]), int(prompt["place"]))
    return lm, start, Tokenizer.from_file(str(folder / "tokenizer.json"))
