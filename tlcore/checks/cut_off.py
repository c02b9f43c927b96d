"""Texts longer than the model reads: how many, and how much of them is lost."""

from __future__ import annotations

from tlcore.checks.base import INFO, WARNING, Problem, counted, percent, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import CHARACTERS_A_PIECE, PIECES_A_WORD, Facts

MANY = 0.1


def cut_off(dataset: Dataset, facts: Facts) -> Problem | None:
    if not facts.cut_off:
        return None
    share = facts.cut_off / max(1, facts.rows)
    lost = lost_parts(dataset, facts)
    about = "About " if facts.estimated else ""
    many = counted(facts.cut_off, "text is", "texts are")
    unread = f" About {percent(sum(lost.values()) / len(lost))} of what they say is not read." if lost else ""
    return Problem(
        "cut_off",
        f"{about}{many} cut off after about {facts.max_length * 3 // 4} words ({facts.max_length} word pieces).",
        WARNING if share > MANY else INFO,
        1 - share,
        f"The model never sees what comes later in these texts.{unread} If what matters comes late, shorten the texts, or raise "
        "“Longest text read” in Plan; training then takes longer.",
        tuple(lost),
        notes=tuple(f"about {percent(part)} is not read" for part in lost.values()),
    )


def lost_parts(dataset: Dataset, facts: Facts) -> dict[int, float]:
    """Row -> share of its text that is not read, the most first, for as many rows as `facts` counted: the longest ones.

    Facts know how many are cut off, not which; lengths in word pieces are told from characters and words, scaled so that
    the longest text has the length that was measured.
    """
    rough = {
        row: max(len(text) / CHARACTERS_A_PIECE, len(text.split()) * PIECES_A_WORD) + 2
        for row, text in used_rows(dataset, "row", "text")
        if len(text) > facts.max_length
    }
    longest = sorted(rough, key=lambda row: (-rough[row], row))[: facts.cut_off]
    scale = facts.tokens_max / rough[longest[0]] if longest else 1.0
    return {
        row: 1 - facts.max_length / (rough[row] * scale) for row in longest if rough[row] * scale > facts.max_length
    }
