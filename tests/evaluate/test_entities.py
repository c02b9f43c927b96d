"""tlcore.evaluate.entities: names are counted as seqeval counts them; in part, by kind, with an interval; words are looked up."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.evaluate.entities import (
    counts_of,
    difference,
    entity_report,
    entity_scores,
    f1_of,
    looked_up,
    per_kind,
    with_interval,
)
from tlcore.tasks.marks import Span, spans_in, target_of

KINDS = ["LOC", "ORG", "PER"]


def t(*spans: Span) -> str:
    return target_of(spans)


def drawn(seed: int, rows: int = 60, words: int = 12) -> tuple[list[list[str]], list[str]]:
    """Tags of words (IOB2), and the same as spans, a word being ten characters wide."""
    rng, tags, targets = np.random.default_rng(seed), [], []
    for _ in range(rows):
        row, spans, at = ["O"] * words, [], 0
        while at < words:
            size = int(rng.integers(1, 4))
            if rng.random() < 0.4:
                kind, end = KINDS[rng.integers(len(KINDS))], min(at + size, words)
                row[at:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - at - 1)
                spans.append((10 * at, 10 * end - 1, kind))
            at += size
        tags.append(row)
        targets.append(target_of(spans))
    return tags, targets


def some_wrong(tags: list[list[str]], targets: list[str]) -> tuple[list[list[str]], list[str]]:
    """Answers that are right in two rows of three."""
    other_tags, other = drawn(7, len(tags), len(tags[0]))
    pick = [i % 3 == 0 for i in range(len(tags))]
    return (
        [b if wrong else a for a, b, wrong in zip(tags, other_tags, pick, strict=True)],
        [b if wrong else a for a, b, wrong in zip(targets, other, pick, strict=True)],
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_exact_scores_are_those_of_seqeval(seed: int) -> None:
    seqeval = pytest.importorskip("seqeval.metrics")
    tags, truth = drawn(seed)
    said_tags, said = some_wrong(tags, truth)
    ours = entity_scores(truth, said, KINDS)
    assert 0.3 < ours["entity_f1"] < 0.95
    assert ours["entity_f1"] == pytest.approx(seqeval.f1_score(tags, said_tags), abs=1e-4)
    assert ours["precision"] == pytest.approx(seqeval.precision_score(tags, said_tags), abs=1e-4)
    assert ours["recall"] == pytest.approx(seqeval.recall_score(tags, said_tags), abs=1e-4)
    by_kind = seqeval.classification_report(tags, said_tags, output_dict=True)
    for row in per_kind(truth, said, KINDS):
        theirs = by_kind[row["label"]]
        assert (row["f1"], row["rows"]) == (pytest.approx(theirs["f1-score"], abs=1e-4), theirs["support"])


def test_counts_by_row_and_kind() -> None:
    truth = [t((0, 3, "PER"), (10, 14, "LOC")), t(), t((0, 5, "ORG"))]
    said = [t((0, 3, "PER"), (10, 12, "LOC"), (20, 22, "LOC")), t((0, 2, "PER")), ""]
    assert counts_of(truth, said).tolist() == [[1, 3, 2, 2], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert counts_of(truth, said, "LOC").tolist() == [[0, 2, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    scores = entity_scores(truth, said, KINDS)
    assert (scores["found"], scores["said"], scores["names"], scores["wrong"], scores["rows"]) == (1, 4, 3, 3, 3)
    assert scores["entity_f1"] == pytest.approx(2 / 7, abs=1e-4)


def test_the_kind_must_be_right_and_in_part_counts_an_overlap() -> None:
    truth = [t((0, 12, "PER"))]
    assert entity_scores(truth, [t((0, 12, "LOC"))], KINDS)["entity_f1"] == 0
    part = entity_scores(truth, [t((4, 12, "PER"))], KINDS)
    assert (part["entity_f1"], part["partial_f1"]) == (0, 1)
    assert entity_scores(truth, [t((12, 14, "PER"))], KINDS)["partial_f1"] == 0
    both_halves = entity_scores(truth, [t((0, 3, "PER"), (4, 12, "PER"))], KINDS)
    assert both_halves["partial_f1"] == pytest.approx(2 / 3, abs=1e-4), "one true name counts once"


def test_nothing_there_and_nothing_said_is_right() -> None:
    assert f1_of(np.array([0, 0, 0, 0])) == 1
    assert entity_scores([t()], [t()], KINDS)["entity_f1"] == 1
    assert entity_scores([], [], KINDS)["entity_f1"] is None
    assert with_interval([], [], KINDS)["entity_f1_low"] is None


def test_the_interval_holds_the_score_and_narrows_with_rows() -> None:
    tags, truth = drawn(3, 240)
    said = some_wrong(tags, truth)[1]
    few, many = (with_interval(truth[:n], said[:n], KINDS) for n in (30, 240))
    for found in (few, many):
        assert found["entity_f1_low"] < found["entity_f1"] < found["entity_f1_high"]
    assert many["entity_f1_high"] - many["entity_f1_low"] < few["entity_f1_high"] - few["entity_f1_low"]
    perfect = with_interval(truth[:30], truth[:30], KINDS)
    assert perfect["entity_f1_high"] == 1
    assert perfect["entity_f1_low"] < 1, "thirty rows prove no perfection"


def test_a_difference_is_real_or_may_be_luck() -> None:
    tags, truth = drawn(4)
    worse = some_wrong(tags, truth)[1]
    gap = difference(truth, truth, worse, "lookup")
    assert gap["real"]
    assert gap["low"] <= gap["entity_f1"] <= gap["high"]
    assert not difference(truth, worse, worse, "lookup")["real"]
    report = entity_report(truth, truth, {"lookup": worse}, KINDS)
    assert report["difference"]["entity_f1"] == gap["entity_f1"]
    assert report["baselines"]["lookup"]["entity_f1"] < report["test"]["entity_f1"] == 1


def test_kinds_that_need_help_come_first_and_those_without_a_score_last() -> None:
    truth, said = [t((0, 3, "PER"), (5, 8, "LOC"))], [t((0, 3, "PER"))]
    assert [row["label"] for row in per_kind(truth, said, KINDS)] == ["LOC", "PER", "ORG"]


def test_words_seen_before_are_looked_up() -> None:
    texts = ["Ada Lovelace met Ada in May", "May came", "May went", "It may rain in New York", "York is old"]
    targets = [
        t((0, 12, "PER"), (17, 20, "PER"), (24, 27, "DATE")), t(), t(), t((15, 23, "LOC")), t((0, 4, "ORG")),
    ]  # fmt: skip
    unseen = ["Ada Lovelace saw Ada.", "May in New York", "York, Adam", ""]
    found = [
        [(text[begin:end], label) for begin, end, label in spans_in(answer)]
        for text, answer in zip(unseen, looked_up(texts, targets, unseen), strict=True)
    ]
    assert found == [
        [("Ada Lovelace", "PER")],  # “Ada” by itself was marked once, seen twice
        [("New York", "LOC")],  # the longest; “May” was no name twice of three times
        [],  # nor was “York”
        [],
    ]
