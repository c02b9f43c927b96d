"""Asking a language model over an API for the label of many texts: agreed to first, paid once, stopped cleanly.

Loads without torch. httpx2 is the client (it is there with huggingface_hub): of each API one address is used, and so exactly
what `dialects` says is sent, no more; the makers' own clients also send what they find in the environment.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlcore.llm.dialects import first_form
from tlcore.llm.key import ApiKey
from tlcore.llm.question import Answer, Question
from tlcore.llm.quote import Asked, Consent, check_consent, distinct, most_tokens
from tlcore.llm.replies import Reply, confidence_of, is_garbled, said_label
from tlcore.llm.sending import Channel, Gone, Refused
from tlcore.llm.service import Pace, Service
from tlcore.llm.store import Paid, Store
from tlcore.llm.waits import Clock, run_loop

LOOK_SECONDS, GRACE_SECONDS = 0.2, 1.0
"""How often a stop is looked for; and how long requests on their way, which are paid, may still arrive after it."""
HOPELESS = 3
"""So many texts in a row to which the service gave no answer at all: then it is down, and asking ends."""
ONE_REFUSED = 0.1
"""What a text that is refused counts of that, once others were answered: some texts are refused, hardly thirty in a row."""
USELESS = 10
"""So many first answers of which none was a label: then something is wrong, and money is saved."""
EMPTY = Answer(None, None, "There is nothing to read in this row.")
NOT_ASKED = Answer(None, None, "This row was not asked about.")


@dataclass(frozen=True)
class Outcome:
    """answers: one a text. dollars: spent under this consent so far, None where the price is not known. sent: requests paid
    for now. known: different texts that had been answered before. ended: in a sentence why not all was asked, else "".

    The dollars are those of the answers that arrived: what a service bills for one that was lost on its way, it does not say.
    """

    answers: tuple[Answer, ...]
    dollars: float | None
    sent: int
    known: int
    read: int
    written: int
    ended: str = ""


def ask_api(
    texts: Sequence[str],
    question: Question,
    service: Service,
    key: ApiKey,
    consent: Consent,
    folder: Path,
    *,
    pace: Pace | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    check_stop: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
) -> Outcome:
    """Ask about every text of which `folder` does not hold the answer yet. progress: different texts done, and all.

    Raises TlcoreError where the consent is for something else, the key or the model is refused, or another job writes into
    the folder; and what check_stop raises, within a second or two. What was answered until then is kept and not paid again.
    """
    service.check_safe(bool(key))
    asked, store = distinct(texts, question, service), Store(folder)
    check_consent(consent, asked, service)
    with store.writing():
        job = _Job(asked, question, service, consent, store, progress, clock or Clock())
        if job.waiting:
            run_loop(job.run(key, pace or Pace(), check_stop))
        return job.outcome(len(texts))


class _Job:
    """Workers that take from one queue; what must be agreed between them (money, misfortune) is here."""

    def __init__(
        self, asked: Sequence[Asked], question: Question, service: Service, consent: Consent, store: Store,
        progress: Callable[[int, int], None], clock: Clock,
    ) -> None:  # fmt: skip
        self.asked, self.question, self.service, self.consent = asked, question, service, consent
        self.store, self.progress, self.clock = store, progress, clock
        self.waiting = deque(one for one in asked if one.key not in store.answers)
        self.known, self.paid_before = len(asked) - len(self.waiting), len(store.paid)
        self.failed: dict[str, Answer] = {}
        self.ended, self.reserved, self.rows_out = "", 0.0, 0
        self.misfortunes, self.useless, self.answered = 0.0, 0, False
        self.price = service.known_price()

    async def run(self, key: ApiKey, pace: Pace, check_stop: Callable[[], None]) -> None:
        async with Channel(self.service, key, pace, self.clock, first_form(self.service)) as channel:
            many = min(pace.parallel, len(self.waiting))
            workers = [asyncio.create_task(self._work(channel)) for _ in range(many)]
            try:
                await _look_after(workers, check_stop)
            except BaseException:
                self.waiting.clear()
                await _let_end(workers)
                raise

    async def _work(self, channel: Channel) -> None:
        while self.waiting and not self.ended:
            one = self.waiting.popleft()
            most = self._most_dollars(one)
            if over := self._over(most, 1):
                self.waiting.appendleft(one)
                if not self.rows_out:  # else those on their way may turn out cheaper than they could be
                    self.ended = over
                return
            self.reserved, self.rows_out = self.reserved + most, self.rows_out + 1
            try:
                await self._ask(channel, one)
            finally:
                self.reserved, self.rows_out = self.reserved - most, self.rows_out - 1
            self.progress(len(self.asked) - len(self.waiting) - self.rows_out, len(self.asked))

    def _most_dollars(self, one: Asked) -> float:
        """What a request can cost at most, as far as can be known before."""
        if self.price is None:
            return 0.0
        return self.price.of(most_tokens(one.prompt, self.question, self.service), self.service.longest_answer)

    def _over(self, dollars: float, rows: int) -> str:
        """Which limit would be broken by so much more, in a sentence; "" for none. Those on their way count at their dearest."""
        limit, paid = self.consent, self.consent.quote
        if limit.most_rows is not None and self.store.rows(paid) + self.rows_out + rows > limit.most_rows:
            return f"Your limit of {limit.most_rows:,} rows is reached."
        if limit.most_dollars is not None and self.store.dollars(paid) + self.reserved + dollars > limit.most_dollars:
            return f"The next row could go beyond your limit of {limit.most_dollars:,.2f} US dollars."
        return ""

    async def _ask(self, channel: Channel, one: Asked) -> None:
        """The answer to one text into the store; a text that the service cannot answer is passed over, and told."""
        for again in (True, False):
            try:
                reply = await channel.ask(one.prompt, self.question.names)
            except (Refused, Gone) as trouble:
                self._fail(one, trouble)
                return
            if again and is_garbled(reply.text) and not reply.cut and not self._over(0.0, 0):
                self._pay(one, reply, None)
                continue
            self._pay(one, reply, make_answer(reply, self.question.names))
            return

    def _pay(self, one: Asked, reply: Reply, answer: Answer | None) -> None:
        dollars = None if self.price is None else self.price.of(reply.read, reply.written)
        self.store.add(Paid(one.key, self.consent.quote, reply.read, reply.written, dollars, answer))
        self.misfortunes, self.answered = 0.0, True
        if answer is not None and self.useless >= 0:
            self.useless = self.useless + 1 if answer.label is None else -1
            if self.useless >= USELESS:
                self.ended = f"None of the first {USELESS} answers was one of the labels ({answer.why})"

    def _fail(self, one: Asked, trouble: Refused | Gone) -> None:
        self.failed[one.key] = Answer(None, None, str(trouble))
        self.misfortunes += ONE_REFUSED if self.answered and isinstance(trouble, Refused) else 1
        if self.misfortunes >= HOPELESS:
            self.ended = f"Asking ended: {trouble}"

    def outcome(self, rows: int) -> Outcome:
        answers = [EMPTY] * rows
        for one in self.asked:
            answer = self.store.answers.get(one.key) or self.failed.get(one.key) or NOT_ASKED
            for row in one.rows:
                answers[row] = answer
        new = self.store.paid[self.paid_before :]
        return Outcome(
            tuple(answers), None if self.price is None else self.store.dollars(self.consent.quote), len(new), self.known,
            sum(one.read for one in new), sum(one.written for one in new), self.ended,
        )  # fmt: skip


def make_answer(reply: Reply, labels: tuple[str, ...]) -> Answer:
    """The label that was said, or "could not tell" and why."""
    label = None if reply.refused else said_label(reply.text, labels)
    if label is not None:
        return Answer(label, confidence_of(reply, label))
    if reply.refused:
        return Answer(None, None, "The model would not answer about this text.")
    if reply.cut:
        return Answer(None, None, "The answer was longer than allowed: the model thinks first. Allow longer answers.")
    return Answer(None, None, "What the model answered is none of the labels.")


async def _look_after(workers: list[asyncio.Task[None]], check_stop: Callable[[], None]) -> None:
    """Until all have ended; raises what one of them, or check_stop, raises."""
    at_work = set(workers)
    while at_work:
        done, at_work = await asyncio.wait(at_work, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        for one in done:
            one.result()
        check_stop()


async def _let_end(workers: list[asyncio.Task[None]]) -> None:
    """Requests on their way may arrive for a moment more; then they are dropped."""
    _, late = await asyncio.wait(workers, timeout=GRACE_SECONDS)
    for one in late:
        one.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
