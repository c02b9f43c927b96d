"""tlcore.evaluate.metrics: the same numbers as scikit-learn, and sense where those are not defined."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support, roc_auc_score

from tlcore.evaluate.metrics import (
    auroc,
    classification_scores,
    confusion,
    f1_from_confusion,
    macro_f1,
    per_class,
    to_ids,
)

LABELS = ["a", "b", "c", "d"]


def drawn(rows: int, seed: int = 0) -> tuple[list[str], list[str], np.ndarray]:
    """Truth, answers that are right more often than not, and probabilities whose largest is the answer."""
    rng = np.random.default_rng(seed)
    y = rng.choice(4, rows, p=[0.5, 0.3, 0.15, 0.05])
    scores = rng.normal(size=(rows, 4)) + 1.5 * np.eye(4)[y]
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return [LABELS[i] for i in y], [LABELS[i] for i in probabilities.argmax(1)], probabilities


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rows", [12, 300])
def test_scores_are_those_of_scikit_learn(rows: int, seed: int) -> None:
    truth, answers, probabilities = drawn(rows, seed)
    scores = classification_scores(truth, answers, probabilities, LABELS)
    assert scores["macro_f1"] == pytest.approx(f1_score(truth, answers, average="macro", zero_division=0), abs=1e-4)
    assert scores["accuracy"] == pytest.approx(accuracy_score(truth, answers), abs=1e-4)
    assert (scores["rows"], scores["wrong"]) == (rows, sum(a != b for a, b in zip(truth, answers, strict=True)))
    if set(truth) == set(LABELS):
        expected = roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=LABELS)
        assert scores["auroc"] == pytest.approx(expected, abs=1e-4)


def test_two_classes_have_one_auroc_whichever_side_is_asked() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    positive = np.clip(0.3 * y + rng.random(80) * 0.7, 0, 1)
    found = auroc(y, np.stack([1 - positive, positive], 1), 2)
    assert found == pytest.approx(roc_auc_score(y, positive), abs=1e-4)


def test_perfect_and_hopeless() -> None:
    truth = ["a", "b", "c"] * 5
    perfect = classification_scores(truth, truth, np.eye(3)[[0, 1, 2] * 5], LABELS[:3])
    assert (perfect["macro_f1"], perfect["accuracy"], perfect["auroc"], perfect["wrong"]) == (1.0, 1.0, 1.0, 0)
    worst = classification_scores(truth, ["b", "c", "a"] * 5, None, LABELS[:3])
    assert (worst["macro_f1"], worst["accuracy"], worst["auroc"], worst["wrong"]) == (0.0, 0.0, None, 15)


def test_without_rows_every_score_is_null() -> None:
    scores = classification_scores([], [], None, LABELS)
    assert (scores["macro_f1"], scores["accuracy"], scores["auroc"], scores["rows"]) == (None, None, None, 0)


def test_a_label_the_model_cannot_know_and_no_answer_count_as_wrong() -> None:
    scores = classification_scores(["a", "new", "b", "new"], ["a", "a", "", ""], None, ["a", "b"])
    assert scores["wrong"] == 3
    assert scores["accuracy"] == 0.25


def test_auroc_is_null_where_there_is_one_class_and_ignores_rows_without_an_answer() -> None:
    assert auroc(np.zeros(4, dtype=int), np.full((4, 2), 0.5), 2) is None
    y = np.array([0, 1, 0, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [np.nan, np.nan], [0.4, 0.6]])
    assert auroc(y, probabilities, 2) == 1.0


def test_confusion_has_the_truth_in_rows() -> None:
    matrix = confusion(to_ids(["a", "a", "b"], LABELS), to_ids(["b", "a", "b"], LABELS), 4)
    assert matrix[:2, :2].tolist() == [[1, 1], [0, 1]]
    assert matrix.sum() == 3
    assert to_ids(["d", "?", ""], LABELS).tolist() == [3, 4, 4]


def test_f1_works_on_a_stack_of_matrices_and_leaves_out_classes_that_do_not_occur() -> None:
    one = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    stack = np.stack([one, np.eye(3, dtype=int)])
    assert macro_f1(stack).tolist() == pytest.approx([macro_f1(one), 1.0])
    assert np.isnan(f1_from_confusion(one)[2])
    assert macro_f1(one) == pytest.approx((6 / 7 + 4 / 5) / 2)


def test_per_class_is_scikit_learns_with_the_classes_that_need_help_first() -> None:
    truth, answers, _ = drawn(200)
    found = per_class(truth, answers, [*LABELS, "never seen"])
    by_label = {row["label"]: row for row in found}
    precision, recall, f1, rows = precision_recall_fscore_support(truth, answers, labels=LABELS, zero_division=0)
    for i, label in enumerate(LABELS):
        row = by_label[label]
        assert row["f1"] == pytest.approx(f1[i], abs=1e-4)
        assert row["precision"] == pytest.approx(precision[i], abs=1e-4)
        assert row["recall"] == pytest.approx(recall[i], abs=1e-4)
        assert (row["rows"], row["right"]) == (rows[i], round(recall[i] * rows[i]))
    scores = [row["f1"] for row in found[:-1]]
    assert scores == sorted(scores)
    assert found[-1] == {"label": "never seen", "precision": None, "recall": None, "f1": None, "rows": 0, "right": 0}
