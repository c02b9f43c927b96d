"""Where things lie, what machine this is, which versions are installed."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import streamlit as st

from pages.parts import shell, state
from pages.parts.words import megabytes, plural
from tlcore.files import folder_bytes
from tlcore.machine import read_machine

PACKAGES = ("streamlit", "torch", "transformers", "scikit-learn", "onnxruntime", "datasets", "pandas", "numpy")


def main() -> None:
    shell.page("settings", "Where does everything lie?")
    home = state.workspace().home
    shell.answer(f"Everything is on this computer, in one folder: {_size(home)}. Nothing is sent anywhere.")
    st.code(str(home), language=None)
    parts = {"Projects": "projects", "Cache (can be deleted at any time)": "cache", "Trash (deleted projects)": "trash"}
    shell.text_table(
        {
            "what": list(parts),
            "where": [str(home / folder) for folder in parts.values()],
            "size": [_size(home / folder) for folder in parts.values()],
        },
        key="places",
    )
    st.caption(
        f"{plural(len(state.workspace().projects()), 'project')}. Set NUDGE_HOME before the start to use another."
    )
    st.subheader("This machine", anchor=False)
    machine = read_machine()
    st.text(f"{machine.sentence}. {megabytes(machine.free_disk_mb)} of disk free.")
    st.subheader("Versions", anchor=False)
    names = {"Python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}
    shell.text_table({"package": list(names), "version": list(names.values())}, key="versions")


def _size(folder: Path) -> str:
    return megabytes(folder_bytes(folder) / 1e6) if folder.exists() else "empty"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


main()
