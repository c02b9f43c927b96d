"""tlcore.cli with a service that is asked: nothing is sent before a yes, nothing paid twice, and the key is written nowhere."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.llm.fake_api import KEY, Act, Asked, FakeApi, reply
from tests.strategies.made_teacher import LABELS, tickets
from tlcore import cli
from tlcore.files import read_json

ROWS = tickets()
TRUTH = dict(ROWS)


def _rough(asked: Asked, before: int) -> Act:
    kind = len(asked.text) % 7
    if before == 0 and kind in (1, 2):
        return Act(
            (429, 500)[kind - 1],
            {"error": {"message": f"not now, {asked.headers.get('authorization')}"}},
            {"retry-after": "0"},
        )
    return Act(body=reply(asked, "Weather" if kind == 3 else TRUTH[asked.text.strip()]))


def _say(*arguments: object) -> tuple[int, dict[str, Any], str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([str(argument) for argument in arguments])
    return code, json.loads(out.getvalue().splitlines()[-1]), out.getvalue() + err.getvalue()


def _write(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The same command without and with a yes, and all that both said; the test rows come from a file of their own."""
    folder, api = tmp_path_factory.mktemp("asking"), FakeApi(_rough)
    sheet = _write(folder / "rows.csv", [["message"], *[[text] for text, _ in ROWS[:70]]])
    test = _write(folder / "test.csv", [["message", "team"], *[list(row) for row in ROWS[70:110]]])
    labels = _write(
        folder / "labels.csv", [["label", "description"], *[[label, f"About {label}."] for label in LABELS]]
    )
    command = [
        "train", sheet, "--labels", labels, "--test", test, "--label", "team", "--strategy", "zero_shot", "--set", "backend=api",
        "--set", "model=model-x", "--set", f"base_url={api.url}", "--set", "price_read=10", "--set", "price_written=30",
        "--set", "most_rows=50", "--set", "most_test_rows=30", "--out", folder / "run",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUDGE_HOME", str(folder / "home"))
        patch.setenv("NUDGE_API_KEY", KEY)
        code, refused, first = _say(*command)
        sent_before = len(api.asked)
        made_before = (folder / "run").exists()
        quote = refused["error"].get("quote", {})
        patch.setenv("NUDGE_API_KEY", KEY)
        done, report, second = _say(*command, "--agree", quote.get("id", ""))
        yield {
            "folder": folder, "api": api, "command": command, "code": code, "refused": refused, "sent_before": sent_before,
            "made_before": made_before, "quote": quote, "done": done, "report": report, "said": first + second,
        }  # fmt: skip
    api.close()


def test_without_a_yes_it_says_what_would_be_sent_and_sends_nothing(asked: dict[str, Any]) -> None:
    assert asked["code"] == 2
    assert "quote" in asked["refused"]["error"], asked["refused"]
    assert asked["sent_before"] == 0
    assert not asked["made_before"]
    quote = asked["quote"]
    assert (quote["rows"], quote["to_send"], quote["host"], quote["model"]) == (80, 80, "127.0.0.1", "model-x")
    assert quote["characters"] > 80 * 100
    assert 0 < quote["dollars"] < 1
    assert len(quote["first_rows"]) == 3
    assert any(text in quote["first_rows"][0]["user"] for text in TRUTH)
    assert quote["id"] in asked["refused"]["error"]["fix"]


def test_with_a_yes_the_service_teaches_a_model_that_does_not_need_it(asked: dict[str, Any]) -> None:
    assert asked["done"] == 0, asked["report"]
    report = asked["report"]
    assert report["test"]["macro_f1"] > report["baselines"]["majority"]["macro_f1"] + 0.3
    about = report["asked"]
    assert (about["backend"], about["who"], about["host"]) == ("api", "model-x", "127.0.0.1")
    assert about["learned"]["rows"] == 50
    assert about["learned"]["answered"] + about["learned"]["could_not_tell"] == 50
    assert about["learned"]["could_not_tell"] > 0
    test = about["test"]
    assert test["rows"] == 30
    assert test["teacher"]["wrong"] == test["could_not_tell"] > 0
    assert test["teacher"]["macro_f1_low"] <= test["teacher"]["macro_f1"] <= test["teacher"]["macro_f1_high"]
    assert test["difference"]["macro_f1"] == pytest.approx(
        test["student"]["macro_f1"] - test["teacher"]["macro_f1"], abs=2e-4
    )
    paid = sum(asked["api"].answered.values())
    assert about["dollars"] == pytest.approx(paid * (100 * 10 + 10 * 30) / 1e6)
    trained = {one.text for one in asked["api"].asked[:50]}
    assert trained <= {text.strip() for text, _ in ROWS[:70]}


def test_the_zip_says_who_taught_it(asked: dict[str, Any]) -> None:
    import zipfile

    card = zipfile.ZipFile(asked["folder"] / "run" / "model.zip").read("MODEL_CARD.md").decode()
    assert "model-x" in card
    assert "of 30 test rows" in card


def test_the_key_is_written_nowhere(asked: dict[str, Any]) -> None:
    assert any(one.headers.get("authorization") == f"Bearer {KEY}" for one in asked["api"].asked)
    assert KEY not in asked["said"]
    files = [path for path in asked["folder"].rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_a_second_run_pays_nothing_twice_and_another_price_needs_another_yes(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    before = len(asked["api"].asked)
    again = [*asked["command"][:-1], tmp_path / "again"]
    code, refused, _ = _say(*again, "--set", "price_read=20", "--agree", asked["quote"]["id"])
    assert code == 2
    assert refused["error"]["quote"]["id"] != asked["quote"]["id"]
    code, refused, _ = _say(*again)
    assert (code, refused["error"]["quote"]["id"], refused["error"]["quote"]["to_send"]) == (2, asked["quote"]["id"], 0)
    code, report, _ = _say(*again, "--agree", asked["quote"]["id"])
    assert code == 0, report
    assert len(asked["api"].asked) == before
    assert report["asked"]["test"] == asked["report"]["asked"]["test"]
    assert read_json(tmp_path / "again" / "consent.json")["agreed"] == asked["quote"]["id"]


def test_a_changed_consent_is_refused_by_the_worker(asked: dict[str, Any], tmp_path: Path) -> None:
    """What lies in the folder is not believed: the quote is worked out anew."""
    from tlcore.datasets import load_dataset
    from tlcore.files import write_json
    from tlcore.jobs import job_state
    from tlcore.llm.agreement import CONSENT
    from tlcore.runs import create_run, load_plan
    from tlcore.worker import main

    first = asked["folder"] / "run"
    plan = load_plan(first)
    changed = type(plan).from_json({**plan.to_json(), "settings": {**plan.settings, "instructions": "Something else."}})
    run = create_run(tmp_path / "run", load_dataset(first / "dataset"), changed)
    write_json(run / CONSENT, read_json(first / CONSENT))
    before = len(asked["api"].asked)
    assert main(run) == 2
    error = job_state(run).error
    assert error is not None
    assert "not what you agreed to" in error.what
    assert len(asked["api"].asked) == before


def test_without_a_model_it_is_said_at_once(asked: dict[str, Any], tmp_path: Path) -> None:
    code, found, _ = _say(
        "train", asked["folder"] / "rows.csv", "--labels", asked["folder"] / "labels.csv", "--strategy", "zero_shot", "--set",
        "backend=api", "--out", tmp_path / "run",
    )  # fmt: skip
    assert code == 2
    assert "Which model" in found["error"]["what"]
    assert not (tmp_path / "run").exists()


def test_rows_with_a_label_are_shown_as_examples(asked: dict[str, Any], tmp_path: Path, home: Path) -> None:
    """few_shot_prompt from the sheet to a model: labelled rows go along with each text, only rows without a label are asked about."""
    rows = [[text, label if i < 50 else ""] for i, (text, label) in enumerate(ROWS[:90])]
    sheet = _write(tmp_path / "rows.csv", [["message", "team"], *rows])
    labels = _write(tmp_path / "labels.csv", [["label", "description"], *[[label, ""] for label in LABELS]])
    command = [
        "train", sheet, "--text", "message", "--label", "team", "--labels", labels, "--strategy", "few_shot_prompt", "--set",
        "backend=api", "--set", "model=model-y", "--set", f"base_url={asked['api'].url}", "--set", "examples=2",
        "--out", tmp_path / "run",
    ]  # fmt: skip
    before = len(asked["api"].asked)
    code, refused, _ = _say(*command)
    assert code == 2
    code, report, _ = _say(*command, "--agree", refused["error"]["quote"]["id"])
    assert code == 0, report
    learned, test = report["asked"]["learned"], report["asked"]["test"]
    assert (learned["rows"], learned["own_rows"]) == (40, report["rows"]["train"])
    assert test["rows"] == report["rows"]["test"]
    assert report["test"]["macro_f1"] > report["baselines"]["majority"]["macro_f1"]
    sent = asked["api"].asked[before:]
    assert {one.text.strip() for one in sent} <= {text for text, _ in ROWS[:90]}
    assert all(one.body["messages"][-1]["content"].count("<text>") == 3 for one in sent)
