"""The router: every page is always registered, and nothing ends in a traceback."""

from __future__ import annotations

import gc
from pathlib import Path

import streamlit as st

from pages.parts import state
from pages.parts.problems import guard
from pages.parts.shell import STEPS

ROOT = Path(__file__).resolve().parent
ICON = ROOT / "pages" / "parts" / "icon.png"


@st.cache_resource(show_spinner=False)
def freeze_heap() -> bool:
    """Streamlit collects garbage after every click: what lives for ever is not looked at again (50 ms a click)."""
    gc.collect()
    gc.freeze()
    return True


def main() -> None:
    st.set_page_config(page_title="Nudge", page_icon=str(ICON), layout="wide", initial_sidebar_state="collapsed")
    pages = [st.Page(s.script, title=s.title, url_path=s.name, default=s.name == "projects") for s in STEPS]
    pages += [st.Page(state.PAGES[name], title=name.capitalize(), url_path=name) for name in ("learn", "settings")]
    here = st.navigation(pages, position="hidden")
    freeze_heap()
    with guard():
        state.sync_address(here.url_path or "projects")
        here.run()


main()
