from collections.abc import Callable, Sequence

from tlcore.checks.leaks import leaks
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts
from tlcore.tables import Table

WORDS = ["first", "second", "third", "fourth", "fifth", "sixth", "ninth", "tenth", "last", "only"]
TEXTS = [f"this is the {word} text of them all" for word in WORDS]
LABELS = ["a", "b"] * 5


def found(dataset: Dataset) -> object:
    return leaks(dataset, measure_facts(dataset))


def with_test(
    classify: Callable[..., Dataset], make_table: Callable[..., Table], texts: Sequence[str], labels: Sequence[str]
) -> Dataset:
    return classify(TEXTS, LABELS, test=make_table("test.csv", text=texts, label=labels))


def test_rows_that_the_test_file_repeats_are_named_with_the_row_there(
    classify: Callable[..., Dataset], make_table: Callable[..., Table]
) -> None:
    dataset = with_test(
        classify,
        make_table,
        ["quite another sentence", "This is the third text, of them all!", TEXTS[0]],
        ["a", "b", "a"],
    )
    problem = found(dataset)
    assert problem.rows == (2, 4)
    assert problem.notes == ("same as row 4 of the test file", "same as row 3 of the test file")
    assert problem.title.startswith("2 of 3 test rows are")
    assert problem.score == 1 - 2 / 3
    assert problem.severity == "warning"
    assert [(fix.kind, fix.rows) for fix in problem.fixes] == [("leave_out", (2, 4))]


def test_other_texts_and_texts_without_a_label_are_no_leak(
    classify: Callable[..., Dataset], make_table: Callable[..., Table]
) -> None:
    assert found(with_test(classify, make_table, ["quite another sentence", TEXTS[0]], ["a", ""])) is None


def test_the_split_of_our_own_leaks_nothing(classify: Callable[..., Dataset]) -> None:
    texts = [text for text in TEXTS for _ in range(4)]
    assert found(classify(texts, [label for label in LABELS for _ in range(4)])) is None
