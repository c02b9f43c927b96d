"""CLIP and SigLIP, on tiny random models made here: load, plan, learn in every way, save, answer; what is no CLIP is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tlcore.engine.objectives import OneOf
from tlcore.errors import TlcoreError
from tlcore.models.bases import base_folder, tokenizer_file
from tlcore.plan import Plan, make_settings
from tlcore.predict.kinds import load_predictor
from tlcore.predict.text import beside
from tlcore.strategies import get_strategy
from tlcore.strategies.base import FitInput

STRATEGY = get_strategy("clip")
LABELS = ["blue", "red"]
WORDS = {"red": ["a warm thing", "fire and roses"], "blue": ["a cold thing", "sea and sky"]}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder with a tiny random CLIP or SigLIP and MiniLM's tokenizer."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        import torch
        import transformers as hf

        if kind not in made:
            tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
            words = {
                **tower,
                "vocab_size": 30522,
                "max_position_embeddings": 16,
                "pad_token_id": 0,
                "bos_token_id": 101,
                "eos_token_id": 102,
            }
            sight = {**tower, "image_size": 32, "patch_size": 8}
            with torch.random.fork_rng():
                torch.manual_seed(0)
                if kind == "clip":
                    model: Any = hf.CLIPModel(hf.CLIPConfig(text_config=words, vision_config=sight, projection_dim=24))
                else:
                    model = hf.SiglipModel(hf.SiglipConfig(text_config=words, vision_config=sight))
            folder = tmp_path_factory.mktemp(kind)
            model.save_pretrained(str(folder))
            shutil.copyfile(tokenizer_file("minilm"), folder / "tokenizer.json")
            made[kind] = folder
        return made[kind]

    return make


@pytest.fixture
def given(tmp_path: Path, home: Path) -> Callable[..., tuple[FitInput, list[dict[str, Any]]]]:
    """40 rows to learn from and 12 to judge on: a word or two, and a red or blue picture; some lack one of the two."""

    def make(base: Path, **wishes: Any) -> tuple[FitInput, list[dict[str, Any]]]:
        pictures, rng, texts, y = tmp_path / "pictures", np.random.default_rng(0), [], []
        pictures.mkdir(exist_ok=True)
        for i in range(52):
            label = LABELS[i % 2]
            image = Image.new("RGB", (20, 20), tuple(int(v) for v in rng.integers(150, 256, 3)))
            colour = (200, 30, 30) if label == "red" else (30, 30, 200)
            ImageDraw.Draw(image).rectangle((3, 3, int(rng.integers(10, 19)), 17), fill=colour)
            image.save(pictures / f"{i}.png")
            name = "" if i % 13 == 5 else f"{i}.png"
            texts.append(beside(["" if i % 11 == 3 else WORDS[label][i // 2 % 2], name]))
            y.append(i % 2)
        said: list[dict[str, Any]] = []
        plan = Plan("image_text", "clip", str(base), "", {}, 0)
        return FitInput(
            plan, make_settings(STRATEGY.Settings, wishes), LABELS, texts[:40], y[:40], texts[40:], y[40:], base, tmp_path,
            lambda kind, **fields: said.append({"kind": kind, **fields}),
            lambda name, title: said.append({"kind": "phase", "name": name}), lambda: None, lambda: None, OneOf(LABELS),
        ), said  # fmt: skip

    return make


def answer(fitted: Any, folder: Path, pictures: Path, texts: list[str]) -> Any:
    about = {
        "labels": LABELS,
        "text_columns": ["t", "i"],
        "reads": {"text": ["t"], "image": ["i"]},
        "answer": fitted.answer,
    }
    fitted.save(folder, about)
    return load_predictor(folder).look_in(pictures).predict(texts)


@pytest.mark.parametrize("kind", ["clip", "siglip"])
@pytest.mark.parametrize("learn", ["frozen", "lora", "top", "full"])
def test_each_family_learns_in_each_way_and_answers_as_it_did(
    kind: str, learn: str, tiny: Callable[[str], Path], given: Callable[..., Any], tmp_path: Path
) -> None:
    rate = {"lora": 1e-3, "top": 1e-4, "full": 1e-4}.get(learn, 0.0)
    fit, said = given(tiny(kind), learn=learn, folds=2, epochs=2, learning_rate=rate)
    before = fingerprint(tiny(kind))
    fitted = STRATEGY.fit(fit)
    right = (fitted.validation_probabilities.argmax(1) == np.array(fit.validation_y)).mean()
    assert right >= 0.8
    found = answer(fitted, tmp_path / "model", tmp_path / "pictures", [*fit.validation_texts, ""])
    # The still towers' heads learn from the validation rows, too; those that were tuned do not.
    if learn != "frozen":
        assert np.allclose(found.probabilities[:-1], fitted.validation_probabilities, atol=2e-3)
    assert [found.predictions[i] == LABELS[y] for i, y in enumerate(fit.validation_y)].count(True) >= 10
    assert found.predictions[-1] == ""
    assert any(note.startswith("not used: no picture") for note in found.notes)
    steps = [event for event in said if event["kind"] == "step"]
    assert bool(steps) == (learn != "frozen")
    if steps:
        assert steps[-1]["step"] == steps[-1]["total_steps"] == 5
        assert fitted.chosen["learn"] == learn
    assert fingerprint(tiny(kind)) == before  # the base itself stays as it was


def fingerprint(folder: Path) -> int:
    return hash((folder / "model.safetensors").read_bytes())


def moved(kind: str, learn: str, tiny: Callable[[str], Path], given: Callable[..., Any]) -> dict[str, set[str]]:
    """Names of the weights that differ from the base, of each tower."""
    from tlcore.models.clip import load_towers

    fit, _ = given(tiny(kind), learn=learn, folds=2, epochs=1, learning_rate=1e-2)
    fitted, still = STRATEGY.fit(fit), load_towers(tiny(kind))
    pairs = {"text": (fitted.encoder, still.text), "image": (fitted.eye.encoder, still.eye.encoder)}
    found = {}
    for name, (new, old) in pairs.items():
        before = old.state_dict()
        assert set(before) == set(new.state_dict())  # nothing is left of LoRA's parts
        found[name] = {key for key, value in new.state_dict().items() if not np.allclose(value, before[key], atol=1e-7)}
    return found


def test_lora_moves_what_it_stands_beside_and_top_only_the_upper_blocks(
    tiny: Callable[[str], Path], given: Callable[..., Any]
) -> None:
    for found in moved("clip", "lora", tiny, given).values():
        assert found
        assert all("q_proj.weight" in name or "v_proj.weight" in name for name in found)
    for found in moved("clip", "top", tiny, given).values():
        assert any("layers.2." in name for name in found)
        assert not any("layers.0." in name or "layers.1." in name or "embeddings" in name for name in found)


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_zero_shot_answers_by_the_nearest_prompt(
    kind: str, tiny: Callable[[str], Path], given: Callable[..., Any], tmp_path: Path
) -> None:
    from tlcore.models.clip import load_towers
    from tlcore.predict.picture_files import open_picture

    fit, _ = given(tiny(kind), learn="zero_shot", prompt="something {label}")
    fitted = STRATEGY.fit(fit)
    assert fitted.chosen == {"learn": "zero_shot", "prompt": "something {label}", "weights": [0.3, 0.7, 0.0]}
    found = answer(
        fitted, tmp_path / "model", tmp_path / "pictures", [beside(["", "7.png"]), beside(["a cold thing", ""])]
    )
    towers = load_towers(tiny(kind))
    prompts = towers.read([f"something {label}" for label in LABELS])
    image = open_picture((tmp_path / "pictures" / "7.png").read_bytes()).image
    for row, vector in enumerate((towers.eye.look([image])[0], towers.read(["a cold thing"])[0])):
        scores = np.exp(towers.sharpness * prompts @ vector)
        assert np.allclose(found.probabilities[row], scores / scores.sum(), atol=1e-3)


def test_its_towers_are_those_of_transformers(tiny: Callable[[str], Path]) -> None:
    import torch
    import transformers as hf

    from tlcore.models.clip import load_towers

    towers = load_towers(tiny("clip"))
    model = hf.CLIPModel.from_pretrained(str(tiny("clip")), trust_remote_code=False, use_safetensors=True).eval()
    ids = torch.tensor([[101, 2003, 2204, 102, 0, 0], [101, 102, 0, 0, 0, 0]])
    with torch.inference_mode():
        out = model(input_ids=ids, attention_mask=(ids > 0).long(), pixel_values=torch.ones(2, 3, 32, 32))
        assert torch.allclose(towers.text(ids), out.text_embeds, atol=1e-5)
        assert torch.allclose(towers.eye.encoder(torch.ones(2, 3, 32, 32)), out.image_embeds, atol=1e-5)


def test_what_is_no_clip_is_refused_at_plan(tiny: Callable[[str], Path]) -> None:
    from tlcore.advise import recommend
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.clip import load_towers

    facts = Facts(
        rows=200, labelled=200, unlabelled=0, classes={"a": 100, "b": 100}, smallest_class=100, median_class=100, tokens_p50=10,
        tokens_p95=20, tokens_max=30, max_length=256, cut_off=0, duplicates=0, data_size="small", mostly_unlabelled=False,
    )  # fmt: skip
    machine = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")
    with pytest.raises(TlcoreError, match="cannot start from this base") as error:
        recommend(facts, machine, task="image_text", strategy="clip")
    assert "CLIP or SigLIP" in error.value.fix
    with pytest.raises(TlcoreError, match="it is for texts with pictures"):
        recommend(facts, machine, task="classify", strategy="clip")
    usual = recommend(facts, machine, task="image_text")
    assert usual.plan.strategy == "late_fusion"
    assert any(other.strategy == "clip" and "none came with Nudge" in other.why_not for other in usual.alternatives)
    for kind in ("clip", "siglip"):
        assert recommend(facts, machine, task="image_text", base=str(tiny(kind))).plan.strategy == "clip"
    with pytest.raises(TlcoreError, match="no two towers"):
        load_towers(base_folder("minilm"))
