"""tlcore.llm.key: what would write a key down gets nothing."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict, dataclass

import pytest

from tests.llm.fake_api import KEY
from tlcore.errors import TlcoreError
from tlcore.llm.key import ApiKey


@dataclass
class Holder:
    key: ApiKey


def test_no_way_of_printing_shows_it() -> None:
    key = ApiKey(f" {KEY}\n")
    shown = [repr(key), str(key), f"{key}", f"{key!r:>40}", "%s" % key, repr([key]), repr(Holder(key))]  # noqa: UP031
    assert all(KEY not in one and "hidden" in one for one in shown)
    assert key.reveal() == KEY


def test_it_can_neither_be_copied_nor_written() -> None:
    key = ApiKey(KEY)
    for write in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, lambda one: asdict(Holder(one))):
        with pytest.raises(TypeError):
            write(key)
    assert not hasattr(key, "__dict__")


def test_it_is_taken_out_of_what_others_say() -> None:
    assert ApiKey(KEY).scrub(f"bad key {KEY}!") == "bad key (hidden)!"
    assert ApiKey("").scrub("a text") == "a text"
    assert ApiKey("key").scrub("a bad key") == "a bad key"  # too short to be told from words


def test_an_empty_key_is_none() -> None:
    assert not ApiKey("  ")
    assert ApiKey(KEY)


@pytest.mark.parametrize("value", [f"{KEY}\nX-Other: 1", f"{KEY}\x00", f"{KEY}é", "“" + KEY])
def test_what_cannot_be_sent_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(TlcoreError, match="no key") as error:
        ApiKey(value)
    assert KEY not in str(error.value)
