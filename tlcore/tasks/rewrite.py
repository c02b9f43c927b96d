"""Rewrite a text: translate, summarise, simplify, reply, follow an instruction. From a source and an instruction to a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.predict.text import join_text, parts_of
from tlcore.tasks.base import Role, Usual
from tlcore.writing_settings import writing_settings

if TYPE_CHECKING:
    from tlcore.engine.objectives import Objective
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.predict.answers import Answers
    from tlcore.strategies.base import Estimate, Strategy
    from tlcore.tables import Table

MIN_ROWS = 10
PAIRS = (
    ("source", "target"), ("input", "output"), ("prompt", "response"), ("prompt", "completion"), ("original", "simplified"),
    ("original", "rewritten"), ("complex", "simple"), ("document", "summary"), ("article", "summary"), ("text", "summary"),
    ("text", "translation"), ("message", "reply"), ("casual", "polite"), ("informal", "formal"), ("question", "response"),
    ("en", "es"), ("en", "de"), ("en", "fr"), ("english", "spanish"), ("english", "german"), ("english", "french"), ("src", "tgt"),
)  # fmt: skip
"""Names of columns that mean a text and what it is to become."""
INSTRUCTIONS = ("instruction", "instructions", "task", "system")
NO_CLASSES = "It sorts texts into groups; here a text is to be written."
UNFIT = {
    "frozen_features": "A classifier on top of a model cannot write. " + NO_CLASSES,
    "few_shot": NO_CLASSES,
    "bitfit": "Most language models that write have no bias terms, SmolLM2 among them, so nothing would learn.",
    "mlm_then_finetune": "Reading first is done here for models that sort texts, not for those that write.",
    "zero_shot": "It chooses among labels that are described; here there are none. The untrained model is tested beside yours anyway.",
    "few_shot_prompt": "It chooses among labels; here there are none.",
}
TOKENS_A_SECOND, GENERATED_A_SECOND = 95.0, 55.0
"""Of SmolLM2 on one core of a laptop: word pieces learned from, and written many texts at once; measured roughly."""
ROWS_WRITTEN = 32
"""Validation rows that are written anew each round (tlcore.engine.watched)."""


class Rewrite(Usual):
    name = "rewrite"
    title = "Rewrite texts"
    question = "What should this text become?"
    roles: tuple[Role, ...] = (
        Role("source", "Source text", "The column with the text to rewrite, translate, shorten or answer.", many=True),
        Role("target", "Target text", "The column with the text that it should become."),
        Role(
            "instruction", "Instruction", "A column that says for each row what to do. Without one, all rows share an instruction, "
            "which you can type in Plan.", required=False,
        ),
    )  # fmt: skip
    output_columns: tuple[str, ...] = ("prediction",)
    metric = "chrf"
    reads = ("instruction", "source")
    baseline = "untuned"
    base = "smollm2"
    unfit_strategies: Mapping[str, str] = MappingProxyType(UNFIT)
    unfit_checks = frozenset(
        {
            "label_column", "label_variants", "imbalance", "small_classes", "single_rows", "languages", "likely_wrong", "shortcuts",
            "contradictions",
            "test_size",
        }
    )  # fmt: skip
    instead = (
        "lora",
        "For a model that writes, small added parts (LoRA) learn as much as the upper blocks would, in less memory.",
    )
    each = "the text that it should become"
    alike = None

    def guess_columns(self, table: Table) -> dict[str, str | None]:
        pair = _named_pair(table) or _texts(table)
        taken = set(pair)
        instruction = next(
            (name for name in table.columns if name.strip().lower() in INSTRUCTIONS and name not in taken), None
        )
        source, target = pair if len(pair) == 2 else (*pair, None, None)[:2]
        return {"source": source, "target": target, "instruction": instruction}

    def suits_columns(self, table: Table) -> float:
        """Columns that are called so, and hold texts that differ from row to row."""
        pair = _named_pair(table)
        if not pair:
            return 0.0
        cells = [cell.strip() for cell in table.cells(pair[1]) if cell.strip()]
        many = len(set(cells)) > 0.6 * len(cells)
        long = sum(len(cell.split()) > 2 for cell in cells) > 0.5 * len(cells)
        return 0.9 if cells and many and long else 0.0

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> Rewrite:
        return self

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        columns = roles.get("target") or ()
        return join_text([row[columns[0]]]) or None if columns else None

    def names(self, target: str) -> tuple[str, ...]:
        """A text is no class."""
        return ()

    def strata(self, targets: Sequence[str]) -> list[str]:
        return [""] * len(targets)

    def validate(self, targets: Sequence[str | None]) -> list[str]:
        known = [target for target in targets if target is not None]
        if not known:
            raise TlcoreError(
                "No row has a target text, so there is nothing to learn from yet.",
                "the target column",
                "Choose the column with the texts as they should become.",
            )
        if len(set(known)) == 1:
            raise TlcoreError(
                "Every row has the same target text.",
                "the target column",
                "Choose another column: there is nothing to tell apart.",
            )
        if len(known) < MIN_ROWS:
            raise TlcoreError(
                f"Only {len(known)} rows have a target text.",
                "the target column",
                f"Fill in at least {MIN_ROWS}; from about 100 on the result starts to be useful.",
            )
        empty = len(targets) - len(known)
        return (
            [f"{empty:,} {'row has' if empty == 1 else 'rows have'} no target text: not learned from."] if empty else []
        )

    def score(
        self, truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.written import text_scores

        return text_scores(truth, answers)

    def objective(self, labels: Sequence[str], targets: Sequence[str]) -> Objective:
        return _Writes()  # type: ignore[return-value]

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        """The text as it is. The model as it came (`untuned`) needs the model: it comes from what was taught (`FittedWriter.untuned`)."""
        return {"copy": [parts_of(text)[-1] for text in unseen]}

    def report(
        self, truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.written import written_report

        return written_report(truth, answers, baselines)

    def settings(self, strategy: Strategy) -> type[Any]:
        found: type[Any] = writing_settings(strategy)  # type: ignore[arg-type]
        return found

    def job_phases(self, strategy: Strategy) -> tuple[str, ...]:
        return ("finetune", "untuned")

    def estimate(self, strategy: Strategy, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Word pieces learned from and written over what a core does of them in a second."""
        from tlcore.strategies.base import Estimate
        from tlcore.strategies.rounds import batch_size_of, default_epochs

        rows = max(1, facts.labelled)
        learned, epochs = 0.72 * rows, settings.epochs or default_epochs(rows, batch_size_of(settings, rows))
        tokens = learned * (2.2 * min(facts.tokens_p50, settings.max_length) + 10)
        written = (ROWS_WRITTEN * (epochs + 1) + 2 * 0.15 * rows) * 1.5 * facts.tokens_p50
        cores = max(1, min(machine.cores, 16))
        speed = cores * (1.0 if machine.bf16 else 0.5) if not machine.gpu else 60.0
        cost = {"full_finetune": 1.5, "top_layers": 1.3}.get(strategy.name, 1.0)
        seconds = 60 + cost * tokens * epochs / (TOKENS_A_SECOND * speed) + written / (GENERATED_A_SECOND * speed)
        memory = 2_900 + (1_900 if strategy.name in ("full_finetune", "top_layers") else 0)
        return Estimate(0.5 * seconds, 1.6 * seconds, memory)


class _Writes:
    """The objective: it has a network and a loop of its own (`strategies.base.Teaches`)."""

    def encode(self, targets: Sequence[str]) -> list[Any]:
        return list(targets)

    def teach(self, strategy: Strategy, given: Any) -> Any:
        from tlcore.engine.rewriting import teach

        return teach(strategy, given)


def _named_pair(table: Table) -> tuple[str, str] | tuple[()]:
    names = {name.strip().lower(): name for name in table.columns}
    return next(((names[a], names[b]) for a, b in PAIRS if a in names and b in names), ())


def _texts(table: Table) -> tuple[str, ...]:
    """The two columns that hold most text, in their order."""
    from tlcore.tables.guess import guess_text_columns

    found = guess_text_columns(table)[:2]
    return tuple(sorted(found, key=list(table.columns).index))
