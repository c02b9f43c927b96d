"""What asking would send and cost, before anything is sent; and the user's word that it may be. Loads without torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tlcore.errors import TlcoreError
from tlcore.llm.dialects import address
from tlcore.llm.gallery import SIDE, SURE_TIMES, picture_tokens
from tlcore.llm.prompt import Prompt, answer_schema, content_key, make_prompt
from tlcore.llm.question import Question
from tlcore.llm.service import Price, Service
from tlcore.llm.store import Store
from tlcore.pictures import picture_of

BYTES_A_TOKEN = 4.0
"""Of English with the tokenizers in use; other scripts have more bytes a letter, so bytes are the fairer measure."""
SURE_BYTES_A_TOKEN = 2.0
"""For reserving money: hardly any text has more tokens than this makes."""
OVERHEAD, SHOWN = 20, 3
"""Tokens of the form around a request; how many rows are shown as they will be sent."""


@dataclass(frozen=True)
class Quote:
    """rows: texts given. to_send: different ones that were not answered before. tokens and dollars are of those, estimated;
    dollars is None where the price is not known. preview: the first rows, as they will be sent. pictures: how many of them would
    be sent, and picture_tokens of all tokens are for them; unread: those that cannot be, "NAME: why", whose texts go alone."""

    id: str
    host: str
    model: str
    is_here: bool
    rows: int
    to_send: int
    characters: int
    tokens_read: int
    tokens_written: int
    dollars: float | None
    price: Price | None
    preview: tuple[Prompt, ...]
    pictures: int = 0
    picture_tokens: int = 0
    unread: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """“940 texts”, “118 texts and 115 pictures”."""
        texts = f"{self.to_send:,} texts"
        return (
            f"{texts} and {self.pictures:,} {'picture' if self.pictures == 1 else 'pictures'}"
            if self.pictures
            else texts
        )

    @property
    def sentence(self) -> str:
        """“1,000 rows: 940 different texts would be sent to api.openai.com …”"""
        place = f"{self.host}, which is this machine" if self.is_here else self.host
        known = (
            f", {self.rows - self.to_send:,} rows are repeats or answered before" if self.rows > self.to_send else ""
        )
        tokens = self.tokens_read + self.tokens_written
        size = f"{self.characters:,} characters, about {tokens:,} tokens"
        size += f", of which {self.picture_tokens:,} or so for the pictures" if self.pictures else ""
        return f"{self.rows:,} rows: {self.what} would be sent to {self.model} at {place}{known}; {size}. {self._seen}{self._cost}"

    @property
    def _seen(self) -> str:
        """How the pictures are sent, and which are not; "" where none are."""
        if not self.pictures and not self.unread:
            return ""
        small = (
            f"Pictures are made smaller first ({SIDE} pixels at most) and lose what a camera wrote into them. "
            if self.pictures
            else ""
        )
        some = "; ".join(self.unread[:SHOWN]) + ("; …" if len(self.unread) > SHOWN else "")
        verbs = "picture cannot be read and is" if len(self.unread) == 1 else "pictures cannot be read and are"
        lost = f"{len(self.unread):,} {verbs} not sent ({some}): there the text goes alone. " if some else ""
        return small + lost

    @property
    def _cost(self) -> str:
        if self.dollars is None or self.price is None:
            return "What that costs is not known here: look up the price of this model, and give it or a limit on rows."
        if not self.price.read and not self.price.written:
            return f"It costs nothing: {self.price.whence}."
        amount = f"{self.dollars:,.2f}" if self.dollars >= 0.1 else f"{self.dollars:.4f}"
        return f"About {amount} US dollars ({self.price.whence}); an estimate: the service counts by itself."


@dataclass(frozen=True)
class Consent:
    """The user's yes to one quote, and where to stop: at so many different texts, at so many dollars; None: no limit."""

    quote: str
    most_rows: int | None = None
    most_dollars: float | None = None


@dataclass(frozen=True)
class Asked:
    """A text that is to be sent: its prompt, and the key it is known by. rows: the places it has among the texts given."""

    key: str
    prompt: Prompt
    rows: tuple[int, ...]


def make_quote(texts: Sequence[str], question: Question, service: Service, folder: Path) -> Quote:
    """What it would take to answer these texts; answers that lie in `folder` are not asked for again. Sends nothing."""
    asked, store, price = distinct(texts, question, service), Store(folder), service.known_price()
    new = [one for one in asked if one.key not in store.answers]
    seen = sum(picture_tokens(one.prompt.picture, service) for one in new)
    read = seen + sum(estimate(one.prompt, question, BYTES_A_TOKEN) for one in new)
    written = len(new) * answer_tokens(question)
    return Quote(
        quote_id(asked, service), service.host, service.model, service.is_here, len(texts), len(new),
        sum(one.prompt.characters for one in new), read, written,
        None if price is None else price.of(read, written), price, tuple(_at_rest(one.prompt) for one in new[:SHOWN]),
        sum(one.prompt.picture is not None for one in new), seen, unread_pictures(texts, question),
    )  # fmt: skip


def _at_rest(prompt: Prompt) -> Prompt:
    """The same, with no folder or zip of pictures held open."""
    return replace(prompt, picture=replace(prompt.picture, gallery=None)) if prompt.picture else prompt


def unread_pictures(texts: Sequence[str], question: Question) -> tuple[str, ...]:
    """Each picture that rows name and that cannot be sent, once: "NAME: why"."""
    if question.pictures is None:
        return ()
    named = ((picture_of(text), question.pictures.of(text).problem) for text in dict.fromkeys(texts))
    return tuple(dict.fromkeys(f"{name}: {problem}" for name, problem in named if problem))


def distinct(texts: Sequence[str], question: Question, service: Service) -> list[Asked]:
    """Each different text once, in the order of their first rows; empty texts are left out."""
    places: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        if not question.is_blank(text):
            places.setdefault(text, []).append(i)
    found = []
    for text, rows in places.items():
        prompt = make_prompt(question, text)
        found.append(Asked(content_key(service.id, question.names, prompt), prompt, tuple(rows)))
    return found


def quote_id(asked: Sequence[Asked], service: Service) -> str:
    """The same as long as the same would be asked of the same model for the same price, also after a part was answered."""
    price = service.known_price()
    said = [
        address(service),
        service.id,
        None if price is None else [price.read, price.written],
        [one.key for one in asked],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]


def estimate(prompt: Prompt, question: Question, bytes_a_token: float) -> int:
    """Tokens that a request is read with, the schema of the answer included."""
    schema = json.dumps(answer_schema(question.names), ensure_ascii=False)
    size = sum(len(part.encode("utf-8", "replace")) for part in (prompt.system, prompt.user, schema))
    return OVERHEAD + int(size / bytes_a_token)


def most_tokens(prompt: Prompt, question: Question, service: Service) -> int:
    """Tokens that a request can be read with at most, as far as can be known before."""
    return estimate(prompt, question, SURE_BYTES_A_TOKEN) + int(SURE_TIMES * picture_tokens(prompt.picture, service))


def answer_tokens(question: Question) -> int:
    """Tokens of an answer: {"label": "..."} with a label of usual length. A model that thinks first writes more."""
    mean = sum(len(name.encode("utf-8", "replace")) for name in question.names) / len(question.names)
    return 8 + int(mean / 3)


def check_consent(consent: Consent, asked: Sequence[Asked], service: Service) -> None:
    """Raises TlcoreError unless the user agreed to just this, with limits that can be kept."""
    if consent.quote != quote_id(asked, service):
        raise TlcoreError(
            "What would be sent is not what you agreed to: the texts, the question, the model or its price changed.",
            "", "Look at the new price and rows, and agree again.",
        )  # fmt: skip
    if consent.most_dollars is not None and service.known_price() is None:
        raise TlcoreError(
            "A limit in dollars cannot be kept, since the price of this model is not known.",
            service.model, "Give its price for a million tokens, or a limit on rows.",
        )  # fmt: skip
