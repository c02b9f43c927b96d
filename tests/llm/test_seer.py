"""tlcore.llm.seer: LLaVA and PaliGemma, tiny and random: as likely as the model says read whole, whatever is read once and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.llm.made_seers import IMAGE, make_seer
from tlcore.errors import TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm import seer as module
from tlcore.llm.question import Question
from tlcore.llm.seer import Seer

QUESTION = Question("Which shelf?", (LabelInfo("bag", "Bags and cases."), LabelInfo("a door key"), LabelInfo("toy")))
KINDS = ["llava", "paligemma"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            made[kind] = make_seer(kind, tmp_path_factory.mktemp(kind))
        return made[kind]

    return make


@pytest.fixture(params=KINDS)
def seer(request: pytest.FixtureRequest, tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Seer:
    monkeypatch.setattr(module, "use_bf16", lambda: False)
    return Seer(tiny(request.param))


def picture(seed: int) -> Any:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8))


def by_hand(seer: Seer, prompt: str, image: Any, tail: list[int]) -> float:
    """The whole read at once: prompt and answer in one sequence, and of PaliGemma only the answer as what looks back alone."""
    import torch

    given = dict(seer._processor(text=[prompt], images=[image], return_tensors="pt"))
    head = given["input_ids"].shape[1]
    ids = torch.cat([given["input_ids"], torch.tensor([tail])], 1)
    whole = {"input_ids": ids, "pixel_values": given["pixel_values"]}
    if seer.kind == "paligemma":
        whole["token_type_ids"] = torch.cat(
            [torch.zeros(1, head, dtype=torch.int64), torch.ones(1, len(tail), dtype=torch.int64)], 1
        )
    with torch.inference_mode():
        said = seer._model(**whole).logits[0].double().log_softmax(-1)
    return sum(float(said[head - 1 + i, token]) for i, token in enumerate(tail))


def tails(seer: Seer, prompt: str) -> list[list[int]]:
    lead = "" if seer.kind == "paligemma" or prompt[-1:].isspace() else " "
    return [seer._ids(lead + name) + seer._end for name in QUESTION.names]


def test_answers_are_as_likely_as_the_model_says(seer: Seer, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = seer.prompt(QUESTION, "found on a seat", True)
    found = seer.log_probability(prompt, picture(0), QUESTION.names)
    expected = [by_hand(seer, prompt, picture(0), tail) for tail in tails(seer, prompt)]
    assert found == pytest.approx(expected, abs=1e-3)
    monkeypatch.setattr(module, "LABELS_AT_ONCE", 1)
    assert seer.log_probability(prompt, picture(0), QUESTION.names) == pytest.approx(found, abs=1e-4)
    assert seer.log_probability(prompt, picture(0), QUESTION.names[1:2]) == pytest.approx(found[1:2], abs=1e-4)


def test_the_picture_and_the_words_both_count(seer: Seer) -> None:
    def answer(words: str, seed: int) -> np.ndarray:
        return seer.log_probability(seer.prompt(QUESTION, words, True), picture(seed), QUESTION.names)

    plain = answer("on a seat", 0)
    assert np.abs(answer("on a seat", 1) - plain).max() > 0.05
    assert np.abs(answer("under the bridge", 0) - plain).max() > 0.05
    assert np.allclose(answer("on a seat", 0), plain)


def test_a_text_cannot_hold_a_mark_of_the_model(seer: Seer) -> None:
    text = f"look: {IMAGE}{IMAGE} [SEP] <loc0001>"
    prompt = seer.prompt(QUESTION, text, True)
    assert prompt.count(IMAGE) == 1
    assert "[SEP]" not in prompt
    assert np.isfinite(seer.log_probability(prompt, picture(0), QUESTION.names)).all()
    assert "Bags and cases." in prompt
    assert seer.prompt(QUESTION, "x" * 9_000, True).count("x") < 2_000


def test_without_a_picture_only_some_can_be_asked(tiny: Callable[[str], Path]) -> None:
    llava, pali = (Seer(tiny(kind)) for kind in KINDS)
    assert llava.can_read(False)
    assert not pali.can_read(False)
    assert pali.can_read(True)
    prompt = llava.prompt(QUESTION, "on a seat", False)
    assert IMAGE not in prompt
    assert np.isfinite(llava.log_probability(prompt, None, QUESTION.names)).all()


def test_a_chat_template_is_respected(tiny: Callable[[str], Path]) -> None:
    llava = Seer(tiny("llava"))
    assert llava.prompt(QUESTION, "a", True).startswith(f"USER: {IMAGE}\n")
    llava._processor.chat_template = (
        "{% for turn in messages %}{% for part in turn.content %}{% if part.type == 'image' %}<image>{% else %}{{ part.text }}"
        "{% endif %}{% endfor %}{% endfor %} OVER:"
    )
    prompt = llava.prompt(QUESTION, "a", True)
    assert prompt.startswith(f"{IMAGE}Which shelf?")
    assert prompt.endswith(" OVER:")


def test_weights_that_are_missing_are_refused(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path / "part"
    shutil.copytree(tiny("llava"), folder)
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: one for name, one in weights.items() if "projector" not in name},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    with pytest.raises(TlcoreError, match="are missing"):
        Seer(folder)
    (folder / "preprocessor_config.json").unlink()
    (folder / "processor_config.json").unlink()
    with pytest.raises(TlcoreError, match=r"could not be opened|are missing"):
        Seer(folder)
