"""What the Plan page works out: the case as measured and as set, the recommendation, the start. No Streamlit here."""

from __future__ import annotations

import html
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages.parts.charts import BASELINES
from pages.parts.metrics import METRICS, USUAL
from tlcore import jobs
from tlcore.advise import DECISION_TABLE, Recommendation, default_complexity, recommend
from tlcore.advise.match import data_of
from tlcore.advise.words import count_text
from tlcore.errors import TlcoreError
from tlcore.facts import Facts
from tlcore.llm.agreement import keep_consent
from tlcore.machine import Machine
from tlcore.models.bases import ADAPTED, ADAPTED_ABOUT
from tlcore.strategies import get_strategy
from tlcore.strategies.then import PREFIX, default_then, reads_unlabelled
from tlcore.tasks import get_task
from tlcore.unlabelled import about_unlabelled
from tlcore.workspace import Project, Workspace

if TYPE_CHECKING:
    from tlcore.llm.agreement import Agreement
    from tlcore.llm.key import ApiKey
    from tlcore.plan import Plan

TITLES = {
    "data": {"none": "None", "small": "Small", "medium": "Medium", "large": "Large", "unlabelled": "Much unlabelled"},
    "compute": {"very_low": "Very low", "low": "Low", "medium": "Medium", "high": "High", "api": "API only"},
    "complexity": {
        "simple": "Simple",
        "domain": "Domain-specific",
        "sequential": "Sequential",
        "multimodal": "Multimodal",
        "exploratory": "Exploratory",
    },
}
"""The words of the decision table for each part of a case."""
ASKED = {
    "data": ("Data size", "How many labelled rows there are, and in how many classes."),
    "compute": ("Compute", "What this machine can train in reasonable time."),
    "complexity": (
        "Task complexity",
        "Simple: few classes, short texts. Domain-specific: it hangs on a field's own words. "
        "Sequential: marking places inside a text. Multimodal: texts with pictures. Exploratory: only trying out.",
    ),
}


def measured(facts: Facts, machine: Machine, task: str) -> dict[str, str]:
    """The case as it was measured: data, compute, complexity."""
    return {"data": data_of(facts), "compute": machine.compute, "complexity": default_complexity(facts, task)}


def propose(facts: Facts, machine: Machine, draft: Mapping[str, Any], strategy: str | None) -> Recommendation:
    """The recommendation for a draft. `strategy`: the user's own choice, or None for ours. Raises TlcoreError."""
    then, settings = _then(draft, strategy)
    return recommend(
        facts,
        machine,
        task=draft.get("task", "classify"),
        data=draft.get("data"),
        compute=draft.get("compute"),
        complexity=draft.get("complexity"),
        strategy=strategy,
        base=draft.get("base"),
        settings=settings,
        seed=int(draft.get("seed", 0)),
        then=then,
    )


def _then(draft: Mapping[str, Any], strategy: str | None) -> tuple[str | None, dict[str, Any]]:
    """What the user chose to follow, and the settings for both; those of what follows are kept under its own name."""
    if not strategy:
        return None, {}
    kept = draft.get("settings") or {}
    usual = default_then(get_strategy(strategy))
    then = (draft.get("then") or usual) if usual else None
    follows = {f"{PREFIX}{name}": value for name, value in kept.get(then, {}).items()} if then else {}
    return then, {**kept.get(strategy, {}), **follows}


def with_texts(facts: Facts, project: Project) -> Facts:
    """The facts with the file of unlabelled texts that lies beside the spreadsheet, if one does."""
    about = about_unlabelled(project.unlabelled_folder)
    return facts.with_file(about.texts, about.words) if about else facts


def adapted_bases(workspace: Workspace) -> dict[str, str]:
    """Base models that have read texts first, in trainings on this machine that have ended: folder of the run -> title."""
    from tlcore.runs import read_name, read_report

    found = {}
    for project in workspace.projects():
        for run in project.run_folders():
            if (run / ADAPTED / ADAPTED_ABOUT).exists() and read_report(run):
                name = read_name(run)["name"] or f"{project.name}, {run.name}"
                found[str(run)] = f"{name}: has read your texts"
    return found


def start(project: Project, plan: Plan, agreement: Agreement | None = None, key: ApiKey | None = None) -> Path:
    """Make a run of the project's prepared data and this plan, and start its worker.

    agreement: what the user agreed to send, where a service is asked; key: to it, which is handed to the worker in memory.
    """
    from tlcore.datasets import load_dataset
    from tlcore.runs import UNLABELLED_TEXTS, create_run

    run = create_run(project.new_run_folder(), load_dataset(project.dataset_folder), plan)
    if reads_unlabelled(get_strategy(plan.strategy)) and project.unlabelled_folder.exists():
        shutil.copytree(project.unlabelled_folder, run / UNLABELLED_TEXTS)
    if agreement:
        keep_consent(run, agreement)
    jobs.start_job(run, *([key] if key else []))
    project.save_draft({"run": run.name})
    return run


def running(project: Project) -> Path | None:
    """A run of this project that has not ended yet."""
    return next((run for run in project.run_folders() if jobs.job_state(run).alive), None)


def tried(project: Project) -> dict[str, str]:
    """strategy -> how it did in the newest ended run of this project, beside counting words; in one sentence."""
    from tlcore.runs import read_report

    found: dict[str, str] = {}
    task = project.draft().get("task", "classify")
    for run in project.run_folders():
        report = read_report(run) or {}
        name, metric = str(report.get("strategy")), METRICS.get(report.get("metric", ""), USUAL)
        ours = (report.get("test") or {}).get(metric.name)
        against = str(report.get("baseline", "tfidf"))
        theirs = ((report.get("baselines") or {}).get(against) or {}).get(metric.name)
        if name in found or report.get("task", "classify") != task or ours is None or theirs is None:
            continue
        title = BASELINES.get(against, BASELINES["tfidf"])[0]
        told = f"{title[0].lower()}{title[1:]}"
        beside = f"{metric.title} {metric.exact(ours)}, {told} {metric.exact(theirs)}"
        won = ours > theirs if metric.higher else ours < theirs
        found[name] = f"Tried here: {beside}." if won else f"Not recommended here. Tried: {beside}."
    return found


def check_base(name: str) -> str:
    """The name or folder of a base model, if one can be had under it. May fetch it from the Hub. Raises TlcoreError."""
    from tlcore.models.bases import get_base

    if not name.strip():
        raise TlcoreError("No name was typed.", "the base model", "Type a folder or a name on the Hugging Face Hub.")
    return get_base(name.strip()).name


def own_numbers(facts: Facts, machine: Machine, task: str) -> tuple[str, str, str]:
    """What of the user's own decided the data, the compute and the task of the row that is lit."""
    rows = count_text(facts.labelled, "labelled row") if facts.labelled else "no labelled row"
    if facts.classes and facts.labelled:
        rows += f", {count_text(len(facts.classes), 'label')}, about {round(facts.median_class):,} each"
    if facts.unlabelled:
        rows += f"; {facts.unlabelled:,} without a label"
    pieces = f"{facts.tokens_p50:,} word pieces in a typical text"
    kind = get_task(task)
    about = (
        f"{count_text(len(facts.classes), 'label')}, {pieces}"
        if facts.classes and kind.one_of
        else f"{kind.title.lower()}, {pieces}"
    )
    return rows, machine.sentence, about


def decision_html(lit: int | None, own: tuple[str, str, str] = ("", "", "")) -> str:
    """The decision table, all eight rows, the one that matches lit; a row whose approach is still to come is greyed.

    own: what is said of the user's own data, compute and task in the row that is lit.
    """
    rows = []
    for i, row in enumerate(DECISION_TABLE):
        kind = " ".join(name for name, holds in (("lit", i == lit), ("later", not row.available)) if holds)
        note = "" if row.available else "<small>not in this version yet</small>"
        mine = own if i == lit else ("", "", "")
        cells = [
            html.escape(text) + (f"<em>yours: {html.escape(number)}</em>" if number else "")
            for text, number in zip((row.data, row.compute, row.task), mine, strict=True)
        ]
        plain = html.escape(row.plain)
        cells.append(f"<b>{html.escape(row.approach)}</b>{note}<br><span>{plain}</span>")
        here = ' aria-current="true"' if i == lit else ""
        rows.append(f'<tr class="{kind}"{here}>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Data", "Compute", "Task", "What to do"))
    return f'{TABLE_STYLE}<table class="decision"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


TABLE_STYLE = """<style>
table.decision {width: 100%; border-collapse: collapse; font-size: .9rem; line-height: 1.45;}
table.decision th {text-align: left; font-weight: 600; padding: .45rem .7rem; opacity: .75;}
table.decision td {padding: .5rem .7rem; vertical-align: top; border-top: 1px solid rgba(128,140,150,.25);}
table.decision td b {font-weight: 500;}
table.decision td span {opacity: .8; font-size: .84rem;}
table.decision em {display: block; font-style: normal; font-weight: 400; font-size: .8rem; opacity: .85; max-width: 13rem;}
table.decision small {margin-left: .5rem; font-style: italic; white-space: nowrap;}
table.decision tr.later td {opacity: .72;}
table.decision tr.later td span {opacity: 1;}
table.decision tr.lit td {background: rgba(11,140,170,.15); opacity: 1;}
table.decision tr.lit td:first-child {box-shadow: inset 4px 0 0 #1189a8; font-weight: 600;}
table.decision tr.lit td b {font-weight: 700;}
</style>"""
