"""Every weight of the base model moves a little: head first, lower blocks slower, the best round kept."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block, Estimate, FitInput

if TYPE_CHECKING:
    from tlcore.engine.classifier import TextClassifier
    from tlcore.engine.training import Recipe, Rows
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

IMBALANCE_TO_WEIGHT = 3.0
STEPS_WORTH_TAKING = 700
MIN_EPOCHS, MAX_EPOCHS = 3, 10
SMALL_BATCH, BATCH, ROWS_FOR_BATCH = 16, 32, 1_000


@dataclass(frozen=True)
class Settings:
    epochs: int = setting(0, "Rounds over your rows", "0 chooses by the number of rows; training ends earlier if nothing improves.",
                          low=0, high=100, term="epochs")  # fmt: skip
    learning_rate: float = setting(1e-4, "Size of the steps", "Larger learns faster and forgets more of what the model knew.",
                                   low=1e-6, high=5e-3, term="peak learning rate of the top block", advanced=True)  # fmt: skip
    layer_decay: float = setting(0.85, "Caution in lower layers", "Each block learns this much slower than the one above it.",
                                 low=0.3, high=1.0, term="layer-wise learning-rate decay", advanced=True)  # fmt: skip
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


class FullFinetune:
    name = "full_finetune"
    title = "Retrain the whole model on your rows"
    sentence = "Every part of the language model is adjusted a little to your texts, the lower parts more carefully."
    term = "full fine-tuning with layer-wise decayed learning rates"
    when = "Many rows, or texts unlike everyday language, and some minutes to spare."
    Settings = Settings

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        moving = [Block("embeddings", True), *(Block(f"block {i + 1}", True) for i in range(base_blocks))]
        return (*moving, Block("classifier", True))

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Tokens times epochs over the tokens a second that a core moves; constants fitted on a 2-core laptop."""
        batch_size = settings.batch_size or default_batch_size(facts.labelled)
        epochs = settings.epochs or default_epochs(facts.labelled, batch_size)
        tokens = facts.labelled * min(facts.tokens_p50 * 1.15 + 2, settings.max_length) * epochs
        cores = max(1, min(machine.cores, 16))
        rate = 60_000.0 if machine.gpu else 1_150 * cores * (1.0 if machine.bf16 else 0.4)
        seconds = 15 + tokens / rate
        return Estimate(
            0.4 * seconds, 1.6 * seconds, 1_300 + 0.4 * batch_size * min(settings.max_length, facts.tokens_max + 2)
        )

    def fit(self, given: FitInput) -> Fitted:
        from tlcore.engine.precision import device, set_threads
        from tlcore.engine.tokens import tokenize
        from tlcore.engine.training import Rows, finetune, predict_rows
        from tlcore.models.load import load_encoder
        from tlcore.models.saved import Fitted

        settings: Settings = given.settings
        _seed_everything(given.plan.seed)
        set_threads()
        given.phase("encode", "Reading your texts with the language model")
        encoder = load_encoder(given.base_folder)
        blocks = int(encoder.config.num_hidden_layers)
        max_length = min(settings.max_length, int(getattr(encoder.config, "max_position_embeddings", 512) or 512))
        train = Rows(tokenize(given.base_folder, given.train_texts, max_length), list(given.train_y))
        validation = Rows(tokenize(given.base_folder, given.validation_texts, max_length), list(given.validation_y))
        given.emit("blocks", blocks=[vars(Block(b.name, b.name == "classifier")) for b in self.blocks(blocks)])
        model = _head_first(given, encoder, train).to(device())

        given.phase("finetune", "Adjusting the whole model")
        given.emit("blocks", blocks=[vars(block) for block in self.blocks(blocks)])
        recipe = _recipe(settings, model, len(train), blocks, given.plan.seed)
        hooks = {"emit": given.emit, "check_stop": given.check_stop, "stop_wish": given.stop_wish}
        best = finetune(model, train, validation, recipe, given.work_folder, hooks)
        if len(validation):
            text = f"The best round was number {best.best_epoch:.0f}; its weights are kept."
        else:
            text = "No rows were left to judge the rounds by; the last one is kept."
        given.emit("note", level="info", text=text)
        probabilities = _softmax(predict_rows(model, validation.ids)) if len(validation) else None
        total = sum(p.numel() for p in model.parameters())
        score = round(best.best, 4) if len(validation) else None
        chosen = {"epochs": recipe.epochs, "best_epoch": best.best_epoch, "validation_macro_f1": score}
        return Fitted(
            model.encoder.to("cpu"), given.base_folder, (blocks,), model.head(), max_length, best.best_epoch,
            sum(p.numel() for p in model.parameters() if p.requires_grad), total, chosen, None, probabilities,
        )  # fmt: skip


def default_batch_size(rows: int) -> int:
    """Few rows make few steps: a smaller batch makes more of them."""
    return SMALL_BATCH if rows < ROWS_FOR_BATCH else BATCH


def default_epochs(rows: int, batch_size: int) -> int:
    """Enough rounds for about STEPS_WORTH_TAKING steps; early stopping ends most runs before."""
    return max(MIN_EPOCHS, min(MAX_EPOCHS, math.ceil(STEPS_WORTH_TAKING * batch_size / max(1, rows))))


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


def _recipe(settings: Settings, model: TextClassifier, rows: int, blocks: int, seed: int) -> Recipe:
    from tlcore.engine.classifier import learning_rate_groups
    from tlcore.engine.training import Recipe

    groups = learning_rate_groups(
        model, blocks, settings.learning_rate, settings.layer_decay, settings.head_learning_rate, settings.weight_decay
    )
    batch_size = settings.batch_size or default_batch_size(rows)
    epochs = settings.epochs or default_epochs(rows, batch_size)
    return Recipe(groups, epochs, batch_size, settings.warmup, settings.patience, seed)


def _seed_everything(seed: int) -> None:
    from transformers import set_seed

    set_seed(seed)


def _softmax(logits: Any) -> Any:
    import numpy as np

    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)
