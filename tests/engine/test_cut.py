"""tlcore.engine.cut: a model that starts above its frozen blocks says what the whole one says, and is put back as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine import cut as cut_module
from tlcore.engine.classifier import TextClassifier
from tlcore.engine.cut import Cut, Stored, can_cut, store, stored_bytes
from tlcore.engine.groups import blocks_of
from tlcore.engine.tokens import pad, pad_id_of
from tlcore.engine.training import Rows, predict_rows
from tlcore.errors import StopRequested
from tlcore.models.load import load_encoder
from tlcore.models.pooling import mean_pool
from tlcore.models.saved import Head

WHOLE_ONLY = ("albert", "xlnet")
"""One block passed many times; blocks that want the tokens before the rows."""
CUT = [family for family in FAMILIES if family not in WHOLE_ONLY]
IDS = [
    [101, 4000 + row, *np.random.default_rng(row).integers(1000, 20000, length).tolist(), 102]
    for row, length in enumerate((3, 17, 0, 9, 26))
]
WIDTH = 32


def never() -> None:
    """Nobody asks for an end."""


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """fp32 where the processor would take bf16: only what is kept as float16 is rounded."""
    monkeypatch.setattr(cut_module, "autocast", contextlib.nullcontext)
    monkeypatch.setattr("tlcore.engine.training.autocast", contextlib.nullcontext)


@pytest.fixture
def make(tiny_base: Callable[[str], Path]) -> Callable[..., Any]:
    """A classifier of a family, in eval mode, whose blocks do much to what they are given."""

    def build(family: str, layers: Sequence[int] = (-1,)) -> TextClassifier:
        encoder = load_encoder(tiny_base(family))
        blocks = encoder.config.num_hidden_layers
        layers = [layer % (blocks + 1) for layer in layers]
        draw = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for weight in blocks_of(encoder)[1].parameters():
                if weight.ndim > 1:
                    weight.normal_(0, 0.2, generator=draw)
        rng = np.random.default_rng(0)
        head = Head(rng.normal(size=(3, WIDTH * len(layers))), rng.normal(size=3))
        return TextClassifier(encoder, head, layers, 0.1, None).eval()

    return build


def cut_rows(model: Any, at: int, ids: Sequence[list[int]] = IDS) -> Any:
    """Rows with what the blocks below the cut gave; the model is cut and open afterwards."""
    model.cut = Cut(model.encoder, at)
    stored = store(model.encoder, model.cut, ids, model.layers, never)
    model.cut.open()
    return Rows(list(ids), [0] * len(ids), stored)


def uncut(ids: Sequence[list[int]] = IDS) -> Rows:
    return Rows(list(ids), [0] * len(ids))


def patched(encoder: torch.nn.Module) -> list[str]:
    """Names of modules whose forward is not that of their class."""
    return [name for name, module in encoder.named_modules() if "forward" in vars(module)]


@pytest.mark.parametrize("layers", [(-1,), (0, 1, -1)])
@pytest.mark.parametrize("family", CUT)
def test_cut_it_says_what_the_whole_one_says(
    make: Callable[..., Any], exact: None, family: str, layers: tuple[int, ...]
) -> None:
    model = make(family, layers)
    expected = predict_rows(model, uncut())
    assert expected.std() > 0.5
    for at in range(1, len(blocks_of(model.encoder)[1])):
        rows = cut_rows(model, at)
        assert np.allclose(predict_rows(model, rows), expected, atol=0.02), at
        # What is fed is what counts: without it the same rows are answered otherwise.
        empty = Stored(torch.zeros_like(rows.stored.states), rows.stored.first, rows.stored.below)
        assert not np.allclose(predict_rows(model, Rows(rows.ids, rows.y, empty)), expected, atol=0.1), at
        model.cut.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_only_families_that_give_the_same_may_be_cut_and_only_between_their_blocks(
    tiny_base: Callable[[str], Path], family: str
) -> None:
    encoder = load_encoder(tiny_base(family))
    blocks = len(blocks_of(encoder)[1])
    assert [can_cut(encoder, at) for at in range(1, blocks)] == [family in CUT] * (blocks - 1)
    assert not can_cut(encoder, 0)
    assert not can_cut(encoder, blocks)


@pytest.mark.parametrize("family", FAMILIES)
def test_trying_leaves_the_encoder_as_it_was(make: Callable[..., Any], family: str) -> None:
    model = make(family)
    expected = predict_rows(model, uncut())
    can_cut(model.encoder, 1)
    assert patched(model.encoder) == []
    assert np.array_equal(predict_rows(model, uncut()), expected)
    assert can_cut(model.encoder, 1) is (family in CUT)  # once more: the first try left no hook that would end it


class Odd(torch.nn.Module):
    """An encoder that, if told to, adds up what its blocks say, so that no block has said all that the next one is given."""

    def __init__(self, adds: bool) -> None:
        super().__init__()
        self.config = SimpleNamespace(hidden_size=8, pad_token_id=0)
        self.words = torch.nn.Embedding(20, 8)
        self.blocks = torch.nn.ModuleList(torch.nn.Linear(8, 8) for _ in range(3))
        self.adds = adds

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        state = self.words(input_ids)
        for block in self.blocks:
            state = block(state) + self.adds * state
        return SimpleNamespace(last_hidden_state=state)


def test_an_encoder_that_does_something_between_its_blocks_is_refused() -> None:
    assert can_cut(Odd(adds=False), 2)
    assert not can_cut(Odd(adds=True), 2)


@pytest.mark.parametrize("family", CUT)
def test_weights_keep_their_names_while_it_is_open_and_it_is_put_back_at_the_end(
    make: Callable[..., Any], exact: None, family: str
) -> None:
    model = make(family)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    expected = predict_rows(model, uncut())
    rows = cut_rows(model, 1)
    assert patched(model.encoder)
    assert list(model.state_dict()) == list(before)
    assert [name for name, _ in model.named_parameters()] == [n for n in before if n in dict(model.named_parameters())]
    predict_rows(model, rows)
    model.cut.close()
    assert patched(model.encoder) == []
    for block in blocks_of(model.encoder)[1]:
        assert vars(type(block))["forward"].__get__(block) == block.forward  # that of its class, bound to it
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert np.array_equal(predict_rows(model, uncut()), expected)
    model.cut.close()  # twice does no harm


def test_within_whole_all_blocks_are_computed_and_then_it_is_cut_again(make: Callable[..., Any], exact: None) -> None:
    model = make("bert")
    expected = predict_rows(model, uncut())
    rows = cut_rows(model, 2)
    with model.cut.whole():
        assert patched(model.encoder) == []
        assert np.array_equal(predict_rows(model, uncut()), expected)
    assert len(patched(model.encoder)) == 2
    assert np.allclose(predict_rows(model, rows), expected, atol=0.02)
    with pytest.raises(KeyError), model.cut.whole():
        raise KeyError
    assert len(patched(model.encoder)) == 2


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta-v2", "modernbert"])
def test_rows_give_the_same_whatever_is_stored_or_asked_for_with_them(
    make: Callable[..., Any], exact: None, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    model = make(family, (0, -1))
    rows = cut_rows(model, 1)
    together = predict_rows(model, rows)
    alone = [predict_rows(model, cut_rows_again(rows, [i]))[0] for i in range(len(IDS))]
    assert np.allclose(together, alone, atol=0.01)
    order = [3, 0, 4, 2, 1]
    assert np.allclose(predict_rows(model, cut_rows_again(rows, order)), together[order], atol=0.01)
    model.cut.close()
    for budget in (1, 10**6):  # each row for itself; all in one batch
        monkeypatch.setattr(cut_module, "TOKENS_PER_BATCH", budget)
        other = cut_rows(model, 1, [IDS[i] for i in order])
        assert np.allclose(predict_rows(model, other), together[order], atol=0.01)
        model.cut.close()


def cut_rows_again(rows: Any, order: Sequence[int]) -> Any:
    """The same stored rows, in another order or only some of them."""

    class Chosen(Stored):
        def of(self, wanted: Sequence[int], lengths: Sequence[int]) -> dict[str, torch.Tensor]:
            return rows.stored.of([order[i] for i in wanted], lengths)

    chosen = Chosen(**vars(rows.stored))
    return Rows([rows.ids[i] for i in order], [rows.y[i] for i in order], chosen)


def test_what_is_fed_is_padded_with_zeros_to_the_longest_of_the_batch() -> None:
    states = torch.arange(12, dtype=torch.float16).reshape(6, 2)
    below = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float16)
    given = Stored(states, np.array([0, 1, 4, 6]), below).of([2, 0], [2, 1])
    assert given["start"].tolist() == [[[8, 9], [10, 11]], [[0, 1], [0, 0]]]
    assert given["below"].tolist() == [[5, 6], [1, 2]]
    assert {one.dtype for one in given.values()} == {torch.float32}
    assert set(Stored(states, np.array([0, 1, 4, 6]), None).of([1], [3])) == {"start"}


@pytest.mark.parametrize("family", CUT)
def test_of_layers_under_the_cut_the_means_are_kept(make: Callable[..., Any], exact: None, family: str) -> None:
    encoder: Any = make(family).encoder
    at = len(blocks_of(encoder)[1]) - 1
    read = (*range(at + 2),)
    stored: Any = store(encoder, Cut(encoder, at), IDS, read, never)
    inputs = pad(IDS, pad_id_of(encoder))
    with torch.inference_mode():
        states = encoder(**inputs, output_hidden_states=True).hidden_states
    expected = torch.cat([mean_pool(states[layer], inputs["attention_mask"]) for layer in range(at)], dim=-1)
    assert stored.below.shape == (len(IDS), WIDTH * at)
    assert torch.allclose(stored.below.float(), expected, atol=0.01)
    for row, (ids, begin) in enumerate(zip(IDS, stored.first, strict=False)):
        assert torch.allclose(stored.states[begin : begin + len(ids)].float(), states[at][row, : len(ids)], atol=0.02)
    assert store(encoder, Cut(encoder, at), IDS, (at, at + 1), never).below is None  # both are read as they pass


def test_what_will_be_stored_is_known_before(make: Callable[..., Any]) -> None:
    stored = cut_rows(make("bert"), 1).stored
    assert stored_bytes(IDS, WIDTH) == stored.states.element_size() * stored.states.nelement()
    assert stored.states.shape == (sum(map(len, IDS)), WIDTH)


def test_what_is_stored_has_no_dropout_in_it(make: Callable[..., Any]) -> None:
    model = make("bert", (0, -1))
    expected = cut_rows(model, 2).stored
    model.cut.close()
    model.train()
    again = cut_rows(model, 2).stored
    assert torch.equal(again.states, expected.states)
    assert torch.equal(again.below, expected.below)


def test_no_rows_are_nothing_stored(make: Callable[..., Any]) -> None:
    model = make("bert", (0, -1))
    assert predict_rows(model, cut_rows(model, 1, [])).shape == (0, 3)


def test_only_what_lies_above_the_cut_gets_gradients(make: Callable[..., Any]) -> None:
    model = make("bert").train()
    rows = cut_rows(model, 2)
    model.train()
    model(**rows.inputs([0, 3], 0), labels=torch.tensor([0, 1]))["loss"].backward()
    blocks = blocks_of(model.encoder)[1]
    assert [any(p.grad is not None for p in block.parameters()) for block in blocks] == [False, False, True]
    assert model.classifier.weight.grad.abs().sum() > 0


def test_an_end_is_heard(make: Callable[..., Any]) -> None:
    def stop() -> None:
        raise StopRequested("cancel")

    encoder = make("bert").encoder
    with pytest.raises(StopRequested):
        store(encoder, Cut(encoder, 1), IDS, (3,), stop)
    assert not any(block._forward_hooks for block in blocks_of(encoder)[1])
    assert patched(encoder) == []
