"""tlcore.strategies.few_shot_prompt: labelled rows are shown as examples and learned from; rows without a label are asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import f1_score

from tests.llm.fake_api import KEY, Act, Asked, FakeApi, reply
from tests.strategies.made_teacher import LABELS, KnowsAll, answers_of, made_input, tickets
from tlcore.errors import TlcoreError
from tlcore.evaluate.baselines import majority_answers
from tlcore.files import write_json
from tlcore.llm.agreement import CONSENT
from tlcore.llm.key import ApiKey
from tlcore.llm.quote import make_quote
from tlcore.plan import make_settings
from tlcore.strategies import get_strategy
from tlcore.strategies.asking import ask_and_learn, question_of, service_of
from tlcore.workspace import Workspace

ROWS = tickets()
TRUTH = dict(ROWS)
LABELLED, ASKED, UNSEEN = ROWS[:15], [text for text, _ in ROWS[15:75]], ROWS[80:130]
STRATEGY = get_strategy("few_shot_prompt")


@pytest.fixture
def api() -> Any:
    server = FakeApi(_rough)
    yield server
    server.close()


def _rough(asked: Asked, before: int) -> Act:
    """Right, but some first tries are refused, some fail, and for some a label is made up."""
    kind = len(asked.text) % 7
    if before == 0 and kind in (1, 2):
        return Act((429, 500)[kind - 1], {"error": {"message": "not now"}}, {"retry-after": "0"})
    return Act(body=reply(asked, "Weather" if kind == 3 else TRUTH[asked.text.strip()]))


def _score(answers: list[str]) -> float:
    return float(f1_score([label for _, label in UNSEEN], answers, average="macro"))


def test_a_service_that_misbehaves_still_teaches(api: FakeApi, tmp_path: Path, home: Path) -> None:
    wishes = {"backend": "api", "model": "m", "base_url": api.url, "examples": 3}
    made, events, phases = made_input(tmp_path, "few_shot_prompt", ASKED, LABELLED, **wishes)
    question = question_of(
        made.settings, LABELS, made.label_infos, made.train_texts, [label for _, label in LABELLED], 0
    )
    service = service_of(made.settings)
    quote = make_quote(ASKED, question, service, Workspace().answer_cache / service.id)
    write_json(tmp_path / CONSENT, {"learn": quote.id, "test": "", "most_dollars": 1.0})
    made.key = ApiKey(KEY)
    found = STRATEGY.fit(made)

    texts, truth = [text for text, _ in UNSEEN], [label for _, label in UNSEEN]
    assert _score(answers_of(found, texts)) > _score(majority_answers(truth, texts)) + 0.4
    assert tuple(phases) == STRATEGY.job_phases
    learned = found.asked.learned
    silent = sum(len(text) % 7 == 3 for text in ASKED)
    assert 0 < silent == learned["could_not_tell"]
    assert learned["own_rows"] == len(LABELLED)
    assert {one.text for one in api.asked} == set(ASKED)
    said = json.dumps(api.asked[0].body)
    assert said.count("<text>") >= 4  # three examples and the text itself
    assert KEY not in json.dumps(events)
    assert found.asked.teacher.dollars == 0.0


def test_where_every_row_has_a_label_these_teach_it_alone(tmp_path: Path) -> None:
    made, events, _ = made_input(tmp_path, "few_shot_prompt", [], ROWS[:40])
    teacher = KnowsAll(TRUTH)
    found = ask_and_learn(made, STRATEGY, teacher)
    assert teacher.asked == []
    assert (found.asked.learned["rows"], found.asked.learned["own_rows"]) == (0, 40)
    assert any("Every row has a label" in event.get("text", "") for event in events)


def test_more_answers_make_it_better(tmp_path: Path) -> None:
    texts = [text for text, _ in UNSEEN]
    few, many = (
        _score(answers_of(ask_and_learn(made_input(tmp_path, "few_shot_prompt", asked, LABELLED[:5])[0], STRATEGY, KnowsAll(TRUTH)), texts))
        for asked in ([], ASKED)
    )  # fmt: skip
    assert many > few


def test_it_has_no_embeddings_to_answer() -> None:
    with pytest.raises(TlcoreError, match="not one of its choices"):
        make_settings(STRATEGY.Settings, {"backend": "embeddings"})
    assert STRATEGY.tasks == ("classify",)
