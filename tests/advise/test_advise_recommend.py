"""tlcore.advise.recommend: what is proposed, why, what else, and what stands in for what is still to come."""

import dataclasses
import json
from collections.abc import Callable
from itertools import product

import pytest
from test_advise_fakes import FakeStrategy, facts, frozen, full, machine

from tlcore.advise import CASES, DECISION_TABLE, Said, recommend, table
from tlcore.advise.recommend import MOST_TO_COME
from tlcore.errors import TlcoreError
from tlcore.models.bases import get_base
from tlcore.plan import Plan

Install = Callable[..., None]


@pytest.fixture(autouse=True)
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Sets which strategies there are; at first the two of this version."""

    def set_strategies(*strategies: FakeStrategy) -> None:
        monkeypatch.setattr(table, "available_strategies", lambda: strategies)

    set_strategies(frozen(), full())
    return set_strategies


def test_few_rows_on_a_laptop() -> None:
    advice = recommend(facts(), machine())
    assert advice.row == 0
    assert advice.plan.strategy == "frozen_features"
    assert advice.sentence == "Keep the language model as it is and teach a small classifier on top of it."
    assert advice.substituted == ""
    assert advice.plan.settings == {"epochs": 3}
    assert advice.plan.base_revision == get_base("minilm").revision
    assert Plan.from_json(json.loads(json.dumps(advice.plan.to_json()))) == advice.plan


def test_reasons_carry_the_users_numbers() -> None:
    why = recommend(facts(), machine()).why
    assert 2 <= len(why) <= 4
    text = " ".join(why)
    for number in ("2,077 labelled rows", "77 classes", "27 a class", "2 cores", "15 to 30 seconds", "600 MB"):
        assert number in text


def test_the_alternative_is_told_with_time_and_rows() -> None:
    first = recommend(facts(), machine()).alternatives[0]
    assert (first.strategy, first.available) == ("full_finetune", True)
    assert first.why_not == "About 4 minutes instead of 20 seconds; with 27 rows a class it often gains a few points."
    assert first.estimate is not None


@pytest.mark.parametrize(
    ("rows", "classes", "words"),
    [
        (40, 2, "may learn the rows by heart"),
        (300, 60, "with only 5 rows a class it may learn the rows by heart"),
        (600, 2, "with 300 rows a class it sometimes gains"),
    ],
)
def test_moving_more_is_not_always_better(rows: int, classes: int, words: str) -> None:
    assert words in recommend(facts(rows=rows, classes=classes), machine()).alternatives[0].why_not


def test_what_is_not_here_yet_is_named_and_marked() -> None:
    advice = recommend(facts(), machine("medium"))
    to_come = [one for one in advice.alternatives if not one.available]
    assert to_come[0].strategy == "top_layers"
    assert "your case" in to_come[0].why_not
    assert all("ot in this version yet" in one.why_not and one.estimate is None for one in to_come)
    assert len(to_come) == len({one.strategy for one in to_come}) == MOST_TO_COME


def test_all_that_can_be_done_is_offered(install: Install) -> None:
    """However many ways there are: with eight, the last had fallen off the list."""
    install(frozen(), *(dataclasses.replace(full(), name=f"way {i}") for i in range(12)))
    offered = [one.strategy for one in recommend(facts(), machine()).alternatives if one.available]
    assert offered == [f"way {i}" for i in range(12)]


@pytest.mark.parametrize(
    ("size", "compute", "complexity", "row", "strategy", "replaced"),
    [
        ("small", "low", "simple", 0, "frozen_features", False),
        ("small", "medium", "domain", 1, "frozen_features", True),
        ("small", "very_low", "simple", 2, "frozen_features", True),
        ("medium", "medium", "sequential", 3, "full_finetune", True),
        ("large", "high", "simple", 4, "full_finetune", False),
        ("none", "api", "exploratory", 5, "frozen_features", True),
        ("unlabelled", "low", "simple", 6, "frozen_features", True),
        ("large", "high", "multimodal", 7, "frozen_features", True),
    ],
)
def test_every_row_of_the_table(
    size: str, compute: str, complexity: str, row: int, strategy: str, replaced: bool
) -> None:
    advice = recommend(facts(), machine(), said=Said(size, compute, complexity))
    assert (advice.row, advice.plan.strategy) == (row, strategy)
    assert bool(advice.substituted) is replaced
    if replaced:
        assert DECISION_TABLE[row].approach in advice.substituted
        assert "not in this version yet" in advice.substituted


def test_every_situation_gives_a_plan() -> None:
    for data, compute, complexity in product(*CASES.values()):
        advice = recommend(facts(), machine(), said=Said(data, compute, complexity))
        assert 2 <= len(advice.why) <= 4
        assert all(text.endswith(".") for text in advice.why)


def test_a_substitute_that_takes_too_long_is_not_taken(install: Install) -> None:
    middling = facts("medium", 10_003)
    assert recommend(middling, machine("medium")).plan.strategy == "full_finetune"
    install(frozen(60), full(3 * 3600))
    advice = recommend(middling, machine("medium"))
    assert advice.plan.strategy == "frozen_features"
    assert advice.alternatives[0].why_not.startswith("About 3 hours instead of 1 minute")
    install(frozen(2 * 3600), full(5 * 3600))
    assert recommend(middling, machine("medium")).plan.strategy == "frozen_features"


def test_the_rows_own_strategy_is_taken_once_it_is_here(install: Install) -> None:
    install(frozen(), full(), FakeStrategy("top_layers", "Teach the top", 2, 90))
    advice = recommend(facts(), machine("medium"))
    assert (advice.plan.strategy, advice.substituted) == ("top_layers", "")
    assert advice.sentence == "What it does."  # two rows of the table name it: its own words are used
    assert [one.strategy for one in advice.alternatives[:2]] == ["frozen_features", "full_finetune"]
    assert "a few points behind" in advice.alternatives[0].why_not


def test_a_choice_of_the_users_own() -> None:
    advice = recommend(facts(), machine(), strategy="full_finetune", settings={"epochs": "6"}, seed=3)
    assert (advice.plan.strategy, advice.plan.settings, advice.plan.seed) == ("full_finetune", {"epochs": 6}, 3)
    assert advice.estimate.seconds_high == pytest.approx(480 / 0.7)
    assert any("You chose this yourself" in text and "Keep the model" in text for text in advice.why)
    assert advice.substituted == ""
    assert advice.alternatives[0].strategy == "frozen_features"
    assert "instead of 8 minutes" in advice.alternatives[0].why_not


def test_wrong_wishes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table.PLANNED_TITLES, "later", "A way to come")
    with pytest.raises(TlcoreError, match="not in this version yet"):
        recommend(facts(), machine(), strategy="later")
    with pytest.raises(TlcoreError, match="no strategy called"):
        recommend(facts(), machine(), strategy="magic")
    with pytest.raises(TlcoreError, match="out of range"):
        recommend(facts(), machine(), settings={"epochs": 50})
    with pytest.raises(TlcoreError, match="Choose from"):
        recommend(facts(), machine(), said=Said(data="huge"))


def test_overrides_are_said() -> None:
    why = recommend(facts(), machine(), said=Said("large", "high")).why
    assert any("as you set it (data “large”, compute “high”)" in text for text in why)


def test_tiny_data_is_warned_of() -> None:
    why = recommend(facts(rows=40, classes=2), machine()).why
    assert any("only 40 rows" in text and "uncertain" in text for text in why)
    assert not any("uncertain" in text for text in recommend(facts(rows=50, classes=2), machine()).why)


def test_few_shots_count_as_what_is_learned_from() -> None:
    text = " ".join(recommend(facts(rows=2_000, classes=2, sampled=16), machine()).why)
    assert "16 rows to learn from in 2 classes, about 8 a class" in text
    assert "only 16 rows" in text


def test_other_warnings(install: Install) -> None:
    rare = dataclasses.replace(facts(), smallest_class=3, classes={"a": 2_074, "b": 3})
    assert "1 class has fewer than 10 rows (the smallest 3)" in recommend(rare, machine()).why[-1]
    long = facts(cut_off=900, estimated=True)
    assert recommend(long, machine()).why[-1].startswith("About 900 texts are longer than the 256 word pieces")
    advice = recommend(facts(), machine(free_memory_mb=1_000))
    assert advice.alternatives[0].why_not.endswith("needs about 1.5 GB of memory and only 1 GB is free.")
    advice = recommend(facts(), machine(free_memory_mb=400))
    assert advice.why[-1] == "It needs about 600 MB of memory and only 400 MB is free: close other programs first."


def test_no_labels_at_all() -> None:
    advice = recommend(facts("none", rows=0, classes=0, unlabelled=800, mostly_unlabelled=True), machine())
    assert advice.row == 5
    assert "needs some labelled rows" in advice.substituted
    assert advice.why[0] == "You have 800 rows and none of them has a label."


def test_nothing_installed(install: Install) -> None:
    install()
    with pytest.raises(TlcoreError, match="no strategy"):
        recommend(facts(), machine())


@pytest.mark.parametrize("seconds", [16, 20, 25])
def test_times_that_hardly_differ_are_said_as_such(install: Install, seconds: int) -> None:
    install(frozen(20), full(seconds))
    assert recommend(facts(), machine()).alternatives[0].why_not.startswith("Takes about as long;")


def test_what_is_slower_is_no_good_first_look(install: Install) -> None:
    install(frozen(300), full(60))
    first = recommend(facts("large", 25_000, 2), machine("high")).alternatives[0]
    assert (first.strategy, "first look" in first.why_not) == ("frozen_features", False)
    install(frozen(60), full(300))
    assert "first look" in recommend(facts("large", 25_000, 2), machine("high")).alternatives[0].why_not


def test_models_for_pictures_are_named_only_where_there_are_pictures() -> None:
    def names(complexity: str) -> list[str]:
        return [one.strategy for one in recommend(facts(), machine(), said=Said(complexity=complexity)).alternatives]

    assert "clip" in names("multimodal")
    assert "clip" not in names("simple")


def test_what_ends_in_the_time_there_is_is_proposed(install: Install) -> None:
    install(
        frozen(20),
        full(1_200),
        FakeStrategy("lora", "Add parts", 1, 200),
        FakeStrategy("top_layers", "Teach the top", 2, 250),
    )
    middling = facts("medium", 10_003)
    usual = recommend(middling, machine("medium"))
    assert usual.plan.strategy == "top_layers"
    assert recommend(middling, machine("medium"), said=Said(seconds=3600)).substituted == ""
    pressed = recommend(middling, machine("medium"), said=Said(seconds=60))
    assert pressed.plan.strategy == "frozen_features"
    assert pressed.substituted.startswith("“Teach the top” would take")
    assert "you have 1 minute" in pressed.substituted
    assert "ends in time" in pressed.substituted
    hopeless = recommend(middling, machine("medium"), said=Said(seconds=5))
    assert hopeless.plan.strategy == "frozen_features"
    assert "Nothing here is sure to end in time" in hopeless.substituted
