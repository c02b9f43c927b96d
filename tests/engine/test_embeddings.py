"""tlcore.engine.embeddings: a text is read once, bit for bit the same as without the store, whatever dies in between."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.engine import embeddings, encode
from tlcore.engine.embeddings import Store, fingerprint, make_room, stored_states
from tlcore.engine.encode import pooled_states
from tlcore.engine.tokens import tokenize
from tlcore.errors import StopRequested
from tlcore.models.load import load_encoder
from tlcore.workspace import Workspace

TEXTS = [f"{'The parcel never came. ' * (i % 5)}Number {i} of many." for i in range(40)]


class Reader:
    """Asks for states with a tiny base; what was said, and how many texts were really read."""

    def __init__(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.base, self.encoder = base, load_encoder(base)
        self.events: list[dict[str, Any]] = []
        self.read: list[int] = []
        monkeypatch.setattr(encode, "pooled_states", self._count)

    def _count(self, encoder: Any, ids: Any, *more: Any) -> np.ndarray:
        self.read.append(len(ids))
        return pooled_states(encoder, ids, *more)

    def ids(self, texts: list[str], longest: int = 64) -> list[list[int]]:
        return tokenize(self.base, texts, longest)

    def ask(self, texts: list[str], longest: int = 64, stop: Callable[[], None] = lambda: None) -> np.ndarray:
        self.events, self.read = [], []
        emit = lambda kind, **fields: self.events.append({"kind": kind, **fields})  # noqa: E731
        return stored_states(self.encoder, self.base, self.ids(texts, longest), emit, stop)

    def without(self, texts: list[str], longest: int = 64) -> np.ndarray:
        return pooled_states(self.encoder, self.ids(texts, longest), lambda *_, **__: None, lambda: None)

    def notes(self) -> list[str]:
        return [event["text"] for event in self.events if event["kind"] == "note"]


@pytest.fixture
def reader(home: Path, tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(tiny_base("bert"), monkeypatch)


def shards() -> list[Path]:
    return sorted(Workspace().feature_cache.glob(f"*/*{embeddings.KEYS}"))


def test_the_states_are_the_same_bit_for_bit_from_the_store_or_not(reader: Reader) -> None:
    plain = reader.without(TEXTS)
    assert np.array_equal(reader.ask(TEXTS), plain)
    assert reader.read == [40]
    assert reader.notes() == []
    assert np.array_equal(reader.ask(TEXTS), plain)
    assert reader.read == []
    assert reader.notes() == ["All texts were read before; what the model said about them is used again."]
    assert (reader.events[-1]["kind"], reader.events[-1]["done"]) == ("progress", 40)


def test_only_new_texts_are_read_and_company_changes_nothing(reader: Reader) -> None:
    reader.ask(TEXTS[:25])
    mixed = [*TEXTS[10:], "brand new", *TEXTS[:3], "brand new"]
    assert np.array_equal(reader.ask(mixed), reader.without(mixed))
    assert reader.read == [16]
    assert reader.notes() == ["18 of 35 texts were read before; only the others are read now."]
    progress = [event for event in reader.events if event["kind"] == "progress"]
    assert (progress[-1]["done"], progress[-1]["total"]) == (35, 35)
    assert progress[0]["done"] > 18


def test_texts_cut_elsewhere_are_other_texts(reader: Reader) -> None:
    long = ["one two three four five six seven eight nine ten"]
    reader.ask(long, longest=64)
    assert np.array_equal(reader.ask(long, longest=6), reader.without(long, longest=6))
    assert reader.read == [1]


def test_another_base_has_a_store_of_its_own(
    reader: Reader, tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.ask(TEXTS)
    other = Reader(tiny_base("electra"), monkeypatch)
    other.ask(TEXTS)
    assert other.read == [40]
    assert fingerprint(reader.base) != fingerprint(other.base)
    assert len({file.parent for file in shards()}) == 2


def test_a_base_whose_weights_changed_is_another_base(reader: Reader, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in reader.base.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert fingerprint(copy) == fingerprint(reader.base)
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert fingerprint(copy) != fingerprint(reader.base)


def test_what_was_read_before_a_stop_is_kept(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "TEXTS_A_SHARD", 10)

    def stop() -> None:
        if len(reader.read) == 3:
            raise StopRequested("cancel")

    with pytest.raises(StopRequested):
        reader.ask(TEXTS, stop=stop)
    assert np.array_equal(reader.ask(TEXTS), reader.without(TEXTS))
    assert sum(reader.read) == 20


@pytest.mark.parametrize("end", [embeddings.STATES, embeddings.KEYS])
@pytest.mark.parametrize("left", [0, 40, 150])
def test_a_broken_shard_is_as_if_it_were_not_there(reader: Reader, end: str, left: int) -> None:
    plain = reader.ask(TEXTS)
    for file in Workspace().feature_cache.glob(f"*/*{end}"):
        file.write_bytes(file.read_bytes()[:left])
    assert np.array_equal(reader.ask(TEXTS), plain)
    assert reader.read == [40]
    reader.ask(TEXTS)
    assert reader.read == []


def test_states_without_their_keys_do_not_count_and_are_swept_when_old(reader: Reader) -> None:
    reader.ask(TEXTS)
    (keys,) = shards()
    keys.unlink()
    states = next(keys.parent.glob(f"*{embeddings.STATES}"))
    reader.ask(TEXTS[:3])
    assert reader.read == [3]
    assert states.exists()  # perhaps another process is about to write the keys
    os.utime(states, (time.time() - 7_200,) * 2)
    make_room(Workspace().feature_cache)
    assert not states.exists()
    assert len(shards()) == 1


def test_the_shards_unused_for_longest_go_first(reader: Reader, tmp_path: Path) -> None:
    for part in (TEXTS[:10], TEXTS[10:20], TEXTS[20:30]):
        reader.ask(part)
    for age, file in zip((300, 200, 100), shards(), strict=True):
        os.utime(file, (time.time() - age,) * 2)
    reader.ask(TEXTS[:10])  # now the first is the freshest
    size = sum(f.stat().st_size for f in Workspace().feature_cache.glob("*/*.npy"))
    make_room(Workspace().feature_cache, size * 3 // 4)
    reader.ask(TEXTS[:30])
    assert reader.read == [10]
    assert len(list(Workspace().feature_cache.glob("*/*.npy"))) == 6
    make_room(Workspace().feature_cache, 0)
    assert shards() == []


def test_a_full_disk_costs_nothing_but_the_next_time(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert np.array_equal(reader.ask(TEXTS), reader.without(TEXTS))
    assert shards() == []


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path; from tlcore.engine.embeddings import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for i in range(20):\n"
        "    store.add([bytes([int(sys.argv[2]), i] * 8)], np.full((1, 2, 3), i, dtype=np.float16))\n"
    )
    folder = tmp_path / "cache" / "base"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(folder), str(n)]) for n in (1, 2)]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    found = np.zeros((40, 2, 3), dtype=np.float16)
    known = Store(folder).look_up([bytes([n, i] * 8) for n in (1, 2) for i in range(20)], found)
    assert known.all()
    assert found[:, 0, 0].tolist() == [*range(20)] * 2
    assert list(folder.glob("*.tmp")) == []
