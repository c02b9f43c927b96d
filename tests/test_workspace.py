"""tlcore.workspace: projects on disk, drafts that lose nothing, ids that cannot become other paths."""

import os
import sys
from pathlib import Path

import pytest

from tlcore.errors import TlcoreError
from tlcore.files import write_json
from tlcore.mend import LABEL, Change, Mend
from tlcore.workspace import Workspace, check_id, default_home, new_id


def test_nudge_home_decides_where_everything_lies(home: Path) -> None:
    assert default_home() == home
    workspace = Workspace()
    assert workspace.training_lock.parent == home
    assert home.is_dir()
    assert workspace.feature_cache.is_relative_to(home)
    assert workspace.create_project("x").folder.is_relative_to(home)


def test_without_nudge_home_it_is_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUDGE_HOME", raising=False)
    assert default_home().is_absolute()
    assert "nudge" in default_home().name.lower()


def test_projects_are_found_again_newest_first_and_can_be_renamed(home: Path) -> None:
    first, second = Workspace().create_project(" Tickets "), Workspace().create_project("")
    write_json(first.folder / "project.json", {"name": "Tickets", "created": 1.0})
    assert [p.id for p in Workspace().projects()] == [second.id, first.id]
    assert second.name == "Untitled"
    first.rename("x" * 200)
    assert Workspace().project(first.id).name == "x" * 80
    first.rename("   ")
    assert first.name == first.id
    assert first.created == 1.0


def test_nothing_here_yet_is_an_empty_list(home: Path) -> None:
    assert Workspace().projects() == []
    project = Workspace().create_project("x")
    assert project.run_folders() == []
    assert project.upload() is None
    assert project.draft() == {}


def test_a_draft_merges_and_none_forgets(home: Path) -> None:
    project = Workspace().create_project("x")
    project.save_draft({"file": "a.csv", "roles": {"text": ["a"]}, "seed": 0, "leave_out": []})
    assert project.save_draft({"seed": 3, "file": None}) == {"roles": {"text": ["a"]}, "seed": 3, "leave_out": []}
    assert Workspace().project(project.id).draft() == {"roles": {"text": ["a"]}, "seed": 3, "leave_out": []}


def test_mends_lie_in_the_project_and_a_damaged_list_is_said(home: Path) -> None:
    project = Workspace().create_project("x")
    mends = [Mend(f"mend-{i}", "grid", "By hand", (Change(i, "ab", LABEL, "a", "b"),)) for i in range(3)]
    assert project.mends() == []
    project.save_mends(mends)
    assert Workspace().project(project.id).mends() == mends
    project.save_mends([mends[0], mends[2]])
    assert project.mends() == [mends[0], mends[2]]
    project.mends_file.write_text("{", encoding="utf-8")
    with pytest.raises(TlcoreError, match="cannot be read"):
        project.mends()


def test_known_sides_add_up_for_one_way_to_split_and_start_afresh_for_another(home: Path) -> None:
    project = Workspace().create_project("x")
    assert project.sides("by chance") == {}
    project.save_sides("by chance", {"a": "test", "b": "train"})
    project.save_sides("by chance", {"b": "test", "c": "train"})
    assert project.sides("by chance") == {"a": "test", "b": "test", "c": "train"}
    assert project.sides("by date") == {}
    project.save_sides("by date", {"d": "test"})
    assert project.sides("by date") == {"d": "test"}
    assert project.sides("by chance") == {}


@pytest.mark.parametrize(
    "bad", ["", "..", "../..", "a/b", "a\\b", "/etc", "run-1\n", "Run-12345", "-abcd", "abc", "x" * 80]
)
def test_what_is_not_an_id_never_becomes_a_path(home: Path, bad: str) -> None:
    project = Workspace().create_project("x")
    for use in (check_id, Workspace().project, Workspace().find_run, project.run_folder, project.job_folder):
        with pytest.raises(TlcoreError):
            use(bad)


def test_new_ids_are_ids_and_differ() -> None:
    ids = {new_id("run") for _ in range(20)}
    assert len(ids) > 15  # two random bytes and a second
    assert all(check_id(one) == one and one.startswith("run-") for one in ids)


def test_unknown_ids_are_said_in_words(home: Path) -> None:
    project = Workspace().create_project("x")
    for use in (Workspace().project, Workspace().find_run, project.run_folder):
        with pytest.raises(TlcoreError) as caught:
            use("run-20250101-000000-abcd")
        assert caught.value.what
        assert caught.value.fix


def test_runs_are_listed_newest_first_and_found_from_an_address(home: Path) -> None:
    other, project = Workspace().create_project("other"), Workspace().create_project("x")
    for name in ("run-20250101-000000-aaaa", "run-20250102-000000-aaaa"):
        write_json(project.folder / "runs" / name / "job.json", {})
    (project.folder / "runs" / "run-20250103-000000-aaaa").mkdir()  # not a run: nothing was laid out in it
    assert [f.name for f in project.run_folders()] == ["run-20250102-000000-aaaa", "run-20250101-000000-aaaa"]
    found, folder = Workspace().find_run("run-20250101-000000-aaaa")
    assert (found.id, folder) == (project.id, project.folder / "runs" / "run-20250101-000000-aaaa")
    assert other.run_folders() == []
    assert project.new_run_folder().parent == project.folder / "runs"
    assert project.new_job_folder("predict").parent == project.folder / "jobs"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("rows.csv", "rows.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\my rows.xlsx", "my rows.xlsx"),
        ("Größe été.csv", "Größe été.csv"),
        ("a:b*c?.csv", "a_b_c_.csv"),
        ("..", "spreadsheet"),
        ("", "spreadsheet"),
    ],
)
def test_an_upload_is_kept_under_a_safe_name(home: Path, name: str, kept: str) -> None:
    project = Workspace().create_project("x")
    path = project.save_upload(name, b"a,b\n1,2\n")
    assert path == project.folder / "upload" / kept
    assert path.read_bytes() == b"a,b\n1,2\n"


def test_a_new_upload_takes_the_place_of_the_old_one(home: Path, tmp_path: Path) -> None:
    project = Workspace().create_project("x")
    project.save_upload("old.csv", b"old")
    source = tmp_path / "source.csv"
    source.write_bytes(b"new")
    project.save_upload("a-new.csv", source)
    upload = project.upload()
    assert upload is not None
    assert (upload.name, upload.read_bytes()) == ("a-new.csv", b"new")
    assert [f.name for f in (project.folder / "upload").iterdir()] == ["a-new.csv"]
    assert source.exists()


def test_deleting_moves_to_the_trash(home: Path) -> None:
    project = Workspace().create_project("x")
    project.save_draft({"seed": 5})
    gone = Workspace().delete_project(project.id)
    assert Workspace().projects() == []
    assert gone.is_relative_to(home / "trash")
    assert (gone / "draft.json").exists()
    with pytest.raises(TlcoreError):
        Workspace().delete_project(project.id)


@pytest.mark.skipif(sys.platform == "win32", reason="needs HOME")
def test_a_tilde_in_nudge_home_is_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_HOME", "~/somewhere")
    assert default_home() == Path(os.path.expanduser("~")).resolve() / "somewhere"
