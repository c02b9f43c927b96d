"""tlcore.tasks.qa: what is found in the columns and said of the rows, targets, guesses, passages on one side of the split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tlcore.cli import main
from tlcore.datasets import make_dataset
from tlcore.errors import TlcoreError
from tlcore.plan import make_settings
from tlcore.predict import passages
from tlcore.predict.text import PART
from tlcore.strategies import all_strategies, get_strategy, why_unfit
from tlcore.tables import Table, read_table
from tlcore.tasks import get_task, guess_by_columns
from tlcore.tasks.qa import NO_ANSWER, QuestionAnswering

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "handbook_questions" / "handbook_questions.csv"
TASK = get_task("qa")
ROLES = {"question": ("question",), "context": ("context",), "answer": ("answer",)}
PLACES = (
    "Lindhaven",
    "Ostrup",
    "Radhaus",
    "Elbe",
    "Ouse",
    "Ropewalk",
    "Tidemark",
    "Waypost",
    "Harbour",
    "Kestrel",
    "Heron",
    "Otter",
)


def table(tmp_path: Path, rows: list[dict[str, str]]) -> Table:
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return read_table(file)


def asked(**changes: str) -> dict[str, str]:
    """A row whose answer stands in it once."""
    return {
        "question": "Where is the office?",
        "context": "The office is in Lindhaven. It opens at 7.",
        "answer": "Lindhaven",
        **changes,
    }


def many(count: int = 12, **changes: str) -> list[dict[str, str]]:
    """Rows on passages of their own, none of them odd."""
    return [
        asked(
            context=f"The office number {i} is in {place}, beside the {place.lower()} river.",
            answer=f"in {place}",
            **changes,
        )
        for i, place in enumerate(PLACES[:count])
    ]


def settled(found: Table, roles: dict[str, tuple[str, ...]] | None = None) -> Any:
    return TASK.settle(found, roles or ROLES)


def notes(tmp_path: Path, row: dict[str, str], roles: dict[str, tuple[str, ...]] | None = None) -> str:
    filled = dict.fromkeys(row, "")
    return " ".join(settled(table(tmp_path, [*({**filled, **one} for one in many()), row]), roles).notes)


def test_a_target_is_the_answer_and_where_it_starts() -> None:
    assert json.loads(TASK.target(ROLES, asked()) or "") == {"text": "Lindhaven", "start": 17}
    assert TASK.shown(TASK.target(ROLES, asked()) or "") == "Lindhaven"
    assert TASK.model_input(ROLES, asked()) == f"Where is the office?{PART}The office is in Lindhaven. It opens at 7."
    assert TASK.names(TASK.target(ROLES, asked()) or "") == ()


def test_blanks_around_the_passage_move_no_start() -> None:
    row = asked(context="  \n The office is in Lindhaven.", answer_start="21")
    found = TASK.target({**ROLES, "start": ("answer_start",)}, row)
    text = TASK.model_input(ROLES, row).split(PART)[1]
    assert json.loads(found or "")["start"] == text.index("Lindhaven")


@pytest.mark.parametrize("word", ["None", "NA", "n/a", "null", "0", "-"])
def test_words_for_nothing_are_answers_like_any_other(word: str) -> None:
    row = asked(context=f"The label on the shelf says {word} for goods without a place.", answer=word)
    assert json.loads(TASK.target(ROLES, row) or "")["text"] == word


def test_such_words_survive_the_way_from_a_file(tmp_path: Path) -> None:
    lines = ["question,context,answer", *(f"Which label has shelf {i}?,The label of shelf {i} is {word}.,{word}"
             for i, word in enumerate(["None", "NA", "NULL", "nan", "N/A", "None", "NA", "none", "TRUE", "1.0", "007", "1e5"]))]  # fmt: skip
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    dataset = make_dataset(read_table(tmp_path / "rows.csv"), TASK, ROLES)
    said = [json.loads(label)["text"] for label in dataset.rows["label"]]
    assert said == ["None", "NA", "NULL", "nan", "N/A", "None", "NA", "none", "TRUE", "1.0", "007", "1e5"]


def test_what_cannot_be_answered_is_unlabelled_and_said_by_row(tmp_path: Path) -> None:
    assert "row 13 (“in Paris”)" in notes(tmp_path, asked(answer="in Paris"))
    assert "answer is empty" in notes(tmp_path, asked(answer=""))
    assert TASK.target(ROLES, asked(answer="in Paris")) is None
    assert TASK.target(ROLES, asked(answer="")) is None
    assert TASK.target(ROLES, asked(question=" ")) is None
    assert TASK.model_input(ROLES, asked(question=" ")) == ""


def test_several_places_and_other_spellings_are_said_by_row(tmp_path: Path) -> None:
    twice = asked(context="Lindhaven is old. The office is in Lindhaven.")
    assert "several times" in notes(tmp_path, twice)
    assert json.loads(TASK.target(ROLES, twice) or "")["start"] == 35
    assert "another spelling" in notes(tmp_path, asked(answer="in LINDHAVEN"))
    assert json.loads(TASK.target(ROLES, asked(answer="in LINDHAVEN")) or "")["text"] == "in Lindhaven"


def test_starts_that_count_from_one_are_found_out(tmp_path: Path) -> None:
    roles = {**ROLES, "start": ("answer_start",)}
    rows = [{**row, "answer_start": str(row["context"].index(row["answer"]) + 1)} for row in many()]
    task = settled(table(tmp_path, rows), roles)
    assert task.first == 1
    assert "counted from 1" in task.notes[0]
    assert [json.loads(task.target(roles, row))["start"] for row in rows] == [
        int(row["answer_start"]) - 1 for row in rows
    ]


def test_starts_that_are_off_are_mended_and_said(tmp_path: Path) -> None:
    roles = {**ROLES, "start": ("answer_start",)}
    rows = [{**row, "answer_start": str(row["context"].index(row["answer"]))} for row in many()]
    rows[4]["answer_start"] = str(int(rows[4]["answer_start"]) + 3)
    task = settled(table(tmp_path, rows), roles)
    assert (task.first, len(task.notes)) == (0, 1)
    assert "row 5" in task.notes[0]
    assert json.loads(task.target(roles, rows[4]))["start"] == rows[4]["context"].index(rows[4]["answer"])


def test_an_empty_answer_means_what_the_user_says_it_means(tmp_path: Path) -> None:
    none = asked(answer="")
    assert TASK.target(ROLES, none) is None
    says_so = {**ROLES, "unanswerable": ("answer",)}
    assert json.loads(TASK.target(says_so, none) or "") == {"text": "", "start": -1}
    assert "does not say" in TASK.shown(TASK.target(says_so, none) or "")
    column = {**ROLES, "unanswerable": ("is_impossible",)}
    assert json.loads(TASK.target(column, {**asked(), "is_impossible": "True"}) or "")["start"] == -1
    assert json.loads(TASK.target(column, {**asked(), "is_impossible": "False"}) or "")["start"] == 17
    assert json.loads(TASK.target(ROLES, asked(answer="(no answer)")) or "")["start"] == -1
    found = notes(tmp_path, {**asked(), "is_impossible": "yes"}, column)
    assert "it is taken to hold none: row 13" in found


def test_answers_that_are_no_pieces_of_the_passage_are_refused(tmp_path: Path) -> None:
    rows = [{**row, "answer": f"The writer's own words, number {i}"} for i, row in enumerate(many())]
    with pytest.raises(TlcoreError, match="do not stand in their passage") as caught:
        settled(table(tmp_path, rows))
    assert "row 1" in caught.value.where
    with pytest.raises(TlcoreError, match="nothing to learn from"):
        TASK.validate([None] * 20)
    with pytest.raises(TlcoreError, match="Every row says"):
        TASK.validate([json.dumps({"text": "", "start": -1})] * 20)
    with pytest.raises(TlcoreError, match="Only 2 rows"):
        TASK.validate([json.dumps({"text": "a", "start": 0})] * 2)


@pytest.mark.parametrize(
    "names",
    [
        ("question", "context", "answer"),
        ("Query", "Paragraph", "Answers"),
        ("Frage", "Absatz", "Antwort"),
        ("x", "y", "z"),
    ],
)
def test_the_columns_are_guessed_by_name_or_by_what_is_in_them(tmp_path: Path, names: tuple[str, ...]) -> None:
    rows = [
        {"no": f"{i:03}", names[0]: row["question"], names[1]: row["context"], names[2]: row["answer"]}
        for i, row in enumerate(many())
    ]
    found = table(tmp_path, rows)
    guess = TASK.guess_columns(found)
    assert tuple(guess[role] for role in ("question", "context", "answer")) == names
    assert guess_by_columns(found) == "qa"


def test_other_tables_are_not_taken_for_questions(tmp_path: Path) -> None:
    for sample in (
        "support_tickets/support_tickets.csv",
        "short_news/short_news.csv",
        "guest_comments/guest_comments.csv",
    ):
        assert guess_by_columns(read_table(SAMPLE.parents[1] / sample)) is None
    rows = [
        {"question": "Where is it?", "answer": f"In room {i}.", "context": "We are glad to help you."}
        for i in range(12)
    ]
    assert guess_by_columns(table(tmp_path, rows)) is None  # free answers


def test_questions_on_one_passage_lie_on_one_side() -> None:
    found = read_table(SAMPLE)
    roles = {name: (column,) for name, column in TASK.guess_columns(found).items() if column}
    dataset = make_dataset(found, TASK, roles, seed=3)
    sides: dict[str, set[str]] = {}
    for text, side in zip(dataset.rows["text"], dataset.rows["split"], strict=True):
        if side != "unlabelled":
            sides.setdefault(text.split(PART)[1], set()).add(side)
    assert {len(some) for some in sides.values()} == {1}
    assert {side for some in sides.values() for side in some} == {"train", "validation", "test"}
    assert (dataset.split_how, dataset.wish.group, dataset.labels) == ("group", "passage", ())
    assert any("kept on one side" in warning for warning in dataset.warnings)
    assert dataset.counts()["unlabelled"] == 2


def test_one_passage_for_all_questions_is_split_by_chance(tmp_path: Path) -> None:
    passage = " ".join(f"Room {i} belongs to {place}." for i, place in enumerate(PLACES))
    rows = [asked(question=f"Whose is room {i}?", context=passage, answer=place) for i, place in enumerate(PLACES)]
    dataset = make_dataset(table(tmp_path, rows), TASK, ROLES)
    assert dataset.split_how == "chance"


def test_what_cannot_learn_it_says_why_and_what_can_is_most() -> None:
    why = {one.name: why_unfit(one, "qa") for one in all_strategies()}
    assert all(
        not why[name]
        for name in ("top_layers", "full_finetune", "lora", "bitfit", "ia3", "lokr", "prefix_tuning", "prompt_tuning")
    )
    for name in ("frozen_features", "few_shot", "zero_shot", "few_shot_prompt", "mlm_then_finetune"):
        assert why[name].endswith(".")


def test_the_zip_writes_what_the_task_reads() -> None:
    assert passages.NO_ANSWER == NO_ANSWER
    assert QuestionAnswering.output_columns == tuple(passages.PassageAnswers([], []).columns())


def test_the_command_line_checks_and_recommends(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", str(SAMPLE), "--task", "qa", "--role", "context=passage", "--compute", "medium"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["strategy"], found["plan"]["task"], found["row"]["number"]) == ("top_layers", "qa", 4)
    assert main(["check", str(SAMPLE), "--task", "qa", "--quick"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert any("row 117" in warning for warning in said["warnings"])
    assert not {one["id"] for one in said["problems"]} & TASK.unfit_checks


def test_what_it_takes_is_told_for_its_own_rounds() -> None:
    strategy = get_strategy("full_finetune")
    asked: list[int] = []

    class Told:
        name = strategy.name

        def estimate(self, facts: Any, machine: Any, settings: Any) -> None:
            asked.append(settings.epochs)

    class Rows:
        labelled = 764

    for wishes in ({}, {"epochs": 2}):
        TASK.estimate(Told(), Rows(), None, make_settings(strategy.Settings, wishes))  # type: ignore[arg-type]
    assert asked == [6, 2]
    assert TASK.job_phases(strategy) == ("finetune",)


def test_answers_written_as_data_sets_have_them_are_read(tmp_path: Path) -> None:
    rows = [
        {"question": row["question"], "context": row["context"],
         "answers": json.dumps({"text": [row["answer"]], "answer_start": [row["context"].index(row["answer"])]})}
        for row in many()
    ]  # fmt: skip
    rows += [{**rows[0], "question": "Who?", "answers": '{"text": [], "answer_start": []}'}]
    found = table(tmp_path, rows)
    assert guess_by_columns(found) == "qa"
    roles = {**ROLES, "answer": ("answers",)}
    dataset = make_dataset(found, TASK, roles)
    targets = [json.loads(label) for label in dataset.rows["label"]]
    assert [one["text"] for one in targets] == [*(row["answer"] for row in many()), ""]
    listed = {
        **rows[0],
        "answers": '[{"text": "office", "answer_start": 4}, {"text": "the office", "answer_start": 0}]',
    }
    assert json.loads(TASK.target(roles, listed) or "") == {"text": "office", "start": 4}
    braces = {**rows[0], "context": "Write {name} or [it].", "answers": "{name}"}
    assert json.loads(TASK.target(roles, braces) or "") == {"text": "{name}", "start": 6}


def test_what_is_odd_in_a_test_file_is_said_too(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    test = table(tmp_path / "test", [*many(3), asked(answer="in Paris")])
    dataset = make_dataset(table(tmp_path, many()), TASK, ROLES, test=test)
    assert dataset.counts()["test"] == 3
    assert any(note.startswith("The test file: in 1 row") and "row 4" in note for note in dataset.warnings)
