"""A base model that writes, opened to be taught: one that goes on with a text (GPT-2, Llama, Mistral, Qwen, SmolLM2), or one
that reads a text whole and then writes (T5, Marian)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.models.language_model import open_config
from tlcore.models.load import load_tokenizer, open_base, refuse_missing

ONLY_TRANSLATES = ("marian",)
"""Kinds that take no instruction: they were taught nothing but one direction of translation."""
USER, ANSWER = "\x02asked\x02", "\x02answered\x02"
CONFIG, TEMPLATE = "tokenizer_config.json", "chat_template.jinja"
PLAIN_AFTER = "\n\nAnswer:\n"
"""What a model that was never taught to converse is told where its answer begins."""
LONGEST = 2_048


@dataclass(frozen=True)
class WriterBase:
    """lm: transformers' own. prompt: as tlcore.predict.prompting reads it, without its instruction. longest: word pieces that go
    through at once."""

    lm: Any
    tokenizer: Any
    prompt: dict[str, Any]
    longest: int

    @property
    def reads_first(self) -> bool:
        return bool(self.prompt["reads_first"])


def load_writer(folder: Path) -> WriterBase:
    """Raises TlcoreError for a base that cannot be opened, or does not write."""
    import transformers

    config = open_config(folder)
    reads_first = bool(getattr(config, "is_encoder_decoder", False))
    known = (
        transformers.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING if reads_first else transformers.MODEL_FOR_CAUSAL_LM_MAPPING
    )
    if type(config) not in known or config.model_type in ("bert", "roberta", "xlm-roberta", "electra"):
        raise TlcoreError(
            f"This base model ({config.model_type}) only reads; it cannot write a text.",
            str(folder),
            "Choose smollm2 (it came with Nudge), or a folder with GPT-2, Llama, Mistral, Qwen, T5 or Marian.",
        )
    kind = transformers.AutoModelForSeq2SeqLM if reads_first else transformers.AutoModelForCausalLM
    lm, missing = open_base(kind, folder)
    inside = f"{lm.base_model_prefix}."
    refuse_missing([name for name in missing if name.startswith(inside)], folder)
    tokenizer = load_tokenizer(folder, LONGEST)
    tokenizer.no_truncation()
    places = int(getattr(config, "max_position_embeddings", 0) or getattr(config, "n_positions", 0) or LONGEST)
    return WriterBase(lm, tokenizer, _prompt(folder, config, tokenizer, reads_first), min(places, LONGEST))


def _prompt(folder: Path, config: Any, tokenizer: Any, reads_first: bool) -> dict[str, Any]:
    special = sorted({one.content for one in tokenizer.get_added_tokens_decoder().values() if one.special})
    common = {"reads_first": reads_first, "special": special, "own": reads_first, "place": 0}
    stop = _end_id(config)
    if reads_first:
        return {**common, "bare": config.model_type in ONLY_TRANSLATES, "before": [], "after": [], "ends": [stop]}
    chat = _conversation(folder, tokenizer)
    if chat is None:
        before = [config.bos_token_id if _begins(tokenizer, config) else stop]
        after = tokenizer.encode(PLAIN_AFTER, add_special_tokens=False).ids
        return {**common, "bare": False, "before": before, "after": after, "ends": [stop]}
    before, after, closing = (tokenizer.encode(one, add_special_tokens=False).ids for one in chat)
    ends = list(dict.fromkeys([*closing[:1], stop]))
    return {**common, "bare": False, "before": before, "after": after, "ends": ends}


def _end_id(config: Any) -> int:
    found = getattr(config, "eos_token_id", None)
    found = found[0] if isinstance(found, list) else found
    return int(found if found is not None else getattr(config, "pad_token_id", None) or 0)


def _begins(tokenizer: Any, config: Any) -> bool:
    """Whether the model is used to a mark of its own before every text; else to what ends one and begins the next."""
    first = tokenizer.encode("a").ids[0]
    return first == getattr(config, "bos_token_id", None)


def _conversation(folder: Path, tokenizer: Any) -> tuple[str, str, str] | None:
    """What the base's own chat template puts before what is asked, between that and the answer, and after the answer; None where it has none."""
    from transformers import PreTrainedTokenizerFast

    own = read_json(folder / CONFIG, {}) or {}
    file = folder / TEMPLATE
    template = file.read_text(encoding="utf-8") if file.exists() else own.get("chat_template")
    if not isinstance(template, str):
        return None
    marks = {
        name: _content(own[name]) for name in ("bos_token", "eos_token", "unk_token", "pad_token") if own.get(name)
    }
    talker = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)
    turns = [{"role": "user", "content": USER}]
    try:
        asked: Any = talker.apply_chat_template(
            turns, chat_template=template, tokenize=False, add_generation_prompt=True
        )
        turns.append({"role": "assistant", "content": ANSWER})
        whole: Any = talker.apply_chat_template(turns, chat_template=template, tokenize=False)
    except Exception as error:  # jinja2 and templates raise whatever they like
        raise TlcoreError(
            "The chat template of this base model cannot be used.",
            str(folder),
            f"Choose another base. ({str(error)[:200]})",
        ) from error
    if USER not in asked or ANSWER not in whole:
        return None
    before, _, after = asked.partition(USER)
    return before, after, whole.partition(ANSWER)[2]


def _content(mark: Any) -> str:
    return str(mark["content"]) if isinstance(mark, dict) else str(mark)
