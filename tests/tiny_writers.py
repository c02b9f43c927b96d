"""Random models that write, a few small blocks each, with MiniLM's tokenizer: what the families do differently is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORDS = 30522
MARKS = {"bos_token_id": 101, "eos_token_id": 102, "pad_token_id": 0}
CHAT = (
    "{% for message in messages %}{{ '[CLS]' + message['role'] + ': ' + message['content'] + '[SEP]' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '[CLS]assistant: ' }}{% endif %}"
)
ONLY_WRITE = ("gpt2", "llama", "mistral", "qwen2")
READ_FIRST = ("t5", "marian")


def save_tiny_writer(family: str, folder: Path, chats: bool = False) -> Path:
    """chats: with a chat template."""
    import torch
    import transformers as hf

    from tlcore.models.bases import tokenizer_file
    from tlcore.models.load import quiet

    quiet()
    kin = {
        "vocab_size": WORDS, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 130, "initializer_range": 0.1, **MARKS,
    }  # fmt: skip
    halves = {
        "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "d_model": 32,
        "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 130, "decoder_start_token_id": 0,
    }  # fmt: skip
    t5 = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0}
    configs: dict[str, Callable[[], Any]] = {
        "llama": lambda: hf.LlamaConfig(**kin),
        "mistral": lambda: hf.MistralConfig(**kin),
        "qwen2": lambda: hf.Qwen2Config(**kin),
        "gpt2": lambda: hf.GPT2Config(
            vocab_size=WORDS, n_embd=32, n_layer=2, n_head=4, n_positions=130, initializer_range=0.1, **MARKS
        ),
        "t5": lambda: hf.T5Config(vocab_size=WORDS, eos_token_id=102, pad_token_id=0, **t5),
        "marian": lambda: hf.MarianConfig(
            vocab_size=WORDS, eos_token_id=102, pad_token_id=0, forced_eos_token_id=None, **halves
        ),
    }
    kind = hf.AutoModelForSeq2SeqLM if family in READ_FIRST else hf.AutoModelForCausalLM
    with torch.random.fork_rng():
        torch.manual_seed(0)
        kind.from_config(configs[family]()).save_pretrained(str(folder))
    shutil.copyfile(tokenizer_file("minilm"), folder / "tokenizer.json")
    if chats:
        (folder / "chat_template.jinja").write_text(CHAT, encoding="utf-8")
    return folder
