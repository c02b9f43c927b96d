"""Answer a question from a passage: the answer is a piece of the passage (extractive question answering, Rajpurkar et al. 2016)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from tlcore.errors import TlcoreError
from tlcore.found_answers import ABSENT
from tlcore.predict.text import parts_of
from tlcore.question_columns import guess_question_columns, holds_answers
from tlcore.tasks.base import Role, Usual
from tlcore.told_answers import NO_ANSWER as NO_ANSWER
from tlcore.told_answers import Found, counts_from, place_of, plain, says_none

if TYPE_CHECKING:
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.predict.answers import Answers
    from tlcore.strategies.base import Estimate, Strategy
    from tlcore.tables import Table

MIN_ROWS = 10
TARGET_BEGINS = '{"text": '
STEPS_WORTH_TAKING, ROUNDS = 280, (4, 15)
"""The model as it came was never asked where something stands: nothing shows for the first fifty steps or so, and it goes on
getting better for longer than a classifier does; rounds, least and most. Training ends earlier where nothing improves."""
ONE_ANSWER = "It sorts texts into labels, and an answer is a place in a passage."


@dataclass(frozen=True)
class QuestionAnswering(Usual):
    """first: what the column of starts counts from. notes: what was found in the columns."""

    first: int = 0
    notes: tuple[str, ...] = ()

    name = "qa"
    title = "Answer questions from a passage"
    question = "What does the passage say?"
    roles: ClassVar[tuple[Role, ...]] = (
        Role("question", "Question", "The column with the questions."),
        Role("context", "Passage", "The column with the text in which the answer stands, word for word."),
        Role("answer", "Answer", "The column with the right answer: a piece of the passage, as it stands there."),
        Role("start", "Where the answer starts", "How many letters of the passage come before the answer. Without it the answer is looked for.", required=False),
        Role("unanswerable", "No answer in the passage", "A column that says yes where the passage does not hold the answer. Choose the answer "
             "column itself if an empty answer says so.", required=False),
    )  # fmt: skip
    reads = ("question", "context")
    together, each = "context", "an answer"
    output_columns: ClassVar[tuple[str, ...]] = ("prediction", "confidence", "start")
    metric = "token_f1"
    typed = False
    baseline = "nearest"
    alike = None
    unfit_strategies = MappingProxyType(
        dict.fromkeys(("few_shot", "zero_shot", "few_shot_prompt"), ONE_ANSWER)
        | {
            "frozen_features": "The model as it came was never asked where in a text something stands, so nothing on top of it can tell."
        }
        | {
            "mlm_then_finetune": "What it reads first are single texts without a label, not questions with their passages."
        }
    )
    unfit_checks = frozenset({
        "label_column", "label_variants", "contradictions", "single_rows", "small_classes", "imbalance", "cut_off", "too_long",
        "likely_wrong", "shortcuts", "near_duplicates",
    })  # fmt: skip

    def job_phases(self, strategy: Strategy) -> tuple[str, ...]:
        """A head begins with small numbers: there is nothing to read and teach before."""
        return ("finetune",)

    def estimate(self, strategy: Strategy, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Over as many rounds as are gone over here."""
        from tlcore.strategies.rounds import rounded

        return strategy.estimate(facts, machine, rounded(settings, facts.labelled, STEPS_WORTH_TAKING, ROUNDS))

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> QuestionAnswering:
        """Raises TlcoreError where the answers are no pieces of the passages."""
        cells = {name: table.cells(columns[0]) for name, columns in roles.items() if columns}
        if not {"question", "context", "answer"} <= cells.keys():
            return self
        numbers = [int(number) for number in table.row_numbers]
        rows = [plain(dict(zip(cells, row, strict=True))) for row in zip(*cells.values(), strict=True)]
        first = counts_from(rows)
        found = Found(roles["answer"][0], first)
        for number, row in zip(numbers, rows, strict=True):
            found.look(number, row, says_none(row, roles))
        found.refuse_strangers()
        return replace(self, first=first, notes=tuple(found.notes()))

    def notes_on(self, test: Table, roles: Mapping[str, Sequence[str]]) -> list[str]:
        return list(self.settle(test, roles).notes)

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        """{"text", "start"} as JSON, start counted in the passage as the model reads it; no text and -1 where there is none."""
        cells = plain({name: row[columns[0]] for name, columns in roles.items() if columns})
        if not cells.get("question", "").strip() or not cells.get("context", "").strip():
            return None
        if says_none(cells, roles):
            return written("", -1)
        if not cells.get("answer", "").strip():
            return None
        place = place_of(cells, self.first)
        return None if place.how == ABSENT else written(place.text, place.start)

    def model_input(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str:
        """ "" where the question is blank, as where the passage is."""
        text = super().model_input(roles, row)
        return text if all(parts_of(text)) else ""

    def names(self, target: str) -> tuple[str, ...]:
        """An answer is no class."""
        return ()

    def shown(self, target: str, text: str = "") -> str:
        """An answer is text already."""
        is_answer = not target.startswith(TARGET_BEGINS)
        return target if is_answer else answer_of(target) or "(the passage does not say)"

    def strata(self, targets: Sequence[str]) -> list[str]:
        return ["answer" if answer_of(target) else "no answer" for target in targets]

    def validate(self, targets: Sequence[str | None]) -> list[str]:
        known = [target for target in targets if target is not None]
        said = [target for target in known if answer_of(target)]
        _refuse_hopeless(len(known), len(said))
        warnings = list(self.notes)
        if none := len(known) - len(said):
            many = "1 row is" if none == 1 else f"{none:,} rows are"
            warnings.append(f"{many} of a question that the passage does not answer: to say so is learned, too.")
        return warnings

    def guess_columns(self, table: Table) -> dict[str, str | None]:
        return guess_question_columns(table)

    def suits_columns(self, table: Table) -> float:
        """Plainly, where the answers are pieces of the passages."""
        return 0.95 if holds_answers(table, guess_question_columns(table)) else 0.0

    def score(
        self, truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.passages import passage_scores

        return passage_scores(truth, answers)

    def objective(self, labels: Sequence[str], targets: Sequence[str]) -> Any:
        from tlcore.engine.passage_objective import InPassage

        return InPassage(targets)

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        from tlcore.evaluate.passages import nearest_sentences

        return {"nearest": nearest_sentences(texts, unseen)}

    def report(
        self, truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.passages import passages_report

        return passages_report(truth, answers, baselines)


def written(text: str, start: int) -> str:
    """A target."""
    return json.dumps({"text": text, "start": start}, ensure_ascii=False)


def answer_of(target: str) -> str:
    """The words of a target; "" where the passage does not say."""
    return str(json.loads(target)["text"])


def _refuse_hopeless(known: int, said: int) -> None:
    where = "the answer column"
    if not known:
        raise TlcoreError(
            "No row has an answer that stands in its passage, so there is nothing to learn from yet.",
            where,
            "Choose the columns with the passages and with the answers; an answer must stand in its passage word for word.",
        )
    if not said:
        raise TlcoreError(
            "Every row says that the passage does not hold the answer.",
            where,
            "Add questions that the passages answer.",
        )
    if known < MIN_ROWS:
        raise TlcoreError(
            f"Only {known} rows have an answer.",
            where,
            f"Answer at least {MIN_ROWS}; from about 100 on the result starts to be useful.",
        )
