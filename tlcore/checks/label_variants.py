"""Labels that seem to be one label spelt in several ways: "Refund", "refund ", "Refnud"."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from unicodedata import normalize

from tlcore.checks.base import WARNING, Fix, Problem, counted, names, quoted, used_rows
from tlcore.datasets import Dataset
from tlcore.errors import TlcoreError
from tlcore.facts import Facts
from tlcore.models.bases import tokenizer_file

MOST_FIXES = 10
"""Groups that get a button of their own; after a click the next ones move up."""
TIMES_RARER = 4
"""A slip is rare beside what was meant: two words of about equal use are two words."""
SHORTEST, SHORTEST_FOR_TWO = 5, 9
"""Letters that a word needs for one slip, and for two: shorter words are too often other words ("sale", "sell")."""
WORDS_USED = 3
"""A word that the texts use so often is a word, and no slip."""
TEXTS_READ, CHARACTERS_READ = 5_000, 500
AFFIXES = (
    "hyper hypo", "inter intra", "micro macro", "infra intra", "ante anti", "pre pro", "over under", "er ee", "or ee",
    "in un", "or er", "ing ed", "ic al", "ate ite", "ide ite", "ide ate", "ive ion",
)  # fmt: skip
"""What makes another word of a word, though few letters change: hypertension and hypotension, employer and employee."""
Group = tuple[str, tuple[str, ...]]
"""The spelling to keep, and the others."""


def label_variants(dataset: Dataset, facts: Facts) -> Problem | None:
    counts: Counter[str] = Counter()
    rows: dict[str, list[int]] = defaultdict(list)
    for row, label in used_rows(dataset, "row", "label"):
        if label is not None:
            counts[label] += 1
            rows[label].append(row)
    groups = variant_groups(counts, dataset)
    if not groups:
        return None
    moved = {other: keep for keep, others in groups for other in others}
    numbers = [(row, moved[label]) for label in moved for row in rows[label]]
    keep, others = groups[0]
    return Problem(
        "label_variants",
        f"{counted(len(groups), 'label seems', 'labels seem')} to be spelt in more than one way, such as {names([keep, *others])}.",
        WARNING,
        1 - len(numbers) / max(1, counts.total()),
        "Each spelling counts as a class of its own, so the model has fewer rows to learn each from, and is marked wrong for a typing "
        "slip. Merge those that mean the same; leave those that do not.",
        tuple(row for row, _ in numbers),
        tuple(
            Fix("merge", f"Change {names(list(others))} to {quoted(keep)}", labels=others, to=keep)
            for keep, others in groups[:MOST_FIXES]
        ),
        tuple(f"may mean {quoted(label)}" for _, label in numbers),
    )


def variant_groups(counts: Mapping[str, int], dataset: Dataset) -> list[Group]:
    """Spellings of one label, those with the most rows to change first."""
    same: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        same[plain_key(label)].append(label)
    rows = {key: sum(counts[label] for label in labels) for key, labels in same.items()}
    for rare, common in _slips(rows, dataset).items():
        same[common] += same.pop(rare)
    groups = []
    for labels in same.values():
        if len(labels) > 1:
            keep, *others = sorted(labels, key=lambda label: (-counts[label], label))
            groups.append((keep, tuple(others)))
    return sorted(groups, key=lambda group: (-sum(counts[label] for label in group[1]), group[0]))


def merged_classes(dataset: Dataset, facts: Facts) -> dict[str, int]:
    """Rows a class, as if every label were spelt in its commonest way: a slip is no class that is too small."""
    counts = dict(facts.classes)
    for keep, others in variant_groups(counts, dataset):
        counts[keep] += sum(counts.pop(other) for other in others)
    return counts


def plain_key(label: str) -> str:
    """What is left of a label without capitals, spaces, joining strokes and a full stop; signs that carry meaning (+, #, -1) stay."""
    plain = normalize("NFKC", label).casefold().strip(" \t\n'\"“”‘’«»")
    plain = re.sub(r"(?<=\d)\.0+$", "", plain) if re.fullmatch(r"[+-]?\d+\.0+", plain) else plain
    plain = re.sub(r"(?<=[^\W_])[\s_\-‐–]+(?=[^\W_])", " ", plain) if re.search(r"[^\W\d_]", plain) else plain
    return re.sub(r"(?<=[^\W\d_])[.,;:]+$", "", " ".join(plain.split()))


def _slips(rows: Mapping[str, int], dataset: Dataset) -> dict[str, str]:
    """Rare key -> common key that it seems to be a slip of. Chains are not followed: the common one is no slip itself."""
    found = {}
    ordered = sorted(rows, key=lambda key: (-rows[key], key))
    for place, rare in enumerate(ordered):
        for common in ordered[:place]:
            if rows[rare] * TIMES_RARER <= rows[common] and common not in found and _words_slipped(rare, common):
                found[rare] = common
                break
    known = _known_words(dataset) if found else set()
    return {rare: common for rare, common in found.items() if not _other(rare, common) <= known}


def _known_words(dataset: Dataset) -> set[str]:
    """Words that the texts use or that the base model's tokenizer holds whole: "casual" is no slip for "causal"."""
    texts = dataset.rows[: min(len(dataset.rows), TEXTS_READ)]["text"]
    used = Counter(word for text in texts for word in re.findall(r"[^\W\d_]+", text[:CHARACTERS_READ].casefold()))
    try:
        pieces = json.loads(tokenizer_file("minilm").read_text(encoding="utf-8"))["model"]["vocab"]
    except (TlcoreError, OSError, KeyError):  # it only spares a needless question
        pieces = {}
    return {word for word, count in used.items() if count >= WORDS_USED} | set(pieces)


def _other(rare: str, common: str) -> set[str]:
    return set(rare.split()) - set(common.split())


def _words_slipped(rare: str, common: str) -> bool:
    """Whether two labels differ in one word only, and there by a slip."""
    if abs(len(rare) - len(common)) > 2 or rare.count(" ") != common.count(" "):
        return False
    pairs = [(a, b) for a, b in zip(rare.split(), common.split(), strict=True) if a != b]
    return len(pairs) == 1 and is_slip(*pairs[0])


def is_slip(typed: str, meant: str) -> bool:
    """Whether a word looks like another mistyped: same first letter, one letter missing, doubled, wrong or swapped; two in a long word."""
    if typed[0] != meant[0] or not (typed.isalpha() and meant.isalpha()) or min(len(typed), len(meant)) < SHORTEST - 1:
        return False
    most = 2 if len(meant) >= SHORTEST_FOR_TWO else 1 if len(meant) >= SHORTEST else 0
    return not _is_other_word(typed, meant) and distance(typed, meant, most) <= most


def _is_other_word(a: str, b: str) -> bool:
    """Whether one beginning or ending was changed for another that makes another word."""
    for pair in AFFIXES:
        for one, two in (pair.split(), pair.split()[::-1]):
            if a.startswith(one) and b.startswith(two) and a[len(one) :] == b[len(two) :]:
                return True
            if a.endswith(one) and b.endswith(two) and a[: -len(one)] == b[: -len(two)]:
                return True
    return False


def distance(a: str, b: str, most: int) -> int:
    """Letters added, left out, changed or swapped with their neighbour; `most` + 1 if more (Damerau 1964, adjacent swaps once)."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, sign in enumerate(a, 1):
        now = [i]
        for j, other in enumerate(b, 1):
            cost = min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (sign != other))
            if i > 1 and j > 1 and sign == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]
