"""The Train screen where a training is paused, taken up again, or went wrong and goes on."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pages.parts import train_ends
from tests.pages import fake_run
from tests.pages.helpers import said
from tests.pages.test_train_page import labels, look
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.workspace import Project


@pytest.fixture
def project(home: Path) -> Project:
    return fake_run.make_project(home)


def test_pause_asks_the_worker_and_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Path] = []
    monkeypatch.setattr(jobs, "end_process", ended.append)
    run = fake_run.make_run(project, strategy="full_finetune", state="running", events=250)
    lock = fake_run.held(run)
    app = look(run)
    app.button(key="pause").click().run()
    assert (run / jobs.STOP).read_text() == "pause"
    assert "Pausing: keeping where it is." in said(app)
    assert "left" not in "".join(str(caption.value) for caption in app.caption)
    assert labels(app) == []
    old = time.time() - train_ends.PATIENCE_SECONDS - 1
    os.utime(run / jobs.STOP, (old, old))
    app.run()
    assert not ended  # it is never ended from outside before the user says so
    app.button(key="end").click().run()
    assert ended == [run]
    lock.release()
    app.run()
    assert "Paused. There was nothing to keep yet: this part begins anew when you go on." in said(app)
    fake_run.checkpoint(run)
    assert "Paused. The last point it kept is still there." in said(look(run))
    assert labels(app) == ["Go on", "Start again"]


@pytest.mark.parametrize("phase", ["export", "score", "pack"])
def test_what_is_nearly_done_is_not_paused(project: Project, phase: str) -> None:
    run = fake_run.make_run(project, state="running", events=30)
    fake_run.append(run, [{"t": 99.0, "kind": "phase", "name": phase, "title": ""}])
    lock = fake_run.held(run)
    app = look(run)
    assert labels(app) == ["Stop and keep the best", "Cancel"]
    jobs.request_stop(run, jobs.PAUSE)  # asked a moment before learning was over
    app.run()
    assert "There was nothing left to pause" in said(app)
    lock.release()


def test_a_paused_run_goes_on_in_its_own_folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake_run.make_run(project, strategy="full_finetune", state="paused", events=260)
    fake_run.checkpoint(run)
    jobs.request_stop(run, jobs.PAUSE)
    project.save_draft({"run": None})
    locks, resumed = [], []

    def resume(folder: Path) -> None:
        resumed.append(folder)
        (folder / jobs.STOP).unlink()
        fake_run.set_state(folder, "running")
        locks.append(fake_run.held(folder))

    monkeypatch.setattr(jobs, "resume_job", resume)
    app = look(run)
    assert "Paused. Everything learned so far is kept." in said(app)
    assert "It had come to step 242 of 400, in round 5." in said(app)
    assert labels(app) == ["Go on", "Start again"]
    assert [button.label for button in app.button if button.proto.type == "primary"] == ["Go on"]
    app.button(key="primary").click().run()
    assert not app.exception
    assert resumed == [run]
    assert project.draft()["run"] == run.name
    assert labels(app) == ["Stop and keep the best", "Pause", "Cancel"]
    locks[0].release()


def test_what_was_said_before_the_pause_is_not_shown_as_now(project: Project) -> None:
    run = fake_run.make_run(project, strategy="full_finetune", state="running", events=260)
    lock = fake_run.held(run)
    fake_run.set_state(run, "running", started=time.time() + 1)
    app = look(run)
    assert "Getting ready to go on from where it was." in said(app)
    assert "texts a second" not in said(app)
    fake_run.set_state(run, "running", started=time.time() - 60)
    app.run()
    assert "The model itself is learning your texts: step 242 of 400." in said(app)
    lock.release()


@pytest.mark.parametrize("state", ["lost", "failed"])
def test_a_broken_run_goes_on_too(project: Project, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    resumed: list[Path] = []
    monkeypatch.setattr(jobs, "resume_job", resumed.append)
    run = fake_run.make_run(project, strategy="full_finetune", state=state, events=260)
    app = look(run)
    assert [button.label for button in app.button if button.proto.type == "primary"] == ["Go on from where it stopped"]
    app.button(key="primary").click().run()
    assert not app.exception
    assert resumed == [run]


@pytest.mark.parametrize("state", ["lost", "failed"])
def test_a_run_with_a_report_is_never_resumed(project: Project, state: str) -> None:
    app = look(fake_run.make_run(project, state=state, report=True))
    assert labels(app) == ["Start again"]
    assert "go on from where it stopped" not in said(app)


def test_a_run_that_cannot_go_on_says_why(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise TlcoreError("This work cannot be resumed.", str(folder), "Start it again instead.")

    monkeypatch.setattr(jobs, "resume_job", refuse)
    app = look(fake_run.make_run(project, state="paused", events=20))
    app.button(key="primary").click().run()
    assert not app.exception
    assert "This work cannot be resumed." in said(app)


def test_going_on_in_one_tab_is_seen_at_a_click_in_another(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    resumed: list[Path] = []
    monkeypatch.setattr(jobs, "resume_job", resumed.append)
    run = fake_run.make_run(project, state="paused", events=20)
    app = look(run)
    fake_run.set_state(run, "running")
    lock = fake_run.held(run)
    app.button(key="primary").click().run()
    assert not app.exception
    assert resumed == []
    assert labels(app) == ["Stop and keep the best", "Pause", "Cancel"]
    lock.release()
