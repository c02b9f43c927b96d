"""From the cells of a Table to the rows of a Dataset: text, label, key; and why a row is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.splits import LEFT_OUT, TEST, UNLABELLED, SplitWish, text_key, text_number
from tlcore.tables import Table
from tlcore.tasks import Task
from tlcore.told import Listener, Nobody

Roles = Mapping[str, tuple[str, ...]]
Rows = dict[str, list[Any]]
"""Columns of equal length, as COLUMNS names them."""
COLUMNS = ("row", "source", "key", "text", "label", "split", "why", "mended", "was_text", "was_label", "same", "alike")
FILE, TEST_FILE = "file", "test file"
NO_TEXT, LABEL_LEFT_OUT = "no text", "label left out by you"
CHUNK = 65_536


def check_roles(table: Table, task: Task, roles: Roles, named: bool = False) -> None:
    """Raises TlcoreError for a role or column that is not there, or a column that is both text and label.

    named: the labels were named, so that no column need hold them.
    """
    known = [role.name for role in task.roles]
    if unknown := [name for name in roles if name not in known]:
        raise TlcoreError(
            f"No column can play “{unknown[0]}” here.", f"the role “{unknown[0]}”", f"Roles: {', '.join(known)}."
        )
    for role in task.roles:
        columns = roles.get(role.name, ())
        if role.required and not columns and not (named and role.name not in task.reads):
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
        if len(columns) > 1 and not role.many:
            raise TlcoreError(
                f"{len(columns)} columns are chosen for the {role.title.lower()}, and only one can be.",
                ", ".join(f"column “{name}”" for name in columns),
                "Choose one. (Where each is a label that may fit or not, learn several labels per text: --task multilabel.)",
            )
        for column in columns:
            table.column(column)
    read = {column: role.title for role in task.roles if role.name in task.reads for column in roles.get(role.name, ())}
    for role in task.roles:
        for column in () if role.name in task.reads else roles.get(role.name, ()):
            if column not in read:
                continue
            raise TlcoreError(
                f"One column cannot be both the {read[column].lower()} and the {role.title.lower()}: the model would be told the answer.",
                f"column “{column}”",
                "Choose another column for one of the two.",
            )


def read_rows(table: Table, task: Task, roles: Roles, source: str, told: Listener | None = None) -> Rows:
    """Every row of the table, none mended, left out or compared yet. Read in chunks, without a dictionary a row."""
    told = told or Nobody()
    names = list(dict.fromkeys(column for columns in roles.values() for column in columns))
    numbers = [int(number) for number in table.row_numbers]
    texts: list[str] = []
    labels: list[str | None] = []
    keys: list[str] = []
    known: dict[str, str] = {}
    for begin in range(0, len(numbers), CHUNK):
        told.check_stop()
        told.emit("progress", done=begin, total=len(numbers), unit="rows")
        part = table.data.select(names).slice(begin, CHUNK)
        row = _Row({name: part.column(name).to_pylist() for name in names})
        for row.i in range(part.num_rows):
            text, label = task.model_input(roles, row), task.target(roles, row)
            texts.append(text)
            labels.append(label if label is None else known.setdefault(label, label))  # one string a class
            keys.append(row_key(text, label))
    count = len(numbers)
    return {
        "row": numbers, "source": [source] * count, "key": keys, "text": texts, "label": labels,
        "split": [UNLABELLED] * count, "why": [""] * count, "mended": [""] * count,
        "was_text": [None] * count, "was_label": [None] * count, "same": [0] * count, "alike": [None] * count,
    }  # fmt: skip


class _Row(Mapping[str, str]):
    """One row after the other of some columns."""

    def __init__(self, columns: dict[str, list[str]]) -> None:
        self.columns, self.i = columns, 0

    def __getitem__(self, name: str) -> str:
        return self.columns[name][self.i]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


def row_key(text: str, label: str | None) -> str:
    """16 hex digits for what a row holds in the file."""
    return blake2b(f"{text}\x1f{label}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def settle(rows: Rows, leave_out: Sequence[str]) -> None:
    """Say of each row which other texts are the same, whether it is left out, and why, in place; after all that was mended."""
    rows["same"] = list(map(text_number, rows["text"]))
    gone = frozenset(leave_out)
    for i, (text, label, why) in enumerate(zip(rows["text"], rows["label"], rows["why"], strict=True)):
        if not text:
            rows["why"][i] = NO_TEXT
        elif label in gone and not why:
            rows["why"][i] = LABEL_LEFT_OUT
        if rows["why"][i]:
            rows["split"][i] = LEFT_OUT


def refuse_no_text(rows: Rows, roles: Roles) -> None:
    """Raises TlcoreError where every text is empty."""
    if all(why == NO_TEXT for why in rows["why"]):
        raise TlcoreError(
            "There is no text in any row.",
            ", ".join(f"column “{name}”" for columns in roles.values() for name in columns),
            "Choose the column that holds the texts to read.",
        )


def kept_together(wish: SplitWish, table: Table, task: Task, roles: Roles) -> tuple[SplitWish, list[str]]:
    """The wish for the split where the user has none: rows that share what they are read from on one side; and what is said of that."""
    columns = roles.get(task.together) or ()
    if wish.group or wish.date or not columns or len({*map(text_key, table.cells(columns[0]))} - {""}) < 2:
        return wish, []
    title = next(role.title.lower() for role in task.roles if role.name == task.together)
    note = f"Rows with the same {title} are kept on one side, so the test is on some that the model has not seen."
    return replace(wish, group=columns[0]), [note]


def left_out_warnings(rows: Rows) -> list[str]:
    notes = []
    for why, count in Counter(why for why in rows["why"] if why).items():
        first = [str(n) for n, reason in zip(rows["row"], rows["why"], strict=True) if reason == why][:5]
        some = ", ".join(first) + (", …" if count > 5 else "")
        notes.append(f"{count:,} {'row is' if count == 1 else 'rows are'} left out: {why} (row {some}).")
    return notes


def test_rows(test: Table, task: Task, roles: Roles, labels: Sequence[str]) -> tuple[Rows, list[str]]:
    """The rows of a test file, all that can be on the test side, and what is to be said of them.

    Raises TlcoreError where no row has both a text and a label.
    """
    check_roles(test, task, roles)
    test, roles = task.arrange(test, roles)
    rows = read_rows(test, task, roles, TEST_FILE)
    settle(rows, ())
    known, unknown = set(labels), Counter[str]()
    for i, label in enumerate(rows["label"]):
        if rows["why"][i] or label is None:
            continue
        rows["split"][i] = TEST
        unknown.update(name for name in task.names(label) if name not in known)
    if TEST not in rows["split"]:
        raise TlcoreError("No row of the test file has both a text and a label.", test.how.file, "Check its columns.")
    said = [*left_out_warnings(rows), *task.notes_on(test, roles)]
    notes = [f"The test file: {note[0].lower()}{note[1:]}" for note in said]
    if unknown:
        names = ", ".join(f"“{label[:40]}” ({count})" for label, count in unknown.most_common(5))
        notes.append(
            f"{unknown.total():,} rows of the test file have labels that the training file does not: {names}. "
            "They count as wrong, because the model cannot know them."
        )
    return rows, notes
