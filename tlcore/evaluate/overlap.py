"""How much of an answer is right: exact match and token F1 with SQuAD's normalisation. The standard library only: screens use it.

Rajpurkar et al. 2016 (arXiv 1606.05250): letters in lower case, without punctuation, the articles a, an and the, and repeated
blanks; then equal or not, and the F1 of the words that answer and truth share. Scripts without blanks are compared letter by
letter (as MLQA does, Lewis et al. 2020, arXiv 1910.07475).
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter

MARKS = frozenset(string.punctuation)
ARTICLES = re.compile(r"\b(a|an|the)\b")
UNSPACED = re.compile("([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff])")


def words_of(text: str) -> list[str]:
    """The words that count; those of the text as it is where nothing else is left of it (“The”, “%”)."""
    low = "".join(" " if letter.isspace() else letter for letter in text.casefold())
    plain = "".join(
        letter for letter in low if letter not in MARKS and not unicodedata.category(letter).startswith("P")
    )
    return UNSPACED.sub(r" \1 ", ARTICLES.sub(" ", plain)).split() or low.split()


def overlap(truth: str, answer: str) -> tuple[float, float]:
    """Exact match (0 or 1) and token F1 of an answer; "" is that the passage does not say, which is right or wrong as a whole."""
    true, said = words_of(truth), words_of(answer)
    if not true or not said:
        return (1.0, 1.0) if true == said else (0.0, 0.0)
    shared = (Counter(true) & Counter(said)).total()
    return float(true == said), 2 * shared / (len(true) + len(said))
