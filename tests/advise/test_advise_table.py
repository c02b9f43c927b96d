"""tlcore.advise.table: the eight rows as they were asked for."""

import pytest
from test_advise_fakes import frozen, full

from tlcore.advise import DECISION_TABLE, table

ROWS = [
    ("Small", "Low", "Simple", "Frozen features", ("frozen_features",)),
    ("Small", "Medium", "Domain", "top layers", ("top_layers",)),
    ("Small", "Very low", "Any", "Adapters", ("lora", "bitfit", "ia3", "lokr", "prefix_tuning", "prompt_tuning")),
    ("Medium", "Medium", "Sequential", "Partial fine-tuning", ("top_layers",)),
    ("Large", "High", "Any", "Full fine-tuning", ("full_finetune",)),
    ("None", "API only", "Exploratory", "few-shot", ("zero_shot", "few_shot_prompt")),
    ("Much unlabelled", "Low", "Any", "Masked-language-model", ("mlm_then_finetune",)),
    ("Text + images", "High", "Multimodal", "CLIP", ("late_fusion", "clip", "ask_pictures")),
]


def test_eight_rows() -> None:
    assert len(DECISION_TABLE) == len(ROWS)


@pytest.mark.parametrize(("index", "expected"), list(enumerate(ROWS)))
def test_row(index: int, expected: tuple[str, str, str, str, tuple[str, ...]]) -> None:
    row, (data, compute, task, approach, strategies) = DECISION_TABLE[index], expected
    assert (row.data, row.compute, row.strategies) == (data, compute, strategies)
    assert row.task.startswith(task)
    assert approach in row.approach
    assert row.plain.endswith(".")
    assert row.plain.count(".") == 1  # one sentence
    assert not any(word in row.plain.lower() for word in ("fine-tun", "svm", "lora", "logistic", "frozen", "token"))
    assert 0 <= row.moves <= 1


def test_every_planned_strategy_has_a_title() -> None:
    names = {name for row in DECISION_TABLE for name in row.strategies}
    have = {strategy.name for strategy in table.available_strategies()}
    assert names - have == set(table.PLANNED_TITLES)


def test_available_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "available_strategies", lambda: (frozen(), full()))
    assert [row.available for row in DECISION_TABLE] == [True, False, False, False, True, False, False, False]
    monkeypatch.setattr(table, "available_strategies", lambda: ())
    assert not any(row.available for row in DECISION_TABLE)


def test_strategies_of_this_version() -> None:
    names = [strategy.name for strategy in table.available_strategies()]
    assert {"frozen_features", "full_finetune"} <= set(names)
