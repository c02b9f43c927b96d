"""tlcore.files: JSON is written whole or not at all; hashes and sizes are those of the bytes."""

import hashlib
import threading
from pathlib import Path

import pytest

from tlcore.files import folder_bytes, read_json, sha256, write_json


def test_json_comes_back_as_it_was_and_stays_readable_by_people(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    value = {"Größe": [1, 2.5, None, True], "文": "🙂"}
    write_json(path, value)
    assert read_json(path) == value
    assert "Größe" in path.read_text(encoding="utf-8")


def test_what_is_absent_or_broken_gives_the_default(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") is None
    assert read_json(tmp_path / "none.json", {}) == {}
    (tmp_path / "half.json").write_text('{"a": 1', encoding="utf-8")
    assert read_json(tmp_path / "half.json", "default") == "default"
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    assert read_json(tmp_path / "bytes.json", "default") == "default"


def test_a_value_that_cannot_be_written_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_json(path, {"state": "running"})
    with pytest.raises(TypeError):
        write_json(path, {"state": object()})
    assert read_json(path) == {"state": "running"}
    assert [f.name for f in tmp_path.iterdir()] == ["status.json"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_json(path, {"n": -1, "pad": "x"})
    over = threading.Event()

    def keep_writing() -> None:
        for n in range(150):
            write_json(path, {"n": n, "pad": "x" * (50_000 if n % 2 else 5)})
        over.set()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    seen = []
    while not over.is_set():
        seen.append(read_json(path))
    writer.join()
    assert None not in seen
    assert read_json(path)["n"] == 149
    assert [f.name for f in tmp_path.iterdir()] == ["status.json"]


def test_sha256_and_size_are_those_of_the_bytes(tmp_path: Path) -> None:
    big = b"abc" * 500_000
    (tmp_path / "in").mkdir()
    (tmp_path / "big").write_bytes(big)
    (tmp_path / "in" / "small").write_bytes(b"12345")
    assert sha256(tmp_path / "big") == hashlib.sha256(big).hexdigest()
    assert folder_bytes(tmp_path) == len(big) + 5
