"""Column names without blanks or repeats."""

from __future__ import annotations

from collections.abc import Sequence


def unique_names(given: Sequence[str], places: Sequence[int], say: bool = True) -> tuple[list[str], list[str]]:
    """Names without blanks or repeats, and a sentence for each that had to change."""
    tidy = [" ".join(readable(name).split()) for name in given]
    taken, unique, said = set(tidy), [], []
    seen: set[str] = set()
    for place, name in zip(places, tidy, strict=True):
        new, base, n = name, name or f"column {place}", 2
        if not name or name in seen:
            new = base if not name else f"{base} (2)"
            while new in taken:
                n += 1 if new != base else 0
                new = f"{base} ({n})"
            why = f'is a second "{name}"' if name else "had no name"
            said.append(f'Column {place} {why}; it is called "{new}" here.')
        taken.add(new)
        seen.add(name)
        unique.append(new)
    if len(said) > 5:
        said = [*said[:5], f"{len(said) - 5} more columns were named in the same way."]
    return unique, said if say else []


def readable(text: str) -> str:
    """The text without half surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
