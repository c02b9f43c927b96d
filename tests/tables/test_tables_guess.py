"""Which column is the text and which the label."""

import os
from pathlib import Path

import pytest

from tlcore.tables import guess_roles, guess_text_columns, read_table

DATA = Path(os.environ.get("NUDGE_BENCH_DATA", "../shared/data"))


def roles(folder, columns):
    rows = "\n".join("\t".join(row) for row in zip(*columns.values(), strict=True))
    (folder / "a.tsv").write_text("\t".join(columns) + "\n" + rows + "\n")
    table = read_table(folder / "a.tsv", header_row=1)
    return guess_roles(table), guess_text_columns(table)


def test_without_hints(tmp_path):
    n = range(40)
    found, texts = roles(
        tmp_path,
        {
            "no": [str(i) for i in n],
            "kind": [("red", "green", "blue")[i % 3] for i in n],
            "what": [f"the customer number {i} said something long" for i in n],
            "url": [f"https://example.org/a/long/path/{i}" for i in n],
        },
    )
    assert found == {"text": "what", "label": "kind"}
    assert texts == ["what"]


def test_names_decide_between_equals(tmp_path):
    n = range(40)
    found, _ = roles(
        tmp_path,
        {
            "region": [("north", "south")[i % 2] for i in n],
            "department": [("sales", "help", "law")[i % 3] for i in n],
            "answer given": [f"we told the customer {i} this and that at length" for i in n],
            "message": [f"a customer {i} asks" for i in n],
        },
    )
    assert found == {"text": "message", "label": "department"}


def test_numeric_label_with_a_name(tmp_path):
    n = range(40)
    found, _ = roles(tmp_path, {"review": [f"it was so so {i}" for i in n], "rating": [str(i % 5) for i in n]})
    assert found == {"text": "review", "label": "rating"}


def test_nothing_fits(tmp_path):
    found, texts = roles(tmp_path, {"a": ["1", "2", "3"], "b": ["4", "5", "6"]})
    assert found == {"text": None, "label": None}
    assert texts == []


@pytest.mark.bench_data
@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("banking77", ("text", "label")),
        ("sms_spam", ("text", "label")),
        ("csabstruct", ("text", "label")),
        ("nlupp_banking_multilabel", ("text", "labels")),
        ("openmoji", ("text", "label")),
        ("wikigold", ("text", None)),
    ],
)
def test_real_data(folder, expected):
    path = DATA / folder / "train.csv"
    if not path.is_file():
        pytest.skip(f"no benchmark data in {DATA}")
    assert tuple(guess_roles(read_table(path)).values()) == expected
