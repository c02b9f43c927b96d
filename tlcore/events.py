"""What a job says while it works: one JSON object a line in `events.jsonl`, tailed by screens.

Every event has `t` (seconds since the job began) and `kind`; the kinds and their fields:
  phase     name, title                             a named stretch of work begins
  progress  done, total, unit, [texts_per_second]   inside a phase
  step      step, total_steps, epoch, loss, rates {group: learning rate}, texts_per_second, memory_mb, [seconds_left]
  eval      step, epoch, loss, macro_f1, best, patience_left     on the validation rows
  curve     labels, macro_f1                        macro-F1 when only that many labels are used
  choice    what, chosen, tried [{...}]             what cross-validation chose, and from what
  blocks    blocks [{name, moves}]                  which parts of the model move now
  baseline  name, macro_f1, split
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
    """Appends events to a job's folder; a line is written in one call and flushed."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / EVENTS).open("a", encoding="utf-8")
        self._begin = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._begin

    def emit(self, kind: str, **fields: Any) -> None:
        line = json.dumps({"t": round(self.seconds(), 3), "kind": kind, **fields}, ensure_ascii=False)
        self._file.write(line + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


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
