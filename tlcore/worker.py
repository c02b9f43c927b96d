"""The process in which one job runs: `python -m tlcore.worker JOB_FOLDER`."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from tlcore.errors import StopRequested, TlcoreError
from tlcore.events import EventLog, read_events, seconds_by_phase
from tlcore.files import read_json, write_json
from tlcore.jobs import CANCEL, JOB, KEEP, KEY_ON_STDIN, LOCK, PAUSE, STATUS, STOP
from tlcore.llm.key import ApiKey

NICENESS = 10
PROBE_SECONDS = 2.0

KINDS: dict[str, str] = {
    "prepare": "tlcore.prepare:prepare_job",
    "check": "tlcore.checks.job:check_job",
    "trial": "tlcore.advise.trial_job:trial_job",
    "train": "tlcore.runs.train:train_run",
    "predict": "tlcore.runs.score_sheet:score_sheet",
    "write": "tlcore.runs.write_text:write_texts",
    "bundle": "tlcore.bundle.make:bundle_job",
}
"""What each kind of job calls, loaded only when asked for: most of them import torch."""

ENDS = {KEEP: "stopped", CANCEL: "cancelled", PAUSE: "paused"}
"""The state of a job that ended because it was asked to."""


class JobContext:
    """What a job's function is given: its folder and arguments, and how to report and when to stop.

    key: to a service that is asked, where one is; never written down.
    """

    def __init__(self, folder: Path, args: dict[str, Any], key: ApiKey | None = None) -> None:
        self.folder, self.args, self.key = folder, args, key or ApiKey()
        self.log = EventLog(folder)
        self.seconds = seconds_by_phase(read_events(folder)[0])  # of what was done before a pause or a crash
        self._phase, self._phase_began, self._terminated = "", time.monotonic(), False

    def emit(self, kind: str, **fields: Any) -> None:
        self.log.emit(kind, **fields)

    def phase(self, name: str, title: str) -> None:
        """Enter a named stretch of work; the time of the one before is booked."""
        self._book()
        give_memory_back()
        self._phase = name
        self.emit("phase", name=name, title=title)
        self.status("running", phase=title)

    def _book(self) -> None:
        now = time.monotonic()
        if self._phase:
            self.seconds[self._phase] = round(self.seconds.get(self._phase, 0.0) + now - self._phase_began, 3)
        self._phase_began = now

    def finish(self) -> dict[str, float]:
        """Book the last phase; the seconds of each."""
        self._book()
        self._phase = ""
        return self.seconds

    def status(self, state: str, **fields: Any) -> None:
        before = read_json(self.folder / STATUS, {}) or {}
        write_json(self.folder / STATUS, {**before, "state": state, "updated": time.time(), **fields})

    def check_stop(self) -> None:
        """Raise StopRequested if the user asked for an end, or the system sent SIGTERM (then the best is kept)."""
        wish = self.stop_wish()
        if wish is not None:
            raise StopRequested(wish)

    def check_cancel(self) -> None:
        """Raise StopRequested only on cancel: once a model is fitted, what follows is short and is finished."""
        if self.stop_wish() == CANCEL:
            raise StopRequested(CANCEL)

    def stop_wish(self) -> str | None:
        """One of WISHES, or None."""
        try:
            return (self.folder / STOP).read_text(encoding="utf-8").strip() or KEEP
        except OSError:
            return KEEP if self._terminated else None

    def on_terminate(self, *_: object) -> None:
        self._terminated = True


def run_job(folder: Path, context: JobContext) -> int:
    """Run the job in `folder`; its end is written to status.json. Returns an exit code."""
    job = read_json(folder / JOB) or {}
    try:
        target = KINDS.get(str(job.get("kind")))
        if target is None:
            raise TlcoreError(f"Nudge does not know the kind of job “{job.get('kind')}”.", str(folder))
        module, function = target.split(":")
        work: Callable[[JobContext], Any] = getattr(importlib.import_module(module), function)
        state = work(context) or "done"
        context.status(state, ended=time.time())
        return 0
    except StopRequested as stop:
        context.status(ENDS[stop.wish], ended=time.time())
        return 0
    except TlcoreError as error:
        context.emit("note", text=str(error), level="warning")
        context.status("failed", error=error.to_json(), ended=time.time())
        return 2
    except Exception as error:  # the process ends here: whatever it is must reach the screen in words
        traceback.print_exc()
        context.status("failed", error=unexpected(error).to_json(), ended=time.time())
        return 1


def unexpected(error: Exception) -> TlcoreError:
    """A failure nobody foresaw, in three parts a person can use."""
    if isinstance(error, MemoryError) or "not enough memory" in str(error).lower():
        return TlcoreError(
            "The computer ran out of memory.",
            "",
            "Close other programs, or choose fewer rows or shorter texts in Plan.",
        )
    if isinstance(error, OSError) and error.errno == 28:
        return TlcoreError("The disk is full.", str(error.filename or ""), "Free some space, then start again.")
    return TlcoreError(
        f"Something went wrong that Nudge did not foresee: {type(error).__name__}: {str(error)[:300]}",
        "",
        "Nothing you entered is lost. Try again; if it comes back, the log below helps whoever looks at it.",
    )


def lower_priority() -> None:
    """The person at the screen comes first."""
    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(max(NICENESS, process.nice()))


def give_memory_back() -> None:
    """What was freed goes back to the system; else glibc keeps it, and the next stretch of work asks for more beside it."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library needs no telling
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def peak_memory_mb() -> int:
    """The most memory this process has held, in MB."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset / 2**20)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / 2**20 if sys.platform == "darwin" else peak / 2**10)  # bytes there, kilobytes here


def main(folder: Path, key: ApiKey | None = None) -> int:
    """Run the job in `folder` to its end; an exit code."""
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=PROBE_SECONDS)  # a screen that looks whether we live holds it for a moment
    except Timeout:
        print(f"{folder} is already being worked on", file=sys.stderr)
        return 3
    lower_priority()
    job = read_json(folder / JOB) or {}
    context = JobContext(folder, job.get("args", {}), key)
    signal.signal(signal.SIGTERM, context.on_terminate)
    context.status("running", started=time.time(), pid=os.getpid())
    code = run_job(folder, context)
    context.log.close()
    lock.release()
    return code


def key_from_stdin() -> ApiKey:
    """The one line that `start_job` writes; nothing else is ever read from there."""
    return ApiKey(sys.stdin.buffer.readline().decode("ascii", "ignore"))


if __name__ == "__main__":
    given = key_from_stdin() if KEY_ON_STDIN in sys.argv[2:] else None
    sys.exit(main(Path(sys.argv[1]).resolve(), given))
