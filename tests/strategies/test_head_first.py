"""tlcore.strategies.head_first: fine-tuning begins with a head that fits the frozen model, taught once and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tlcore.engine import encode
from tlcore.engine.heads import ABOUT, HEAD, load_head
from tlcore.engine.tokens import tokenize
from tlcore.engine.training import Rows, predict_rows
from tlcore.models.load import load_encoder
from tlcore.strategies.head_first import class_weights, head_first
from tlcore.strategies.reading import Reading

READING = Reading((3,), 0.01, False, 0.5)


class Begin:
    """The start of a fine-tuning of the tiny BERT over reviews: what was given and said, the network and the reading."""

    def __init__(self, fit_input: Callable[..., Any], base: Path, rows: dict[str, int], **wishes: Any) -> None:
        self.run = fit_input("full_finetune", rows, base=str(base), **wishes)
        given = self.run.given
        self.rows = Rows(tokenize(base, given.train_texts, 64), list(given.train_y))
        self.model, self.reading = head_first(given, load_encoder(base), self.rows)

    @property
    def weights(self) -> np.ndarray | None:
        found = self.model.class_weights
        return found.numpy() if isinstance(found, torch.Tensor) else None


@pytest.fixture
def begin(fit_input: Callable[..., Any], tiny_base: Callable[[str], Path]) -> Callable[..., Begin]:
    def build(rows: dict[str, int] | None = None, **wishes: Any) -> Begin:
        return Begin(fit_input, tiny_base("bert"), rows or {"negative": 12, "positive": 12}, **wishes)

    return build


def test_the_head_fits_the_frozen_model_before_the_first_step(begin: Callable[..., Begin]) -> None:
    found = begin(layers="all")
    answers = predict_rows(found.model, found.rows).argmax(1)
    assert (answers == found.rows.y).mean() > 0.8
    assert found.run.phases == ["encode", "head"]
    assert found.model.layers == found.reading.layers == (0, 1, 2, 3)
    assert found.model.classifier.in_features == 4 * 32
    assert {event["what"] for event in found.run.of("choice")} == {"layers", "C"}


@pytest.mark.parametrize(("wish", "layers"), [("last", (3,)), ("thirds", (1, 2, 3)), ("all", (0, 1, 2, 3))])
def test_it_reads_the_layers_asked_for(begin: Callable[..., Begin], wish: str, layers: tuple[int, ...]) -> None:
    assert begin(layers=wish).model.layers == layers


def test_dropout_is_the_one_asked_for(begin: Callable[..., Begin]) -> None:
    assert begin(dropout=0.4).model.dropout.p == 0.4


def test_a_kept_head_is_used_and_the_texts_are_not_read_again(
    begin: Callable[..., Begin], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begin()
    work = first.run.given.work_folder
    assert {path.name for path in work.iterdir()} == {HEAD, ABOUT}

    def never(*_: Any) -> None:
        raise AssertionError("the texts are read again")

    monkeypatch.setattr(encode, "pooled_states", never)
    again = begin()
    assert again.reading == first.reading
    assert isinstance(again.reading.layers, tuple)
    assert again.run.phases == []
    assert again.run.of("choice") == []
    assert torch.equal(again.model.classifier.weight, first.model.classifier.weight)
    assert torch.equal(again.model.classifier.bias, first.model.classifier.bias)


def test_a_half_written_head_is_taught_again(begin: Callable[..., Begin]) -> None:
    first = begin()
    file = first.run.given.work_folder / HEAD
    file.write_bytes(file.read_bytes()[:100])
    again = begin()
    assert again.run.phases == ["encode", "head"]
    assert torch.equal(again.model.classifier.weight, first.model.classifier.weight)
    assert load_head(first.run.given.work_folder) is not None


@pytest.mark.parametrize("rows", [{"negative": 12, "positive": 12}, {"negative": 24, "positive": 6}])
def test_training_begins_the_same_whether_the_head_was_kept_or_not(
    begin: Callable[..., Begin], rows: dict[str, int]
) -> None:
    taught = begin(rows)
    drawn = torch.rand(5), np.random.random(5)
    kept = begin(rows)
    assert (taught.run.phases, kept.run.phases) == (["encode", "head"], [])
    assert torch.equal(torch.rand(5), drawn[0])
    assert np.array_equal(np.random.random(5), drawn[1])
    before, after = taught.model.state_dict(), kept.model.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert str(taught.weights) == str(kept.weights)


def test_the_seed_decides_the_random_numbers_that_follow(begin: Callable[..., Begin]) -> None:
    drawn = []
    for seed in (1, 1, 2):
        begin(seed=seed)
        drawn.append(torch.rand(5))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


UNEVEN = {"negative": 24, "positive": 6}


def weighed(fit_input: Callable[..., Any], rows: dict[str, int], balanced: bool = False, wish: str = "auto") -> Any:
    """The weights of the classes as numpy, or None."""
    given = fit_input("full_finetune", rows, unseen=0, class_weight=wish).given
    found = class_weights(given, replace(READING, balanced=balanced))
    return None if found is None else found.numpy()


def test_even_classes_weigh_nothing_unless_it_is_asked_for(fit_input: Callable[..., Any]) -> None:
    assert weighed(fit_input, {"negative": 12, "positive": 12}) is None
    assert weighed(fit_input, {"negative": 16, "positive": 6}) is None  # less than three times as many
    assert weighed(fit_input, UNEVEN, wish="none") is None
    assert weighed(fit_input, UNEVEN, balanced=True, wish="none") is None
    assert weighed(fit_input, {"negative": 16, "positive": 8}, wish="balanced") == pytest.approx([0.75, 1.5])


@pytest.mark.parametrize(
    ("balanced", "wish", "ratio"),
    [(False, "auto", 2.0), (True, "auto", 4.0), (False, "balanced", 4.0), (True, "balanced", 4.0)],
)
def test_a_class_of_a_quarter_of_the_rows_weighs_twice_as_much_or_four_times_if_that_was_found_better(
    fit_input: Callable[..., Any], balanced: bool, wish: str, ratio: float
) -> None:
    found = weighed(fit_input, UNEVEN, balanced, wish)
    assert found[1] / found[0] == pytest.approx(ratio)
    assert (24 * found[0] + 6 * found[1]) / 30 == pytest.approx(1)  # the loss keeps its size


def test_a_class_without_a_row_weighs_nothing(fit_input: Callable[..., Any]) -> None:
    found = weighed(fit_input, {"negative": 24, "neutral": 0, "positive": 6})
    assert found[1] == 0
    assert found[2] / found[0] == pytest.approx(2)


def test_the_weights_are_those_that_the_network_learns_with(begin: Callable[..., Begin]) -> None:
    assert begin().weights is None
    found = begin(UNEVEN, class_weight="balanced")
    counts = Counter(found.rows.y)
    assert found.weights is not None
    assert found.weights[1] / found.weights[0] == pytest.approx(counts[0] / counts[1])


def test_a_pause_while_settings_are_tried_does_not_change_what_is_chosen(
    begin: Callable[..., Begin], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlcore.engine import linear
    from tlcore.errors import StopRequested

    fits: list[int] = []
    real = linear.cross_validate
    monkeypatch.setattr(linear, "cross_validate", lambda *a: fits.append(1) or real(*a))

    def wish() -> str | None:
        return "pause" if len(fits) == 1 else None

    def check() -> None:
        if wish():
            raise StopRequested("pause")

    with pytest.raises(StopRequested):
        begin(UNEVEN, stop_wish=wish, check_stop=check)
    fits.extend([1, 1])
    again = begin(UNEVEN)  # gone on
    for file in again.run.given.work_folder.iterdir():
        file.unlink()
    assert again.reading == begin(UNEVEN).reading  # as if never paused
