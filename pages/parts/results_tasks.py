"""What the Results screen says and draws for each kind of answer: one label, several labels, a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import charts, number_charts, picture_results, shell, words
from pages.parts import results_parts as parts
from pages.parts.metrics import metric_of

Report = Mapping[str, Any]
View = Callable[[Path, Report], None]
MOST_ROWS, MOST_MISSES = 2000, 200
JOIN, NO_LABEL = ";", "(none)"
AGAINST = {"tfidf": "counting words (TF-IDF)", "tfidf_tuned": "counting words with tuned thresholds (TF-IDF)"}


class OneLabel:
    """headline: the answer in a sentence. lines: what stands under it. views: what can be looked at, by its name."""

    def headline(self, report: Report) -> str:
        return parts.headline(report)

    def lines(self, report: Report) -> list[str]:
        return [parts.wrong_sentence(report), parts.difference_sentence(report)]

    def views(self) -> dict[str, View]:
        return {
            "Wrong rows": lambda run, report: parts.wrong(run),
            "Classes": lambda run, report: parts.classes(report),
            "Mix-ups": lambda run, report: parts.mix_ups(report),
        }


class SeveralLabels(OneLabel):
    def headline(self, report: Report) -> str:
        """“Every label right for 69 of 100 texts; micro-F1 0.91 (0.90–0.93).”"""
        test = report.get("test") or {}
        right, score = parts.right_of(test), _with_span(report)
        told = [f"every label right for {right} texts"] if right else []
        line = "; ".join([*told, *([score] if score else [])]) or "this model has no score"
        return f"{line[0].upper()}{line[1:]}."

    def lines(self, report: Report) -> list[str]:
        test = report.get("test") or {}
        rows, wrong, found = test.get("rows"), test.get("wrong"), report.get("per_class") or []
        lines = []
        if rows and wrong is not None:
            lines.append(f"In {words.of(wrong, rows)} test texts at least one label is missing or too many.")
        right, said, there = (sum(int(one.get(name) or 0) for one in found) for name in ("right", "said", "rows"))
        if said and there:
            lines.append(
                f"Of the labels it gave, {words.of(right, said)} are right; of those there are, it found {words.of(right, there)}."
            )
        return [*lines, _difference(report)]

    def views(self) -> dict[str, View]:
        return {"Wrong rows": _wrong_sets, "Labels": lambda run, report: parts.classes(report)}


class Number(OneLabel):
    def headline(self, report: Report) -> str:
        """“Off by 0.62 on average (0.55–0.70).”"""
        score = _with_span(report, name=False)
        return (
            f"Off by {score.replace(' (', ' on average (') if '(' in score else score + ' on average'}."
            if score
            else "This model has no score."
        )

    def lines(self, report: Report) -> list[str]:
        test = report.get("test") or {}
        lines, within, order = [], test.get("within"), test.get("spearman")
        if order is not None:
            lines.append(f"How well it puts texts in order: {order:.2f} (rank correlation; 1 is perfect, 0 is chance).")
        if within is not None and test.get("rows"):
            held = words.of(round(within * test["rows"]), test["rows"])
            lines.append(f"The truth lay in the range it gave for {held} test texts; nine in ten is what it aims at.")
        return [*lines, _number_difference(report)]

    def views(self) -> dict[str, View]:
        return {"Truth and answer": _scatter, "Largest misses": _misses}


class Pictured(OneLabel):
    def lines(self, report: Report) -> list[str]:
        halves = [picture_results.halves_sentence(report), picture_results.unread_sentence(report)]
        return [parts.wrong_sentence(report), *halves, parts.difference_sentence(report)]

    def views(self) -> dict[str, View]:
        return {**super().views(), "Wrong rows": picture_results.wrong_pictures}


def kind_of(report: Report) -> OneLabel:
    """What says and draws the results of this report."""
    return {"multilabel": SeveralLabels(), "score": Number(), "image_text": Pictured()}.get(
        str(report.get("task")), OneLabel()
    )


def _with_span(report: Report, name: bool = True) -> str:
    """“micro-F1 0.91 (0.90–0.93)”, "" where there is no score."""
    test, metric = report.get("test") or {}, metric_of(report)
    value, low, high = (test.get(f"{metric.name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return ""
    span = f" ({metric.short(low)}–{metric.short(high)})" if low is not None and high is not None else ""
    return f"{metric.title + ' ' if name else ''}{metric.short(value)}{span}"


def _difference(report: Report) -> str:
    """Whether the model is really better than counting words, in points of the heading score."""
    found, metric = report.get("difference") or {}, metric_of(report)
    gain, low, high = found.get(metric.name), found.get("low"), found.get("high")
    if gain is None or low is None or high is None:
        return "There is no simple method to compare with here."
    against = AGAINST.get(str(found.get("against")), AGAINST["tfidf"])
    span = f"{parts.points_of(low)} to {parts.points_of(high)} with 95% certainty"
    if not found.get("real"):
        return f"The difference to {against} could be chance: {parts.points_of(gain)} points, {span}. More test rows would settle it."
    size = f"{parts.points_of(abs(gain), sign=False)} points of {metric.title}, {span}"
    return f"Really {'better' if gain > 0 else 'worse'} than {against}: by {size}."


def _number_difference(report: Report) -> str:
    found = report.get("difference") or {}
    gain, low, high = found.get("mae"), found.get("low"), found.get("high")
    if gain is None or low is None or high is None:
        return "There is no simple method to compare with here."
    if not found.get("real"):
        span = f"between {high:.3g} farther off and {-low:.3g} nearer, with 95% certainty"
        return f"The difference to counting words (TF-IDF) could be chance: {span}. More test rows would settle it."
    how, ends = ("nearer to", (-high, -low)) if gain < 0 else ("farther from", (low, high))
    span = f"{ends[0]:.3g} to {ends[1]:.3g} with 95% certainty"
    return f"Really {how} the truth than counting words (TF-IDF): by {abs(gain):.3g} on average, {span}."


def _wrong_sets(run: Path, report: Report) -> None:
    """Rows with a label missing or too many, the surest first; filtered by label."""
    frame = parts.wrong_rows(run)
    if frame is not None:  # a label typed by hand may have a blank in it that the answer has not
        frame = frame[[_names(a) != _names(b) for a, b in zip(frame["label"], frame["prediction"], strict=True)]]
    if frame is None or frame.empty:
        st.info(
            "Every test row has all its labels right."
            if frame is not None
            else "The answers to the test rows are not on disk."
        )
        return
    truth, said = ([_names(cell) for cell in frame[name]] for name in ("label", "prediction"))
    frame = frame.assign(
        missed=[", ".join(sorted(a - b)) for a, b in zip(truth, said, strict=True)],
        extra=[", ".join(sorted(b - a)) for a, b in zip(truth, said, strict=True)],
    )
    st.text("The surest mistakes first. Often the labels in the file are the mistake: have a look.")
    search, which = st.columns(2)
    text = search.text_input("Search in the texts", key="wrong-search")
    names = sorted({name for one in (*truth, *said) for name in one})
    label = which.selectbox(
        "Label that is missing or too many", names, index=None, placeholder="any", key="wrong-label"
    )
    kept = parts.matches(frame, text, None, None)
    if label is not None:
        kept &= [label in a ^ b for a, b in zip(truth, said, strict=True)]
    frame = frame[kept]
    st.caption(words.plural(len(frame), "row") + (f", the first {MOST_ROWS:,} shown" if len(frame) > MOST_ROWS else ""))
    shown = frame.head(MOST_ROWS)
    columns = {"row": "row", "text": "text", "missed": "missed", "extra": "too many", "prediction": "answer"}
    widths: dict[str, Any] = {"row": 60, "text": 380, "missed": 140, "too many": 140, "answer": 160}
    cells = {title: shown[name].tolist() for name, title in columns.items()}
    shell.text_table(cells, key="wrong-table", widths=widths, alt="Test rows with a label missing or too many")


def _names(cell: str) -> set[str]:
    return {part.strip() for part in cell.split(JOIN)} - {NO_LABEL, ""}


def _answers(run: Path) -> Any:
    """The test rows with their number, the model's and its range, and how far off it is; None where they are not on disk."""
    path = run / "predictions.parquet"
    if not path.exists():
        return None
    import pandas as pd

    frame = pd.read_parquet(path)
    frame = frame[frame["prediction"] != ""]
    frame = frame.assign(truth=frame["label"].astype(float), answer=frame["prediction"].astype(float))
    return frame.assign(off=frame["answer"] - frame["truth"])


def _scatter(run: Path, report: Report) -> None:
    frame = _answers(run)
    if frame is None or frame.empty:
        st.info("The answers to the test rows are not on disk.")
        return
    st.text("Each dot is a test text. On the line the answer is the truth; above it is too high, below too low.")
    alt = "Truth and answer of each test text."
    figure = number_charts.truth_and_answer(frame["truth"].tolist(), frame["answer"].tolist())
    st.plotly_chart(figure, key="scatter", config=charts.CONFIG, alt=alt)


def _misses(run: Path, report: Report) -> None:
    """The rows that are farthest off, to read."""
    frame = _answers(run)
    if frame is None or frame.empty:
        st.info("The answers to the test rows are not on disk.")
        return
    st.text("The largest misses first. Often the number in the file is the mistake: have a look.")
    frame = frame.loc[frame["off"].abs().sort_values(ascending=False, kind="stable").index]
    text = st.text_input("Search in the texts", key="miss-search")
    frame = frame[parts.matches(frame, text, None, None)].head(MOST_MISSES)
    outside = (frame["truth"] < frame["low"]) | (frame["truth"] > frame["high"])
    shell.text_table(
        {
            "row": frame["row"].tolist(), "truth": frame["truth"].tolist(), "answer": frame["answer"].tolist(),
            "off by": [round(value, 6) for value in frame["off"]],
            "in its range": ["no" if one else "yes" for one in outside], "text": frame["text"].tolist(),
        },
        key="misses", widths={"row": 60, "truth": 70, "answer": 70, "off by": 70, "in its range": 90, "text": 420},
        alt="Test rows whose number is farthest off",
    )  # fmt: skip
