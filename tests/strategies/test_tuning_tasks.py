"""Every strategy that is for all tasks learns several labels a text, and a number a text, better than what needs no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.datasets import TEST, TRAIN, VALIDATION, Dataset, make_dataset
from tlcore.errors import TlcoreError
from tlcore.models.bases import base_folder
from tlcore.plan import Plan, make_settings
from tlcore.predict.answers import to_answers
from tlcore.strategies import STRATEGIES, FitInput, can_learn, check_task, get_strategy
from tlcore.strategies.then import default_then
from tlcore.tables import read_table
from tlcore.tasks import get_task

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
FILES = {
    "multilabel": (SAMPLES / "guest_comments" / "guest_comments.csv", "comment", "topics"),
    "score": (SAMPLES / "product_reviews" / "product_reviews.xlsx", "review", "stars"),
}
ALL_TASKS = [one.name for one in STRATEGIES if can_learn(one, "multilabel") and default_then(one) is None]


@pytest.fixture(scope="module")
def datasets() -> dict[str, Dataset]:
    def read(task: str) -> Dataset:
        file, text, label = FILES[task]
        return make_dataset(read_table(file), get_task(task), {"text": (text,), "label": (label,)})

    return {task: read(task) for task in FILES}


@pytest.fixture
def given_for(tmp_path: Path, datasets: dict[str, Dataset]) -> Callable[..., tuple[FitInput, list[dict[str, Any]]]]:
    def build(task: str, strategy: str, **wishes: Any) -> tuple[FitInput, list[dict[str, Any]]]:
        dataset, events = datasets[task], list[dict[str, Any]]()
        train, held = dataset.targets(TRAIN), dataset.targets(VALIDATION)
        objective = dataset.task.objective(dataset.labels, train + held)
        settings = make_settings(get_strategy(strategy).Settings, {"max_length": 48, **wishes})
        given = FitInput(
            Plan(task, strategy, "minilm", "", wishes, 0), settings, dataset.labels, dataset.texts(TRAIN),
            objective.encode(train), dataset.texts(VALIDATION), objective.encode(held), base_folder("minilm"), tmp_path,
            lambda kind, **fields: events.append({"kind": kind, **fields}), lambda name, title: None, lambda: None,
            lambda: None, objective,
        )  # fmt: skip
        return given, events

    return build


@pytest.mark.parametrize("task", list(FILES))
@pytest.mark.parametrize("strategy", ALL_TASKS)
def test_it_learns_more_than_a_constant(
    given_for: Callable[..., Any], datasets: dict[str, Dataset], task: str, strategy: str
) -> None:
    wishes = {} if strategy == "frozen_features" else {"epochs": 1, "layers": "thirds"}
    given, events = given_for(task, strategy, **wishes)
    found = get_strategy(strategy).fit(given)
    dataset, y = datasets[task], np.array(given.validation_y)
    how = given.objective.answer(found.validation_probabilities, y)
    answers = to_answers(how, dataset.labels, found.validation_probabilities)
    metric, sign = dataset.task.metric, -1 if task == "score" else 1
    plain = dataset.task.baselines(
        dataset.texts(TRAIN), dataset.targets(TRAIN), dataset.texts(VALIDATION), dataset.labels
    )["majority"]
    ours, theirs = (
        dataset.task.score(dataset.targets(VALIDATION), one, None, dataset.labels)[metric]
        for one in (answers.predictions, plain)
    )
    assert sign * ours > sign * theirs + 0.15
    assert found.head.weight.shape[0] == max(1, len(dataset.labels))
    told = [event for event in events if event["kind"] in ("eval", "curve")]
    assert told
    assert all(metric in event for event in told)
    assert found.chosen[f"cross_validated_{metric}"] > 0


def test_what_is_kept_can_be_gone_on_from_and_ends_the_same(given_for: Callable[..., Any]) -> None:
    """The head of a number is kept in the work folder like any other, and read again."""
    first, _ = given_for("score", "bitfit", epochs=1, layers="last")
    one = get_strategy("bitfit").fit(first)
    again, events = given_for("score", "bitfit", epochs=1, layers="last")  # the same work folder
    two = get_strategy("bitfit").fit(again)
    assert np.allclose(one.head.weight, two.head.weight, atol=1e-4)
    assert not [event for event in events if event["kind"] == "choice"]


@pytest.mark.parametrize("task", list(FILES))
def test_comparing_examples_of_single_labels_is_refused_in_words(task: str) -> None:
    with pytest.raises(TlcoreError, match="exactly one label a text") as told:
        check_task(get_strategy("few_shot"), task)
    assert "full_finetune" in told.value.fix
    check_task(get_strategy("few_shot"), "classify")


def test_the_test_rows_are_scored_better_than_by_word_counts(
    given_for: Callable[..., Any], datasets: dict[str, Dataset]
) -> None:
    """Frozen features read what no word of the training rows says; on few rows they are far ahead of TF-IDF."""
    given, _ = given_for("multilabel", "frozen_features")
    found, dataset = get_strategy("frozen_features").fit(given), datasets["multilabel"]
    from tlcore.engine.embeddings import stored_states
    from tlcore.engine.tokens import tokenize
    from tlcore.strategies.reading import features

    ids = tokenize(given.base_folder, dataset.texts(TEST), 48)
    states = stored_states(found.encoder, given.base_folder, ids, given.emit, given.check_stop)
    outputs = given.objective.read(found.head.tensors(), features(states, found.layers))
    how = given.objective.answer(found.validation_probabilities, np.array(given.validation_y))
    answers = to_answers(how, dataset.labels, outputs).predictions
    texts, targets = (
        dataset.texts(TRAIN) + dataset.texts(VALIDATION),
        dataset.targets(TRAIN) + dataset.targets(VALIDATION),
    )
    rival = dataset.task.baselines(texts, targets, dataset.texts(TEST), dataset.labels)
    score = {
        name: dataset.task.score(dataset.targets(TEST), one, None, dataset.labels)["micro_f1"]
        for name, one in {**rival, "ours": answers}.items()
    }
    assert score["ours"] > max(score["tfidf"], score["tfidf_tuned"]) + 0.1
