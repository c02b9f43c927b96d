"""What the Results screen says and draws of answers from passages: how many are right, and each wrong one in its passage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import passage_parts, words
from pages.parts import results_parts as parts
from pages.parts.results_tasks import OneLabel, difference_words, with_span
from tlcore.evaluate.overlap import overlap
from tlcore.predict.text import parts_of
from tlcore.tasks.qa import NO_ANSWER

Report = Mapping[str, Any]
MOST_ROWS = 2000
SILENT = "(the passage does not say)"


class Passages(OneLabel):
    """How many answers are right, what wrong ones have in common with the true ones, and each in its passage."""

    def headline(self, report: Report) -> str:
        """“Right word for word for 41 of 100 questions; token F1 0.45 (0.40–0.50).”"""
        right, score = parts.right_of(report.get("test") or {}), with_span(report)
        said = [*([f"right word for word for {right} questions"] if right else []), *([score] if score else [])]
        line = "; ".join(said) or "this model has no score"
        return f"{line[0].upper()}{line[1:]}."

    def lines(self, report: Report) -> list[str]:
        test = report.get("test") or {}
        lines = []
        if test.get("wrong"):
            lines.append(
                f"Of the {words.plural(test['wrong'], 'answer')} that {'is' if test['wrong'] == 1 else 'are'} not word for word, "
                f"{test.get('overlapping', 0):,} share words with the true one. The model had not seen any of these passages before."
            )
        if none := test.get("unanswered_rows"):
            lines.append(
                f"Where the passage does not say, it said so {words.of(test.get('unanswered_right', 0), none)} times."
            )
        return [*lines, difference_words(report)]

    def views(self) -> dict[str, Any]:
        return {"Wrong answers": _wrong, "All answers": _all}


def _wrong(run: Path, report: Report) -> None:
    _rows(run, wrong_only=True)


def _all(run: Path, report: Report) -> None:
    _rows(run, wrong_only=False)


def answered(run: Path) -> Any:
    """The test rows: row, question, passage, truth and answer with where they start, share (token F1), confidence; the surest
    first. None where they are not on disk."""
    path = run / "predictions.parquet"
    if not path.exists():
        return None
    import pandas as pd

    frame = pd.read_parquet(path)
    targets = [json.loads(cell) for cell in frame["label"]]
    said = ["" if cell == NO_ANSWER else cell for cell in frame["prediction"]]
    scores = [overlap(one["text"], answer) for one, answer in zip(targets, said, strict=True)]
    frame = frame.assign(
        question=[parts_of(text)[0] for text in frame["text"]], passage=[parts_of(text)[-1] for text in frame["text"]],
        truth=[one["text"] or SILENT for one in targets], true_start=[one["start"] for one in targets],
        answer=[one or SILENT for one in said], exact=[one[0] == 1 for one in scores], share=[one[1] for one in scores],
    )  # fmt: skip
    return frame.sort_values("confidence", ascending=False, na_position="last", kind="stable")


def _rows(run: Path, wrong_only: bool) -> None:
    frame = answered(run)
    if frame is not None and wrong_only:
        frame = frame[~frame["exact"]]
    if frame is None or frame.empty:
        gone = "The answers to the test rows are not on disk."
        st.info(gone if frame is None else "Every answer is right, word for word.")
        return
    if wrong_only:
        st.text("The surest mistakes first. Often another piece of the passage is as good an answer: have a look.")
    text = st.text_input("Search in questions and passages", key="wrong-search")
    frame = frame[parts.matches(frame, text, None, None)]
    shown = frame.head(MOST_ROWS)
    st.caption(words.plural(len(frame), "row") + (f", the first {MOST_ROWS:,} shown" if len(frame) > MOST_ROWS else ""))
    _table(shown)


def _table(shown: Any) -> None:
    """The rows to choose from, and the passage of the chosen one (the first, before one is chosen)."""
    kind = st.column_config
    config = {
        "row": kind.NumberColumn("row", format="%d", width=60, help="The row in your file"),
        "confidence": kind.NumberColumn("sure", format="%.0f %%", width=60),
        "question": kind.TextColumn("question", width=265),
        "truth": kind.TextColumn("true answer", width=160),
        "answer": kind.TextColumn("the model's answer", width=160),
        "share": kind.NumberColumn(
            "overlap", format="%.2f", width=70, help="How many words both share (token F1), 0 to 1"
        ),
    }
    picked = st.dataframe(
        shown[list(config)].assign(confidence=shown["confidence"] * 100), hide_index=True, column_config=config,
        on_select="rerun", selection_mode="single-row", key="wrong-table", alt="Answers to the test questions",
    )  # fmt: skip
    if shown.empty:
        return
    rows = picked["selection"]["rows"] if picked else []
    row = shown.iloc[rows[0] if rows and rows[0] < len(shown) else 0]
    st.caption("Select a row to read its passage." if not rows else f"Row {row['row']} of your file.")
    st.text(row["question"])
    passage_parts.show(row["passage"], marks_of(row), key="passage")
    st.text(
        f"True answer: {row['truth']}\nThe model's answer: {row['answer']} ({words.percent(row['confidence'])} sure)"
    )


def marks_of(row: Mapping[str, Any]) -> list[passage_parts.Mark]:
    """Where the true and the given answer stand in the passage of a row."""
    marks: list[passage_parts.Mark] = []
    if row["true_start"] >= 0:
        marks.append((int(row["true_start"]), int(row["true_start"]) + len(row["truth"]), passage_parts.TRUE))
    if row["start"] >= 0:
        marks.append((int(row["start"]), int(row["start"]) + len(row["answer"]), passage_parts.GIVEN))
    return marks
