"""What a whole run would ask of a service, in one figure; and the user's yes to it, which lies with the run. Loads without torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.llm.prompt import Prompt
from tlcore.llm.quote import SHOWN, Quote

CONSENT = "consent.json"
LEARN, TEST = "learn", "test"


@dataclass(frozen=True)
class Agreement:
    """The quotes of both parts: the texts to learn from, and the test rows. most_dollars: where asking ends; None: no limit."""

    learn: Quote
    test: Quote
    most_dollars: float | None = None

    @property
    def id(self) -> str:
        """Another one where anything that would be sent, its price or the limit is another."""
        said = f"{self.learn.id} {self.test.id} {self.most_dollars}"
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    @cached_property
    def whole(self) -> Quote:
        """Both as one."""
        one, two = self.learn, self.test
        dollars = None if one.dollars is None or two.dollars is None else one.dollars + two.dollars
        return replace(
            one, id=self.id, rows=one.rows + two.rows, to_send=one.to_send + two.to_send,
            characters=one.characters + two.characters, tokens_read=one.tokens_read + two.tokens_read,
            tokens_written=one.tokens_written + two.tokens_written, dollars=dollars,
            preview=(*one.preview, *two.preview)[:SHOWN], pictures=one.pictures + two.pictures,
            picture_tokens=one.picture_tokens + two.picture_tokens, unread=tuple(dict.fromkeys((*one.unread, *two.unread))),
        )  # fmt: skip

    @property
    def limit_sentence(self) -> str:
        """Where asking ends, or that only the rows limit it."""
        if self.most_dollars is None:
            return ""
        if self.whole.dollars is None:
            return (
                "Your limit in dollars cannot be kept, since the price is not known; only the number of rows limits it."
            )
        return f"Asking ends at {self.most_dollars:,.2f} US dollars." if self.whole.dollars else ""

    def to_json(self) -> dict[str, Any]:
        whole = self.whole
        return {
            "id": self.id, "sentence": whole.sentence, "limit": self.limit_sentence, "host": whole.host, "model": whole.model,
            "rows": whole.rows, "to_send": whole.to_send, "characters": whole.characters, "tokens_read": whole.tokens_read,
            "tokens_written": whole.tokens_written, "dollars": whole.dollars,
            "pictures": whole.pictures, "picture_tokens": whole.picture_tokens, "pictures_not_sent": list(whole.unread),
            "first_rows": [_as_sent(prompt) for prompt in whole.preview],
        }  # fmt: skip


def _as_sent(prompt: Prompt) -> dict[str, Any]:
    """A row as it will be sent; of its picture the name and the size."""
    said: dict[str, Any] = {"system": prompt.system, "user": prompt.user}
    seen = prompt.picture
    return said | {"picture": {"name": seen.name, "width": seen.width, "height": seen.height}} if seen else said


class NotAgreed(TlcoreError):
    """Nothing was sent, since the user has not agreed to this yet; carries what there is to agree to."""

    def __init__(self, agreement: Agreement) -> None:
        super().__init__(
            f"Nothing was sent yet. {agreement.whole.sentence}",
            agreement.whole.host,
            f"To agree, say the same with: --agree {agreement.id}",
        )
        self.agreement = agreement

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "quote": self.agreement.to_json()}


def keep_consent(folder: Path, agreement: Agreement) -> None:
    """Beside the plan of a run: which quotes the user agreed to, and where asking ends."""
    write_json(
        folder / CONSENT,
        {
            "agreed": agreement.id, LEARN: agreement.learn.id, TEST: agreement.test.id,
            "most_dollars": agreement.most_dollars, "sentence": agreement.whole.sentence, "host": agreement.whole.host,
        },
    )  # fmt: skip


def read_consent(folder: Path) -> dict[str, Any] | None:
    """What was agreed to for a run, or None."""
    return read_json(folder / CONSENT)
