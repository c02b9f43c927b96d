"""What the page tests share: the app on a page, a project on disk, what a page says."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from pages.parts import state
from tlcore.workspace import Project, Workspace

APP = Path(__file__).resolve().parents[2] / "app.py"
TICKETS = "text,label\n" + "".join(
    f"my parcel number {i} never came,Delivery\nthe invoice {i} is wrong,Billing\n" for i in range(30)
)


def show(page: str, **query: str) -> AppTest:
    """The app, opened by address on one of its pages."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(state.PAGES[page])
    return app.run()


def new_project(content: str | bytes, name: str = "rows.csv") -> Project:
    """A project with a spreadsheet and nothing chosen yet."""
    project = Workspace().create_project("Test")
    project.save_upload(name, content.encode() if isinstance(content, str) else content)
    return project


def opened(content: str | bytes = TICKETS, **draft: object) -> Project:
    """A project with a spreadsheet whose columns are chosen."""
    project = new_project(content)
    project.save_draft({"roles": {"text": ["text"], "label": ["label"]}, **draft})
    return project


def said(app: AppTest) -> str:
    """All that a page says outside of its tables."""
    boxes = [*app.title, *app.subheader, *app.markdown, *app.error, *app.warning, *app.info, *app.caption, *app.text]
    return "\n".join(str(box.value) for box in boxes).replace("\\", "")
