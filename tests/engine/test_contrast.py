"""tlcore.engine.contrast: texts of a class come together, all of a batch at once, whichever threads embed them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from tlcore.engine.contrast import ClassBatches, Contrast, Embedder, contrast, learn_by_contrast
from tlcore.engine.loop import Hooks
from tlcore.engine.phases import Phase
from tlcore.engine.quicken import quickened
from tlcore.engine.training import Rows
from tlcore.errors import StopRequested, TlcoreError
from tlcore.models.load import load_encoder


def unit(*rows: list[float]) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.tensor(rows), dim=-1)


def test_the_loss_is_the_mean_over_friends_of_their_share_among_all_others() -> None:
    z, y = unit([1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [-1.0, 0.3]), torch.tensor([0, 0, 0, 1])
    alike = (z @ z.T) / 0.5
    each = []
    for i in range(3):  # the fourth has no other of its class
        others = [j for j in range(4) if j != i]
        total = sum(float(alike[i, j].exp()) for j in others)
        each.append(-sum(float(alike[i, j]) - torch.tensor(total).log().item() for j in others if y[j] == 0) / 2)
    assert float(contrast(z, y, 0.5)) == pytest.approx(sum(each) / 3, rel=1e-5)


def test_the_loss_falls_as_classes_part_and_is_nothing_where_no_row_has_a_friend() -> None:
    y = torch.tensor([0, 0, 1, 1])
    mixed = contrast(unit([1.0, 0.1], [0.0, 1.0], [1.0, 0.0], [0.1, 1.0]), y, 0.1)
    apart = contrast(unit([1.0, 0.1], [1.0, 0.0], [0.0, 1.0], [0.1, 1.0]), y, 0.1)
    assert float(apart) < 1 < float(mixed)
    alone = unit([1.0, 0.0], [0.0, 1.0]).requires_grad_()
    nothing = contrast(alone, torch.tensor([0, 1]), 0.1)
    assert float(nothing.detach()) == 0
    nothing.backward()  # and a step can still be taken


def test_batches_are_even_over_the_classes_and_all_rows_have_their_turn() -> None:
    y = [0] * 30 + [1] * 10 + [2] * 10
    batches = list(ClassBatches(y, 12, 5, seed=1))
    assert [len(batch) for batch in batches] == [12] * 5
    assert all(Counter(y[i] for i in batch) == {0: 4, 1: 4, 2: 4} for batch in batches)
    assert all(len(set(batch)) == len(batch) for batch in batches)
    seen = Counter(i for batch in batches for i in batch)
    assert {seen[i] for i in range(30, 50)} == {2}  # 20 places, 10 rows
    assert batches == list(ClassBatches(y, 12, 5, seed=1))
    assert batches != list(ClassBatches(y, 12, 5, seed=2))


def test_of_very_many_classes_half_a_batch_comes_with_two_rows_each() -> None:
    y = [i // 3 for i in range(90)]
    for batch in ClassBatches(y, 8, 20, seed=0):
        assert sorted(Counter(y[i] for i in batch).values()) == [2, 2, 2, 2]
    turned = {y[i] for batch in islice(ClassBatches(y, 8, 8, seed=0), 8) for i in batch}
    assert len(turned) == 30  # each class has its turn within 30 / 4 batches


def test_a_small_class_gives_what_it_has() -> None:
    y = [0, 0, 0, 0, 1]
    for batch in ClassBatches(y, 64, 3, seed=0):
        assert sorted(batch) == [0, 1, 2, 3, 4]


@pytest.fixture
def rows() -> Rows:
    chance = torch.Generator().manual_seed(0)

    def text(label: int) -> list[int]:
        tokens = torch.randint(10 + 20 * label, 40 + 20 * label, (6 + label,), generator=chance)
        return [2, *tokens.tolist(), 3]

    return Rows([text(i % 2) for i in range(16)], [i % 2 for i in range(16)])


@pytest.fixture
def learned(tiny_base: Callable[[str], Path], rows: Rows, tmp_path: Path) -> Callable[..., Any]:
    def learn(
        steps: int = 12, family: str = "bert", parts: int | None = None, dropout: bool = True, **hooks: Any
    ) -> Any:
        torch.manual_seed(0)
        events: list[dict[str, Any]] = []
        model = Embedder(load_encoder(tiny_base(family)))
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout) and not dropout:
                module.p = 0.0
        phase = Phase("contrast", "Comparing", {f"block {i}": 1e-2 for i in (1, 2, 3)}, 1, 1)
        heard = {"emit": lambda kind, **more: events.append({"kind": kind, **more}), "check_stop": lambda: None,
                 "stop_wish": lambda: None, **hooks}  # fmt: skip
        with quickened(model, None) as possible:
            how = Contrast(steps, 8, 0.1, 0, parts or possible)
            taken = learn_by_contrast(model, rows, phase, how, str(tmp_path), Hooks(**heard))
        return model.eval(), events, taken

    return learn


def distance(model: Embedder, rows: Rows) -> float:
    """How much more alike texts of a class are than texts of different classes."""
    with torch.inference_mode():
        z = torch.cat([model(**rows.inputs([i], 0)) for i in range(len(rows))])
    same = torch.tensor(rows.y)[:, None] == torch.tensor(rows.y)
    alike = z @ z.T
    return float(alike[same].mean() - alike[~same].mean())


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "modernbert"])
def test_texts_of_a_class_come_together(
    learned: Callable[..., Any], tiny_base: Callable[[str], Path], rows: Rows, family: str
) -> None:
    before = distance(Embedder(load_encoder(tiny_base(family))).eval(), rows)
    model, events, taken = learned(steps=30, family=family)
    assert distance(model, rows) > before + 0.3
    steps = [event for event in events if event["kind"] == "step"]
    assert taken == 30
    assert steps[-1]["step"] == steps[-1]["total_steps"] == 30
    assert {"block 1", "block 2"} <= set(steps[-1]["rates"]) <= {"block 1", "block 2", "block 3"}


def test_two_threads_learn_what_one_does(learned: Callable[..., Any], rows: Rows) -> None:
    """Without dropout, which each half draws for itself."""
    found = [learned(steps=3, parts=parts, dropout=False) for parts in (1, 2)]
    losses = [[event["loss"] for event in events if event["kind"] == "step"] for _, events, _ in found]
    assert losses[0] == pytest.approx(losses[1], rel=0.01)
    assert distance(found[0][0], rows) == pytest.approx(distance(found[1][0], rows), abs=0.02)


def test_the_same_seed_learns_the_same_bit_for_bit(learned: Callable[..., Any]) -> None:
    first, second = (learned(steps=4)[0].state_dict() for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first.values(), second.values(), strict=True))


def test_it_ends_when_asked(learned: Callable[..., Any]) -> None:
    assert learned(stop_wish=lambda: "keep")[2] == 1

    def stop() -> None:
        raise StopRequested("cancel")

    with pytest.raises(StopRequested):
        learned(stop_wish=lambda: "cancel", check_stop=stop)


def test_a_loss_that_breaks_is_told_in_words(learned: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlcore.engine.contrast.contrast", lambda z, y, t: z.sum() * float("nan"))
    with pytest.raises(TlcoreError, match="the loss was no number any more"):
        learned()
