"""What the screens remember: ids in the session and the address, everything else in the draft on disk.

The only place that touches st.session_state and st.query_params.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.workspace import Project, Workspace

PROJECT, RUN, NOTICE = "project", "run", "nudge.notice"
EMPTIED = "emptied"
"""What a list held before it was emptied, until the page is drawn."""
SET, SURE_SECONDS = "set", 4.0
"""When the value of a widget was set last, by its key, and how long it is told again with each run of the page: a browser that
loads the widget's code for the first time may miss what was told once, and would tell "nothing chosen" as if it were a wish."""
PAGES = {
    **{name: f"pages/wizard/{name}.py" for name in ("projects", "data", "check", "plan", "train", "results", "use")},
    **{name: f"pages/more/{name}.py" for name in ("learn", "settings")},
}
RUN_PAGES = ("train", "results", "use")


def workspace() -> Workspace:
    return Workspace()


def project() -> Project | None:
    """The project of this page's address, else of this tab. Raises TlcoreError for an address that names none."""
    wish = st.query_params.get(PROJECT)
    run_id = st.query_params.get(RUN)
    if wish is None and run_id:
        found = workspace().find_run(run_id)[0]
    elif wish is None and not (wish := st.session_state.get(PROJECT)):
        return None
    else:
        try:
            found = workspace().project(str(wish))
        except TlcoreError:
            st.session_state.pop(PROJECT, None)
            if PROJECT in st.query_params:
                raise
            return None
    st.session_state[PROJECT] = found.id
    return found


def require_project() -> Project:
    """The project, or an explanation, a way on, and the end of the page."""
    found = project()
    if found is None:
        st.info("No project is open yet. Start one from a spreadsheet, or try an example.")
        st.page_link(PAGES["projects"], label="Go to Projects")
        st.stop()
    return found


def current_run(of: Project) -> Path | None:
    """The run of this page's address, else the one the draft names. Raises TlcoreError for a wrong address."""
    wish = st.query_params.get(RUN)
    if wish:
        return of.run_folder(wish)
    kept = of.draft().get("run")
    try:
        return of.run_folder(str(kept)) if kept else None
    except TlcoreError:  # deleted from the disk since
        return None


def require_run() -> tuple[Project, Path]:
    """The project and its current run, or an explanation, a way on, and the end of the page."""
    found = require_project()
    run = current_run(found)
    if run is None:
        st.info("Nothing has been trained in this project yet. Choose a plan first, then start it.")
        st.page_link(PAGES["plan"], label="Go to Plan", query_params={PROJECT: found.id})
        st.stop()
    return found, run


def draft(of: Project) -> dict[str, Any]:
    """What the user chose so far; {} at first."""
    return of.draft()


def save(of: Project, **changes: Any) -> dict[str, Any]:
    """Merge changes into the draft on disk; None forgets."""
    return of.save_draft(changes)


def go(step: str, **query: str) -> NoReturn:
    """Leave for another page, with the project (and the run, if given) in its address."""
    current = st.session_state.get(PROJECT)
    address = {PROJECT: current, **query} if current and step != "projects" else dict(query)
    st.switch_page(PAGES[step], query_params=address)
    raise AssertionError("switch_page ends the script")


open_step = go


def open_project(of: Project | None) -> None:
    """Make a project this tab's own (None: no project)."""
    for name in (PROJECT, RUN):  # others may belong to a box that is bound to the address
        st.query_params.pop(name, None)
    if of is None:
        st.session_state.pop(PROJECT, None)
    else:
        st.session_state[PROJECT] = of.id


def sync_address(page: str) -> None:
    """Write the project and the run into the address, so that a reload, a bookmark or a second tab finds them."""
    try:
        found = project()
        run = current_run(found) if found else None
    except TlcoreError:
        return  # the page itself says so
    if found and page != "projects":
        _address(PROJECT, found.id)
        if run and page in RUN_PAGES:
            _address(RUN, run.name)


def kept(
    of: Project,
    name: str,
    default: Any = None,
    options: Sequence[Any] | None = None,
    convert: Callable[[Any], Any] | None = None,
    kind: str = "",
) -> dict[str, Any]:
    """key, on_change and args of a widget whose value lives in the draft under `name` ("read.sheet" for a nested one).

    The disk is the truth: the widget shows what the draft says (default if it says nothing, or nothing on offer) and
    writes there on every change. `convert` makes the widget's value what the draft keeps (None forgets it).
    """
    value = lookup(of.draft(), name, default)
    if options is not None:
        several = isinstance(value, list | tuple)
        value = [v for v in value if v in options] if several else value if value in options else default
    return shown(of, name, value, convert, kind)


def shown(
    of: Project, name: str, value: Any, convert: Callable[[Any], Any] | None = None, kind: str = ""
) -> dict[str, Any]:
    """Like `kept`, for a widget whose value is not the draft's own: `value` is what it shows.

    kind: tells two widgets apart that write to the same place at different times.
    """
    key = f"{of.id}/{name}{kind}"
    since, now = recall(SET, {}), time.monotonic()
    if key not in st.session_state or st.session_state[key] != value:
        remember(SET, {**since, key: now})
        st.session_state[key] = value
    elif now - since.get(key, -SURE_SECONDS) < SURE_SECONDS:
        st.session_state[key] = value
    return {"key": key, "on_change": _keep, "args": (of, name, key, convert, uploads())}


def lookup(draft: dict[str, Any], name: str, default: Any = None) -> Any:
    """A value of the draft by its dotted name."""
    value: Any = draft
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return default if value is None else value


def save_at(of: Project, name: str, value: Any) -> None:
    """Save one value of the draft by its dotted name; None forgets it."""
    first, *rest = name.split(".")
    if not rest:
        of.save_draft({first: value})
        return
    whole: dict[str, Any] = dict(of.draft().get(first) or {})
    inner = whole
    for part in rest[:-1]:
        inner[part] = dict(inner.get(part) or {})
        inner = inner[part]
    inner[rest[-1]] = value
    if value is None:
        del inner[rest[-1]]
    of.save_draft({first: whole})


def typed(key: str) -> Any:
    """What a keyed widget holds now (for callbacks)."""
    return st.session_state.get(key)


def remember(name: str, value: Any) -> None:
    """Something small for this tab only (which row is open, a notice); never data."""
    st.session_state[f"nudge.{name}"] = value


def recall(name: str, default: Any = None) -> Any:
    return st.session_state.get(f"nudge.{name}", default)


def forget(name: str) -> Any:
    """Take out and return."""
    return st.session_state.pop(f"nudge.{name}", None)


def uploads() -> int:
    """How many files this tab has taken in: part of the key of every uploader, and of nothing that is kept."""
    return int(recall("uploads", 0))


def uploaded() -> None:
    """Count one more, so that the uploader is a fresh, empty widget: the bytes leave the memory."""
    remember("uploads", uploads() + 1)
    if emptied := forget(EMPTIED):
        save_at(*emptied)


def _keep(of: Project, name: str, key: str, convert: Callable[[Any], Any] | None, drawn_at: int) -> None:
    value = st.session_state.get(key)
    if value == []:  # a browser may tell that nothing is chosen of the old file's columns together with a new file
        if uploads() != drawn_at:
            return
        remember(EMPTIED, (of, name, lookup(of.draft(), name)))  # in case the file is told of next
    save_at(of, name, convert(value) if convert else value)


def _address(name: str, value: str) -> None:
    if st.query_params.get(name) != value:
        st.query_params[name] = value
