"""Heavy work in another process: a folder a job, a lock while it lives, files instead of pipes.

A job's folder holds `job.json` (kind and arguments), `status.json` (atomic), `events.jsonl`, `log.txt`,
`.lock` (held by the worker while it lives) and, once asked to end, `stop`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.llm.key import ApiKey

STATUS, JOB, LOCK, STOP, LOG = "status.json", "job.json", ".lock", "stop", "log.txt"
KEY_ON_STDIN, KEY_VARIABLE = "--key-on-stdin", "NUDGE_API_KEY"
"""Tells a worker that a key is on its standard input; and the variable from which the command line takes one."""
STARTING_SECONDS = 20.0
"""A worker that has not taken its lock this long after its start never will."""

ALIVE = ("queued", "waiting", "running", "stopping")
ENDED = ("done", "stopped", "cancelled", "failed", "lost", "paused")
RESUMABLE = ("paused", "lost", "failed")
KEEP, CANCEL, PAUSE = "keep", "cancel", "pause"
WISHES = (KEEP, CANCEL, PAUSE)
"""What a job can be asked: to end with the best so far, to end with nothing, to end now and go on later."""


@dataclass(frozen=True)
class JobState:
    """What a job is doing. `lost`: its process is gone without having said goodbye."""

    state: str
    phase: str = ""
    error: TlcoreError | None = None
    started: float = 0.0
    ended: float = 0.0

    @property
    def alive(self) -> bool:
        return self.state in ALIVE

    @property
    def resumable(self) -> bool:
        """Whether `resume_job` may take it up again."""
        return self.state in RESUMABLE


def create_job(folder: Path, kind: str, **args: Any) -> Path:
    """Describe a job in its folder; nothing runs yet. Raises TlcoreError if one lies there already."""
    if (folder / JOB).exists():
        raise TlcoreError("This folder already holds a job.", str(folder), "Choose another folder or delete it first.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TlcoreError("This folder cannot be made.", str(folder), f"Choose another. ({error.strerror})") from error
    write_json(folder / JOB, {"kind": kind, "args": args, "created": time.time()})
    write_json(folder / STATUS, {"state": "queued", "updated": time.time()})
    return folder


def worker_env() -> dict[str, str]:
    """Idle OpenMP threads sleep instead of spinning, so that clicks stay quick while a model trains. No key is in it."""
    own = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    return {**own, "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "true", "PYTHONUNBUFFERED": "1"}


def _on_its_own() -> dict[str, Any]:
    """Popen's arguments for a process group of its own; on Windows its priority is set here too, elsewhere by the worker."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    return {"start_new_session": True}


def start_job(folder: Path, key: ApiKey | None = None) -> subprocess.Popen[bytes]:
    """Start the worker for a job: a process group of its own, below normal priority, output to a file.

    key: to a service that the job asks; handed over in memory, on its standard input, which is closed at once.
    """
    command = [sys.executable, "-m", "tlcore.worker", str(folder), *([KEY_ON_STDIN] if key else [])]
    stdin = subprocess.PIPE if key else subprocess.DEVNULL
    root = Path(__file__).resolve().parent.parent
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            command, cwd=root, env=worker_env(), stdin=stdin, stdout=log, stderr=log, **_on_its_own()
        )
    write_json(folder / "process.json", {"pid": process.pid, "started": time.time()})
    if key and process.stdin is not None:
        with contextlib.suppress(OSError):  # it ended at once; its status says why
            process.stdin.write(key.reveal().encode() + b"\n")
            process.stdin.close()
    return process


def is_alive(folder: Path) -> bool:
    """Whether a worker holds the folder's lock. A pid can lie (zombies, reuse); a lock cannot."""
    if not (folder / LOCK).exists():
        return False
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def job_state(folder: Path) -> JobState:
    """What a job is doing now, from its files and its lock."""
    status = read_json(folder / STATUS, {}) or {}
    error = status.get("error")
    state = str(status.get("state", "lost"))
    if state in ALIVE and not is_alive(folder):
        # The status may have been written between our two looks.
        status = read_json(folder / STATUS, {}) or {}
        state = str(status.get("state", "lost"))
        begun = (read_json(folder / "process.json", {}) or {}).get("started")
        just_started = state == "queued" and (begun is None or time.time() - begun < STARTING_SECONDS)
        if state in ALIVE and not just_started:
            state = "lost"
    if state == "running" and (folder / STOP).exists():
        state = "stopping"
    return JobState(
        state,
        str(status.get("phase", "")),
        TlcoreError.from_json(error) if error else None,
        float(status.get("started", 0.0)),
        float(status.get("ended", 0.0)),
    )


def request_stop(folder: Path, wish: str) -> None:
    """Ask a job to end, by one of WISHES. The worker looks at every step."""
    if wish not in WISHES:
        raise ValueError(f"{wish!r} is none of {WISHES}")
    (folder / STOP).write_text(wish, encoding="utf-8")


def resume_job(folder: Path, key: ApiKey | None = None) -> subprocess.Popen[bytes]:
    """Start a paused, lost or failed job again; it goes on from what it left in its folder. Raises TlcoreError for others."""
    ready_to_resume(folder)
    return start_job(folder, key)


def ready_to_resume(folder: Path) -> None:
    """Forget how a job ended, so that a worker can take it up again. Raises TlcoreError if it runs or has ended for good."""
    if not job_state(folder).resumable:
        raise TlcoreError(
            "This work cannot be resumed: it is running or has ended.", str(folder), "Start it again instead."
        )
    (folder / STOP).unlink(missing_ok=True)
    write_json(folder / STATUS, {"state": "queued", "updated": time.time()})


def end_process(folder: Path, seconds: float = 5.0) -> None:
    """End a worker that did not answer a request to stop, and all it started; then check that it is gone."""
    pid = (read_json(folder / "process.json", {}) or {}).get("pid")
    if not pid or not is_alive(folder):
        return
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        _signal(process, signal.SIGTERM)
    _, left = psutil.wait_procs(family, timeout=seconds)
    for process in left:
        _signal(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def log_tail(folder: Path, lines: int = 40) -> str:
    """The end of a job's log, for the technical details under an error."""
    try:
        text = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
