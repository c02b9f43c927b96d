"""tlcore.llm.store: what was paid stays, whatever happened to the file; no text is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlcore.errors import TlcoreError
from tlcore.llm.question import Answer
from tlcore.llm.store import ANSWERS, Paid, Store

FIRST = Paid("k1", "q", 10, 2, 0.5, Answer("red\u2028 or “so”", 0.25))
SECOND = Paid("k2", "q", 10, 2, 0.25, Answer(None, None, "None of the labels."))
LOST = Paid("k3", "other", 10, 2, None, None)


def test_answers_and_their_price_come_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "er")
    with store.writing():
        for one in (FIRST, SECOND, LOST):
            store.add(one)
    found = Store(store.folder)
    assert found.paid == [FIRST, SECOND, LOST]
    assert found.answers == {"k1": FIRST.answer, "k2": SECOND.answer}
    assert (found.dollars("q"), found.rows("q"), found.dollars("other"), found.rows("other")) == (0.75, 2, 0.0, 1)


@pytest.mark.parametrize("damage", ['{"key": "k9", "la', "[]\n", '{"key": 1}\n', "null\n", "\x00\xff garbage\n"])
def test_a_damaged_line_takes_no_other_with_it(damage: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.writing():
        store.add(FIRST)
    with (tmp_path / ANSWERS).open("a", encoding="utf-8") as file:
        file.write(damage)
    again = Store(tmp_path)
    with again.writing():
        again.add(SECOND)
    assert Store(tmp_path).paid == [FIRST, SECOND]


def test_only_one_writes_and_the_next_sees_what_it_wrote(tmp_path: Path) -> None:
    one, other = Store(tmp_path), Store(tmp_path)
    with one.writing():
        one.add(FIRST)
        with pytest.raises(TlcoreError, match="Another job"), other.writing():
            pass
    with other.writing():
        assert other.answers == {"k1": FIRST.answer}
