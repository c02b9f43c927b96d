"""tlcore.engine.amount: loss, head and range of numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlcore.engine.amount import HUBER, Amount, far
from tlcore.predict.answers import NUMBER, to_answers


def rows(many: int, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(many, 10)).astype(np.float32)
    return x, [f"{50 + 20 * row[0] - 10 * row[1] + 3 * rng.normal():.2f}" for row in x]


def fitted(many: int = 200) -> tuple[Amount, np.ndarray, np.ndarray, np.ndarray]:
    x, targets = rows(many)
    objective = Amount([float(one) for one in targets])
    y = np.array(objective.encode(targets))
    outputs = objective.read(objective.head(objective.fit("logistic", x, y, 0.03, False, 0)).tensors(), x)
    return objective, x, y, outputs


def test_targets_are_standardised_and_come_back() -> None:
    objective = Amount([1.0, 5.0, 3.0])
    y = np.array(objective.encode(["1", "5", "3"]))
    assert (y.mean(), y.std()) == (pytest.approx(0), pytest.approx(1))
    assert objective.outputs(y[:, None])[:, 0] == pytest.approx([1, 5, 3])


def test_numbers_beyond_what_was_seen_are_never_answered() -> None:
    objective = Amount([1.0, 5.0])
    assert objective.outputs(np.array([[9.0], [-9.0]]))[:, 0].tolist() == [5.0, 1.0]


def test_the_loss_is_square_near_by_and_straight_far_off_and_adds_up() -> None:
    objective = Amount([0.0, 1.0])
    logits, y = torch.tensor([[0.2], [3.0]]), torch.tensor([0.0, 0.0])
    expected = (0.5 * 0.2**2 / HUBER + 3.0 - 0.5 * HUBER) / 2
    assert objective.loss(logits, y, None).item() == pytest.approx(expected)
    assert objective.metrics(logits.numpy(), y.numpy())["loss"] == pytest.approx(expected)


def test_the_head_as_plain_arrays_learns_and_says_what_the_pipeline_says() -> None:
    objective, x, y, outputs = fitted()
    pipeline = objective.fit("svm", x, y, 0.03, False, 0)
    assert np.allclose(
        outputs[:, 0],
        np.clip(pipeline.predict(x) * objective.scale + objective.mean, objective.low, objective.high),
        atol=1e-3,
    )
    assert -objective.goodness(outputs, y) < 0.4 * np.abs(y * objective.scale).mean()
    assert objective.told(-2.5) == {"mae": 2.5}


def test_a_round_is_watched_by_how_near_it_is() -> None:
    objective, _, y, _ = fitted()
    near, off = (objective.metrics((y + miss)[:, None], y) for miss in (0.1, 1.0))
    watched = objective.watched("macro_f1")
    assert near[watched] > off[watched]
    assert near["mae"] < off["mae"]


def test_the_range_holds_nine_times_in_ten_on_rows_not_seen() -> None:
    rng = np.random.default_rng(3)
    held, later = rng.normal(size=400), rng.normal(size=20_000)
    below, above = far(-held, 99.0), far(held, 99.0)
    assert np.mean((-below <= later) & (later <= above)) == pytest.approx(0.9, abs=0.03)
    assert far(held[:5], 99.0) == max(0.0, held[:5].max())
    assert far(-np.abs(held), 99.0) == 0.0


def test_what_the_predictor_is_told_gives_number_and_range() -> None:
    objective, _, y, outputs = fitted()
    how = objective.answer(outputs, y)
    assert how is not None
    assert how["kind"] == NUMBER
    answers = to_answers(how, [], outputs.astype(np.float32))
    truth = y * objective.scale + objective.mean
    assert answers.ranges is not None
    assert np.mean([low - 0.1 <= t <= high + 0.1 for t, (low, high) in zip(truth, answers.ranges, strict=True)]) >= 0.88
    assert float(answers.predictions[0]) == pytest.approx(outputs[0, 0], abs=0.06)
    alone = objective.answer(None, y)
    assert alone is not None
    assert alone["below"] == pytest.approx(objective.high - objective.low)
