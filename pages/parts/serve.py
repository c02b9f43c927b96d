"""Start the server: `python -m pages.parts.serve [streamlit's options]`, with one thing set that has no switch.

Streamlit takes a folder called `pages/` for its own older way of naming pages until the router has run once; the first
visitor of a fresh server who comes by a bookmark would be told "Page not found". Ours is a package: say so beforehand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

APP = Path(__file__).resolve().parents[2] / "app.py"


def main() -> None:
    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
