"""tlcore.tasks.ner: the three layouts are understood, what cannot be taken is said by row, what cannot be learned is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tlcore.datasets import TEST, TRAIN, UNLABELLED, VALIDATION, Dataset, make_dataset
from tlcore.errors import TlcoreError
from tlcore.facts import measure_facts
from tlcore.rows import check_roles
from tlcore.strategies import get_strategy
from tlcore.strategies.base import why_unfit
from tlcore.tables import HowRead, Table
from tlcore.tasks import get_task, guess_by_columns, guess_task
from tlcore.tasks.marks import spans_in, target_of
from tlcore.tasks.ner import INSIDE, Ner

TASK = Ner()
MakeTable = Callable[..., Table]
TOKENS = [
    ("Ada", "B-PER"), ("Lovelace", "I-PER"), ("lived", "O"), ("in", "O"), ("London", "B-LOC"), (".", "O"), ("", ""),
    ("Bob", "B-PER"), ("left", "O"), ("", ""), ("It", "O"), ("rained", "O"),
]  # fmt: skip
SENTENCES = {2: "Ada Lovelace lived in London.", 9: "Bob left", 12: "It rained"}


def cell(*spans: tuple[int, int, str]) -> str:
    return target_of(spans)


def named(text: str, target: str | None) -> list[tuple[str, str]] | None:
    return None if target is None else [(text[begin:end], label) for begin, end, label in spans_in(target)]


def dataset_of(table: Table, roles: Mapping[str, tuple[str, ...]], **more: Any) -> Dataset:
    return make_dataset(table, TASK, roles, **more)


def marked(dataset: Dataset) -> dict[int, list[tuple[str, str]] | None]:
    """Row -> the names in it."""
    columns = (dataset.rows[name][:] for name in ("row", "text", "label"))
    return {row: named(text, label) for row, text, label in zip(*columns, strict=True)}


def with_rows(columns: Mapping[str, Sequence[str]], numbers: Sequence[int]) -> Table:
    return Table(tuple(columns), pa.table(dict(columns)), np.array(numbers), HowRead("tokens.csv", "csv"))


def lists(make_table: MakeTable, cells: Sequence[str]) -> Table:
    return make_table(text=[f"Ada saw {word}" for word in map(str, range(len(cells)))], marks=cells)


def test_columns_are_guessed_in_each_layout(make_table: MakeTable) -> None:
    spans = make_table(no=["1", "2"], text=["Ada came in", "It rained all day"], marks=[cell((0, 3, "P")), "[]"])
    assert TASK.guess_columns(spans) == {"text": "text", "entities": "marks", "sentence": None}
    inside = make_table(no=["1", "2"], note=["[Ada](P) came", "It rained all day"])
    assert TASK.guess_columns(inside) == {"text": "note", "entities": None, "sentence": None}
    tokens = make_table(sent_id=["1", "1", "2"], word=["Ada", "came", "Rain"], tag=["B-P", "O", "O"])
    assert TASK.guess_columns(tokens) == {"text": "word", "entities": "tag", "sentence": "sent_id"}
    for table in (spans, inside, tokens):
        assert guess_by_columns(table) == "ner"
    assert guess_by_columns(make_table(text=["Ada came", "Bob [left]"], label=["a", "b"])) is None


def test_columns_of_tags_and_lists_look_like_names_and_others_do_not() -> None:
    assert guess_task(["B-PER", "O", "I-PER", "O"]) == "ner"
    assert guess_task([cell((0, 3, "P")), "[]"]) == "ner"
    assert guess_task(["O", "A", "B", "AB"]) != "ner"
    assert guess_task(["O", "O", "O"]) != "ner"


def test_roles_are_held_to() -> None:
    assert [role.name for role in TASK.roles if role.required] == ["text"]
    table = with_rows({"text": ["Ada"], "marks": ["[]"]}, [2])
    with pytest.raises(TlcoreError, match="cannot be both"):
        check_roles(table, TASK, {"text": ("text",), "entities": ("text",)})
    with pytest.raises(TlcoreError, match="No column is chosen for the text"):
        check_roles(table, TASK, {"entities": ("marks",)})


@pytest.mark.parametrize("blank_rows", [True, False])
def test_words_a_row_become_sentences_at_blank_rows(blank_rows: bool) -> None:
    """Blank rows may be there, or have been left out by whoever read the file: their numbers are missing then."""
    kept = [(i + 2, *pair) for i, pair in enumerate(TOKENS) if blank_rows or pair[0]]
    table = with_rows({"token": [one[1] for one in kept], "tag": [one[2] for one in kept]}, [one[0] for one in kept])
    found, roles = TASK.arrange(table, {"text": ["token"], "entities": ["tag"]})
    assert dict(zip(found.row_numbers.tolist(), found.column("token"), strict=True)) == SENTENCES
    targets = [TASK.target(roles, dict(zip(found.columns, cells, strict=True))) for cells in zip(*(found.column(c) for c in found.columns), strict=True)]  # fmt: skip
    assert [named(text, target) for text, target in zip(SENTENCES.values(), targets, strict=True)] == [
        [("Ada Lovelace", "PER"), ("London", "LOC")], [("Bob", "PER")], [],
    ]  # fmt: skip


@pytest.mark.parametrize("ids", [["1", "1", "1", "2", "2"], ["s1", "", "", "s2", ""], ["7", "7", "7", "3", "3"]])
def test_sentence_ids_tell_sentences_apart_in_each_row_or_their_first(make_table: MakeTable, ids: list[str]) -> None:
    table = make_table(id=ids, word=["Ada", "came", "in", "Bob", "left"], tag=["B-P", "O", "O", "B-P", "O"])
    found, _ = TASK.arrange(table, {"text": ["word"], "entities": ["tag"], "sentence": ["id"]})
    assert found.column("word") == ["Ada came in", "Bob left"]
    assert found.row_numbers.tolist() == [2, 5]


def test_the_mark_of_a_document_is_no_word(make_table: MakeTable) -> None:
    table = make_table(word=["-DOCSTART-", "", "Ada", "came"], tag=["O", "", "I-PER", "O"])
    found, _ = TASK.arrange(table, {"text": ["word"], "entities": ["tag"]})
    assert found.column("word") == ["Ada came"]
    assert named("Ada came", found.column("tag")[0]) == [("Ada", "PER")]


def test_a_file_of_words_is_learned_from_sentence_by_sentence(make_table: MakeTable) -> None:
    names = ["Ada", "Bob", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kit", "Lou"]
    tokens = [token for name in names for token in (name, "came", "to", name, "ville", "")]
    tags = ["B-PER", "O", "O", "B-LOC", "I-LOC", ""] * len(names)
    dataset = dataset_of(make_table(token=tokens, tag=tags), {"text": ("token",), "entities": ("tag",)})
    assert dataset.labels == ("LOC", "PER")
    assert len(dataset.rows) == len(names)
    assert marked(dataset)[8] == [("Bob", "PER"), ("Bob ville", "LOC")]
    counts = dataset.counts()
    assert min(counts[side] for side in (TRAIN, VALIDATION, TEST)) > 0


def test_lists_are_read_and_what_is_wrong_is_said_by_row(make_table: MakeTable) -> None:
    good = cell((0, 3, "PERSON"))
    cells = [good] * 10 + [
        "[]", "", cell((0, 99, "PERSON")), cell((0, 3, "PERSON"), (0, 7, "EVENT")), "[{broken", cell((4, 7, "VERB")),
    ]  # fmt: skip
    dataset = dataset_of(lists(make_table, cells), {"text": ("text",), "entities": ("marks",)})
    found = marked(dataset)
    assert found[2] == [("Ada", "PERSON")]
    assert found[12] == []
    assert found[13] is None
    assert found[14] == []
    assert found[15] == [("Ada saw", "EVENT")]
    assert found[16] is None
    assert dataset.counts()[UNLABELLED] == 2
    said = " ".join(dataset.warnings)
    assert "3 marks are left out in “marks”" in said
    assert "row 14: the span 0 to 99 is not inside the text" in said
    assert "row 15: the span 0 to 3 (PERSON) overlaps a longer one" in said
    assert "row 16: it is no list of spans that can be read" in said
    assert "2 rows have nothing marked or a list that cannot be read" in said
    assert "“EVENT” (1), “VERB” (1)" in said


def test_marks_inside_come_out_of_the_text_and_count_texts_without(make_table: MakeTable) -> None:
    texts = [f" [Ada](PERSON) saw [Port {word}](PLACE) again" for word in map(str, range(11))] + ["It rained"]
    table, roles = make_table(text=texts), {"text": ("text",)}
    assert TASK.settle(table, roles).layout == INSIDE
    dataset = dataset_of(table, roles)
    assert dataset.rows["text"][0] == "Ada saw Port 0 again"
    assert marked(dataset)[2] == [("Ada", "PERSON"), ("Port 0", "PLACE")]
    assert marked(dataset)[13] == []
    assert any("11 of 12 texts have marks inside" in note for note in dataset.warnings)


def test_a_file_without_marks_is_unlabelled_and_refused_until_some_are_made(make_table: MakeTable) -> None:
    table, roles = make_table(text=["Ada came", "Bob left"]), {"text": ("text",)}
    assert TASK.target(roles, {"text": "Ada came"}) is None
    assert TASK.model_input(roles, {"text": " Ada came "}) == "Ada came"
    with pytest.raises(TlcoreError, match="No text has its names marked"):
        dataset_of(table, roles)


@pytest.mark.parametrize(
    ("targets", "why"),
    [
        ([None, None], "nothing to learn from yet"),
        (["[]"] * 20, "No name is marked"),
        ([cell((0, 3, "P"))] * 4 + [None] * 9, "Only 4 texts"),
        ([cell((0, 3, f"K{i}")) for i in range(101)], "101 kinds of names"),
    ],
)
def test_what_cannot_be_learned_is_refused(targets: list[str | None], why: str) -> None:
    with pytest.raises(TlcoreError, match=why):
        TASK.validate(targets)


def test_how_columns_are_understood_is_said(make_table: MakeTable) -> None:
    tokens = make_table(word=["Ada", "came"], tag=["B-P", "O"], id=["1", "1"])
    roles = {"text": ["word"], "entities": ["tag"]}
    assert "one word with its tag" in TASK.layout_of(tokens, roles)
    assert "blank rows" in TASK.layout_of(tokens, roles)
    assert "the sentence column" in TASK.layout_of(tokens, {**roles, "sentence": ["id"]})
    assert "“marks” lists" in TASK.layout_of(
        make_table(text=["a"], marks=["[]"]), {"text": ["text"], "entities": ["marks"]}
    )
    assert "in the texts themselves" in TASK.layout_of(make_table(text=["[Ada](P)"]), {"text": ["text"]})
    assert "No name is marked yet" in TASK.layout_of(make_table(text=["Ada"]), {"text": ["text"]})


def test_rows_are_dealt_out_by_their_rarest_kind() -> None:
    both, one = cell((0, 3, "COMMON"), (4, 6, "RARE")), cell((0, 3, "COMMON"))
    assert TASK.strata([both, one, one, "[]"]) == ["RARE", "COMMON", "COMMON", ""]


def test_facts_count_rows_of_each_kind(make_table: MakeTable) -> None:
    cells = [cell((0, 3, "P"), (4, 7, "V"))] * 6 + [cell((0, 3, "P"))] * 8
    facts = measure_facts(dataset_of(lists(make_table, cells), {"text": ("text",), "entities": ("marks",)}))
    assert facts.classes == {"P": 14, "V": 6}


def test_ways_that_answer_of_a_whole_text_do_not_fit() -> None:
    assert "whole text" in why_unfit(get_strategy("few_shot"), "ner")
    assert why_unfit(get_strategy("top_layers"), "ner") == ""
    assert why_unfit(get_strategy("frozen_features"), "ner") == ""


def test_what_it_answers_can_be_learned_from_again(make_table: MakeTable) -> None:
    """A cell of `prediction`, with the words beside each span, is one of the layouts."""
    answer = json.dumps([{"start": 0, "end": 3, "label": "P", "text": "Ada"}])
    assert get_task("ner").suits([answer, "[]"]) > 0.9
    assert TASK.target({"text": ("t",), "entities": ("p",)}, {"t": "Ada came", "p": answer}) == cell((0, 3, "P"))
