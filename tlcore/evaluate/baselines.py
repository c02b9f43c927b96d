"""What every score is shown beside: always the commonest class, and TF-IDF + logistic regression learnt from scratch."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tlcore.errors import TlcoreError


def majority_answers(targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The commonest training label, for every text."""
    return [Counter(targets).most_common(1)[0][0]] * len(texts)


def tfidf_answers(train_texts: Sequence[str], targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Words and word pairs weighted by rarity, then logistic regression: no pretrained model at all.

    Raises TlcoreError if no text has a word in it.
    """
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = make_pipeline(vectors, LogisticRegression(C=10, max_iter=1000))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return list(model.fit(list(train_texts), list(targets)).predict(list(texts)))
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
