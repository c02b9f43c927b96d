"""tlcore.llm.seeing: a model in a folder as a teacher: calibrated, kept by content, stopped cleanly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.llm.made_seers import make_seer
from tlcore.errors import StopRequested, TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm import seer
from tlcore.llm.gallery import Gallery
from tlcore.llm.question import Question
from tlcore.llm.seeing import NEEDS_PICTURE, SeeingTeacher, check_folder
from tlcore.llm.teachers import Hooks
from tlcore.predict.text import beside

LABELS = ("bag", "key", "toy")
ROWS = 24


@pytest.fixture(scope="module")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_seer("llava", tmp_path_factory.mktemp("llava"))


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    for i in range(ROWS):
        data = np.random.default_rng(i).integers(0, 256, (30, 30, 3), dtype=np.uint8)
        Image.fromarray(data).save(tmp_path / f"{i}.png")
    return [beside([f"thing number {i}", f"{i}.png"]) for i in range(ROWS)]


def teacher(folder: Path, place: Path) -> SeeingTeacher:
    question = Question("", tuple(map(LabelInfo, LABELS)), pictures=Gallery(place))
    return SeeingTeacher(lambda: check_folder(str(folder)), question, folder.name)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prompts that the model is really asked with."""
    asked: list[str] = []
    honest = seer.Seer.log_probability

    def count(self: Any, prompt: str, image: Any, answers: Any) -> np.ndarray:
        asked.append(prompt)
        return honest(self, prompt, image, answers)

    monkeypatch.setattr(seer.Seer, "log_probability", count)
    return asked


def test_answers_are_labels_and_not_all_the_same_one(
    llava: Path, texts: list[str], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, told = counted(monkeypatch), teacher(llava, tmp_path).answer(texts, "learn", Hooks())
    assert told.ended == ""
    given = [one.label for one in told.answers]
    assert set(given) == set(LABELS)  # a random model leans to one of them: what it says of any row is taken off
    assert max(map(given.count, LABELS)) < ROWS * 0.7
    assert all(one.confidence and 1 / 3 - 1e-3 <= one.confidence <= 1 for one in told.answers)
    before = len(asked)
    again = teacher(llava, tmp_path)
    assert again.answer(texts, "learn", Hooks()) == told
    assert len(asked) - before == 3  # only the pictures without content
    tested = again.answer(texts[:2], "test", Hooks()).answers
    assert [one.label for one in tested] == given[:2]  # by what was seen of the first rows
    assert again.dollars == 0.0
    assert again.host == ""


def test_rows_without_a_picture_or_without_anything(llava: Path, texts: list[str], tmp_path: Path, home: Path) -> None:
    odd = [*texts[:4], beside(["words alone", ""]), beside(["", "gone.png"]), ""]
    told = teacher(llava, tmp_path).answer(odd, "learn", Hooks())
    assert told.answers[4].label in LABELS
    assert [one.label for one in told.answers[5:]] == [None, None]
    assert "nothing to read" in told.answers[5].why
    pali = make_seer("paligemma", tmp_path / "pali")
    told = teacher(pali, tmp_path).answer(odd, "learn", Hooks())
    assert all(one.label in LABELS for one in told.answers[:4])
    assert told.answers[4] == NEEDS_PICTURE


def test_keep_ends_it_with_what_there_is_and_a_cancel_ends_it(
    llava: Path, texts: list[str], tmp_path: Path, home: Path
) -> None:
    done: list[int] = []

    def stopping(wish: str) -> Hooks:
        def stop() -> None:
            if len(done) >= 5:
                raise StopRequested(wish)

        return Hooks(lambda so_far, total, dollars: done.append(so_far), stop)

    told = teacher(llava, tmp_path).answer(texts, "learn", stopping("keep"))
    assert told.ended == "You stopped it."
    assert [one.label is not None for one in told.answers] == [True] * 5 + [False] * (ROWS - 5)
    with pytest.raises(StopRequested):
        teacher(llava, tmp_path).answer(texts, "learn", stopping("cancel"))


def test_a_folder_that_holds_no_such_model_is_said_at_once(llava: Path, tmp_path: Path) -> None:
    for place, said in (
        ("", "not said"),
        (str(tmp_path / "nowhere"), "no such folder"),
        (str(tmp_path), "config.json is missing"),
    ):
        with pytest.raises(TlcoreError, match=said):
            check_folder(place)
    other = tmp_path / "other"
    other.mkdir()
    for name in ("model.safetensors", "tokenizer.json"):
        (other / name).write_bytes((llava / name).read_bytes())
    (other / "config.json").write_text(json.dumps({"model_type": "qwen2_vl"}))
    with pytest.raises(TlcoreError, match=r"\(qwen2_vl\) is none of those"):
        check_folder(str(other))
    assert check_folder(str(llava)) == llava
