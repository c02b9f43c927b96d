"""Finding names in a text: people, places, products, or whatever was marked; entity-level F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from tlcore.errors import TlcoreError
from tlcore.tasks.base import Role, Usual
from tlcore.tasks.marks import (
    INLINE,
    Read,
    in_words,
    is_json,
    is_tag,
    read_inline,
    read_json_spans,
    sentences,
    spans_in,
    target_of,
)

if TYPE_CHECKING:
    from tlcore.predict.spans import SpanAnswers
    from tlcore.tables import Table

MIN_ROWS, MAX_LABELS = 10, 100
JSON, INSIDE = "json", "inline"
PLAINLY = 0.9
INLINE_PLAINLY = 0.2
"""Of the texts: so many with marks inside look like somebody marked names there."""
SHOWN = 5
TOKEN_WORDS = frozenset({"token", "tokens", "word", "words", "form"})
SENTENCE_WORDS = frozenset(
    {"sentence", "sentence_id", "sent", "sent_id", "sentence #", "sid", "doc", "document", "doc_id"}
)
WHOLE = "It gives one answer to a whole text, and names are places in it."


@dataclass(frozen=True)
class Ner(Usual):
    """layout: how names are marked. notes: what was found in the columns."""

    layout: str = JSON
    notes: tuple[str, ...] = ()

    name = "ner"
    title = "Find names in texts"
    question = "Which names are in this text?"
    roles: ClassVar[tuple[Role, ...]] = (
        Role("text", "Text", "The column to read: whole texts, or one word a row."),
        Role(
            "entities",
            "What is marked in it",
            "A list such as [{“start”: 0, “end”: 3, “label”: “PERSON”}], or the tag of each word (B-PERSON, I-PERSON, O). None where "
            "the marks stand in the text itself: [Ada](PERSON).",
            required=False,
        ),
        Role(
            "sentence",
            "Which sentence a word is of",
            "Only where each row is one word: a column that is the same for all words of a sentence. Blank rows between sentences do, too.",
            required=False,
        ),
    )
    output_columns: ClassVar[tuple[str, ...]] = ("prediction", "confidence", "names")
    metric = "entity_f1"
    baseline = "lookup"
    alike = None
    unfit_strategies = MappingProxyType(dict.fromkeys(("few_shot", "zero_shot", "few_shot_prompt"), WHOLE))
    unfit_checks = frozenset({
        "label_column", "label_variants", "contradictions", "single_rows", "small_classes", "imbalance", "likely_wrong", "shortcuts",
        "leaks", "personal", "encoding_damage", "cut_off",
    })  # fmt: skip
    """Two of the last would change the text, and marks are places in it; and a long text is read in parts, so nothing is cut off."""
    typed = False

    def guess_columns(self, table: Table) -> dict[str, str | None]:
        from tlcore.tables import guess_roles

        marked = _marked_column(table)
        tokens = marked is not None and _are_tags(table, marked)
        names = {name.strip().casefold(): name for name in table.columns if name != marked}
        if tokens:
            token = next((names[one] for one in names if one in TOKEN_WORDS), None)
            sentence = next((names[one] for one in names if one in SENTENCE_WORDS), None)
            others = [name for name in table.columns if name not in (marked, sentence)]
            return {"text": token or next(iter(others), None), "entities": marked, "sentence": sentence}
        inline = next((name for name in table.columns if _inline_share(table, name) >= INLINE_PLAINLY), None)
        text = inline if marked is None and inline else guess_roles(table)["text"]
        text = text if text != marked else next(iter(names.values()), None)
        return {"text": text, "entities": marked, "sentence": None}

    def suits(self, cells: Sequence[str]) -> float:
        return 0.95 if _share(cells, is_json) >= PLAINLY or _are_all_tags(cells) else 0.0

    def suits_columns(self, table: Table) -> float:
        inline = any(_inline_share(table, name) >= INLINE_PLAINLY for name in table.columns)
        return 0.9 if inline or _marked_column(table) is not None else 0.0

    def arrange(self, table: Table, roles: Mapping[str, Sequence[str]]) -> tuple[Table, Mapping[str, tuple[str, ...]]]:
        """Where each row is one word: a table with a row for each sentence, its marks as a list of spans."""
        kept = {name: tuple(columns) for name, columns in roles.items()}
        marked = kept.get("entities", ())
        if not marked or not _are_tags(table, marked[0]):
            return table, kept
        return _by_sentence(table, kept["text"][0], marked[0], next(iter(kept.get("sentence", ())), None)), kept

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> Ner:
        columns = roles.get("entities") or ()
        if not columns:
            return self._inline(table, roles["text"][0])
        read = (
            (i, read_json_spans(cell, text))
            for i, (cell, text) in enumerate(zip(table.cells(columns[0]), table.cells(roles["text"][0]), strict=True))
            if cell.strip()
        )
        return replace(self, layout=JSON, notes=tuple(_told(table, list(read), columns[0])))

    def layout_of(self, table: Table, roles: Mapping[str, Sequence[str]]) -> str:
        marked = next(iter(roles.get("entities") or ()), None)
        if marked and _are_tags(table, marked):
            apart = "the sentence column" if roles.get("sentence") else "blank rows"
            return f"Each row is one word with its tag. The words are put together to sentences, told apart by {apart}."
        if marked:
            return f"“{marked}” lists the names of each text: where each begins and ends, and what it is."
        if any(INLINE.search(cell) for name in roles.get("text") or () for cell in table.cells(name)):
            return "The names are marked in the texts themselves, as in [Ada](PERSON). The model reads the texts without the marks."
        return "No name is marked yet. Go on: on Check you can mark names by hand, text by text."

    def _inline(self, table: Table, column: str) -> Ner:
        """Where no text has marks, nobody has looked at any yet: they are unlabelled, and can be marked by hand."""
        marked = sum(INLINE.search(cell) is not None for cell in table.cells(column))
        if not marked:
            return self
        notes = (f"{marked:,} of {table.rows:,} texts have marks inside; the others are taken as texts without names.",)
        return replace(self, layout=INSIDE, notes=notes if marked < table.rows else ())

    def model_input(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str:
        text = row[roles["text"][0]]
        return read_inline(text)[0] if self.layout == INSIDE else text.strip()

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        """Spans as JSON, "[]" where a text has none, None where nobody has looked; also where a list cannot be read at all."""
        text = row[roles["text"][0]]
        if self.layout == INSIDE:
            return target_of(read_inline(text)[1])
        columns = roles.get("entities") or ()
        cell = row[columns[0]].strip() if columns else ""
        if not cell or not is_json(cell):
            return None
        return target_of(read_json_spans(cell, text).spans)

    def names(self, target: str) -> tuple[str, ...]:
        return tuple(sorted({label for _, _, label in spans_in(target)}))

    def shown(self, target: str, text: str = "") -> str:
        return in_words(target, text)

    def strata(self, targets: Sequence[str]) -> list[str]:
        """The rarest kind of name of each row."""
        counts = Counter(name for target in targets for name in self.names(target))
        return [min(self.names(target), key=lambda name: (counts[name], name), default="") for target in targets]

    def validate(self, targets: Sequence[str | None]) -> list[str]:
        known = [target for target in targets if target is not None]
        counts = Counter(label for target in known for _, _, label in spans_in(target))
        _refuse_hopeless(counts, len(known))
        warnings = list(self.notes)
        if rare := sorted(label for label, count in counts.items() if count < MIN_ROWS):
            names = ", ".join(f"“{label[:40]}” ({counts[label]})" for label in rare[:SHOWN])
            warnings.append(f"Seldom marked, so hard to learn: {names}{' and others' if len(rare) > SHOWN else ''}.")
        if empty := len(targets) - len(known):
            warnings.append(
                f"{empty:,} {'row has' if empty == 1 else 'rows have'} nothing marked or a list that cannot be read: kept as "
                "unlabelled, not learned from. Write [] for a text without names."
            )
        return warnings

    def score(
        self, truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.entities import entity_scores

        return entity_scores(truth, answers, labels)

    def objective(self, labels: Sequence[str], targets: Sequence[str]) -> Any:
        from tlcore.engine.spans import Spans

        return Spans(labels)

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        from tlcore.evaluate.entities import looked_up

        return {"lookup": looked_up(texts, targets, unseen)}

    def report(
        self, truth: Sequence[str], answers: SpanAnswers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.entities import entity_report

        return entity_report(truth, answers.predictions, baselines, labels)


def _share(cells: Sequence[str], fits: Any) -> float:
    filled = [cell for cell in cells if cell.strip()]
    return sum(map(fits, filled)) / len(filled) if filled else 0.0


def _are_all_tags(cells: Sequence[str]) -> bool:
    """Tags of words, some of them of a name: a column of O alone, or of other letters, is something else."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return _share(filled, is_tag) >= PLAINLY and any("-" in cell for cell in filled) and "O" in filled


def _are_tags(table: Table, column: str) -> bool:
    return _are_all_tags(table.column(column))


def _marked_column(table: Table) -> str | None:
    for name in table.columns:
        cells = table.column(name)
        if _are_all_tags(cells) or (
            _share(cells, is_json) >= PLAINLY and any("{" in cell or "[[" in cell for cell in cells)
        ):
            return name
    return None


def _inline_share(table: Table, column: str) -> float:
    return _share(table.column(column), lambda cell: INLINE.search(cell) is not None)


def _by_sentence(table: Table, token: str, tag: str, sentence: str | None) -> Table:
    import pyarrow as pa

    cells = table.cells(sentence) if sentence else None
    breaks = _breaks(table, token, cells)
    found = list(sentences(table.column(token), table.column(tag), breaks))
    first = [one[0] for one in found]
    data = table.data.take(first)
    data = data.set_column(table.columns.index(token), token, pa.array([one[1] for one in found], pa.string()))
    data = data.set_column(table.columns.index(tag), tag, pa.array([target_of(one[2]) for one in found], pa.string()))
    return replace(table, data=data, row_numbers=table.row_numbers[first])


def _breaks(table: Table, token: str, cells: Any) -> list[bool]:
    """Whether a sentence begins at each row: another id (written in its first row, or in each), or blank rows before."""
    tokens, ids = table.column(token), list(cells) if cells is not None else None
    found = []
    for i, number in enumerate(table.row_numbers.tolist()):
        blank = i > 0 and (not tokens[i - 1].strip() or number > int(table.row_numbers[i - 1]) + 1)
        other = ids is not None and i > 0 and bool(ids[i].strip()) and ids[i] != ids[i - 1]
        found.append(i == 0 or other or (blank and ids is None))
    return found


def _told(table: Table, read: Sequence[tuple[int, Read]], column: str) -> list[str]:
    """What could not be taken, by row."""
    wrong = [(int(table.row_numbers[i]), why) for i, one in read for why in one.wrong]
    if not wrong:
        return []
    first = "; ".join(f"row {row:,}: {why}" for row, why in wrong[:SHOWN])
    many = "1 mark is" if len(wrong) == 1 else f"{len(wrong):,} marks are"
    return [f"{many} left out in “{column}”: {first}{'; and others' if len(wrong) > SHOWN else ''}."]


def _refuse_hopeless(counts: Counter[str], rows: int) -> None:
    where = "the column with the marks"
    if not rows:
        raise TlcoreError(
            "No text has its names marked, so there is nothing to learn from yet.",
            where,
            "Mark some texts by hand on Check, or choose the column that holds the marks.",
        )
    if not counts:
        raise TlcoreError(
            "No name is marked in any text.", where, "Mark some: from about 100 on it starts to be useful."
        )
    if rows < MIN_ROWS:
        raise TlcoreError(
            f"Only {rows} texts have their names marked.", where, f"Mark at least {MIN_ROWS}, better 100."
        )
    if len(counts) > MAX_LABELS:
        raise TlcoreError(
            f"There are {len(counts):,} kinds of names.", where, "That looks like free text: use a small set of kinds."
        )
