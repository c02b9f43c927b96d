"""Projects and where everything lies. Nobody else builds such a path.

NUDGE_HOME (default: the user's data folder)/
  projects/ID/project.json  draft.json  mends.json  sides.json  upload/FILE  pictures/ZIP  unlabelled/  dataset/  runs/RUN/  jobs/JOB/
  cache/features/           hidden states by content hash
  cache/scores/             what cross-validation found, by content
  cache/answers/            answers of services that were asked, by content: no text, no key
  cache/graphs/             exported graphs by the shape of the model
  cache/opened/             models put together from a base and an adapter
  adapters/                 the shelf: what was added to a base, some hundred kB each
  cache/bases/              base models that came in few bits, as safetensors
  precision.json            whether bf16 was measured to pay on this machine
  training.lock             one training at a time on this machine
  trash/
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json

if TYPE_CHECKING:
    from tlcore.mend import Mend

ID = re.compile(r"[a-z0-9][a-z0-9-]{3,60}")
UNSAFE = re.compile(r"[^\w.\- ]+")


def new_id(kind: str) -> str:
    return f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def check_id(text: str) -> str:
    """The id itself; ids come from URLs, so what is not one never becomes part of a path."""
    if not ID.fullmatch(text):
        raise TlcoreError("That address does not name anything here.", "the page's address", "Start from Projects.")
    return text


@dataclass(frozen=True)
class Project:
    """One spreadsheet's worth of work: the upload, the draft of the plan, the runs."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def name(self) -> str:
        return str((read_json(self.folder / "project.json", {}) or {}).get("name", self.id))

    @property
    def created(self) -> float:
        return float((read_json(self.folder / "project.json", {}) or {}).get("created", 0.0))

    def rename(self, name: str) -> None:
        about = read_json(self.folder / "project.json", {}) or {}
        write_json(self.folder / "project.json", {**about, "name": name.strip()[:80] or self.id})

    def draft(self) -> dict[str, Any]:
        """Everything the user chose or typed so far; {} at first."""
        return read_json(self.folder / "draft.json", {}) or {}

    def save_draft(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Merge changes into the draft on disk; a value of None forgets its key."""
        draft = {**self.draft(), **changes}
        draft = {key: value for key, value in draft.items() if value is not None}
        write_json(self.folder / "draft.json", draft)
        return draft

    def mends(self) -> list[Mend]:
        """What was mended so far, in order. Raises TlcoreError where the list is damaged."""
        from tlcore.mend.base import load_mends

        return load_mends(self.mends_file)

    def save_mends(self, mends: Sequence[Mend]) -> None:
        """The whole list, in place of the one before; to undo a mend is to leave it out."""
        from tlcore.mend.base import save_mends

        save_mends(self.mends_file, mends)

    @property
    def mends_file(self) -> Path:
        return self.folder / "mends.json"

    def sides(self, split: str) -> dict[str, str]:
        """split_key of a text -> the side it had when the rows were last split in this way; {} where they were not.

        split: what the split depends on besides the rows (tlcore.splits.split_name); another split starts afresh.
        """
        kept = read_json(self.folder / "sides.json", {}) or {}
        return kept["sides"] if kept.get("split") == split else {}

    def save_sides(self, split: str, sides: Mapping[str, str]) -> None:
        """Add to the known sides of this split, so that a row that is left out and taken back in is where it was."""
        write_json(self.folder / "sides.json", {"split": split, "sides": {**self.sides(split), **sides}})

    @property
    def unlabelled_folder(self) -> Path:
        """Texts without a label that were given beside the spreadsheet (tlcore.unlabelled)."""
        return self.folder / "unlabelled"

    @property
    def dataset_folder(self) -> Path:
        return self.folder / "dataset"

    def upload(self) -> Path | None:
        """The spreadsheet of this project, if one was given."""
        folder = self.folder / "upload"
        files = sorted(folder.iterdir()) if folder.exists() else []
        return files[0] if files else None

    def save_upload(self, name: str, source: Path | bytes | memoryview) -> Path:
        """Keep a copy of the spreadsheet under a safe name, in place of the one before."""
        return self._keep(self.folder / "upload", name, source)

    def pictures(self) -> Path | None:
        """The zip of pictures that was given beside the spreadsheet, if one was."""
        folder = self.folder / "pictures"
        files = sorted(folder.iterdir()) if folder.exists() else []
        return files[0] if files else None

    def save_pictures(self, name: str, source: Path | bytes | memoryview) -> Path:
        """Keep a copy of a zip of pictures, in place of the one before."""
        return self._keep(self.folder / "pictures", name, source)

    def drop_pictures(self) -> None:
        shutil.rmtree(self.folder / "pictures", ignore_errors=True)

    @staticmethod
    def _keep(folder: Path, name: str, source: Path | bytes | memoryview) -> Path:
        spare = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(spare, ignore_errors=True)
        spare.mkdir(parents=True)
        safe = UNSAFE.sub("_", Path(name.replace("\\", "/")).name).strip(" .")[-80:] or "spreadsheet"
        if isinstance(source, Path):
            shutil.copyfile(source, spare / safe)
        else:
            (spare / safe).write_bytes(source)
        shutil.rmtree(folder, ignore_errors=True)
        spare.rename(folder)
        return folder / safe

    def run_folders(self) -> list[Path]:
        """Newest first."""
        folder = self.folder / "runs"
        found = [f for f in folder.iterdir() if (f / "job.json").exists()] if folder.exists() else []
        return sorted(found, key=lambda f: f.name, reverse=True)

    def run_folder(self, run_id: str) -> Path:
        """The folder of an existing run. Raises TlcoreError for an unknown or unsafe id."""
        folder = self.folder / "runs" / check_id(run_id)
        if not folder.exists():
            raise TlcoreError("That run is not in this project.", "the page's address", "Choose a run in Projects.")
        return folder

    def new_run_folder(self) -> Path:
        return self.folder / "runs" / new_id("run")

    def new_job_folder(self, kind: str) -> Path:
        return self.folder / "jobs" / new_id(kind)

    def job_folder(self, job_id: str) -> Path:
        return self.folder / "jobs" / check_id(job_id)


class Workspace:
    """All projects on this machine."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or default_home()

    @property
    def training_lock(self) -> Path:
        self.home.mkdir(parents=True, exist_ok=True)
        return self.home / "training.lock"

    @property
    def feature_cache(self) -> Path:
        return self.home / "cache" / "features"

    @property
    def graph_cache(self) -> Path:
        return self.home / "cache" / "graphs"

    @property
    def answer_cache(self) -> Path:
        return self.home / "cache" / "answers"

    @property
    def shelf(self) -> Path:
        return self.home / "adapters"

    @property
    def opened_cache(self) -> Path:
        return self.home / "cache" / "opened"

    @property
    def base_cache(self) -> Path:
        return self.home / "cache" / "bases"

    @property
    def precision_file(self) -> Path:
        return self.home / "precision.json"

    @property
    def score_cache(self) -> Path:
        return self.home / "cache" / "scores"

    def projects(self) -> list[Project]:
        """Newest first."""
        folder = self.home / "projects"
        found = [Project(f) for f in folder.iterdir() if (f / "project.json").exists()] if folder.exists() else []
        return sorted(found, key=lambda project: project.created, reverse=True)

    def create_project(self, name: str) -> Project:
        project = Project(self.home / "projects" / new_id("project"))
        write_json(project.folder / "project.json", {"name": name.strip()[:80] or "Untitled", "created": time.time()})
        return project

    def project(self, project_id: str) -> Project:
        """Raises TlcoreError for an unknown or unsafe id."""
        folder = self.home / "projects" / check_id(project_id)
        if not (folder / "project.json").exists():
            raise TlcoreError("That project is not on this machine.", "the page's address", "Choose one in Projects.")
        return Project(folder)

    def find_run(self, run_id: str) -> tuple[Project, Path]:
        """The project and folder of a run, for a bookmarked address."""
        check_id(run_id)
        for project in self.projects():
            if (project.folder / "runs" / run_id).exists():
                return project, project.run_folder(run_id)
        raise TlcoreError("That run is not on this machine.", "the page's address", "Choose one in Projects.")

    def delete_project(self, project_id: str) -> Path:
        """Move a project to the trash; where it lies now."""
        project = self.project(project_id)
        target = self.home / "trash" / f"{project.id}-{secrets.token_hex(2)}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(project.folder), str(target))
        return target


def default_home() -> Path:
    """NUDGE_HOME, or the user's data folder."""
    wish = os.environ.get("NUDGE_HOME")
    return Path(wish).expanduser().resolve() if wish else Path(platformdirs.user_data_dir("nudge", appauthor=False))
