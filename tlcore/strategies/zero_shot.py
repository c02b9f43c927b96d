"""No labels at all: the label whose description reads most like a text is its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tlcore.label_info import LabelInfo
from tlcore.plan import setting
from tlcore.strategies.asking import API, ASKING, PHASES, SMOLLM2, AskSettings, ask_and_learn, asking_estimate
from tlcore.strategies.base import Block, Estimate, FitInput
from tlcore.strategies.reading import check_cancel
from tlcore.strategies.telling import pictured

if TYPE_CHECKING:
    import numpy as np

    from tlcore.engine.described import Described
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

EMBEDDINGS = "embeddings"
MOST_TEXTS = 20_000
"""Of more unlabelled texts so many are read, drawn by the seed: the answers no longer change."""


@dataclass(frozen=True)
class Settings(AskSettings):
    backend: str = setting(
        EMBEDDINGS, "Who answers", "embeddings: the base model compares each text with what you say of each label. smollm2: a small "
        "language model on this machine is asked. api: a large one is asked over the network, for money. From the answers of the "
        "last two a model of your own learns.", asked=True, choices=(EMBEDDINGS, *ASKING), term="back-end",
    )  # fmt: skip
    refine: bool = setting(
        True, "Learn from your rows without labels", "The surest answers teach a small classifier what your texts are like. From 500 "
        "texts on; it takes seconds.", term="self-training", backends=(EMBEDDINGS,),
    )  # fmt: skip
    layers: str = setting(
        "auto", "What to read from the model", "The last layer says what a text is about, the one half-way how it is written. Auto "
        "reads both.", choices=("auto", "last"), term="pooled hidden layers", advanced=True,
    )  # fmt: skip
    max_length: int = setting(256, "Longest text read", "Longer texts are cut off here.", unit="word pieces", low=8, high=512,
                              advanced=True)  # fmt: skip


class ZeroShot:
    name = "zero_shot"
    title = "Describe the labels, without labelled rows"
    sentence = "The language model compares each text with what you say of each label; no labelled row is needed."
    term = "zero-shot classification by embeddings of label descriptions"
    when = (
        "No labelled rows yet: a first sorting within a minute, good where labels differ in what texts are about. "
        "With some dozens of labelled rows a label, learning from them does better. A language model that is asked (in its settings) "
        "may do better still."
    )
    Settings = Settings
    job_phases: tuple[str, ...] = ("encode", "describe", "refine")
    uses_labels = False
    tasks = ("classify",)

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, ())

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Reading the texts once (by tokens), and seconds of linear algebra; constants as for frozen features."""
        tokens = min(facts.rows, MOST_TEXTS) * min(facts.tokens_p50 * 1.15 + 2, settings.max_length)
        cores = max(1, min(machine.cores, 8))
        seconds = 15 + tokens / (5_500 * cores * (1.0 if machine.bf16 else 0.45)) + facts.rows * 0.0005
        reading = Estimate(0.7 * seconds, 1.8 * seconds, 1_050 + facts.rows * 0.08)
        return reading if settings.backend == EMBEDDINGS else asking_estimate(self, facts, machine, settings, reading)

    def phases_with(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """What `fit` announces with these settings."""
        return self.job_phases if settings.get("backend", EMBEDDINGS) == EMBEDDINGS else PHASES

    def fit(self, given: FitInput) -> Fitted:
        return BACKENDS[given.settings.backend](given)


def said_of(given: FitInput) -> list[str]:
    """What is said of each label, in the order of `given.labels`: its name, and its description where there is one."""
    infos = {info.label: info for info in given.label_infos}
    return [said(infos.get(label, LabelInfo(label))) for label in given.labels]


def said(info: LabelInfo) -> str:
    """ "refund: The customer wants money back."; the name alone where nothing else is said.

    Instructions are not put before it: on csabstruct, ten intents of banking77 and sms_spam that cost one to three points.
    """
    name = LabelInfo(info.label).said
    return f"{name}: {info.description.strip()}" if info.description.strip() else name


def texts_of(given: FitInput) -> list[str]:
    """The texts that may be learned from, without their labels; not those of the validation or the test rows."""
    import numpy as np

    texts = [*given.unlabelled_texts, *given.train_texts]
    if len(texts) <= MOST_TEXTS:
        return texts
    chosen = np.random.default_rng(given.plan.seed).choice(len(texts), MOST_TEXTS, replace=False)
    return [texts[i] for i in np.sort(chosen)]


def by_embeddings(given: FitInput) -> Fitted:
    """The base model reads texts and descriptions; what comes of it is a linear head, as any other strategy's."""
    from tlcore.engine.described import head_of_descriptions, layers_to_read
    from tlcore.engine.precision import say_precision, set_threads
    from tlcore.models.load import load_encoder, longest_input

    settings: Settings = given.settings
    set_threads()
    say_precision(given.emit)
    given.phase("encode", "Reading your texts with the language model")
    encoder = load_encoder(given.base_folder)
    blocks = int(encoder.config.num_hidden_layers)
    given.emit("blocks", blocks=[vars(block) for block in ZeroShot().blocks(blocks)])
    length = min(settings.max_length, longest_input(encoder.config))
    unlabelled = [text for text in texts_of(given) if text.strip()]
    texts = _read(given, encoder, unlabelled, length)
    given.phase("describe", "Reading what you say of each label")
    labels, layers = _read(given, encoder, said_of(given), length), layers_to_read(blocks, settings.layers)
    words = _words(given, unlabelled) if settings.refine else None
    if settings.refine:
        given.phase("refine", "Learning from the surest answers")
    found = head_of_descriptions(texts, labels, layers, settings.refine, lambda: check_cancel(given), words)
    _tell(given, found.texts, found.agreement)
    return _fitted(given, encoder, found, (layers, length))


def _read(given: FitInput, encoder: Any, texts: Sequence[str], length: int) -> np.ndarray:
    """Pooled states [texts, blocks + 1, width]."""
    from tlcore.engine.embeddings import stored_states
    from tlcore.engine.tokens import tokenize

    ids = tokenize(given.base_folder, texts, length)
    return stored_states(encoder, given.base_folder, ids, given.emit, given.check_stop)


def _words(given: FitInput, texts: Sequence[str]) -> np.ndarray | None:
    """How many words texts and descriptions share; None where a label has only its name, which is too few words to tell."""
    from tlcore.engine.described import word_scores

    described = sum(bool(info.description.strip()) for info in given.label_infos)
    return word_scores(texts, said_of(given)) if described == len(given.labels) else None


def _fitted(given: FitInput, encoder: Any, found: Described, how: tuple[tuple[int, ...], int]) -> Fitted:
    """how: the layers that are read, and the longest text. The validation rows were not among the texts."""
    from tlcore.models.adapter_files import Added
    from tlcore.models.saved import Fitted
    from tlcore.predict.predictor import linear_probabilities
    from tlcore.strategies.reading import features

    (layers, length), validation = how, None
    if given.validation_texts:
        held = _read(given, encoder, given.validation_texts, length)
        validation = linear_probabilities(found.head.tensors(), features(held, layers))
    size = found.head.weight.size + found.head.bias.size
    total = sum(p.numel() for p in encoder.parameters()) + size
    chosen = {
        "backend": given.settings.backend, "layers": layers, "refined_on_texts": found.texts, "agreement": found.agreement,
    }  # fmt: skip
    return Fitted(
        encoder, given.base_folder, layers, found.head, length, None, size, total, chosen,
        validation_probabilities=validation, added=Added(),
    )  # fmt: skip


def _tell(given: FitInput, texts: int, agreement: float | None) -> None:
    if texts:
        given.emit(
            "note", level="info", text=f"The surest answers to {texts:,} texts taught it what your texts are like."
        )
    elif given.settings.refine:
        given.emit(
            "note", level="info", text="Too few texts to learn from without labels: the descriptions decide alone."
        )
    if agreement is not None:
        text = f"Two readings of your texts, by meaning and by wording, agree on {agreement:.0%} of them; it is as sure on average."
        given.emit("note", level="info", text=text)


def by_asking(given: FitInput) -> Fitted:
    """A language model is asked; a small model learns from its answers."""
    return ask_and_learn(given, ZeroShot())


BACKENDS: Mapping[str, Callable[[FitInput], Fitted]] = MappingProxyType(
    {EMBEDDINGS: by_embeddings, SMOLLM2: by_asking, API: by_asking}
)
"""Who answers, by the setting `backend`. Another one: a line here and among the choices of the setting."""
