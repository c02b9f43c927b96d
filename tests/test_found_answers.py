"""tlcore.found_answers: given, moved, looked for, the nearest of several, in another spelling, nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.found_answers import ABSENT, ALIKE, GIVEN, MOVED, NEAREST, ONLY, find_answer

PASSAGE = "The Otter was sold from 1974 on. In 1991 the Heron came; it was sold for 300 euros. The “Otter II” cost 1,300 euros."


def test_a_start_that_is_right_is_taken_at_its_word() -> None:
    at = PASSAGE.index("was sold", 40)
    place = find_answer(PASSAGE, "was sold", "When was the Otter sold?", at)
    assert (place.start, place.text, place.how) == (at, "was sold", GIVEN)


@pytest.mark.parametrize("off", [-3, 1, 4])
def test_a_start_that_is_off_leads_to_the_nearest_place(off: int) -> None:
    at = PASSAGE.index("was sold", 40)
    place = find_answer(PASSAGE, "was sold", "", at + off)
    assert (place.start, place.how) == (at, MOVED)


def test_the_only_place_is_found_and_whole_words_come_first() -> None:
    place = find_answer(PASSAGE, "300", "What did it cost?")
    assert (PASSAGE[place.start - 4 : place.start], place.how) == ("for ", ONLY)  # not in 1,300
    assert find_answer("it was 2010", "10", "").start == 9  # no whole word: as a part of one


def test_of_several_places_that_nearest_to_the_words_of_the_question() -> None:
    first = find_answer(PASSAGE, "was sold", "From when on was the Otter sold?")
    second = find_answer(PASSAGE, "was sold", "For how many euros did they have the Heron?")
    assert (first.start, first.how, first.places) == (PASSAGE.index("was sold"), NEAREST, 2)
    assert second.start == PASSAGE.index("was sold", 40)


@pytest.mark.parametrize(
    ("passage", "answer", "found"),
    [
        (PASSAGE, 'the "otter ii"', "The “Otter II”"),
        (PASSAGE, "in 1991  the heron", "In 1991 the Heron"),
        (PASSAGE, "“the Heron came.”", "the Heron came"),
        ("Caf\u0065\u0301 Lumi\u00e8re opens", "café lumière", "Cafe\u0301 Lumière"),
        ("ﬁve ﬂats, 3\u00a0000 m²", "five flats, 3 000 m2", "ﬁve ﬂats, 3\u00a0000 m²"),
        ("a co\u00adop\u200beration", "cooperation", "co\u00adop\u200beration"),
        ("from 10–12 o’clock", "10-12 o'clock", "10–12 o’clock"),
        ("line one\nline  two", "one line two", "one\nline  two"),
    ],
)
def test_another_spelling_is_found_as_it_stands_in_the_passage(passage: str, answer: str, found: str) -> None:
    place = find_answer(passage, answer, "")
    assert (place.text, place.how) == (found, ALIKE)
    assert passage[place.start : place.start + len(found)] == found


@pytest.mark.parametrize("answer", ["forty-five days", "Otter III", "…", "café e"])
def test_what_stands_nowhere_is_said_to(answer: str) -> None:
    assert find_answer(PASSAGE, answer, "").how == ABSENT


def test_half_a_letter_is_no_answer() -> None:
    assert find_answer("Café", "cafe", "").how == ABSENT
    assert find_answer("Cafe\u0301 au lait", "cafe", "").how == ABSENT


@given(
    st.text(max_size=60), st.integers(0, 59), st.integers(1, 30), st.integers(-5, 70) | st.none(), st.text(max_size=20)
)
def test_a_piece_of_a_passage_is_always_found_in_it(
    passage: str, at: int, many: int, start: int | None, question: str
) -> None:
    piece = passage[at : at + many].strip()
    if not piece:
        return
    place = find_answer(passage, piece, question, start)
    assert place.text == piece == passage[place.start : place.start + len(piece)]
