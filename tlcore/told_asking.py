"""Whether the language model that was asked is still needed, in sentences: for the Results screen and the model card."""

from __future__ import annotations

from typing import Any

HARDLY_WORSE = 0.05
"""Macro-F1 that one's own model may at worst lack, to be said to do as well."""


def asking_sentences(about: dict[str, Any] | None) -> tuple[str, ...]:
    """Who was asked about how much; and how it and the model that learned from it compare. () where nobody was asked."""
    if not about:
        return ()
    return tuple(line for line in (_asked(about), _compared(about)) if line)


def _asked(about: dict[str, Any]) -> str:
    learned, dollars = about["learned"], about["dollars"]
    where = f" at {about['host']}" if about["host"] else " on your computer"
    if not learned["rows"]:
        return (
            f"Your model learned from your own labels; every row has one, so {about['who']}{where} had nothing to add."
        )
    own = f" and from {learned['own_rows']:,} rows with your own labels" if learned["own_rows"] else ""
    silent = f" (it could not tell for {learned['could_not_tell']:,})" if learned["could_not_tell"] else ""
    cost = (
        " What that cost is not known here." if dollars is None else f" That cost {_money(dollars)}." if dollars else ""
    )
    text = f"Your model learned from what {about['who']}{where} answered to {learned['rows']:,} of your texts{silent}{own}.{cost}"
    if about["test"] is None and learned["agreement"] is not None:
        text += (
            f" Of {learned['agreement_rows']:,} answers that were kept from it, it gave the same {learned['agreement']:.0%} of the "
            "time; how often either is right, nobody can say without labels."
        )
    return text


def _compared(about: dict[str, Any]) -> str:
    test = about["test"]
    if not test:
        return ""
    rows, teacher, student = test["rows"], test["teacher"], test["student"]
    right = [rows - one["wrong"] for one in (teacher, student)]
    gap = test["difference"]
    found, low, high = (f"{100 * gap[name]:+.1f}".replace("-", "−") for name in ("macro_f1", "low", "high"))
    first = (
        f"The language model itself is right for {right[0]:,} of {rows:,} test rows; your own model, which learned from its answers, "
        f"for {right[1]:,}: {found} points of macro-F1 ({low} to {high})"
    )
    return f"{first}, {_meant(gap, 'service' if about['host'] else 'language model')}."


def _meant(gap: dict[str, Any], service: str) -> str:
    """Only where it is hardly worse at worst is the one that was asked called not needed."""
    if gap["real"] and gap["macro_f1"] < 0:
        return f"your own is really worse; let it learn from more answers, or go on asking the {service}"
    if gap["real"]:
        return f"your own is better, and the {service} is not needed any more"
    if gap["low"] >= -HARDLY_WORSE:
        return f"which could be chance; the {service} is not needed any more"
    return "which could be chance: so few rows cannot tell which is better; compare on more"


def _money(dollars: float) -> str:
    return f"{dollars:,.2f} US dollars" if dollars >= 0.1 else f"{dollars:.4f} US dollars"
