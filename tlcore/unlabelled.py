"""Texts without a label: read from a file, kept beside a project or a run, and cleared of what a model is tested on."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.predict.text import join_text
from tlcore.tables import Limits, guess_roles, read_table

TEXTS, ABOUT = "texts.arrow", "unlabelled.json"
WORD = re.compile(r"\w+")
FIRST_WORDS = 4
"""By which a text is looked for inside others; a shorter one ("yes, please") says nothing where it stands in a longer text."""
CHUNK = 65_536


@dataclass(frozen=True)
class Unlabelled:
    """What is known of a kept file: its name, the columns that were read, how many texts and words it gave."""

    file: str
    columns: tuple[str, ...]
    texts: int
    words: int

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Unlabelled:
        return cls(parts["file"], tuple(parts["columns"]), parts["texts"], parts["words"])


def read_unlabelled(path: Path, columns: Sequence[str], limits: Limits | None = None) -> tuple[Unlabelled, list[str]]:
    """The texts of a file, each once, in its order.

    columns: the text columns of the rows to learn from, taken where the file has them all; else its text column is guessed, a
    single one taken. Raises TlcoreError where the file cannot be read or has no text.
    """
    table = read_table(path, limits=limits) if limits else read_table(path)
    taken = tuple(columns) if columns and all(name in table.columns for name in columns) else _guessed(table, path)
    cells = [table.column(name) for name in taken]
    texts = list(dict.fromkeys(text for row in zip(*cells, strict=True) if (text := join_text(list(row)))))
    if not texts:
        raise TlcoreError(
            "There is no text in this file.", path.name, "Choose a file with a column of texts, one text a row."
        )
    return Unlabelled(path.name, taken, len(texts), sum(len(text.split()) for text in texts)), texts


def _guessed(table: Any, path: Path) -> tuple[str, ...]:
    if len(table.columns) == 1:
        return (table.columns[0],)
    guess = guess_roles(table).get("text")
    if guess:
        return (guess,)
    raise TlcoreError(
        "No column of this file looks like texts to read.",
        path.name,
        f"Give the column the name of your text column. Columns here: {', '.join(table.columns[:20])}.",
    )


def keep_unlabelled(folder: Path, about: Unlabelled, texts: Iterable[str]) -> None:
    """Write texts and what is known of them into a folder; the description last: without it there is nothing."""
    import pyarrow as pa

    folder.mkdir(parents=True, exist_ok=True)
    (folder / ABOUT).unlink(missing_ok=True)
    schema, spare, every = pa.schema([("text", pa.large_string())]), folder / f"{TEXTS}.tmp", list(texts)
    with pa.OSFile(str(spare), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for start in range(0, len(every), CHUNK):
            part = pa.array(every[start : start + CHUNK], pa.large_string())
            writer.write_batch(pa.record_batch([part], schema=schema))
    os.replace(spare, folder / TEXTS)
    write_json(folder / ABOUT, asdict(about))


def about_unlabelled(folder: Path) -> Unlabelled | None:
    """What is known of the texts kept in a folder, or None."""
    found = read_json(folder / ABOUT)
    return Unlabelled.from_json(found) if found else None


def kept_texts(folder: Path) -> list[str]:
    """The texts kept in a folder; none where there are none."""
    import pyarrow as pa

    if about_unlabelled(folder) is None:
        return []
    with pa.memory_map(str(folder / TEXTS)) as file:
        return list(pa.ipc.open_file(file).read_all().column("text").to_pylist())


def without(texts: Iterable[str], held_out: Iterable[str]) -> tuple[list[str], int]:
    """The texts less what they hold of held-out ones, and how many texts that changed.

    A text that says the same as a held-out one is gone; of one that contains it, word for word, only that part is. Letters'
    case and what stands between words do not count. Held-out texts of fewer than FIRST_WORDS words are only looked for as whole
    texts.
    """
    sought, whole = _index(held_out)
    found, changed = [], 0
    for text in texts:
        words = [(m.group().casefold(), m.start()) for m in WORD.finditer(text)]
        if " ".join(word for word, _ in words) in whole:
            changed += 1
            continue
        left = _cut(text, words, sought)
        changed += left != text
        if left:
            found.append(left)
    return found, changed


def not_inside_another(texts: Sequence[str]) -> list[str]:
    """The texts that stand in no other one, each once: so that what is held out of them is in none of the rest."""
    every = {" ".join(key): text for text in texts if (key := _key(text))}
    sought, _ = _index(every.values())
    inside: set[str] = set()
    for own, text in every.items():
        words = _key(text)
        for at in range(len(words)):
            for other in sought.get(tuple(words[at : at + FIRST_WORDS]), ()):
                joined = " ".join(other)
                if joined != own and words[at : at + len(other)] == other:
                    inside.add(joined)
    return [text for own, text in every.items() if own not in inside]


def _key(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def _index(texts: Iterable[str]) -> tuple[dict[tuple[str, ...], list[list[str]]], set[str]]:
    """The words of each text by its first ones, the longest first; and every text as a string of words."""
    sought: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    keys = {" ".join(key): key for text in texts if (key := _key(text))}
    for key in sorted(keys.values(), key=len, reverse=True):
        if len(key) >= FIRST_WORDS:
            sought[tuple(key[:FIRST_WORDS])].append(key)
    return dict(sought), set(keys)


def _cut(text: str, words: Sequence[tuple[str, int]], sought: Mapping[tuple[str, ...], list[list[str]]]) -> str:
    """The text without the stretches of words that are sought, up to the word behind each."""
    only = [word for word, _ in words]
    parts, begun, at = [], 0, 0
    while at < len(only):
        hits = sought.get(tuple(only[at : at + FIRST_WORDS]), ())
        hit = next((len(one) for one in hits if only[at : at + len(one)] == one), 0)
        if hit:
            parts.append(text[begun : words[at][1]])
            begun = words[at + hit][1] if at + hit < len(only) else len(text)
        at += hit or 1
    return "".join([*parts, text[begun:]]).strip() if parts else text
