"""Fine-tuning begins with a head that already fits the frozen model, chosen as frozen features choose theirs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tlcore.strategies.base import FitInput
from tlcore.strategies.reading import Reading, features, read_and_choose

if TYPE_CHECKING:
    from tlcore.engine.classifier import TextClassifier
    from tlcore.engine.training import Rows
    from tlcore.models.saved import Head

IMBALANCE_TO_WEIGHT = 3.0


def head_first(given: FitInput, encoder: Any, train: Rows) -> tuple[TextClassifier, Reading]:
    """A head that already fits the frozen model, so that the first steps do not tear it apart (Kumar et al. 2022, 2202.10054).

    What it reads and how freely it learns is chosen as for frozen features: fine-tuning begins where these end. It is kept
    in the work folder: a training that goes on has it already.
    """
    from transformers import set_seed

    from tlcore.engine.classifier import TextClassifier
    from tlcore.engine.heads import load_head, save_head

    kept = load_head(given.work_folder)
    if kept is None:
        kept = _teach_head(given, encoder, train)
        save_head(given.work_folder, *kept)
    head, about = kept
    reading = Reading(**{**about, "layers": tuple(about["layers"])})
    set_seed(given.plan.seed)  # whatever was or was not computed before, training begins with the same random numbers
    weights = class_weights(given, reading)
    return TextClassifier(encoder, head, reading.layers, given.settings.dropout, weights, given.objective), reading


def _teach_head(given: FitInput, encoder: Any, train: Rows) -> tuple[Head, dict[str, Any]]:
    import numpy as np

    states, reading = read_and_choose(given, encoder, train.ids, train.y, ("head", "Teaching the classifier first"))
    y = np.array(train.y)
    x = features(states, reading.layers)
    head = given.objective.head(given.objective.fit("logistic", x, y, reading.C, reading.balanced, given.plan.seed))
    return head, vars(reading)


def class_weights(given: FitInput, reading: Reading) -> Any:
    """Inverse frequency, mean 1 over the rows; None where classes are even enough, the user said no, or there are no classes."""
    import torch

    if not given.objective.weighs_classes:
        return None
    counts = Counter(given.train_y)
    uneven = max(counts.values()) >= IMBALANCE_TO_WEIGHT * min(counts.values())
    wish = given.settings.class_weight
    if wish == "none" or (wish == "auto" and not uneven):
        return None
    # The square root tempers the weights: full inverse frequency trades much precision for little recall, unless
    # cross-validation of the head found it better.
    power = 1.0 if wish == "balanced" or reading.balanced else 0.5
    raw = [
        (len(given.train_y) / (len(counts) * counts[c])) ** power if counts[c] else 0.0
        for c in range(len(given.labels))
    ]
    mean = sum(raw[y] for y in given.train_y) / len(given.train_y)
    return torch.tensor([weight / mean for weight in raw], dtype=torch.float32)
