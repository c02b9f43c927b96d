"""pages.parts.agree: Start stays closed until the user has seen what would be sent and agreed; the key is in memory only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.llm.made_seers import make_seer
from tests.pages.helpers import TICKETS, new_project, opened, said, show
from tlcore import jobs
from tlcore.files import read_json, write_json
from tlcore.llm.agreement import CONSENT
from tlcore.workspace import Project

KEY = "sk-planted-in-the-page-77aa01"
API = {"backend": "api", "model": "model-x", "base_url": "http://127.0.0.1:9/v1", "most_rows": 20, "most_test_rows": 5}


def _project(**settings: Any) -> Project:
    return opened(TICKETS, strategy="zero_shot", settings={"zero_shot": {**API, **settings}})


def _start(app: AppTest) -> Any:
    return app.button(key="primary")


def _agree(app: AppTest) -> Any:
    return next(box for box in app.checkbox if box.label.startswith("Send these"))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Any]]:
    """Runs that would have been started, and the keys that their workers would have been handed."""
    found: list[tuple[Path, Any]] = []
    monkeypatch.setattr(jobs, "start_job", lambda run, key=None: found.append((run, key)))
    return found


def test_start_is_closed_until_it_is_agreed_to(home: Path, started: list[tuple[Path, Any]]) -> None:
    project = _project()
    app = show("plan", project=project.id)
    assert not app.exception
    assert _start(app).disabled
    told = said(app)
    assert "25 rows: 25 texts would be sent to model-x at 127.0.0.1, which is this machine" in told
    assert "It costs nothing" in told
    shown = "\n".join(code.value for code in app.code)
    assert "<text>" in shown
    assert "my parcel number" in shown or "the invoice" in shown
    assert _agree(app).label.replace("\\", "") == "Send these 25 texts to 127.0.0.1"
    _agree(app).check().run()
    assert not _start(app).disabled
    _start(app).click().run()
    ((run, _),) = started
    assert read_json(run / CONSENT)["host"] == "127.0.0.1"


def test_another_model_needs_another_yes(home: Path) -> None:
    project = _project()
    app = show("plan", project=project.id)
    _agree(app).check().run()
    assert not _start(app).disabled
    next(box for box in app.text_input if box.label == "Which model").set_value("model-y").run()
    assert project.draft()["settings"]["zero_shot"]["model"] == "model-y"
    assert "model-y" in said(app)
    assert _start(app).disabled


def test_the_key_goes_to_the_worker_and_to_no_file(home: Path, started: list[tuple[Path, Any]]) -> None:
    project = _project(base_url="https://llm.example.com/v1")
    app = show("plan", project=project.id)
    box = next(box for box in app.text_input if box.label == "Your key for llm.example.com")
    assert box.proto.type == box.proto.PASSWORD
    box.set_value(KEY).run()
    assert "price is not known" in said(app)
    _agree(app).check().run()
    _start(app).click().run()
    ((_, key),) = started
    assert key.reveal() == KEY
    assert KEY not in json.dumps(project.draft())
    assert [path for path in home.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []


def test_what_is_no_key_keeps_it_closed(home: Path) -> None:
    app = show("plan", project=_project().id)
    next(box for box in app.text_input if box.label.startswith("Your key")).set_value("schlüssel").run()
    _agree(app).check().run()
    assert "This is no key" in said(app)
    assert _start(app).disabled


def test_without_a_model_it_is_said_and_closed(home: Path) -> None:
    app = show("plan", project=_project(model="").id)
    assert "Which model is to be asked is not said" in said(app)
    assert _start(app).disabled


@pytest.mark.parametrize("strategy", ["zero_shot", "few_shot_prompt"])
def test_on_this_machine_nothing_is_agreed_to(home: Path, strategy: str) -> None:
    project = opened(TICKETS, strategy=strategy, settings={strategy: {"backend": "smollm2"}})
    app = show("plan", project=project.id)
    assert not app.exception
    assert not _start(app).disabled
    assert not [box for box in app.checkbox if box.label.startswith("Send these")]
    keys = {box.key for box in app.text_input}
    assert f"{project.id}/settings.{strategy}.instructions" in keys
    assert f"{project.id}/settings.{strategy}.base_url" not in keys


def test_who_has_only_an_api_is_told_where_it_is_chosen(home: Path) -> None:
    project = opened(TICKETS, compute="api", data="none")
    app = show("plan", project=project.id)
    assert "under “Who answers”" in said(app)


def test_going_on_asks_for_the_key_again(home: Path, started: list[tuple[Path, Any]]) -> None:
    project = _project(base_url="https://llm.example.com/v1")
    app = show("plan", project=project.id)
    _agree(app).check().run()
    _start(app).click().run()
    run = started[0][0]
    write_json(run / jobs.STATUS, {"state": "paused"})
    app = show("train", project=project.id, run=run.name)
    assert "You agreed to this" in said(app)
    next(box for box in app.text_input if box.label == "Your key for llm.example.com").set_value(KEY).run()
    _start(app).click().run()
    assert started[-1][0] == run
    assert started[-1][1].reveal() == KEY


def test_choosing_the_back_end_opens_the_box_and_its_settings(home: Path) -> None:
    project = opened(TICKETS, strategy="zero_shot")
    app = show("plan", project=project.id)
    assert not _start(app).disabled
    group = next(g for g in app.get("button_group") if g.label == "Who answers")
    group.set_value(["api"]).run() if isinstance(group.value, list) else group.set_value("api").run()
    assert project.draft()["settings"]["zero_shot"] == {"backend": "api"}
    assert not app.exception
    assert _start(app).disabled
    assert "Nothing is sent before you agree" in said(app)
    keys = {box.key for box in app.number_input}
    assert f"{project.id}/settings.zero_shot.most_dollars" in keys


def test_a_model_in_a_folder_needs_the_folder_and_no_yes(home: Path, tmp_path: Path) -> None:
    """Nothing is sent, so there is nothing to agree to; but the folder must hold a model that sees."""
    lost = Path(__file__).resolve().parents[2] / "sample_data" / "lost_property" / "lost_property.zip"
    project = new_project(lost.read_bytes(), lost.name)
    project.save_pictures(lost.name, lost.read_bytes())
    roles = {"text": ["note"], "image": ["image"], "label": ["shelf"]}
    wishes = {"ask_pictures": {"backend": "folder"}}
    project.save_draft({"roles": roles, "task": "image_text", "strategy": "ask_pictures", "settings": wishes})
    app = show("plan", project=project.id)
    assert not app.exception
    assert "Nothing is sent anywhere" in said(app)
    assert _start(app).disabled
    box = next(one for one in app.text_input if one.label == "The folder of the model that sees")
    box.set_value(str(tmp_path)).run()
    assert "config.json is missing" in said(app)
    assert _start(app).disabled
    folder = make_seer("llava", tmp_path / "llava")
    box = next(one for one in app.text_input if one.label == "The folder of the model that sees")
    box.set_value(str(folder)).run()
    assert project.draft()["settings"]["ask_pictures"]["folder"] == str(folder)
    assert not _start(app).disabled
    assert not [one for one in app.checkbox if one.label.startswith("Send these")]
