"""What every score is shown beside: always the commonest class, and TF-IDF + logistic regression learnt from scratch."""

from __future__ import annotations

import contextlib
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from tlcore.errors import TlcoreError


def majority_answers(targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The commonest training label, for every text."""
    return [Counter(targets).most_common(1)[0][0]] * len(texts)


def tfidf_answers(train_texts: Sequence[str], targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Words and word pairs weighted by rarity, then logistic regression: no pretrained model at all.

    Raises TlcoreError if no text has a word in it.
    """
    model = make_pipeline(vectors(), _regression())
    with wordless():
        model.fit(list(train_texts), list(targets))
        return list(model.predict(list(texts))) if len(texts) else []


def tfidf_probabilities(train_texts: Sequence[str], y: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """The same with a yes or no for each label, y [rows, labels] of 0 and 1: how likely each is, [texts, labels].

    Raises TlcoreError if no text has a word in it.
    """
    if not len(texts):
        return np.zeros((0, y.shape[1]))
    # liblinear: for two classes and few words a text it is many times as quick, and there is a fit for each label.
    model = make_pipeline(vectors(), OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000, solver="liblinear")))
    with wordless():
        return np.asarray(model.fit(list(train_texts), y.astype(int)).predict_proba(list(texts)))


def vectors() -> TfidfVectorizer:
    """Words and word pairs, weighted by rarity."""
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def _regression() -> LogisticRegression:
    return LogisticRegression(C=10, max_iter=1000)


@contextlib.contextmanager
def wordless() -> Iterator[None]:
    """Within it scikit-learn keeps its advice to itself, and says in our words that no text holds a word (TlcoreError)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ValueError as error:
        if "empty vocabulary" not in str(error):
            raise
        raise TlcoreError(
            "The texts hold no words to learn from.", "the text column", "Choose the column that holds sentences."
        ) from error


def described_answers(said: Sequence[str], labels: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The label whose description shares the most, and the rarest, words with each text: what needs neither labels nor a model.

    Where no word is shared, the first label. Raises TlcoreError where nothing has a word in it.
    """
    try:
        vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit([*said, *texts])
    except ValueError as error:
        raise TlcoreError(
            "The texts and the descriptions hold no words.",
            "the text column",
            "Choose the column that holds sentences.",
        ) from error
    scores = vectors.transform(list(texts)) @ vectors.transform(list(said)).T
    return [labels[int(i)] for i in np.asarray(scores.argmax(1)).ravel()]
