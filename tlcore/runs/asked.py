"""Asking a language model for a run: what would be sent, before it starts; and at its end how the one that was asked and the model
that learned from its answers compare on the same test rows. Loads without torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tlcore.datasets import TEST, TRAIN, UNLABELLED, Dataset
from tlcore.errors import TlcoreError
from tlcore.jobs import KEEP
from tlcore.llm.agreement import TEST as TEST_PART
from tlcore.llm.agreement import Agreement, NotAgreed
from tlcore.llm.question import Answer
from tlcore.llm.quote import make_quote
from tlcore.llm.seeing import check_folder
from tlcore.llm.teachers import Hooks, Told
from tlcore.plan import Plan, make_settings
from tlcore.strategies import get_strategy
from tlcore.strategies.asking import (
    API,
    FOLDER,
    AskSettings,
    asks_about,
    pictures_for,
    question_of,
    reasons,
    rows_to_compare,
    service_of,
    telling,
    texts_to_ask,
)
from tlcore.workspace import Workspace

if TYPE_CHECKING:
    from tlcore.models.saved import Fitted
    from tlcore.predict.predictor import Answers
    from tlcore.worker import JobContext

NOTHING = ""
"""What a row without an answer is scored as: no label, so wrong."""


def quote_run(dataset: Dataset, plan: Plan) -> Agreement | None:
    """What a run of this plan would send to a service; None where it sends nothing. Sends nothing itself.

    Raises TlcoreError where the settings do not say whom to ask.
    """
    strategy = get_strategy(plan.strategy)
    settings = make_settings(dataset.task.settings(strategy), plan.settings)
    if isinstance(settings, AskSettings) and settings.backend == FOLDER:
        check_folder(str(getattr(settings, "folder", "")))
    if not isinstance(settings, AskSettings) or settings.backend != API:
        return None
    service, seed = service_of(settings), plan.seed
    uses_labels = bool(getattr(strategy, "uses_labels", True))
    train = dataset.texts(TRAIN)
    question = question_of(
        settings, dataset.labels, dataset.label_infos, train if uses_labels else (),
        dataset.targets(TRAIN) if uses_labels else (), seed, pictures_for(strategy, dataset.images),
    )  # fmt: skip
    learn = texts_to_ask(asks_about(strategy, dataset.texts(UNLABELLED), train), settings.most_rows, seed)
    test = dataset.texts(TEST)
    compared = [test[i] for i in rows_to_compare(len(test), settings.most_test_rows, seed)]
    folder = Workspace().answer_cache / service.id
    return Agreement(
        make_quote(learn, question, service, folder),
        make_quote(compared, question, service, folder),
        settings.most_dollars,
    )


def check_agreed(agreement: Agreement | None, agreed: str | None) -> None:
    """Raises NotAgreed unless just this was agreed to."""
    if agreement is not None and agreed != agreement.id:
        raise NotAgreed(agreement)


def asked_report(
    context: JobContext, plan: Plan, dataset: Dataset, fitted: Fitted, answers: Answers
) -> dict[str, Any] | None:
    """Who was asked, about how much, for how much money; and `test`: its scores and the model's own on the same test rows, with the
    difference (paired bootstrap). None where nobody was asked."""
    if fitted.asked is None:
        return None
    teacher = fitted.asked.teacher
    test = _compared(context, plan, dataset, fitted, answers)
    return {
        "backend": fitted.asked.backend, "who": teacher.who, "host": teacher.host, "dollars": teacher.dollars,
        "learned": fitted.asked.learned, "test": test,
    }  # fmt: skip


def _compared(
    context: JobContext, plan: Plan, dataset: Dataset, fitted: Fitted, answers: Answers
) -> dict[str, Any] | None:
    assert fitted.asked is not None
    texts, truth = dataset.texts(TEST), dataset.targets(TEST)
    chosen = rows_to_compare(len(texts), fitted.asked.most_test_rows, plan.seed)
    if not chosen or context.stop_wish() == KEEP:
        return None
    context.emit(
        "note", level="info", text=f"{fitted.asked.teacher.who} is asked about {len(chosen):,} test rows, too."
    )
    try:
        told = fitted.asked.teacher.answer(
            [texts[i] for i in chosen], TEST_PART, Hooks(telling(context.emit), context.check_cancel)
        )
    except TlcoreError as error:  # the model is there: it is not lost because a service is
        context.emit("note", level="warning", text=f"Not asked about the test rows: {error}")
        return None
    rows = [(i, one) for i, one in zip(chosen, told.answers, strict=True) if was_asked(one)]
    if not rows:
        return None
    return _scores(
        dataset, [one for _, one in rows], [truth[i] for i, _ in rows], [answers.predictions[i] for i, _ in rows], told
    )


def was_asked(answer: Answer) -> bool:
    """Also of what got no label; not of rows that asking did not come to."""
    from tlcore.llm.api import NOT_ASKED

    return answer != NOT_ASKED


def _scores(
    dataset: Dataset, said: Sequence[Answer], truth: Sequence[str], own: Sequence[str], told: Told
) -> dict[str, Any]:
    from tlcore.evaluate.silence import compare_with_silence

    theirs = [one.label or NOTHING for one in said]
    student, teacher, gap = compare_with_silence(truth, own, theirs, dataset.labels)
    return {
        "rows": len(said), "could_not_tell": sum(one.label is None for one in said),
        "reasons": [list(one) for one in reasons(said)], "ended": told.ended, "teacher": teacher, "student": student,
        "difference": gap,
    }  # fmt: skip
