"""What a job says while it works: one JSON object a line in `events.jsonl`, tailed by screens.

Every event has `t` (seconds since the job began) and `kind`; the kinds and their fields:
  phase     name, title                             a named stretch of work begins
  progress  done, total, unit, [texts_per_second]   inside a phase
  step      step, total_steps, epoch, loss, rates {group: learning rate}, texts_per_second, memory_mb, [seconds_left]
  eval      step, epoch, loss, macro_f1, auroc, best, patience_left     on the validation rows
  forgetting step, similarity, limit                how far general sentences are still seen as before (0 to 1)
  curve     labels, macro_f1                        macro-F1 when only that many labels are used
  choice    what, chosen, tried [{...}]             what cross-validation chose, and from what
  blocks    blocks [{name, moves}]                  which parts of the model move now
  baseline  name, macro_f1, split
  resumed   step                                    a paused or killed training goes on; what was after `step` is done again
  note      text, level ("info" | "warning")
  result    ...                                     the end, with the headline
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

EVENTS = "events.jsonl"


class EventLog:
    """Appends events to a job's folder; a line is written in one call and flushed.

    Of a job that was paused or killed the time goes on from its last event, and a line that a crash cut off is closed.
    """

    def __init__(self, folder: Path) -> None:
        before = [event["t"] for event in read_events(folder)[0] if isinstance(event.get("t"), int | float)]
        self._file = (folder / EVENTS).open("a", encoding="utf-8")
        if _cut_off(folder / EVENTS):
            self._file.write("\n")
        self._begin = time.monotonic() - (before[-1] if before else 0.0)

    def seconds(self) -> float:
        return time.monotonic() - self._begin

    def emit(self, kind: str, **fields: Any) -> None:
        line = json.dumps({"t": round(self.seconds(), 3), "kind": kind, **fields}, ensure_ascii=False)
        self._file.write(line + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _cut_off(path: Path) -> bool:
    """Whether the last line has no end."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 1))
        return size > 0 and file.read(1) != b"\n"


def seconds_by_phase(events: list[dict[str, Any]]) -> dict[str, float]:
    """How long each phase took, by the times of the events; a job that was resumed passes through some of them twice."""
    found: dict[str, float] = {}
    name, before = "", 0.0
    for event in events:
        now = float(event.get("t") or before)
        if name:
            found[name] = round(found.get(name, 0.0) + now - before, 3)
        before = now
        if event.get("kind") == "phase":
            name = str(event.get("name", ""))
    return found


def read_events(folder: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The whole events after byte `offset`, and the offset to go on from; a partial or broken line is left alone."""
    path = folder / EVENTS
    if not path.exists():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        chunk = file.read()
    whole = chunk.rfind(b"\n") + 1
    events = []
    for line in chunk[:whole].splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events, offset + whole
