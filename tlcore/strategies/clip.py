"""CLIP or SigLIP from a folder or the Hub: still under small classifiers, asked with label prompts, or tuned with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block, Estimate, FitInput
from tlcore.strategies.late_fusion import answer_of, look_at, parted
from tlcore.strategies.reading import Wishes

if TYPE_CHECKING:
    import numpy as np

    from tlcore.engine.fusion import Fusion, Heads, Mix, Pair
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.clip import Towers
    from tlcore.models.saved import Fitted

KINDS = ("clip", "siglip")
FROZEN, ZERO_SHOT, LORA, TOP, FULL = "frozen", "zero_shot", "lora", "top", "full"
ZERO_SHOT_WEIGHTS = (0.3, 0.7, 0.0)
"""Of text, picture and both where nothing is learned: the prompts are meant for pictures."""
PLACE = "{label}"
USUAL_RATES = {LORA: 5e-4, TOP: 3e-5, FULL: 1e-5}
PICTURES_A_SECOND = 3.0
"""On a core, of a tower as large as ViT-B/32's; learning takes three times as long."""


@dataclass(frozen=True)
class Settings:
    learn: str = setting(
        FROZEN, "What learns",
        "Still: small classifiers on top. Zero-shot: nothing, the labels are asked for in words. LoRA, upper blocks, all: both towers, too.",
        choices=(FROZEN, ZERO_SHOT, LORA, TOP, FULL), term="frozen features, zero-shot, LoRA, partial or full fine-tuning",
    )  # fmt: skip
    prompt: str = setting(
        f"a picture of {PLACE}",
        "What is asked for",
        f"Only for zero-shot. {PLACE} stands for each label.",
        term="label prompt",
    )
    epochs: int = setting(3, "Rounds over all rows", "Only where the towers learn.", low=1, high=50, unit="rounds")
    batch_size: int = setting(
        16, "Rows at a time", "Only where the towers learn.", low=1, high=256, unit="rows", advanced=True
    )
    learning_rate: float = setting(
        0.0, "Size of the steps", "Only where the towers learn. 0 takes what is usual for what learns.", low=0.0, high=1e-2,
        term="learning rate of the towers", advanced=True,
    )  # fmt: skip
    rank: int = setting(
        8, "Size of the added parts", "Only for LoRA.", low=1, high=128, term="LoRA rank", advanced=True
    )
    class_weight: str = setting(
        "auto", "Care for rare classes", "Balanced makes a rare class count as much as a common one.",
        choices=("auto", "none", "balanced"), term="class weights", advanced=True,
    )  # fmt: skip
    folds: int = setting(5, "Rounds of cross-validation", "How many times the rows are split to choose.", low=2, high=10,
                         advanced=True)  # fmt: skip


class Clip:
    name = "clip"
    title = "A model for texts and pictures (CLIP)"
    sentence = "A model that was taught which caption belongs to which picture reads both; small classifiers, or the model itself, learn your labels."
    term = "CLIP or SigLIP: frozen features, zero-shot prompts, LoRA, partial or full fine-tuning"
    when = "Photographs of things that have names, where a CLIP or SigLIP model can be fetched or is on this computer."
    Settings = Settings
    job_phases: tuple[str, ...] = ("encode", "pictures", "choose", "mix", "curve", "fit")
    tasks = ("image_text",)
    unfit = "It is for texts with pictures."

    def base_refusal(self, config: Mapping[str, Any]) -> str:
        """Why it cannot start from a base, "" where it can."""
        if config.get("model_type") in KINDS:
            return ""
        return "It needs a CLIP or SigLIP model, from a folder or the Hugging Face Hub, as base model: none came with Nudge."

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return Block("text tower", False), Block("image tower", False), Block("classifiers", True)

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Mostly looking at pictures, once, or three times as long each round; never measured on a real CLIP (none can be had here)."""
        seconds = 20 + facts.rows / (PICTURES_A_SECOND * max(1, min(machine.cores, 8)))
        if settings.learn in (LORA, TOP, FULL):
            seconds += 3 * settings.epochs * (seconds - 20)
        return Estimate(0.5 * seconds, 3 * seconds, 2_600)

    def fit(self, given: FitInput) -> Fitted:
        import numpy as np

        from tlcore.engine.fusion import Half, Pair, learn_fusion
        from tlcore.engine.precision import set_threads
        from tlcore.models.clip import load_towers

        set_threads()
        settings: Settings = given.settings
        given.phase("encode", "Reading your texts with the language model")
        towers = load_towers(given.base_folder)
        given.emit("blocks", blocks=[vars(block) for block in self.blocks(towers.blocks())])
        words, names, has_text = parted([*given.train_texts, *given.validation_texts])
        read = towers.read(words)
        _, seen, there = look_at(given, towers.eye, names)
        pair = Pair(Half(read[:, None], has_text), Half(seen[:, None], there))
        if settings.learn == ZERO_SHOT:
            return _by_prompts(given, towers, pair)
        wishes = Wishes("logistic", "last", 0.0, settings.class_weight, settings.folds)
        found = learn_fusion(given, pair.text, pair.image, wishes)
        if settings.learn == FROZEN:
            return _fitted(towers, found.heads, found.mix, found.validation, found.said(given), None)
        y = np.array([*given.train_y, *given.validation_y], dtype=int)
        return _tuned(given, towers, pair, found, (words, names, y))


def _tuned(
    given: FitInput, towers: Towers, pair: Pair, found: Fusion, rows: tuple[list[str], list[str], np.ndarray]
) -> Fitted:
    """Both towers learn from the training rows, from heads that were learned on them as they came; judged on the validation rows."""
    from dataclasses import replace

    from tlcore.engine.clip_tuning import Rows, tune
    from tlcore.engine.fusion import Half, Pair, answers_of, learn_heads, mixed
    from tlcore.pictures import open_pictures
    from tlcore.runs import PICTURES

    words, names, y = rows
    cut = len(given.train_texts)
    train = pair.part(slice(0, cut))
    given.phase("finetune", "Teaching both towers your labels")
    rate = given.settings.learning_rate or USUAL_RATES[given.settings.learn]
    given = replace(given, settings=replace(given.settings, learning_rate=rate))
    heads = learn_heads(given, train, y[:cut], found.ways)
    pictures = open_pictures((given.keep_folder or given.work_folder) / PICTURES)
    learned = Rows(towers.ids(words[:cut]), names[:cut], train.text.there, train.image.there, y[:cut])
    heads = tune(given, towers, pictures, learned, heads)
    validation = found.validation
    if cut < len(y):
        looked = [
            pictures.see(name).image if has else None
            for name, has in zip(names[cut:], pair.image.there[cut:], strict=True)
        ]
        after = Pair(
            Half(towers.read(words[cut:])[:, None], pair.text.there[cut:]),
            Half(towers.eye.look(looked)[:, None], pair.image.there[cut:]),
        )
        validation = mixed(answers_of(given, heads, after, found.ways), found.mix)
        known = validation[:, 0] == validation[:, 0]
        if known.any():
            goodness = given.objective.goodness(validation[known], y[cut:][known])
            given.emit("eval", epoch=float(given.settings.epochs), loss=None, **given.objective.told(goodness))
    moved = sum(p.numel() for part in (towers.text, towers.eye.encoder) for p in part.parameters())
    said = {**found.said(given), "learn": given.settings.learn, "learning_rate": rate}
    return _fitted(
        towers,
        heads,
        found.mix,
        validation,
        said,
        float(given.settings.epochs),
        moved if given.settings.learn == FULL else 0,
    )


def _by_prompts(given: FitInput, towers: Towers, pair: Pair) -> Fitted:
    """Heads whose weights are what the text tower says of each label's prompt: nothing is learned."""
    import numpy as np

    from tlcore.engine.fusion import Heads, Mix, Ways, answers_of, mixed
    from tlcore.models.saved import Head
    from tlcore.strategies.reading import Reading

    prompt = given.settings.prompt if PLACE in given.settings.prompt else f"{given.settings.prompt} {PLACE}"
    given.phase("fit", "Reading the labels")
    weight = towers.sharpness * towers.read([prompt.replace(PLACE, label) for label in given.labels])
    bias = np.zeros(len(given.labels), dtype=np.float32)
    joint = Head(np.zeros((len(bias), 2 * weight.shape[1]), dtype=np.float32), bias)
    heads, mix = Heads(Head(weight, bias), Head(weight, bias), joint, None), Mix(ZERO_SHOT_WEIGHTS, 1.0)
    still = Reading((0,), 0.0, False, None)
    unseen = pair.part(slice(len(given.train_texts), None))
    validation = mixed(answers_of(given, heads, unseen, Ways("logistic", still, still, 0.0)), mix)
    said = {"learn": ZERO_SHOT, "prompt": prompt, "weights": list(mix.weights)}
    return _fitted(towers, heads, mix, validation, said, None)


def _fitted(
    towers: Towers,
    heads: Heads,
    mix: Mix,
    validation: np.ndarray,
    said: dict[str, Any],
    epochs: float | None,
    moved: int = 0,
) -> Fitted:
    from tlcore.models.fused import TwoTowers

    size = sum(one.weight.size + one.bias.size for one in (heads.text, heads.image, heads.joint))
    total = size + sum(p.numel() for part in (towers.text, towers.eye.encoder) for p in part.parameters())
    return TwoTowers(
        towers.text, towers.folder, (0,), heads.text, towers.tokens, epochs, moved + size, total, said, None, validation,
        answer=answer_of(towers.eye, mix), eye=towers.eye, image_head=heads.image, joint=heads.joint, tokens=towers.tokens,
        pad=towers.pad,
    )  # fmt: skip
