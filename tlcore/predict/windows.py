"""Texts cut into windows that overlap, each token with its place in the text; and what a model says of every token.

Travels in the zip: numpy, tokenizers, onnxruntime.
"""

from __future__ import annotations

import json
import os
import re
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from safetensors.numpy import load_file
from tokenizers import Encoding, Tokenizer

from .predictor import ABOUT, GRAPH, SLOW_FUSIONS, opening, reads_of
from .text import packed, parts_of

OVERLAP = 0.25
"""Of a window, how much of it the next one reads again: a name at an edge is whole in one of the two."""
LONGEST_FIRST_PART = 0.5
"""Of a window: a question may take so much of it."""
TOKENS_PER_BATCH = 1024
TOKENIZE_AT_ONCE = 1024
SHAPES = 15
STOPS = frozenset(".!?:")
ADDRESS = r"(?:https?://|www\.)\S*[\w/]|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|[@#]\w+"
UNIT = re.compile(
    ADDRESS
    + r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+|[^\w\s]"
)
"""A word, a mark, or a letter of a script that is written without blanks; an address of the web, of mail or of a person is one word:
its parts, each rare and none a name, would teach that whatever is rare is no name (wnut17: half of the names were then overlooked)."""


@dataclass(frozen=True)
class Window:
    """A stretch of a text. ids: with special tokens. places: begin and end, in characters of the text's last part, of each
    token; (0, 0) for one that is not of that part."""

    row: int
    ids: list[int]
    places: list[tuple[int, int]]


def cut(tokenizer: Tokenizer, texts: Sequence[str], length: int) -> list[Window]:
    """Windows of at most `length` tokens, in the order of the texts; each text has one or more.

    A text of two parts (tlcore.predict.text) has the first, a question, in each of its windows.
    """
    found: list[Window] = []
    for begin in range(0, len(texts), TOKENIZE_AT_ONCE):
        some = [parts_of(text) for text in texts[begin : begin + TOKENIZE_AT_ONCE]]
        for i, (parts, encoding) in enumerate(zip(some, _encoded(tokenizer, some, length), strict=True)):
            found += [_window(begin + i, one, parts) for one in (encoding, *encoding.overflowing)]
    return found


def _encoded(tokenizer: Tokenizer, some: Sequence[Sequence[str]], length: int) -> list[Encoding]:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    pairs = max(map(len, some), default=1) > 1
    room = int(length * LONGEST_FIRST_PART)
    firsts = [_short(tokenizer, " ".join(one[:-1]), room) for one in some] if pairs else []
    strategy = "only_second" if pairs else "longest_first"
    tokenizer.enable_truncation(length, stride=int(length * OVERLAP), strategy=strategy)
    if not pairs:
        return list(tokenizer.encode_batch([one[-1] for one in some]))
    return list(tokenizer.encode_batch([(first, one[-1]) for first, one in zip(firsts, some, strict=True)]))


def _short(tokenizer: Tokenizer, text: str, room: int) -> str:
    """The beginning of a text that takes at most so many tokens."""
    if len(text) < room:  # a token is a letter or more
        return text
    found = tokenizer.encode(text, add_special_tokens=False)
    return text if len(found.ids) <= room else text[: found.offsets[room - 1][1]]


def _window(row: int, encoding: Encoding, parts: Sequence[str]) -> Window:
    last, text = len(parts) > 1, parts[-1]
    places = [
        _tight(text, place) if of is not None and of == int(last) else (0, 0)
        for of, place in zip(encoding.sequence_ids, encoding.offsets, strict=True)
    ]
    return Window(row, encoding.ids, places)


def _tight(text: str, place: tuple[int, int]) -> tuple[int, int]:
    """Without blanks at its ends: some tokenizers count the one before a word."""
    begin, end = place
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def units(text: str) -> list[tuple[int, int]]:
    """Begin and end of each word and mark: what a label is given to."""
    return [match.span() for match in UNIT.finditer(text)]


def shapes_of(text: str, of: Sequence[tuple[int, int]]) -> np.ndarray:
    """float32 [units, SHAPES]: how each word is written, and the one before and after it.

    Many base models read small letters alone, and so miss what tells names in much of the world's writing. For each of the
    three: begins with a capital, is all capitals, has a figure in it, is a mark, begins with a capital where any word would.
    """
    words = [text[begin:end] for begin, end in of]
    own = np.zeros((len(words) + 2, SHAPES // 3), dtype=np.float32)
    for i, word in enumerate(words):
        after_stop = i == 0 or words[i - 1] in STOPS
        capital = word[0].isupper()
        all_capitals = len(word) > 1 and word.isupper()
        figure = any(map(str.isdigit, word))
        own[i + 1] = capital, all_capitals, figure, not word[0].isalnum(), capital and after_stop
    return np.concatenate([own[1:-1], own[:-2], own[2:]], axis=1)


def token_shapes(window: Window, of: Sequence[tuple[int, int]], shapes: np.ndarray) -> np.ndarray:
    """float32 [tokens, SHAPES]: those of the word that begins at each token, 0 elsewhere."""
    found = np.zeros((len(window.ids), SHAPES), dtype=np.float32)
    for unit, token in first_tokens(window, of):
        found[token] = shapes[unit]
    return found


def first_tokens(window: Window, of: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(unit, token) of each unit that begins in this window: the token that holds its first character."""
    found, token = [], 0
    for unit, (begin, _) in enumerate(of):
        while token < len(window.places) and window.places[token][1] <= begin:
            token += 1
        if token == len(window.places):
            break
        if window.places[token][0] <= begin < window.places[token][1]:
            found.append((unit, token))
    return found


class TokenPredictor:
    """What the predictors share that answer by places in a text. A subclass makes answers of what each token says."""

    def __init__(self, folder: Path, about: dict[str, Any], threads: int | None = None) -> None:
        self.about, self.quick = about, False
        self.labels: list[str] = about["labels"]
        self.text_columns: list[str] = about["text_columns"]
        self.reads = reads_of(about)
        self.answer: dict[str, Any] = about["answer"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        self._threads = threads or max(1, os.cpu_count() or 2)
        self._session = onnxruntime.InferenceSession(
            str(folder / GRAPH), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
        )
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._length, self._pad = int(about["max_length"]), int(about.get("pad_token_id", 0))
        self._head = load_file(str(folder / "head.safetensors"))

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None, quick: bool = False) -> Any:
        """Open a model's folder and try it. Raises OSError or ValueError, in words, if it is not one. There is no quick version."""
        folder = Path(folder)
        with opening(folder):
            found = cls(folder, json.loads((folder / ABOUT).read_text(encoding="utf-8")), threads)
            found.predict([packed(["ok"] * len(found.reads))])
        return found

    def predict(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Any:
        raise NotImplementedError

    def windows(self, texts: Sequence[str]) -> list[Window]:
        return cut(self._tokenizer, texts, self._length)

    def token_scores(
        self,
        windows: Sequence[Window],
        progress: Callable[[int, int], None] | None = None,
        beside: Sequence[np.ndarray] = (),
    ) -> list[np.ndarray]:
        """float32 [tokens, outputs of the head] of each window. beside: float32 [tokens, features] of each, which the head reads too."""
        found: list[np.ndarray] = [np.zeros((0, 0), dtype=np.float32)] * len(windows)
        order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))

        def answer(batch: list[int]) -> int:
            for i, states in zip(batch, self._states([windows[i].ids for i in batch]), strict=True):
                read = states[: len(windows[i].ids)]
                read = np.concatenate([read, beside[i]], axis=1) if beside else read
                found[i] = read @ self._head["weight"].T + self._head["bias"]
            return len(batch)

        done = 0
        with ThreadPoolExecutor(self._threads) as pool:
            working = deque(pool.submit(answer, batch) for batch in _batches(order, windows))
            try:
                while working:
                    done += working.popleft().result()
                    if progress:
                        progress(done, len(windows))
            finally:
                pool.shutdown(cancel_futures=True)  # somebody stopped it: what is not begun stays undone
        return found

    def _states(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        """[windows, tokens, width]."""
        lengths = np.array([len(one) for one in ids])
        mask = np.arange(lengths.max()) < lengths[:, None]
        tokens = np.full(mask.shape, self._pad, dtype=np.int64)
        tokens[mask] = np.concatenate([np.asarray(one, dtype=np.int64) for one in ids])
        given = {"input_ids": tokens, "attention_mask": mask.astype(np.int64)}
        return self._session.run(None, {name: given[name] for name in self._inputs})[0]


def _batches(order: Sequence[int], windows: Sequence[Window]) -> list[list[int]]:
    batches: list[list[int]] = []
    for i in order:
        if not batches or (len(batches[-1]) + 1) * len(windows[i].ids) > TOKENS_PER_BATCH:
            batches.append([])
        batches[-1].append(i)
    return batches
