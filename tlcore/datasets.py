"""A Dataset: a Table, which column plays which role, a Task, what was mended, and one fixed split; rows in Arrow on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from tlcore.arrow_rows import open_rows, rows_in_memory
from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.label_file import can_be_learned, settle_labels, unlabelled_notes
from tlcore.label_info import LabelInfo
from tlcore.mend.apply import Outcome, apply_mends
from tlcore.mend.base import Mend, load_mends, save_mends
from tlcore.pictures import look, reads_pictures
from tlcore.rows import (
    FILE,
    Roles,
    Rows,
    check_roles,
    kept_together,
    left_out_warnings,
    read_rows,
    refuse_no_text,
    settle,
    test_rows,
)
from tlcore.splits import (
    CHANCE,
    TEST,
    TRAIN,
    UNLABELLED,
    VALIDATION,
    Sample,
    Split,
    SplitRows,
    SplitWish,
    hex_key,
    interval_for_rows,
    make_split,
    split_key,
)
from tlcore.tables import HowRead, Table
from tlcore.tasks import Task, get_task
from tlcore.told import Listener, Nobody

if TYPE_CHECKING:
    import datasets as hf_datasets

ABOUT, ROWS, MENDS = "dataset.json", "rows", "mends.json"


@dataclass(frozen=True)
class Dataset:
    """rows: Arrow, columns `row` (number in the file), `source` ("file" or "test file"), `key` (of what the row held in the
    file), `text`, `label` (or null), `split`, `why` (why a row is left out, or ""), `mended` (what was done to it, or ""),
    `was_text` and `was_label` (what it held in the file, null where that was not changed, "" where there was no label), `same`
    (text_number of the text), `alike` (the first row whose text says the same or nearly so; null where there is no label).

    wish: without its `previous`. split_how: CHANCE, GROUP or DATE; kept: rows that stayed on the side they had before.
    label_infos: what the user said of each label, () where labels were not named; where they were, no row need have one.
    """

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
    mends: tuple[Mend, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    wish: SplitWish = field(default_factory=SplitWish)
    split_how: str = CHANCE
    kept: int = 0
    label_infos: tuple[LabelInfo, ...] = ()
    images: str = ""
    """The folder or zip of the pictures that rows name, where they name any."""

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
        """Labelled rows of each class that are learned from or tested on, largest class first; {} where a label is no class."""
        sides = {TRAIN, VALIDATION, TEST}
        pairs = zip(self.rows["label"][:], self.rows["split"][:], strict=True)
        return dict(
            Counter(name for label, side in pairs if side in sides for name in self.task.names(label)).most_common()
        )

    def sides(self) -> dict[str, str]:
        """split_key of each text of the user's file, as it is and as it was -> its side: what a later file is split like."""
        columns = [self.rows[name][:] for name in ("source", "split", "same", "was_text")]
        settled = {TRAIN, VALIDATION, TEST}
        before: dict[str, str] = {}
        now: dict[str, str] = {}
        for source, side, same, was in zip(*columns, strict=True):
            if source == FILE and side in settled:
                now[hex_key(same)] = side
                if was:
                    before[split_key(was)] = side
        return before | now

    def history(self) -> dict[str, Any]:
        """What was mended and how the rows were split, for the report and the card."""
        rows = self.counts()
        tested = rows.get(TEST, 0)
        split = {
            **self.wish.to_json(), "how": self.split_how, "seed": self.seed, "kept": self.kept,
            "own_test": self.test_how is not None, "rows": {side: rows.get(side, 0) for side in (TRAIN, VALIDATION, TEST)},
            "interval": list(interval_for_rows(tested, self.wish.expected)) if tested else None,
        }  # fmt: skip
        return {"mends": [outcome.to_json() for outcome in self.outcomes], "split": split}

    def save(self, folder: Path) -> None:
        """Write `rows/` (Arrow), `mends.json` (every change) and `dataset.json` into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.rows.save_to_disk(str(folder / ROWS))
        save_mends(folder / MENDS, self.mends)
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
                "wish": self.wish.to_json(),
                "label_infos": [asdict(info) for info in self.label_infos],
                "images": self.images,
                **self.history(),
            },
        )


def load_dataset(folder: Path) -> Dataset:
    """Open a saved Dataset, memory-mapped. Raises TlcoreError if the folder holds none."""
    about = read_json(folder / ABOUT)
    if about is None:
        raise TlcoreError(
            "There is no prepared data here.", str(folder), "Go back to Data and choose the columns again."
        )
    split = about.get("split", {})
    return Dataset(
        get_task(about["task"]),
        {name: tuple(columns) for name, columns in about["roles"].items()},
        about["seed"],
        open_rows(folder / ROWS),
        tuple(about["labels"]),
        HowRead.from_json(about["how"]),
        HowRead.from_json(about["test_how"]) if about["test_how"] else None,
        tuple(about["warnings"]),
        Sample(**about["sample"]),
        tuple(about.get("left_out_labels", ())),
        tuple(load_mends(folder / MENDS)),
        tuple(map(Outcome.from_json, about.get("mends", ()))),
        SplitWish.from_json(about.get("wish", {})),
        split.get("how", CHANCE),
        split.get("kept", 0),
        tuple(LabelInfo(**info) for info in about.get("label_infos", ())),
        about.get("images", ""),
    )


class Wishes(TypedDict, total=False):
    """What the user may wish of the rows. leave_out: labels whose rows are left out. mends: what was changed, in order, before
    labels are looked at and the split is made. seed, sample, split: how the rows are dealt out, and how many are learned from.
    label_infos: the labels, named by the user; then rows need none. test_roles: of the test file, where they are others.
    images: the folder or zip of the pictures that rows name."""

    seed: int
    sample: Sample | None
    leave_out: Sequence[str]
    mends: Sequence[Mend]
    split: SplitWish | None
    label_infos: Sequence[LabelInfo]
    test_roles: Roles | None
    images: str


def make_dataset(
    table: Table,
    task: Task,
    roles: Roles,
    *,
    test: Table | None = None,
    told: Listener | None = None,
    **wishes: Unpack[Wishes],
) -> Dataset:
    """Give every row of the table a text, a label and a side of the split; nothing is dropped, `why` says what is left out.

    test: the rows of the user's own test file, never mended. told: hears how far it is, and may end it (StopRequested).
    Raises TlcoreError where nothing can be learned: no such column, no label, one class, too few rows, an id as label; or
    where the wished split cannot be made.
    """
    told, seed, sample = told or Nobody(), wishes.get("seed", 0), wishes.get("sample")
    wish, leave_out, mends = wishes.get("split") or SplitWish(), wishes.get("leave_out", ()), wishes.get("mends", ())
    infos = [info for info in wishes.get("label_infos", ()) if info.label not in leave_out]
    check_roles(table, task, roles, bool(infos))
    table, roles = task.arrange(table, roles)
    task = task.settle(table, roles)
    told.phase("rows", "Reading your rows")
    rows = read_rows(table, task, roles, FILE, told)
    outcomes = apply_mends(rows, mends)
    settle(rows, leave_out)
    refuse_no_text(rows, roles)
    told.check_stop()
    told.phase("split", "Keeping texts that say the same together, and rows for the test apart")
    seen = [label for label, why in zip(rows["label"], rows["why"], strict=True) if not why]
    named, warnings = settle_labels(infos, seen) if infos else ((), task.validate(seen))
    warnings += [*(unlabelled_notes(seen) if infos else ()), *left_out_warnings(rows)]
    warnings += [note for outcome in outcomes for note in outcome.warnings()]
    wish, notes = kept_together(wish, table, task, roles)
    found = _split(rows, table, task, wish, (seed, test is not None, sample), bool(infos))
    warnings += [*notes, *found.notes]
    several = {name for label in seen if label is not None for name in task.names(label)}
    labels = tuple(sorted({info.label for info in named} or several))
    if test is not None:
        more, notes = test_rows(test, task, wishes.get("test_roles") or roles, labels)
        warnings += notes
        for name in rows:
            rows[name] += more[name]
    images = str(wishes.get("images", "")) if reads_pictures(roles) else ""
    if reads_pictures(roles):
        told.phase("pictures", "Looking at the pictures")
        warnings += look(images, rows["text"], rows["row"]).sentences()
    return Dataset(
        task, roles, seed, rows_in_memory(rows), labels, table.how, test.how if test else None, tuple(warnings),
        sample or Sample(), tuple(leave_out), tuple(mends), outcomes, replace(wish, previous={}), found.how, found.kept, named, images,
    )  # fmt: skip


def _split(
    rows: Rows, table: Table, task: Task, wish: SplitWish, how: tuple[int, bool, Sample | None], named: bool
) -> Split:
    """Put the side of each row that can be learned from into `split`.

    named: labels were named. Then too few labelled rows to learn from are all tested on, and there may be none.
    """
    usable = [i for i, label in enumerate(rows["label"]) if label is not None and not rows["why"][i]]
    if named and not how[1] and not can_be_learned(Counter(rows["label"][i] for i in usable).values()):
        for i in usable:
            rows["split"][i], rows["alike"][i] = TEST, rows["row"][i]
        return Split([TEST] * len(usable))
    if named and not usable:
        return Split([])
    column = wish.group or wish.date
    cells = table.column(column) if column else []
    given = SplitRows(
        [task.compared(rows["text"][i]) for i in usable], task.strata([rows["label"][i] for i in usable]), [rows["row"][i] for i in usable],
        [cells[i] for i in usable] if column else [], [rows["was_text"][i] for i in usable], [rows["same"][i] for i in usable],
    )  # fmt: skip
    found = make_split(given, *how, wish)
    for i, side, alike in zip(usable, found.sides, found.alike, strict=True):
        rows["split"][i], rows["alike"][i] = side, given.numbers[alike]
    return found


__all__ = ["TEST", "TRAIN", "UNLABELLED", "VALIDATION", "Dataset", "Roles", "load_dataset", "make_dataset"]
