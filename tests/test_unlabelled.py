"""tlcore.unlabelled: texts of a file, kept and opened again; what a model is judged by is nowhere in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlcore.errors import TlcoreError
from tlcore.unlabelled import (
    about_unlabelled,
    keep_unlabelled,
    kept_texts,
    not_inside_another,
    read_unlabelled,
    without,
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_column_of_the_rows_is_taken_else_it_is_guessed(tmp_path: Path) -> None:
    body = "".join(f"{i},here is a sentence number {i},note {i % 2}\n" for i in range(20))
    file = write(tmp_path / "more.csv", f"id,message,remark\n{body}")
    about, texts = read_unlabelled(file, ("message",))
    assert (about.file, about.columns, about.texts, about.words) == ("more.csv", ("message",), 20, 120)
    assert texts[0] == "here is a sentence number 0"
    assert read_unlabelled(file, ("remark", "message"))[1][0] == "note 0 | here is a sentence number 0"
    assert read_unlabelled(file, ("not there",))[0].columns == ("message",)
    alone = write(tmp_path / "alone.csv", "abstract\n" + "the same text\n" * 3 + "another text\n\n")
    assert read_unlabelled(alone, ("text",))[1] == ["the same text", "another text"]


@pytest.mark.parametrize("text", ["text\n\n\n", "id,n\n1,2\n2,3\n3,4\n"])
def test_a_file_without_texts_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TlcoreError) as error:
        read_unlabelled(write(tmp_path / "odd.csv", text), ("message",))
    assert error.value.fix


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    assert kept_texts(tmp_path) == []
    assert about_unlabelled(tmp_path) is None
    about, texts = read_unlabelled(write(tmp_path / "more.csv", "text\nZwölf Boxkämpfer\n“quoted”\n"), ())
    keep_unlabelled(tmp_path / "kept", about, texts)
    assert kept_texts(tmp_path / "kept") == texts == ["Zwölf Boxkämpfer", "“quoted”"]
    assert about_unlabelled(tmp_path / "kept") == about


def test_what_is_held_out_is_taken_out_of_every_text_word_for_word() -> None:
    held_out = ["We train a model on text.", "Short one"]
    texts = [
        "We  TRAIN a model, on text!",  # the same but for case and what stands between the words
        "First this. We train a model on text. Then that, too.",
        "We train a model on texts of another kind.",  # another word at the end
        "A short one, in a longer text.",  # too short to be looked for inside
        "short one",
    ]
    found, changed = without(texts, held_out)
    assert found == ["First this. Then that, too.", texts[2], texts[3]]
    assert changed == 3


def test_of_a_text_that_begins_or_ends_with_it_the_rest_stays() -> None:
    held_out = ["one two three four five", "nine ten eleven twelve"]
    assert without(["one two three four five six seven"], held_out)[0] == ["six seven"]
    assert without(["zero. One two three four five."], held_out)[0] == ["zero."]
    assert without(["one two three four five; nine ten eleven twelve"], held_out) == ([], 1)


def test_a_text_inside_another_is_not_read_twice() -> None:
    whole = "This is the first sentence here. And this is the second sentence."
    texts = ["this is the first sentence here", whole, whole.upper(), "Something else altogether, on its own."]
    assert not_inside_another(texts) == [whole.upper(), texts[3]]
