"""The `check` job: the texts are read by the base model, once for this and for training, then the slower checks look at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.checks import gravest_first
from tlcore.checks.base import Problem
from tlcore.checks.deep import check_deeply
from tlcore.checks.evidence import Evidence
from tlcore.datasets import Dataset, load_dataset
from tlcore.facts import MAX_LENGTH, Facts, measure_facts
from tlcore.files import write_json
from tlcore.models.bases import base_folder, tokenizer_file
from tlcore.rows import FILE
from tlcore.tables import Table, kept_table
from tlcore.told import Listener

if TYPE_CHECKING:
    import numpy as np

    from tlcore.worker import JobContext

PROBLEMS = "problems.json"


def check_job(context: JobContext) -> None:
    """args: `dataset` (a folder), `base` (a name), `table` (a folder of tlcore.tables.keep_table, or ""). Writes problems.json.

    Raises TlcoreError for what cannot be opened, StopRequested when asked to end; then no problems.json is written.
    """
    context.phase("prepare", "Getting your rows ready")
    dataset = load_dataset(Path(context.args["dataset"]))
    base = str(context.args["base"])
    facts = measure_facts(dataset, tokenizer_file(base))
    folder = str(context.args.get("table") or "")
    columns = other_columns(kept_table(folder) if folder else None, dataset)
    context.check_stop()
    found = look_closely(dataset, facts, base, columns, context)
    write_json(context.folder / PROBLEMS, [problem.to_json() for problem in gravest_first(found)])


def look_closely(
    dataset: Dataset, facts: Facts, base: str, columns: Mapping[str, Sequence[str]], told: Listener
) -> list[Problem]:
    """Read the texts with the base model, once for this and for training, and let the slower checks look at them."""
    told.phase("encode", "Reading your texts with the language model")
    states = states_of_texts(base, [*map(dataset.task.words, dataset.rows["text"][:])], told.emit, told.check_stop)
    told.phase("check", "Looking for what could mislead a model")
    evidence = Evidence(unit_vectors(states[:, -1]), columns, states)
    return check_deeply(
        dataset, facts, evidence,
        lambda done, total: told.emit("progress", done=done, total=total, unit="checks"), told.check_stop,
    )  # fmt: skip


def states_of_texts(
    base: str, texts: Sequence[str], emit: Callable[..., None], check_stop: Callable[[], None]
) -> np.ndarray:
    """float16 (rows, layers, width): pooled hidden states of three layers; zeros where there is no text."""
    import numpy as np

    from tlcore.engine.embeddings import stored_states
    from tlcore.engine.precision import set_threads
    from tlcore.engine.tokens import tokenize
    from tlcore.models.load import load_encoder, longest_input
    from tlcore.strategies.reading import layer_choices

    set_threads()
    folder = base_folder(base)
    encoder = load_encoder(folder)
    filled = [i for i, text in enumerate(texts) if text]
    ids = tokenize(folder, [texts[i] for i in filled], min(MAX_LENGTH, longest_input(encoder.config)))
    states = stored_states(encoder, folder, ids, emit, check_stop)
    layers = layer_choices(states.shape[1] - 1, states.shape[2], "thirds")["thirds"]
    found = np.zeros((len(texts), len(layers), states.shape[2]), dtype=np.float16)
    found[filled] = states[:, list(layers)]
    return found


def unit_vectors(states: np.ndarray) -> np.ndarray:
    """float32, each row of length one; rows of zeros stay so."""
    import numpy as np

    vectors = states.astype(np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def other_columns(table: Table | None, dataset: Dataset) -> dict[str, list[str]]:
    """The columns of the table that play no role, in the order of `dataset.rows`; "" for rows of a test file."""
    if table is None:
        return {}
    playing = {column for columns in dataset.roles.values() for column in columns}
    place = {int(number): i for i, number in enumerate(table.row_numbers)}
    rows = zip(dataset.rows["row"][:], dataset.rows["source"][:], strict=True)
    places = [place.get(row) if source == FILE else None for row, source in rows]
    found = {}
    for name in table.columns:
        if name not in playing:
            cells = table.column(name)
            found[name] = [cells[i] if i is not None else "" for i in places]
    return found
