"""How far the user's texts are from what a base model has read: word pieces a word, unknown signs, language, distance."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.checks.languages import foreign_language

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE, CHARACTERS = 1_000, 2_000
"""Texts that are looked at, and how much of each."""
WORDS = re.compile(r"[^\W\d_]{2,}")
MANY_PIECES = 1.4
"""Everyday English takes 1.0 to 1.15 word pieces a word, abstracts of computer science 1.1, tweets 1.3, Spanish 1.8 (MiniLM): from here on many words are rare in what the
model read: part numbers, chemistry, another language."""
MANY_UNKNOWN, MANY_FOREIGN = 0.01, 0.2
FAR = 0.6
"""Of the distance to everyday sentences, by the model's own vectors: 0 the same mixture of subjects, 1 nothing in common."""
SHOWN = 3


@dataclass(frozen=True)
class Mismatch:
    """pieces_a_word: of words of two letters or more. unknown: share of word pieces that the model has no piece for. language: the
    commonest other than English, and foreign: the share of texts in one. distance: None where it was not measured. split_words: those
    taken apart most often, with how many pieces each."""

    pieces_a_word: float = 0.0
    unknown: float = 0.0
    foreign: float = 0.0
    language: str = ""
    distance: float | None = None
    split_words: tuple[tuple[str, int], ...] = ()

    def reasons(self) -> list[str]:
        """What is far from what the model has read, each in a sentence; [] where nothing is."""
        found = []
        if self.foreign >= MANY_FOREIGN:
            found.append(
                f"{round(100 * self.foreign)} % of the texts seem to be in {self.language}, and the base model read English."
            )
        if self.pieces_a_word >= MANY_PIECES:
            words = ", ".join(f"“{word}” ({pieces})" for word, pieces in self.split_words[:SHOWN])
            such = f", such as {words}" if words else ""
            found.append(
                f"It takes {self.pieces_a_word:.1f} word pieces for a word, where everyday English takes 1.1: many of your words "
                f"are strange to it{such}."
            )
        if self.unknown >= MANY_UNKNOWN:
            found.append(f"{100 * self.unknown:.1f} % of the word pieces are signs that it cannot read at all.")
        if not found and self.distance is not None and self.distance >= FAR:
            found.append("The texts lie far from everyday sentences, as the model sees them.")
        return found

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Mismatch:
        known = {f.name for f in fields(cls)}
        kept = {name: value for name, value in parts.items() if name in known}
        return cls(**{**kept, "split_words": tuple((word, n) for word, n in kept.get("split_words", ()))})


def measure_mismatch(texts: Sequence[str], tokenizer_file: Path, distance: float | None = None) -> Mismatch:
    """Of a sample of the texts. distance: as `distance_to_general` has it."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    some = [text[:CHARACTERS] for text in _sample([text for text in texts if text.strip()])]
    words = Counter(word for text in some for word in WORDS.findall(text))
    pieces = {word: len(tokenizer.encode(word, add_special_tokens=False).ids) for word in words}
    total = sum(words.values())
    languages = Counter(filter(None, map(foreign_language, some)))
    split = sorted(
        (word for word in words if pieces[word] >= 3), key=lambda word: (-words[word] * (pieces[word] - 1), word)
    )
    return Mismatch(
        pieces_a_word=round(sum(words[word] * pieces[word] for word in words) / total, 3) if total else 0.0,
        unknown=round(_unknown(tokenizer, some), 5),
        foreign=round(sum(languages.values()) / max(1, len(some)), 4),
        language=languages.most_common(1)[0][0] if languages else "",
        distance=distance,
        split_words=tuple((word, pieces[word]) for word in split[:SHOWN]),
    )


def distance_to_general(vectors: NDArray[Any], general: NDArray[Any]) -> float:
    """1 - cosine between the mean of unit vectors of the texts [texts, width] and that of everyday sentences; 0 to 1."""
    import numpy as np

    means = []
    for some in (vectors, general):
        some = some.astype(np.float64)
        unit = some / np.maximum(np.linalg.norm(some, axis=1, keepdims=True), 1e-9)
        means.append(unit.mean(axis=0))
    a, b = means
    cosine = float(a @ b / max(1e-9, float(np.linalg.norm(a) * np.linalg.norm(b))))
    return round(min(1.0, max(0.0, 1.0 - cosine)), 4)


def _unknown(tokenizer: Any, texts: Sequence[str]) -> float:
    """Share of the pieces that stand for what the vocabulary has no piece for."""
    unknown = next((one for name in ("[UNK]", "<unk>") if (one := tokenizer.token_to_id(name)) is not None), None)
    if unknown is None:
        return 0.0
    encoded = [one.ids for one in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    return sum(ids.count(unknown) for ids in encoded) / max(1, sum(map(len, encoded)))


def _sample(texts: Sequence[str]) -> Sequence[str]:
    return texts if len(texts) <= SAMPLE else random.Random(0).sample(list(texts), SAMPLE)
