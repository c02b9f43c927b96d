"""The `write` job: a model that writes answers one question after the other, each word as it comes, and ends when nobody asks.

A screen writes `question.json` ({"number", "text", "writing"}) into the job's folder; what was written is told by `words` events
({"number", "text", "done"}). The next question of somebody who tries a few is answered without opening the model again.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tlcore.files import read_json, write_json
from tlcore.runs import model_folder, open_model
from tlcore.worker import JobContext

QUESTION = "question.json"
SECONDS_BETWEEN_LOOKS, SECONDS_WITHOUT_A_QUESTION, SECONDS_BETWEEN_WORDS = 0.1, 120.0, 0.2


def ask(folder: Path, number: int, text: str, writing: dict[str, Any] | None = None) -> None:
    """Put a question; the job may be running already."""
    write_json(folder / QUESTION, {"number": number, "text": text, "writing": writing or {}})


def write_texts(context: JobContext) -> str:
    """Answer questions until none has come for SECONDS_WITHOUT_A_QUESTION, or it is asked to end."""
    context.phase("open", "Opening the model")
    model = open_model(model_folder(Path(context.args["run"])))
    context.phase("write", "Writing")
    last, idle_since = 0, time.monotonic()
    while time.monotonic() - idle_since < SECONDS_WITHOUT_A_QUESTION:
        context.check_stop()
        question = read_json(context.folder / QUESTION) or {}
        if int(question.get("number", 0)) <= last:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            continue
        last = int(question["number"])
        _answer(context, model, last, question)
        idle_since = time.monotonic()
    return "done"


def _answer(context: JobContext, model: Any, number: int, question: dict[str, Any]) -> None:
    said_at = 0.0

    def heard(text: str) -> None:
        nonlocal said_at
        context.check_stop()
        if time.monotonic() - said_at >= SECONDS_BETWEEN_WORDS:
            said_at = time.monotonic()
            context.emit("words", number=number, text=text, done=False)

    model.adjust(question.get("writing") or {})
    begun = time.monotonic()
    text = model.stream(str(question["text"]), heard)
    context.emit("words", number=number, text=text, done=True, seconds=round(time.monotonic() - begun, 2))
