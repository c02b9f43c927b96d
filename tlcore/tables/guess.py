"""Which column is the text and which the label: a first proposal, which the user can change."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tlcore.tables.table import Table

LOOK_AT = 2_000  # rows, spread over the table
_TEXT = (
    "text texts message messages review reviews comment comments question sentence body content description "
    "feedback tweet utterance document abstract summary query post note email mail input prompt source"
)
_LABEL = (
    "label labels category categories class classes sentiment department intent topic tag tags rating target type "
    "emotion priority group status score stars spam genre language team answer "
    "kategorie klasse thema stimmung bewertung absicht catégorie sujet sentiment étiquette categoría categoria etiqueta 評価 分類 类别 标签"
)
TEXT_WORDS, LABEL_WORDS = frozenset(_TEXT.split()), frozenset(_LABEL.split())
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?%?", re.IGNORECASE)
_MACHINE = re.compile(r"[^\s@]+@[^\s@]+\.\w+|https?://\S+|\[.*\]|\{.*\}|[\w-]+[/\\][^\s]+\.\w{2,5}", re.DOTALL)

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
"""Kana, Chinese characters and Thai, which are written without blanks: about two a word."""


@dataclass(frozen=True)
class _Facts:
    """About the non-empty cells of a column, from a sample."""

    name: str
    n: int
    filled: int
    distinct: int
    length: float  # mean characters
    words: float  # mean words
    numbers: float  # share of cells that are numbers
    machine: float  # share of cells that are links, paths or JSON


def guess_text_columns(table: Table) -> list[str]:
    """The columns that hold text people wrote, the likeliest first; may be empty."""
    scored = [(_text_score(facts), facts.name) for facts in _facts(table)]
    return [name for score, name in sorted(scored, key=lambda pair: -pair[0]) if score > 0]


def guess_roles(table: Table) -> dict[str, str | None]:
    """{"text": column or None, "label": column or None}."""
    texts = guess_text_columns(table)
    text = texts[0] if texts else None
    scored = [(_label_score(facts), facts.name) for facts in _facts(table) if facts.name != text]
    best = max(scored, default=(0.0, ""), key=lambda pair: pair[0])
    return {"text": text, "label": best[1] if best[0] > 0 else None}


def _facts(table: Table) -> list[_Facts]:
    step = max(1, table.rows // LOOK_AT)
    places = list(range(0, table.rows, step))
    return [_facts_of(name, table.data.column(name).take(places).to_pylist()) for name in table.columns]


def _facts_of(name: str, cells: list[str]) -> _Facts:
    filled = [cell.strip()[:2_000] for cell in cells if cell.strip()]
    n = max(len(filled), 1)
    return _Facts(
        name=name,
        n=len(cells),
        filled=len(filled),
        distinct=len(set(filled)),
        length=sum(map(len, filled)) / n,
        words=sum(max(len(cell.split()), len(_UNSPACED.findall(cell)) / 2) for cell in filled) / n,
        numbers=sum(bool(_NUMBER.fullmatch(cell)) for cell in filled) / n,
        machine=sum(bool(_MACHINE.fullmatch(cell)) for cell in filled) / n,
    )


def _named(name: str, words: frozenset[str]) -> float:
    """1 if the name is one of the words, 0.5 if it contains one."""
    parts = set(re.split(r"[\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))
    return 1.0 if name.strip().lower() in words else 0.5 if parts & words else 0.0


def _text_score(facts: _Facts) -> float:
    if not facts.filled or facts.numbers > 0.5 or facts.machine > 0.5 or facts.length < 2:
        return 0.0
    hint = _named(facts.name, TEXT_WORDS)
    # Codes and ids are one word; many languages write no spaces, so length alone counts when it is large.
    if not hint and facts.words < 1.5 and facts.length < 20:
        return 0.0
    if not hint and _named(facts.name, LABEL_WORDS) == 1.0:
        hint = -0.8
    share = facts.distinct / facts.filled
    return min(facts.length, 300.0) ** 0.5 * share * (facts.filled / facts.n) * (1 + 3 * hint)


def _label_score(facts: _Facts) -> float:
    if facts.distinct < 2 or facts.length > 80 or facts.machine > 0.5:
        return 0.0
    hint = _named(facts.name, LABEL_WORDS)
    share = facts.distinct / facts.filled
    if share > (0.7 if hint == 1.0 else 0.5) or (not hint and facts.distinct > 200):
        return 0.0
    if facts.numbers > 0.5 and not hint:
        return 0.0
    return (1 - share) * (facts.filled / facts.n) * (1 + 4 * hint) / (1 + facts.words / 10)
