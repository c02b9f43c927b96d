"""tlcore.llm.agreement: one figure for a whole run; another id where anything that would be sent is another."""

from __future__ import annotations

from pathlib import Path

from tlcore.llm.agreement import Agreement, NotAgreed, keep_consent, read_consent
from tlcore.llm.question import Question
from tlcore.llm.quote import make_quote
from tlcore.llm.service import Price, Service

CLOUD = Service("openai", "gpt-5.4-mini", price=Price(1.0, 4.0))
UNPRICED = Service("openai", "m", "https://llm.example.com/v1")


def _made(question: Question, folder: Path, service: Service = CLOUD, most: float | None = 2.0) -> Agreement:
    return Agreement(
        make_quote(["red one", "green two"], question, service, folder),
        make_quote(["red 3"], question, service, folder),
        most,
    )


def test_both_parts_are_one_figure(question: Question, tmp_path: Path) -> None:
    made = _made(question, tmp_path)
    assert (made.whole.rows, made.whole.to_send) == (3, 3)
    assert made.whole.dollars == made.learn.dollars + made.test.dollars  # type: ignore[operator]
    assert made.whole.characters == made.learn.characters + made.test.characters
    assert [prompt.user.split("\n")[1] for prompt in made.whole.preview] == ["red one", "green two", "red 3"]
    assert made.limit_sentence == "Asking ends at 2.00 US dollars."
    assert "cannot be kept" in _made(question, tmp_path, UNPRICED).limit_sentence
    assert _made(question, tmp_path, most=None).limit_sentence == ""


def test_another_price_limit_or_text_is_another_agreement(question: Question, tmp_path: Path) -> None:
    made = _made(question, tmp_path)
    assert made.id == _made(question, tmp_path).id
    others = [
        _made(question, tmp_path, most=3.0),
        _made(question, tmp_path, Service("openai", "gpt-5.4-mini", price=Price(2.0, 4.0))),
        Agreement(made.test, made.learn, 2.0),
    ]
    assert len({made.id, *(one.id for one in others)}) == 4


def test_the_error_carries_what_there_is_to_agree_to(question: Question, tmp_path: Path) -> None:
    made = _made(question, tmp_path)
    told = NotAgreed(made).to_json()
    assert f"--agree {made.id}" in told["fix"]
    assert told["quote"]["to_send"] == 3
    assert "red one" in told["quote"]["first_rows"][0]["user"]


def test_the_consent_lies_with_the_run(question: Question, tmp_path: Path) -> None:
    made = _made(question, tmp_path)
    assert read_consent(tmp_path) is None
    keep_consent(tmp_path, made)
    kept = read_consent(tmp_path)
    assert kept is not None
    assert (kept["learn"], kept["test"], kept["most_dollars"]) == (made.learn.id, made.test.id, 2.0)
