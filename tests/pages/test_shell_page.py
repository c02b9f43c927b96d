"""The frame around the screens: steps, addresses, problem boxes, the two pages beside the steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import shell, state
from pages.parts.words import duration_range, escape_md, listed, megabytes, per_thousand, plural
from tests.pages.helpers import APP, new_project, opened, said, show
from tlcore.errors import TlcoreError
from tlcore.workspace import Workspace


@pytest.mark.parametrize("page", list(state.PAGES))
def test_every_page_opens_calmly_without_a_project(home: Path, page: str) -> None:
    app = show(page)
    assert app.title, page
    assert not app.exception
    assert "unexpected" not in said(app)


@pytest.mark.parametrize("wish", ["../..", "../../etc/passwd", "project-that-is-not", "%2e%2e", "a", "x" * 300, "<b>"])
@pytest.mark.parametrize("page", ["projects", "data", "check", "plan"])
def test_unsafe_project_addresses_are_refused_calmly(home: Path, page: str, wish: str) -> None:
    app = show(page, project=wish)
    assert not app.exception
    assert any("does not name anything" in e.value or "not on this machine" in e.value for e in app.error)
    assert not (home.parent / "projects").exists()


def test_unsafe_run_addresses_are_refused_calmly(home: Path) -> None:
    project = new_project("text,label\n" + "good,yes\nbad,no\n" * 10)
    app = show("train", project=project.id, run="../../../etc")
    assert not app.exception
    assert "does not name anything" in said(app)


def test_closed_steps_say_why(home: Path) -> None:
    assert "spreadsheet" in shell.closed("check", None)
    project = Workspace().create_project("Empty")
    assert "label column" in shell.closed("check", project)
    assert shell.closed("data", project) == shell.closed("projects", None) == ""
    project = opened("text,label\n" + "good,yes\nbad,no\n" * 10)
    assert shell.closed("check", project) == ""
    assert "checked" in shell.closed("plan", project)
    assert "started" in shell.closed("train", project, None)
    assert "trained" in shell.closed("use", project, None)


def test_unexpected_errors_are_a_calm_box_with_folded_details(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Workspace) -> list[object]:
        raise RuntimeError("wires crossed")

    monkeypatch.setattr(Workspace, "projects", broken)
    app = show("projects")
    assert not app.exception
    assert "Something unexpected" in app.error[0].value
    assert "wires crossed" not in app.error[0].value
    assert "wires crossed" in app.expander[0].code[0].value


def test_problem_boxes_never_format_what_users_wrote(home: Path) -> None:
    def script() -> None:
        from pages.parts.problems import problem
        from tlcore.errors import TlcoreError

        problem(TlcoreError("![x](http://evil.example/a.png)", "<img src=x>", ":red[fix] $x$"), "details")

    app = AppTest.from_function(script).run()
    text = app.error[0].value
    assert "\\!\\[x\\]\\(http\\:" in text
    assert "\\<img" in text
    assert "\\:red\\[" in text
    assert "\\$x\\$" in text


def test_a_reload_finds_the_project_by_its_address(home: Path) -> None:
    project = opened("text,label\n" + "good,yes\nbad,no\n" * 10)
    app = show("data")
    assert not app.dataframe, "a fresh tab knows of no project"
    app = show("data", project=project.id)
    assert app.dataframe
    assert app.query_params["project"] in (project.id, [project.id])


def test_the_server_stays_light(home: Path) -> None:
    import subprocess
    import sys

    code = "import sys; import pages.parts.shell, pages.parts.reading, pages.parts.planning, pages.parts.findings; "
    code += "print([m for m in ('torch', 'transformers', 'datasets') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=APP.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_words() -> None:
    assert plural(1, "row") == "1 row"
    assert plural(1204, "class", "classes") == "1,204 classes"
    assert per_thousand(0.037) == "37 of 1,000"
    assert per_thousand(None) == "–"
    assert megabytes(1400) == "1.4 GB"
    assert duration_range(20, 40) == "20 to 40 seconds"
    assert duration_range(40, 200) == "40 seconds to 3 minutes"
    assert listed(["a", "b", "c"], 2) == "“a”, “b” and 1 more"
    assert escape_md("1. *a*\n# b") == "1\\. \\*a\\* \\# b"


def test_draft_values_by_dotted_name(home: Path) -> None:
    project = Workspace().create_project("Names")
    state.save_at(project, "settings.frozen_features.c", 0.5)
    state.save_at(project, "settings.full_finetune.epochs", 3)
    assert project.draft()["settings"] == {"frozen_features": {"c": 0.5}, "full_finetune": {"epochs": 3}}
    state.save_at(project, "settings.frozen_features.c", None)
    assert state.lookup(project.draft(), "settings.frozen_features.c", "gone") == "gone"


def test_run_of_another_project_is_not_shown(home: Path) -> None:
    project = Workspace().create_project("One")
    with pytest.raises(TlcoreError):
        project.run_folder("run-20260101-000000-abcd")
