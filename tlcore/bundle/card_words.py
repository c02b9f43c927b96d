"""What the README of the zip and the model card say differently where a model does not answer with one of its labels."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

Report = Mapping[str, Any]
NAMES = {
    "tfidf": "TF-IDF + {model} (no pretrained model)",
    "tfidf_tuned": "TF-IDF + {model}, thresholds tuned",
    "lookup": "looking up names seen in training",
    "nearest": "the sentence most like the question",
    "untuned": "the language model as it came",
    "majority": "{always}",
}


UNLEARNED = "the description with the most words in common (TF-IDF; no pretrained model)"


class OneLabel:
    """One of its labels a text. What the others are told by, too."""

    kind, metric, metric_name = "classifier", "macro_f1", "macro-F1"
    model, always = "logistic regression", "always the commonest label"
    columns: tuple[tuple[str, str], ...] = (("accuracy", "accuracy"), ("auroc", "AUROC"))
    against = "TF-IDF"
    added = "`prediction` and `confidence` (0 to 1)"
    limit = "It always answers with one of its labels, also where none fits. Look at `confidence`; check the low ones by hand."

    def does(self, report: Report, labels: str) -> str:
        return f"answers with one of {len(report['per_class'])} labels{labels}"

    def right(self, test: Report) -> str:
        return f"{test['wrong']:,} of {test['rows']:,} wrong."

    def scores(self, report: Report) -> str:
        """A table in Markdown: this model, then what needs no pretrained one."""
        heads = ["", self.metric_name, "95 % interval", *(title for _, title in self.columns)]
        lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", self._line("this model", report["test"])]
        names = NAMES if report.get("baselines_learned", True) else {**NAMES, "tfidf": UNLEARNED}
        lines += [
            self._line(title.format(model=self.model, always=self.always), report["baselines"][name])
            for name, title in names.items()
            if name in report["baselines"]
        ]
        return "\n".join(lines)

    def _line(self, name: str, scores: Report) -> str:
        low, high = scores.get(f"{self.metric}_low"), scores.get(f"{self.metric}_high")
        cells = [number(scores.get(key)) for key, _ in self.columns]
        return f"| {name} | {number(scores.get(self.metric))} | {number(low)} to {number(high)} | {' | '.join(cells)} |"

    def difference(self, report: Report) -> str:
        gap = report["difference"]
        if gap[self.metric] is None:
            return ""
        against = self.against
        points = f"{gap[self.metric] * 100:+.1f} points of {self.metric_name} against {against} ({gap['low'] * 100:+.1f} to {gap['high'] * 100:+.1f})"
        return f"{points}: {self._luck(gap)}"

    @staticmethod
    def _luck(gap: Report) -> str:
        return "more than chance explains." if gap["real"] else "so small that it may be chance."

    def classes(self, report: Report, escape: Any) -> str:
        """A table in Markdown: how good each label is."""
        lines = "\n".join(
            f"| {escape(row['label'])} | {row['rows']} | {row['right']} | {number(row['precision'])} | {number(row['recall'])} | {number(row['f1'])} |"
            for row in report["per_class"]
        )
        return f"| label | rows | right | precision | recall | F1 |\n|---|---|---|---|---|---|\n{lines}"


class SeveralLabels(OneLabel):
    kind, metric, metric_name = "labeller of texts", "micro_f1", "micro-F1"
    model, always = "one logistic regression a label", "always the commonest set of labels"
    columns = (("macro_f1", "macro-F1"), ("accuracy", "all labels right"))
    added = (
        "`prediction` (the labels, joined by `;`, or `(none)`) and `confidence` (0 to 1: of the least certain label)"
    )
    limit = (
        "Each label has a threshold of its own, tuned on the validation rows (in `model/nudge.json`). Where two labels mean nearly "
        "the same, it may give both. Look at `confidence`; check the low ones by hand."
    )

    def does(self, report: Report, labels: str) -> str:
        return f"answers with every one of {len(report['per_class'])} labels that fits, or none{labels}"

    def right(self, test: Report) -> str:
        return f"for {test['rows'] - test['wrong']:,} of {test['rows']:,} every label was right."


class Numbers(OneLabel):
    kind, metric, metric_name = "model that gives texts a number", "mae", "mean absolute error"
    model, always = "ridge regression", "always the median"
    columns = (("pearson", "Pearson"), ("spearman", "Spearman"))
    added = "`prediction` (a number), `low` and `high` (the range in which the truth should lie nine times in ten)"

    limit = (
        "It never answers beyond the numbers it has seen, and is drawn towards their middle: extremes come out milder."
    )

    def does(self, report: Report, labels: str) -> str:
        answer = report.get("answer") or {}
        seen = f" between {answer['low']:g} and {answer['high']:g}" if answer else ""
        return f"answers with a number{seen}, and the range in which the truth should lie"

    def right(self, test: Report) -> str:
        within = test.get("within")
        held = (
            ""
            if within is None
            else f" The truth was in the given range {within:.0%} of the time; nine times in ten is meant."
        )
        return f"off by {number(test['mae'])} on average.{held}"

    def difference(self, report: Report) -> str:
        gap = report["difference"]
        if gap["mae"] is None:
            return ""
        span = f"({gap['low']:+.3f} to {gap['high']:+.3f}; below zero is better)"
        return f"{gap['mae']:+.3f} of mean absolute error against TF-IDF {span}: {self._luck(gap)}"

    def classes(self, report: Report, escape: Any) -> str:
        return ""


class Passages(OneLabel):
    kind, metric, metric_name = "model that answers questions from passages", "token_f1", "token F1"
    against = "the sentence most like the question"
    columns = (("exact_match", "exact match"),)
    added = (
        "`prediction` (a piece of the passage, or `(no answer)`), `confidence` (0 to 1) and `start` (how many letters of the passage "
        "come before it). With other column names give `--text` twice: the question, then the passage"
    )
    limit = (
        "It finds words that stand in the passage; it sums nothing up and adds nothing. Where it was not taught that a passage may not "
        "hold the answer, it always gives one. Look at `confidence`; check the low ones by hand."
    )

    def does(self, report: Report, labels: str) -> str:
        return "finds the answer to a question in it, word for word"

    def right(self, test: Report) -> str:
        return f"{test['rows'] - test['wrong']:,} of {test['rows']:,} right word for word; token F1 is how many words answer and truth share."

    def classes(self, report: Report, escape: Any) -> str:
        return ""


class Texts(OneLabel):
    kind, metric, metric_name = "model that rewrites texts", "chrf", "chrF (0 to 100)"
    columns = (("bleu", "BLEU"), ("rouge_l", "ROUGE-L"), ("exact_match", "exactly right"))
    names: Mapping[str, str] = MappingProxyType(
        {"untuned": "the same model as it came, asked the same", "copy": "the text as it is"}
    )
    added = "`prediction` (the new text)"
    limit = (
        "It writes what is likely, not what is true: names, numbers and facts may be wrong, and it does not say how sure it is. Read "
        "what it wrote before anybody else does. How long its answers may be stands in `model/nudge.json`, where it can be changed "
        "(`max_new_tokens`, `num_beams`, `no_repeat`)."
    )

    def does(self, report: Report, labels: str) -> str:
        told = str(((report.get("answer") or {}).get("prompt") or {}).get("instruction") or "").replace("`", "")
        return "writes what it should become" + (f", told: `{' '.join(told.split())}`" if told else "")

    def right(self, test: Report) -> str:
        same = test["rows"] - test["wrong"]
        return f"{same:,} of {test['rows']:,} answers are the right text to the letter; there is often more than one right text."

    def scores(self, report: Report) -> str:
        heads = ["", self.metric_name, "95 % interval", *(title for _, title in self.columns)]
        lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", self._line("this model", report["test"])]
        lines += [
            self._line(title, report["baselines"][name])
            for name, title in self.names.items()
            if name in report["baselines"]
        ]
        return "\n".join(lines)

    def difference(self, report: Report) -> str:
        gap = report["difference"]
        if gap["chrf"] is None:
            return ""
        against = self.names.get(str(gap.get("against")), "the text as it is")
        return f"{gap['chrf']:+.1f} points of chrF against {against} ({gap['low']:+.1f} to {gap['high']:+.1f}): {self._luck(gap)}"

    def classes(self, report: Report, escape: Any) -> str:
        return ""


class Names(OneLabel):
    kind, metric, metric_name, against = "finder of names", "entity_f1", "entity F1", "looking names up"
    columns = (("precision", "precision"), ("recall", "recall"), ("partial_f1", "F1 if ends may be off"))
    added = (
        "`prediction` (JSON: begin, end and label of each name, in characters), `confidence` (0 to 1: of the least certain name) and "
        "`names` (the same in words)"
    )
    limit = "It knows the kinds of names it was shown, and finds those best that stand in texts like yours."

    def does(self, report: Report, labels: str) -> str:
        return f"finds names of {len(report['per_class'])} kinds in it{labels}"

    def right(self, test: Report) -> str:
        return f"it found {test['found']:,} of {test['names']:,} names; {test['found']:,} of the {test['said']:,} it gave are right."

    def classes(self, report: Report, escape: Any) -> str:
        return super().classes(report, escape).replace("| label | rows |", "| kind | names |", 1)


class Pictured(OneLabel):
    kind, added = "classifier of texts with pictures", "`prediction`, `confidence` (0 to 1) and `picture` (why a picture could not be used, or what was done to it)"  # fmt: skip
    limit = (
        "It always answers with one of its labels, also where none fits. A row whose picture is missing or broken is answered from "
        "the text alone, and `picture` says so. Its image encoder learned from photographs (ImageNet): drawings, diagrams and scans are read less well."
    )

    def does(self, report: Report, labels: str) -> str:
        return f"reads a text and the picture beside it, and {super().does(report, labels)}"

    def scores(self, report: Report) -> str:
        """And what each half would have reached by itself."""
        found, halves = (
            report["baselines"],
            {"text_alone": "its text half alone", "image_alone": "its picture half alone"},
        )
        lines = [self._line(title, found[name]) for name, title in halves.items() if name in found]
        return "\n".join([super().scores(report), *lines])


WORDS: dict[str, OneLabel] = {
    "multilabel": SeveralLabels(),
    "score": Numbers(),
    "ner": Names(),
    "qa": Passages(),
    "rewrite": Texts(),
    "image_text": Pictured(),
}


def words_of(report: Report) -> OneLabel:
    return WORDS.get(str(report.get("task")), _ONE)


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


_ONE = OneLabel()
