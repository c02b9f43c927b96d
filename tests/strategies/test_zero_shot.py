"""tlcore.strategies.zero_shot: from names and a sentence on each label, it answers news it was never taught."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tlcore.errors import StopRequested, TlcoreError
from tlcore.evaluate.baselines import described_answers, majority_answers
from tlcore.facts import Facts
from tlcore.label_info import LabelInfo
from tlcore.machine import Machine
from tlcore.models.bases import base_folder
from tlcore.plan import Plan, make_settings
from tlcore.predict.predictor import linear_probabilities
from tlcore.strategies import FitInput, get_strategy
from tlcore.strategies.reading import features
from tlcore.strategies.zero_shot import BACKENDS, Settings, said, texts_of
from tlcore.tables import read_table

NEWS = Path(__file__).resolve().parents[2] / "sample_data" / "short_news" / "short_news.csv"
STRATEGY = get_strategy("zero_shot")
INFOS = (
    LabelInfo("Business", "Companies, prices, jobs and money markets."),
    LabelInfo("Culture", "Music, stage, books, film and art."),
    LabelInfo("Local politics", "Mayors, councils, local elections and what they decide."),
    LabelInfo("Science", "Findings, experiments, and the sky as astronomers see it."),
    LabelInfo("Sport", "Matches, races, athletes and clubs."),
    LabelInfo("Weather", "What it is like outside, and the forecast."),
)
FACTS = Facts(
    rows=600, labelled=0, unlabelled=600, classes={}, smallest_class=0, median_class=0, tokens_p50=30, tokens_p95=60,
    tokens_max=90, max_length=256, cut_off=0, duplicates=0, data_size="none", mostly_unlabelled=True,
)  # fmt: skip
LAPTOP = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")


@pytest.fixture(scope="module")
def news() -> tuple[list[str], list[str]]:
    """72 items and their topics; nobody but the test looks at these."""
    table, labels = read_table(NEWS), {info.label for info in INFOS}
    pairs = zip(table.column("item"), table.column("topic"), strict=True)
    found = [(text, label) for text, label in pairs if text.strip() and label in labels][:72]
    return [text for text, _ in found], [label for _, label in found]


@pytest.fixture
def given(tmp_path: Path, own_store: None) -> Callable[..., tuple[FitInput, list[dict[str, Any]], list[str]]]:
    def build(
        texts: Sequence[str], infos: Sequence[LabelInfo] = INFOS, **wishes: Any
    ) -> tuple[FitInput, list[dict[str, Any]], list[str]]:
        events: list[dict[str, Any]] = []
        phases: list[str] = []
        made = FitInput(
            Plan("classify", "zero_shot", "minilm", "", wishes), make_settings(Settings, wishes),
            tuple(info.label for info in INFOS), [], [], [], [], base_folder("minilm"), tmp_path,
            lambda kind, **fields: events.append({"kind": kind, **fields}), lambda name, title: phases.append(name),
            lambda: None, lambda: None, label_infos=infos, unlabelled_texts=texts,
        )  # fmt: skip
        return made, events, phases

    return build


def _answers(found: Any, texts: Sequence[str]) -> list[str]:
    from tlcore.engine.embeddings import stored_states
    from tlcore.engine.tokens import tokenize

    ids = tokenize(found.tokenizer_folder, texts, found.max_length)
    states = stored_states(found.encoder, found.tokenizer_folder, ids, lambda *_, **__: None, lambda: None)
    best = linear_probabilities(found.head.tensors(), features(states, found.layers)).argmax(1)
    return [INFOS[i].label for i in best]


def test_without_a_label_it_beats_the_commonest_one_and_words_in_common(given: Any, news: Any) -> None:
    texts, truth = news
    made, events, phases = given(texts)
    found = STRATEGY.fit(made)

    def score(answers: Sequence[str]) -> float:
        return float(f1_score(truth, answers, average="macro"))

    named = [info.label for info in INFOS]
    assert score(_answers(found, texts)) > score(majority_answers(truth, texts)) + 0.4
    assert score(_answers(found, texts)) > score(described_answers([said(i) for i in INFOS], named, texts)) + 0.1
    assert found.layers == (3, 6)
    assert found.chosen["refined_on_texts"] == 0  # too few for it
    assert phases == list(STRATEGY.job_phases)
    assert any("Too few texts" in event.get("text", "") for event in events)
    blocks = next(event["blocks"] for event in events if event["kind"] == "blocks")
    assert [block["moves"] for block in blocks] == [False] * 7 + [True]


def test_descriptions_help_and_labels_of_the_rows_do_not_matter(given: Any, news: Any) -> None:
    texts, truth = news
    described, bare = (STRATEGY.fit(given(texts, infos)[0]) for infos in (INFOS, ()))
    scores = [f1_score(truth, _answers(one, texts), average="macro") for one in (described, bare)]
    assert scores[0] > scores[1]
    made, _, _ = given([])
    taught = replace(made, train_texts=texts, train_y=[0] * len(texts))
    assert np.array_equal(STRATEGY.fit(taught).head.weight, described.head.weight)


def test_with_enough_texts_it_learns_from_them_and_the_same_seed_gives_the_same_model(
    given: Any, news: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlcore.engine.described.FEWEST_TEXTS", 60)
    texts, _ = news
    first, second = (STRATEGY.fit(given(texts)[0]) for _ in range(2))
    assert first.chosen["refined_on_texts"] == len(texts)
    assert np.array_equal(first.head.weight, second.head.weight)
    off = STRATEGY.fit(given(texts, refine=False)[0])
    assert off.chosen["refined_on_texts"] == 0
    assert not np.allclose(first.head.weight, off.head.weight)


def test_validation_rows_are_answered_and_not_learned_from(given: Any, news: Any) -> None:
    texts, _ = news
    made, _, _ = given(texts[:60])
    with_them = STRATEGY.fit(replace(made, validation_texts=texts[60:], validation_y=[0] * 12))
    assert with_them.validation_probabilities.shape == (12, len(INFOS))
    assert np.allclose(with_them.validation_probabilities.sum(1), 1, atol=1e-4)
    assert np.array_equal(with_them.head.weight, STRATEGY.fit(made).head.weight)
    assert STRATEGY.fit(made).validation_probabilities is None


def test_what_is_said_of_a_label() -> None:
    assert said(LabelInfo("card_lost", " The card is gone. ")) == "card lost: The card is gone."
    assert said(LabelInfo("card_lost")) == "card lost"


def test_of_very_many_texts_a_sample_is_read(given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlcore.strategies.zero_shot.MOST_TEXTS", 10)
    made, _, _ = given([f"text {i}" for i in range(50)])
    chosen = texts_of(made)
    assert len(chosen) == 10
    assert chosen == texts_of(made)
    assert chosen == sorted(chosen, key=lambda text: int(text.split()[1]))


def test_a_cancel_ends_it(given: Any, news: Any) -> None:
    def stop() -> None:
        raise StopRequested("cancel")

    made, _, _ = given(news[0])
    with pytest.raises(StopRequested):
        STRATEGY.fit(replace(made, check_stop=stop, stop_wish=lambda: "cancel"))


def test_who_answers_is_a_setting_and_another_is_refused() -> None:
    assert set(BACKENDS) == set(Settings.__dataclass_fields__["backend"].metadata["choices"])
    with pytest.raises(TlcoreError, match="not one of its choices"):
        make_settings(Settings, {"backend": "crystal ball"})


def test_the_estimate_is_a_range_that_grows_with_the_work() -> None:
    def cost(facts: Facts = FACTS) -> tuple[float, float]:
        found = STRATEGY.estimate(facts, LAPTOP, make_settings(Settings, {}))
        assert 0 < found.seconds_low < found.seconds_high
        return found.seconds_low, found.seconds_high

    assert cost() < cost(replace(FACTS, rows=6_000))
    assert cost() < cost(replace(FACTS, tokens_p50=100))
