"""What a Dataset is like, in numbers: how much, how many classes, how long. Loads without torch."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from heapq import nlargest
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tlcore.rows import FILE
from tlcore.splits import LEFT_OUT, NOT_SAMPLED, TEST, TRAIN, UNLABELLED, VALIDATION

if TYPE_CHECKING:
    from tlcore.datasets import Dataset

DATA_SIZES = ("none", "small", "medium", "large")

SMALL_BELOW = 2_000
"""Labelled rows. Below this, moving the weights of a language model tends to learn rows by heart, and a classifier on
frozen features comes close to it or beats it for a fraction of the time."""
MEDIUM_BELOW = 20_000
"""Labelled rows. From here on every weight has enough rows behind it, and full fine-tuning is worth its time."""
MANY_CLASSES = 10
"""More classes than this, and the number of rows alone misleads: 2,077 rows in 77 classes are 27 a class."""
FEW_ROWS_A_CLASS = 50
"""With many classes, if the typical (median) class has fewer rows than this, the data counts as one size smaller: the
total still teaches the model the domain, so it is not small outright, but each class alone is known by few examples.
Two to ten classes are left alone: a rare class among them is a matter of balance, not of size."""
MOSTLY_UNLABELLED_TIMES, MOSTLY_UNLABELLED_ROWS = 5, 500
"""Reading unlabelled rows first pays when they outnumber the labelled ones well, and are enough to learn words from."""

MAX_LENGTH = 256
"""Word pieces of a text that the model reads, the two marks around it included; the rest is cut off."""
LENGTH_SAMPLE = 5_000
"""Texts that are cut into word pieces for the lengths: quantiles of more are no different, and take seconds."""
LONGEST = 20
"""The longest texts, by characters, are always among those measured for `tokens_max`."""
MAX_CHARACTERS = 6_000
"""Of a longer text only so much is cut into word pieces; its length is scaled up from that."""
SAMPLE_CHARACTERS = 2_000_000
"""The sample ends here where texts are long: about a second of work, and still hundreds of texts."""
CHARACTERS_A_PIECE, PIECES_A_WORD = 4.5, 1.3
"""English averages of WordPiece, for when no tokenizer is at hand."""


@dataclass(frozen=True)
class Facts:
    """Counts are rows. `labelled` and `classes` are of the user's own file; an extra test file adds only to `rows`.

    Lengths are in word pieces. `estimated`: lengths and `cut_off` rest on a sample of the texts, or on no tokenizer.
    `sampled`: rows to learn from where the user asked for only some of them (few-shot), else None. `unlabelled_file_texts`:
    how many of the unlabelled are in a file beside the rows, and roughly their word pieces.
    """

    rows: int
    labelled: int
    unlabelled: int
    classes: Mapping[str, int]
    smallest_class: int
    median_class: float
    tokens_p50: int
    tokens_p95: int
    tokens_max: int
    max_length: int
    cut_off: int
    duplicates: int
    data_size: str
    mostly_unlabelled: bool
    estimated: bool = False
    sampled: int | None = None
    unlabelled_file_texts: int = 0
    unlabelled_file_tokens: int = 0

    def with_file(self, texts: int, words: int) -> Facts:
        """With a file of unlabelled texts beside the rows: they count as `unlabelled`."""
        unlabelled = self.unlabelled - self.unlabelled_file_texts + texts
        return replace(
            self, unlabelled=unlabelled, mostly_unlabelled=is_mostly_unlabelled(self.labelled, unlabelled),
            unlabelled_file_texts=texts, unlabelled_file_tokens=round(PIECES_A_WORD * words) + 2 * texts,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"classes": dict(self.classes)}

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Facts:
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in parts.items() if name in known})


@dataclass(frozen=True)
class Lengths:
    """Word pieces of the texts: quantiles, the longest, and how many texts are cut off."""

    p50: int = 0
    p95: int = 0
    longest: int = 0
    cut_off: int = 0
    estimated: bool = False


def measure_facts(dataset: Dataset, tokenizer_file: Path | None = None) -> Facts:
    """Count a Dataset's rows, classes and word pieces. Without a tokenizer the lengths are rough, and marked so."""
    columns = {name: dataset.rows[name][:] for name in ("source", "label", "split", "same")}
    used = [i for i, side in enumerate(columns["split"]) if side not in (LEFT_OUT, NOT_SAMPLED)]
    own = [i for i in used if columns["source"][i] == FILE]
    labels = [columns["label"][i] for i in own if columns["split"][i] in (TRAIN, VALIDATION, TEST)]
    learned = [columns["label"][i] for i in own if columns["split"][i] in (TRAIN, VALIDATION)]
    is_sample = NOT_SAMPLED in columns["split"]
    unlabelled = sum(columns["split"][i] == UNLABELLED for i in own)
    classes = _classes(dataset, labels)
    lengths = _lengths_of(dataset, used, tokenizer_file)
    return Facts(
        rows=len(columns["split"]),
        labelled=len(labels),
        unlabelled=unlabelled,
        classes=classes,
        smallest_class=min(classes.values(), default=0),
        median_class=float(median(classes.values())) if classes else 0.0,
        tokens_p50=lengths.p50,
        tokens_p95=lengths.p95,
        tokens_max=lengths.longest,
        max_length=MAX_LENGTH,
        cut_off=lengths.cut_off,
        duplicates=len(used) - len({columns["same"][i] for i in used}),
        data_size=data_size(
            list(_classes(dataset, learned).values()) if is_sample else list(classes.values()),
            len(learned) if is_sample else len(labels),
        ),
        mostly_unlabelled=is_mostly_unlabelled(len(labels), unlabelled),
        estimated=lengths.estimated,
        sampled=len(learned) if is_sample else None,
    )


def _classes(dataset: Dataset, targets: Sequence[str]) -> dict[str, int]:
    """Rows of each class, the largest first; a row with several labels counts for each, one with a number for none."""
    return dict(Counter(name for target in targets for name in dataset.task.names(target)).most_common())


def data_size(class_counts: Sequence[int], rows: int | None = None) -> str:
    """none, small, medium or large, from the labelled rows of each class. rows: where they are not the sum of these."""
    rows = sum(class_counts) if rows is None else rows
    if rows == 0:
        return "none"
    size = 1 if rows < SMALL_BELOW else 2 if rows < MEDIUM_BELOW else 3
    if len(class_counts) > MANY_CLASSES and median(class_counts) < FEW_ROWS_A_CLASS:
        size = max(1, size - 1)
    return DATA_SIZES[size]


def is_mostly_unlabelled(labelled: int, unlabelled: int) -> bool:
    return unlabelled >= MOSTLY_UNLABELLED_ROWS and unlabelled >= MOSTLY_UNLABELLED_TIMES * labelled


def measure_lengths(texts: Sequence[str], tokenizer_file: Path | None, sample: int = LENGTH_SAMPLE) -> Lengths:
    """Word pieces of the texts, from a sample of them if need be; how many are cut off is scaled up to all."""
    return _measure(texts.__getitem__, list(map(len, texts)), tokenizer_file, sample)


def _lengths_of(dataset: Dataset, used: Sequence[int], tokenizer_file: Path | None) -> Lengths:
    """Of these rows, without taking the texts of more than the sample out of Arrow."""
    import pyarrow.compute as pc

    texts = dataset.rows.with_format("arrow")[:].column("text")
    sizes = pc.utf8_length(texts).to_pylist()
    return _measure(lambda i: texts[used[i]].as_py(), [sizes[i] for i in used], tokenizer_file, LENGTH_SAMPLE)


def _measure(text: Callable[[int], str], sizes: Sequence[int], tokenizer_file: Path | None, sample: int) -> Lengths:
    """text: the i-th one. sizes: characters of each."""
    if not sizes:
        return Lengths()
    chosen = _sample(sizes, sample)
    longest = nlargest(LONGEST, range(len(sizes)), key=sizes.__getitem__)
    count = _counter(tokenizer_file)
    lengths = sorted(count([text(i) for i in chosen]))
    top = max(*count([text(i) for i in longest]), lengths[-1])
    share = sum(length > MAX_LENGTH for length in lengths) / len(lengths)
    return Lengths(
        _quantile(lengths, 0.5),
        _quantile(lengths, 0.95),
        top,
        max(round(share * len(sizes)), int(top > MAX_LENGTH)),
        tokenizer_file is None or len(chosen) < len(sizes) or sizes[longest[0]] > MAX_CHARACTERS,
    )


def _sample(sizes: Sequence[int], most: int) -> Sequence[int]:
    """Places of all texts if they are few and short; else of so many, drawn at random, as the limits allow."""
    places = range(len(sizes))
    if len(sizes) <= most and sum(min(size, MAX_CHARACTERS) for size in sizes) <= SAMPLE_CHARACTERS:
        return places
    chosen: list[int] = []
    left = SAMPLE_CHARACTERS
    for i in random.Random(0).sample(places, min(most, len(sizes))):
        left -= min(sizes[i], MAX_CHARACTERS)
        if left < 0:
            break
        chosen.append(i)
    return chosen


def _counter(tokenizer_file: Path | None) -> Callable[[Sequence[str]], list[int]]:
    """What counts the word pieces of texts."""
    if tokenizer_file is None:
        return lambda texts: [
            round(max(len(t) / CHARACTERS_A_PIECE, len(t.split()) * PIECES_A_WORD)) + 2 for t in texts
        ]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()  # the shipped file pads to 128 and truncates: every length would be 128
    tokenizer.no_truncation()

    def count(texts: Sequence[str]) -> list[int]:
        encoded = tokenizer.encode_batch([text[:MAX_CHARACTERS] for text in texts])
        return [
            round(len(one.ids) * max(1.0, len(text) / MAX_CHARACTERS)) for one, text in zip(encoded, texts, strict=True)
        ]

    return count


def _quantile(ordered: Sequence[int], share: float) -> int:
    """The smallest value that at least `share` of them do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
