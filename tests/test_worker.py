"""tlcore.worker: every way a job can end, the time of each phase, and when it stops."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from filelock import FileLock

from tlcore import worker
from tlcore.errors import StopRequested, TlcoreError
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.jobs import LOCK, create_job, job_state, request_stop
from tlcore.worker import JobContext, peak_memory_mb, run_job, unexpected

Work = Callable[[JobContext], object]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], tuple[int, Path]]:
    """Runs a function as a job of the kind `test`: exit code and folder."""

    def go(work: Work) -> tuple[int, Path]:
        module = types.ModuleType("a_kind_for_tests")
        module.work = work  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "a_kind_for_tests", module)
        monkeypatch.setitem(worker.KINDS, "test", "a_kind_for_tests:work")
        folder = create_job(tmp_path / "job", "test", a=1)
        return run_job(folder, JobContext(folder, {"a": 1})), folder

    return go


def raises(error: BaseException) -> Work:
    def work(_: JobContext) -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "code", "state"),
    [
        (lambda context: None, 0, "done"),
        (lambda context: "stopped", 0, "stopped"),
        (raises(StopRequested("keep")), 0, "stopped"),
        (raises(StopRequested("cancel")), 0, "cancelled"),
        (raises(StopRequested("pause")), 0, "paused"),
        (raises(TlcoreError("No.", "row 1", "Mend it.")), 2, "failed"),
        (raises(ZeroDivisionError("oh")), 1, "failed"),
    ],
)
def test_every_end_is_written_down(run: Callable[..., tuple[int, Path]], work: Work, code: int, state: str) -> None:
    found, folder = run(work)
    assert (found, job_state(folder).state) == (code, state)
    assert time.time() - job_state(folder).ended < 30


def test_a_job_of_an_unknown_kind_fails_in_words(tmp_path: Path) -> None:
    folder = create_job(tmp_path / "job", "brew")
    assert run_job(folder, JobContext(folder, {})) == 2
    error = job_state(folder).error
    assert error is not None
    assert "brew" in error.what
    assert str(folder) in error.where


def test_what_can_be_mended_is_kept_in_three_parts_and_noted(run: Callable[..., tuple[int, Path]]) -> None:
    _, folder = run(raises(TlcoreError("No text.", "row 1", "Fill it in.")))
    error = job_state(folder).error
    assert error is not None
    assert error.to_json() == {"what": "No text.", "where": "row 1", "fix": "Fill it in."}
    notes = [e for e in read_events(folder)[0] if e["kind"] == "note"]
    assert notes[0]["level"] == "warning"
    assert "Fill it in." in notes[0]["text"]


def test_a_bug_is_told_in_words_and_its_traceback_goes_to_the_log(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = run(raises(KeyError("width")))
    error = job_state(folder).error
    assert error is not None
    assert "KeyError" in error.what
    assert error.fix
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (MemoryError(), "memory"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"), "memory"),
        (OSError(28, "No space left on device", "/x"), "disk is full"),
    ],
)
def test_the_common_disasters_have_words_and_a_way_out(error: Exception, word: str) -> None:
    told = unexpected(error)
    assert word in told.what
    assert told.fix


def test_the_kinds_of_job_all_exist() -> None:
    import importlib

    for target in worker.KINDS.values():
        module, function = target.split(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_phases_are_timed_told_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "give_memory_back", lambda: None)  # among all tests there is much to look through
    folder = create_job(tmp_path / "job", "test")
    context = JobContext(folder, {})
    context.phase("a", "First")
    time.sleep(0.05)
    context.phase("b", "Second")
    context.phase("a", "First again")
    time.sleep(0.05)
    seconds = context.finish()
    assert list(seconds) == ["a", "b"]
    assert 0.1 <= seconds["a"] < 1
    assert seconds["b"] < seconds["a"]  # no more: a busy machine may take its time between two lines
    assert read_json(folder / "status.json")["phase"] == "First again"
    assert [e["title"] for e in read_events(folder)[0]] == ["First", "Second", "First again"]
    context.log.close()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps what was freed; others do not")
def test_what_was_freed_goes_back_to_the_system() -> None:
    rows = [np.ones(10_000) for _ in range(3_000)]  # 80 kB each: too small to be given back one by one
    del rows[:-1]  # the last one keeps the heap from shrinking by itself
    before = psutil.Process().memory_info().rss
    worker.give_memory_back()
    assert psutil.Process().memory_info().rss < before - 100 * 2**20


def test_a_wish_to_stop_is_seen_at_the_next_look(tmp_path: Path) -> None:
    folder = create_job(tmp_path / "job", "test")
    context = JobContext(folder, {})
    context.check_stop()
    assert context.stop_wish() is None
    request_stop(folder, "keep")
    with pytest.raises(StopRequested) as caught:
        context.check_stop()
    assert caught.value.wish == "keep"
    context.check_cancel()  # keeping the best means finishing what follows
    request_stop(folder, "cancel")
    for check in (context.check_stop, context.check_cancel):
        with pytest.raises(StopRequested) as caught:
            check()
        assert caught.value.wish == "cancel"
    context.log.close()


def test_a_system_that_shuts_down_keeps_the_best(tmp_path: Path) -> None:
    context = JobContext(create_job(tmp_path / "job", "test"), {})
    context.on_terminate()
    assert context.stop_wish() == "keep"
    with pytest.raises(StopRequested) as caught:
        context.check_stop()
    assert caught.value.wish == "keep"
    context.log.close()


def test_a_folder_that_is_being_worked_on_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PROBE_SECONDS", 0.1)
    folder = create_job(tmp_path / "job", "brew")
    with FileLock(folder / LOCK):
        assert worker.main(folder) == 3
    assert "already" in capsys.readouterr().err
    assert job_state(folder).state == "queued"


def test_peak_memory_is_in_megabytes_and_never_below_what_is_held_now() -> None:
    held = psutil.Process().memory_info().rss / 2**20
    assert 0.9 * held <= peak_memory_mb() < 20 * held + 1_000
