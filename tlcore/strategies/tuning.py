"""What the strategies that train the network share: settings, the head first, the phases, the report of what moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.plan import setting
from tlcore.strategies.base import Estimate, FitInput
from tlcore.strategies.head_first import head_first
from tlcore.strategies.rounds import batch_size_of, default_epochs, epochs_of
from tlcore.strategies.telling import begin, block_total, kept_round, moved_weights, show_moving, tell_similarity

if TYPE_CHECKING:
    from tlcore.engine.callbacks import KeepBest
    from tlcore.engine.classifier import TextClassifier
    from tlcore.engine.forgetting import Geometry
    from tlcore.engine.phases import Phase
    from tlcore.engine.training import Rows
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.adapter_files import Added
    from tlcore.models.saved import Fitted


@dataclass(frozen=True)
class TuningSettings:
    """Settings of every strategy that trains the network; each strategy gives `learning_rate` its own default."""

    epochs: int = setting(0, "Rounds over your rows", "0 chooses by the number of rows; training ends earlier if nothing improves.",
                          low=0, high=100, term="epochs")  # fmt: skip
    learning_rate: float = setting(5e-4, "Size of the steps", "Larger learns faster and forgets more of what the model knew.",
                                   low=1e-6, high=1e-3, term="peak learning rate of the top block", advanced=True)  # fmt: skip
    head_learning_rate: float = setting(1e-3, "Size of the classifier's steps", "The classifier on top may move faster.",
                                        low=1e-6, high=1e-2, term="head learning rate", advanced=True)  # fmt: skip
    batch_size: int = setting(0, "Texts per step", "More is steadier and needs more memory. 0 chooses by the number of rows.",
                              low=0, high=256, unit="texts", term="batch size", advanced=True)  # fmt: skip
    watch: str = setting("macro_f1", "What a round is judged by", "Macro-F1: how many answers are right, each class counting the same. "
                         "AUROC: how well it ranks, whatever the threshold; steadier on few rows.",
                         choices=("macro_f1", "auroc"), term="early-stopping metric", advanced=True)  # fmt: skip
    layers: str = setting("auto", "What the classifier reads from the model", "Deeper layers hold meaning, earlier ones spelling "
                          "and grammar. Auto tries each and keeps what works on your rows.",
                          choices=("auto", "last", "thirds", "all"), term="pooled hidden layers", advanced=True)  # fmt: skip
    patience: int = setting(3, "Patience", "Training stops after this many rounds without a better score.", low=1, high=20,
                            unit="rounds", term="early stopping")  # fmt: skip
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

    def room(self, settings: Any) -> int:
        """Tokens of the longest input that what is added takes for itself."""
        return 0

    def added(self, encoder: Any) -> Added | None:
        """What can be kept apart from the base, asked before `finish`; None where too much of it moved."""
        return None

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
        from tlcore.engine.forgetting import Geometry
        from tlcore.engine.precision import device, say_precision, set_threads
        from tlcore.engine.quicken import quickened
        from tlcore.models.load import load_encoder, longest_input

        settings = given.settings
        set_threads()
        say_precision(given.emit)
        encoder = load_encoder(given.base_folder)
        length = min(settings.max_length, longest_input(encoder.config) - self.room(settings))
        sides = token_rows(given, length)
        show_moving(given, encoder, ("head",))
        model, reading = getattr(given.objective, "head_first", head_first)(given, encoder, sides[0])
        geometry = Geometry(encoder.to(device()), given.base_folder)
        model.encoder = self.prepare(encoder, settings)
        model.to(device())

        given.phase("finetune", "Adjusting the model")
        phases = self.phases(settings, block_total(encoder), len(sides[0]))
        moved = _moving(model, phases)
        with quickened(model, _word_pieces(phases, sides, geometry)) as parts:
            chosen, logits = self._adjust(given, model, phases, sides, geometry, parts)
        found = self._fitted(
            given, model, length, {**reading.said(given), **chosen, **moved_weights(given, model, moved)}
        )
        return _with_validation(given, found, sides[1], logits)

    def _adjust(
        self, given: FitInput, model: TextClassifier, phases: Sequence[Phase], sides: tuple[Rows, Rows], geometry: Geometry,
        parts: int,
    ) -> tuple[dict[str, Any], Any]:  # fmt: skip
        """Train, keep the best; what was chosen, and what the head gives for the validation rows if there are any."""
        from tlcore.engine.blending import weights_now
        from tlcore.engine.forgetting import ForgettingGuard
        from tlcore.engine.loop import Hooks, run_phases
        from tlcore.engine.phases import moving_names
        from tlcore.engine.training import Recipe, predict_rows

        settings = given.settings
        train, validation = start_above(given, model, phases, sides)
        hooks = Hooks(given.emit, given.check_stop, given.stop_wish, lambda phase: begin(given, model.encoder, phase))
        recipe = Recipe(
            batch_size_of(settings, len(train)),
            given.plan.seed,
            watch=given.objective.watched(settings.watch),
            parts=parts,
        )
        guard = ForgettingGuard(lambda: _similarity(geometry, model), given.emit)
        start = weights_now(model, moving_names(model, phases))
        best = run_phases(model, (train, validation), phases, recipe, given.work_folder, hooks, guard)
        share = _blended(given, model, start, best, validation)
        logits = predict_rows(model, validation) if len(validation) else None
        if model.cut:
            model.cut.close()
        similarity = geometry.similarity(model.encoder)
        given.emit("note", level="info", text=kept_round(best.best_epoch, bool(len(validation))))
        tell_similarity(given, similarity)
        return {
            "phases": [phase.name for phase in phases], "best_epoch": best.best_epoch, "share_kept": share,
            f"validation_{recipe.watch}": round(best.best, 4) if len(validation) else None,
            "similarity_to_before": round(similarity, 4), "slowed_down": guard.slowed,
        }, logits  # fmt: skip

    def _fitted(self, given: FitInput, model: TextClassifier, length: int, chosen: dict[str, Any]) -> Fitted:
        from tlcore.models.saved import Fitted

        added = self.added(model.encoder)
        encoder = self.finish(model.encoder).to("cpu")
        head = model.head()
        size = head.weight.size + head.bias.size
        total = sum(p.numel() for p in encoder.parameters()) + size
        return Fitted(
            encoder, given.base_folder, model.layers, head, length, chosen["best_epoch"],
            chosen["moved"] + size, total, chosen, None, None, added, per_token=model.per_token,
        )  # fmt: skip


def _with_validation(given: FitInput, found: Fitted, rows: Rows, logits: Any) -> Fitted:
    """With what it says of the validation rows: probabilities, or answers where these are made of many tokens."""
    from dataclasses import replace

    objective: Any = given.objective
    if not found.per_token:
        return replace(found, validation_probabilities=None if logits is None else objective.outputs(logits))
    said = objective.answers(given.validation_texts, rows, logits) if logits is not None else []
    return replace(found, validation_answers=said, answer=objective.how())


def in_all_blocks(settings: Any, blocks: int, rows: int, part: str, title: str) -> list[Phase]:
    """One phase in which `part` of every block moves, all at one rate, and the head."""
    from tlcore.engine.groups import block_name

    return at_one_rate(settings, [block_name(i + 1) for i in range(blocks)], rows, part, title)


def at_one_rate(settings: Any, groups: Sequence[str], rows: int, part: str, title: str) -> list[Phase]:
    """One phase in which `part` of these layer groups moves, all at one rate, and the head."""
    from tlcore.engine.phases import Phase, discriminative_rates

    rates = discriminative_rates(groups, settings.learning_rate, 1.0, settings.head_learning_rate)
    how = (epochs_of(settings, rows), settings.patience, settings.warmup, settings.weight_decay, part)
    return [Phase(part, title, rates, *how)]


def _moving(model: TextClassifier, phases: Sequence[Phase]) -> int:
    """How many weights move, the head apart. Raises TlcoreError where that is none: it would be called what it is not."""
    from tlcore.engine.groups import HEAD
    from tlcore.engine.phases import moving_parameters

    sizes = {
        name: parameter.numel()
        for phase in phases
        for name, (group, parameter) in moving_parameters(model, phase).items()
        if group != HEAD
    }
    if not sizes:
        raise TlcoreError(
            f"In this base model nothing but the classifier would learn: its blocks have no {phases[0].part}.",
            "",
            "Choose another way to train in Plan, such as LoRA, or another base model.",
        )
    return sum(sizes.values())


def _blended(given: FitInput, model: TextClassifier, start: Any, best: KeepBest, validation: Rows) -> float:
    """How much of what was learned is kept: all of it, or a mixture with the model as it came that does better."""
    from tlcore.engine.blending import Blend, blend
    from tlcore.engine.training import validation_metrics

    if not best.learned_epoch or not len(validation):
        return 1.0
    model.load_state_dict(best.learned, strict=False)

    def judge() -> tuple[float, float]:
        if given.stop_wish() == "cancel":
            given.check_stop()
        metrics = validation_metrics(model, validation)
        return metrics[f"eval_{best.watch}"] or 0.0, metrics["eval_loss"] or 0.0

    found = blend(model, start, Blend(1.0, best.learned_best, best.learned_loss), judge)
    if not best.best_epoch and (found.score, -found.loss) <= (
        best.best,
        -best.lowest_loss,
    ):  # no mixture beats the start
        best.restore(model)
        return 1.0
    best.best_epoch = best.learned_epoch
    if found.share < 1:
        text = f"{found.share:.0%} of what was learned is kept, and the rest is as the model came: on the validation rows that does better."
        given.emit("note", level="info", text=text)
        best.best, best.lowest_loss = found.score, found.loss
    return found.share


def token_rows(given: FitInput, length: int) -> tuple[Rows, Rows]:
    """Token ids and labels of the training and of the validation rows."""
    from tlcore.engine.tokens import tokenize
    from tlcore.engine.training import Rows

    sides = (given.train_texts, given.train_y), (given.validation_texts, given.validation_y)
    if own := getattr(given.objective, "rows", None):
        learned, judged = (own(given.base_folder, texts, y, length) for texts, y in sides)
        return learned, judged
    train, validation = (Rows(tokenize(given.base_folder, texts, length), list(y)) for texts, y in sides)
    return train, validation


def _word_pieces(phases: Sequence[Phase], sides: tuple[Rows, Rows], geometry: Geometry) -> set[int] | None:
    """All that the model meets while it trains, if the table of them learns."""
    from tlcore.engine.groups import EMBEDDINGS

    if not any(EMBEDDINGS in phase.rates and phase.part == "weights" for phase in phases):
        return None
    return {piece for ids in (*(rows.ids for rows in sides), geometry.ids) for one in ids for piece in one}


def start_above(
    given: FitInput, model: TextClassifier, phases: Sequence[Phase], sides: tuple[Rows, Rows]
) -> tuple[Rows, Rows]:
    """The rows with what the blocks that never move give for them, computed once; as they are where all move or memory is short."""
    from dataclasses import replace

    from tlcore.engine.cut import MOST_STORED_BYTES, Cut, can_cut, store, stored_bytes
    from tlcore.engine.phases import frozen_below

    at = frozen_below(phases)
    width = int(model.encoder.config.hidden_size)
    if model.per_token and min(model.layers) < at:  # what lies below the cut is kept as means
        return sides
    if stored_bytes([*sides[0].ids, *sides[1].ids], width) > MOST_STORED_BYTES or not can_cut(model.encoder, at):
        return sides
    model.cut = Cut(model.encoder, at)
    train, validation = (
        replace(rows, stored=store(model.encoder, model.cut, rows.ids, model.layers, given.check_stop))
        for rows in sides
    )
    model.cut.open()
    return train, validation


def _similarity(geometry: Geometry, model: TextClassifier) -> float:
    if model.cut is None:
        return geometry.similarity(model.encoder)
    with model.cut.whole():
        return geometry.similarity(model.encoder)
