"""tlcore.mend.base: a list of mends comes back from disk as it was, and a damaged one is never taken for an empty one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlcore.errors import TlcoreError
from tlcore.mend.base import LABEL, TEXT, Change, Mend, load_mends, save_mends

MENDS = [
    Mend("mend-1", "relabel", "Take the suggestions", (Change(5, "ab", LABEL, "", "=x"), Change(7, "cd", TEXT, "a\n", ""))),
    Mend("mend-2", "grid", "By hand", (Change(5, "ab", LABEL, "=x", "Größe"),), "likely_wrong"),
]  # fmt: skip


def test_a_list_comes_back_as_it_was(tmp_path: Path) -> None:
    save_mends(tmp_path / "mends.json", MENDS)
    assert load_mends(tmp_path / "mends.json") == MENDS
    assert MENDS[0].rows == 2


def test_no_file_is_no_mends_and_a_damaged_one_is_said(tmp_path: Path) -> None:
    path = tmp_path / "mends.json"
    assert load_mends(path) == []
    for damaged in (
        "[{",
        "{}[]",
        "7",
        '[{"id": 1}]',
        '[{"id": "a", "kind": "grid", "title": "", "check": "", "changes": {}}]',
    ):
        path.write_text(damaged, encoding="utf-8")
        with pytest.raises(TlcoreError) as caught:
            load_mends(path)
        assert caught.value.where == str(path)
        assert caught.value.fix
