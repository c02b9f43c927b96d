import random
from collections.abc import Callable, Mapping

import pytest

from tlcore.checks.base import quoted
from tlcore.checks.label_variants import distance, is_slip, label_variants, merged_classes, plain_key
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

Build = Callable[..., Dataset]


def of(classify: Build, counts: Mapping[str, int]) -> Dataset:
    labels = [label for label, count in counts.items() for _ in range(count)]
    return classify([f"this is text {i}" for i in range(len(labels))], labels)


def test_spellings_of_one_label_are_merged_into_the_commonest(classify: Build) -> None:
    dataset = of(classify, {"Refund": 30, "refund": 4, "Refnud": 2, "Delivery": 20, "delivery.": 1})
    problem = label_variants(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title.startswith("2 labels seem to be spelt in more than one way")
    assert [(fix.kind, fix.labels, fix.to) for fix in problem.fixes] == [
        ("merge", ("refund", "Refnud"), "Refund"),
        ("merge", ("delivery.",), "Delivery"),
    ]
    assert problem.rows == (32, 33, 34, 35, 36, 37, 58)
    assert problem.notes[-1] == "may mean “Delivery”"
    assert problem.severity == "warning"
    assert problem.score == pytest.approx(1 - 7 / 57)


@pytest.mark.parametrize(
    "pair",
    [
        ("valid", "invalid"), ("type 1", "type 2"), ("type i", "type ii"), ("positive", "negative"), ("male", "female"),
        ("complete", "incomplete"), ("hypertension", "hypotension"), ("employer", "employee"), ("microeconomics", "macroeconomics"),
        ("internal", "external"), ("import", "export"), ("increase", "decrease"), ("legal", "illegal"), ("C", "C++"), ("C#", "C"),
        ("1", "-1"), ("A", "A+"), ("1.5", "15"), ("class a", "class b"), ("sale", "sell"), ("casual", "causal"), ("not paid", "paid"),
        ("2019-01", "2019-02"), ("north", "south"), ("card_payment", "cash_payment"), ("pending_transfer", "pending_top_up"),
        ("preoperative", "postoperative"), ("prescribed", "proscribed"), ("interstate", "intrastate"),
    ],
)  # fmt: skip
def test_other_things_are_never_merged_however_rare(classify: Build, pair: tuple[str, str]) -> None:
    for common, rare in (pair, pair[::-1]):
        dataset = of(classify, {common: 60, rare: 2, "something else": 20})
        assert label_variants(dataset, measure_facts(dataset)) is None


@pytest.mark.parametrize(
    ("label", "same"),
    [
        ("Refund", " refund "), ("card arrival", "card_arrival"), ("card-arrival", "Card  Arrival"), ("“yes”", "yes"), ("Yes.", "yes"),
        ("Ｆｕｌｌ", "full"), ("1.0", "1"), ("STRASSE", "straße"),
    ],
)  # fmt: skip
def test_capitals_spaces_strokes_and_quotes_make_no_other_label(label: str, same: str) -> None:
    assert plain_key(label) == plain_key(same)


@pytest.mark.parametrize(
    ("a", "b"), [("C++", "C"), ("-1", "1"), ("+1", "-1"), ("1.5", "15"), ("1-2", "12"), ("A+", "A"), ("01", "1")]
)
def test_signs_that_mean_something_stay(a: str, b: str) -> None:
    assert plain_key(a) != plain_key(b)


@pytest.mark.parametrize(
    ("a", "b", "steps"),
    [
        ("refnud", "refund", 1),
        ("refun", "refund", 1),
        ("reffund", "refund", 1),
        ("refunt", "refund", 1),
        ("abcd", "wxyz", 2),
        ("a", "abcd", 2),
    ],
)
def test_the_distance_counts_slips_up_to_a_most(a: str, b: str, steps: int) -> None:
    assert min(distance(a, b, 1), 2) == steps


def test_short_words_and_words_with_digits_are_no_slips() -> None:
    assert is_slip("delivrey", "delivery")
    assert not is_slip("cart", "card")
    assert not is_slip("model1", "model2")


def test_two_common_labels_are_two_labels(classify: Build) -> None:
    dataset = of(classify, {"refund": 30, "refunt": 20})
    assert label_variants(dataset, measure_facts(dataset)) is None


def test_a_word_that_the_texts_use_is_no_slip(classify: Build) -> None:
    labels = ["gluon"] * 30 + ["gluin"] * 2 + ["else"] * 10
    texts = [f"gluin number {i}" if i < 5 else f"text {i}" for i in range(42)]
    dataset = classify(texts, labels)
    assert label_variants(dataset, measure_facts(dataset)) is None
    dataset = classify([f"text {i}" for i in range(42)], labels)
    assert label_variants(dataset, measure_facts(dataset)) is not None


def test_classes_are_counted_as_if_spelt_alike(classify: Build) -> None:
    dataset = of(classify, {"Refund": 30, "refund": 4, "Delivery": 20})
    assert merged_classes(dataset, measure_facts(dataset)) == {"Refund": 34, "Delivery": 20}


def slip(label: str, rng: random.Random) -> str:
    """The label with one letter of its longest word swapped, doubled, left out or changed, or other capitals."""
    word = max(label.split("_"), key=len)
    i = rng.randrange(1, len(word) - 1)
    typed = rng.choice([
        word[:i] + word[i + 1] + word[i] + word[i + 2 :], word[:i] + word[i] + word[i:], word[:i] + word[i + 1 :],
        word[:i] + rng.choice("qxz") + word[i + 1 :], word.upper(),
    ])  # fmt: skip
    return label.replace(word, typed, 1)


def test_slips_planted_in_77_real_labels_are_found_and_nothing_else_is(bench_data, classify: Build) -> None:
    from tlcore.tables import read_table

    table = read_table(bench_data / "banking77" / "train.csv")
    texts, labels = table.column("text"), table.column("label")
    clean = classify(texts, labels)
    assert label_variants(clean, measure_facts(clean)) is None
    rng = random.Random(0)
    changed = rng.sample(range(len(labels)), 60)
    dirty = list(labels)
    for i in changed:
        dirty[i] = slip(labels[i], rng)
    changed = [i for i in changed if dirty[i] != labels[i]]
    dataset = classify(texts, dirty)
    problem = label_variants(dataset, measure_facts(dataset))
    assert problem is not None
    meant = {i + 2: labels[i] for i in changed}
    found = dict(zip(problem.rows, problem.notes, strict=True))
    right = [row for row, note in found.items() if note == f"may mean {quoted(meant.get(row, '?'))}"]
    assert len(right) == len(found)
    assert len(right) >= 0.9 * len(changed)
