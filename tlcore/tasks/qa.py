"""Answer a question from a passage: the answer is a piece of the passage (extractive question answering, Rajpurkar et al. 2016)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from tlcore.errors import TlcoreError
from tlcore.found_answers import ABSENT, ALIKE, MOVED, NEAREST, NOWHERE, Place, find_answer, listed_answer
from tlcore.predict.text import parts_of
from tlcore.tasks.base import Role, Usual

if TYPE_CHECKING:
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.predict.answers import Answers
    from tlcore.strategies.base import Estimate, Strategy
    from tlcore.tables import Table

MIN_ROWS = 10
NO_ANSWER = "(no answer)"
"""What stands in a sheet where the passage does not say; as in tlcore.predict.passages, which needs numpy."""
WRITTEN = frozenset({"(no answer)", "[no answer]", "<no answer>", "no answer", "unanswerable", "(unanswerable)", "[unanswerable]"})  # fmt: skip
"""Cells that say so in words. “None” and “NA” are not among them: they are answers as good as any."""
YES = frozenset({"1", "1.0", "yes", "y", "true", "t", "x"})
OFFSETS = (0, 1)
"""What a column of starts may count from."""
TARGET_BEGINS = '{"text": '
MOST_NAMED, LETTERS = 5, 40
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "question": ("question", "query", "frage", "pregunta", "demande"),
    "context": ("context", "passage", "paragraph", "kontext", "absatz", "contexto", "document", "article", "text"),
    "answer": ("answer", "answer text", "answers", "answers text", "antwort", "respuesta", "réponse"),
    "start": ("answer start", "answers answer start", "start", "start char", "char start"),
    "unanswerable": ("is impossible", "unanswerable", "impossible"),
})  # fmt: skip
"""What columns are called that play a role, the plainest first."""
STEPS_WORTH_TAKING, ROUNDS = 280, (4, 15)
"""The model as it came was never asked where something stands: nothing shows for the first fifty steps or so, and it goes on
getting better for longer than a classifier does; rounds, least and most. Training ends earlier where nothing improves."""
MOSTLY = 0.6
SHORTEST_PASSAGE = 40
"""Letters that the cells of a column must have on average to look like passages."""
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
    each = "an answer"
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
        rows = [_plain(dict(zip(cells, row, strict=True))) for row in zip(*cells.values(), strict=True)]
        first = _counts_from(rows)
        found = _Found(roles["answer"][0], first)
        for number, row in zip(numbers, rows, strict=True):
            found.look(number, row, _says_none(row, roles))
        found.refuse_strangers()
        return replace(self, first=first, notes=tuple(found.notes()))

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        """{"text", "start"} as JSON, start counted in the passage as the model reads it; no text and -1 where there is none."""
        cells = _plain({name: row[columns[0]] for name, columns in roles.items() if columns})
        if not cells.get("question", "").strip() or not cells.get("context", "").strip():
            return None
        if _says_none(cells, roles):
            return written("", -1)
        if not cells.get("answer", "").strip():
            return None
        place = _place(cells, self.first)
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
            warnings.append(f"{_rows(none)} of a question that the passage does not answer: to say so is learned, too.")
        return warnings

    def guess_columns(self, table: Table) -> dict[str, str | None]:
        found = _by_name(table)
        return (
            _by_content(table, found) if not all(found[name] for name in ("question", "context", "answer")) else found
        )

    def suits_columns(self, table: Table) -> float:
        """Plainly, where the answers are pieces of the passages."""
        found = self.guess_columns(table)
        if not all(found[name] for name in ("question", "context", "answer")):
            return 0.0
        question, context, answer = (table.cells(str(found[name])) for name in ("question", "context", "answer"))
        filled = [
            (q, c, (listed_answer(a.strip()) or (a.strip(), None))[0])
            for q, c, a in zip(question, context, answer, strict=True)
            if a.strip() and c.strip()
        ]
        inside = sum(a in c and len(a) < len(c) for _, c, a in filled)
        return 0.95 if filled and inside >= MOSTLY * len(filled) else 0.0

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


@dataclass
class _Found:
    """What is to be said of the rows: row numbers by what was found, with an example for each."""

    answer: str
    first: int
    rows: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    example: dict[str, str] = field(default_factory=dict)

    def look(self, number: int, row: Mapping[str, str], none: bool) -> None:
        if not row["question"].strip() or not row["context"].strip():
            return
        answer = row["answer"].strip()
        if none:
            self._add("given, but none", number, answer) if answer and answer.casefold() not in WRITTEN else None
            return
        if not answer:
            self._add("empty", number, "")
            return
        self.rows["looked for"].append(number)
        self._add(_place(row, self.first).how, number, answer)

    def _add(self, how: str, number: int, answer: str) -> None:
        self.rows[how].append(number)
        self.example.setdefault(how, answer if len(answer) <= LETTERS else f"{answer[:LETTERS].rstrip()}…")

    def refuse_strangers(self) -> None:
        """Raises TlcoreError where most answers stand nowhere in their passages: free answers are another task."""
        lost, all_of = len(self.rows[ABSENT]), len(self.rows["looked for"])
        if all_of >= MIN_ROWS and lost > MOSTLY * all_of:
            raise TlcoreError(
                f"{lost:,} of {all_of:,} answers do not stand in their passage, such as “{self.example[ABSENT]}”. This task finds "
                "answers word for word; it writes none of its own.",
                f"column “{self.answer}”, row {self.rows[ABSENT][0]:,}",
                "Choose the column whose cells are pieces of the passage, or another passage column.",
            )

    def notes(self) -> list[str]:
        said = {
            ABSENT: "the answer does not stand in the passage, not even in another spelling, so it is kept as unlabelled",
            MOVED: "the answer does not stand where it is said to start: the nearest place where it stands is taken",
            NEAREST: "the answer stands several times in the passage: the place nearest to the words of the question is taken",
            ALIKE: "the answer stands in the passage in another spelling (case, quotes, blanks), and that is what is learned",
            "given, but none": "an answer is given although the passage is said to hold none: it is taken to hold none",
            "empty": "the answer is empty, so it is kept as unlabelled; if that means that the passage does not say, tell so "
            "where the columns are chosen",
        }
        notes = ["Where the answer starts is counted from 1 in this file, and is read so."] if self.first else []
        for how, what in said.items():
            if rows := self.rows.get(how):
                example = f" (“{self.example[how]}”)" if self.example[how] else ""
                notes.append(f"In {_rows(len(rows))} {what}: {_named(rows)}{example}.")
        return notes


def _plain(cells: dict[str, str]) -> dict[str, str]:
    """With an answer that is written as data sets have it as text and start."""
    listed = listed_answer(cells.get("answer", "").strip())
    if listed is None:
        return cells
    text, start = listed
    return {**cells, "answer": text or NO_ANSWER, **({} if start is None else {"start": str(start)})}


def _place(cells: Mapping[str, str], first: int) -> Place:
    """Where the answer stands in the passage without the blanks around it, which is what the model reads."""
    passage = cells["context"].strip()
    start, before = _start(cells), len(cells["context"]) - len(cells["context"].lstrip())
    return find_answer(
        passage, cells["answer"], cells["question"], None if start is None else max(0, start - first - before)
    )


def _start(cells: Mapping[str, str]) -> int | None:
    """The start as it is in the file; None where it is no whole number."""
    text = cells.get("start", "").strip().removesuffix(".0").strip("[]")
    return int(text) if text.isdigit() and len(text) < 10 else None


def _counts_from(rows: Sequence[Mapping[str, str]]) -> int:
    """0, unless more answers stand at their start if that is counted from 1."""
    right = dict.fromkeys(OFFSETS, 0)
    for row in rows:
        start, answer = _start(row), row["answer"].strip()
        if start is None or not answer:
            continue
        for first in OFFSETS:
            right[first] += start >= first and row["context"].startswith(answer, start - first)
    return max(OFFSETS, key=lambda first: right[first])


def _says_none(cells: Mapping[str, str], roles: Mapping[str, Sequence[str]]) -> bool:
    """Whether it is said that the passage does not hold the answer."""
    answer = cells.get("answer", "").strip()
    if answer.casefold() in WRITTEN and find_answer(cells["context"], answer, "") == NOWHERE:
        return True
    column = roles.get("unanswerable") or ()
    if not column:
        return False
    return not answer if column == roles.get("answer") else cells["unanswerable"].strip().casefold() in YES


def _by_name(table: Table) -> dict[str, str | None]:
    """Role -> the column that is called so."""
    tidy = {
        " ".join(name.casefold().replace("_", " ").replace(".", " ").split()): name for name in reversed(table.columns)
    }
    return {role: next((tidy[name] for name in names if name in tidy), None) for role, names in NAMES.items()}


def _by_content(table: Table, named: dict[str, str | None]) -> dict[str, str | None]:
    """What names do not tell, by what is in the columns: question marks, the longest texts, pieces of these."""
    taken = {column for column in named.values() if column}
    cells = {name: [cell.strip() for cell in table.cells(name)] for name in table.columns}
    free = [name for name in table.columns if name not in taken and any(cells[name])]
    found = dict(named)

    def take(role: str, fit: Any, least: float) -> None:
        best = max(free, key=fit, default=None)
        if found[role] is None and best is not None and fit(best) >= least:
            found[role] = best
            free.remove(best)

    rows = max(1, table.rows)
    take("question", lambda name: sum(cell.endswith(("?", "？")) for cell in cells[name]) / rows, MOSTLY)
    take("context", lambda name: sum(map(len, cells[name])) / rows, SHORTEST_PASSAGE)
    passages = cells.get(str(found["context"]), [])
    take(
        "answer",
        lambda name: sum(bool(a) and a != p and a in p for a, p in zip(cells[name], passages, strict=False)) / rows,
        MOSTLY,
    )
    return found


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


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _named(rows: Sequence[int]) -> str:
    some = ", ".join(f"{row:,}" for row in rows[:MOST_NAMED])
    more = f" and {len(rows) - MOST_NAMED:,} more" if len(rows) > MOST_NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {some}{more}"
