"""A language model is asked about texts of the user's, and a small model learns from its answers (distillation: Hinton et al. 2015,
arXiv 1503.02531; from a language model's labels: Wang et al. 2021, arXiv 2108.13487). What is kept needs no language model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm.agreement import LEARN, read_consent
from tlcore.llm.examples import choose_by_similarity
from tlcore.llm.gallery import Gallery
from tlcore.llm.key import ApiKey
from tlcore.llm.question import Answer, Example, Question
from tlcore.llm.service import Price, Service
from tlcore.llm.teachers import ApiTeacher, Hooks, SmallTeacher, Teacher, Told
from tlcore.plan import setting
from tlcore.strategies.base import Estimate, FitInput
from tlcore.strategies.reading import Wishes, check_cancel, choose_reading, features

if TYPE_CHECKING:
    import numpy as np

    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted

SMOLLM2, API = "smollm2", "api"
ASKING = (SMOLLM2, API)
FOLDER = "folder"
"""A model that sees, for `ask_pictures` alone."""
PHASES = ("ask", "encode", "choose", "fit")
HELD_OUT, FEWEST_HELD_OUT = 0.2, 8
"""Of the answered texts, the share that tells how often student and teacher agree; with fewer of them that is not told."""
MOST_SHOWN_FROM, MOST_WORDS = 1_000, 4_096
"""Labelled rows that examples are chosen from, and words by which they are compared."""


@dataclass(frozen=True)
class AskSettings:
    """What is asked of whom. A setting with `backends` matters only with those; one with `asked` has its place on a screen."""

    backend: str = setting(SMOLLM2, "Who answers", "", asked=True, choices=ASKING)
    instructions: str = setting(
        "", "The task in your own words", "Said to the language model before the labels. Embeddings compare texts with descriptions "
        "and do not read it.", term="task instructions", backends=(*ASKING, FOLDER),
    )  # fmt: skip
    model: str = setting(
        "", "Which model", "The name the service has for it, such as gpt-5.4-mini, claude-haiku-4-5 or llama3.2.", backends=(API,), asked=True,
    )  # fmt: skip
    dialect: str = setting(
        "openai", "How the service is spoken to", "Most services understand openai: OpenAI, Gemini, Ollama, vLLM, llama.cpp, "
        "Mistral. Claude wants anthropic.", choices=("openai", "anthropic"), term="API dialect", backends=(API,), asked=True,
    )  # fmt: skip
    base_url: str = setting(
        "", "Its address", "Such as http://127.0.0.1:11434/v1 for Ollama on this computer. Empty: that of OpenAI, or of Anthropic.",
        term="base URL", backends=(API,), asked=True,
    )  # fmt: skip
    price_read: float = setting(
        0.0, "Price of a million tokens read", "0: not known, or as Nudge's list has it. A token is about four letters.",
        unit="US dollars", low=0.0, high=10_000.0, term="input tokens", backends=(API,),
    )  # fmt: skip
    price_written: float = setting(
        0.0, "Price of a million tokens written", "0: not known, or as Nudge's list has it.", unit="US dollars", low=0.0,
        high=10_000.0, term="output tokens", backends=(API,),
    )  # fmt: skip
    most_dollars: float = setting(
        5.0, "Spend at most", "Asking ends before it would cost more; what was answered is kept.", unit="US dollars", low=0.0,
        high=100_000.0, term="spend cap", backends=(API,),
    )  # fmt: skip
    most_rows: int = setting(
        300, "Ask about at most", "So many of your texts are answered by the language model, drawn by the seed; your own model learns "
        "from the answers.", unit="texts", low=10, high=100_000, backends=(*ASKING, FOLDER),
    )  # fmt: skip
    most_test_rows: int = setting(
        200, "Compare on at most", "On so many test rows the language model itself is asked, too, to see whether your own model is as "
        "good. 0: on none.", unit="test rows", low=0, high=100_000, backends=(*ASKING, FOLDER),
    )  # fmt: skip


def service_of(settings: AskSettings) -> Service:
    """Raises TlcoreError where no model is named, or the address is none."""
    priced = settings.price_read or settings.price_written
    price = Price(settings.price_read, settings.price_written) if priced else None
    return Service(settings.dialect, settings.model, settings.base_url, price)  # type: ignore[arg-type]


def question_of(
    settings: AskSettings, labels: Sequence[str], infos: Sequence[LabelInfo], texts: Sequence[str], targets: Sequence[str], seed: int,
    pictures: Gallery | None = None,
) -> Question:  # fmt: skip
    """texts, targets: the labelled rows, out of which examples are chosen where the settings have a number of `examples`."""
    said = {info.label: info for info in infos}
    named = tuple(said.get(label, LabelInfo(label)) for label in labels)
    k = int(getattr(settings, "examples", 0))
    return Question(
        settings.instructions, named, examples_for=similar_rows(texts, targets, k, seed) if k and texts else None,
        pictures=pictures,
    )  # fmt: skip


def pictures_for(strategy: Any, place: str | Path) -> Gallery | None:
    """The pictures in a folder or zip, for a strategy that shows them to whom it asks."""
    return Gallery(place) if getattr(strategy, "shows_pictures", False) else None


def similar_rows(texts: Sequence[str], targets: Sequence[str], k: int, seed: int) -> Callable[[str], Sequence[Example]]:
    """For each text the k labelled rows that share most, and rarest, words with it, and not all of one label.

    By words and not by the base model, so that the very same words are shown before anything is sent and when they are: no torch
    is needed for it, and no rounding differs. (Word overlap is a strong way to choose: Rubin et al. 2022, arXiv 2112.08633.)
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = [i for i, text in enumerate(texts) if text.strip()]
    if len(rows) > MOST_SHOWN_FROM:
        rows = sorted(np.random.default_rng(seed).choice(rows, MOST_SHOWN_FROM, replace=False).tolist())
    shown, labels = [texts[i] for i in rows], [targets[i] for i in rows]
    vectors = TfidfVectorizer(sublinear_tf=True, max_features=MOST_WORDS, token_pattern=r"(?u)\b\w+\b")
    try:
        known = vectors.fit_transform(shown)
    except ValueError:  # no words at all
        return lambda text: []

    def examples_for(text: str) -> list[Example]:
        alike = np.round((known @ vectors.transform([text]).T).toarray()[:, 0], 6)
        itself = [i for i, one in enumerate(shown) if one == text]
        return [(shown[i], labels[i]) for i in choose_by_similarity(alike, labels, k, itself)]

    return examples_for


def texts_to_ask(texts: Sequence[str], most: int, seed: int) -> list[str]:
    """Different texts, at most so many, drawn by the seed, in their order."""
    import numpy as np

    found = list(dict.fromkeys(text for text in texts if text.strip()))
    if len(found) <= most:
        return found
    return [found[i] for i in np.sort(np.random.default_rng(seed).choice(len(found), most, replace=False))]


def rows_to_compare(rows: int, most: int, seed: int) -> list[int]:
    """Which test rows the language model is asked about."""
    import numpy as np

    if rows <= most:
        return list(range(rows))
    return [int(i) for i in np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))]


def asks_about(strategy: Any, unlabelled: Sequence[str], train: Sequence[str]) -> list[str]:
    """The texts out of which those to ask about are drawn: what has a label is not asked about where labels are learned from."""
    return [*unlabelled, *train] if not getattr(strategy, "uses_labels", True) else list(unlabelled)


def teacher_of(given: FitInput, question: Question) -> Teacher:
    """Raises TlcoreError where nobody has agreed to what would be sent."""
    from tlcore.models.bases import base_folder, get_base, public_name
    from tlcore.workspace import Workspace

    settings: AskSettings = given.settings
    if settings.backend == SMOLLM2:
        return SmallTeacher(lambda: base_folder(SMOLLM2), get_base(SMOLLM2).revision, question)
    if settings.backend == FOLDER:
        from tlcore.llm.seeing import SeeingTeacher, check_folder

        place = str(getattr(settings, "folder", ""))
        return SeeingTeacher(lambda: check_folder(place), question, public_name(place))
    service, consent = service_of(settings), read_consent(given.keep_folder or given.work_folder)
    if consent is None:
        raise TlcoreError(
            "Nobody has agreed yet to what would be sent, and what it costs.",
            service.host,
            "Look at it on Plan, and agree.",
        )
    return ApiTeacher(
        question, service, given.key or ApiKey(), {part: str(consent.get(part, "")) for part in ("learn", "test")},
        consent.get("most_dollars"), Workspace().answer_cache / service.id,
    )  # fmt: skip


@dataclass
class Teaching:
    """What a run keeps of its teacher, to ask it about the test rows, too. learned: for the report."""

    teacher: Teacher
    backend: str
    most_test_rows: int
    learned: dict[str, Any]


def ask_and_learn(given: FitInput, strategy: Any, teacher: Teacher | None = None) -> Fitted:
    """The model that learned from the answers: the strategy's `student`, or else the one for texts. teacher: another than the
    settings name (for tests)."""
    from tlcore.runs import PICTURES

    own = bool(getattr(strategy, "uses_labels", True))
    labels, train_y = list(given.labels), [int(one) for one in given.train_y]
    question = question_of(
        given.settings, labels, given.label_infos, given.train_texts if own else (), [labels[y] for y in train_y] if own else (),
        given.plan.seed, pictures_for(strategy, (given.keep_folder or given.work_folder) / PICTURES),
    )  # fmt: skip
    teacher = teacher or teacher_of(given, question)
    from tlcore.engine.precision import say_precision, set_threads

    set_threads()
    say_precision(given.emit)
    texts = texts_to_ask(
        asks_about(strategy, given.unlabelled_texts, given.train_texts), given.settings.most_rows, given.plan.seed
    )
    given.phase("ask", "Asking the language model about your texts")
    told = teacher.answer(texts, LEARN, Hooks(telling(given.emit), given.check_stop))
    taught = Taught.of(told, texts, labels, list(given.train_texts) if own else [], train_y if own else [])
    _tell(given, told, taught, own)
    taught.check(told, teacher)
    student = getattr(strategy, "student", _student)
    return student(given, strategy, teacher, told, taught)


def telling(emit: Callable[..., None]) -> Callable[[int, int, float | None], None]:
    """How far asking is, and what was spent, for the Train screen."""

    def progress(done: int, total: int, dollars: float | None) -> None:
        spent = "" if dollars is None else f"; {dollars:.2f} US dollars spent so far"
        emit("progress", done=done, total=total, unit=f"texts{spent}")

    return progress


@dataclass(frozen=True)
class Taught:
    """What there is to learn from: texts the teacher answered, then rows with a label of their own, which count fully."""

    texts: list[str]
    y: list[int]
    weight: list[float]
    answered: int

    @classmethod
    def of(cls, told: Told, texts: Sequence[str], labels: list[str], own: list[str], own_y: list[int]) -> Taught:
        place = {label: i for i, label in enumerate(labels)}
        said = [(text, one) for text, one in zip(texts, told.answers, strict=True) if one.label in place]
        return cls(
            [text for text, _ in said] + own, [place[str(one.label)] for _, one in said] + own_y,
            [1.0 if one.confidence is None else one.confidence for _, one in said] + [1.0] * len(own), len(said),
        )  # fmt: skip

    def check(self, told: Told, teacher: Teacher) -> None:
        if len(set(self.y)) < 2:
            why = told.ended or next((why for why, _ in reasons(told.answers)), "All its answers were the same label.")
            raise TlcoreError(
                f"Nothing can be learned: the language model gave {self.answered:,} of {len(told.answers):,} texts a label, and "
                f"fewer than two different ones. {why}", teacher.who,
                "Say more of each label, ask about more texts, or choose another model.",
            )  # fmt: skip


def reasons(answers: Sequence[Answer]) -> list[tuple[str, int]]:
    """Why there was no label, the commonest first."""
    return Counter(one.why for one in answers if one.label is None and one.why).most_common(5)


def _tell(given: FitInput, told: Told, taught: Taught, own: bool) -> None:
    silent = len(told.answers) - taught.answered
    if told.ended:
        given.emit("note", level="warning", text=f"Not all texts were asked about: {told.ended}")
    if silent:
        why = "; ".join(f"{count:,} times: {why}" for why, count in reasons(told.answers))
        given.emit("note", level="info", text=f"{silent:,} of {len(told.answers):,} texts got no label. {why}")
    if own and not told.answers:
        text = "Every row has a label, so your own labels are what is learned from; the language model is only asked about test rows."
        given.emit("note", level="info", text=text)


def _student(given: FitInput, strategy: Any, teacher: Teacher, told: Told, taught: Taught) -> Fitted:
    """Frozen features and a logistic head, as `frozen_features` has them, taught by the answers."""
    import numpy as np

    from tlcore.engine.embeddings import stored_states
    from tlcore.engine.linear import fit_head, to_head
    from tlcore.engine.tokens import tokenize
    from tlcore.models.adapter_files import Added
    from tlcore.models.load import load_encoder, longest_input
    from tlcore.models.saved import Fitted
    from tlcore.predict.predictor import linear_probabilities

    settings, held = given.settings, list(given.validation_texts)
    given.phase("encode", "Reading your texts with the language model")
    encoder = load_encoder(given.base_folder)
    blocks = int(encoder.config.num_hidden_layers)
    given.emit("blocks", blocks=[vars(block) for block in strategy.blocks(blocks)])
    length = min(settings.max_length, longest_input(encoder.config))
    ids = tokenize(given.base_folder, [*taught.texts, *held], length)
    states = stored_states(encoder, given.base_folder, ids, given.emit, lambda: check_cancel(given))
    rows, y, weight = len(taught.texts), np.array(taught.y), np.array(taught.weight)
    given.phase("choose", "Trying settings on the answers")
    chosen = choose_reading(given, states[:rows], y, Wishes(layers=getattr(settings, "layers", "auto")))
    given.phase("fit", "Your own model learns from the answers")
    x = features(states, chosen.layers)

    def learn(at: np.ndarray) -> Any:
        return fit_head("logistic", x[at], y[at], chosen.C, chosen.balanced, given.plan.seed, weight[at])

    agreed = agreement_of(
        taught.answered, y, given.plan.seed, lambda inside, outside: learn(inside).predict(x[outside])
    )
    pipeline = learn(np.arange(rows))
    head = to_head(pipeline, len(given.labels))
    validation = linear_probabilities(head.tensors(), x[rows:]) if held else None
    size = head.weight.size + head.bias.size
    return Fitted(
        encoder, given.base_folder, chosen.layers, head, length, None, size,
        sum(p.numel() for p in encoder.parameters()) + size,
        {"backend": settings.backend, **chosen.said(given)}, pipeline, validation, Added(),
        asked=teaching_of(settings, teacher, told, taught, agreed),
    )  # fmt: skip


def teaching_of(
    settings: AskSettings, teacher: Teacher, told: Told, taught: Taught, agreed: tuple[float | None, int]
) -> Teaching:
    """agreed: how often a student that had not seen them gave the answers, and on how many that was tried."""
    learned = {
        "rows": len(told.answers), "answered": taught.answered, "could_not_tell": len(told.answers) - taught.answered,
        "reasons": [list(one) for one in reasons(told.answers)], "ended": told.ended,
        "own_rows": len(taught.texts) - taught.answered, "agreement": agreed[0], "agreement_rows": agreed[1],
    }  # fmt: skip
    return Teaching(teacher, settings.backend, settings.most_test_rows, learned)


def agreement_of(
    answered: int, y: np.ndarray, seed: int, predict: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> tuple[float | None, int]:
    """How often a student that did not see them gives the teacher's answer, on a part of the answered texts; and on how many.

    predict: the places to learn from, and those to answer, among all that were learned from -> classes.
    """
    import numpy as np

    order = np.random.default_rng(seed).permutation(answered)
    out = order[: int(HELD_OUT * answered)]
    inside = np.setdiff1d(np.arange(len(y)), out)
    if len(out) < FEWEST_HELD_OUT or len(set(y[inside].tolist())) < 2:
        return None, 0
    return round(float((predict(inside, out) == y[out]).mean()), 4), len(out)


def asking_estimate(strategy: Any, facts: Facts, machine: Machine, settings: Any, reading: Estimate) -> Estimate:
    """Rough time of asking, beside that of reading the texts with the base model (`reading`)."""
    asked = min(settings.most_rows, facts.rows) + min(settings.most_test_rows, facts.rows // 5)
    if settings.backend == API:
        return Estimate(reading.seconds_low + asked / 20, reading.seconds_high + asked * 1.0, reading.memory_mb)
    tokens = min(facts.tokens_p50, 256) + 30
    labels, cores = max(2, len(facts.classes)), max(1, min(machine.cores, 8))
    examples = 1 + 2 * int(getattr(settings, "examples", 0))
    seconds = asked * labels * tokens * examples / (450 * cores)
    return Estimate(reading.seconds_low + 0.5 * seconds, reading.seconds_high + 2 * seconds, reading.memory_mb + 900)
