"""tlcore.strategies.asking: a small model learns from what a language model answers, and what was not answered is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.metrics import f1_score

from tests.strategies.made_teacher import LABELS, KnowsAll, answers_of, made_input, tickets
from tlcore.errors import StopRequested, TlcoreError
from tlcore.evaluate.baselines import majority_answers
from tlcore.facts import Facts
from tlcore.llm.teachers import Hooks
from tlcore.machine import Machine
from tlcore.plan import make_settings
from tlcore.strategies import get_strategy
from tlcore.strategies.asking import PHASES, ask_and_learn, rows_to_compare, similar_rows, texts_to_ask

ROWS = tickets()
TRUTH = dict(ROWS)
ASKED, UNSEEN = [text for text, _ in ROWS[:80]], ROWS[80:130]
ZERO_SHOT = get_strategy("zero_shot")
FACTS = Facts(
    rows=600, labelled=0, unlabelled=600, classes={}, smallest_class=0, median_class=0, tokens_p50=30, tokens_p95=60,
    tokens_max=90, max_length=256, cut_off=0, duplicates=0, data_size="none", mostly_unlabelled=True,
)  # fmt: skip
LAPTOP = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")


def test_the_small_model_learns_from_the_answers(tmp_path: Path) -> None:
    made, events, phases = made_input(tmp_path, "zero_shot", ASKED)
    teacher = KnowsAll(TRUTH)
    found = ask_and_learn(made, ZERO_SHOT, teacher)
    texts, truth = [text for text, _ in UNSEEN], [label for _, label in UNSEEN]

    def score(answers: list[str]) -> float:
        return float(f1_score(truth, answers, average="macro"))

    assert score(answers_of(found, texts)) > score(majority_answers(truth, texts)) + 0.4
    assert (teacher.asked, teacher.parts) == (ASKED, ["learn"])
    assert tuple(phases) == PHASES
    learned = found.asked.learned
    assert (learned["rows"], learned["answered"], learned["could_not_tell"]) == (80, 70, 10)
    assert learned["reasons"] == [["It would not say.", 10]]
    assert learned["agreement_rows"] == 14
    assert learned["agreement"] > 0.4
    assert any("10 of 80 texts got no label" in event.get("text", "") for event in events)
    assert any("0.25 US dollars" in str(event.get("unit")) for event in events)


def test_without_two_labels_nothing_can_be_learned_and_it_is_said_why(tmp_path: Path) -> None:
    for say, why in ((lambda text: "Billing", "fewer than two"), (lambda text: None, "It would not say")):
        made, _, phases = made_input(tmp_path, "zero_shot", ASKED[:12])
        with pytest.raises(TlcoreError, match="Nothing can be learned") as error:
            ask_and_learn(made, ZERO_SHOT, KnowsAll(TRUTH, say))
        assert why in str(error.value)
        assert phases == ["ask"]


def test_labels_of_rows_are_not_told_to_zero_shot(tmp_path: Path) -> None:
    wrong = [(text, "Billing") for text in ASKED[:30]]
    made, _, _ = made_input(tmp_path, "zero_shot", ASKED[30:60], wrong)
    teacher = KnowsAll(TRUTH)
    found = ask_and_learn(made, ZERO_SHOT, teacher)
    assert sorted(teacher.asked) == sorted(ASKED[:60])
    assert found.asked.learned["own_rows"] == 0


def test_an_answer_that_is_less_sure_counts_less(tmp_path: Path) -> None:
    from tlcore.llm.question import Answer
    from tlcore.llm.teachers import Told
    from tlcore.strategies.asking import Taught

    told = Told((Answer("Billing", 0.25), Answer(None, None, "no"), Answer("Account"), Answer("Nonsense")))
    taught = Taught.of(told, ["a", "b", "c", "d"], list(LABELS), ["e"], [2])
    assert (taught.texts, taught.y, taught.weight, taught.answered) == (["a", "c", "e"], [1, 0, 2], [0.25, 1.0, 1.0], 2)


def test_a_cancel_ends_it_while_asking(tmp_path: Path) -> None:
    def stop() -> None:
        raise StopRequested("cancel")

    made, _, _ = made_input(tmp_path, "zero_shot", ASKED)
    with pytest.raises(StopRequested):
        ask_and_learn(replace(made, check_stop=stop), ZERO_SHOT, KnowsAll(TRUTH))


def test_nobody_is_asked_over_a_network_without_a_word(tmp_path: Path, home: Path) -> None:
    made, _, _ = made_input(tmp_path, "zero_shot", ASKED, backend="api", model="m")
    with pytest.raises(TlcoreError, match="Nobody has agreed"):
        ZERO_SHOT.fit(made)
    with pytest.raises(TlcoreError, match="Which model"):
        ZERO_SHOT.fit(made_input(tmp_path, "zero_shot", ASKED, backend="api")[0])


def test_of_many_texts_some_are_asked_about_and_always_the_same() -> None:
    texts = [f"text {i}" for i in range(50)]
    chosen = texts_to_ask([*texts, " ", *texts], 10, seed=1)
    assert (len(chosen), chosen) == (10, texts_to_ask(texts, 10, seed=1))
    assert chosen != texts_to_ask(texts, 10, seed=2)
    assert chosen == sorted(chosen, key=texts.index)
    assert texts_to_ask(texts[:3], 10, 0) == texts[:3]
    assert (rows_to_compare(3, 5, 0), len(rows_to_compare(50, 5, 0)), rows_to_compare(3, 0, 0)) == ([0, 1, 2], 5, [])


def test_examples_are_rows_like_the_text_and_never_itself() -> None:
    texts = ["the red car", "the red bus", "a green tree", "a green leaf", "blue sky"]
    labels = ["vehicle", "vehicle", "plant", "plant", "sky"]
    chosen = similar_rows(texts, labels, 2, 0)
    assert chosen("my red car")[-1] == ("the red car", "vehicle")
    assert chosen("a green leaf")[-1] == ("a green tree", "plant")
    assert ("a green leaf", "plant") not in chosen("a green leaf")
    assert len({label for _, label in chosen("the red one")}) == 2
    assert similar_rows(["!!", "??"], ["a", "b"], 2, 0)("text") == []


def test_the_estimate_grows_with_the_texts_asked_about() -> None:
    def cost(**wishes: object) -> float:
        return ZERO_SHOT.estimate(FACTS, LAPTOP, make_settings(ZERO_SHOT.Settings, wishes)).seconds_high

    assert cost() < cost(backend="smollm2", most_rows=50) < cost(backend="smollm2", most_rows=300)
    assert cost() < cost(backend="api")


@pytest.mark.slow
def test_the_model_on_this_machine_teaches_from_descriptions_alone(tmp_path: Path, home: Path) -> None:
    """SmolLM2 itself, on few rows of two labels."""
    from tlcore.label_info import LabelInfo

    said = {
        "Account": "Trouble with the login, the password or the user's own data.",
        "Delivery": "A parcel is late, lost or damaged.",
    }
    rows = [(text, label) for text, label in ROWS if label in said][:24]
    made, _, _ = made_input(tmp_path, "zero_shot", [text for text, _ in rows])
    found = ZERO_SHOT.fit(replace(made, labels=tuple(said), label_infos=[LabelInfo(*one) for one in said.items()]))
    told = found.asked.teacher.answer([text for text, _ in rows], "test", Hooks())
    right = sum(one.label == label for one, (_, label) in zip(told.answers, rows, strict=True))
    assert right >= 18
    assert (found.asked.learned["answered"], found.asked.teacher.dollars) == (24, 0.0)
    assert found.head.weight.shape[0] == 2
