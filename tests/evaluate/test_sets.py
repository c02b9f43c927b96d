"""tlcore.evaluate.sets: scores of sets of labels, beside scikit-learn's, and what they stand beside."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tlcore.evaluate import sets
from tlcore.predict.answers import Answers

LABELS = ["a", "b", "c"]


def drawn(rows: int, seed: int, noise: float = 0.2) -> tuple[list[str], list[str], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.random((rows, 3)) < 0.4
    said = y ^ (rng.random((rows, 3)) < noise)
    truth, answers = (
        [";".join(LABELS[i] for i in np.flatnonzero(row)) or "(none)" for row in one] for one in (y, said)
    )
    return truth, answers, y, said


def answers_of(predictions: list[str]) -> Answers:
    return Answers(predictions, [0.9] * len(predictions), np.zeros((len(predictions), 3), dtype=np.float32))


def test_scores_are_those_of_scikit_learn() -> None:
    truth, answers, y, said = drawn(200, 0)
    found = sets.set_scores(truth, answers, LABELS)
    assert found["micro_f1"] == pytest.approx(f1_score(y, said, average="micro"), abs=1e-4)
    assert found["macro_f1"] == pytest.approx(f1_score(y, said, average="macro"), abs=1e-4)
    assert found["accuracy"] == pytest.approx(float((y == said).all(1).mean()), abs=1e-4)
    assert found["wrong"] == int((y != said).any(1).sum())
    by_label = {row["label"]: row for row in sets.per_label(truth, answers, LABELS)}
    assert [by_label[name]["f1"] for name in LABELS] == pytest.approx(f1_score(y, said, average=None), abs=1e-4)


def test_without_rows_there_is_no_score() -> None:
    assert sets.set_scores([], [], LABELS)["micro_f1"] is None
    assert sets.with_interval([], [], LABELS)["micro_f1_low"] is None
    assert sets.difference([], [], [], LABELS)["real"] is None


def test_a_label_that_the_model_does_not_know_counts_as_missed() -> None:
    assert sets.set_scores(["a;new"], ["a"], LABELS)["micro_f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert sets.set_scores(["a"], ["b;a"], LABELS)["wrong"] == 1


def test_none_is_right_where_none_fits_and_order_does_not_matter() -> None:
    assert sets.set_scores(["(none)", "b;a"], ["(none)", "a;b"], LABELS)["accuracy"] == 1.0


def test_the_interval_holds_the_score_and_narrows_with_rows() -> None:
    widths = []
    for rows in (60, 600):
        truth, answers, _, _ = drawn(rows, 1)
        found = sets.with_interval(truth, answers, LABELS)
        assert found["micro_f1_low"] < found["micro_f1"] < found["micro_f1_high"]
        widths.append(found["micro_f1_high"] - found["micro_f1_low"])
    assert widths[1] < 0.5 * widths[0]
    truth, _, _, _ = drawn(30, 2)
    perfect = sets.with_interval(truth, truth, LABELS)
    assert perfect["micro_f1_low"] < 1.0 == perfect["micro_f1_high"]


def test_a_clear_difference_is_real_and_none_is_not() -> None:
    truth, good, _, _ = drawn(300, 3, noise=0.05)
    bad = drawn(300, 3, noise=0.45)[1]
    assert sets.difference(truth, good, bad, LABELS)["real"] is True
    same = sets.difference(truth, good, good, LABELS)
    assert (same["micro_f1"], same["real"]) == (0.0, False)


def test_the_report_compares_with_the_better_of_the_simple_methods() -> None:
    truth, good, _, _ = drawn(200, 4, noise=0.1)
    worse, worst = drawn(200, 4, noise=0.25)[1], drawn(200, 4, noise=0.45)[1]
    found = sets.sets_report(truth, answers_of(good), {"majority": worst, "tfidf": worst, "tfidf_tuned": worse}, LABELS)
    assert found["difference"]["against"] == "tfidf_tuned"
    assert found["difference"]["micro_f1"] == pytest.approx(
        found["test"]["micro_f1"] - found["baselines"]["tfidf_tuned"]["micro_f1"], abs=2e-4
    )


def test_the_simple_methods_learn_and_thresholds_help_where_labels_are_rare() -> None:
    words = {"a": "parcel late courier", "b": "invoice wrong money", "c": "password login broken"}
    rng = np.random.default_rng(5)
    rows = [sorted(rng.choice(LABELS, size=rng.integers(1, 3), replace=False)) for _ in range(120)]
    texts = [
        " ".join(rng.permutation(" ".join(words[name] for name in row).split())[:4]) + f" x{i}"
        for i, row in enumerate(rows)
    ]
    targets = [";".join(row) for row in rows]
    found = sets.tfidf_sets(texts[:80], targets[:80], texts[80:], LABELS)
    scores = {name: sets.set_scores(targets[80:], answers, LABELS)["micro_f1"] for name, answers in found.items()}
    plain = sets.set_scores(targets[80:], sets.commonest_set(targets[:80], texts[80:]), LABELS)["micro_f1"]
    assert scores["tfidf"] > plain + 0.2
    assert scores["tfidf_tuned"] > plain + 0.2


def test_two_versions_are_compared_label_by_label() -> None:
    found = sets.sets_alike(answers_of(["a;b", "c"]), answers_of(["a", "c"]), ["a;b", "b"], LABELS)
    assert found["same_answers"] == pytest.approx(2 * 2 / 5)
    assert found["exact_accuracy"] > found["accuracy"]
