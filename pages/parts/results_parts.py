"""What the Results screen draws: sentences, charts and tables. Every score may be absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import charts, shell, words
from pages.parts.earlier_parts import earlier_bar
from pages.parts.live import plain_value
from pages.parts.metrics import metric_of

Report = Mapping[str, Any]

MOST_MAP_CLASSES = 30
MOST_PAIRS = 20
MOST_ROWS = 2000
"""More wrong rows than this are not sent to the browser at once; the search reaches all of them."""


def headline(report: Report) -> str:
    """“Right for 92 of 100 texts; macro-F1 0.91 (0.89–0.93).”"""
    test = report.get("test") or {}
    right, f1 = right_of(test), test.get("macro_f1")
    low, high = test.get("macro_f1_low"), test.get("macro_f1_high")
    parts = [f"right for {right} texts"] if right else []
    if f1 is not None:
        span = f" ({low:.2f}–{high:.2f})" if low is not None and high is not None else ""
        parts.append(f"macro-F1 {f1:.2f}{span}")
    line = "; ".join(parts) or "this model has no score"
    return f"{line[0].upper()}{line[1:]}."


def right_of(test: Report) -> str:
    """The share of right answers as texts one can picture; never “100 of 100” while a text was wrong."""
    accuracy, rows, wrong = test.get("accuracy"), test.get("rows"), test.get("wrong")
    if accuracy is None:
        return ""
    if wrong == 0 and rows:
        return f"all {rows:,}" if rows > 1 else "the only"
    if rows and rows <= 100:
        return words.of(round(accuracy * rows), rows)
    whole = next((size for size in (100, 1000, 10_000) if round(accuracy * size) < size), 10_000)
    return words.of(round(accuracy * whole), whole)


def wrong_sentence(report: Report) -> str:
    """“37 of 1,000 test texts were answered wrongly.”"""
    test = report.get("test") or {}
    rows, wrong = test.get("rows"), test.get("wrong")
    if rows is None or wrong is None:
        return ""
    verb = "was" if wrong == 1 else "were"
    return f"{words.of(wrong, rows)} test texts {verb} answered wrongly. The model had not seen any of them before."


def difference_sentence(report: Report) -> str:
    """Whether the model is really better than counting words, or whether chance could explain it."""
    found = report.get("difference") or {}
    gain, low, high = found.get("macro_f1"), found.get("low"), found.get("high")
    if gain is None:
        return "There is no simple method to compare with here."
    span = f", {points_of(low)} to {points_of(high)} with 95% certainty" if low is not None and high is not None else ""
    size = f"{points_of(abs(gain), sign=False)} points of macro-F1"
    if not found.get("real"):
        return (
            f"The difference to counting words (TF-IDF) could be chance: {points_of(gain)} points{span}. "
            "More test rows would settle it."
        )
    if gain > 0:
        return f"Really better than counting words (TF-IDF): by {size}{span}."
    return (
        f"Really worse than counting words (TF-IDF): by {size}{span}. "
        "Use the simple method, or come back with more labels or another plan."
    )


def points_of(value: float, sign: bool = True) -> str:
    return f"{value * 100:+.1f}".replace("-", "−") if sign else f"{value * 100:.1f}"


def unlearned_sentence(report: Report) -> str:
    """What a score of a way that learns from no label, and what stands beside it, was learned from."""
    if report.get("strategy") != "zero_shot":
        return ""
    if report.get("baselines_learned", True):
        return "Your model used none of the labels; the simple methods learned from the labelled training rows."
    return (
        "Neither your model nor the simple methods learned from a label: TF-IDF is the description with the most words in common, "
        "and the commonest label is known only from the test rows."
    )


def looks_sentence(report: Report) -> str:
    """How often the test rows have been looked at: a test that is looked at often stops being one."""
    looks = report.get("test_looks")
    if looks is None:
        return ""
    if looks <= 1:
        return "The test rows were looked at once, at the very end."
    return f"These test rows have been looked at {looks} times. Each look makes the score a little too kind."


def compared(report: Report) -> None:
    """The score beside the simple methods."""
    test = report.get("test") or {}
    metric = metric_of(report)
    if test.get(metric.name) is None:
        st.info("There is no score to draw for this model.")
        return
    alt = f"{metric.title} of your model and of simple methods, each with its interval."
    others = {**(report.get("baselines") or {}), "earlier": earlier_bar(report) or {}}
    figure = charts.score_chart(test, others, metric)
    st.plotly_chart(figure, key="score", config=charts.CONFIG, alt=alt)


def classes(report: Report) -> None:
    """How good each class is: bars, and a table that sorts."""
    found: Sequence[Report] = report.get("per_class") or []
    if not found:
        st.info("There is nothing to say for each class here.")
        return
    weak = min((c for c in found if c.get("f1") is not None), key=lambda c: c["f1"], default=None)
    if weak is not None:
        times = words.of(weak.get("right") or 0, weak.get("rows") or 0)
        st.text(f"Weakest: “{short(weak.get('label'))}”, found in {times} test rows.")
    if len(found) > charts.MOST_CLASSES:
        st.caption(f"The {charts.MOST_CLASSES} weakest of {len(found)} classes; the table has them all.")
    alt = "F1 of each class, weakest first."
    st.plotly_chart(charts.class_bars(found), key="bars", config=charts.CONFIG, alt=alt)
    columns: dict[str, list[Any]] = {
        "class": [str(c.get("label")) for c in found],
        "test rows": [c.get("rows") for c in found],
        "right": [c.get("right") for c in found],
        "precision": [_round(c.get("precision")) for c in found],
        "recall": [_round(c.get("recall")) for c in found],
        "F1": [_round(c.get("f1")) for c in found],
    }
    shell.text_table(columns, key="classes", widths={"class": "medium"}, alt="Scores of each class")
    st.caption(
        "Precision: how often the model is right when it says this class. Recall: how many of this class it finds."
    )


def mix_ups(report: Report) -> None:
    """What is taken for what: a map, or the most frequent pairs where a map would be too fine to read."""
    confusion = report.get("confusion") or {}
    labels, matrix = confusion.get("labels") or [], confusion.get("matrix") or []
    pairs = confused_pairs(labels, matrix)
    if not labels:
        st.info("There is no confusion matrix for this model.")
        return
    if pairs:
        truth, answer, count, rows = pairs[0]
        st.text(f"Most often, “{short(truth)}” is taken for “{short(answer)}”: {words.of(count, rows)} times.")
    else:
        st.text("No class was taken for another.")
    if len(labels) <= MOST_MAP_CLASSES:
        alt = "Confusion matrix: rows are the truth, columns the model's answers."
        st.plotly_chart(charts.confusion_map(labels, matrix), key="confusion", config=charts.CONFIG, alt=alt)
    elif pairs:
        st.caption(f"A map of {len(labels)} classes is too fine to read; these are the pairs mixed up most.")
        names = ("truth", "the model's answer", "times", "rows of that class")
        shell.text_table({name: [pair[i] for pair in pairs] for i, name in enumerate(names)}, key="pairs")


def confused_pairs(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> list[tuple[str, str, int, int]]:
    """(truth, answer, times, rows of the truth), most frequent first."""
    found = [
        (labels[i], labels[j], n, sum(row)) for i, row in enumerate(matrix) for j, n in enumerate(row) if i != j and n
    ]
    return sorted(found, key=lambda pair: -pair[2])[:MOST_PAIRS]


def wrong_rows(run: Path) -> Any:
    """The wrongly answered test rows as a frame, most confident first; None where there are no predictions."""
    import pyarrow.dataset as ds

    path = run / "predictions.parquet"
    if not path.exists():
        return None
    table = ds.dataset(path).to_table(filter=ds.field("label") != ds.field("prediction"))
    return table.to_pandas().sort_values("confidence", ascending=False, na_position="last", kind="stable")


def chosen_wrong(run: Path) -> Any:
    """The wrong rows that a search and two filters, drawn here, leave; None, and why is said, where there are none at all."""
    frame = wrong_rows(run)
    if frame is None or frame.empty:
        st.info(
            "No test row was answered wrongly."
            if frame is not None
            else "The answers to the test rows are not on disk."
        )
        return None
    st.text("The surest mistakes first. Often the label in the file is the mistake: have a look.")
    search, truth, answer = st.columns(3)
    text = search.text_input("Search in the texts", key="wrong-search")
    true = truth.selectbox("Truth", sorted(frame["label"].unique()), index=None, placeholder="any", key="wrong-truth")
    said = answer.selectbox(
        "The model's answer", sorted(frame["prediction"].unique()), index=None, placeholder="any", key="wrong-answer"
    )
    return frame[matches(frame, text, true, said)]


def wrong(run: Path) -> None:
    """The wrong rows to read, with a search and two filters."""
    frame = chosen_wrong(run)
    if frame is None:
        return
    shown = frame.head(MOST_ROWS)
    st.caption(
        f"{words.plural(len(frame), 'row')}" + (f", the first {MOST_ROWS:,} shown" if len(frame) > MOST_ROWS else "")
    )
    _reading_table(shown)


def matches(frame: Any, text: str, true: str | None, said: str | None) -> Any:
    """Which rows a search and the filters leave; the search is for the words as typed, in any case."""
    kept = frame["text"].notna()
    if text.strip():
        kept &= frame["text"].str.contains(text.strip(), case=False, regex=False, na=False)
    if true is not None:
        kept &= frame["label"] == true
    if said is not None:
        kept &= frame["prediction"] == said
    return kept


def _reading_table(shown: Any) -> None:
    names = ["row", "confidence", "label", "prediction", "text"]
    if "source" in shown and shown["source"].nunique() > 1:
        names.insert(0, "source")
    config = {
        "source": st.column_config.TextColumn("file"),
        "row": st.column_config.NumberColumn("row", format="%d", width=70, help="The row in your file"),
        "text": st.column_config.TextColumn("text", width="large"),
        "label": st.column_config.TextColumn("truth", width=150),
        "prediction": st.column_config.TextColumn("answer", width=150),
        "confidence": st.column_config.NumberColumn("sure", format="%.0f %%", width=70),
    }
    picked = st.dataframe(
        shown[names].assign(confidence=shown["confidence"] * 100), hide_index=True, column_config=config, on_select="rerun", selection_mode="single-row",
        key="wrong-table", alt="Wrongly answered test rows",
    )  # fmt: skip
    rows = picked["selection"]["rows"] if picked else []
    if rows and rows[0] < len(shown):
        row = shown.iloc[rows[0]]
        with st.container(border=True):
            st.text(f"Row {row['row']}: “{row['label']}” in the file, “{row['prediction']}” to the model")
            st.text(row["text"])
    else:
        st.caption("Select a row to read the whole text.")


def details(report: Report) -> None:
    """What was chosen, time, memory, parameters, exact figures."""
    test, rows = report.get("test") or {}, report.get("rows") or {}
    moving, total = report.get("trainable_parameters"), report.get("total_parameters")
    seconds = report.get("seconds") or {}
    took = [value for value in seconds.values() if value is not None]
    chosen = report.get("chosen") or {}
    facts = [
        ("Strategy", str(report.get("strategy"))),
        ("Base model", str(report.get("base"))),
        ("Rows", ", ".join(f"{name} {words.number(count)}" for name, count in rows.items())),
        *((f"Chosen: {name}", plain_value(value)) for name, value in chosen.items()),
        ("Rounds (epochs)", words.number(report.get("epochs"), 1)),
        *_scores(report, test),
        ("Parameters that learned", f"{words.number(moving)} of {words.number(total)}"),
        ("Most memory", words.megabytes(report.get("peak_memory_mb"))),
        ("Time", words.duration(sum(took)) if took else "–"),
        *((f"Time: {name}", f"{value:.1f} s") for name, value in seconds.items() if value is not None),
    ]
    shell.text_table({"what": [name for name, _ in facts], "value": [value for _, value in facts]}, key="facts")


SCORES = {
    "exact_match": "Exact match", "accuracy": "Accuracy", "macro_f1": "macro-F1, each label counting the same", "auroc": "AUROC",
    "pearson": "Correlation (Pearson)", "spearman": "Correlation of the order (Spearman)", "within": "Truth in the given range",
}  # fmt: skip


def _scores(report: Report, test: Report) -> list[tuple[str, str]]:
    """The heading score on both sides, then the others, exact."""
    metric = metric_of(report)
    validation = (report.get("validation") or {}).get(metric.name)
    return [
        (f"{metric.title}, test rows", words.score(test.get(metric.name))),
        (f"{metric.title}, validation rows", words.score(validation)),
        *((title, words.score(test[name])) for name, title in SCORES.items() if name in test and name != metric.name),
    ]


def short(label: object, most: int = 60) -> str:
    text = " ".join(str(label).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
