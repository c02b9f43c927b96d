"""A handful of labels a class: the model learns which texts belong together, then a small classifier is taught on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block, Estimate, FitInput
from tlcore.strategies.reading import Reading, features, read_and_choose
from tlcore.strategies.telling import block_total, moved_weights, pictured, show_moving, tell_similarity
from tlcore.strategies.tuning import token_rows

if TYPE_CHECKING:
    import numpy as np

    from tlcore.engine.contrast import Contrast, Embedder
    from tlcore.engine.phases import Phase
    from tlcore.engine.training import Rows
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

STEPS = 30
MOST_TOKENS_A_STEP = 8_192
"""Padded; all of a batch must be in memory at once, since all of it contrasts."""


@dataclass(frozen=True)
class Settings:
    steps: int = setting(0, "Steps", "How often the model is adjusted. 0 chooses.", low=0, high=5_000, term="training steps")  # fmt: skip
    learning_rate: float = setting(2e-4, "Size of the steps", "Larger learns faster and forgets more of what the model knew.",
                                   low=1e-6, high=1e-3, term="peak learning rate of the top block", advanced=True)  # fmt: skip
    layer_decay: float = setting(0.9, "Slower below", "Each block moves at this share of the one above it.", low=0.1, high=1.0,
                                 term="layer-wise learning rate decay", advanced=True)  # fmt: skip
    batch_size: int = setting(64, "Texts compared at once", "More comparisons a step, and more memory.", low=4, high=256,
                              unit="texts", term="batch size", advanced=True)  # fmt: skip
    temperature: float = setting(0.3, "Care for near misses", "Small: texts that are almost alike but of different classes count most.",
                                 low=0.01, high=1.0, term="temperature of the contrastive loss", advanced=True)  # fmt: skip
    layers: str = setting("auto", "What the classifier reads from the model", "Deeper layers hold meaning, earlier ones spelling "
                          "and grammar. Auto tries each and keeps what works on your rows.",
                          choices=("auto", "last", "thirds", "all"), term="pooled hidden layers", advanced=True)  # fmt: skip
    class_weight: str = setting("auto", "Care for rare classes", "Balanced makes a rare class count as much as a common one.",
                                choices=("auto", "none", "balanced"), term="class weights", advanced=True)  # fmt: skip
    warmup: float = setting(0.1, "Gentle start", "The share of steps over which the step size grows from zero.", low=0.0,
                            high=0.5, term="warm-up", advanced=True)  # fmt: skip
    weight_decay: float = setting(0.01, "Pull towards small weights", "Keeps weights from growing.", low=0.0, high=0.3,
                                  term="weight decay", advanced=True)  # fmt: skip
    max_length: int = setting(256, "Longest text read", "Longer texts are cut off here.", unit="word pieces", low=8, high=512,
                              advanced=True)  # fmt: skip


class FewShot:
    name = "few_shot"
    title = "Compare the few examples with each other"
    sentence = "The language model learns which of your examples belong together and which do not; a small classifier is taught on top."
    term = "contrastive fine-tuning + logistic regression (the idea of SetFit)"
    when = "4 to 64 labelled rows a class, when a small classifier alone is not enough: try both, and believe the interval."
    tasks: tuple[str, ...] = ("classify",)
    Settings = Settings
    job_phases: tuple[str, ...] = ("encode", "choose", "contrast", "fit")

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, [f"block {i + 1}" for i in range(base_blocks)])

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Tokens of all steps over the tokens a second that a core moves, and reading once; constants fitted on a 2-core laptop."""
        length = min(facts.tokens_p50 * 1.15 + 2, settings.max_length)
        rows = min(facts.labelled, settings.batch_size, MOST_TOKENS_A_STEP / max(1.0, length))
        cores = max(1, min(machine.cores, 16))
        rate = 60_000.0 if machine.gpu else 1_700 * cores * (1.0 if machine.bf16 else 0.4)
        seconds = 12 + (settings.steps or STEPS) * rows * length / rate + facts.labelled * length / (4 * rate)
        return Estimate(0.5 * seconds, 1.8 * seconds, 1_200 + 0.35 * rows * length)

    def fit(self, given: FitInput) -> Fitted:
        from tlcore.engine.contrast import Embedder
        from tlcore.engine.forgetting import Geometry
        from tlcore.engine.precision import device, say_precision, set_threads
        from tlcore.models.load import load_encoder, longest_input

        set_threads()
        say_precision(given.emit)
        encoder = load_encoder(given.base_folder)
        length = min(given.settings.max_length, longest_input(encoder.config))
        train, _ = sides = token_rows(given, length)
        show_moving(given, encoder, ("head",))
        # On the model as it came: afterwards it fits these rows too well to tell what a classifier had better read.
        _, reading = read_and_choose(given, encoder, train.ids, train.y, ("choose", "Trying settings on your rows"))
        geometry = Geometry(encoder.to(device()), given.base_folder)

        given.phase("contrast", "Comparing your examples with each other")
        model = Embedder(encoder).to(device())
        chosen = _learn(given, model, train)
        similarity = geometry.similarity(encoder)
        tell_similarity(given, similarity)

        given.phase("fit", "Teaching the classifier with all your rows")
        show_moving(given, encoder, ("head",))
        return _fitted(given, encoder, sides, reading, length, {**chosen, "similarity_to_before": round(similarity, 4)})


def _learn(given: FitInput, model: Embedder, train: Rows) -> dict[str, Any]:
    """Contrast the training rows, in place; what was chosen and how much moved."""
    from tlcore.engine.contrast import learn_by_contrast
    from tlcore.engine.loop import Hooks
    from tlcore.engine.phases import moving_parameters
    from tlcore.engine.quicken import quickened

    phase = _phase(given.settings, block_total(model.encoder))
    show_moving(given, model.encoder, tuple(phase.rates), classifier=False)
    moved = sum(int(parameter.numel()) for _, parameter in moving_parameters(model, phase).values())
    hooks = Hooks(given.emit, given.check_stop, given.stop_wish)
    with quickened(model, None) as parts:
        how = _how(given, train, parts)
        taken = learn_by_contrast(model, train, phase, how, str(given.work_folder), hooks)
    model.eval()
    return {
        "steps": taken, "batch_size": min(how.batch_size, len(train)),
        **moved_weights(given, model, moved),
    }  # fmt: skip


def _phase(settings: Settings, blocks: int) -> Phase:
    from tlcore.engine.groups import HEAD, block_name
    from tlcore.engine.phases import Phase, discriminative_rates

    groups = [block_name(i + 1) for i in range(blocks)]
    rates = discriminative_rates(groups, settings.learning_rate, settings.layer_decay, 0.0)
    del rates[HEAD]
    return Phase("contrast", "Comparing your examples", rates, 1, 1, settings.warmup, settings.weight_decay)


def _how(given: FitInput, train: Rows, parts: int) -> Contrast:
    """Steps and rows a step; fewer rows where texts are so long that a batch of them would not fit."""
    import numpy as np

    from tlcore.engine.contrast import Contrast

    settings: Settings = given.settings
    long = float(np.quantile([len(one) for one in train.ids], 0.9))
    size = int(max(4, min(settings.batch_size, MOST_TOKENS_A_STEP // max(1.0, long))))
    return Contrast(settings.steps or STEPS, size, settings.temperature, given.plan.seed, parts)


def _fitted(
    given: FitInput, encoder: Any, sides: tuple[Rows, Rows], reading: Reading, length: int, chosen: dict[str, Any]
) -> Fitted:
    """A head on what the adjusted model says of all rows; the validation rows are judged by one that has not seen them."""
    import numpy as np

    from tlcore.engine.linear import fit_head, to_head
    from tlcore.models.saved import Fitted
    from tlcore.predict.predictor import linear_probabilities

    (x, y), (held, held_y) = (_read(given, encoder, rows, reading.layers) for rows in sides)
    how = (reading.C, reading.balanced, given.plan.seed)
    validation = None
    if len(held_y):
        judge = to_head(fit_head("logistic", x, y, *how), len(given.labels))
        validation = linear_probabilities(judge.tensors(), held)
    pipeline = fit_head("logistic", np.concatenate([x, held]), np.concatenate([y, held_y]), *how)
    head = to_head(pipeline, len(given.labels))
    size = head.weight.size + head.bias.size
    total = sum(p.numel() for p in encoder.parameters()) + size
    return Fitted(
        encoder.to("cpu"), given.base_folder, reading.layers, head, length, None, chosen["moved"] + size, total,
        {**reading.said(given), **chosen}, pipeline, validation,
    )  # fmt: skip


def _read(given: FitInput, encoder: Any, rows: Rows, layers: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """float32 [rows, len(layers) * width], and the labels."""
    import numpy as np

    from tlcore.engine.encode import pooled_states

    states = pooled_states(encoder, rows.ids, given.emit, given.check_stop)
    return features(states, layers), np.array(rows.y, dtype=int)
