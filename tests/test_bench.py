"""bench: Nudge has not become slower than what it is measured against, and the tables say what was measured."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import few_shot, peak, zero_shot
from bench.clicks import kept_of_rate
from bench.data import OTHER_TASKS
from bench.scores import other_table
from bench.sheets import make_sheet
from bench.slopes import slope
from bench.slopes import table as slopes_table
from bench.speed import Log, Race, Set, difference, measure, seconds_to, table, too_slow
from bench.work import SAMPLES, Spec, load_texts
from tlcore.models.bases import base_folder
from tlcore.models.load import load_encoder

ROOT = Path(__file__).resolve().parent.parent
RACE = Race("a race", 3.0, "fit", {"strategy": "x"}, {"epochs": 1}, rates=(1.0, 2.0), sets=(Set("somewhere", 10),))


@pytest.mark.slow
def test_nothing_has_become_much_slower() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "short"], cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "| encoding 500 texts | **" in done.stdout


def took(spec: Spec, seconds: float, **more: Any) -> dict[str, Any]:
    return {"seconds": seconds, "peak_memory_mb": 1, "macro_f1": 0.5, "y": [0, 1] * 50, "answers": [0, 1] * 50, **more}


def test_the_peer_runs_with_the_rate_that_suits_it_best(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def work(_: Log, spec: Spec) -> dict[str, Any]:
        rate = spec.options.get("lr", 0)
        return took(spec, 4.0 if spec.who == "ours" else 10.0, macro_f1=rate / 10, rate=rate)

    monkeypatch.setattr(Log, "measure", work)
    rows = measure([RACE], [0, 1], tmp_path / "log.jsonl")
    assert [(row["data"], row["seed"], row["peer"]["rate"]) for row in rows] == [
        ("somewhere", 0, 2.0),
        ("somewhere", 1, 2.0),
    ]
    assert "**2.5** (2.5, 2.5) | 3 | 4.0 / 10.0" in table([RACE], rows)
    assert too_slow([RACE], rows) == ["a race: 2.50 times, at least 3"]
    assert too_slow([Race("a race", 2.5, "fit", {}, {})], rows) == []


def test_when_the_peers_score_is_reached_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def work(_: Log, spec: Spec) -> dict[str, Any]:
        more = {"curve": [(3.0, 0.4), (6.0, 0.5), (9.0, 0.7)]} if spec.work == "curve" else {}
        return took(spec, 10.0, share_of_peak=0.5, peak_gflops=400, fp32_peak_gflops=180, **more)

    monkeypatch.setattr(Log, "measure", work)
    rows = measure([replace(RACE, watched=True)], [0], tmp_path / "log.jsonl")
    assert rows[0]["seconds_to_peer"] == 6.0
    assert "| 6.0 | 1 / 1 | 50% of 400 GFLOP/s (fp32: 180) |" in table([RACE], rows)
    assert seconds_to({"curve": [(3.0, 0.4)]}, {"macro_f1": 0.5}) is None
    rows.append({**rows[0], "seconds_to_peer": None})
    assert "| 6.0, 1 of 2 never |" in table([RACE], rows)


def test_a_score_that_is_better_on_the_same_rows_is_seen_as_better() -> None:
    y = [0, 1] * 200
    wrong = [1 - one if i % 10 == 0 else one for i, one in enumerate(y)]
    row = {"ours": {"y": y, "answers": y}, "peer": {"y": y, "answers": wrong}}
    low, high = difference([row], draws=50)
    assert 0.05 < low < 0.1 < high < 0.15
    assert difference([{"ours": row["ours"], "peer": row["ours"]}], draws=10) == (0.0, 0.0)


def test_the_examples_are_rows_to_race_on() -> None:
    texts = load_texts(Spec("ours", "fit", SAMPLES, 3, 100))
    assert (len(texts.names), len(texts.train), len(texts.train_y)) == (4, 100, 100)
    assert not set(texts.train) & set(texts.test)
    assert load_texts(Spec("peer", "trainer", SAMPLES, 3, 100)) == texts


def test_so_many_rows_of_each_class_are_drawn() -> None:
    texts = load_texts(Spec("ours", "fit", SAMPLES, 3, shots=8))
    assert Counter(texts.train_y) == dict.fromkeys(range(4), 8)
    assert load_texts(Spec("peer", "setfit", SAMPLES, 3, shots=8)) == texts
    assert load_texts(Spec("ours", "fit", SAMPLES, 4, shots=8)) != texts


def test_few_shot_stands_beside_setfit_by_set_and_in_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def work(_: Log, spec: Spec) -> dict[str, Any]:
        kind = spec.options.get("strategy", spec.work)
        seconds, score = {
            "few_shot": (4.0, 0.8),
            "setfit": (40.0, 0.7),
            "frozen_features": (1.0, 0.6),
            "tfidf": (0.1, 0.5),
        }[kind]
        return took(spec, seconds * spec.shots / 8, macro_f1=score)

    monkeypatch.setattr(Log, "measure", work)
    rows = few_shot.measure(
        [0, 1], tmp_path / "log.jsonl", (Set("somewhere", 0, shots=8), Set("somewhere", 0, shots=16))
    )
    found = few_shot.table(rows)
    assert "| somewhere, 8 | 0.800 | 0.700 | 0.600 | 0.500 | 4.0 / 40.0 |" in found
    assert "| all, 2 seeds | 0.800 | 0.700 | 0.600 | 0.500 | 12.0 / 120.0 |" in found
    assert "1/10.0 of SetFit's seconds" in found


def test_reading_first_is_told_with_its_perplexity_and_what_it_did(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from bench import pretraining

    gap = {"macro_f1": -0.018, "low": -0.036, "high": 0.003, "real": False}
    about = {
        "before": 764.4,
        "after": 115.3,
        "similarity": 0.7,
        "difference": gap,
        "without_reading": {"macro_f1": 0.6455},
    }
    report = {
        "pretraining": about,
        "test": {"macro_f1": 0.6277},
        "baselines": {"tfidf": {"macro_f1": 0.47}},
        "seconds": {"mlm": 9.0},
    }
    asked: list[int] = []
    monkeypatch.setattr(pretraining, "run_case", lambda case, seed: asked.append(seed) or report)
    for _ in range(2):  # what was measured is not measured again
        told = pretraining.table(pretraining.measure(pretraining.CASES, [0], tmp_path / "log.jsonl"))
    assert asked == [0, 0]
    assert "| 764.4 → 115.3 (-85%) | yes | 0.628, 0.645 | 0.470 | -1.8 points (-3.6 to +0.3) |" in told
    low = pretraining.table([{**pretraining.row_of(pretraining.CASES[0], 0, report), "after": 600.0}])
    assert "**no**" in low


def test_a_sheet_is_as_long_as_it_should_be_and_no_text_comes_twice(tmp_path: Path) -> None:
    lines = make_sheet(tmp_path, 3000, SAMPLES).read_text(encoding="utf-8")
    import csv
    import io

    header, *rows = csv.reader(io.StringIO(lines, newline=""))
    assert header == ["text"]
    assert len({text for (text,) in rows}) == len(rows) == 3000


def test_the_slope_of_what_grows_with_its_size_is_one() -> None:
    assert slope([1, 10, 100], [3, 30, 300]) == pytest.approx(1)
    assert slope([1, 10, 100], [2, 200, 20_000]) == pytest.approx(2)
    rows = [{"texts": n, "tokens": 20 * n, "seconds": n / 100, "peak_memory_mb": 900} for n in (1000, 2000)]
    assert "| reading | 1,000: 10.0, 900; 2,000: 20.0, 900 | 1.00 |" in slopes_table({"reading": rows})


def test_what_clicking_costs_is_told_beside_the_quiet_before_and_after() -> None:
    # two steps a second, one while somebody clicks (10 s to 20 s), two again
    steps = (
        [(t / 2, t) for t in range(20)]
        + [(10.0 + t, 20 + t) for t in range(11)]
        + [(20.5 + t / 2, 31 + t) for t in range(20)]
    )
    events = [{"kind": "step", "t": t, "step": step} for t, step in steps]
    assert kept_of_rate(events, [0.0, 9.5, 20.0, 30.0]) == pytest.approx(0.525, abs=0.03)
    with pytest.raises(SystemExit, match="Too few steps"):
        kept_of_rate(events[:5], [0.0, 9.5, 20.0, 30.0])


def test_the_share_of_the_peak_counts_the_weights_of_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak, "bf16_peak", lambda: 4e9)
    monkeypatch.setattr(peak, "fp32_peak", lambda: 2e9)
    encoder = load_encoder(base_folder("minilm"))
    found = peak.share_of_peak(encoder, tokens=100, seconds=1.0, passes=1)
    assert found == {
        "share_of_peak": round(2 * 10_616_832 * 100 / 4e9, 3),
        "gflops": 2,
        "peak_gflops": 4,
        "fp32_peak_gflops": 2,
    }


def test_errors_are_lower_and_shares_higher_where_tf_idf_is_beaten() -> None:
    several, number = OTHER_TASKS[0], OTHER_TASKS[2]
    rows = [
        {"case": several.name, "seed": 0, "micro_f1": 0.9, "tfidf": 0.7}, {"case": number.name, "seed": 0, "mae": 2.0, "tfidf": 2.5},
        {"case": number.name, "seed": 1, "mae": 2.2, "tfidf": 2.5},
    ]  # fmt: skip
    found = other_table(OTHER_TASKS, rows)
    assert "| micro_f1 | **0.9000** (0.9000, 0.9000) | 0.7000 | yes |" in found
    assert "| mae | **2.1000** (2.0000, 2.2000) | 2.5000 | yes |" in found
    rows[1]["mae"] = rows[2]["mae"] = 2.6
    assert "| mae | **2.6000** (2.6000, 2.6000) | 2.5000 | **no** |" in other_table(OTHER_TASKS, rows)


def test_zero_shot_learns_from_texts_alone_and_says_what_is_reached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[list[str]] = []
    found = {"macro_f1": 0.8, "macro_f1_low": 0.7, "macro_f1_high": 0.9, "accuracy": 0.8}
    beside = {"majority": {"macro_f1": 0.1}, "tfidf": {"macro_f1": 0.4}}

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append(Path(command[command.index("train") + 1]).read_text(encoding="utf-8").splitlines())
        report = {"test": found, "baselines": beside, "chosen": {"agreement": 0.6}}
        return subprocess.CompletedProcess(command, 0, json.dumps(report), "")

    folder = tmp_path / "made"
    folder.mkdir()
    rows = "text,label\n" + "one,a\ntwo,a\nthree,b\nfour,b\nfive,c\n"
    for name in ("train.csv", "test.csv"):
        (folder / name).write_text(rows, encoding="utf-8")
    monkeypatch.setenv("NUDGE_BENCH_DATA", str(tmp_path))
    monkeypatch.setattr(zero_shot, "CASES", (zero_shot.Case("made", "sms_spam.csv", classes=2),))
    monkeypatch.setattr(zero_shot.subprocess, "run", run)
    measured = zero_shot.measure([0, 1], tmp_path / "log.jsonl")
    assert seen == [["text", "one", "two", "three", "four"]] * 2
    assert "**0.800** (0.800, 0.800) | 0.700 to 0.900 | 0.100 | 0.400 | yes | yes |" in zero_shot.table(measured)
    assert zero_shot.measure([0, 1], tmp_path / "log.jsonl") == measured  # from the log
    assert len(seen) == 2


def test_every_label_of_the_bench_is_described() -> None:
    for file in sorted(zero_shot.LABELS.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as source:
            assert all(row["label"] and len(row["description"].split()) > 5 for row in csv.DictReader(source)), (
                file.name
            )
