"""A service that takes pictures, from the command line to a model that needs it no more; and without a single label."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.llm.fake_api import KEY, Act, Asked, FakeApi, reply
from tests.llm.made_seers import make_seer
from tlcore.cli import main
from tlcore.facts import Facts
from tlcore.files import read_json
from tlcore.label_info import LabelInfo
from tlcore.machine import Machine
from tlcore.models.bases import base_folder
from tlcore.plan import Plan, make_settings
from tlcore.predict.text import beside
from tlcore.strategies import get_strategy
from tlcore.strategies.base import FitInput, why_unfit

LOST = Path(__file__).resolve().parents[2] / "sample_data" / "lost_property" / "lost_property.zip"
STRATEGY = get_strategy("ask_pictures")
LABELS = ("bag", "clothing", "electronics", "keys", "toy", "umbrella")
ROLES = ["--role", "text=note", "--role", "image=image"]


def lost() -> list[dict[str, str]]:
    with zipfile.ZipFile(LOST) as archive:
        return list(csv.DictReader(io.TextIOWrapper(archive.open("lost_property.csv"), "utf-8")))


TRUTH = {row["note"].strip(): row["shelf"] for row in lost()}


def knowing(asked: Asked, before: int) -> Act:
    """Right, but for each ninth or so; some answers are no label, and some come late."""
    if before == 0 and len(asked.text) % 7 == 1:
        return Act((429, 500)[len(asked.text) % 2], {"error": {"message": "not now"}}, {"retry-after": "0"})
    return Act(body=reply(asked, "spoon" if len(asked.text) % 9 == 3 else TRUTH[asked.text] or "bag"))


def said(*arguments: object) -> tuple[int, dict[str, Any], str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return code, json.loads(out.getvalue().splitlines()[-1]), out.getvalue() + err.getvalue()


def command(api: FakeApi, out: Path, *more: object) -> list[object]:
    return [
        "train", LOST, "--task", "image_text", *ROLES, "--images", LOST, "--strategy", "ask_pictures", "--set", "model=model-x",
        "--set", f"base_url={api.url}", "--set", "price_read=10", "--set", "price_written=30", "--seed", "1", "--out", out, *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The same command without and with a yes, on the sample set."""
    folder, api = tmp_path_factory.mktemp("seen"), FakeApi(knowing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUDGE_HOME", str(folder / "home"))
        patch.setenv("NUDGE_API_KEY", KEY)
        words = command(api, folder / "run", "--role", "label=shelf", "--set", "most_test_rows=12")
        code, refused, first = said(*words)
        before = len(api.asked)
        patch.setenv("NUDGE_API_KEY", KEY)
        done, report, second = said(*words, "--agree", refused["error"].get("quote", {}).get("id", ""))
        yield {
            "folder": folder, "api": api, "code": code, "refused": refused, "before": before, "done": done, "report": report,
            "said": first + second, "run": folder / "run",
        }  # fmt: skip
    api.close()


def test_without_a_yes_it_says_that_pictures_would_be_sent_and_sends_nothing(asked: dict[str, Any]) -> None:
    assert (asked["code"], asked["before"]) == (2, 0), asked["refused"]
    quote = asked["refused"]["error"]["quote"]
    assert quote["pictures"] > 60
    assert quote["to_send"] >= quote["pictures"]
    assert f"{quote['pictures']} pictures would be sent to model-x at 127.0.0.1" in quote["sentence"]
    assert quote["picture_tokens"] >= 255 * quote["pictures"]
    assert quote["tokens_read"] > quote["picture_tokens"]
    assert quote["dollars"] > quote["picture_tokens"] * 10 / 1e6
    assert len(quote["first_rows"]) == 3
    assert all("image" not in str(row["user"]) for row in quote["first_rows"])


def test_with_a_yes_a_model_of_ones_own_learns_from_the_answers(asked: dict[str, Any]) -> None:
    assert asked["done"] == 0, asked["report"]
    report, api = asked["report"], asked["api"]
    assert report["test"]["macro_f1"] > report["baselines"]["majority"]["macro_f1"] + 0.2
    assert {"text_alone", "image_alone"} <= report["test"].keys()
    about = report["asked"]
    assert (about["backend"], about["who"], about["host"]) == ("api", "model-x", "127.0.0.1")
    learned = about["learned"]
    assert learned["rows"] == learned["answered"] + learned["could_not_tell"]
    assert learned["could_not_tell"] > 0
    assert learned["own_rows"] == 0
    assert learned["agreement"] is not None
    assert about["test"]["rows"] == 12
    assert about["dollars"] == pytest.approx(sum(api.answered.values()) * (100 * 10 + 10 * 30) / 1e6)
    sent = [one for one in api.asked if one.picture]
    assert len({one.picture for one in sent}) == asked["refused"]["error"]["quote"]["pictures"]
    assert all(one.picture and one.picture[0] in ("image/png", "image/jpeg") for one in sent)
    lost_words = [row["note"] for row in lost() if row["item_id"] in ("L-063", "L-088")]
    for one in api.asked:
        if one.text in lost_words:
            assert one.picture is None


def test_pictures_that_cannot_be_read_are_told_by_row(asked: dict[str, Any]) -> None:
    told = " ".join(asked["report"]["warnings"])
    assert "row 64 cannot be used: it is damaged" in told
    assert "row 89 cannot be used: it is not among the pictures" in told


def test_the_zip_asks_nobody_and_the_key_is_nowhere(asked: dict[str, Any], tmp_path: Path) -> None:
    before = len(asked["api"].asked)
    sheet = tmp_path / "new.csv"
    with zipfile.ZipFile(LOST) as archive:
        archive.extractall(tmp_path)
    sheet.write_text(
        "note,image\nfound,pictures/item-002.png\nTag says cellar 4,pictures/item-001.png\n", encoding="utf-8"
    )
    code, _, _ = said("predict", asked["run"] / "model.zip", sheet, "--out", tmp_path / "out.csv")
    assert code == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["prediction"] for row in found] == ["umbrella", "keys"]
    assert len(asked["api"].asked) == before
    card = zipfile.ZipFile(asked["run"] / "model.zip").read("MODEL_CARD.md").decode()
    assert "model-x" in card
    files = [path for path in asked["folder"].rglob("*") if path.is_file()]
    assert KEY not in asked["said"]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_a_second_run_pays_nothing_twice(
    asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUDGE_HOME", str(asked["folder"] / "home"))
    before = len(asked["api"].asked)
    words = command(asked["api"], tmp_path / "again", "--role", "label=shelf", "--set", "most_test_rows=12")
    code, refused, _ = said(*words)
    quote = refused["error"]["quote"]
    assert (code, quote["id"]) == (2, asked["refused"]["error"]["quote"]["id"])
    assert (quote["to_send"], quote["pictures"], quote["picture_tokens"]) == (0, 0, 0)
    assert len(asked["api"].asked) == before


def test_label_names_are_enough(tmp_path: Path, home: Path) -> None:
    """No row has a label: answered, not scored, and a zip all the same."""
    labels = tmp_path / "labels.csv"
    labels.write_text("label,description\n" + "".join(f"{one},\n" for one in LABELS), encoding="utf-8")
    api = FakeApi(knowing)
    words = command(api, tmp_path / "run", "--labels", labels, "--set", "most_rows=60")
    code, refused, _ = said(*words)
    assert code == 2
    assert "quote" in refused["error"], refused
    code, report, _ = said(*words, "--agree", refused["error"]["quote"]["id"])
    api.close()
    assert code == 0, report
    assert report["test"]["rows"] == 0
    assert (report["unscored"]["rows"], report["asked"]["learned"]["rows"]) == (120, 60)
    given = report["unscored"]["answers"]
    assert set(given) == set(LABELS)
    assert sum(count > 5 for count in given.values()) >= 4
    assert report["asked"]["test"] is None
    assert read_json(tmp_path / "run" / "bundle.json")["checked"]


def test_it_is_for_pictures_and_texts_alone_are_told_where_to_go() -> None:
    assert "pictures" in why_unfit(STRATEGY, "classify")
    assert why_unfit(STRATEGY, "image_text") == ""
    assert "ask_pictures" in why_unfit(get_strategy("zero_shot"), "image_text")
    assert "reads pictures" in STRATEGY.base_refusal({"model_type": "clip"})
    assert STRATEGY.base_refusal({"model_type": "bert"}) == ""


def test_the_plan_says_what_asking_costs_and_what_learns() -> None:
    facts = Facts(
        rows=600, labelled=0, unlabelled=600, classes={}, smallest_class=0, median_class=0, tokens_p50=30, tokens_p95=60,
        tokens_max=90, max_length=256, cut_off=0, duplicates=0, data_size="none", mostly_unlabelled=True,
    )  # fmt: skip
    laptop = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")

    def cost(rows: int) -> float:
        return STRATEGY.estimate(facts, laptop, make_settings(STRATEGY.Settings, {"most_rows": rows})).seconds_high

    assert cost(50) < cost(500)
    assert [block.name for block in STRATEGY.blocks(6) if block.moves] == ["classifiers"]
    assert STRATEGY.job_phases[0] == "ask"


def test_a_model_in_a_folder_is_asked_here(tmp_path: Path, home: Path) -> None:
    """A tiny random LLaVA teaches: whatever it says, one's own model comes to say the same, and nothing is asked elsewhere."""
    folder = make_seer("llava", tmp_path / "tiny-llava")
    (tmp_path / "pictures").mkdir()
    texts = []
    for i in range(48):
        shade = 40 if i % 2 else 210
        Image.new("RGB", (24, 24), (shade, 90, 250 - shade)).save(tmp_path / "pictures" / f"{i}.png")
        texts.append(beside([f"thing {i} on shelf {i % 2}", f"{i}.png"]))
    phases: list[str] = []
    settings = make_settings(STRATEGY.Settings, {"backend": "folder", "folder": str(folder)})
    given = FitInput(
        Plan("image_text", "ask_pictures", "minilm", "", {}), settings, ["bag", "key"], [], [], texts[40:], [0, 1] * 4,
        base_folder("minilm"), tmp_path, lambda kind, **fields: None, lambda name, title: phases.append(name), lambda: None,
        lambda: None, label_infos=[LabelInfo("bag"), LabelInfo("key")], unlabelled_texts=texts[:40],
    )  # fmt: skip
    fitted = STRATEGY.fit(given)
    assert tuple(phases) == STRATEGY.job_phases
    learned = fitted.asked.learned
    assert (fitted.asked.backend, fitted.asked.teacher.who, fitted.asked.teacher.host) == ("folder", "tiny-llava", "")
    assert (learned["rows"], learned["answered"], learned["agreement_rows"]) == (40, 40, 8)
    assert fitted.validation_probabilities.shape == (8, 2)
    assert fitted.answer["kind"] == "pictures"


def test_a_folder_without_such_a_model_is_said_before_anything_is_made(tmp_path: Path, home: Path) -> None:
    api = FakeApi()
    words = command(api, tmp_path / "run", "--role", "label=shelf", "--set", "backend=folder")
    api.close()
    for more, why in (([], "is not said"), (["--set", f"folder={tmp_path}"], "config.json is missing")):
        code, found, _ = said(*words, *more)
        assert code == 2
        assert why in found["error"]["what"]
    assert not (tmp_path / "run").exists()
    seer = make_seer("paligemma", tmp_path / "pali")
    code, found, _ = said(*words, "--base", seer)
    assert code == 2
    assert "sees by itself" in found["error"]["fix"] + found["error"]["what"]
