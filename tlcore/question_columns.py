"""Which columns hold questions, passages and answers: by their names, else by what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tlcore.found_answers import listed_answer

if TYPE_CHECKING:
    from tlcore.tables import Table

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "question": ("question", "query", "frage", "pregunta", "demande"),
    "context": ("context", "passage", "paragraph", "kontext", "absatz", "contexto", "document", "article", "text"),
    "answer": ("answer", "answer text", "answers", "answers text", "antwort", "respuesta", "réponse"),
    "start": ("answer start", "answers answer start", "start", "start char", "char start"),
    "unanswerable": ("is impossible", "unanswerable", "impossible"),
})  # fmt: skip
"""What columns are called that play a role, the plainest first."""
MOSTLY = 0.6
NEEDED = ("question", "context", "answer")
SHORTEST_PASSAGE = 40
"""Letters that the cells of a column must have on average to look like passages."""


def guess_question_columns(table: Table) -> dict[str, str | None]:
    """Role of the task `qa` -> column, None where none plainly plays it."""
    found = _by_name(table)
    return found if all(found[name] for name in NEEDED) else _by_content(table, found)


def holds_answers(table: Table, found: Mapping[str, str | None]) -> bool:
    """Whether the answers of these columns are pieces of their passages, mostly."""
    if not all(found[name] for name in NEEDED):
        return False
    passages, answers = ([cell.strip() for cell in table.cells(str(found[name]))] for name in ("context", "answer"))
    pairs = [(p, (listed_answer(a) or (a, None))[0]) for p, a in zip(passages, answers, strict=True) if a and p]
    inside = sum(answer in passage and len(answer) < len(passage) for passage, answer in pairs)
    return bool(pairs) and inside >= MOSTLY * len(pairs)


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
