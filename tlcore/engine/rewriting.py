"""Teaching a language model to write: what a strategy says moves, the loss of the answers alone, rounds judged by chrF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from tlcore.engine.loop import Hooks, run_phases
from tlcore.engine.pairs import Pairs
from tlcore.engine.phases import moving_parameters
from tlcore.engine.precision import device, say_precision, set_threads
from tlcore.engine.training import Recipe
from tlcore.engine.watched import Watched
from tlcore.engine.writer import Writer
from tlcore.errors import TlcoreError
from tlcore.models.saved_writer import FittedWriter
from tlcore.models.virtual_tokens import count_of, unhooked
from tlcore.models.writer_base import WriterBase, load_writer
from tlcore.predict.decoding import settings_of, write
from tlcore.predict.prompting import JOIN, Prompter
from tlcore.predict.rewriter import now_and_then
from tlcore.predict.text import PART
from tlcore.strategies.base import FitInput, Strategy
from tlcore.strategies.rounds import batch_size_of
from tlcore.strategies.telling import block_total, kept_round, show_moving

TOKENS_PER_PASS, BYTES_A_TOKEN_AND_WIDTH = 2_048, 200
"""What of a pass stays in memory until its gradients are known: about so many bytes a block, word piece and number of the width."""
ROOM_FOR_ANSWERS, LEAST_ANSWER = 1.5, 16
"""An answer may be so much longer than the longest that was learned from (but for a hundredth of these)."""


def teach(strategy: Strategy, given: FitInput) -> FittedWriter:
    """Raises TlcoreError where this base model cannot be taught so."""
    settings = given.settings
    set_threads()
    say_precision(given.emit)
    base = load_writer(given.base_folder)
    prompter, answer = _prompter(base, given)
    lm = base.lm
    trunk = lm if base.reads_first else lm.base_model
    encoder = _prepared(strategy, base, trunk, settings)
    lm.to(device())
    phases = strategy.phases(settings, block_total(encoder), len(given.train_texts))  # type: ignore[attr-defined]
    model = Writer(
        lm, encoder, prompter.before, any("embeddings" in one.rates and one.part == "weights" for one in phases)
    )
    moved = _moved(model, phases)
    train, validation = _sides(given, prompter, base, answer, model)
    model.checkpointing = _save_memory(given, lm, train, model)
    watched = Watched(model, given, prompter, settings_of(answer))

    given.phase("finetune", "Learning to write")
    recipe = Recipe(
        batch_size_of(settings, len(train)), given.plan.seed, watch="chrf", tokens_per_pass=TOKENS_PER_PASS,
        validate=watched.metrics,
    )  # fmt: skip
    hooks = Hooks(
        given.emit,
        given.check_stop,
        given.stop_wish,
        lambda phase: show_moving(given, encoder, tuple(phase.rates), False),
    )
    best = run_phases(model, (train, validation), phases, recipe, given.work_folder, hooks)  # type: ignore[arg-type]
    given.emit("note", level="info", text=kept_round(best.best_epoch, bool(len(validation))))
    model.eval()
    start = None if base.reads_first else model.start()
    strategy.finish(encoder)  # type: ignore[attr-defined]
    _forget_learned_words(lm, base)
    total = sum(parameter.numel() for parameter in lm.parameters())
    chosen = {"phases": [one.name for one in phases], "best_epoch": best.best_epoch, "moved": moved}
    answer["prompt"] |= {"place": start.place if start else 0, "learned_words": bool(model.virtual)}
    return FittedWriter(
        lm.to("cpu"), start, given.base_folder, answer, _longest(base, settings), best.best_epoch, moved, total, chosen,
        lambda texts, progress: _untuned(given.base_folder, prompter, answer, texts, progress), None,
    )  # fmt: skip


def _prepared(strategy: Strategy, base: WriterBase, trunk: Any, settings: Any) -> Any:
    """The part of the model that is trained, with what the strategy adds."""
    if base.reads_first and strategy.room(settings):  # type: ignore[attr-defined]
        raise TlcoreError(
            "Learned words before the text are for models that only go on with a text, and this base reads it whole first.",
            f"the strategy “{strategy.name}”",
            "Choose lora, top_layers or full_finetune, or another base model.",
        )
    try:
        return strategy.prepare(trunk, settings)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:  # peft's words for layers that it does not know
        raise TlcoreError(
            "The parts that this way of training adds cannot be added to this base model.",
            f"the strategy “{strategy.name}”",
            f"Choose lora or full_finetune, or another base model. ({str(error)[:120]})",
        ) from error


def _moved(model: Writer, phases: Sequence[Any]) -> int:
    """How many weights move. Raises TlcoreError where none would."""
    sizes = {name: p.numel() for phase in phases for name, (_, p) in moving_parameters(model, phase).items()}
    if not sizes:
        raise TlcoreError(
            f"In this base model nothing would learn: its blocks have no {phases[0].part}.",
            "",
            "Choose another way to train in Plan, such as LoRA.",
        )
    return sum(sizes.values())


def _prompter(base: WriterBase, given: FitInput) -> tuple[Prompter, dict[str, Any]]:
    """How texts are asked, and what nudge.json says of it. An instruction that is the same for all is part of the beginning."""
    settings, prompt = given.settings, {**base.prompt, "instruction": given.settings.instruction.strip()}
    varies = any(PART in text for text in given.train_texts)
    if not varies and not base.reads_first and prompt["instruction"]:
        said = base.tokenizer.encode(f"{prompt['instruction']}{JOIN}", add_special_tokens=False).ids
        prompt |= {"before": [*prompt["before"], *said], "bare": True}
    prompter = Prompter(prompt, base.tokenizer, _longest(base, settings))
    answer = {
        "kind": "text", "prompt": prompt, "max_new_tokens": settings.max_new_tokens or _room(prompter, given.train_y, base),
        "num_beams": 1 if settings_virtual(settings) else settings.num_beams, "no_repeat": settings.no_repeat,
    }  # fmt: skip
    return prompter, answer


def settings_virtual(settings: Any) -> bool:
    """Whether learned words stand before the text: beam search of transformers knows none."""
    return hasattr(settings, "virtual_tokens")


def _longest(base: WriterBase, settings: Any) -> int:
    return min(settings.max_length, base.longest // 2 - getattr(settings, "virtual_tokens", 0))


def _room(prompter: Prompter, targets: Sequence[str], base: WriterBase) -> int:
    """Word pieces that an answer may have: more than nearly all that were seen."""
    lengths = sorted(len(one) for one in prompter.answer_ids(list(targets), base.longest))
    seen = lengths[int(0.99 * (len(lengths) - 1))] if lengths else LEAST_ANSWER
    return int(min(base.longest // 2, max(LEAST_ANSWER, ROOM_FOR_ANSWERS * seen)))


def _sides(
    given: FitInput, prompter: Prompter, base: WriterBase, answer: dict[str, Any], model: Writer
) -> tuple[Pairs, Pairs]:
    most = answer["max_new_tokens"]
    packs = not base.reads_first and getattr(base.lm.config, "_attn_implementation", "") == "sdpa"
    sides = (given.train_texts, given.train_y), (given.validation_texts, given.validation_y)
    train, validation = (
        Pairs(prompter.ids(list(texts)), prompter.answer_ids(list(y), most), base.reads_first, packs)
        for texts, y in sides
    )
    cut = sum(len(one) > most for one in train.answers)
    if cut:
        text = f"{cut:,} right texts are longer than {most} word pieces: only their beginning is learned."
        given.emit("note", level="warning", text=text)
    return train, validation


def _save_memory(given: FitInput, lm: Any, train: Pairs, model: Writer) -> bool:
    """Whether states are forgotten and computed again where they are needed, which takes a third longer and much less memory."""
    wish = given.settings.gradient_checkpointing
    config = lm.config
    tokens = max(TOKENS_PER_PASS, max((len(one) for one in train.ids), default=0))
    needed = tokens * int(config.num_hidden_layers) * int(config.hidden_size) * BYTES_A_TOKEN_AND_WIDTH
    short = needed > 0.5 * psutil.virtual_memory().available
    if wish == "no" or model.virtual or (wish == "auto" and not short) or not lm.supports_gradient_checkpointing:
        return False
    lm.gradient_checkpointing_enable({"use_reentrant": False})
    if model.reads_first:
        lm.config.use_cache = False
    train.packs = False
    given.emit("note", level="info", text="Memory is saved: states are computed twice (gradient checkpointing).")
    return True


def _forget_learned_words(lm: Any, base: WriterBase) -> None:
    """What learned words say is in the kept beginning: the model that is kept is one like any other."""
    if base.reads_first or not count_of(lm.base_model):
        return
    context = unhooked(lm.base_model)
    context.__enter__()  # for good
    for name, _ in [one for one in lm.base_model.named_parameters() if one[0].endswith("virtual_tokens")]:
        owner, _, last = name.rpartition(".")
        delattr(lm.base_model.get_submodule(owner), last)
    del lm.config.virtual_tokens


def _untuned(
    folder: Path, prompter: Prompter, answer: dict[str, Any], texts: Sequence[str], progress: Callable[[int, int], None]
) -> list[str]:
    """What the base model answers as it came, asked in the same words."""
    base = load_writer(folder)
    base.lm.to(device())
    start = None if base.reads_first else Writer(base.lm, base.lm.base_model, prompter.before).eval().start()
    distinct = sorted(set(texts))
    rule = replace(settings_of(answer), beams=1)
    found = write(base.lm, start, prompter.ids(distinct), rule, now_and_then(progress, len(distinct)))
    known = {text: prompter.words(ids) for text, ids in zip(distinct, found, strict=True)}
    return [known[text] for text in texts]
