"""A decoder in memory that is asked only how likely it finds given words. Needs torch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from tlcore.engine.precision import device, set_threads, use_bf16
from tlcore.engine.tokens import by_length, pad
from tlcore.errors import TlcoreError
from tlcore.models.load import load_tokenizer, longest_input, quiet

TOKENS_AT_ONCE, LOGITS_AT_ONCE = 1_024, 256
"""Tokens of a batch; and of how many of them the scores of all words are in memory at once: 50 MB of them."""
CHAT = ("<|im_start|>", "<|im_end|>")
"""How ChatML marks a turn; a model without these marks reads plain text."""


class Decoder:
    """The base model in `folder`. bf16 where this machine is quicker in it, fp32 elsewhere; deterministic."""

    def __init__(self, folder: Path) -> None:
        set_threads()
        quiet()
        dtype = torch.bfloat16 if use_bf16() else torch.float32
        try:
            model = transformers.AutoModelForCausalLM.from_pretrained(
                str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True, dtype=dtype
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise TlcoreError("This base model could not be opened as one that writes.", str(folder), f"Choose another one. ({str(error)[:200]})") from error  # fmt: skip
        self._model: Any = model.eval().to(device())
        self.longest = min(longest_input(model.config), 2_048)
        self._tokenizer = load_tokenizer(folder, 100_000)
        self._kept: tuple[list[int], Any] | None = None
        self.chats = all(self._tokenizer.token_to_id(mark) is not None for mark in CHAT)

    def ids(self, text: str) -> list[int]:
        """Token ids, without special tokens of its own."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def text_of(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(list(ids), skip_special_tokens=False)

    def turn(self, role: str, content: str = "", open_ended: bool = False) -> list[int]:
        """One turn of a conversation. The content is cut into tokens by itself: what it says can never be a mark."""
        begin, end = (CHAT[0] + role + "\n", CHAT[1] + "\n") if self.chats else (f"{role.capitalize()}: ", "\n\n")
        return self.ids(begin) + self._plain(content) + ([] if open_ended else self.ids(end))

    def _plain(self, text: str) -> list[int]:
        for mark in CHAT:
            text = text.replace(mark, mark.strip("<>"))
        return self.ids(text)

    @property
    def end(self) -> list[int]:
        """What ends a turn."""
        return self.ids(CHAT[1] if self.chats else "\n\n")

    def keep(self, head: Sequence[int]) -> None:
        """Read this once: whatever begins with it is then read from there on."""
        self._kept = None
        if head:
            self._kept = (list(head), self._read(list(head)))

    def log_probability(
        self, head: Sequence[int], tails: Sequence[Sequence[int]], tick: Callable[[int], None] = lambda done: None
    ) -> np.ndarray:
        """log P(tail | head) of each tail, float64 [tails]. head: one token or more. tick: tails done, after each batch."""
        if not head:
            raise ValueError("there must be something before the words")
        read = self._read(list(head[:-1])) if len(head) > 1 else None
        found, done = np.zeros(len(tails)), 0
        filled = [i for i, tail in enumerate(tails) if tail]
        for batch in by_length([len(tails[i]) for i in filled], TOKENS_AT_ONCE):
            rows = [filled[i] for i in batch]
            found[rows] = self._of_batch(head[-1], [tails[i] for i in rows], read)
            done += len(rows)
            tick(done)
        return found

    @torch.inference_mode()
    def _of_batch(self, last: int, tails: Sequence[Sequence[int]], read: Any) -> np.ndarray:
        """tails follow the token `last`, which follows what was read."""
        given = pad([[last, *tail[:-1]] for tail in tails], 0)
        wanted = pad(tails, 0)["input_ids"]
        cache = None if read is None else _repeated(read, len(tails))
        # Padding stands behind every word, where no word before it looks: causal attention needs no mask.
        out = self._model.base_model(
            input_ids=given["input_ids"].to(device()), past_key_values=cache, use_cache=cache is not None
        )
        real = given["attention_mask"].bool()
        states, words = out.last_hidden_state[real.to(device())], wanted[real].to(device())  # [tokens, width], [tokens]
        each = torch.cat([
            -torch.nn.functional.cross_entropy(self._model.lm_head(part).float(), word, reduction="none")
            for part, word in zip(states.split(LOGITS_AT_ONCE), words.split(LOGITS_AT_ONCE), strict=True)
        ])  # fmt: skip
        table = torch.zeros(real.shape, dtype=torch.float64)
        table[real] = each.double().cpu()
        return table.sum(1).numpy()

    @torch.inference_mode()
    def _read(self, ids: list[int]) -> Any:
        """Keys and values of these tokens, a batch of one; from what is kept where they begin with it."""
        cache = transformers.DynamicCache()
        if self._kept is not None and ids[: len(self._kept[0])] == self._kept[0]:
            ids, cache = ids[len(self._kept[0]) :], copy.deepcopy(self._kept[1])
        if ids:
            self._model.base_model(
                input_ids=torch.tensor([ids], device=device()), past_key_values=cache, use_cache=True
            )
        return cache


def _repeated(cache: Any, times: int) -> Any:
    copied = copy.deepcopy(cache)
    copied.batch_repeat_interleave(times)
    return copied
