"""One label for a text with a picture beside it; a row that lacks one of the two is answered from the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.predict.text import parts_of
from tlcore.tasks.base import Role
from tlcore.tasks.classify import Classify

if TYPE_CHECKING:
    from tlcore.predict.answers import Answers
    from tlcore.tables import Table

FILE_NAME = re.compile(r"[^<>|?*\n]{1,200}\.(png|jpe?g|gif|webp|bmp|tiff?)", re.IGNORECASE)
ADDRESS = re.compile(r"\s*(https?|ftp)://|\s*www\.", re.IGNORECASE)
LOOK_AT = 200
TEXT_ONLY = "It reads texts alone and would not look at your pictures."


class ImageText(Classify):
    name = "image_text"
    title = "Sort texts with pictures"
    question = "Which group do this text and this picture belong to?"
    roles: tuple[Role, ...] = (
        Role("text", "Text", "The column to read. Several columns are read one after the other.", many=True),
        Role("image", "Picture", "The column with the names of the picture files, such as shop/0012.jpg."),
        Role("label", "Label", "The column with the right answer. Rows where it is empty are kept as unlabelled."),
    )
    reads = ("text", "image")
    output_columns: tuple[str, ...] = ("prediction", "confidence", "picture")
    unfit_strategies: Mapping[str, str] = MappingProxyType(
        dict.fromkeys(
            (
                "frozen_features", "few_shot", "top_layers", "lora", "bitfit", "ia3", "lokr", "prefix_tuning", "prompt_tuning",
                "full_finetune", "mlm_then_finetune", "few_shot_prompt",
            ),
            TEXT_ONLY,
        )
        | {"zero_shot": "It reads texts alone and would not look at your pictures; ask_pictures asks a model that sees."}
    )  # fmt: skip
    unfit_checks = frozenset({"encoding_damage", "personal", "empty_texts", "likely_wrong"})
    """They mend a text as a whole, and here the name of a file is packed behind it; or they judge a row by its text alone."""

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> ImageText:
        cells = (
            [cell for cell in table.cells(roles["image"][0])[:LOOK_AT] if cell.strip()] if roles.get("image") else []
        )
        addresses = sum(bool(ADDRESS.match(cell)) for cell in cells)
        if cells and addresses > len(cells) / 2:
            raise TlcoreError(
                "This column holds web addresses. Nudge fetches nothing from the web: what others see of you, and whether the "
                "same picture is there tomorrow, would be out of your hands.",
                f"column “{roles['image'][0]}”",
                "Save the pictures into a folder or a zip, and put their file names into the column.",
            )
        return self

    def guess_columns(self, table: Table) -> dict[str, str | None]:
        picture = max(table.columns, key=lambda name: _names_files(table, name), default=None)
        guess = super().guess_columns(table)
        if picture is None or not _names_files(table, picture):
            return {**guess, "image": None}
        return {role: None if column == picture else column for role, column in guess.items()} | {"image": picture}

    def suits_columns(self, table: Table) -> float:
        return max((_names_files(table, name) for name in table.columns), default=0.0)

    def suits(self, cells: Sequence[str]) -> float:
        return 0.0

    def words(self, text: str) -> str:
        return parts_of(text)[0]

    def compared(self, text: str) -> str:
        """The words, and four that stand for the picture: with another picture it is another row, however alike the words are."""
        words, name = [*parts_of(text), ""][:2]
        said = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest().hex(" ", 4)
        return f"{words} {said}" if name else words

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        """Of the texts alone."""
        words, others = ([parts_of(text)[0] for text in some] for some in (texts, unseen))
        try:
            return super().baselines(words, targets, others, labels)
        except TlcoreError:  # no text holds a word: then the picture is all there is
            from tlcore.evaluate.baselines import majority_answers

            most = majority_answers(targets, others)
            return {"majority": most, "tfidf": most}

    def report(
        self, truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        """As for one label a text, and `text_alone` and `image_alone` among what it stands beside: each half of the model by itself,
        which guesses the commonest label of a row that it has nothing to read of."""
        from tlcore.evaluate.bootstrap import macro_f1_difference

        alone = {
            name: [said or guess for said, guess in zip(found, baselines["majority"], strict=True)]
            for name, found in getattr(answers, "alone", {}).items()
        }
        found = super().report(truth, answers, {**baselines, **alone}, labels)
        gains = {name: macro_f1_difference(truth, answers.predictions, said, labels) for name, said in alone.items()}
        for name in alone:
            found["test"][name] = found["baselines"][name]["macro_f1"]
        notes = list(getattr(answers, "notes", ()))
        unread = sum(note.startswith("not used") for note in notes)
        return {**found, "alone": gains, "pictures": {"rows": len(notes), "unread": unread}}

    alike = None  # type: ignore[assignment]


def _names_files(table: Table, column: str) -> float:
    """The share of the first cells that name a picture file; 0 of a column without any."""
    cells = [cell.strip() for cell in table.cells(column)[:LOOK_AT] if cell.strip()]
    return sum(bool(FILE_NAME.fullmatch(cell)) for cell in cells) / len(cells) if cells else 0.0
