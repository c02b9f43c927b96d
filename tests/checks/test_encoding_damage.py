import random
from collections.abc import Callable

import pytest

from tlcore.checks.encoding_damage import encoding_damage, repair
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

TEXTS = [f"this is text {i}" for i in range(40)]
WHOLE = (
    "Café Müller, Straße 5", "It’s “fine” – really…", "naïve à la carte", "50 € or £40", "Dvořák", "Łódź żółć", "ğüşiöç ığdır",
    "👍 great 😀", "Привет, как дела", "Καλημέρα κόσμε", "日本語のテキスト", "weiß", "ÉCOLE", "SÖDER", "Ärger über Öl", "©2024 ACME™",
)  # fmt: skip


def damaged(text: str) -> str:
    """As if UTF-8 had been read as Windows-1252, the five bytes without a sign there as Latin-1."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize("text", WHOLE)
def test_utf8_read_as_windows_is_undone_once_and_twice(text: str) -> None:
    assert damaged(text) != text
    assert repair(damaged(text)) == text
    assert repair(damaged(damaged(text))) == text


@pytest.mark.parametrize(
    "text",
    [
        *WHOLE,
        "AMANHÃ”",
        "„Ä“ und „Ö“",
        "« le café…»",
        "voilà…”",
        "Ünal",
        "AT&T; R&D",
        "if (a && b) c;",
        "Â",
        "MAÇÃ… e",
        "coborâ…”",
    ],
)
def test_what_was_meant_as_it_stands_stays(text: str) -> None:
    assert repair(text) == text


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("it&#39;s &quot;ok&quot; caf&eacute;", 'it\'s "ok" café'),
        ("R&amp;amp;D", "R&D"),
        ("one_x000D_\ntwo", "one\ntwo"),
        ("individual\x92s \x93work\x94", "individual’s “work”"),
        ("classi\x80cation", "classi\x80cation"),
        ("caf\ufffd", "caf\ufffd"),
    ],
)
def test_codes_and_control_signs_are_repaired_where_it_is_certain(text: str, whole: str) -> None:
    assert repair(text) == whole


def test_damaged_rows_are_named_and_repaired_with_a_click(classify: Callable[..., Dataset]) -> None:
    texts = [*TEXTS, "the cafÃ© was nice", "Tom &amp; Jerry", "caf\ufffd noir"]
    dataset = classify(texts, [*["a", "b"] * 20, "a", "", "b"])
    problem = encoding_damage(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title.startswith("3 texts are damaged:")
    assert problem.rows == (42, 43, 44)
    assert problem.notes == (
        "“cafÃ© was nice” should read “café was nice”",
        "“&amp; Jerry” should read “& Jerry”",
        "letters are lost: “caf\ufffd noir”",
    )
    assert problem.severity == "warning"
    assert "In 1 of them letters are gone for good" in problem.cost
    (fix,) = problem.fixes
    assert fix.title == "Repair 2 texts"
    assert (fix.kind, fix.rows, fix.values) == ("retext", (42, 43), ("the café was nice", "Tom & Jerry"))
    assert "saved as UTF-8" in problem.cost


def test_damaged_labels_are_merged_into_the_whole_ones(classify: Callable[..., Dataset]) -> None:
    dataset = classify(TEXTS, ["CafÃ©", "Bar"] * 20)
    problem = encoding_damage(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == "1 label is damaged, such as “CafÃ©”."
    assert [(fix.kind, fix.labels, fix.to) for fix in problem.fixes] == [("merge", ("CafÃ©",), "Café")]


def test_codes_of_web_pages_alone_are_no_warning(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"{text} &amp; more" for text in TEXTS], ["a", "b"] * 20)
    problem = encoding_damage(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.severity == "info"


def test_whole_texts_are_quiet(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"{text} {i}" for i, text in enumerate(WHOLE * 3)], ["a", "b"] * 24)
    assert encoding_damage(dataset, measure_facts(dataset)) is None


def test_planted_damage_in_real_messages_is_found_and_undone(bench_data) -> None:
    from tlcore.tables import read_table

    spanish = read_table(bench_data / "xquad_questions_en_es" / "train.csv").column("target")
    odd = [text for text in spanish if not text.isascii() and repair(text) == text]
    rng = random.Random(0)
    chosen = rng.sample(odd, 200)
    assert sum(repair(damaged(text)) == text for text in chosen) >= 198
    assert len(odd) >= 0.99 * sum(not text.isascii() for text in spanish)
