"""A real server, a real Chromium, and a log of every request: nothing may leave this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import start

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 1280, 1000
LOCAL = {"127.0.0.1", "localhost", ""}
SCHEMES_WITHOUT_A_HOST = {"data", "blob", "about"}


class Server:
    """A Nudge server with a workspace of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start and wait until it answers; the seconds that took."""
        begun = time.monotonic()
        command = [sys.executable, "-m", "pages.parts.serve", "--server.port", str(self.port)]
        self.home.mkdir(parents=True, exist_ok=True)
        log = (self.home / "server.log").open("ab")
        environment = {**os.environ, "NUDGE_HOME": str(self.home)}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        while time.monotonic() - begun < 60:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return time.monotonic() - begun
            except (URLError, OSError):
                time.sleep(0.05)  # polling another process's start; bounded above
        raise AssertionError("the server did not answer within 60 s")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("NUDGE_BROWSER") or start.find_browser(os.environ)
    if not path:
        pytest.skip("no Chrome, Chromium or Edge found; set NUDGE_BROWSER to its path")
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(path), args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("home"))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile; at the end, no page of it may have asked any other host for anything."""
    requests: list[str] = []
    one = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, accept_downloads=True)
    one.set_default_timeout(30_000)
    one.on("request", lambda request: requests.append(request.url))
    one.on("page", lambda page: page.on("websocket", lambda socket: requests.append(socket.url)))
    yield one
    one.close()
    outside = [url for url in requests if not _stays(url)]
    assert requests
    assert not outside, f"requests left the machine: {outside[:5]}"


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def _stays(url: str) -> bool:
    parts = urlparse(url)
    return parts.scheme in SCHEMES_WITHOUT_A_HOST or (parts.hostname or "") in LOCAL
