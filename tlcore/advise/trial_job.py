"""The `trial` job: the labelled rows are tried out with small classifiers before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.advise.mismatch import Mismatch, distance_to_general, measure_mismatch
from tlcore.advise.trial import Trial, can_try, rows_to_try, try_out
from tlcore.checks.job import states_of_texts
from tlcore.datasets import Dataset, load_dataset
from tlcore.errors import TlcoreError
from tlcore.files import write_json
from tlcore.models.bases import tokenizer_file
from tlcore.splits import TRAIN, VALIDATION
from tlcore.told import Listener

if TYPE_CHECKING:
    from tlcore.worker import JobContext

TRIAL = "trial.json"
TOO_FEW = "There are too few labelled rows for a trial."


def trial_job(context: JobContext) -> None:
    """args: `dataset` (a folder), `base` (a name). Writes trial.json: {"trial": Trial, "mismatch": Mismatch}.

    Never looks at a test row. Raises TlcoreError where there are too few labelled rows, StopRequested when asked to end.
    """
    context.phase("prepare", "Getting your rows ready")
    dataset = load_dataset(Path(context.args["dataset"]))
    found, mismatch = tried(dataset, str(context.args["base"]), context)
    write_json(context.folder / TRIAL, {"trial": found.to_json(), "mismatch": mismatch.to_json()})


def tried(dataset: Dataset, base: str, told: Listener) -> tuple[Trial, Mismatch]:
    """Try the labelled rows of a Dataset out. Raises TlcoreError where there are too few, or what `told` raises to end it."""
    from tlcore.engine.forgetting import general_sentences

    texts, labels = labelled_rows(dataset)
    if not can_try(labels):
        raise TlcoreError(TOO_FEW, "", "Label more rows: at least three of each class, and 24 in all.")
    chosen = rows_to_try(labels)
    some, of_some = [texts[i] for i in chosen], [labels[i] for i in chosen]
    told.phase("encode", "Reading your texts with the language model")
    states = states_of_texts(base, some, told.emit, told.check_stop)
    general = states_of_texts(base, general_sentences(), lambda kind, **fields: None, told.check_stop)
    told.phase("try", "Trying small classifiers on your rows")
    found = try_out(
        states.reshape(len(some), -1).astype("float32"), some, of_some, len(labels),
        told=lambda done, total: told.emit("progress", done=done, total=total, unit="rounds"), check_stop=told.check_stop,
    )  # fmt: skip
    distance = distance_to_general(states[:, -1], general[:, -1])
    return found, measure_mismatch(texts, tokenizer_file(base), distance)


def labelled_rows(dataset: Dataset) -> tuple[list[str], list[str]]:
    """Texts and labels of the rows to learn from and to check on while learning."""
    columns = (dataset.rows[name][:] for name in ("text", "label", "split"))
    rows = [
        (dataset.task.words(text), label)
        for text, label, side in zip(*columns, strict=True)
        if side in (TRAIN, VALIDATION) and label is not None
    ]
    return [text for text, _ in rows], [label for _, label in rows]
