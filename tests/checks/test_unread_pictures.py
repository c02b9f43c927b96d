from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tlcore.checks import check_dataset
from tlcore.checks.unread_pictures import unread_pictures
from tlcore.datasets import Dataset, make_dataset
from tlcore.facts import Facts, measure_facts
from tlcore.tables import read_table
from tlcore.tasks import get_task

LOST = Path(__file__).resolve().parents[2] / "sample_data" / "lost_property" / "lost_property.zip"
ROLES = {"text": ("note",), "image": ("image",), "label": ("shelf",)}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_dataset(read_table(LOST), get_task("image_text"), ROLES, images=str(LOST))


def facts(dataset: Dataset) -> Facts:
    return measure_facts(dataset, None)


def test_the_odd_pictures_of_the_sample_are_listed_by_row(dataset: Dataset) -> None:
    found = unread_pictures(dataset, facts(dataset))
    assert found is not None
    said = dict(zip(found.rows, found.notes, strict=True))
    assert said == {
        64: "it is damaged", 89: "it is not among the pictures", 18: "animated: the first of 2 frames is used",
        43: "its print colours (CMYK) were turned into screen colours",
    }  # fmt: skip
    assert (found.severity, found.fixes[0].rows) == ("info", (64, 89))
    assert sum("cannot be used" in line for line in dataset.warnings) == 2


def test_the_checks_of_this_task_name_no_picture_files(dataset: Dataset) -> None:
    for problem in check_dataset(dataset, facts(dataset)):
        assert ".png" not in problem.title + problem.cost
        assert problem.id not in ("empty_texts", "personal", "encoding_damage")


def test_nothing_is_said_where_no_picture_is_read(dataset: Dataset) -> None:
    assert unread_pictures(replace(dataset, images=""), facts(dataset)) is None
