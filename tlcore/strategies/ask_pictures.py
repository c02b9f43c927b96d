"""A model that sees is asked about texts with their pictures; a model of one's own, as `late_fusion` has it, learns from its answers.

Asking: zero-shot with a vision-language model (Liu et al. 2023, "Visual instruction tuning", arXiv 2304.08485, for one). Learning:
distillation, as in `asking`. What is kept needs neither the service nor a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.asking import (
    API,
    FOLDER,
    AskSettings,
    Taught,
    agreement_of,
    ask_and_learn,
    asking_estimate,
    teaching_of,
)
from tlcore.strategies.base import Block, Estimate, FitInput
from tlcore.strategies.late_fusion import LateFusion, fused_of, read_both
from tlcore.strategies.reading import Wishes

if TYPE_CHECKING:
    import numpy as np

    from tlcore.engine.fusion import Fusion, Pair
    from tlcore.facts import Facts
    from tlcore.llm.teachers import Teacher, Told
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

SEER_MB = 7_000
"""Of PaliGemma in 16 bits; LLaVA needs twice that, and either twice as much where this machine computes in 32."""


@dataclass(frozen=True)
class Settings(AskSettings):
    backend: str = setting(
        API, "Who answers", "api: a large model that sees is asked over the network, or through a program on this computer that serves "
        "one. folder: a LLaVA or PaliGemma model in a folder is loaded here; it needs much memory. Your own model learns from the "
        "answers.", asked=True, choices=(API, FOLDER), term="back-end",
    )  # fmt: skip
    folder: str = setting(
        "", "The folder of the model that sees", "With config.json, tokenizer.json and model.safetensors of LLaVA 1.5 or PaliGemma.",
        backends=(FOLDER,), asked=True,
    )  # fmt: skip
    max_length: int = setting(256, "Longest text read", "By your own model: longer texts are cut off here.", unit="word pieces",
                              low=8, high=512, advanced=True)  # fmt: skip


class AskPictures:
    name = "ask_pictures"
    title = "Describe the labels, and ask a model that sees"
    sentence = (
        "A large model that sees is shown texts with their pictures and what you say of each label; your own model learns from its "
        "answers. No labelled row is needed."
    )
    term = "zero-shot classification by a vision-language model, and distillation"
    when = (
        "Texts with pictures and no labelled rows yet, and a model that sees to ask: over an API, or one such as LLaVA that a program "
        "on this computer serves. With some dozens of labelled rows a label, learning from them needs nobody."
    )
    Settings = Settings
    job_phases: tuple[str, ...] = ("ask", *LateFusion.job_phases)
    uses_labels = False
    shows_pictures = True
    tasks = ("image_text",)
    unfit = "It is for texts with pictures."

    def base_refusal(self, config: Mapping[str, Any]) -> str:
        """Why your own model cannot start from a base, "" where it can."""
        return LateFusion().base_refusal(config)

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return LateFusion().blocks(base_blocks)

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Asking, then reading and looking once. A model from a folder was never measured: none could be had here."""
        reading = LateFusion().estimate(facts, machine, LateFusion.Settings())
        if settings.backend == API:
            return asking_estimate(self, facts, machine, settings, reading)
        asked = min(settings.most_rows, facts.rows) + min(settings.most_test_rows, facts.rows // 5)
        low, high = (0.1, 1.0) if machine.gpu else (5.0, 60.0)
        return Estimate(
            reading.seconds_low + low * asked, reading.seconds_high + high * asked, reading.memory_mb + SEER_MB
        )

    def fit(self, given: FitInput) -> Fitted:
        return ask_and_learn(given, self)

    def student(self, given: FitInput, strategy: Any, teacher: Teacher, told: Told, taught: Taught) -> Fitted:
        """Heads on text, picture and both, from the answers alone; the validation rows are answered, not learned from. How sure the
        teacher was does not count here."""
        import numpy as np

        from tlcore.engine.fusion import answers_of, learn_fusion, mixed

        read, rows = read_both(given, [*taught.texts, *given.validation_texts]), len(taught.texts)
        answered, y = read.pair.part(slice(0, rows)), np.array(taught.y, dtype=int)
        pupil = replace(given, train_texts=taught.texts, train_y=taught.y, validation_texts=[], validation_y=[])
        found = learn_fusion(pupil, answered.text, answered.image, Wishes(folds=LateFusion.Settings().folds))
        agreed = agreement_of(
            taught.answered, y, given.plan.seed,
            lambda inside, outside: _said(pupil, answered, y, found, (inside, outside)),
        )  # fmt: skip
        if given.validation_texts:
            held = answers_of(given, found.heads, read.pair.part(slice(rows, None)), found.ways)
            found = replace(found, validation=mixed(held, found.mix))
        fitted = fused_of(given, read, found)
        fitted.chosen = {"backend": given.settings.backend, **fitted.chosen}
        fitted.asked = teaching_of(given.settings, teacher, told, taught, agreed)
        return fitted


def _said(
    given: FitInput, pair: Pair, y: np.ndarray, found: Fusion, places: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Classes that heads taught by the first places give to the second; -1 where there is nothing to read."""
    import numpy as np

    from tlcore.engine.fusion import answers_of, learn_heads, mixed

    inside, outside = places
    heads = learn_heads(given, pair.part(inside), y[inside], found.ways)
    sure = mixed(answers_of(given, heads, pair.part(outside), found.ways), found.mix)
    best: np.ndarray = np.where(np.isnan(sure[:, 0]), -1, np.nan_to_num(sure).argmax(1))
    return best
