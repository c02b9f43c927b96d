"""Domain-adaptive pretraining: the head first, then the whole model, judged after each round by the perplexity of held-out texts.

Gururangan et al. 2020 (arXiv 2004.10964).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tlcore.engine.callbacks import KeepBest
from tlcore.engine.forgetting import Geometry
from tlcore.engine.groups import EMBEDDINGS, TOP, block_name, blocks_of
from tlcore.engine.loop import Hooks, run_phases
from tlcore.engine.mlm import HELD_OUT_ROUND, TOKENS_PER_PASS, Asked, Rounds, WordGuesser, held_out_metrics, perplexity
from tlcore.engine.mlm_head import fit_head, load_word_head, save_word_head, start_head
from tlcore.engine.phases import Phase, discriminative_rates, moving_parameters
from tlcore.engine.precision import device
from tlcore.engine.quicken import quickened
from tlcore.engine.training import Recipe
from tlcore.engine.whole_words import Piece, masking_of
from tlcore.files import read_json, write_json
from tlcore.models.language_model import CAUSAL

BEFORE = "before.json"


@dataclass(frozen=True)
class Adapt:
    """How to read: rates are peak learning rates; share: of the tokens that are hidden (nothing to a decoder)."""

    epochs: int
    learning_rate: float
    layer_decay: float
    batch_size: int
    patience: int
    warmup: float
    weight_decay: float
    share: float
    seed: int


@dataclass(frozen=True)
class Adapted:
    """Perplexity on the held-out texts before and after, the round that was kept, how much of the rest it still sees as before."""

    before: float
    after: float
    rounds: float
    similarity: float


def adapt(
    guesser: WordGuesser, trained: bool, base: Path, pieces: tuple[list[Piece], list[Piece]], how: Adapt, work: Path, hooks: Hooks,
    phase: Callable[[str, str], None],
) -> Adapted:  # fmt: skip
    """Teach the model in place to guess words in `pieces` (to read, held out). trained: its head came with the weights.

    Goes on from what it left in `work`. Raises StopRequested on cancel or pause, TlcoreError if the loss breaks.
    """
    work.mkdir(parents=True, exist_ok=True)
    guesser.to(device())
    masking = None if guesser.objective == CAUSAL else masking_of(base, how.share)
    reading = Asked(pieces[0], masking, how.seed)
    held_out = Asked(pieces[1], masking, how.seed, HELD_OUT_ROUND)
    before = _head_first(guesser, trained, (reading, held_out), work, hooks, phase)
    phase("mlm", "Reading your texts and guessing the words in them")
    hooks.begin(plan := _phase(guesser, how))
    emit = told(hooks.emit)
    emit("eval", step=0, epoch=0, perplexity=before, best=True, patience_left=how.patience)
    geometry = Geometry(guesser.encoder, base)
    guard = Rounds(reading, lambda: geometry.similarity(guesser.encoder), hooks.emit)
    with quickened(guesser, None) as parts:
        recipe = Recipe(
            how.batch_size, how.seed, tokens_per_pass=TOKENS_PER_PASS[masking is None], watch="likelihood", parts=parts,
            validate=held_out_metrics,
        )  # fmt: skip
        best: KeepBest = run_phases(
            guesser, (reading, held_out), [plan], recipe, work, replace(hooks, emit=emit, begin=lambda _: None), guard  # type: ignore[arg-type]
        )  # fmt: skip
    after = perplexity(best.lowest_loss)
    return Adapted(round(before, 2), round(after, 2), best.best_epoch, round(geometry.similarity(guesser.encoder), 4))


def _head_first(
    guesser: WordGuesser, trained: bool, sides: tuple[Asked, Asked], work: Path, hooks: Hooks,
    phase: Callable[[str, str], None],
) -> float:  # fmt: skip
    """Perplexity on the held-out texts of the model as it came, with a head that fits it; the head is in the model then."""
    kept = read_json(work / BEFORE, {}) or {}
    if kept and (trained or load_word_head(guesser, work)):
        return float(kept["perplexity"])
    phase("mlm_head", "Teaching the part that guesses words, the model as it is")
    if not trained:
        import torch

        torch.manual_seed(sides[0].seed)
        start_head(guesser, sides[0])
        fit_head(guesser, *sides, hooks.emit, hooks.check_stop)
        save_word_head(guesser, work)
    hooks.check_stop()
    found = perplexity(held_out_metrics(guesser, sides[1])["eval_loss"] or 0.0)
    write_json(work / BEFORE, {"perplexity": found})
    return found


def _phase(guesser: WordGuesser, how: Adapt) -> Phase:
    """Everything moves, lower blocks more slowly, the table of words slowest."""
    groups = [EMBEDDINGS, *(block_name(i + 1) for i in range(len(blocks_of(guesser.encoder)[1])))]
    rates = discriminative_rates(groups, how.learning_rate, how.layer_decay, how.learning_rate)
    rates[TOP] = how.learning_rate
    return Phase("mlm", "Reading your texts", rates, how.epochs, how.patience, how.warmup, how.weight_decay)


def moved(guesser: WordGuesser, how: Adapt) -> int:
    """How many weights of the base move."""
    moving = moving_parameters(guesser, _phase(guesser, how))
    return sum(p.numel() for name, (_, p) in moving.items() if name.startswith("encoder."))


def told(emit: Callable[..., None]) -> Callable[..., None]:
    """Steps and rounds of reading under names of their own: their losses are not those of the task that is learned afterwards."""

    def tell(kind: str, **fields: Any) -> None:
        if kind == "step":
            loss = fields.pop("loss")
            emit("read_step", perplexity=None if loss is None else round(perplexity(loss), 2), **fields)
        elif kind == "eval":
            if fields["step"] or fields.get("loss") is None:
                names = ("step", "epoch", "best", "patience_left")
                emit("perplexity", perplexity=round(fields["perplexity"], 2), **{name: fields[name] for name in names})
        else:
            emit(kind, **fields)

    return tell
