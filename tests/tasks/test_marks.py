"""tlcore.tasks.marks: the three layouts in which names are marked, and what is said of marks that cannot be."""

from __future__ import annotations

import json

import pytest

from tlcore.tasks.marks import in_words, is_json, is_tag, read_inline, read_json_spans, sentences, spans_in, target_of

TEXT = "Ada Lovelace lived in London."


def cell(*spans: object) -> str:
    return json.dumps(list(spans))


@pytest.mark.parametrize(
    "span",
    [
        {"start": 22, "end": 28, "label": "PLACE"},
        {"begin": 22, "stop": 28, "type": "PLACE"},
        {"start_offset": 22, "end_offset": 28, "entity": "PLACE"},
        [22, 28, "PLACE"],
        {"start": 23, "end": 29, "label": "PLACE", "text": "London"},  # counted from 1
        {"start": 21, "end": 28, "label": "PLACE"},  # with the blank before it
    ],
)
def test_spans_are_read_as_tools_write_them(span: object) -> None:
    found = read_json_spans(cell(span), TEXT)
    assert found.spans == ((22, 28, "PLACE"),)
    assert found.wrong == ()


def test_blanks_around_a_text_do_not_move_its_spans() -> None:
    found = read_json_spans(cell({"start": 2, "end": 5, "label": "X"}), "  Ada ")
    assert found.spans == ((0, 3, "X"),)


@pytest.mark.parametrize(
    ("span", "why"),
    [
        ({"start": 22, "end": 280, "label": "PLACE"}, "not inside the text, which has 29 characters"),
        ({"start": 5, "end": 5, "label": "PLACE"}, "not inside"),
        ({"start": "a", "end": 5, "label": "PLACE"}, "no beginning and end"),
        ({"start": 0, "end": 3}, "has no label"),
        ({"start": 0, "end": 5, "label": "PLACE", "text": "Paris"}, "“Paris” is not in the text"),
        ("Ada", "no beginning, end and label"),
    ],
)
def test_what_cannot_be_a_span_is_said(span: object, why: str) -> None:
    found = read_json_spans(cell(span), TEXT)
    assert found.spans == ()
    assert why in found.wrong[0]


def test_of_spans_that_overlap_the_longest_is_taken_and_the_other_named() -> None:
    found = read_json_spans(cell([0, 3, "A"], [0, 12, "B"], [22, 28, "C"]), TEXT)
    assert found.spans == ((0, 12, "B"), (22, 28, "C"))
    assert "0 to 3 (A) overlaps a longer one" in found.wrong[0]


@pytest.mark.parametrize("broken", ["[{", "no", '{"start": 1}'])
def test_a_list_that_cannot_be_read_is_said(broken: str) -> None:
    assert read_json_spans(broken, TEXT).wrong
    assert not is_json(broken)


def test_marks_inside_a_text_come_out_of_it() -> None:
    text, spans = read_inline(" [Ada](PERSON) met [Charles Babbage](PERSON) (twice) in [London](PLACE).")
    assert text == "Ada met Charles Babbage (twice) in London."
    assert [(text[begin:end], label) for begin, end, label in spans] == [
        ("Ada", "PERSON"), ("Charles Babbage", "PERSON"), ("London", "PLACE"),
    ]  # fmt: skip


def test_words_a_row_become_sentences() -> None:
    tokens = ["Ada", "Lovelace", ",", "in", "London", "", "Dr.", "Who", "(", "2005", ")"]
    tags = ["B-PER", "I-PER", "O", "O", "B-LOC", "", "I-PER", "E-PER", "O", "S-YEAR", "odd"]
    found = list(sentences(tokens, tags, [i in (0, 6) for i in range(len(tokens))]))
    assert [(one[0], one[1]) for one in found] == [(0, "Ada Lovelace, in London"), (6, "Dr. Who (2005)")]
    assert [(one[1][b:e], label) for one in found for b, e, label in one[2]] == [
        ("Ada Lovelace", "PER"), ("London", "LOC"), ("Dr. Who", "PER"), ("2005", "YEAR"),
    ]  # fmt: skip
    assert found[1][3] == [10]


def test_tags_and_words_for_the_screen() -> None:
    assert is_tag("B-PER")
    assert is_tag("O")
    assert not is_tag("OK")
    target = target_of([(22, 28, "PLACE"), (0, 12, "PERSON")])
    assert spans_in(target) == [(0, 12, "PERSON"), (22, 28, "PLACE")]
    assert in_words(target, TEXT) == "Ada Lovelace (PERSON); London (PLACE)"
    assert in_words(target) == "1 PERSON, 1 PLACE"
    assert in_words("[]") == "no names"
