"""Text in, answer out: tokenizer, ONNX encoder, linear head. numpy, tokenizers, onnxruntime, safetensors.

A model's folder: `nudge.json` (task, labels, columns, how its head is to be read), `tokenizer.json`, `model.safetensors` (the encoder's weights),
`model.onnx` (its graph, which reads those same weights), `head.safetensors` (weight, bias, and Platt's a and b); where
it was found to answer alike, `quick.onnx` (most multiplications in 8-bit whole numbers).
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from .answers import Answers as Answers
from .answers import outputs_of, read_head, to_answers

ABOUT, GRAPH, QUICK = "nudge.json", "model.onnx", "quick.onnx"
TOKENS_PER_BATCH, QUICK_TOKENS_PER_BATCH = 512, 192
"""Padded tokens in one batch: so few stay in a core's cache (a quarter quicker than 4,096 on two cores; the quick graph, whose
multiplications take less of its time, a tenth quicker still with fewer)."""
MOST_REPORTS = 200
"""Times that `progress` is called, about."""
SLOW_FUSIONS = ["SkipLayerNormFusion", "BiasGeluFusion"]
"""What onnxruntime had better leave alone: its fused kernels took ten times as long as addition and norm one after the
other, and a fortieth longer than addition and GELU."""
TOKENIZE_AT_ONCE = 2048
SENTENCES = (
    "The parcel came on Monday, but the box was empty.",
    "ok",
    "Please call me back before Friday: nobody has answered my two letters about invoice 2041, and I was charged again.",
)
"""On these the quick graph must read here as it did where it was made: processors differ in how they round 8-bit sums."""
MUCH_FURTHER = 2.0


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """What goes wrong within it, while a model's folder is opened and tried, is raised as ValueError in words; OSError as it is."""
    try:
        yield
    except OSError:
        raise
    except ModuleNotFoundError as error:
        raise ValueError(f"This model needs the package {error.name}: pip install -r requirements.txt") from error
    except Exception as error:  # tokenizers, onnxruntime, torch and transformers raise no narrower class
        why = (str(error).splitlines() or [""])[0][:200]
        raise ValueError(
            f"The model in {folder} cannot be opened: a file is missing or damaged. "
            f"Unpack or download it again. ({type(error).__name__}: {why})"
        ) from error


class Predictor:
    """Predicts for texts it has not seen; loads in well under a second and never imports torch."""

    def __init__(self, folder: Path, about: dict[str, Any], threads: int | None = None, quick: bool = False) -> None:
        self.about, self.quick = about, quick
        self.labels: list[str] = about["labels"]
        self.text_columns: list[str] = about["text_columns"]
        self.reads: dict[str, list[str]] = reads_of(about)
        self.answer: dict[str, Any] | None = about.get("answer")
        self.outputs = outputs_of(self.answer, self.labels)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # each thread answers batches of its own: quicker than several for one batch
        options.log_severity_level = 3
        self._threads = threads or max(1, os.cpu_count() or 2)
        self._session = onnxruntime.InferenceSession(
            str(folder / (QUICK if quick else GRAPH)),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=SLOW_FUSIONS,
        )
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(about["max_length"])
        self._pad = int(about.get("pad_token_id", 0))
        self._head = load_file(str(folder / "head.safetensors"))

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None, quick: bool = False) -> Predictor:
        """Open a model's folder and try it. Raises OSError or ValueError, in words, if it is not one.

        quick: answer by the quick graph, if there is one and it reads right on this processor; `.quick` says whether it does.
        """
        folder = Path(folder)
        with opening(folder):
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            quick = quick and (folder / QUICK).exists() and _reads_right(folder, about)
            found = cls(folder, about, threads, quick)
            found._try()
        return found

    def _try(self) -> None:
        """Tokenizer, encoder, head and labels must fit each other: better said now than after a long sheet."""
        answers = len(self._head["weight"])
        if answers != self.outputs:
            raise ValueError(f"the head gives {answers} answers, {ABOUT} names {len(self.labels)} labels")
        self.probabilities(["ok"])

    def predict(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Answers:
        """Answer each text; equal texts are answered once, batches are made of texts of like length."""
        distinct = sorted({text for text in texts if text.strip()})
        known = self.probabilities(distinct, progress)
        place = {text: i for i, text in enumerate(distinct)}
        probabilities = np.full((len(texts), self.outputs), np.nan, dtype=np.float32)
        for i, text in enumerate(texts):
            if text in place:
                probabilities[i] = known[place[text]]
        return to_answers(self.answer, self.labels, probabilities)

    def probabilities(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """float32 [texts, labels]; of one label a text, rows sum to 1. For numbers, float32 [texts, 1]: the number."""
        return self.over(texts, self.outputs, lambda features: read_head(self.answer, self._head, features), progress)

    def over(
        self, texts: Sequence[str], width: int, read: Callable[[np.ndarray], np.ndarray],
        progress: Callable[[int, int], None] | None = None,
    ) -> np.ndarray:  # fmt: skip
        """What `read` makes of the features [texts, features] of each batch, float32 [texts, width]."""
        found = np.zeros((len(texts), width), dtype=np.float32)
        ids = [
            e.ids for part in _chunks(texts, TOKENIZE_AT_ONCE) for e in self._tokenizer.encode_batch_fast(list(part))
        ]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))

        budget = QUICK_TOKENS_PER_BATCH if self.quick else TOKENS_PER_BATCH

        def answer(batch: list[int]) -> int:
            found[batch] = read(self._features([ids[i] for i in batch]))
            return len(batch)

        with ThreadPoolExecutor(self._threads) as pool:
            working = deque(pool.submit(answer, batch) for batch in _by_length(order, ids, budget))
            done = said = 0
            try:
                while working:
                    done += working.popleft().result()
                    if progress and (done - said >= len(texts) / MOST_REPORTS or not working):
                        progress(done, len(texts))
                        said = done
            finally:
                pool.shutdown(cancel_futures=True)  # somebody stopped it: what is not begun stays undone
        return found

    def _features(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        """Pooled hidden states, float32 [texts, width]."""
        longest = max(int(self.about.get("pad_to") or 0), *map(len, ids))
        tokens = np.full((len(ids), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.int64)
        for row, one in enumerate(ids):
            tokens[row, : len(one)] = one
            mask[row, : len(one)] = 1
        given = {"input_ids": tokens, "attention_mask": mask}
        return self._session.run(None, {name: given[name] for name in self._inputs})[0]


def reads_of(about: Mapping[str, Any]) -> dict[str, list[str]]:
    """Role -> columns that a model reads, in order; a model of an older Nudge does not say."""
    return {name: list(columns) for name, columns in (about.get("reads") or {"text": about["text_columns"]}).items()}


def reading_differs(folder: Path, about: dict[str, Any]) -> float:
    """How far what the quick graph reads is from what the exact one reads: length of the difference, relative, at worst."""
    read = []
    for quick in (False, True):
        one = Predictor(folder, about, 1, quick)
        read.append(one._features([found.ids for found in one._tokenizer.encode_batch_fast(list(SENTENCES))]))
    lengths = np.linalg.norm(read[1] - read[0], axis=1) / np.linalg.norm(read[0], axis=1)
    return float(lengths.max())


def _reads_right(folder: Path, about: dict[str, Any]) -> bool:
    """Whether the quick graph can be opened here and reads as it did where it was made."""
    made = (about.get("quick") or {}).get("difference")
    try:
        return made is None or reading_differs(folder, about) <= MUCH_FURTHER * made
    except Exception:  # onnxruntime raises no narrower class; whether the exact graph can be opened is seen next
        return False


def linear_probabilities(head: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Features [texts, width] and the tensors of a head for one label a text -> probabilities [texts, labels]."""
    return read_head(None, head, features)


def _chunks(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def _by_length(order: Sequence[int], ids: Sequence[Sequence[int]], budget: int) -> Iterator[list[int]]:
    """Batches of neighbours in length whose padded size stays within the budget, longest last."""
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) + 1) * len(ids[i]) > budget:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
