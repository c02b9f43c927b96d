"""What the strategies that train the network share: settings, the head first, the phases, the report of what moved."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block, Estimate, FitInput

if TYPE_CHECKING:
    from tlcore.engine.classifier import TextClassifier
    from tlcore.engine.phases import Phase
    from tlcore.engine.training import Rows
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

IMBALANCE_TO_WEIGHT = 3.0
STEPS_WORTH_TAKING = 700
MIN_EPOCHS, MAX_EPOCHS = 3, 10
SMALL_BATCH, BATCH, ROWS_FOR_BATCH = 16, 32, 1_000


@dataclass(frozen=True)
class TuningSettings:
    """Settings of every strategy that trains the network; each strategy gives `learning_rate` its own default."""

    epochs: int = setting(0, "Rounds over your rows", "0 chooses by the number of rows; training ends earlier if nothing improves.",
                          low=0, high=100, term="epochs")  # fmt: skip
    learning_rate: float = setting(1e-4, "Size of the steps", "Larger learns faster and forgets more of what the model knew.",
                                   low=1e-6, high=5e-3, term="peak learning rate of the top block", advanced=True)  # fmt: skip
    head_learning_rate: float = setting(1e-3, "Size of the classifier's steps", "The classifier on top may move faster.",
                                        low=1e-6, high=1e-1, term="head learning rate", advanced=True)  # fmt: skip
    batch_size: int = setting(0, "Texts per step", "More is steadier and needs more memory. 0 chooses by the number of rows.",
                              low=0, high=256, unit="texts", term="batch size", advanced=True)  # fmt: skip
    patience: int = setting(3, "Patience", "Training stops after this many rounds without a better score.", low=1, high=20,
                            unit="rounds", term="early stopping on validation macro-F1")  # fmt: skip
    warmup: float = setting(0.1, "Gentle start", "The share of steps over which the step size grows from zero.", low=0.0,
                            high=0.5, term="warm-up", advanced=True)  # fmt: skip
    weight_decay: float = setting(0.01, "Pull towards small weights", "Keeps weights from growing.", low=0.0, high=0.3,
                                  term="weight decay", advanced=True)  # fmt: skip
    dropout: float = setting(0.1, "Forgetting on purpose", "Hides parts of the features while training, so that none is relied on alone.",
                             low=0.0, high=0.6, term="dropout before the head", advanced=True)  # fmt: skip
    class_weight: str = setting("auto", "Care for rare classes", "Balanced makes a rare class count as much as a common one.",
                                choices=("auto", "none", "balanced"), term="class weights", advanced=True)  # fmt: skip
    max_length: int = setting(256, "Longest text read", "Longer texts are cut off here.", unit="word pieces", low=8, high=512,
                              advanced=True)  # fmt: skip


class Tuning:
    """Head first on the frozen model, then `phases`. A strategy says its phases, and what it adds to the model, if anything."""

    name: str
    job_phases: tuple[str, ...] = ("encode", "head", "finetune")
    cost = 1.0
    """Seconds a token against full fine-tuning."""

    def phases(self, settings: Any, blocks: int, rows: int) -> list[Phase]:
        """What moves, how fast and for how long; `blocks` of the model, `rows` to learn from."""
        raise NotImplementedError

    def prepare(self, encoder: Any, settings: Any) -> Any:
        """The encoder as it is trained: with adapters, say."""
        return encoder

    def finish(self, encoder: Any) -> Any:
        """The encoder as it is kept: adapters merged into the weights."""
        return encoder

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Tokens times epochs over the tokens a second that a core moves; constants fitted on a 2-core laptop."""
        batch_size = batch_size_of(settings, facts.labelled)
        epochs = settings.epochs or default_epochs(facts.labelled, batch_size)
        tokens = facts.labelled * min(facts.tokens_p50 * 1.15 + 2, settings.max_length) * epochs
        cores = max(1, min(machine.cores, 16))
        rate = 60_000.0 if machine.gpu else 1_150 * cores * (1.0 if machine.bf16 else 0.4)
        seconds = 15 + self.cost * tokens / rate
        memory = 1_300 + 0.4 * self.cost * batch_size * min(settings.max_length, facts.tokens_max + 2)
        return Estimate(0.4 * seconds, 1.6 * seconds, memory)

    def fit(self, given: FitInput) -> Fitted:
        from transformers import set_seed

        from tlcore.engine.precision import device, set_threads
        from tlcore.engine.tokens import tokenize
        from tlcore.engine.training import Hooks, Recipe, Rows, predict_rows, run_phases
        from tlcore.models.load import load_encoder

        settings = given.settings
        set_seed(given.plan.seed)
        set_threads()
        given.phase("encode", "Reading your texts with the language model")
        encoder = load_encoder(given.base_folder)
        length = min(settings.max_length, int(getattr(encoder.config, "max_position_embeddings", 512) or 512))
        train = Rows(tokenize(given.base_folder, given.train_texts, length), list(given.train_y))
        validation = Rows(tokenize(given.base_folder, given.validation_texts, length), list(given.validation_y))
        show_moving(given, encoder, ("head",))
        model = _head_first(given, encoder, train).to(device())
        model.encoder = self.prepare(model.encoder, settings)

        given.phase("finetune", "Adjusting the model")
        blocks = block_total(encoder)
        phases = self.phases(settings, blocks, len(train))
        hooks = Hooks(given.emit, given.check_stop, given.stop_wish, lambda phase: _begin(given, encoder, phase))
        recipe = Recipe(batch_size_of(settings, len(train)), given.plan.seed)
        best = run_phases(model, (train, validation), phases, recipe, given.work_folder, hooks)
        chosen = {"phases": [phase.name for phase in phases], **_moved(given, model, phases),
                  "best_epoch": best.best_epoch, "validation_macro_f1": round(best.best, 4) if len(validation) else None}  # fmt: skip
        given.emit("note", level="info", text=_kept(best.best_epoch, bool(len(validation))))
        probabilities = _softmax(predict_rows(model, validation.ids)) if len(validation) else None
        return self._fitted(given, model, length, chosen, probabilities)

    def _fitted(
        self, given: FitInput, model: TextClassifier, length: int, chosen: dict[str, Any], probabilities: Any
    ) -> Fitted:
        from tlcore.models.saved import Fitted

        encoder = self.finish(model.encoder).to("cpu")
        head = model.head()
        size = head.weight.size + head.bias.size
        total = sum(p.numel() for p in encoder.parameters()) + size
        return Fitted(
            encoder, given.base_folder, (int(encoder.config.num_hidden_layers),), head, length, chosen["best_epoch"],
            chosen["moved"] + size, total, chosen, None, probabilities,
        )  # fmt: skip


def in_all_blocks(settings: Any, blocks: int, rows: int, part: str, title: str) -> list[Phase]:
    """One phase in which `part` of every block moves, all at one rate, and the head."""
    from tlcore.engine.groups import block_name
    from tlcore.engine.phases import Phase, discriminative_rates

    groups = [block_name(i + 1) for i in range(blocks)]
    rates = discriminative_rates(groups, settings.learning_rate, 1.0, settings.head_learning_rate)
    return [
        Phase(
            part,
            title,
            rates,
            epochs_of(settings, rows),
            settings.patience,
            settings.warmup,
            settings.weight_decay,
            part,
        )
    ]


def pictured(blocks: int, moving: Sequence[str]) -> tuple[Block, ...]:
    """The parts of a model, input side first, and which of them are among the layer groups that move."""
    names = ["embeddings", *(f"block {i + 1}" for i in range(blocks))]
    return (*(Block(name, name in moving) for name in names), Block("classifier", True))


def block_total(encoder: Any) -> int:
    from tlcore.engine.groups import blocks_of

    return len(blocks_of(encoder)[1])


def show_moving(given: FitInput, encoder: Any, groups: Sequence[str]) -> None:
    given.emit("blocks", blocks=[vars(block) for block in pictured(block_total(encoder), groups)])


def _begin(given: FitInput, encoder: Any, phase: Phase) -> None:
    given.emit("note", level="info", text=f"{phase.title}.")
    show_moving(given, encoder, tuple(phase.rates))


def _moved(given: FitInput, model: TextClassifier, phases: Sequence[Phase]) -> dict[str, Any]:
    """How many weights moved, the head apart: printed, for it is what these strategies differ in."""
    from tlcore.engine.groups import HEAD
    from tlcore.engine.phases import moving_parameters

    sizes = {
        name: parameter.numel()
        for phase in phases
        for name, (group, parameter) in moving_parameters(model, phase).items()
        if group != HEAD
    }
    moved, total = sum(sizes.values()), sum(p.numel() for p in model.encoder.parameters())
    share = moved / max(1, total)
    given.emit(
        "note",
        level="info",
        text=f"{moved:,} of the model's {total:,} weights moved ({share:.2%}), the classifier apart.",
    )
    return {"moved": moved, "moved_share": round(share, 5)}


def _kept(best_epoch: float, judged: bool) -> str:
    if judged:
        return f"The best round was number {best_epoch:.0f}; its weights are kept."
    return "No rows were left to judge the rounds by; the last one is kept."


def batch_size_of(settings: Any, rows: int) -> int:
    return settings.batch_size or default_batch_size(rows)


def default_batch_size(rows: int) -> int:
    """Few rows make few steps: a smaller batch makes more of them."""
    return SMALL_BATCH if rows < ROWS_FOR_BATCH else BATCH


def default_epochs(rows: int, batch_size: int) -> int:
    """Enough rounds for about STEPS_WORTH_TAKING steps; early stopping ends most runs before."""
    return max(MIN_EPOCHS, min(MAX_EPOCHS, math.ceil(STEPS_WORTH_TAKING * batch_size / max(1, rows))))


def epochs_of(settings: Any, rows: int) -> int:
    return settings.epochs or default_epochs(rows, batch_size_of(settings, rows))


def _head_first(given: FitInput, encoder: Any, train: Rows) -> TextClassifier:
    """A head that already fits the frozen model, so that the first steps do not tear it apart (Kumar et al. 2022, 2202.10054)."""
    import numpy as np

    from tlcore.engine.classifier import TextClassifier
    from tlcore.engine.encode import pooled_states
    from tlcore.engine.linear import standardised_head

    states = pooled_states(encoder, train.ids, given.emit, given.check_stop)[:, -1].astype(np.float32)
    given.phase("head", "Teaching the classifier first")
    head = standardised_head(states, np.array(train.y), len(given.labels))
    return TextClassifier(encoder, head, given.settings.dropout, _class_weights(given))


def _class_weights(given: FitInput) -> Any:
    """Inverse frequency, mean 1 over the rows; None where classes are even enough or the user said no."""
    import torch

    counts = Counter(given.train_y)
    uneven = max(counts.values()) >= IMBALANCE_TO_WEIGHT * min(counts.values())
    wish = given.settings.class_weight
    if wish == "none" or (wish == "auto" and not uneven):
        return None
    # The square root tempers the weights: full inverse frequency trades much precision for little recall.
    power = 1.0 if wish == "balanced" else 0.5
    raw = [
        (len(given.train_y) / (len(counts) * counts[c])) ** power if counts[c] else 0.0
        for c in range(len(given.labels))
    ]
    mean = sum(raw[y] for y in given.train_y) / len(given.train_y)
    return torch.tensor([weight / mean for weight in raw], dtype=torch.float32)


def _softmax(logits: Any) -> Any:
    import numpy as np

    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)
