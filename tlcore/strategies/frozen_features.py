"""The base model stays as it is; a small linear classifier learns on what it says about each text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block, Estimate, FitInput
from tlcore.strategies.reading import Reading, Wishes, check_cancel, choose_reading, features

if TYPE_CHECKING:
    import numpy as np

    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

ROWS_TO_CHOOSE_ON = 4_000
"""As in tlcore.engine.objectives, which is not loaded to make an estimate."""
CURVE_SHARES = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Settings:
    head: str = setting(
        "logistic", "Classifier", "The small model on top. Both are linear; the first gives smoother confidence.",
        choices=("logistic", "svm"), term="logistic regression or linear SVM",
    )  # fmt: skip
    layers: str = setting(
        "auto", "What to read from the model",
        "Deeper layers hold meaning, earlier ones spelling and grammar. Auto tries each and keeps what works on your rows.",
        choices=("auto", "last", "thirds", "all"), term="pooled hidden layers",
    )  # fmt: skip
    C: float = setting(
        0.0, "Freedom of the classifier", "Small: cautious. Large: follows the rows closely. 0 tries several.",
        low=0.0, high=100.0, term="inverse regularisation strength C", advanced=True,
    )  # fmt: skip
    class_weight: str = setting(
        "auto", "Care for rare classes", "Balanced makes a rare class count as much as a common one.",
        choices=("auto", "none", "balanced"), term="class weights", advanced=True,
    )  # fmt: skip
    folds: int = setting(3, "Rounds of cross-validation", "How many times the rows are split to choose.", low=2, high=10,
                         advanced=True)  # fmt: skip
    max_length: int = setting(256, "Longest text read", "Longer texts are cut off here.", unit="word pieces", low=8,
                              high=512, advanced=True)  # fmt: skip


class FrozenFeatures:
    name = "frozen_features"
    title = "Keep the model, teach a small classifier"
    sentence = (
        "The language model stays as it is and reads your texts once; a small classifier learns from what it says."
    )
    term = "frozen features + logistic regression or linear SVM"
    when = "Few rows or a small computer: quick, steady, hard to beat below a few thousand rows."
    Settings = Settings
    job_phases: tuple[str, ...] = ("encode", "choose", "curve", "fit")

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        frozen = [Block("embeddings", False), *(Block(f"block {i + 1}", False) for i in range(base_blocks))]
        return (*frozen, Block("classifier", True))

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Reading (by tokens; the test rows by ONNX), choosing and fitting (by rows); constants fitted on a 2-core laptop."""
        tokens = facts.rows * min(facts.tokens_p50 * 1.15 + 2, settings.max_length)
        cores = max(1, min(machine.cores, 8))
        reading = 0.8 * tokens / (5_500 * cores * (1.0 if machine.bf16 else 0.45)) + 0.2 * tokens / (3_000 * cores)
        choosing = min(facts.labelled, ROWS_TO_CHOOSE_ON) * (0.0018 + 0.00001 * len(facts.classes))
        fitting = facts.labelled * (0.001 + 0.00001 * len(facts.classes))
        seconds = 15 + reading + choosing + fitting
        return Estimate(0.7 * seconds, 1.8 * seconds, 1_050 + facts.rows * 0.08)

    def fit(self, given: FitInput) -> Fitted:
        import numpy as np

        from tlcore.engine.embeddings import stored_states
        from tlcore.engine.precision import say_precision, set_threads
        from tlcore.engine.tokens import tokenize
        from tlcore.models.adapter_files import Added
        from tlcore.models.load import load_encoder, longest_input
        from tlcore.models.saved import Fitted

        settings: Settings = given.settings
        set_threads()
        say_precision(given.emit)
        given.phase("encode", "Reading your texts with the language model")
        encoder = load_encoder(given.base_folder)
        blocks = int(encoder.config.num_hidden_layers)
        given.emit("blocks", blocks=[vars(block) for block in self.blocks(blocks)])
        texts = [*given.train_texts, *given.validation_texts]
        max_length = min(settings.max_length, longest_input(encoder.config))
        ids = tokenize(given.base_folder, texts, max_length)
        states = stored_states(encoder, given.base_folder, ids, given.emit, given.check_stop)
        cut, y = len(given.train_texts), np.array([*given.train_y, *given.validation_y])

        given.phase("choose", "Trying settings on your rows")
        wishes = Wishes(settings.head, settings.layers, settings.C, settings.class_weight, settings.folds)
        chosen = choose_reading(given, states[:cut], y[:cut], wishes)
        x = features(states, chosen.layers)
        given.phase("curve", "Learning from more and more labels")
        validation = _curve(given, x[:cut], y[:cut], x[cut:], y[cut:], chosen)
        given.phase("fit", "Teaching the classifier with all your rows")
        # What was chosen is fixed now, so the last fit may use the validation rows too.
        pipeline = given.objective.fit(settings.head, x, y, chosen.C, chosen.balanced, given.plan.seed)
        head = given.objective.head(pipeline)
        total = sum(p.numel() for p in encoder.parameters()) + head.weight.size + head.bias.size
        return Fitted(
            encoder, given.base_folder, chosen.layers, head, max_length, None, head.weight.size + head.bias.size,
            total, {**chosen.said(given), "head": settings.head}, pipeline, validation, Added(),
        )  # fmt: skip


def _curve(
    given: FitInput, x: np.ndarray, y: np.ndarray, vx: np.ndarray, vy: np.ndarray, chosen: Reading
) -> np.ndarray:
    """The task's score on the validation rows as the number of labels grows; nothing where there are none.

    Returns what the last model, which has not seen them, gives for the validation rows [rows, outputs].
    """
    import numpy as np

    from tlcore.engine.remember import digest, remembered

    objective = given.objective
    probabilities = np.zeros((0, max(1, len(given.labels))), dtype=np.float32)
    if not len(vy):
        return probabilities
    order, question = np.random.default_rng(given.plan.seed).permutation(len(y)), digest(x, y, vx, vy)
    how = (chosen.C, chosen.balanced, given.plan.seed)

    def learn(rows: np.ndarray) -> np.ndarray:
        pipeline = objective.fit(given.settings.head, x[rows], y[rows], *how)
        return objective.read(objective.head(pipeline).tensors(), vx)

    def score(found: np.ndarray) -> float:
        return objective.goodness(found, vy)

    sizes = _sizes(len(y), len(given.labels))
    if given.stop_wish():
        sizes = sizes[-1:]
    for done, size in enumerate(sizes):
        check_cancel(given)
        rows = order[:size]
        if objective.learnable(y[rows]):
            if size == sizes[-1]:
                probabilities = learn(rows)
                goodness = score(probabilities)
            else:
                asked = (question, given.settings.head, *how, int(size))
                (goodness,) = remembered(asked, lambda rows=rows: [score(learn(rows))])  # type: ignore[misc]
            given.emit("curve", labels=int(size), **objective.told(goodness))
        given.emit("progress", done=done + 1, total=len(sizes), unit="sizes")
    return probabilities


def _sizes(rows: int, classes: int) -> list[int]:
    """How many labels are learned from in turn; all of them last."""
    least = max(10, 2 * classes)
    return sorted({n for share in CURVE_SHARES if (n := round(share * rows)) >= least} | {rows})
