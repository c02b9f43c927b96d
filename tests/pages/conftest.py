"""A home of its own for every test of a page."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("NUDGE_HOME", str(folder))
    st.cache_data.clear()
    return folder


@pytest.fixture(autouse=True)
def no_trial(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan begins a trial by itself; only the tests of it want that."""
    if "trial" not in request.node.nodeid.rsplit("/", 1)[-1].split("::")[0]:
        monkeypatch.setattr("pages.parts.trying.suits", lambda facts, task: False)
