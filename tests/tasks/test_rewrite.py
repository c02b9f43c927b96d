"""tlcore.tasks.rewrite: which columns are meant, what is refused, its settings, and the whole way from a file to the zip."""

from __future__ import annotations

import csv
import dataclasses
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tlcore.checks import check_dataset
from tlcore.cli import main
from tlcore.datasets import TEST, TRAIN, Dataset, make_dataset
from tlcore.errors import TlcoreError
from tlcore.facts import measure_facts
from tlcore.files import read_json
from tlcore.plan import make_settings
from tlcore.strategies import STRATEGIES, can_learn, get_strategy, why_unfit
from tlcore.tables import Table, read_table
from tlcore.tasks import guess_by_columns
from tlcore.tasks.rewrite import UNFIT, Rewrite

TASK = Rewrite()
SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "polite_replies" / "polite_replies.csv"
ROLES = {"source": ("a",), "target": ("b",)}


def made(
    make_table: Callable[..., Table], source: Sequence[str], target: Sequence[str], **more: Sequence[str]
) -> Dataset:
    roles = {**ROLES, **({"instruction": ("what",)} if more else {})}
    return make_dataset(make_table(a=source, b=target, **more), TASK, roles)


def test_the_sample_is_plainly_meant_and_one_label_a_text_is_not(make_table: Callable[..., Table]) -> None:
    assert guess_by_columns(read_table(SAMPLE)) == "rewrite"
    kinds = make_table(text=["some text here"] * 20, label=["good", "bad"] * 10)
    assert TASK.suits_columns(kinds) == 0
    few = make_table(input=[f"text {i} is here" for i in range(20)], output=["yes", "no"] * 10)
    assert TASK.suits_columns(few) == 0  # a pair of names, but labels


@pytest.mark.parametrize(
    ("names", "guess"),
    [
        (("target", "source"), ("source", "target", None)),
        (("Instruction", "Input", "Output"), ("Input", "Output", "Instruction")),
        (("es", "en"), ("en", "es", None)),
        (("how they put it", "how we put it"), ("how they put it", "how we put it", None)),
    ],
)
def test_columns_are_guessed_by_their_names_else_by_their_text(
    names: tuple[str, ...], guess: tuple[str | None, ...], make_table: Callable[..., Table]
) -> None:
    cells = {name: [f"{name} has quite some words in row {i}" for i in range(20)] for name in names}
    found = TASK.guess_columns(make_table(**cells))
    assert (found["source"], found["target"], found["instruction"]) == guess


def test_an_instruction_is_read_before_the_text(make_table: Callable[..., Table]) -> None:
    rows = [f"text number {i} about {i * i}" for i in range(30)]
    plain = made(make_table, rows, [text.upper() for text in rows])
    assert set(plain.texts(TRAIN)) <= set(rows)
    assert plain.labels == ()
    asked = made(make_table, rows, [text.upper() for text in rows], what=["Shout."] * 30)
    assert all(text.startswith("Shout.\x1ftext number") for text in asked.texts(TEST))
    assert TASK.baselines([], [], asked.texts(TEST), ())["copy"][0].startswith("text number")


def test_what_cannot_be_learned_is_refused(make_table: Callable[..., Table]) -> None:
    rows = [f"text number {i} about {i * i}" for i in range(30)]
    for target, words in (
        (["same"] * 30, "same target"),
        ([""] * 30, "No row has a target"),
        (["x y", *[""] * 29], "same|Only 1"),
    ):
        with pytest.raises(TlcoreError, match=words):
            made(make_table, rows, target)


def test_no_check_takes_a_text_for_a_class(make_table: Callable[..., Table]) -> None:
    rows = [f"text number {i} about {i * i}" for i in range(30)]
    dataset = made(make_table, rows, [text.upper() for text in rows])
    problems = check_dataset(dataset, measure_facts(dataset))
    assert not [one for one in problems if "class" in one.title or "label" in one.title]


def test_every_way_to_train_is_open_or_says_why_not() -> None:
    able = {one.name for one in STRATEGIES if can_learn(one, "rewrite")}
    assert able == {"lora", "top_layers", "full_finetune", "prompt_tuning", "prefix_tuning", "ia3", "lokr"}
    whys = [why_unfit(one, "rewrite") for one in STRATEGIES if one.name not in able]
    assert all(why.endswith(".") for why in whys)
    assert set(UNFIT) <= {one.name for one in STRATEGIES} - able


@pytest.mark.parametrize(
    "name", ["lora", "top_layers", "full_finetune", "prompt_tuning", "prefix_tuning", "ia3", "lokr"]
)
def test_settings_are_those_of_writing(name: str) -> None:
    kind = TASK.settings(get_strategy(name))
    names = {field.name for field in dataclasses.fields(kind)}
    assert {"instruction", "max_new_tokens", "num_beams", "no_repeat", "epochs", "learning_rate"} <= names
    assert not names & {"watch", "layers", "class_weight", "dropout", "head_learning_rate"}
    found = make_settings(kind, {"instruction": "Translate to Spanish."})
    assert found.instruction == "Translate to Spanish."
    assert found.head_learning_rate == found.learning_rate  # what a phase asks of every strategy
    assert TASK.settings(get_strategy(name)) is kind


def test_from_a_file_to_a_zip_and_back(
    home: Path, tmp_path: Path, tiny_writer: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    file, run = tmp_path / "pairs.csv", tmp_path / "run"
    rows = [
        (f"give me {n} {thing}", f"could i have {n} {thing} please")
        for n in range(6)
        for thing in ("teas", "cakes", "pens", "cups")
    ]
    with file.open("w", encoding="utf-8", newline="") as sheet:
        csv.writer(sheet).writerows([("source", "target"), *rows])
    how = {"epochs": 20, "learning_rate": 1e-3, "batch_size": 4, "patience": 20, "max_new_tokens": 12}
    wishes = ["--strategy", "full_finetune", "--base", str(tiny_writer("llama", True))]
    wishes += [part for name, value in how.items() for part in ("--set", f"{name}={value}")]
    assert main(["train", str(file), "--task", "rewrite", *wishes, "--seed", "1", "--out", str(run)]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["metric"], report["baseline"]) == ("chrf", "untuned")
    assert set(report["baselines"]) == {"untuned", "copy"}
    assert report["test"]["chrf"] > report["baselines"]["untuned"]["chrf"] + 20
    assert report["test"]["chrf_low"] <= report["test"]["chrf"] <= report["test"]["chrf_high"]
    assert report["difference"]["real"]
    assert {"bleu", "rouge_l", "exact_match"} <= set(report["test"])
    assert read_json(run / "bundle.json")["checked"]
    with zipfile.ZipFile(run / "model.zip") as archive:
        card, needs = (archive.read(name).decode() for name in ("MODEL_CARD.md", "requirements.txt"))
    assert "told: `Rewrite the text.`" in card
    assert f"| the same model as it came, asked the same | {report['baselines']['untuned']['chrf']:.3f} |" in card
    assert {"torch", "transformers"} <= {line.split("==")[0] for line in needs.splitlines()}
    out = tmp_path / "out.csv"
    assert main(["predict", str(run / "model.zip"), str(file), "--out", str(out)]) == 0
    with out.open(encoding="utf-8-sig", newline="") as sheet:
        found = list(csv.DictReader(sheet))
    assert "please" in found[0]["prediction"]
    assert list(found[0]) == ["source", "target", "prediction"]
