"""tlcore.datasets: every row of the file is still there, with its side or the reason why not; what cannot be learned is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tlcore.datasets import TEST, TRAIN, VALIDATION, Dataset, load_dataset, make_dataset
from tlcore.errors import StopRequested, TlcoreError
from tlcore.files import read_json, write_json
from tlcore.mend import mend_from_grid
from tlcore.splits import CHANCE, DATE, GROUP, LEFT_OUT, UNLABELLED, Sample, SplitWish, interval_for_rows, text_number
from tlcore.tables import Table, read_table
from tlcore.tasks import get_task
from tlcore.told import Nobody

Make = Callable[..., Table]
Classify = Callable[..., Dataset]
ROLES = {"text": ("text",), "label": ("label",)}


def some(count: int) -> list[str]:
    return [f"this is text {i}" for i in range(count)]


def test_nothing_is_dropped_and_each_row_left_aside_says_why(classify: Classify) -> None:
    texts = [*some(30), "", "   ", "no label here", "of a class left out"]
    labels = [*["a", "b"] * 15, "a", "", " ", "c"]
    dataset = classify(texts, labels, leave_out=("c",))
    assert dataset.rows["row"][:] == list(range(2, 36))
    assert dataset.rows["split"][30:] == [LEFT_OUT, LEFT_OUT, UNLABELLED, LEFT_OUT]
    assert dataset.rows["why"][30:] == ["no text", "no text", "", "label left out by you"]
    assert set(dataset.rows["why"][:30]) == {""}
    assert sum(dataset.counts().values()) == 34
    assert dataset.labels == ("a", "b")
    assert dataset.left_out_labels == ("c",)
    said = " ".join(dataset.warnings)
    assert "row 32, 33" in said
    assert "row 35" in said
    assert "1 rows have no label" in said or "1 row has no label" in said


def test_sides_and_texts_belong_together(classify: Classify) -> None:
    dataset = classify(some(40), ["a", "b"] * 20)
    seen = [text for side in (TRAIN, VALIDATION, TEST) for text in dataset.texts(side)]
    assert sorted(seen) == sorted(some(40))
    for side in (TRAIN, VALIDATION, TEST):
        for text, label in zip(dataset.texts(side), dataset.targets(side), strict=True):
            assert label == "ab"[int(text.split()[-1]) % 2]
    assert dataset.class_counts() == {"a": 20, "b": 20}
    assert dataset.counts() == {side: len(dataset.texts(side)) for side in (TRAIN, VALIDATION, TEST)}


def test_the_seed_decides_the_split(classify: Classify) -> None:
    texts, labels = some(60), ["a", "b"] * 30
    assert classify(texts, labels, seed=1).texts(TEST) == classify(texts, labels, seed=1).texts(TEST)
    assert classify(texts, labels, seed=1).texts(TEST) != classify(texts, labels, seed=2).texts(TEST)


def test_it_comes_back_from_disk_as_it_was(classify: Classify, make_table: Make, tmp_path: Path) -> None:
    test = make_table("test.csv", text=["unseen", "other"], label=["a", "b"])
    dataset = classify(some(40), ["a", "b"] * 20, seed=5, sample=Sample(rows=20), leave_out=("z",), test=test)
    dataset.save(tmp_path / "dataset")
    found = load_dataset(tmp_path / "dataset")
    assert found.rows.to_dict() == dataset.rows.to_dict()
    for name in ("task", "roles", "seed", "labels", "how", "test_how", "warnings", "sample", "left_out_labels"):
        assert getattr(found, name) == getattr(dataset, name), name
    json.loads((tmp_path / "dataset" / "dataset.json").read_text(encoding="utf-8"))


def test_an_empty_folder_holds_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(TlcoreError, match="no prepared data"):
        load_dataset(tmp_path)


def test_several_text_columns_become_one_text_and_blank_ones_vanish(make_table: Make) -> None:
    table = make_table(title=["Fan", " ", "Fan "], body=["broken", "late", ""], label=["a", "b", "a"])
    table = make_table(**{name: table.column(name) * 5 for name in table.columns})
    dataset = make_dataset(table, get_task("classify"), {"text": ("title", "body"), "label": ("label",)})
    texts = dataset.rows["text"][:3]
    assert texts[0].startswith("Fan")
    assert texts[0].endswith("broken")
    assert texts[1:] == ["late", "Fan"]


def test_labels_are_text_and_stripped(classify: Classify) -> None:
    dataset = classify(some(24), [" 1", "NA", "null", "1 "] * 6)
    assert dataset.labels == ("1", "NA", "null")
    assert dataset.class_counts()["1"] == 12


def test_the_row_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    lines = ["A title,,", "id,text,label", *[f"{i},this is text {i},{'ab'[i % 2]}" for i in range(20)]]
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    dataset = make_dataset(read_table(tmp_path / "rows.csv"), get_task("classify"), ROLES)
    assert dataset.rows["row"][:] == list(range(3, 23))


# the user's own test file


def test_a_test_file_of_ones_own_is_the_test_side_and_nothing_else_is(classify: Classify, make_table: Make) -> None:
    test = make_table("test.csv", text=["unseen one", "", "unseen two", "unseen three"], label=["a", "a", "b", ""])
    dataset = classify(some(40), ["a", "b"] * 20, test=test)
    assert dataset.texts(TEST) == ["unseen one", "unseen two"]
    assert dataset.part(TEST)["source"][:] == ["test file"] * 2
    assert dataset.counts()[TRAIN] + dataset.counts()[VALIDATION] == 40
    assert len(dataset.rows) == 44
    assert any(note.startswith("The test file:") and "row 3" in note for note in dataset.warnings)
    assert dataset.test_how is not None
    assert dataset.test_how.file == "test.csv"


def test_labels_only_the_test_file_has_are_said_and_stay(classify: Classify, make_table: Make) -> None:
    test = make_table("test.csv", text=["x one", "x two", "x three"], label=["a", "new", "new"])
    dataset = classify(some(40), ["a", "b"] * 20, test=test)
    assert dataset.targets(TEST) == ["a", "new", "new"]
    assert dataset.labels == ("a", "b")
    assert any("2 rows of the test file" in note and "“new” (2)" in note for note in dataset.warnings)


def test_a_test_file_that_cannot_test_is_refused(classify: Classify, make_table: Make) -> None:
    with pytest.raises(TlcoreError, match="test file"):
        classify(some(20), ["a", "b"] * 10, test=make_table("t.csv", text=["", "x"], label=["a", ""]))
    with pytest.raises(TlcoreError, match='no column "label"'):
        classify(some(20), ["a", "b"] * 10, test=make_table("t.csv", text=["x"], other=["a"]))


# what cannot be learned


def refused(make: Callable[[], object]) -> TlcoreError:
    """The error, which must have all three parts."""
    with pytest.raises(TlcoreError) as caught:
        make()
    error = caught.value
    assert error.what
    assert error.where
    assert error.fix
    return error


def test_one_column_cannot_hold_both(make_table: Make) -> None:
    table = make_table(message=some(20))
    error = refused(lambda: make_dataset(table, get_task("classify"), {"text": ("message",)}))
    assert "single column" in error.what
    assert "message" in error.fix


def test_a_missing_role_names_the_columns_there_are(make_table: Make) -> None:
    table = make_table(a=some(20), b=["x", "y"] * 10, c=["1"] * 20)
    error = refused(lambda: make_dataset(table, get_task("classify"), {"label": ("b",)}))
    assert "text" in error.what
    assert "single column" not in error.what
    assert "a, b, c" in error.fix


def test_a_column_that_is_not_there(make_table: Make) -> None:
    table = make_table(a=some(20), b=["x", "y"] * 10)
    error = refused(lambda: make_dataset(table, get_task("classify"), {"text": ("nope",), "label": ("b",)}))
    assert "nope" in error.what


def test_the_text_cannot_be_the_label(make_table: Make) -> None:
    table = make_table(a=some(20), b=["x", "y"] * 10)
    roles = {"text": ("a", "b"), "label": ("b",)}
    error = refused(lambda: make_dataset(table, get_task("classify"), roles))
    assert "b" in error.where


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        (some(20), ["a"] * 20, "same label, “a”"),
        (some(20), ["a"] * 19 + [""], "same label"),
        (some(3), ["a", "b", "a"], "Only 3 rows"),
        (some(20), [""] * 20, "No row has a label"),
        ([""] * 20, ["a", "b"] * 10, "no text in any row"),
        (some(5000), [str(i) for i in range(5000)], "5,000 different numbers"),
        (some(5000), [f"{i}.5" for i in range(5000)], "5,000 different numbers"),
        (some(60), [f"a remark of its own {i}" for i in range(60)], "60 different values"),
        ([], [], "no text in any row"),
    ],
    ids=[
        "one class",
        "one class and a gap",
        "3 rows",
        "no labels",
        "no text",
        "ids",
        "amounts",
        "free text",
        "no rows",
    ],
)
def test_what_cannot_be_learned_is_refused_in_words(
    classify: Classify, texts: Sequence[str], labels: Sequence[str], said: str
) -> None:
    assert said in refused(lambda: classify(texts, labels)).what


def test_leaving_out_all_classes_but_one_is_refused(classify: Classify) -> None:
    error = refused(lambda: classify(some(30), ["a", "b", "c"] * 10, leave_out=("b", "c")))
    assert "same label" in error.what


def test_a_class_of_one_row_is_warned_of_and_learned_from(classify: Classify) -> None:
    dataset = classify(some(31), [*["a", "b"] * 15, "lonely"])
    assert any("lonely" in note and "only one row" in note for note in dataset.warnings)
    assert dataset.rows["split"][30] == TRAIN
    assert "lonely" in dataset.labels


def test_good_rows_need_no_warning(classify: Classify) -> None:
    assert classify(some(40), ["a", "b"] * 20).warnings == ()


# how the rows are split, and what is kept of it


def test_a_wished_split_and_what_was_mended_are_recorded(make_table: Make, tmp_path: Path) -> None:
    table = make_table(text=some(90), label=["a", "b"] * 45, customer=[f"no {i // 3}" for i in range(90)])
    plain = make_dataset(table, get_task("classify"), ROLES)
    mend = mend_from_grid(plain, {5: {"label": "a"}, 6: {"use": "no"}})
    wish = SplitWish(group="customer", points=12, previous={"0": TEST})
    made = make_dataset(table, get_task("classify"), ROLES, mends=[mend], split=wish, seed=4)
    made.save(tmp_path)
    found = load_dataset(tmp_path)
    assert found.wish == made.wish == SplitWish(group="customer", points=12)
    assert found.mends == (mend,)
    assert found.history() == made.history()
    about = read_json(tmp_path / "dataset.json")
    assert [(one["title"], one["kind"], one["rows"]) for one in about["mends"]] == [(mend.title, "grid", 2)]
    split = about["split"]
    assert (split["how"], split["group"], split["seed"], split["own_test"]) == (GROUP, "customer", 4, False)
    assert split["rows"][TEST] == made.counts()[TEST] > 20
    assert split["interval"] == list(interval_for_rows(split["rows"][TEST]))
    assert read_json(tmp_path / "mends.json")[0]["id"] == mend.id


def test_by_date_the_newest_rows_are_the_test(make_table: Make) -> None:
    table = make_table(text=some(40), label=["a", "b"] * 20, day=[f"2024-01-{1 + i % 28:02}" for i in range(40)])
    made = make_dataset(table, get_task("classify"), ROLES, split=SplitWish(date="day"))
    days = dict(zip(made.rows["text"][:], table.column("day"), strict=True))
    assert made.split_how == DATE
    assert min(days[text] for text in made.texts(TEST)) > max(days[text] for text in made.texts(TRAIN))
    with pytest.raises(TlcoreError, match='no column "nope"'):
        make_dataset(table, get_task("classify"), ROLES, split=SplitWish(date="nope"))


def test_a_later_file_is_judged_on_the_same_rows(classify: Classify) -> None:
    first = classify(some(60), ["a", "b"] * 30)
    more = [f"quite another remark, the {i}th" for i in range(20)]
    later = classify([*more, *some(60)[::-1]], ["a", "b"] * 40, seed=9, split=SplitWish(previous=first.sides()))
    assert set(first.texts(TEST)) <= set(later.texts(TEST))
    assert set(later.texts(TEST)) - set(first.texts(TEST)) <= set(more)
    assert later.kept == 60
    assert later.history()["split"]["kept"] == 60


def test_rows_kept_before_there_were_mends_still_open(classify: Classify, tmp_path: Path) -> None:
    old = classify(some(40), ["a", "b"] * 20)
    old.rows.remove_columns(["mended", "was_text", "was_label"]).save_to_disk(str(tmp_path / "rows"))
    old.save(tmp_path / "new")
    about = read_json(tmp_path / "new" / "dataset.json")
    write_json(tmp_path / "dataset.json", {k: v for k, v in about.items() if k not in ("mends", "split", "wish")})
    found = load_dataset(tmp_path)
    assert (found.mends, found.outcomes, found.wish, found.split_how) == ((), (), SplitWish(), CHANCE)
    assert found.rows.to_dict() == old.rows.to_dict()
    found.save(tmp_path / "again")
    assert load_dataset(tmp_path / "again").texts(TEST) == old.texts(TEST)


def test_each_row_says_which_texts_are_the_same_and_which_nearly_so(classify: Classify) -> None:
    texts = [
        *some(40),
        "The parcel never arrived at my house",
        " the PARCEL never arrived at my house",
        "The parcel, never arrived at my house!",
        "The parcel never arrived at my house",
    ]
    made = classify(texts, [*["a", "b"] * 21, "a", ""])
    same, alike = made.rows["same"][:], made.rows["alike"][:]
    assert same[40] == same[41] == same[43] == text_number(texts[40])
    assert same[42] != same[40]
    assert len(set(same)) == 42
    assert alike == [*range(2, 42), 42, 42, 42, None], "numbers of rows in the file; null where there is no label"


def test_a_dataset_of_an_earlier_version_gets_the_numbers_of_its_texts(classify: Classify, tmp_path: Path) -> None:
    made = classify(some(40), ["a", "b"] * 20)
    made.save(tmp_path)
    shutil.rmtree(tmp_path / "rows")
    made.rows.remove_columns(["same", "alike"]).save_to_disk(str(tmp_path / "rows"))
    found = load_dataset(tmp_path)
    assert found.rows["same"][:] == made.rows["same"][:]
    assert set(found.rows["alike"][:]) == {None}
    assert found.sides() == made.sides()


def test_who_is_told_can_end_it(classify: Classify) -> None:
    class Impatient(Nobody):
        def check_stop(self) -> None:
            raise StopRequested("cancel")

    with pytest.raises(StopRequested):
        classify(some(40), ["a", "b"] * 20, told=Impatient())
