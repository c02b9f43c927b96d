"""The `train` job: baselines, the strategy, export, the one look at the test rows, the zip."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from tlcore.bundle.card import quick_words
from tlcore.bundle.make import make_bundle
from tlcore.datasets import TEST, TRAIN, UNLABELLED, VALIDATION, Dataset, load_dataset
from tlcore.errors import StopRequested, TlcoreError
from tlcore.evaluate.baselines import described_answers, majority_answers
from tlcore.evaluate.earlier import beside_earlier
from tlcore.evaluate.report import save_predictions
from tlcore.evaluate.unscored import answer_unlabelled
from tlcore.files import read_json, write_json
from tlcore.jobs import CANCEL, KEEP
from tlcore.models.adapter_files import save_adapter
from tlcore.models.bases import base_folder, public_name
from tlcore.models.quick import FEWEST, add_quick
from tlcore.models.saved import Fitted
from tlcore.pictures import with_pictures
from tlcore.plan import Plan, make_settings
from tlcore.predict.answers import to_answers
from tlcore.predict.kinds import load_predictor
from tlcore.predict.predictor import Answers
from tlcore.runs import ADAPTER, ANSWERS, DATASET, MODEL, PICTURES, PREDICTIONS, REPORT, WORK, load_plan, read_report
from tlcore.runs.asked import asked_report
from tlcore.runs.pretraining import plain_answers, pretraining_report, unlabelled_texts
from tlcore.strategies import FitInput, check_task, get_strategy, teach
from tlcore.strategies.then import reads_unlabelled
from tlcore.strategies.zero_shot import said
from tlcore.worker import JobContext, peak_memory_mb
from tlcore.workspace import Workspace

SECONDS_BETWEEN_TRIES = 0.5
BASELINES = "baselines.json"


def train_run(context: JobContext) -> str:
    """Train the run in the job's folder. Returns how it ended: `done`, or `stopped` (the best so far was kept)."""
    report = read_report(context.folder)
    if report and not _work(context).exists():
        raise TlcoreError(
            "This run has ended already; an ended run is never rewritten, and its test rows are looked at once.",
            str(context.folder),
            "Start a new one from Plan. Its zip can be made again on the Use screen.",
        )
    with _one_at_a_time(context):
        try:
            return _end(context, report) if report else _train(context)
        except StopRequested as stop:
            if stop.wish == CANCEL:  # nobody will go on from here
                shutil.rmtree(_work(context), ignore_errors=True)
            raise


def _work(context: JobContext) -> Path:
    return context.folder / WORK


def _train(context: JobContext) -> str:
    run = context.folder
    context.phase("prepare", "Getting your rows ready")
    plan, dataset = load_plan(run), load_dataset(run / DATASET)
    for warning in dataset.warnings:
        context.emit("note", text=warning, level="warning")
    baselines = _baselines(context, dataset)
    given = _given(context, plan, dataset)
    fitted = teach(get_strategy(plan.strategy), given)
    how = _how(given, fitted)
    ended = "stopped" if context.stop_wish() == KEEP else "done"
    untuned = _untuned(context, dataset, fitted)

    context.phase("export", "Making the model ready to use")
    fitted.save(run / MODEL, _about(plan, dataset, how))
    _adapter(context, plan, fitted)
    quick = _quick(context, dataset)
    context.phase("score", "Looking at the test rows, once")
    predictor = with_pictures(load_predictor(run / MODEL), run / PICTURES)
    answers = predictor.predict(dataset.texts(TEST), lambda done, total: _progress(context, done, total))
    save_predictions(dataset, answers, run / PREDICTIONS, untuned)
    plain = _plain(context, plan, dataset, given, fitted)
    report = _report(context, plan, dataset, fitted, answers, baselines | untuned)
    report |= {"pretraining": pretraining_report(fitted, dataset, answers, plain)}
    report |= {"asked": asked_report(context, plan, dataset, fitted, answers)}
    report |= beside_earlier(run, dataset, answers.predictions)
    validation = _validation(dataset, how, fitted)
    unscored = answer_unlabelled(dataset, predictor, run / ANSWERS, lambda done, total: _progress(context, done, total))
    more = {"validation": validation, "answer": how, "ended": ended, "quick": quick, "unscored": unscored}
    return _end(context, report | more)


def _plain(context: JobContext, plan: Plan, dataset: Dataset, given: FitInput, fitted: Fitted) -> list[str] | None:
    """Answers to the test rows of the model that did not read unlabelled texts first, where it was trained beside the other."""
    if fitted.unadapted is None:
        return None
    how = _how(given, fitted.unadapted)
    return plain_answers(fitted.unadapted, _work(context), _about(plan, dataset, how), dataset.texts(TEST))


def _untuned(context: JobContext, dataset: Dataset, fitted: Fitted) -> dict[str, list[str]]:
    """Answers to the test rows of the base model as it came, of a kind that answers before it is taught; else none."""
    answer = getattr(fitted, "untuned", None)
    if answer is None:
        return {}
    context.phase("untuned", "Asking the model as it came the same")
    return {"untuned": answer(dataset.texts(TEST), lambda done, total: _progress(context, done, total))}


def _how(given: FitInput, fitted: Fitted) -> dict[str, Any] | None:
    """How the predictor is to read what the model gives, tuned on the validation rows."""
    if fitted.answer is not None:
        return fitted.answer
    return given.objective.answer(fitted.validation_probabilities, np.array(given.validation_y))


def _end(context: JobContext, report: dict[str, Any]) -> str:
    """Pack the zip and close the run; also where a run goes on that was killed while it did so."""
    run = context.folder
    if context.args.get("bundle", True):
        # Kept before the zip is made: if its check fails, the model and its scores are still there.
        report["peak_memory_mb"] = max(peak_memory_mb(), report.get("peak_memory_mb", 0))
        write_json(run / REPORT, report | {"seconds": context.seconds})
        context.phase("pack", "Packing the zip and trying it in a fresh process")
        make_bundle(run, report)
    report["peak_memory_mb"] = max(peak_memory_mb(), report.get("peak_memory_mb", 0))
    report["seconds"] = context.finish()
    write_json(run / REPORT, report)
    shutil.rmtree(_work(context), ignore_errors=True)
    metric = report.get("metric", "macro_f1")  # an older Nudge did not name it
    context.emit("result", **{metric: report["test"][metric]}, baseline=_beside(report)[metric])
    return str(report["ended"])


def _beside(report: dict[str, Any]) -> dict[str, Any]:
    """The scores of the baseline that is to be beaten."""
    return dict(report["baselines"][report.get("baseline", "tfidf")])


class _one_at_a_time:
    """Holds this machine's training lock; while another run has it, says so and waits."""

    def __init__(self, context: JobContext) -> None:
        self.context, self.lock = context, FileLock(Workspace().training_lock)

    def __enter__(self) -> None:
        said = False
        while True:
            try:
                self.lock.acquire(timeout=0)
                return
            except Timeout:
                if not said:
                    self.context.phase("wait", "Waiting for another training on this machine to end")
                    self.context.status("waiting")
                    said = True
                if self.context.stop_wish():
                    self.context.check_stop()
                time.sleep(SECONDS_BETWEEN_TRIES)

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def _baselines(context: JobContext, dataset: Dataset) -> dict[str, list[str]]:
    """Answers of the baselines on the test rows, learnt from the same rows as the model; their validation score is shown live."""
    if kept := read_json(_work(context) / BASELINES):
        return kept
    context.phase("baselines", "Scoring what needs no language model")
    texts, targets = dataset.texts(TRAIN), dataset.targets(TRAIN)
    if dataset.label_infos and len(set(targets)) < 2:
        return _unlearned_baselines(context, dataset)
    unseen, truth = dataset.texts(VALIDATION), dataset.targets(VALIDATION)
    task, labels = dataset.task, dataset.labels
    for name, found in task.baselines(texts, targets, unseen, labels).items():
        scores = task.score(truth, found, None, labels)
        context.emit("baseline", name=name, **{task.metric: scores[task.metric]}, split=VALIDATION)
        context.check_stop()
    answers = task.baselines(texts + unseen, targets + truth, dataset.texts(TEST), labels)
    write_json(_work(context) / BASELINES, answers)
    return answers


def _unlearned_baselines(context: JobContext, dataset: Dataset) -> dict[str, list[str]]:
    """Where no labelled row can be learned from: the commonest test label, known only afterwards, and words in common with what is
    said of each label."""
    test, truth = [dataset.task.words(text) for text in dataset.texts(TEST)], dataset.targets(TEST)
    words = [said(info) for info in dataset.label_infos]
    names = [info.label for info in dataset.label_infos]
    answers = {
        "majority": majority_answers(truth, test) if test else [],
        "tfidf": described_answers(words, names, test) if test else [],
    }
    write_json(_work(context) / BASELINES, answers)
    return answers


def _given(context: JobContext, plan: Plan, dataset: Dataset) -> FitInput:
    strategy = get_strategy(plan.strategy)
    for one in (strategy, *((get_strategy(plan.then),) if plan.then else ())):
        check_task(one, dataset.task.name)
    work = _work(context)
    work.mkdir(exist_ok=True)
    train, validation = dataset.targets(TRAIN), dataset.targets(VALIDATION)
    objective = dataset.task.objective(dataset.labels, train + validation)
    return FitInput(
        plan, make_settings(dataset.task.settings(strategy), plan.settings), dataset.labels,
        dataset.texts(TRAIN), objective.encode(train), dataset.texts(VALIDATION), objective.encode(validation),
        base_folder(plan.base), work, context.emit, context.phase, context.check_stop, context.stop_wish, objective,
        dataset.label_infos,
        unlabelled_texts(context, dataset) if reads_unlabelled(strategy) else dataset.texts(UNLABELLED), context.folder,
        context.key,
    )  # fmt: skip


def _adapter(context: JobContext, plan: Plan, fitted: Fitted) -> None:
    if fitted.added is not None:
        base = public_name(plan.base), base_folder(plan.base)
        save_adapter(fitted.added, base, context.folder / MODEL, context.folder / ADAPTER)


def _quick(context: JobContext, dataset: Dataset) -> dict[str, Any] | None:
    """A quick version of the model, tried on the validation rows (with rows it learned from, where those are few); None for a
    kind of model that has none."""
    if dataset.task.alike is None:
        return None
    texts, targets = dataset.texts(VALIDATION), dataset.targets(VALIDATION)
    more = max(0, FEWEST - len(texts))
    texts, targets = texts + dataset.texts(TRAIN)[:more], targets + dataset.targets(TRAIN)[:more]
    if not targets:  # then nobody can say how many are right, only how many answers stay the same
        texts = dataset.texts(UNLABELLED)[:FEWEST]
    found = add_quick(context.folder / MODEL, texts, targets, dataset.task.alike)
    if found:
        text = f"A quick version answers {found['times']:.1f} times as fast. Tried {quick_words(found)}"
        context.emit("note", level="info", text=text)
    return found


def _about(plan: Plan, dataset: Dataset, how: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "task": plan.task, "strategy": plan.strategy, "base": public_name(plan.base), "base_revision": plan.base_revision,
        "labels": list(dataset.labels), **_columns(dataset),
        "output_columns": list(dataset.task.output_columns), **({"answer": how} if how else {}),
    }  # fmt: skip


def _columns(dataset: Dataset) -> dict[str, Any]:
    """reads: role -> columns that the model reads, in order; text_columns: all of these."""
    reads = {name: list(dataset.roles[name]) for name in dataset.task.reads if dataset.roles.get(name)}
    return {"reads": reads, "text_columns": [column for columns in reads.values() for column in columns]}


def _report(
    context: JobContext, plan: Plan, dataset: Dataset, fitted: Fitted, answers: Answers, baselines: dict[str, list[str]]
) -> dict[str, Any]:
    counts = Counter(dataset.counts())
    return {
        "strategy": plan.strategy, "base": plan.base, "task": plan.task, "metric": dataset.task.metric, "baseline": dataset.task.baseline,
        "rows": {side: counts[side] for side in (TRAIN, VALIDATION, TEST)}, **dataset.history(),
        **dataset.task.report(dataset.targets(TEST), answers, dict(baselines), dataset.labels),
        "baselines_learned": len(set(dataset.targets(TRAIN))) > 1,
        "epochs": fitted.epochs, "trainable_parameters": fitted.trainable_parameters,
        "total_parameters": fitted.total_parameters, "test_looks": 1, "warnings": list(dataset.warnings),
        "chosen": fitted.chosen, **_columns(dataset), "run": str(context.folder),
        "plan": plan.to_json(),
    }  # fmt: skip


def _validation(dataset: Dataset, how: dict[str, Any] | None, fitted: Fitted) -> dict[str, Any]:
    """Scores on the validation rows by a model that did not learn from them; all None where there is none."""
    if fitted.validation_answers is not None:
        return dataset.task.score(dataset.targets(VALIDATION), fitted.validation_answers, None, dataset.labels)
    outputs = fitted.validation_probabilities
    if outputs is None or not len(outputs):
        return dataset.task.score([], [], None, dataset.labels)
    found = to_answers(how, dataset.labels, outputs).predictions
    return dataset.task.score(dataset.targets(VALIDATION), found, outputs, dataset.labels)


def _progress(context: JobContext, done: int, total: int) -> None:
    context.check_cancel()
    context.emit("progress", done=done, total=total, unit="texts")
