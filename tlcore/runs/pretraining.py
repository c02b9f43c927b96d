"""Unlabelled texts of a run, and whether reading them first helped: the same training without it, on the same test rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.datasets import TEST, VALIDATION, Dataset
from tlcore.runs import UNLABELLED_TEXTS
from tlcore.splits import UNLABELLED
from tlcore.unlabelled import kept_texts, without

if TYPE_CHECKING:
    from tlcore.models.saved import Fitted
    from tlcore.predict.predictor import Answers
    from tlcore.worker import JobContext

PLAIN = "plain_model"
"""In the work folder: the model that was trained without reading first."""


def unlabelled_texts(context: JobContext, dataset: Dataset) -> list[str]:
    """Rows without a label, and the texts of the file beside them, less all that validation and test rows say."""
    texts = dataset.texts(UNLABELLED) + kept_texts(context.folder / UNLABELLED_TEXTS)
    held_out = [*dataset.texts(VALIDATION), *dataset.texts(TEST)]
    found, changed = without([text for text in texts if text], held_out)
    if changed:
        text = f"{changed:,} of the {len(texts):,} unlabelled texts held rows that the model is judged by; these words were taken out."
        context.emit("note", level="info", text=text)
    return found


def plain_answers(plain: Fitted, folder: Path, about: dict[str, Any], texts: Sequence[str]) -> list[str]:
    """Answers of the model that did not read first, by the same road as those of the other."""
    from tlcore.predict.kinds import load_predictor

    plain.save(folder / PLAIN, about)
    return list(load_predictor(folder / PLAIN).predict(list(texts)).predictions)


def pretraining_report(
    fitted: Fitted, dataset: Dataset, answers: Answers, plain: Sequence[str] | None
) -> dict[str, Any] | None:
    """What reading did; `without_reading`: the score with its interval, and the difference that reading made (paired bootstrap)."""
    if fitted.pretraining is None:
        return None
    metric = dataset.task.metric
    found: dict[str, Any] = {**fitted.pretraining, "metric": metric, "without_reading": None, "difference": None}
    if plain is not None:  # the task compares with a baseline; here the same without reading stands in its place
        compared = dataset.task.report(dataset.targets(TEST), answers, {dataset.task.baseline: plain}, dataset.labels)
        found |= {"without_reading": compared["baselines"][dataset.task.baseline], "difference": compared["difference"]}
    return found
