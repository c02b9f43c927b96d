"""tlcore.engine.spans: tags of words, the loss over them, F1 of whole names, and that names are learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.engine.made_names import made_names
from tlcore.engine.spans import Spans
from tlcore.engine.token_rows import NONE
from tlcore.evaluate.entities import entity_scores, looked_up
from tlcore.models.bases import base_folder
from tlcore.plan import Plan, make_settings
from tlcore.predict.windows import units
from tlcore.strategies import FitInput, get_strategy, teach
from tlcore.tasks.marks import spans_in, target_of

LABELS = ["PERSON", "PLACE"]
TEXT = "Ada Lovelace lived near London."


def test_each_word_that_a_name_touches_has_its_tag() -> None:
    objective = Spans(LABELS)
    target = target_of(
        [(0, 12, "PERSON"), (24, 27, "PLACE"), (13, 18, "OTHER")]
    )  # half of a word; a kind that is not known
    assert objective.tags_of_units(units(TEXT), target) == [1, 2, 0, 0, 3, 0]


def test_only_the_first_piece_of_a_word_is_learned_from() -> None:
    text = "Extraordinarily Lindqvistish"
    rows = Spans(LABELS).rows(base_folder("minilm"), [text], [target_of([(0, len(text), "PERSON")])], 64)
    (labels,) = rows.y
    assert [one for one in labels if one != NONE] == [1, 2]
    assert labels[0] == labels[-1] == NONE  # special tokens
    assert len(labels) > 6  # the words are of several pieces
    padded = rows.labels([0, 0])
    assert padded.shape == (2, len(labels))


def test_the_loss_is_the_mean_over_words_and_adds_up() -> None:
    objective = Spans(LABELS, words_a_text=1.5)
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    y = torch.tensor([[1, NONE, NONE], [0, 3, NONE]])
    real = y != NONE
    mean = torch.nn.functional.cross_entropy(logits[real], y[real])
    whole = objective.loss(logits, y, None)
    assert whole.item() == pytest.approx(mean.item(), abs=1e-6)  # three words in two rows: 1.5 a row
    parts = [objective.loss(logits[i : i + 1], y[i : i + 1], None).item() / 2 for i in range(2)]
    assert sum(parts) == pytest.approx(whole.item(), abs=1e-6)


def test_a_name_counts_where_it_is_whole() -> None:
    objective = Spans(LABELS)
    y = [[1, 2, 0], [3, NONE, 1]]
    scores = [np.full((3, 5), -5.0) for _ in y]
    for found, tags in zip(scores, [[1, 0, 0], [3, 4, 1]], strict=True):  # the first name is cut short
        found[np.arange(3), tags] = 5.0
    told = objective.metrics(scores, y)
    assert told["entity_f1"] == pytest.approx(2 * 2 / (3 + 3))
    assert told["loss"] > 1


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    texts, targets = made_names(110)
    return {
        "train": (texts[:60], targets[:60]),
        "validation": (texts[60:80], targets[60:80]),
        "test": (texts[80:], targets[80:]),
    }


@pytest.mark.parametrize(
    ("name", "wishes"),
    [
        ("frozen_features", {}),
        ("full_finetune", {"epochs": 4}),
        ("top_layers", {"epochs": 4, "open_blocks": 2}),
        ("lora", {"epochs": 6}),
        ("bitfit", {"epochs": 6}),
        ("prefix_tuning", {"epochs": 4}),
    ],
)
def test_names_are_learned_that_were_never_seen(
    name: str, wishes: dict[str, Any], made: dict[str, Any], tmp_path: Path, home: Path
) -> None:
    strategy, objective = get_strategy(name), Spans(LABELS, 8.0)
    settings = make_settings(strategy.Settings, {"max_length": 64, **wishes})
    plan = Plan("ner", name, "minilm", "", {})
    events: list[tuple[str, dict[str, Any]]] = []
    given = FitInput(
        plan, settings, LABELS, *made["train"], *made["validation"], base_folder("minilm"), tmp_path,
        lambda kind, **fields: events.append((kind, fields)), lambda name, title: None, lambda: None, lambda: None, objective,  # type: ignore[arg-type]
    )  # fmt: skip
    found = teach(strategy, given)
    about = {"labels": LABELS, "text_columns": ["text"], "answer": found.answer, "task": "ner"}
    found.save(tmp_path / "model", about)

    from tlcore.predict.kinds import load_predictor

    texts, truth = made["test"]
    answers = load_predictor(tmp_path / "model").predict([*texts, "  "])
    assert answers.predictions[-1] == ""
    known = looked_up(*made["train"], texts)
    score, baseline = (entity_scores(truth, one, LABELS)["entity_f1"] for one in (answers.predictions[:-1], known))
    assert score > baseline + 0.1
    assert found.per_token
    assert len(found.validation_answers or []) == 20
    scores = entity_scores(made["validation"][1], found.validation_answers or [], LABELS)
    assert scores["entity_f1"] > 0.5
    assert any("entity_f1" in fields for kind, fields in events if kind in ("eval", "curve"))


def test_the_model_and_its_graph_find_the_same_names(made: dict[str, Any], tmp_path: Path, home: Path) -> None:
    """A text longer than a window: what training says of it, and what the predictor says."""
    texts, targets = made["train"]
    long = " ".join(texts[:20])
    objective = Spans(LABELS, 8.0)
    strategy = get_strategy("frozen_features")
    settings = make_settings(strategy.Settings, {"max_length": 48})
    given = FitInput(
        Plan("ner", "frozen_features", "minilm", "", {}), settings, LABELS, texts, targets, [long], ["[]"], base_folder("minilm"),
        tmp_path, lambda kind, **fields: None, lambda name, title: None, lambda: None, lambda: None, objective,  # type: ignore[arg-type]
    )  # fmt: skip
    found = teach(strategy, given)
    found.save(tmp_path / "model", {"labels": LABELS, "text_columns": ["text"], "answer": found.answer, "task": "ner"})

    from tlcore.predict.kinds import load_predictor

    (prediction,) = load_predictor(tmp_path / "model").predict([long]).predictions
    (trained,) = found.validation_answers or []
    same = set(spans_in(prediction)) & set(spans_in(trained))
    assert len(same) >= 0.95 * len(spans_in(trained)) > 10  # bf16 there, fp32 here


def test_texts_without_marks_may_be_read_first(
    made: dict[str, Any], tmp_path: Path, home: Path, tiny_base: Callable[[str], Path]
) -> None:
    strategy = get_strategy("mlm_then_finetune")
    settings = make_settings(strategy.Settings, {"max_length": 48, "epochs": 1})
    unread, _ = made_names(80, seed=5)
    given = FitInput(
        Plan("ner", strategy.name, "bert", "", {}, then="full_finetune", then_settings={"epochs": 1}), settings, LABELS, *made["train"],
        *made["validation"], tiny_base("bert"), tmp_path, lambda kind, **fields: None, lambda name, title: None, lambda: None,
        lambda: None, Spans(LABELS, 8.0), unlabelled_texts=unread,  # type: ignore[arg-type]
    )  # fmt: skip
    found = teach(strategy, given)
    assert found.pretraining is not None
    assert found.unadapted is not None
    for one in (found, found.unadapted):
        assert one.per_token
        assert one.epochs == 1 or one.epochs == 0
        assert len(one.validation_answers or []) == 20
