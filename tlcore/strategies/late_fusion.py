"""Text and picture are each read by a model that stays as it is; a small classifier learns on each, and their answers are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.llm.seeing import KINDS
from tlcore.plan import setting
from tlcore.strategies.base import Block, Estimate, FitInput
from tlcore.strategies.frozen_features import FrozenFeatures
from tlcore.strategies.reading import Wishes

if TYPE_CHECKING:
    from tlcore.engine.fusion import Fusion, Pair
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.fused import Fused
    from tlcore.models.saved import Fitted

PICTURES_A_SECOND = 12
"""That EfficientNet-Lite0 looks at on a core; reading the file of a small one is included."""


@dataclass(frozen=True)
class Settings:
    head: str = setting(
        "logistic", "Classifiers", "The small models on top. Both are linear; the first gives smoother confidence.",
        choices=("logistic", "svm"), term="logistic regression or linear SVM",
    )  # fmt: skip
    layers: str = setting(
        "auto", "What to read from the text model",
        "Deeper layers hold meaning, earlier ones spelling and grammar. Auto tries each and keeps what works on your rows.",
        choices=("auto", "last", "thirds", "all"), term="pooled hidden layers",
    )  # fmt: skip
    class_weight: str = setting(
        "auto", "Care for rare classes", "Balanced makes a rare class count as much as a common one.",
        choices=("auto", "none", "balanced"), term="class weights", advanced=True,
    )  # fmt: skip
    folds: int = setting(5, "Rounds of cross-validation", "How many times the rows are split to choose.", low=2, high=10,
                         advanced=True)  # fmt: skip
    max_length: int = setting(256, "Longest text read", "Longer texts are cut off here.", unit="word pieces", low=8,
                              high=512, advanced=True)  # fmt: skip


class LateFusion:
    name = "late_fusion"
    title = "Read text and picture apart, then add what each says"
    sentence = (
        "A language model reads the text, an image model looks at the picture, and both stay as they are; a small classifier learns on each, "
        "and how much the picture counts is tried on your rows."
    )
    term = "late fusion of frozen text and image features (MiniLM, EfficientNet-Lite0)"
    when = "Texts with pictures: quick, needs no graphics card, and says what text and picture are worth by themselves."
    Settings = Settings
    job_phases: tuple[str, ...] = ("encode", "pictures", "choose", "mix", "curve", "fit")
    tasks = ("image_text",)
    unfit = "It is for texts with pictures."

    def base_refusal(self, config: Mapping[str, Any]) -> str:
        """Why it cannot start from a base, "" where it can."""
        if config.get("model_type") in KINDS:
            return "It reads with a language model, and this base sees by itself: it can be asked (ask_pictures, backend=folder)."
        towers = config.get("model_type") in ("clip", "siglip")
        return (
            "It reads with a language model, and this base reads pictures, too: choose the way for CLIP."
            if towers
            else ""
        )

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        frozen = FrozenFeatures().blocks(base_blocks)[:-1]
        return (*frozen, Block("image model", False), Block("classifiers", True))

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Reading the texts, looking at the pictures, choosing: constants fitted on a 2-core laptop."""
        cores = max(1, min(machine.cores, 8))
        text = FrozenFeatures().estimate(facts, machine, FrozenFeatures.Settings())
        pictures = 1.2 * facts.rows / (PICTURES_A_SECOND * cores)
        return Estimate(
            text.seconds_low + 0.6 * pictures, 1.3 * text.seconds_high + 2.5 * pictures, text.memory_mb + 350
        )

    def fit(self, given: FitInput) -> Fitted:
        from tlcore.engine.fusion import learn_fusion
        from tlcore.engine.precision import say_precision, set_threads

        settings: Settings = given.settings
        set_threads()
        say_precision(given.emit)
        read = read_both(given, [*given.train_texts, *given.validation_texts])
        wishes = Wishes(settings.head, settings.layers, 0.0, settings.class_weight, settings.folds)
        return fused_of(given, read, learn_fusion(given, read.pair.text, read.pair.image, wishes))


@dataclass(frozen=True)
class Read:
    """Both halves of some rows, and what read them."""

    encoder: Any
    eye: Any
    pair: Pair
    max_length: int


def read_both(given: FitInput, texts: list[str]) -> Read:
    """Read the texts and look at their pictures; both are kept on disk by content. The settings say how long a text may be."""
    from tlcore.engine.embeddings import stored_states
    from tlcore.engine.fusion import Half, Pair
    from tlcore.engine.tokens import tokenize
    from tlcore.models.load import load_encoder, longest_input

    words, names, has_text = parted(texts)
    given.phase("encode", "Reading your texts with the language model")
    encoder = load_encoder(given.base_folder)
    blocks = LateFusion().blocks(int(encoder.config.num_hidden_layers))
    given.emit("blocks", blocks=[vars(block) for block in blocks])
    max_length = min(given.settings.max_length, longest_input(encoder.config))
    ids = tokenize(given.base_folder, words, max_length)
    states = stored_states(encoder, given.base_folder, ids, given.emit, given.check_stop)
    eye, seen, there = look_at(given, embedded_eye(), names)
    return Read(encoder, eye, Pair(Half(states, has_text), Half(seen[:, None], there)), max_length)


def fused_of(given: FitInput, read: Read, found: Fusion) -> Fused:
    """The model that is kept."""
    from tlcore.models.fused import Fused

    heads = sum(one.weight.size + one.bias.size for one in (found.heads.text, found.heads.image, found.heads.joint))
    total = heads + sum(p.numel() for one in (read.encoder, read.eye.encoder) for p in one.parameters())
    return Fused(
        read.encoder, given.base_folder, found.ways.text.layers, found.heads.text, read.max_length, None, heads, total,
        found.said(given), found.heads.pipeline, found.validation, answer=answer_of(read.eye, found.mix), eye=read.eye,
        image_head=found.heads.image, joint=found.heads.joint,
    )  # fmt: skip


def parted(texts: list[str]) -> tuple[list[str], list[str], Any]:
    """Words and name of the picture of each row, and whether it has words, bool [rows]."""
    import numpy as np

    from tlcore.predict.text import parts_of

    parts = [[*parts_of(text), ""][:2] for text in texts]
    return [words for words, _ in parts], [name for _, name in parts], np.array([bool(words) for words, _ in parts])


def embedded_eye() -> Any:
    """The image encoder that came with Nudge."""
    from tlcore.engine.picture_features import Eye
    from tlcore.models import image_base as base

    return Eye(base.load_image_encoder(), base.WIDTH, base.SIZE, base.MEAN, base.SCALE, base.SHA256)


def look_at(given: FitInput, eye: Any, names: list[str]) -> tuple[Any, Any, Any]:
    """The eye, what it sees of each picture, float32 [rows, width], and whether there is one, bool [rows]."""
    from tlcore.engine.picture_features import picture_features
    from tlcore.pictures import open_pictures
    from tlcore.runs import PICTURES

    given.phase("pictures", "Looking at your pictures")
    place = (given.keep_folder or given.work_folder) / PICTURES
    return eye, *picture_features(eye, open_pictures(place), names, given.emit, given.check_stop)


def answer_of(eye: Any, mix: Any) -> dict[str, Any]:
    """How the predictor is to read the model."""
    return {
        "kind": "pictures", "weights": list(mix.weights), "sharpness": mix.sharpness, "size": eye.size,
        "mean": list(eye.mean), "scale": list(eye.scale),
    }  # fmt: skip
