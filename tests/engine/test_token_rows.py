"""tlcore.engine.token_rows: a head on every token, for every family: learned from, saved, and asked through the graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import FAMILIES
from tests.engine.made_names import made_names
from tlcore.engine.spans import Spans
from tlcore.engine.token_rows import TokenClassifier
from tlcore.engine.tokens import pad_id_of
from tlcore.engine.training import predict_rows
from tlcore.models.load import load_encoder
from tlcore.models.saved import Fitted, Head
from tlcore.predict.spans import SpanPredictor
from tlcore.predict.windows import SHAPES

LABELS = ["PERSON", "PLACE"]
LENGTH = 24


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_is_saved_and_answers_alike(
    family: str, tiny_base: Callable[[str], Path], tmp_path: Path, home: Path
) -> None:
    texts, targets = made_names(6)
    base, objective = tiny_base(family), Spans(LABELS)
    encoder = load_encoder(base)
    blocks, width = int(encoder.config.num_hidden_layers), int(encoder.config.hidden_size)
    rng, layers = np.random.default_rng(0), (blocks - 1, blocks)
    head = Head(rng.normal(size=(5, 2 * width + SHAPES)), np.zeros(5))
    model = TokenClassifier(encoder, head, layers, 0.0, None, objective)
    rows = objective.rows(base, texts, targets, LENGTH)
    inputs, labels = rows.inputs(range(len(rows)), pad_id_of(encoder)), rows.labels(range(len(rows)))

    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        found = model(**inputs, labels=labels)
        assert found["logits"].shape == (*labels.shape, 5)
        found["loss"].backward()
        optimizer.step()
        losses.append(found["loss"].item())
    assert losses[-1] < losses[0]

    fitted = Fitted(model.encoder, base, layers, model.head(), LENGTH, 1, 1, 1, per_token=True)
    fitted.save(tmp_path / "model", {"labels": LABELS, "text_columns": ["text"], "answer": objective.how()})
    predictor = SpanPredictor.load(tmp_path / "model")
    windows = predictor.windows(texts)
    assert [window.ids for window in windows] == rows.ids
    trained = predict_rows(model, rows)
    for ours, theirs in zip(predictor.token_scores(windows, beside=rows.beside), trained, strict=True):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() < 0.05 * np.abs(theirs).max() + 0.05  # bf16 there, fp32 here
