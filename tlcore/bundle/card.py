"""What travels with the weights in words: the README of the zip and the model card (Mitchell et al. 2019)."""

from __future__ import annotations

from typing import Any

from tlcore import __version__
from tlcore.models.bases import BASES, HUB_NAME, public_name
from tlcore.plan import Plan
from tlcore.splits import CHANCE, DATE, GROUP
from tlcore.strategies import get_strategy


def read_me(report: dict[str, Any]) -> str:
    """How to use the zip, for somebody who was only sent it."""
    columns = report.get("text_columns") or []
    named = f" (it reads the column {', '.join(f'`{name}`' for name in columns)})" if columns else ""
    return f"""# A text classifier made with Nudge

It reads a text and answers with one of {len(report["per_class"])} labels. It needs Python 3.11 or newer, no account and no network.

1. Install what it needs, once: `python -m pip install -r requirements.txt`
2. Score a spreadsheet saved as CSV{named}: `python predict.py IN.csv OUT.csv`

OUT.csv holds the same rows and columns in the same order, and two more: `prediction` and `confidence` (0 to 1).
Rows without a text are left without an answer. If your column has another name: `--text "My column"`.{_quick_way(report)}

`MODEL_CARD.md` says how good it is, on what it was trained and where not to trust it. `golden_rows.csv` and
`golden_expected.csv` are rows with the answers this model must give: Nudge unpacked this zip and compared them.
The weights are plain safetensors and ONNX files; nothing in here is pickled.
"""


def model_card(report: dict[str, Any], plan: Plan) -> str:
    """The model card, in Markdown: data facts, scores beside their baselines, limits."""
    strategy = get_strategy(plan.strategy)
    rows, test = report["rows"], report["test"]
    return f"""# Model card

**What it does.** Reads a text, answers with one of {len(report["per_class"])} labels: {_labels(report)}.

**How it was made.** Nudge {__version__}, {strategy.title.lower()} ({strategy.term}), on {_base(plan)}, seed {plan.seed}. {report["trainable_parameters"]:,} of
{report["total_parameters"]:,} weights were learnt.{_chosen(report)}

**Data.** {rows["train"]:,} rows to learn from, {rows["validation"]:,} to steer by, {rows["test"]:,} kept aside for the score.
{_split(report)}
{_warnings(report)}{_mends(report)}
## How good it is

{_how_good(report)}{_quick(report)}## Limits

{_where_it_holds(test)}
- It always answers with one of its labels, also where none fits. Look at `confidence`; check the low ones by hand.
- It repeats whatever was uneven or unfair in the labels. Do not let it decide alone about people.
- {_limits_of_base(plan)}
"""


def _how_good(report: dict[str, Any]) -> str:
    """The scores beside their baselines; or that there are none, and why."""
    test = report["test"]
    if report.get("unscored") and test["macro_f1"] is None:
        return f"Nobody knows: no row had a label, so nothing could be scored.\n{_spread(report)}\n"
    tfidf = "TF-IDF + logistic regression (no pretrained model)"
    if not report.get("baselines_learned", True):
        tfidf = "the description with the most words in common (TF-IDF; no pretrained model)"
    return f"""Measured once, on {test["rows"]:,} rows it had not seen: {_right(test)}

| | macro-F1 | 95 % interval | accuracy | AUROC |
|---|---|---|---|---|
{_line("this model", test)}
{_line(tfidf, report["baselines"]["tfidf"])}
{_line("always the commonest label", report["baselines"]["majority"])}

{_difference(report)}

| label | rows | right | precision | recall | F1 |
|---|---|---|---|---|---|
{_classes(report)}

"""


def _spread(report: dict[str, Any]) -> str:
    """How its answers to the rows without a label spread."""
    found = report.get("unscored")
    if not found:
        return ""
    lines = "".join(f"| {escape(label)} | {count:,} |\n" for label, count in found["answers"].items())
    return f"\nIts answers to {found['rows']:,} rows:\n\n| label | rows |\n|---|---|\n{lines}"


def _where_it_holds(test: dict[str, Any]) -> str:
    if test["macro_f1"] is None:
        return "- It was never tested. Read some of its answers, and label some rows, before you rely on it."
    return """- The scores hold for texts like those in the spreadsheet it learnt from. On texts of another kind, time or language they
  may be worse, and the model will not say so."""


def _quick_way(report: dict[str, Any]) -> str:
    return "\nFor long files: `--quick` (see the card)." if report.get("quick") else ""


def _quick(report: dict[str, Any]) -> str:
    """What the quick version costs, if there is one."""
    quick = report.get("quick")
    if not quick:
        return ""
    speed = f"{quick['times']:.1f} times as fast where it was made"
    return f"**Quick version** (`--quick`, 8-bit whole numbers): {speed}. Tried {quick_words(quick)}\n\n"


def quick_words(quick: dict[str, Any]) -> str:
    """“on 300 rows: 99.2 % of its answers were the same, and 1 fewer was right.”"""
    if quick["accuracy"] is None:
        return f"on {quick['rows']:,} rows: {quick['same_answers']:.1%} of its answers were the same."
    more = round((quick["accuracy"] - quick["exact_accuracy"]) * quick["rows"])
    right = f"{abs(more)} {'more' if more > 0 else 'fewer'} {'was' if abs(more) == 1 else 'were'} right"
    same = f"on {quick['rows']:,} rows: {quick['same_answers']:.1%} of its answers were the same"
    return f"{same}, and {right if more else 'as many were right'}."


def _base(plan: Plan) -> str:
    """The base in words: what Nudge knows of it, else what the plan says, for its files may be gone by now."""
    for base in BASES:
        if base.name == plan.base:
            return f"{base.title}\n({base.source}, {base.licence}, {base.revision})"
    name = public_name(plan.base)
    revision = f"revision {escape(plan.base_revision)}, " if plan.base_revision not in ("", name) else ""
    whence = "from the Hugging Face Hub" if name == plan.base and HUB_NAME.fullmatch(name) else "from a folder"
    return f"{escape(name)}\n({whence}, {revision}licence: see its own page)"


def _limits_of_base(plan: Plan) -> str:
    known = next((base.limits for base in BASES if base.name == plan.base), "")
    return known or (
        "It knows only the languages and kinds of text that its base was trained on: see the base's own page."
    )


def _labels(report: dict[str, Any]) -> str:
    names = sorted(escape(row["label"]) for row in report["per_class"])
    return ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    flat = " ".join(text.split())
    return "".join("\\" + mark if mark in "\\`*_{}[]()#+!|<>~" else mark for mark in flat)


def _chosen(report: dict[str, Any]) -> str:
    chosen = report.get("chosen") or {}
    return f" Chosen on the training rows: {', '.join(f'{k} = {v}' for k, v in chosen.items())}." if chosen else ""


def _warnings(report: dict[str, Any]) -> str:
    return "".join(f"- {escape(warning)}\n" for warning in report.get("warnings", ()))


def _split(report: dict[str, Any]) -> str:
    """How the rows were dealt out; "" in a report from before that was told."""
    split = report.get("split")
    if not split:
        return ""
    ways = {
        GROUP: f"all rows with the same “{escape(split['group'])}” on one side",
        DATE: f"the newest rows by “{escape(split['date'])}” for the score",
        CHANCE: "by chance, each label by its share",
    }
    where = (
        "The rows for the score are a file of their own; the others were split"
        if split["own_test"]
        else "They were split"
    )
    kept = f" {split['kept']:,} rows stayed where they were for an earlier model." if split["kept"] else ""
    return f"{where} {ways[split['how']]} (seed {split['seed']}), texts that say the same always together.{kept}\n"


def _mends(report: dict[str, Any]) -> str:
    """What was changed in the rows before the training, so that nobody takes them for the rows of the file."""
    mends = report.get("mends")
    if not mends:
        return ""
    lines = "".join(f"| {escape(mend['title'])} | {mend['rows']:,} |\n" for mend in mends)
    return f"\n**Mended before training.** The rows were not learned from as they stood in the file:\n\n| what was done | rows |\n|---|---|\n{lines}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _line(name: str, scores: dict[str, Any]) -> str:
    low, high = scores.get("macro_f1_low"), scores.get("macro_f1_high")
    span = f"{_number(low)} to {_number(high)}"
    return f"| {name} | {_number(scores['macro_f1'])} | {span} | {_number(scores['accuracy'])} | {_number(scores['auroc'])} |"


def _right(test: dict[str, Any]) -> str:
    return f"{test['wrong']:,} of {test['rows']:,} wrong."


def _difference(report: dict[str, Any]) -> str:
    gap = report["difference"]
    if gap["macro_f1"] is None:
        return ""
    points = f"{gap['macro_f1'] * 100:+.1f} points of macro-F1 against TF-IDF ({gap['low'] * 100:+.1f} to {gap['high'] * 100:+.1f})"
    return f"{points}: " + ("more than chance explains." if gap["real"] else "so small that it may be chance.")


def _classes(report: dict[str, Any]) -> str:
    return "\n".join(
        f"| {escape(row['label'])} | {row['rows']} | {row['right']} | {_number(row['precision'])} | {_number(row['recall'])} | {_number(row['f1'])} |"
        for row in report["per_class"]
    )
