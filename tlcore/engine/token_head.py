"""A head on every token that already fits the frozen model: where fine-tuning begins, and all there is with frozen features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tlcore.engine.beside import side_by_side
from tlcore.engine.linear import fit_head, to_head
from tlcore.engine.precision import autocast, device, say_precision, set_threads
from tlcore.engine.token_rows import TokenClassifier, TokenRows
from tlcore.engine.tokens import by_length, pad, pad_id_of
from tlcore.models.saved import Fitted, Head
from tlcore.strategies.reading import Reading, check_cancel, layer_choices

if TYPE_CHECKING:
    from tlcore.strategies.base import FitInput, Strategy

MOST_TOKENS = 24_000
"""Labelled tokens that a head is taught on; more change the third digit and take minutes."""
HELD_BACK = 0.25
"""Of the windows, to compare readings on."""
C = 0.03
TOKENS_PER_BATCH = 4096


def head_first(given: FitInput, encoder: Any, train: TokenRows) -> tuple[TokenClassifier, Reading]:
    """As strategies.head_first, with a head on every token (Kumar et al. 2022, 2202.10054). It reads the last layer alone: those
    below it learn too."""
    from transformers import set_seed

    from tlcore.engine.heads import load_head, save_head

    kept = load_head(given.work_folder)
    if kept is None:
        given.phase("encode", "Reading your texts with the language model")
        wish = "last" if given.settings.layers == "auto" else given.settings.layers
        head, reading = _taught(given, encoder, train, wish)
        kept = head, vars(reading)
        save_head(given.work_folder, *kept)
    head, about = kept
    reading = Reading(**{**about, "layers": tuple(about["layers"])})
    set_seed(given.plan.seed)  # whatever was or was not computed before, training begins with the same random numbers
    return TokenClassifier(encoder, head, reading.layers, given.settings.dropout, None, given.objective), reading


def fit_frozen(strategy: Strategy, given: FitInput) -> Fitted:
    """The base model stays as it is; the head is all that is learned."""
    from tlcore.engine.training import predict_rows
    from tlcore.models.adapter_files import Added
    from tlcore.models.load import load_encoder, longest_input

    set_threads()
    say_precision(given.emit)
    given.phase("encode", "Reading your texts with the language model")
    encoder = load_encoder(given.base_folder)
    blocks = int(encoder.config.num_hidden_layers)
    given.emit("blocks", blocks=[vars(block) for block in strategy.blocks(blocks)])
    length = min(given.settings.max_length, longest_input(encoder.config))
    objective: Any = given.objective
    train = objective.rows(given.base_folder, given.train_texts, given.train_y, length)
    validation = objective.rows(given.base_folder, given.validation_texts, given.validation_y, length)
    head, reading = _taught(given, encoder, train, given.settings.layers)
    given.phase("fit", "Trying it on the validation rows")
    model = TokenClassifier(encoder.to(device()), head, reading.layers, 0.0, None, objective)
    logits = predict_rows(model, validation) if len(validation) else []
    if len(validation):
        given.emit(
            "curve",
            labels=len(given.train_texts),
            **objective.told(objective.metrics(logits, validation.y)["entity_f1"]),
        )
    size = head.weight.size + head.bias.size
    total = sum(p.numel() for p in encoder.parameters()) + size
    return Fitted(
        encoder.to("cpu"), given.base_folder, reading.layers, head, length, None, size, total, reading.said(given),
        added=Added(), per_token=True, answer=objective.how(),
        validation_answers=objective.answers(given.validation_texts, validation, logits),
    )  # fmt: skip


def _taught(given: FitInput, encoder: Any, train: TokenRows, wish: str) -> tuple[Head, Reading]:
    """A head on what the frozen model says of the labelled tokens, and which layers it had better read."""
    sets = layer_choices(int(encoder.config.num_hidden_layers), int(encoder.config.hidden_size), wish)
    some = _some_windows(train, given.plan.seed)
    layers = sorted({layer for chosen in sets.values() for layer in chosen})
    states, y, of = token_states(given, encoder, train, some, layers)
    beside = _beside(train, some)
    given.phase("head", "Teaching the classifier first")
    scores = dict.fromkeys(sets, 0.0) if len(sets) == 1 else {}
    for name, chosen in sets.items() if len(sets) > 1 else ():
        check_cancel(given)
        scores[name] = _held_back(given, _columns(states, layers, chosen, beside), y, of)
        given.emit("progress", done=len(scores), total=len(sets) + 1, unit="settings")
    best = max(scores, key=lambda name: scores[name])
    told = given.objective.told
    if len(sets) > 1:
        tried = [{"name": name, "layers": list(sets[name]), **told(scores[name])} for name in scores]
        given.emit("choice", what="layers", chosen=list(sets[best]), tried=tried)
    x = _columns(states, layers, sets[best], beside)
    head = to_head(fit_head("logistic", x, y, C, False, given.plan.seed), len(given.objective.tags))  # type: ignore[attr-defined]
    return head, Reading(sets[best], C, False, round(scores[best], 4) if len(sets) > 1 else None)


def _some_windows(train: TokenRows, seed: int) -> list[int]:
    """Windows drawn until MOST_TOKENS labelled tokens are among them."""
    labelled = [sum(one >= 0 for one in labels) for labels in train.y]
    order = np.random.default_rng(seed).permutation(len(labelled))
    enough = int(np.searchsorted(np.cumsum([labelled[i] for i in order]), MOST_TOKENS)) + 1
    return sorted(int(i) for i in order[:enough])


def token_states(
    given: FitInput, encoder: Any, rows: TokenRows, some: Sequence[int], layers: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the labelled tokens of some windows: float16 [tokens, layers, width], their labels, and which window each is of."""
    place, pad_id = device(), pad_id_of(encoder)
    encoder = encoder.eval().to(place)
    at = [[i for i, one in enumerate(rows.y[row]) if one >= 0] for row in some]
    found: list[np.ndarray] = [np.zeros(0)] * len(some)

    def read(batches: Iterator[list[int]]) -> None:
        with torch.inference_mode(), autocast():
            for batch in batches:
                inputs = {name: t.to(place) for name, t in pad([rows.ids[some[i]] for i in batch], pad_id).items()}
                states = encoder(**inputs, output_hidden_states=True).hidden_states
                for where, i in enumerate(batch):
                    of_row = torch.stack([states[layer][where, at[i]] for layer in layers], dim=1)
                    found[i] = of_row.to("cpu", torch.float16).numpy()

    lengths = [len(rows.ids[row]) for row in some]
    side_by_side(by_length(lengths, TOKENS_PER_BATCH), read, given.check_stop)
    y = np.array([rows.y[row][i] for row, places in zip(some, at, strict=True) for i in places])
    of = np.repeat(np.arange(len(some)), [len(places) for places in at])
    return np.concatenate(found), y, of


def _beside(rows: TokenRows, some: Sequence[int]) -> np.ndarray:
    """float32 [labelled tokens, features]: what the head reads beside the states; no columns where that is nothing."""
    if not rows.beside:
        return np.zeros((sum(one >= 0 for row in some for one in rows.y[row]), 0), dtype=np.float32)
    return np.concatenate([rows.beside[row][np.array(rows.y[row]) >= 0] for row in some])


def _columns(states: np.ndarray, known: Sequence[int], layers: Sequence[int], beside: np.ndarray) -> np.ndarray:
    picked = states[:, [known.index(layer) for layer in layers]]
    return np.concatenate([picked.reshape(len(states), -1).astype(np.float32), beside], axis=1)


def _held_back(given: FitInput, x: np.ndarray, y: np.ndarray, of: np.ndarray) -> float:
    """How good a head on x is on windows that it did not learn from, by the objective's own score."""
    windows = int(of.max()) + 1
    apart = np.random.default_rng(given.plan.seed).random(windows) < HELD_BACK
    inside = ~apart[of]
    objective: Any = given.objective
    if len(np.unique(y[inside])) < 2 or inside.all():
        return 0.0
    head = to_head(fit_head("logistic", x[inside], y[inside], C, False, given.plan.seed), len(objective.tags))
    scores = x[~inside] @ head.weight.T.astype(np.float32) + head.bias.astype(np.float32)
    ends = np.flatnonzero(np.diff(of[~inside])) + 1
    metrics = objective.metrics(np.split(scores, ends), np.split(y[~inside], ends))
    return float(metrics["entity_f1"])
