"""The base model stays as it is; a small linear classifier learns on what it says about each text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block, Estimate, FitInput

if TYPE_CHECKING:
    import numpy as np

    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

C_GRID = (0.001, 0.003, 0.01, 0.03, 0.1)
C_WHILE_CHOOSING_LAYERS = 0.01
ROWS_TO_CHOOSE_ON = 4_000
MAX_FEATURES = 3_072
CURVE_SHARES = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0)
IMBALANCE_TO_TRY_WEIGHTS = 3.0


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

        from tlcore.engine.encode import pooled_states
        from tlcore.engine.linear import fit_head, to_head
        from tlcore.engine.precision import set_threads
        from tlcore.engine.tokens import tokenize
        from tlcore.models.load import load_encoder
        from tlcore.models.saved import Fitted

        settings: Settings = given.settings
        set_threads()
        given.phase("encode", "Reading your texts with the language model")
        encoder = load_encoder(given.base_folder)
        blocks = int(encoder.config.num_hidden_layers)
        given.emit("blocks", blocks=[vars(block) for block in self.blocks(blocks)])
        texts = [*given.train_texts, *given.validation_texts]
        max_length = min(settings.max_length, int(getattr(encoder.config, "max_position_embeddings", 512) or 512))
        states = pooled_states(encoder, tokenize(given.base_folder, texts, max_length), given.emit, given.check_stop)
        cut, y = len(given.train_texts), np.array([*given.train_y, *given.validation_y])

        given.phase("choose", "Trying settings on your rows")
        chosen = _choose(given, states[:cut], y[:cut], blocks)
        x = _features(states, chosen["layers"])
        given.phase("curve", "Learning from more and more labels")
        validation = _curve(given, x[:cut], y[:cut], x[cut:], y[cut:], chosen)
        given.phase("fit", "Teaching the classifier with all your rows")
        # What was chosen is fixed now, so the last fit may use the validation rows too.
        pipeline = fit_head(settings.head, x, y, chosen["C"], chosen["balanced"], given.plan.seed)
        head = to_head(pipeline, len(given.labels))
        total = sum(p.numel() for p in encoder.parameters()) + head.weight.size + head.bias.size
        return Fitted(
            encoder, given.base_folder, tuple(chosen["layers"]), head, max_length, None, head.weight.size + head.bias.size,
            total, {**chosen, "head": settings.head}, pipeline, validation,
        )  # fmt: skip


def layer_choices(blocks: int, width: int, wish: str) -> dict[str, tuple[int, ...]]:
    """Named sets of hidden states to pool (0 = embeddings, i = after block i), at most MAX_FEATURES features each."""
    many = max(1, min(blocks + 1, MAX_FEATURES // max(1, width)))
    spread = sorted({round(i * blocks / max(1, many - 1)) for i in range(many)} | {blocks})
    thirds = sorted({max(1, round(blocks * k / 3)) for k in (1, 2, 3)})
    sets = {"last": (blocks,), "thirds": tuple(thirds[-many:]), "all": tuple(spread[-many:])}
    return sets if wish == "auto" else {wish: sets[wish]}


def _features(states: np.ndarray, layers: tuple[int, ...]) -> np.ndarray:
    """[rows, blocks + 1, width] -> float32 [rows, len(layers) * width]."""
    import numpy as np

    return states[:, list(layers)].reshape(len(states), -1).astype(np.float32)


def _choose(given: FitInput, states: np.ndarray, y: np.ndarray, blocks: int) -> dict[str, Any]:
    """Layers, then C, then class weights, each by cross-validated macro-F1 on (a sample of) the training rows."""
    import numpy as np

    from tlcore.engine.linear import cross_validate

    settings: Settings = given.settings
    sets = layer_choices(blocks, states.shape[2], settings.layers)
    rows = _rows_to_choose_on(y, given.plan.seed)
    if not len(rows):
        given.emit("note", level="warning", text="Too few rows a class to try settings on: cautious ones are used.")
        layers, balanced = sets.get("thirds") or next(iter(sets.values())), settings.class_weight == "balanced"
        return {"layers": layers, "C": settings.C or C_WHILE_CHOOSING_LAYERS, "balanced": balanced,
                "cross_validated_macro_f1": None}  # fmt: skip
    states, y = states[rows], y[rows]
    counts = np.unique(y, return_counts=True)[1]
    folds = int(max(2, min(settings.folds, counts.max())))

    def scores(layers: tuple[int, ...], Cs: tuple[float, ...], balanced: bool) -> list[float]:
        _check_cancel(given)
        x = _features(states, layers)
        return cross_validate(settings.head, x, y, Cs, balanced, folds, given.plan.seed)

    balanced = settings.class_weight == "balanced"
    tried: dict[str, float] = {}
    for done, (name, layers) in enumerate(sets.items()):
        if tried and given.stop_wish():
            break
        tried[name] = scores(layers, (settings.C or C_WHILE_CHOOSING_LAYERS,), balanced)[0]
        given.emit("progress", done=done + 1, total=len(sets) + 2, unit="settings")
    best = max(tried, key=lambda name: tried[name])
    given.emit("choice", what="layers", chosen=list(sets[best]),
               tried=[{"name": n, "layers": list(sets[n]), "macro_f1": round(s, 4)} for n, s in tried.items()])  # fmt: skip

    Cs = (settings.C,) if settings.C else C_GRID if not given.stop_wish() else (C_WHILE_CHOOSING_LAYERS,)
    by_C = dict(zip(Cs, scores(sets[best], Cs, balanced) if len(Cs) > 1 else [tried[best]], strict=True))
    C = max(by_C, key=lambda c: (round(by_C[c], 3), -c))  # of equals, the more cautious
    given.emit("choice", what="C", chosen=C, tried=[{"C": c, "macro_f1": round(s, 4)} for c, s in by_C.items()])
    given.emit("progress", done=len(sets) + 1, total=len(sets) + 2, unit="settings")
    if (
        settings.class_weight == "auto"
        and not given.stop_wish()
        and counts.max() >= IMBALANCE_TO_TRY_WEIGHTS * counts.min()
    ):
        weighted = scores(sets[best], (C,), True)[0]
        balanced = weighted > by_C[C]
        given.emit("choice", what="class weights", chosen="balanced" if balanced else "none",
                   tried=[{"name": "none", "macro_f1": round(by_C[C], 4)}, {"name": "balanced", "macro_f1": round(weighted, 4)}])  # fmt: skip
    given.emit("progress", done=len(sets) + 2, total=len(sets) + 2, unit="settings")
    return {"layers": sets[best], "C": C, "balanced": balanced, "cross_validated_macro_f1": round(by_C[C], 4)}


def _check_cancel(given: FitInput) -> None:
    """Only a cancel ends it here: "keep the best" means going on to the last fit with what was chosen so far."""
    if given.stop_wish() == "cancel":
        given.check_stop()


def _rows_to_choose_on(y: np.ndarray, seed: int) -> np.ndarray:
    """Indices of a sample in which each class has two rows or more; none where that leaves fewer than two classes."""
    import numpy as np

    rows = _stratified_sample(y, ROWS_TO_CHOOSE_ON, seed)
    classes, counts = np.unique(y[rows], return_counts=True)
    rows = rows[np.isin(y[rows], classes[counts > 1])]
    return rows if (counts > 1).sum() > 1 else rows[:0]


def _stratified_sample(y: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Indices of at most `size` rows, each class by its share and at least one."""
    import numpy as np

    if len(y) <= size:
        return np.arange(len(y))
    rng = np.random.default_rng(seed)
    parts = []
    for label in np.unique(y):
        of_class = np.flatnonzero(y == label)
        parts.append(rng.permutation(of_class)[: max(1, round(size * len(of_class) / len(y)))])
    return np.sort(np.concatenate(parts))


def _curve(
    given: FitInput, x: np.ndarray, y: np.ndarray, vx: np.ndarray, vy: np.ndarray, chosen: dict[str, Any]
) -> np.ndarray:
    """Macro-F1 on the validation rows as the number of labels grows.

    Returns the probabilities of the validation rows [rows, classes] by the last model, which has not seen them.
    """
    import numpy as np
    from sklearn.metrics import f1_score

    from tlcore.engine.linear import fit_head, to_head
    from tlcore.predict.predictor import linear_probabilities

    order = np.random.default_rng(given.plan.seed).permutation(len(y))
    least = max(10, 2 * len(given.labels))
    sizes = sorted({n for share in CURVE_SHARES if (n := round(share * len(y))) >= least} | {len(y)})
    probabilities = np.zeros((0, len(given.labels)), dtype=np.float32)
    if given.stop_wish():
        sizes = sizes[-1:]
    for done, size in enumerate(sizes):
        _check_cancel(given)
        rows = order[:size]
        if len(np.unique(y[rows])) > 1:
            pipeline = fit_head(given.settings.head, x[rows], y[rows], chosen["C"], chosen["balanced"], given.plan.seed)
            probabilities = linear_probabilities(to_head(pipeline, len(given.labels)).tensors(), vx)
            macro_f1 = float(f1_score(vy, probabilities.argmax(1), average="macro")) if len(vy) else None
            given.emit("curve", labels=int(size), macro_f1=macro_f1 and round(macro_f1, 4))
        given.emit("progress", done=done + 1, total=len(sizes), unit="sizes")
    return probabilities
