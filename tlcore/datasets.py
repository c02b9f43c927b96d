"""A Dataset: a Table, which column plays which role, a Task, and one fixed split; rows in Arrow on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.splits import LEFT_OUT, TEST, TRAIN, UNLABELLED, VALIDATION, Sample, split_rows
from tlcore.tables import HowRead, Table
from tlcore.tasks import Task, get_task

if TYPE_CHECKING:
    import datasets as hf_datasets

Roles = Mapping[str, tuple[str, ...]]
ABOUT, ROWS = "dataset.json", "rows"


@dataclass(frozen=True)
class Dataset:
    """rows: Arrow, columns `row` (number in the file), `source` ("file" or "test file"), `text`, `label` (or null),
    `split` and `why` (why a row is left out, or "")."""

    task: Task
    roles: Roles
    seed: int
    rows: hf_datasets.Dataset
    labels: tuple[str, ...]
    how: HowRead
    test_how: HowRead | None = None
    warnings: tuple[str, ...] = ()
    sample: Sample = field(default_factory=Sample)
    left_out_labels: tuple[str, ...] = ()

    def texts(self, split: str) -> list[str]:
        return self.part(split)["text"][:]

    def targets(self, split: str) -> list[str]:
        return self.part(split)["label"][:]

    def part(self, split: str) -> hf_datasets.Dataset:
        """The rows of one side of the split."""
        sides = self.rows["split"][:]
        return self.rows.select([i for i, side in enumerate(sides) if side == split])

    def counts(self) -> dict[str, int]:
        """Rows on each side: train, validation, test, unlabelled, left_out, not_sampled."""
        return dict(Counter(self.rows["split"][:]))

    def class_counts(self) -> dict[str, int]:
        """Labelled rows of each class that are learned from or tested on, largest class first."""
        sides = {TRAIN, VALIDATION, TEST}
        pairs = zip(self.rows["label"][:], self.rows["split"][:], strict=True)
        return dict(Counter(label for label, side in pairs if side in sides).most_common())

    def save(self, folder: Path) -> None:
        """Write `rows/` (Arrow) and `dataset.json` into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.rows.save_to_disk(str(folder / ROWS))
        write_json(
            folder / ABOUT,
            {
                "task": self.task.name,
                "roles": {name: list(columns) for name, columns in self.roles.items()},
                "seed": self.seed,
                "labels": list(self.labels),
                "how": self.how.to_json(),
                "test_how": self.test_how.to_json() if self.test_how else None,
                "warnings": list(self.warnings),
                "sample": {"rows": self.sample.rows, "shots": self.sample.shots},
                "left_out_labels": list(self.left_out_labels),
                "counts": self.counts(),
                "class_counts": self.class_counts(),
            },
        )


def load_dataset(folder: Path) -> Dataset:
    """Open a saved Dataset, memory-mapped. Raises TlcoreError if the folder holds none."""
    hf = _hf()
    about = read_json(folder / ABOUT)
    if about is None:
        raise TlcoreError(
            "There is no prepared data here.", str(folder), "Go back to Data and choose the columns again."
        )
    return Dataset(
        get_task(about["task"]),
        {name: tuple(columns) for name, columns in about["roles"].items()},
        about["seed"],
        hf.load_from_disk(str(folder / ROWS)),
        tuple(about["labels"]),
        HowRead.from_json(about["how"]),
        HowRead.from_json(about["test_how"]) if about["test_how"] else None,
        tuple(about["warnings"]),
        Sample(**about["sample"]),
        tuple(about.get("left_out_labels", ())),
    )


def make_dataset(
    table: Table,
    task: Task,
    roles: Roles,
    *,
    seed: int = 0,
    test: Table | None = None,
    sample: Sample | None = None,
    leave_out: Sequence[str] = (),
) -> Dataset:
    """Give every row of the table a text, a label and a side of the split; nothing is dropped, `why` says what is left out.

    leave_out: labels whose rows the user asked to leave out.
    Raises TlcoreError where nothing can be learned: no such column, no label, one class, too few rows, an id as label.
    """
    _check_roles(table, task, roles)
    rows = _read_rows(table, task, roles, "file", leave_out)
    usable = [i for i, label in enumerate(rows["label"]) if label is not None and not rows["why"][i]]
    _refuse_no_text(rows, roles)
    seen = [label for label, why in zip(rows["label"], rows["why"], strict=True) if not why]
    warnings = [*task.validate(seen), *_left_out_warnings(rows)]
    texts, targets = [rows["text"][i] for i in usable], [rows["label"][i] for i in usable]
    for i, side in zip(usable, split_rows(texts, targets, seed, test is not None, sample), strict=True):
        rows["split"][i] = side
    labels = tuple(sorted(set(targets)))
    if test is not None:
        more, notes = _test_rows(test, task, roles, labels)
        warnings.extend(notes)
        rows = {name: rows[name] + more[name] for name in rows}
    return Dataset(
        task, roles, seed, _hf().Dataset.from_dict(rows), labels, table.how, test.how if test else None,
        tuple(warnings), sample or Sample(), tuple(leave_out),
    )  # fmt: skip


def _read_rows(
    table: Table, task: Task, roles: Roles, source: str, leave_out: Sequence[str] = ()
) -> dict[str, list[Any]]:
    names = [column for columns in roles.values() for column in columns]
    columns = {name: table.column(name) for name in dict.fromkeys(names)}
    rows: dict[str, list[Any]] = {name: [] for name in ("row", "source", "key", "text", "label", "split", "why")}
    for i, number in enumerate(table.row_numbers):
        row = {name: values[i] for name, values in columns.items()}
        text, label = task.model_input(roles, row), task.target(roles, row)
        why = "no text" if not text else "label left out by you" if label in leave_out else ""
        rows["row"].append(int(number))
        rows["source"].append(source)
        rows["key"].append(blake2b(f"{text}\x1f{label}".encode(), digest_size=8).hexdigest())
        rows["text"].append(text)
        rows["label"].append(label)
        rows["split"].append(LEFT_OUT if why else UNLABELLED)
        rows["why"].append(why)
    return rows


def _test_rows(test: Table, task: Task, roles: Roles, labels: Sequence[str]) -> tuple[dict[str, list[Any]], list[str]]:
    _check_roles(test, task, roles)
    rows = _read_rows(test, task, roles, "test file")
    known, unknown = set(labels), Counter[str]()
    for i, label in enumerate(rows["label"]):
        if rows["why"][i] or label is None:
            continue
        rows["split"][i] = TEST
        if label not in known:
            unknown[label] += 1
    if TEST not in rows["split"]:
        raise TlcoreError("No row of the test file has both a text and a label.", test.how.file, "Check its columns.")
    notes = [f"The test file: {note[0].lower()}{note[1:]}" for note in _left_out_warnings(rows)]
    if unknown:
        names = ", ".join(f"“{label[:40]}” ({count})" for label, count in unknown.most_common(5))
        notes.append(
            f"{unknown.total():,} rows of the test file have labels that the training file does not: {names}. "
            "They count as wrong, because the model cannot know them."
        )
    return rows, notes


def _check_roles(table: Table, task: Task, roles: Roles) -> None:
    known = [role.name for role in task.roles]
    if unknown := [name for name in roles if name not in known]:
        raise TlcoreError(
            f"No column can play “{unknown[0]}” here.", f"the role “{unknown[0]}”", f"Roles: {', '.join(known)}."
        )
    for role in task.roles:
        columns = roles.get(role.name, ())
        if role.required and not columns:
            only = (
                " The file has a single column, so it holds texts or labels but not both."
                if len(table.columns) == 1
                else ""
            )
            raise TlcoreError(
                f"No column is chosen for the {role.title.lower()}.{only}",
                table.how.file,
                f"{role.help} Columns here: {', '.join(table.columns[:20])}.",
            )
        for column in columns:
            table.column(column)
    for column in roles.get("label", ()):
        if column in roles.get("text", ()):
            raise TlcoreError(
                "One column cannot be both the text and the label: the model would be told the answer.",
                f"column “{column}”",
                "Choose another column for one of the two.",
            )


def _refuse_no_text(rows: Mapping[str, list[Any]], roles: Roles) -> None:
    if all(why == "no text" for why in rows["why"]):
        raise TlcoreError(
            "There is no text in any row.",
            ", ".join(f"column “{name}”" for name in roles["text"]),
            "Choose the column that holds the texts to read.",
        )


def _left_out_warnings(rows: Mapping[str, list[Any]]) -> list[str]:
    notes = []
    for why, count in Counter(why for why in rows["why"] if why).items():
        first = [str(n) for n, reason in zip(rows["row"], rows["why"], strict=True) if reason == why][:5]
        some = ", ".join(first) + (", …" if count > 5 else "")
        notes.append(f"{count:,} {'row is' if count == 1 else 'rows are'} left out: {why} (row {some}).")
    return notes


def _hf() -> Any:
    """Hugging Face `datasets`, loaded late (it takes a second) and quiet."""
    import datasets as hf_datasets

    hf_datasets.disable_progress_bars()
    return hf_datasets


__all__ = ["TEST", "TRAIN", "VALIDATION", "Dataset", "Roles", "load_dataset", "make_dataset"]
