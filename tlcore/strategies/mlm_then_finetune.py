"""The language model reads unlabelled texts of the domain first and guesses words in them; then it is taught as usual."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.plan import setting
from tlcore.strategies.base import Block, Estimate, FitInput, teach
from tlcore.strategies.telling import block_total, pictured, show_moving
from tlcore.strategies.then import given_then, in_one_phase

if TYPE_CHECKING:
    from tlcore.engine.adapt import Adapt, Adapted
    from tlcore.engine.whole_words import Piece
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

TOKENS_WORTH_READING = 1_200_000
"""Texts are read again until about so many tokens have been: ten minutes of a small base on two cores."""
MAX_EPOCHS = 20
FEWEST_TEXTS = 20
HELD_OUT_SHARE, FEWEST_HELD_OUT, MOST_HELD_OUT = 0.06, 8, 300
"""Texts that are not read, for the perplexity."""


@dataclass(frozen=True)
class Settings:
    epochs: int = setting(0, "Rounds over your texts", "0 chooses by how much there is to read; reading ends earlier if nothing improves.",
                          low=0, high=100, term="epochs")  # fmt: skip
    compare: bool = setting(True, "Try it without reading, too", "Trains the same once more on the model as it came, so that you see "
                            "whether reading your texts helped.", term="ablation")  # fmt: skip
    most_texts: int = setting(20_000, "Texts to read, at most", "Of more, some are taken by chance.", low=20, high=2_000_000,
                              unit="texts")  # fmt: skip
    patience: int = setting(2, "Patience", "Reading stops after this many rounds in which guessing got no better.", low=1, high=20,
                            unit="rounds", term="early stopping on held-out perplexity")  # fmt: skip
    share: float = setting(0.15, "Words to guess", "The share of the words that is hidden, whole words at a time.", low=0.05, high=0.5,
                           term="masking rate of whole-word masking", advanced=True)  # fmt: skip
    learning_rate: float = setting(5e-4, "Size of the steps", "Larger learns faster and forgets more of what the model knew.",
                                   low=1e-6, high=2e-3, term="peak learning rate of the top block", advanced=True)  # fmt: skip
    layer_decay: float = setting(0.9, "Caution in lower layers", "Each block learns this much slower than the one above it.",
                                 low=0.3, high=1.0, term="layer-wise learning-rate decay", advanced=True)  # fmt: skip
    batch_size: int = setting(32, "Texts per step", "More is steadier and needs more memory.", low=2, high=512, unit="texts",
                              term="batch size", advanced=True)  # fmt: skip
    warmup: float = setting(0.1, "Gentle start", "The share of steps over which the step size grows from zero.", low=0.0,
                            high=0.5, term="warm-up", advanced=True)  # fmt: skip
    weight_decay: float = setting(0.01, "Pull towards small weights", "Keeps weights from growing.", low=0.0, high=0.3,
                                  term="weight decay", advanced=True)  # fmt: skip
    max_length: int = setting(128, "Read at once", "Longer texts are read in several parts.", unit="word pieces", low=16, high=512,
                              advanced=True)  # fmt: skip


class MlmThenFinetune:
    name = "mlm_then_finetune"
    title = "Read your unlabelled texts first, then learn"
    sentence = (
        "The language model reads your texts, also those without a label, and guesses hidden words until it knows your field's "
        "language; then it is taught your labels."
    )
    term = "domain-adaptive pretraining (masked or causal language modelling), then fine-tuning"
    when = "Many texts without a label in a field's own language, and some minutes: it can help, and Results says whether it did."
    Settings = Settings
    job_phases: tuple[str, ...] = ("mlm_head", "mlm")
    default_then = "full_finetune"
    """On csabstruct, after reading, 2.7 points above frozen features (95 %: 0.4 to 5.0; 500 rows, seed 0)."""
    reads_unlabelled = True

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, ["embeddings", *(f"block {i + 1}" for i in range(base_blocks))])

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """With what usually follows."""
        from tlcore.strategies import get_strategy

        after = get_strategy(self.default_then)
        return self.estimate_with(facts, machine, settings, after.estimate(facts, machine, after.Settings()))

    def estimate_with(self, facts: Facts, machine: Machine, settings: Any, after: Estimate) -> Estimate:
        """Tokens times rounds over the tokens a second that a core learns from, and what follows, twice where it is compared;
        constants fitted on a 2-core laptop."""
        texts = min(facts.unlabelled + facts.labelled, settings.most_texts)
        tokens = texts * _tokens_a_text(facts)
        cores = max(1, min(machine.cores, 16))
        rate = 50_000.0 if machine.gpu else 950 * cores * (1.0 if machine.bf16 else 0.4)
        read = 60 + tokens * (settings.epochs or default_epochs(tokens)) / rate
        times = 2 if settings.compare else 1
        memory = 2_000 + 0.4 * settings.batch_size * settings.max_length
        low, high = 0.4 * read + times * after.seconds_low, 1.6 * read + times * after.seconds_high
        return Estimate(low, high, max(memory, after.memory_mb))

    def fit(self, given: FitInput) -> Fitted:
        from tlcore.engine.precision import say_precision, set_threads

        set_threads()
        say_precision(given.emit)
        folder = adapted_base(given)
        strategy, then = given_then(given, folder, "then")
        fitted = teach(strategy, then)
        about = _about(folder)
        fitted.chosen = {"then": strategy.name, **fitted.chosen}
        fitted.trainable_parameters = max(fitted.trainable_parameters, about["moved"])
        fitted.pretraining = {**about, "then": strategy.name}
        fitted.added = None  # it was added to a base that only this run has
        if given.settings.compare and given.stop_wish() is None:
            given.phase("compare", "The same once more without reading, to see whether it helped")
            _, plain = given_then(given, given.base_folder, "compare")
            fitted.unadapted = teach(strategy, in_one_phase(plain))
        return fitted


def default_epochs(tokens: float) -> int:
    """Few texts are read more often."""
    return int(max(1, min(MAX_EPOCHS, round(TOKENS_WORTH_READING / max(1.0, tokens)))))


def _tokens_a_text(facts: Facts) -> float:
    """Of the rows, and of a file beside them, which may hold longer texts."""
    inside = facts.tokens_p50 * 1.15 + 2
    beside = facts.unlabelled_file_texts
    total = max(1, facts.unlabelled + facts.labelled)
    return (inside * (total - beside) + facts.unlabelled_file_tokens) / total


def adapted_base(given: FitInput) -> Path:
    """The folder of the base that has read the texts: made now, or by this run before it was broken off."""
    from tlcore.models.bases import ADAPTED, ADAPTED_ABOUT

    folder = (given.keep_folder or given.work_folder) / ADAPTED
    if not (folder / ADAPTED_ABOUT).exists():
        _read(given, folder)
    return folder


def _about(folder: Path) -> dict[str, Any]:
    from tlcore.files import read_json
    from tlcore.models.bases import ADAPTED_ABOUT

    return dict(read_json(folder / ADAPTED_ABOUT) or {})


def _read(given: FitInput, folder: Path) -> None:
    """Read the texts and keep the adapted base in `folder`."""
    from tlcore.engine.adapt import adapt, moved
    from tlcore.engine.loop import Hooks
    from tlcore.engine.mlm import WordGuesser
    from tlcore.models.language_model import load_language_model
    from tlcore.models.load import longest_input

    given.phase("mlm_head", "Getting your texts ready to be read")
    found = load_language_model(given.base_folder)
    length = min(given.settings.max_length, longest_input(found.model.config))
    pieces, texts = _pieces(given, length)
    guesser = WordGuesser(found)
    show_moving(given, guesser.encoder, (), classifier=False)
    how = _how(given, pieces[0])
    groups = ("embeddings", *(f"block {i + 1}" for i in range(block_total(guesser.encoder))))
    hooks = Hooks(
        given.emit, given.check_stop, given.stop_wish,
        lambda _: show_moving(given, guesser.encoder, groups, classifier=False),
    )  # fmt: skip
    result = adapt(
        guesser, found.trained, given.base_folder, pieces, how, given.work_folder / "mlm", hooks, given.phase
    )
    _tell(given, result)
    about = {
        **asdict(result), "objective": found.objective, **texts, "moved": moved(guesser, how),
        "tokens": sum(len(piece.ids) for piece in pieces[0]),
    }  # fmt: skip
    _keep(given, guesser, folder, about)


def _pieces(given: FitInput, length: int) -> tuple[tuple[list[Piece], list[Piece]], dict[str, int]]:
    """What is read and what is held out, in pieces, and how many texts each holds. Raises TlcoreError where there are too few."""
    import numpy as np

    from tlcore.engine.whole_words import pieces_of
    from tlcore.unlabelled import not_inside_another

    texts = not_inside_another([*given.unlabelled_texts, *given.train_texts])
    if len(texts) < FEWEST_TEXTS:
        raise TlcoreError(
            f"There are only {len(texts)} different texts to read, too few to learn a language from.",
            "",
            f"Add texts without a label (at least {FEWEST_TEXTS}, better some thousand), or choose another way to train.",
        )
    order = np.random.default_rng(given.plan.seed).permutation(len(texts))[: given.settings.most_texts]
    held = max(FEWEST_HELD_OUT, min(MOST_HELD_OUT, round(HELD_OUT_SHARE * len(order))))
    pieces = pieces_of(given.base_folder, [texts[i] for i in order], length)
    sides = ([piece for one in pieces[held:] for piece in one], [piece for one in pieces[:held] for piece in one])
    return sides, {"texts": len(order) - held, "held_out": held}


def _how(given: FitInput, pieces: list[Piece]) -> Adapt:
    from tlcore.engine.adapt import Adapt

    s: Settings = given.settings
    epochs = s.epochs or default_epochs(sum(len(piece.ids) for piece in pieces))
    return Adapt(
        epochs, s.learning_rate, s.layer_decay, s.batch_size, s.patience, s.warmup, s.weight_decay, s.share, given.plan.seed
    )  # fmt: skip


def _tell(given: FitInput, result: Adapted) -> None:
    text = (
        f"Perplexity on texts that it has not read: {result.before:.1f} before, {result.after:.1f} after "
        f"({result.after / result.before - 1:+.0%}). It sees general sentences {result.similarity:.0%} as it did before."
    )
    given.emit("note", level="info", text=text)


def _keep(given: FitInput, guesser: Any, folder: Path, about: dict[str, Any]) -> None:
    """Write the base, with its head for words, beside; then put it in its place whole."""
    import shutil

    from tlcore.files import sha256, write_json
    from tlcore.models.bases import ADAPTED_ABOUT, public_name
    from tlcore.models.saved import TOKENIZER_FILES

    spare = folder.with_name(f"{folder.name}.tmp")
    for old in (spare, folder):
        shutil.rmtree(old, ignore_errors=True)
    guesser.whole().to("cpu").save_pretrained(str(spare))
    for name in TOKENIZER_FILES:
        if (given.base_folder / name).exists():
            shutil.copyfile(given.base_folder / name, spare / name)
    weights = sorted(spare.glob("*.safetensors"))
    named = {"base": public_name(given.plan.base), "base_revision": given.plan.base_revision, "seed": given.plan.seed}
    write_json(spare / ADAPTED_ABOUT, {**about, **named, "sha256": sha256(weights[0])})
    spare.rename(folder)
