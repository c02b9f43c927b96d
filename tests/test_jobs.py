"""tlcore.jobs: real processes, started, stopped, killed and started twice. The work itself is a stand-in that naps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.events import read_events
from tlcore.files import read_json, write_json
from tlcore.jobs import (
    KEY_VARIABLE,
    create_job,
    end_process,
    is_alive,
    job_state,
    log_tail,
    request_stop,
    resume_job,
    start_job,
    worker_env,
)
from tlcore.llm.key import ApiKey

STAND_IN = '''
"""Python runs this first: in this process, the job kind `bundle` is a nap that reports, and needs no torch."""
import subprocess, sys, time, types
from pathlib import Path

def work(context):
    wish = context.args.get("do", "nap")
    print("the log of", wish, flush=True)
    context.phase("nap", "Sleeping a little")
    if wish == "child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (context.folder / "child.txt").write_text(str(child.pid))
    if wish == "fail":
        from tlcore.errors import TlcoreError
        raise TlcoreError("The rows are odd.", "row 3", "Mend row 3.")
    if wish == "crash":
        raise RuntimeError("a bug")
    if wish == "quick":
        return None
    if wish == "key":
        context.emit("note", text=f"{context.key} of {len(context.key.reveal())} letters")
        return None
    for step in range(1200):
        if wish == "nap":
            context.check_stop()
        context.emit("step", step=step)
        time.sleep(0.05)

module = types.ModuleType("tlcore.bundle.make")
module.bundle_job = work
sys.modules["tlcore.bundle.make"] = module
'''


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Creates and starts a job that does as told; whatever still runs at the end of the test is ended."""
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "sitecustomize.py").write_text(STAND_IN, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "first"))
    processes: list[subprocess.Popen[bytes]] = []

    def begin(do: str, wait_for: str = "running") -> Path:
        folder = create_job(tmp_path / f"job-{do}", "bundle", do=do)
        processes.append(start_job(folder))
        if wait_for:
            until(folder, wait_for)
        return folder

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def until(folder: Path, state: str, seconds: float = 20.0) -> float:
    """Wait for a state; how long it took."""
    begun = time.monotonic()
    while job_state(folder).state != state:
        assert time.monotonic() - begun < seconds, (job_state(folder), log_tail(folder))
        time.sleep(0.02)
    return time.monotonic() - begun


def wait_dead(pid: int, seconds: float = 10.0) -> None:
    """Until no such process runs (a zombie that nobody has reaped counts as gone)."""
    begun = time.monotonic()
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() - begun < seconds
        time.sleep(0.05)


def pid_of(folder: Path) -> int:
    return int(read_json(folder / "status.json")["pid"])


def test_a_job_lies_in_its_folder_before_anything_runs(tmp_path: Path) -> None:
    folder = create_job(tmp_path / "job", "predict", run="r", roles={"text": ["a"]})
    assert read_json(folder / "job.json")["args"] == {"run": "r", "roles": {"text": ["a"]}}
    state = job_state(folder)
    assert (state.state, state.alive, state.error) == ("queued", True, None)
    assert not is_alive(folder)
    with pytest.raises(TlcoreError, match="already holds a job"):
        create_job(folder, "predict")


def test_an_empty_folder_is_no_running_job(tmp_path: Path) -> None:
    assert not job_state(tmp_path).alive
    assert log_tail(tmp_path) == ""


def test_a_job_runs_in_a_quieter_process_group_of_its_own_and_ends(start: Callable[..., Path]) -> None:
    folder = start("nap")
    worker = psutil.Process(pid_of(folder))
    assert is_alive(folder)
    assert pid_of(folder) == read_json(folder / "process.json")["pid"] != os.getpid()
    if sys.platform != "win32":
        assert os.getpgid(worker.pid) != os.getpgid(0)
        assert worker.nice() >= 10
    state = job_state(folder)
    assert (state.alive, state.phase) == (True, "Sleeping a little")
    assert abs(state.started - time.time()) < 30
    request_stop(folder, "keep")
    until(folder, "stopped")
    wait_dead(worker.pid)
    assert not is_alive(folder)
    assert "the log of nap" in log_tail(folder)
    assert job_state(folder).ended >= job_state(folder).started


def test_a_finished_job_is_done_and_its_events_can_be_tailed(start: Callable[..., Path]) -> None:
    folder = start("quick", wait_for="done")
    events, _ = read_events(folder)
    assert [e["name"] for e in events if e["kind"] == "phase"] == ["nap"]
    assert not job_state(folder).alive


@pytest.mark.parametrize(("wish", "end"), [("keep", "stopped"), ("cancel", "cancelled"), ("pause", "paused")])
def test_a_stop_is_answered_within_a_second_or_two(start: Callable[..., Path], wish: str, end: str) -> None:
    folder = start("nap")
    request_stop(folder, wish)
    assert job_state(folder).state in ("stopping", end)
    assert until(folder, end) < 5
    assert job_state(folder).error is None


def test_a_paused_job_goes_on_its_time_too_and_only_such_a_one_may_be_resumed(start: Callable[..., Path]) -> None:
    folder = start("nap")
    with pytest.raises(TlcoreError, match="cannot be resumed"):
        resume_job(folder)
    request_stop(folder, "pause")
    until(folder, "paused")
    before = read_events(folder)[0]
    assert job_state(folder).resumable
    resume_job(folder)
    until(folder, "running")
    assert not (folder / "stop").exists()
    request_stop(folder, "cancel")
    until(folder, "cancelled")
    after = read_events(folder)[0]
    assert after[: len(before)] == before
    assert [e["name"] for e in after if e["kind"] == "phase"] == ["nap", "nap"]
    assert all(earlier["t"] <= later["t"] for earlier, later in pairwise(after))
    with pytest.raises(TlcoreError, match="cannot be resumed"):
        resume_job(folder)


def test_a_wish_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none of"):
        request_stop(tmp_path, "perhaps")


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_worker_is_seen_as_lost_at_once_though_it_is_still_a_zombie(start: Callable[..., Path]) -> None:
    folder = start("nap")
    os.kill(pid_of(folder), signal.SIGKILL)
    assert until(folder, "lost") < 5
    assert read_json(folder / "status.json")["state"] == "running"  # it could not say goodbye
    assert not job_state(folder).alive


def test_a_worker_that_never_took_its_lock_is_lost_after_a_while(tmp_path: Path) -> None:
    folder = create_job(tmp_path / "job", "bundle")
    write_json(folder / "process.json", {"pid": 1, "started": time.time()})
    assert job_state(folder).state == "queued"
    write_json(folder / "process.json", {"pid": 1, "started": time.time() - jobs.STARTING_SECONDS - 1})
    assert job_state(folder).state == "lost"


def test_a_second_start_is_refused_and_the_first_goes_on(start: Callable[..., Path]) -> None:
    folder = start("nap")
    first = pid_of(folder)
    assert start_job(folder).wait(20) == 3
    assert "already being worked on" in log_tail(folder)
    assert (job_state(folder).state, pid_of(folder)) == ("running", first)
    before = len(read_events(folder)[0])
    time.sleep(0.4)
    assert len(read_events(folder)[0]) > before


def test_a_screen_that_keeps_looking_does_not_keep_the_worker_from_starting(start: Callable[..., Path]) -> None:
    folder = start("quick", wait_for="done")  # the lock's file lies there now, as when a job is taken up again
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            is_alive(folder)

    watcher = threading.Thread(target=look)
    watcher.start()
    code = start_job(folder).wait(20)
    over.set()
    watcher.join()
    assert code == 0


def test_a_failed_job_says_what_where_and_what_to_do(start: Callable[..., Path]) -> None:
    folder = start("fail", wait_for="failed")
    error = job_state(folder).error
    assert error is not None
    assert error.to_json() == {"what": "The rows are odd.", "where": "row 3", "fix": "Mend row 3."}


def test_a_crash_is_told_in_words_and_the_traceback_is_in_the_log(start: Callable[..., Path]) -> None:
    folder = start("crash", wait_for="failed")
    error = job_state(folder).error
    assert error is not None
    assert "RuntimeError: a bug" in error.what
    assert error.fix
    assert "Traceback" in log_tail(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_worker_that_does_not_listen_is_ended_with_all_it_started(start: Callable[..., Path]) -> None:
    folder = start("child")
    begun = time.monotonic()
    while not (folder / "child.txt").exists() or not (folder / "child.txt").read_text():
        assert time.monotonic() - begun < 10
        time.sleep(0.02)
    child, worker = int((folder / "child.txt").read_text()), pid_of(folder)
    request_stop(folder, "cancel")
    time.sleep(0.3)
    assert job_state(folder).state == "stopping"
    end_process(folder, seconds=0.5)
    wait_dead(worker)
    wait_dead(child)
    assert job_state(folder).state == "lost"


def test_ending_what_has_ended_does_nothing(tmp_path: Path) -> None:
    folder = create_job(tmp_path / "job", "bundle")
    end_process(folder)
    write_json(folder / "process.json", {"pid": os.getpid()})  # a reused number: nobody holds the lock
    end_process(folder)
    assert job_state(folder).state == "queued"


def test_the_log_tail_is_the_end_of_the_log(tmp_path: Path) -> None:
    (tmp_path / jobs.LOG).write_bytes(b"\xff first\n" + b"\n".join(b"line %d" % i for i in range(100)))
    assert log_tail(tmp_path, 3).splitlines() == ["line 97", "line 98", "line 99"]


@pytest.mark.parametrize("key", ["", "sk-planted-in-a-job-41c9"])
def test_a_key_reaches_the_worker_and_no_file(start: Callable[..., Path], tmp_path: Path, key: str) -> None:
    start("quick", "done")  # the stand-in is in place, then
    folder = create_job(tmp_path / "keyed", "bundle", do="key")
    process = start_job(folder, ApiKey(key))
    assert process.wait(timeout=60) == 0
    notes = [event["text"] for event in read_events(folder)[0] if event["kind"] == "note"]
    assert notes == [f"ApiKey(hidden) of {len(key)} letters"]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not key or [path for path in files if key.encode() in path.read_bytes()] == []
    assert key not in " ".join(map(str, process.args)) or not key  # type: ignore[arg-type]


def test_a_key_in_the_environment_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "sk-planted")
    assert KEY_VARIABLE not in worker_env()
    assert "PATH" in worker_env()
