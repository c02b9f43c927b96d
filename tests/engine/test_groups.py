"""tlcore.engine.groups: where each weight lies is found by structure, in every family."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

from tlcore.engine.groups import EMBEDDINGS, TOP, block_name, blocks_of, layer_groups, linear_names
from tlcore.models.load import load_encoder

SMALL = {
    "vocab_size": 120,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 24,
}


def encoder(family: str) -> torch.nn.Module:
    """A tiny random model of a family, three blocks deep."""
    config = {
        "bert": lambda: transformers.BertConfig(**SMALL),
        "roberta": lambda: transformers.RobertaConfig(**SMALL),
        "xlm-roberta": lambda: transformers.XLMRobertaConfig(**SMALL),
        "electra": lambda: transformers.ElectraConfig(**SMALL, embedding_size=8),
        "mpnet": lambda: transformers.MPNetConfig(**SMALL),
        "deberta-v2": lambda: transformers.DebertaV2Config(**SMALL, relative_attention=True, pos_att_type=["p2c", "c2p"]),
        "modernbert": lambda: transformers.ModernBertConfig(**SMALL, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2),
        "distilbert": lambda: transformers.DistilBertConfig(vocab_size=120, dim=16, n_layers=3, n_heads=2, hidden_dim=24),
        "albert": lambda: transformers.AlbertConfig(**SMALL, embedding_size=8, num_hidden_groups=1),
        "xlnet": lambda: transformers.XLNetConfig(vocab_size=120, d_model=16, n_layer=3, n_head=2, d_inner=24),
    }  # fmt: skip
    return transformers.AutoModel.from_config(config[family]())


FAMILIES = ["bert", "roberta", "xlm-roberta", "electra", "mpnet", "deberta-v2", "modernbert", "distilbert", "xlnet"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_weight_is_in_one_group_and_each_block_holds_its_own(family: str) -> None:
    model = encoder(family)
    groups = layer_groups(model)
    assert set(groups) == {name for name, _ in model.named_parameters()}
    assert set(groups.values()) - {TOP} == {EMBEDDINGS, *(block_name(i) for i in (1, 2, 3))}
    _, blocks = blocks_of(model)
    for i, block in enumerate(blocks):
        own = {id(parameter) for parameter in block.parameters()}
        assert {id(p) for name, p in model.named_parameters() if groups[name] == block_name(i + 1)} == own
    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    for name, parameter in model.named_parameters():
        if id(parameter) in tables:
            assert groups[name] == EMBEDDINGS, name


def test_a_model_that_shares_one_block_has_one() -> None:
    groups = layer_groups(encoder("albert"))
    assert set(groups.values()) - {TOP} == {EMBEDDINGS, "block 1"}


def test_a_model_without_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="no list of blocks"):
        blocks_of(torch.nn.Linear(2, 2))


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "electra"])
def test_the_linear_layers_of_attention_keep_the_width(tiny_base: Callable[[str], Path], family: str) -> None:
    model = load_encoder(tiny_base(family))
    _, blocks = blocks_of(model)
    attention, every = linear_names(model, "attention"), linear_names(model, "all")
    assert len(attention) == 4 * len(blocks)  # query, key, value, output
    assert len(every) == 6 * len(blocks)
    assert set(attention) < set(every)
    assert not [name for name in every if "pooler" in name or "embedding" in name]
