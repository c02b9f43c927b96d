"""How long from a click to the repainted page while a training uses every core, and what the clicks cost the training; and a
cold start to the first screen."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from bench.data import ROOT, data_folder
from tlcore.events import read_events

CLICKS = 60
QUIET_SECONDS = 15.0
NO_PAUSE = 150
PACES = {NO_PAUSE: CLICKS, 500: CLICKS // 2}
"""Milliseconds between a repainted page and the next click: about as fast as a program can, and as a person in a hurry does; and
how many clicks."""
# Clicks a segmented control and waits for the label above it to say so: a whole script run, there and back.
MEASURE = """async ([names, clicks, pause]) => {
  const took = [];
  const label = () => [...document.querySelectorAll('label, p')].find((e) => e.textContent.startsWith('Compute ('));
  for (let i = 0; i < clicks; i++) {
    const name = names[i % names.length];
    const button = [...document.querySelectorAll('button')].find((b) => b.textContent.trim() === name);
    const before = label().textContent;
    const begun = performance.now();
    button.click();
    await new Promise((done) => {
      const watch = new MutationObserver(() => {
        if (label() && label().textContent !== before) { watch.disconnect(); done(); }
      });
      watch.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    took.push(performance.now() - begun);
    await new Promise((done) => setTimeout(done, pause));
  }
  return took;
}"""


def measure() -> dict[str, Any]:
    """Milliseconds p50 and p95 of clicks on Plan, idle and while full fine-tuning runs; seconds to the first screen;
    steps a second of the training while somebody clicks all the time, as a share of before and after."""
    from playwright.sync_api import sync_playwright

    import start

    port, browser = start.free_port(8600), start.find_browser(os.environ)
    if browser is None:
        raise SystemExit("No browser found; set NUDGE_BROWSER.")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        os.environ["NUDGE_HOME"] = home
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 1000})
        begun = time.monotonic()
        server = subprocess.Popen([sys.executable, "-m", "pages.parts.serve", "--server.port", str(port)], cwd=ROOT)
        try:
            _until_up(port)
            page.goto(f"http://127.0.0.1:{port}/")
            page.get_by_role("heading", name="What would you like to work on?").wait_for()
            cold = time.monotonic() - begun
            _to_plan(page)
            idle = page.evaluate(MEASURE, [["Very low", "Low"], CLICKS, NO_PAUSE])
            run = _train(Path(home))
            try:
                _until_it_learns(run, page)
                busy, kept = _clicked_while_training(page, run)
            finally:
                _end(run)
        finally:
            server.terminate()
            server.wait()
            chromium.close()
    return {
        "first_screen_seconds": round(cold, 2),
        "idle_ms": _summary(idle),
        "training_ms": _summary(busy),
        "clicks": CLICKS,
        "training_rate_kept": kept,
    }


def _clicked_while_training(page: Any, run: Path) -> tuple[list[float], dict[str, float]]:
    """Milliseconds of the clicks one after the other; and what was kept of the training's rate, by the pause between clicks."""
    busy: list[float] = []
    kept = {}
    for pause, clicks in PACES.items():
        times = [_now(run)]
        page.wait_for_timeout(1000 * QUIET_SECONDS)
        times.append(_now(run))
        took = page.evaluate(MEASURE, [["Very low", "Low"], clicks, pause])
        times.append(_now(run))
        page.wait_for_timeout(1000 * QUIET_SECONDS)
        times.append(_now(run))
        busy = busy or took
        kept[f"{pause} ms apart"] = round(kept_of_rate(read_events(run)[0], times), 3)
    return busy, kept


def kept_of_rate(events: list[dict[str, Any]], times: list[float]) -> float:
    """Steps a second between the two middle times, as a share of those between the first two and the last two together.

    Raises SystemExit where a stretch holds fewer than two steps."""
    steps = [event for event in events if event["kind"] == "step"]
    rates = []
    for begin, end in itertools.pairwise(times):
        within = [event for event in steps if begin <= event["t"] <= end]
        if len(within) < 2:
            raise SystemExit("Too few steps were seen; nothing was measured.")
        rates.append((within[-1]["step"] - within[0]["step"]) / (within[-1]["t"] - within[0]["t"]))
    return rates[1] / statistics.mean((rates[0], rates[2]))


def _until_it_learns(run: Path, page: Any) -> None:
    for _ in range(600):
        if any(event["kind"] == "step" for event in read_events(run)[0]):
            return
        page.wait_for_timeout(200)
    raise SystemExit("The training did not begin.")


def _now(run: Path) -> float:
    """The time of the run's own clock: that of its last event."""
    return float(read_events(run)[0][-1]["t"])


def _until_up(port: int) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("The server did not answer.")


def _to_plan(page: Any) -> None:
    page.locator(".st-key-try-support_tickets button").click()
    page.get_by_role("button", name="Check the data").click()
    page.get_by_text("to learn from and to test on").wait_for()
    page.locator(".st-key-primary button").click()
    page.get_by_role("button", name="Start training").wait_for()
    page.wait_for_timeout(2_000)


def _train(home: Path) -> Path:
    """Full fine-tuning of banking77 in a worker of its own, as the Train page starts it."""
    from tlcore.datasets import make_dataset
    from tlcore.jobs import start_job
    from tlcore.plan import Plan
    from tlcore.runs import create_run
    from tlcore.tables import read_table
    from tlcore.tasks import get_task

    table = read_table(data_folder() / "banking77" / "train.csv")
    dataset = make_dataset(table, get_task("classify"), {"text": ("text",), "label": ("label",)})
    run = create_run(home / "busy", dataset, Plan("classify", "full_finetune", "minilm", "", {}))
    start_job(run)
    return run


def _end(run: Path) -> None:
    from tlcore.jobs import end_process, job_state

    if not job_state(run).alive:
        raise SystemExit("The training ended before the clicks did; nothing was measured.")
    end_process(run)


def _summary(took: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=20)
    return {"p50": round(statistics.median(took)), "p95": round(cuts[18])}
