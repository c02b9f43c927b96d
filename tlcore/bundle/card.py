"""What travels with the weights in words: the README of the zip and the model card (Mitchell et al. 2019)."""

from __future__ import annotations

from typing import Any

from tlcore import __version__
from tlcore.bundle.card_words import words_of
from tlcore.models.bases import BASES, HUB_NAME, public_name
from tlcore.plan import Plan
from tlcore.splits import CHANCE, DATE, GROUP
from tlcore.strategies import get_strategy
from tlcore.told_asking import asking_sentences
from tlcore.told_reading import reading_sentence

UNCOUNTED = {"multilabel": "micro-F1", "score": "its accuracy (1 - mean error by the range)"}
"""Tasks of which it cannot be said how many answers are right, and what is said instead."""


def read_me(report: dict[str, Any]) -> str:
    """How to use the zip, for somebody who was only sent it."""
    columns = report.get("text_columns") or []
    named = f" (it reads the column {', '.join(f'`{name}`' for name in columns)})" if columns else ""
    words = words_of(report)
    return f"""# A {"text classifier" if words.kind == "classifier" else words.kind} made with Nudge

It reads a text and {words.does(report, "")}. It needs Python 3.11 or newer, no account and no network.

1. Install what it needs, once: `python -m pip install -r requirements.txt`
2. Score a spreadsheet saved as CSV{named}: `python predict.py IN.csv OUT.csv`

OUT.csv holds the same rows and columns in the same order, and more: {words.added}.
Rows without a text are left without an answer. If your column has another name: `--text "My column"`.{_quick_way(report)}

`MODEL_CARD.md` says how good it is, on what it was trained and where not to trust it. `golden_rows.csv` and
`golden_expected.csv` are rows with the answers this model must give: Nudge unpacked this zip and compared them.
The weights are plain safetensors and ONNX files; nothing in here is pickled.
"""


def model_card(report: dict[str, Any], plan: Plan) -> str:
    """The model card, in Markdown: data facts, scores beside their baselines, limits."""
    rows, test, words = report["rows"], report["test"], words_of(report)
    return f"""# Model card

**What it does.** Reads a text, {words.does(report, ": " + _labels(report))}.

**How it was made.** Nudge {__version__}, {_ways(plan)}, on {_base(plan)}, seed {plan.seed}. {report["trainable_parameters"]:,} of
{report["total_parameters"]:,} weights were learnt.{_chosen(report)}

**Data.** {rows["train"]:,} rows to learn from, {rows["validation"]:,} to steer by, {rows["test"]:,} kept aside for the score.
{_split(report)}
{_warnings(report)}{_mends(report)}
## How good it is

{_how_good(report)}{_quick(report)}## Limits

{_where_it_holds(test)}
- {words.limit}
- It repeats whatever was uneven or unfair in the labels. Do not let it decide alone about people.
- {_limits_of_base(plan)}
"""


def _how_good(report: dict[str, Any]) -> str:
    """The scores beside their baselines; or that there are none, and why."""
    test, words = report["test"], words_of(report)
    if not test["rows"]:
        return f"Nobody knows: no row had a label, so nothing could be scored.\n{_spread(report)}{_asked(report)}\n"
    return f"""Measured once, on {test["rows"]:,} rows it had not seen: {words.right(test)}

{words.scores(report)}

{words.difference(report)}{_reading(report)}{_asked(report)}

{words.classes(report, escape)}

"""


def _spread(report: dict[str, Any]) -> str:
    """How its answers to the rows without a label spread."""
    found = report.get("unscored")
    if not found:
        return ""
    lines = "".join(f"| {escape(label)} | {count:,} |\n" for label, count in found["answers"].items())
    return f"\nIts answers to {found['rows']:,} rows:\n\n| label | rows |\n|---|---|\n{lines}"


def _where_it_holds(test: dict[str, Any]) -> str:
    if not test["rows"]:
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
    if quick.get("task") in UNCOUNTED:
        lost = quick["exact_accuracy"] - quick["accuracy"]
        cost = (
            f"{UNCOUNTED[quick['task']]} {'was lower by' if lost > 0 else 'was higher by'} {abs(lost) * 100:.1f} points"
        )
        same = f"on {quick['rows']:,} rows: {quick['same_answers']:.1%} of its answers were the same"
        return f"{same}, and {cost if round(abs(lost), 3) else 'they were as good'}."
    more = round((quick["accuracy"] - quick["exact_accuracy"]) * quick["rows"])
    right = f"{abs(more)} {'more' if more > 0 else 'fewer'} {'was' if abs(more) == 1 else 'were'} right"
    same = f"on {quick['rows']:,} rows: {quick['same_answers']:.1%} of its answers were the same"
    return f"{same}, and {right if more else 'as many were right'}."


def _ways(plan: Plan) -> str:
    """The way it was trained, and the one that followed."""
    ways = [get_strategy(name) for name in (plan.strategy, plan.then) if name]
    return ", then ".join(f"{way.title.lower()} ({way.term})" for way in ways)


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


def _reading(report: dict[str, Any]) -> str:
    """What reading unlabelled texts first did to it, where it did."""
    told = reading_sentence(report.get("pretraining"))
    return f"\n\n{told}" if told else ""


def _asked(report: dict[str, Any]) -> str:
    """Whose answers it learned from, and how it compares with it, where a language model was asked."""
    told = asking_sentences(report.get("asked"))
    return f"\n\n{escape(' '.join(told))}" if told else ""
