"""What the tests of the core share: small tables, tiny base models made here, and one trained run."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test may reach for the network
os.environ.setdefault("NUDGE_HOME", tempfile.mkdtemp(prefix="nudge-tests-"))  # nor into the home of whoever runs it

from tlcore.datasets import Dataset, make_dataset
from tlcore.files import read_json
from tlcore.tables import HowRead, Table, read_table
from tlcore.tasks import get_task

ROOT = Path(__file__).resolve().parents[1]
TICKETS = ROOT / "sample_data" / "support_tickets" / "support_tickets.csv"
REVIEWS = ROOT / "sample_data" / "product_reviews" / "product_reviews.xlsx"
NOTES = ROOT / "sample_data" / "dispatch_notes" / "dispatch_notes.csv"
COMMENTS = ROOT / "sample_data" / "guest_comments" / "guest_comments.csv"
TINY = {"vocab_size": 30522, "num_hidden_layers": 3, "num_attention_heads": 4, "max_position_embeddings": 130}
LOUD = {"num_hidden_layers": 2, "initializer_range": 0.2}
"""Few blocks, and random weights large enough that a wrong mask or place shows in what the last one says."""
DEBERTA_V3 = {
    "relative_attention": True, "position_buckets": 16, "pos_att_type": ["p2c", "c2p"], "share_att_key": True,
    "norm_rel_ebd": "layer_norm", "position_biased_input": False, "type_vocab_size": 0,
}  # fmt: skip
MODERN = {
    "local_attention": 16, "pad_token_id": 3, "cls_token_id": 101, "sep_token_id": 102, "bos_token_id": 101,
    "eos_token_id": 102,
}  # fmt: skip
FAMILIES = (
    "bert", "roberta", "distilbert", "electra", "albert", "xlm-roberta", "mpnet", "deberta-v2", "modernbert", "xlnet",
)  # fmt: skip
"""The encoder families that a base may be of; TinyBERT, BioBERT, SciBERT and FinBERT are BERT's."""
DECODERS = ("gpt2", "llama")
"""Families that write; a classifier reads them as it reads the others. SmolLM2, Qwen and Mistral are Llama's kin."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A NUDGE_HOME of the test's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("NUDGE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def bench_data() -> Path:
    """The public benchmark data, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("NUDGE_BENCH_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "banking77").is_dir():
        pytest.skip(f"the benchmark data is not in {folder} (NUDGE_BENCH_DATA names its folder)")
    return folder


@pytest.fixture(scope="session")
def make_table() -> Callable[..., Table]:
    """Columns by name -> Table, as if read from rows.csv whose first row is the header."""

    def build(file: str = "rows.csv", /, **columns: Sequence[str]) -> Table:
        rows = len(next(iter(columns.values())))
        return Table(tuple(columns), pa.table(dict(columns)), np.arange(2, rows + 2), HowRead(file, "csv"))

    return build


@pytest.fixture(scope="session")
def classify(make_table: Callable[..., Table]) -> Callable[..., Dataset]:
    """Texts and labels -> Dataset for `classify`."""

    def build(texts: Sequence[str], labels: Sequence[str], **more: Any) -> Dataset:
        roles = {"text": ("text",), "label": ("label",)}
        return make_dataset(make_table(text=texts, label=labels), get_task("classify"), roles, **more)

    return build


@pytest.fixture(scope="session")
def reviews() -> dict[str, list[str]]:
    """Distinct product reviews by sentiment: positive, negative, neutral."""
    table = read_table(REVIEWS)
    found: dict[str, dict[str, None]] = {"positive": {}, "negative": {}, "neutral": {}}
    for text, label in zip(table.column("review"), table.column("sentiment"), strict=True):
        if text and label in found:
            found[label][text] = None
    return {label: list(texts) for label, texts in found.items()}


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder with a random base of a few small blocks, by family (FAMILIES); made once each."""
    made: dict[str, Path] = {}

    def build(family: str) -> Path:
        if family not in made:
            made[family] = _save_tiny(family, tmp_path_factory.mktemp("bases") / f"tiny-{family}")
        return made[family]

    return build


def _save_tiny(family: str, folder: Path) -> Path:
    """Each family as it is published, but small: what it does differently (windows, buckets, padding id) is kept."""
    import torch
    import transformers as hf

    from tlcore.models.bases import tokenizer_file
    from tlcore.models.load import quiet

    quiet()
    wide = {**TINY, "hidden_size": 32, "intermediate_size": 64}
    loud, behind = {**wide, **LOUD}, {"max_position_embeddings": 514, "pad_token_id": 1}
    distil = {"vocab_size": 30522, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}
    xlnet = {"vocab_size": 30522, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}
    configs: dict[str, Callable[[], Any]] = {
        "bert": lambda: hf.BertConfig(**wide),
        "roberta": lambda: hf.RobertaConfig(**{**wide, **behind}),
        "distilbert": lambda: hf.DistilBertConfig(**distil, max_position_embeddings=130),
        "electra": lambda: hf.ElectraConfig(**wide, embedding_size=16),
        "albert": lambda: hf.AlbertConfig(**loud, embedding_size=16),
        "xlm-roberta": lambda: hf.XLMRobertaConfig(**{**loud, **behind}),
        "mpnet": lambda: hf.MPNetConfig(**{**loud, **behind}),
        "deberta-v2": lambda: hf.DebertaV2Config(**loud, **DEBERTA_V3),
        "modernbert": lambda: hf.ModernBertConfig(**loud, **MODERN),
        "gpt2": lambda: hf.GPT2Config(vocab_size=30522, n_embd=32, n_layer=2, n_head=4, n_positions=130),
        "llama": lambda: hf.LlamaConfig(**loud, num_key_value_heads=2),
        "xlnet": lambda: hf.XLNetConfig(**xlnet, initializer_range=LOUD["initializer_range"]),
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = hf.AutoModel.from_config(configs[family]())
    model.save_pretrained(str(folder))
    shutil.copyfile(tokenizer_file("minilm"), folder / "tokenizer.json")
    return folder


@dataclass(frozen=True)
class Trained:
    """A run made by `python -m tlcore train`, and what the command said."""

    folder: Path
    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self.stdout.splitlines()[-1])

    @property
    def about(self) -> dict[str, Any]:
        return read_json(self.folder / "model" / "nudge.json")


def _train(home: Path, *arguments: str) -> Trained:
    from tlcore.cli import main

    out, err = io.StringIO(), io.StringIO()
    folder = home.parent / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUDGE_HOME", str(home))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["train", *arguments, "--out", str(folder)])
    assert code == 0, out.getvalue() + err.getvalue()
    return Trained(folder, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One frozen_features run on 120 support tickets, with its zip: trained once for the whole session."""
    home = tmp_path_factory.mktemp("trained") / "home"
    wishes = ["--text", "message", "--label", "department", "--rows", "120", "--seed", "3"]
    return _train(home, str(TICKETS), *wishes, "--strategy", "frozen_features")


@pytest.fixture(scope="session")
def tiny_trained(tmp_path_factory: pytest.TempPathFactory, tiny_base: Callable[[str], Path]) -> Trained:
    """One full_finetune run of a tiny random BERT from a folder, two text columns, with its zip: small and quick."""
    home = tmp_path_factory.mktemp("tiny") / "home"
    wishes = ["--text", "product", "--text", "review", "--label", "sentiment", "--rows", "60", "--seed", "1"]
    recipe = ["--strategy", "full_finetune", "--base", str(tiny_base("bert")), "--set", "epochs=2"]
    return _train(home, str(REVIEWS), *wishes, *recipe, "--set", "batch_size=16")


@pytest.fixture(scope="session")
def several_trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One frozen_features run on guest comments, several labels a text, with its zip."""
    home = tmp_path_factory.mktemp("several") / "home"
    wishes = ["--task", "multilabel", "--text", "comment", "--label", "topics", "--set", "layers=thirds"]
    return _train(home, str(COMMENTS), *wishes, "--strategy", "frozen_features")


@pytest.fixture(scope="session")
def number_trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One frozen_features run on product reviews, their stars as a number, with its zip."""
    home = tmp_path_factory.mktemp("number") / "home"
    wishes = ["--task", "score", "--text", "review", "--label", "stars", "--set", "layers=thirds"]
    return _train(home, str(REVIEWS), *wishes, "--strategy", "frozen_features")


@pytest.fixture(scope="session")
def names_trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One frozen_features run on dispatch notes, which finds names, with its zip."""
    home = tmp_path_factory.mktemp("names") / "home"
    return _train(home, str(NOTES), "--task", "ner", "--role", "text=note", "--strategy", "frozen_features")


@pytest.fixture(scope="session")
def answered(trained: Trained) -> Any:
    """The predictor of the trained run."""
    from tlcore.predict.predictor import Predictor

    return Predictor.load(trained.folder / "model")


@dataclass
class Fit:
    """Calls a strategy without a job around it, and keeps what it said."""

    given: Any
    events: list[dict[str, Any]]
    phases: list[str]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]


@pytest.fixture
def fit_input(tmp_path: Path, reviews: dict[str, list[str]]) -> Callable[..., Fit]:
    """FitInput on `rows` reviews a class (validation: the next `unseen` a class); wishes become settings."""
    from tlcore.models.bases import base_folder
    from tlcore.plan import Plan, make_settings
    from tlcore.strategies import FitInput, get_strategy

    def build(
        strategy: str,
        rows: dict[str, int],
        unseen: int = 8,
        base: str = "minilm",
        seed: int = 0,
        stop_wish: Callable[[], str | None] = lambda: None,
        check_stop: Callable[[], None] = lambda: None,
        **wishes: Any,
    ) -> Fit:
        labels = sorted(rows)
        texts = [reviews[label][i] for label in labels for i in range(rows[label])]
        y = [labels.index(label) for label in labels for _ in range(rows[label])]
        held = [reviews[label][rows[label] + i] for label in labels for i in range(unseen)]
        held_y = [labels.index(label) for label in labels for _ in range(unseen)]
        events: list[dict[str, Any]] = []
        phases: list[str] = []
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        settings = make_settings(get_strategy(strategy).Settings, wishes)
        given = FitInput(
            Plan("classify", strategy, base, "", wishes, seed), settings, labels, texts, y, held, held_y,
            base_folder(base), work, lambda kind, **fields: events.append({"kind": kind, **fields}),
            lambda name, title: phases.append(name), check_stop, stop_wish,
        )  # fmt: skip
        return Fit(given, events, phases)

    return build


@pytest.fixture(scope="session")
def tiny_decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random GPT-2 of two small blocks."""
    import torch
    import transformers as hf

    from tlcore.models.bases import tokenizer_file
    from tlcore.models.load import quiet

    quiet()
    folder = tmp_path_factory.mktemp("bases") / "tiny-gpt2"
    config = hf.GPT2Config(
        vocab_size=30522, n_positions=130, n_embd=32, n_layer=2, n_head=4, bos_token_id=101, eos_token_id=102
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        hf.AutoModel.from_config(config).save_pretrained(str(folder))
    shutil.copyfile(tokenizer_file("minilm"), folder / "tokenizer.json")
    return folder


@pytest.fixture(scope="session")
def tiny_writer(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder with a random model that writes, by family (tests.tiny_writers); made once each."""
    from tests.tiny_writers import save_tiny_writer

    made: dict[tuple[str, bool], Path] = {}

    def build(family: str, chats: bool = False) -> Path:
        if (family, chats) not in made:
            made[family, chats] = save_tiny_writer(family, tmp_path_factory.mktemp("writers") / f"tiny-{family}", chats)
        return made[family, chats]

    return build
