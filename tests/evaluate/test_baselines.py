"""tlcore.evaluate.baselines: the commonest label, and TF-IDF that does learn."""

from __future__ import annotations

import pytest
from sklearn.metrics import f1_score

from tlcore.errors import TlcoreError
from tlcore.evaluate.baselines import described_answers, majority_answers, tfidf_answers


def test_majority_says_the_commonest_training_label_for_every_text() -> None:
    assert majority_answers(["b", "a", "b", "c"], ["x", "y"]) == ["b", "b"]
    assert majority_answers(["b"], []) == []


def test_tfidf_learns_what_words_tell() -> None:
    train = [f"the parcel came late {i}" for i in range(20)] + [f"the invoice is wrong {i}" for i in range(20)]
    answers = tfidf_answers(train, ["delivery"] * 20 + ["billing"] * 20, ["a wrong invoice", "a late parcel", "zzz"])
    assert answers[:2] == ["billing", "delivery"]
    assert answers[2] in ("billing", "delivery")


def test_word_pairs_count_too() -> None:
    train = ["not good", "good", "not bad", "bad"] * 10
    targets = ["neg", "pos", "pos", "neg"] * 10
    assert tfidf_answers(train, targets, ["not good", "not bad"]) == ["neg", "pos"]


def test_it_beats_the_majority_on_reviews(reviews: dict[str, list[str]]) -> None:
    pairs = [(text, label) for label in ("positive", "negative") for text in reviews[label]]
    train, test = pairs[::2], pairs[1::2]
    truth = [label for _, label in test]
    texts, targets = [text for text, _ in train], [label for _, label in train]
    learned = tfidf_answers(texts, targets, [text for text, _ in test])
    majority = majority_answers(targets, [text for text, _ in test])
    assert f1_score(truth, learned, average="macro") > f1_score(truth, majority, average="macro") + 0.1


def test_texts_without_a_word_are_said_to_be_so() -> None:
    with pytest.raises(TlcoreError, match="no words") as caught:
        tfidf_answers(["!", "?", "…"], ["a", "b", "a"], ["!"])
    assert caught.value.fix


def test_without_labels_the_description_with_most_words_in_common_answers() -> None:
    said, labels = ["parcels: a parcel is late", "bills: an invoice is wrong"], ["parcels", "bills"]
    texts = ["where is the parcel", "your invoices and the invoice", "nothing in common"]
    assert described_answers(said, labels, texts) == ["parcels", "bills", "parcels"]
    with pytest.raises(TlcoreError, match="hold no words"):
        described_answers(["of", "the"], labels, ["and"])
