"""What the Results screen says and draws of a model that rewrites texts: chrF beside the model as it came, and the texts themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import results_parts as parts
from pages.parts import words, writing_parts

Report = Mapping[str, Any]
View = Callable[[Path, Report], None]
PART = "\x1f"
SHOWN = 20


class Rewritten:
    """headline: the answer in a sentence. lines: what stands under it. views: what can be looked at, by its name."""

    def headline(self, report: Report) -> str:
        """“Closer to the right texts than the model as it came: chrF 35.1 of 100, before 19.7.”"""
        test, before = report.get("test") or {}, (report.get("baselines") or {}).get("untuned") or {}
        ours, theirs = test.get("chrf"), before.get("chrf")
        if ours is None:
            return "This model has no score."
        if theirs is None:
            return f"chrF {ours:.1f} of 100: so close are its texts to the right ones."
        how = "Closer to" if ours > theirs else "Farther from"
        return f"{how} the right texts than the model as it came: chrF {ours:.1f} of 100, before {theirs:.1f}."

    def lines(self, report: Report) -> list[str]:
        test = report.get("test") or {}
        rows, wrong = test.get("rows"), test.get("wrong")
        lines = [_difference(report)]
        if rows and wrong is not None:
            lines.append(
                f"{words.of(rows - wrong, rows)} test texts are right to the letter; there is often more than one right text."
            )
        copied = ((report.get("baselines") or {}).get("copy") or {}).get("chrf")
        if copied is not None and test.get("chrf") is not None and copied >= test["chrf"]:
            lines.append(
                f"The texts as they are, unchanged, are as close or closer: {copied:.1f}. It needs more rows, or another base model."
            )
        if test.get("bleu") is not None:
            lines.append(f"BLEU {test['bleu']:.1f} of 100, ROUGE-L {test['rouge_l']:.2f} of 1.")
        return lines

    def views(self) -> dict[str, View]:
        return {"Farthest off": _worst, "Closest": _best}


def _difference(report: Report) -> str:
    found = report.get("difference") or {}
    gain, low, high = (found.get(name) for name in ("chrf", "low", "high"))
    if gain is None or low is None or high is None:
        return "There is nothing to compare with here."
    against = (
        "the text as it is"
        if found.get("against") == "copy"
        else "the same model as it came, asked with the same instruction"
    )
    span = f"{low:.1f} to {high:.1f} with 95% certainty".replace("-", "−")
    if not found.get("real"):
        return (
            f"The difference to {against} could be chance: {gain:+.1f} points, {span}. More test rows would settle it."
        )
    return f"Really {'better' if gain > 0 else 'worse'} than {against}: by {abs(gain):.1f} points of chrF, {span}."


def rows_by_score(run: Path) -> Any:
    """The test rows with `chrf` of each, the farthest off first; None where they are not on disk."""
    path = run / "predictions.parquet"
    if not path.exists():
        return None
    import pandas as pd

    from tlcore.evaluate.written import row_chrf

    frame = pd.read_parquet(path)
    scores = row_chrf(frame["label"].tolist(), frame["prediction"].tolist())
    return frame.assign(chrf=scores).sort_values("chrf", kind="stable")


def _worst(run: Path, report: Report) -> None:
    st.text(
        "The texts that are farthest from the right one first. Often the right text in the file is the odd one: have a look."
    )
    _texts(rows_by_score(run), "worst")


def _best(run: Path, report: Report) -> None:
    frame = rows_by_score(run)
    st.text("The texts that are closest to the right one first.")
    _texts(None if frame is None else frame[::-1], "best")


def _texts(frame: Any, key: str) -> None:
    if frame is None or frame.empty:
        st.info("The answers to the test rows are not on disk.")
        return
    text = st.text_input("Search in the texts", key=f"{key}-search")
    frame = frame[parts.matches(frame, text, None, None)]
    more = f", the first {SHOWN} shown" if len(frame) > SHOWN else ""
    st.caption(words.plural(len(frame), "row") + more)
    for row in frame.head(SHOWN).to_dict("records"):
        versions = [("right", row["label"]), ("your model", row["prediction"])]
        if row.get("untuned") is not None:
            versions.insert(0, ("as it came", row["untuned"]))
        source = str(row["text"]).replace(PART, "\n")
        writing_parts.side_by_side(f"Row {row['row']}, chrF {row['chrf']:.0f}: {source}", versions)
