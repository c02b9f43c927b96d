"""Nudge's side of the race: each piece of work as the job of the app does it."""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.peak import share_of_peak
from bench.work import Spec, Texts, Took, seconds_of


def fit(texts: Texts, spec: Spec, watched: bool = False) -> Took:
    """A strategy (options: `strategy` and its settings) on all rows, without validation rows: what the peer sees, no more.

    Reading the texts, choosing the head and teaching it are counted in. watched: the test rows are its validation rows.
    """
    import tlcore.engine.forgetting  # what the work imports is loaded before, as the peer's is
    import tlcore.engine.linear
    import tlcore.engine.loop
    import tlcore.models.saved  # noqa: F401
    from tlcore.strategies import get_strategy

    strategy = get_strategy(spec.options["strategy"])
    with tempfile.TemporaryDirectory() as scratch:
        given = _given(texts, spec, Path(scratch))
        if watched:
            given = replace(given, validation_texts=texts.test, validation_y=texts.test_y)
        seconds, fitted = seconds_of(lambda: strategy.fit(given))
        phases, tokens = _phases(given.emit, seconds), _tokens(texts.train, fitted.max_length)
        more = {"phases": phases, "curve": _curve(given.emit), "texts": len(texts.train), "tokens": tokens}
        if strategy.name == "full_finetune":
            more |= share_of_peak(fitted.encoder, tokens * given.settings.epochs, phases["finetune"], passes=3)
        return Took(seconds, _answers(fitted, texts.test), more)


def curve(texts: Texts, spec: Spec) -> Took:
    """`first` with the test rows watched after every round: seconds and macro-F1, to see when a score is reached."""
    with _fresh_home():
        return fit(texts, spec, watched=True)


def _curve(told: Told) -> list[tuple[float, float]]:
    return [
        (round(when - told.begun, 2), round(fields["macro_f1"], 4))
        for when, kind, fields in told.events
        if kind == "eval" and fields["macro_f1"] is not None
    ]


def _tokens(texts: list[str], max_length: int) -> int:
    from tlcore.engine.tokens import tokenize
    from tlcore.models.bases import base_folder

    return sum(map(len, tokenize(base_folder("minilm"), texts, max_length)))


def _given(texts: Texts, spec: Spec, folder: Path) -> Any:
    from tlcore.models.bases import base_folder
    from tlcore.plan import Plan, make_settings
    from tlcore.strategies import FitInput, get_strategy

    wishes = {name: value for name, value in spec.options.items() if name != "strategy"}
    settings = make_settings(get_strategy(spec.options["strategy"]).Settings, {k: str(v) for k, v in wishes.items()})
    plan = Plan("classify", spec.options["strategy"], "minilm", "", vars(settings), spec.seed)
    told = Told()
    return FitInput(
        plan, settings, texts.names, texts.train, texts.train_y, [], [], base_folder("minilm"), folder,
        told, told.phase, lambda: None, lambda: None,
    )  # fmt: skip


class Told:
    """Events with the time at which they came."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        self.events: list[tuple[float, str, dict[str, Any]]] = []

    def __call__(self, kind: str, **fields: Any) -> None:
        self.events.append((time.perf_counter(), kind, fields))

    def phase(self, name: str, title: str) -> None:
        self("phase", name=name)


def _phases(told: Any, seconds: float) -> dict[str, float]:
    begun = [(when, fields["name"]) for when, kind, fields in told.events if kind == "phase"]
    ends = [when for when, _ in begun[1:]]
    return {name: round(end - when, 2) for (when, name), end in zip(begun, [*ends, told.begun + seconds], strict=True)}


def _answers(fitted: Any, texts: list[str]) -> list[int]:
    """By the exported model, as the app answers."""
    from tlcore.models.saved import save_model
    from tlcore.predict.predictor import Predictor

    with tempfile.TemporaryDirectory() as folder:
        labels = [str(i) for i in range(len(fitted.head.weight))]
        save_model(fitted, Path(folder), {"task": "classify", "labels": labels, "text_columns": ["text"]})
        return [int(one) for one in Predictor.load(folder).predict(texts).predictions]


def encode(texts: Texts, spec: Spec) -> Took:
    """Pooled states of all layers of the training texts, tokenised and read."""
    import torch

    from tlcore.engine.encode import pooled_states
    from tlcore.engine.precision import set_threads
    from tlcore.engine.tokens import tokenize
    from tlcore.models.bases import base_folder
    from tlcore.models.load import load_encoder

    set_threads()
    folder = base_folder("minilm")
    encoder = load_encoder(folder)
    given = _texts_to_read(texts, spec)
    tokens: list[list[int]] = []

    def work() -> None:
        tokens.extend(tokenize(folder, given, 256))
        pooled_states(encoder, tokens, lambda *_, **__: None, lambda: None)

    with torch.inference_mode():
        pooled_states(encoder, [[5, 6]], lambda *_, **__: None, lambda: None)
    seconds, _ = seconds_of(work)
    many = sum(map(len, tokens))
    return Took(seconds, more={"tokens": many, "texts": len(given), **share_of_peak(encoder, many, seconds)})


def _texts_to_read(texts: Texts, spec: Spec) -> list[str]:
    """The training texts, or the first of them (option `texts`), or as many of a long sheet (option `sheet`)."""
    from bench.sheets import make_sheet
    from tlcore.predict.sheet import read_csv

    if many := int(spec.options.get("sheet", 0)):
        with tempfile.TemporaryDirectory() as scratch:
            return read_csv(make_sheet(Path(scratch), many, spec.data))["text"]
    return texts.train[: int(spec.options.get("texts", len(texts.train)))]


def score(texts: Texts, spec: Spec) -> Took:
    """A sheet of options["texts"] distinct texts: read, answered by a fitted model, written with the answers.

    options["quick"]: by the quick version; what it was found to change is kept beside, or that it would not have been offered.
    """
    from bench.sheets import make_sheet
    from tlcore.models.quick import add_quick, write_quick
    from tlcore.models.saved import save_model
    from tlcore.predict.main import score as score_file
    from tlcore.predict.predictor import Predictor
    from tlcore.predict.sheet import read_csv
    from tlcore.strategies import get_strategy

    order = random.Random(spec.seed).sample(range(len(texts.train)), len(texts.train))  # the files are sorted by label
    seen, held = order[:2000], order[2000:3000]
    few = Texts(texts.names, [texts.train[i] for i in seen], [texts.train_y[i] for i in seen], [], [])
    frozen = Spec("ours", "fit", spec.data, spec.seed, options={"strategy": "frozen_features", "layers": "last"})
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fitted = get_strategy("frozen_features").fit(_given(few, frozen, folder))
        save_model(fitted, folder / "model", {"task": "classify", "labels": texts.names, "text_columns": ["text"]})
        unseen = [texts.train[i] for i in held] or texts.test
        truth = [texts.train_y[i] for i in held] or texts.test_y
        found = add_quick(folder / "model", unseen, [texts.names[i] for i in truth])
        if found is None:
            write_quick(folder / "model")
        sheet = make_sheet(folder, int(spec.options["texts"]), spec.data)
        predictor = Predictor.load(folder / "model", quick=bool(spec.options.get("quick")))
        if predictor.quick is not bool(spec.options.get("quick")):
            raise SystemExit("The quick version cannot be read here.")
        seconds, _ = seconds_of(lambda: score_file(predictor, sheet, folder / "answers.csv"))
        texts_read = read_csv(sheet)["text"]
    return Took(
        seconds, more={"texts": len(texts_read), "tokens": _tokens(texts_read, 256), "quick": found or "not offered"}
    )


def first(texts: Texts, spec: Spec) -> Took:
    """`fit` on a machine that has never seen these rows."""
    with _fresh_home():
        return fit(texts, spec)


def again(texts: Texts, spec: Spec) -> Took:
    """The same once more."""
    with _fresh_home():
        fit(texts, spec)
        return fit(texts, spec)


@contextlib.contextmanager
def _fresh_home() -> Iterator[None]:
    """A NUDGE_HOME in which nothing is known yet, but how exactly this machine had better compute."""
    from tlcore.engine.precision import use_bf16

    before = os.environ.get("NUDGE_HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["NUDGE_HOME"] = home
        try:
            use_bf16()
            yield
        finally:
            os.environ.pop("NUDGE_HOME")
            if before is not None:
                os.environ["NUDGE_HOME"] = before
