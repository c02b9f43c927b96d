"""The Train screen in every state a run can be in. AppTest fires no timers: each look is a run of the page."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import train_ends
from tests.pages import fake_run
from tests.pages.helpers import said, show
from tlcore import jobs
from tlcore.workspace import Project


@pytest.fixture
def project(home: Path) -> Project:
    return fake_run.make_project(home)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def look(run: Path) -> AppTest:
    app = show("train", run=run.name)
    assert not app.exception
    return app


def test_running_shows_phases_bar_charts_and_ways_out(project: Project) -> None:
    run = fake_run.make_run(project, strategy="full_finetune", state="running", events=250)
    lock = fake_run.held(run)
    app = look(run)
    assert "The model itself is learning your texts: step" in said(app)
    assert "left" in said(app)
    assert "texts a second" in said(app)
    assert "Stops by itself when 3 rounds bring nothing better" in said(app)
    assert labels(app) == ["Stop and keep the best", "Pause", "Cancel"]
    assert len(app.get("plotly_chart")) == 4
    assert "How large its steps are" in said(app)
    assert "It still sees general language 94 % as it did before." in said(app)
    assert any("Simple methods" in part.proto.body for part in app.get("html"))
    lock.release()


def test_stop_asks_the_worker_and_leaves_it_time_to_pack(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []
    monkeypatch.setattr(jobs, "end_process", lambda folder: ended.append(folder))
    run = fake_run.make_run(project, state="running", events=30)
    lock = fake_run.held(run)
    app = look(run)
    app.button(key="stop").click().run()
    assert (run / jobs.STOP).read_text() == "keep"
    os.utime(run / jobs.STOP, (time.time() - 60, time.time() - 60))
    app.run()
    assert "Stopping, and keeping the best so far" in said(app)
    assert labels(app) == ["End it now"]
    assert not ended
    app.button(key="end").click().run()
    assert (run / jobs.STOP).read_text() == "cancel"
    lock.release()


def test_cancel_asks_once_more_and_then_insists(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []
    monkeypatch.setattr(jobs, "end_process", lambda folder: ended.append(folder))
    run = fake_run.make_run(project, state="running", events=30)
    lock = fake_run.held(run)
    app = look(run)
    app.button(key="cancel").click().run()
    assert not (run / jobs.STOP).exists()
    app.button(key="cancel-no").click().run()
    assert "stop" in [button.key for button in app.button]
    app.button(key="cancel").click().run()
    app.button(key="cancel-yes").click().run()
    assert (run / jobs.STOP).read_text() == "cancel"
    assert not ended
    old = time.time() - train_ends.PATIENCE_SECONDS - 1
    os.utime(run / jobs.STOP, (old, old))
    app.run()
    assert ended == [run]
    assert "Cancelling" in said(app)
    lock.release()
    app.run()
    assert "You ended the training before there was anything to keep." in said(app)


def test_a_killed_worker_is_seen_at_the_next_look(project: Project) -> None:
    run = fake_run.make_run(project, strategy="full_finetune", state="running", events=250)
    lock = fake_run.held(run)
    app = look(run)
    assert "stopped unexpectedly" not in said(app)
    lock.release()
    app.run()
    assert "The training stopped unexpectedly." in said(app)
    assert "go on from where it stopped, or start again" in said(app)
    assert labels(app) == ["Go on from where it stopped", "Start again"]
    assert len(app.get("plotly_chart")) == 4
    assert "a technical line" in app.code[0].value


def test_waiting_for_another_training(project: Project) -> None:
    run = fake_run.make_run(project, state="waiting", events=0)
    fake_run.append(run, [{"t": 0.1, "kind": "phase", "name": "wait", "title": "Waiting"}])
    lock = fake_run.held(run)
    app = look(run)
    assert "Waiting for another training on this computer" in said(app)
    assert labels(app) == ["Stop and keep the best", "Pause", "Cancel"]
    lock.release()


@pytest.mark.parametrize("state", ["done", "stopped"])
def test_the_end_leads_to_the_results(project: Project, state: str) -> None:
    app = look(fake_run.make_run(project, state=state))
    assert ("The training is done." if state == "done" else "the best so far was kept") in said(app)
    assert labels(app) == ["See how good it is"]
    app.button(key="primary").click().run()
    assert app.title[0].value == "How good is it?"


def test_stopped_with_nothing_to_keep(project: Project) -> None:
    app = look(fake_run.make_run(project, state="stopped", events=5, report=False))
    assert "before there was anything to keep" in said(app)
    assert labels(app) == ["Start again"]


def test_failed_says_what_happened_and_what_to_do(project: Project) -> None:
    app = look(fake_run.make_run(project, state="failed", events=20))
    assert "The disk is full." in said(app)
    assert "Free some space" in said(app)
    assert labels(app) == ["Go on from where it stopped", "Start again"]


def test_why_it_failed_is_said_once(project: Project) -> None:
    run = fake_run.make_run(project, state="failed", events=20)
    why = str(jobs.job_state(run).error)
    fake_run.append(run, [{"t": 9.0, "kind": "note", "level": "warning", "text": why}])
    app = look(run)
    assert (len(app.error), len(app.warning)) == (1, 0)


def test_a_failure_after_a_wish_to_stop_is_still_a_failure(project: Project) -> None:
    run = fake_run.make_run(project, state="failed", events=20)
    jobs.request_stop(run, "keep")
    assert "The disk is full." in said(look(run))


def test_start_again_makes_a_new_run_of_the_same(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlcore.datasets import make_dataset
    from tlcore.plan import Plan
    from tlcore.runs import create_run
    from tlcore.tables import read_table
    from tlcore.tasks import get_task

    file = project.folder / "rows.csv"
    file.write_text("text,label\n" + "".join(f"text number {i},{'ab'[i % 2]}\n" for i in range(40)))
    data = make_dataset(read_table(file), get_task("classify"), {"text": ("text",), "label": ("label",)})
    plan = Plan("classify", "frozen_features", "minilm", "embedded", {}, seed=7)
    run = create_run(project.new_run_folder(), data, plan)
    fake_run.set_state(run, "lost")
    started: list[Path] = []
    monkeypatch.setattr(jobs, "start_job", started.append)
    app = look(run)
    app.button(key="again").click().run()
    assert not app.exception
    assert len(started) == 1
    new = started[0]
    assert new != run
    assert project.draft()["run"] == new.name
    assert (new / "plan.json").read_text() == (run / "plan.json").read_text()
    assert app.title[0].value == "How is it going?"


def test_words_of_the_user_are_shown_as_they_are(project: Project) -> None:
    run = fake_run.make_run(project, state="running", events=3)
    note = {"t": 9.0, "kind": "note", "level": "warning", "text": "class ![x](http://a.b/c.png) <b>x</b> has one row"}
    fake_run.append(run, [note, {"t": 9.0, "kind": "phase", "name": "odd", "title": "<b>odd</b>"}])
    lock = fake_run.held(run)
    app = look(run)
    assert "\\!\\[x\\]\\(http" in app.warning[0].value
    assert not any("<b>" in part.proto.body for part in app.get("html"))
    lock.release()


def test_an_unknown_run_is_explained(home: Path) -> None:
    app = show("train", run="run-that-is-not-there")
    assert not app.exception
    assert "That run is not on this machine" in said(app)


def test_a_run_of_an_unknown_strategy_and_base_is_still_shown(project: Project) -> None:
    run = fake_run.make_run(project, state="lost", events=0)
    (run / "plan.json").write_text('{"strategy": "from the future", "base": "some/hub-name"}')
    assert "stopped unexpectedly" in said(look(run))
