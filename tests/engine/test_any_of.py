"""tlcore.engine.any_of: loss, heads and thresholds where a text may have several labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score

from tlcore.engine.any_of import AnyOf, best_cut, tune_thresholds
from tlcore.predict.answers import SEVERAL, to_answers

LABELS = ["a", "b", "c"]


def rows(many: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels that hang on them, with noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(many, 12))
    y = (x[:, :3] + 0.3 * rng.normal(size=(many, 3)) > 0.4).astype(float)
    return x.astype(np.float32), y


def test_targets_are_rows_of_zero_and_one() -> None:
    assert AnyOf(LABELS).encode(["a;c", "(none)", "b;unknown"]) == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_the_loss_is_binary_cross_entropy_and_adds_up() -> None:
    logits, y = torch.tensor([[2.0, -1.0], [0.0, 3.0]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    p = torch.sigmoid(logits)
    expected = -(y * p.log() + (1 - y) * (1 - p).log()).sum() / 2
    objective = AnyOf(LABELS[:2])
    assert objective.loss(logits, y, None).item() == pytest.approx(expected.item(), abs=1e-6)
    parts = [objective.loss(logits[i : i + 1], y[i : i + 1], None).item() / 2 for i in range(2)]
    assert sum(parts) == pytest.approx(expected.item(), abs=1e-6)
    told = objective.metrics(logits.numpy(), y.numpy())
    assert told["loss"] == pytest.approx(expected.item(), abs=1e-6)


def test_the_best_cut_is_the_best_of_all() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random((80, 3)) < 0.3).astype(float)
    p = np.round(np.clip(0.3 * y + rng.random((80, 3)) * 0.7, 0, 1), 2)  # with ties
    cut, f1 = best_cut(p, y)
    scores = [f1_score(y, p >= one, average="micro", zero_division=0) for one in np.unique(p)]
    assert f1 == pytest.approx(max(scores))
    assert f1_score(y, p >= cut, average="micro") == pytest.approx(f1)
    assert best_cut(p, np.zeros((80, 3))) == (0.5, 0.0)


def test_each_label_has_its_own_threshold_and_a_rare_one_stays_near_the_common_one() -> None:
    rng = np.random.default_rng(2)
    y = np.zeros((400, 3))
    y[:200, 0], y[:150, 1], y[:2, 2] = 1, 1, 1
    p = np.where(y > 0, 0.75, 0.25) + 0.1 * rng.random((400, 3))
    p[:, 1] = np.where(y[:, 1] > 0, 0.22, 0.05) + 0.05 * rng.random(400)  # low all over, but well ranked
    p[:, 2] = 0.3
    common, _ = best_cut(p, y)
    found = tune_thresholds(p, y)
    assert 0.1 < found[1] < 0.22 < found[0]
    assert abs(found[2] - common) < abs(found[1] - common) + 0.2
    said = p >= found
    assert f1_score(y[:, :2], said[:, :2], average="micro") > f1_score(y[:, :2], p[:, :2] >= 0.5, average="micro")


def test_the_head_as_plain_arrays_says_what_the_pipeline_says() -> None:
    x, y = rows(90)
    objective = AnyOf(LABELS)
    pipeline = objective.fit("logistic", x, y, 0.1, False, 0)
    found = objective.read(objective.head(pipeline).tensors(), x)
    assert np.allclose(found, pipeline.predict_proba(x), atol=1e-4)
    assert f1_score(y, found >= 0.5, average="micro") > 0.8


def test_a_label_that_no_row_has_is_never_said_and_one_that_all_have_always_is() -> None:
    x, y = rows(60)
    y[:, 1], y[:, 2] = 0, 1
    objective = AnyOf(LABELS)
    found = objective.read(objective.head(objective.fit("logistic", x, y, 0.1, False, 0)).tensors(), x)
    assert found[:, 1].max() < 0.01 < 0.99 < found[:, 2].min()


def test_more_freedom_is_tried_by_rows_not_seen() -> None:
    x, y = rows(150)
    objective = AnyOf(LABELS)
    scores = objective.cross_validate("logistic", x, y, (1e-6, 0.1), False, 3, 0)
    assert scores[1] > scores[0] + 0.05
    assert objective.told(scores[1]) == {"micro_f1": round(scores[1], 4)}


def test_what_the_predictor_is_told_gives_the_tuned_answers() -> None:
    x, y = rows(200)
    objective = AnyOf(LABELS)
    outputs = objective.read(objective.head(objective.fit("logistic", x, y, 0.1, False, 0)).tensors(), x)
    how = objective.answer(outputs, y)
    assert how is not None
    assert how["kind"] == SEVERAL
    assert len(how["thresholds"]) == 3
    answers = to_answers(how, LABELS, outputs.astype(np.float32))
    expected = outputs >= np.array(how["thresholds"], dtype=np.float32)
    assert [set(cell.split(";")) - {"(none)"} for cell in answers.predictions] == [
        {LABELS[i] for i in np.flatnonzero(row)} for row in expected
    ]
    assert objective.answer(None, y) == {"kind": SEVERAL, "thresholds": [0.5, 0.5, 0.5]}


def test_too_few_rows_are_not_tried_on() -> None:
    objective = AnyOf(LABELS)
    assert len(objective.rows_to_choose_on(np.ones((40, 3)), 0)) == 0
    assert len(objective.rows_to_choose_on(rows(4)[1], 0)) == 0
    assert len(objective.rows_to_choose_on(rows(5000)[1], 0)) == 4000
