"""What the tests of the strategies that train the network share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.strategies import get_strategy


@pytest.fixture(autouse=True)
def own_store(home: Path) -> None:
    """Each test reads its texts itself: the store of embeddings is empty."""


@pytest.fixture
def tuned(fit_input: Callable[..., Any], tiny_base: Callable[[str], Path]) -> Callable[..., tuple[Any, Any]]:
    """A few rounds of a strategy over 24 reviews with a tiny random base; what was given and said, and what came of it."""

    def fit(strategy: str, base: str = "bert", **more: Any) -> tuple[Any, Any]:
        wishes = {"epochs": 3, "batch_size": 8, "patience": 20, **more}
        run = fit_input(strategy, {"negative": 12, "positive": 12}, base=str(tiny_base(base)), **wishes)
        return run, get_strategy(strategy).fit(run.given)

    return fit


@pytest.fixture
def moved(tiny_base: Callable[[str], Path]) -> Callable[..., set[str]]:
    """Names of the encoder's weights that are no longer those of the tiny base; no weight may have come or gone."""
    from tlcore.models.load import load_encoder

    def names(found: Any, base: str) -> set[str]:
        before = load_encoder(tiny_base(base)).state_dict()
        after = found.encoder.state_dict()
        assert set(after) == set(before)
        return {name for name, value in after.items() if not np.allclose(value, before[name], atol=1e-7)}

    return names


@pytest.fixture
def always_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round scores higher than the one before, so that the last one is kept, and kept whole."""
    monkeypatch.setattr("tlcore.engine.blending.SHARES", ())
    scores = iter(np.arange(1, 99) / 100)
    monkeypatch.setattr(
        "tlcore.engine.loop.validation_metrics",
        lambda *_: {"eval_loss": 1.0, "eval_macro_f1": (score := next(scores)), "eval_auroc": score},
    )
