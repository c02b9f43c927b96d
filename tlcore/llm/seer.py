"""A vision-language model in memory (LLaVA, PaliGemma) that is asked only how likely it finds a label's words. Needs torch.

Liu et al. 2023 (arXiv 2304.08485), Beyer et al. 2024 (arXiv 2407.07726).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from tlcore.engine.precision import device, set_threads, use_bf16
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.llm.question import Question
from tlcore.models.load import quiet, refuse_missing

ALWAYS_LOOKS = ("paligemma",)
"""Kinds that cannot be asked without a picture."""
MOST_LETTERS = 1_500
"""Of a text; what stands behind is cut off."""
LABELS_AT_ONCE = 16


class Seer:
    """The model in `folder` (tlcore.llm.seeing: check_folder). Deterministic; nothing is generated. Raises TlcoreError where it
    cannot be opened."""

    def __init__(self, folder: Path) -> None:
        self.kind = str((read_json(folder / "config.json", {}) or {}).get("model_type"))
        set_threads()
        quiet()
        kind: Any = transformers.AutoModelForImageTextToText
        try:
            model, found = kind.from_pretrained(
                str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True, output_loading_info=True,
                dtype=torch.bfloat16 if use_bf16() else torch.float32,
            )  # fmt: skip
            self._processor: Any = transformers.AutoProcessor.from_pretrained(
                str(folder), trust_remote_code=False, local_files_only=True
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError, AttributeError, TypeError) as error:
            what = "This model could not be opened as one that sees."
            raise TlcoreError(what, str(folder), f"Choose another one. ({str(error)[:200]})") from error
        refuse_missing(found["missing_keys"], folder)
        self._model: Any = model.eval().to(device())
        tokens = self._processor.tokenizer
        self._marks = sorted({*tokens.all_special_tokens, *tokens.get_added_vocab(), self._processor.image_token})
        self._end = [tokens.eos_token_id] if tokens.eos_token_id is not None else []

    def can_read(self, has_picture: bool) -> bool:
        """Whether it can be asked about such a row."""
        return has_picture or self.kind not in ALWAYS_LOOKS

    def plain(self, text: str) -> str:
        """A text that can hold none of the model's own marks."""
        for mark in self._marks:
            if mark.strip() and mark in text:
                text = text.replace(mark, f"{mark[0]} {mark[1:]}")
        return text

    def prompt(self, question: Question, words: str, has_picture: bool) -> str:
        """What is asked of a row, in the model's own form."""
        said = "; ".join(
            f"{one.label} ({one.description.strip()})" if one.description.strip() else one.label
            for one in question.labels
        )
        asked = self.plain(f"{question.task}\nLabels: {said}\nText: {words[:MOST_LETTERS]}\nWhich label is it?")
        if self.kind == "paligemma":  # bos and the line break behind it are put there by its processor
            return f"{self._processor.image_token}{asked}"
        if getattr(self._processor, "chat_template", None):
            content = [*([{"type": "image"}] if has_picture else []), {"type": "text", "text": asked}]
            turns = [{"role": "user", "content": content}]
            return str(self._processor.apply_chat_template(turns, add_generation_prompt=True))
        seen = f"{self._processor.image_token}\n" if has_picture else ""
        return f"USER: {seen}{asked} ASSISTANT:"

    def log_probability(self, prompt: str, image: Any, answers: Sequence[str]) -> np.ndarray:
        """log P(answer | prompt and picture) of each, float64 [answers]; image: RGB (pillow), or None."""
        given = self._processor(
            text=[prompt], return_tensors="pt", **({"images": [image]} if image is not None else {})
        )
        given.pop("labels", None)
        before = "" if prompt[-1:].isspace() or self.kind == "paligemma" else " "
        tails = [self._ids(before + self.plain(answer)) + self._end for answer in answers]
        return self._likely({name: value.to(device()) for name, value in given.items()}, tails)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._processor.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    @torch.inference_mode()
    def _likely(self, given: dict[str, Any], tails: Sequence[list[int]]) -> np.ndarray:
        """Picture and words are read once, each answer from there on."""
        if "pixel_values" in given:
            given["pixel_values"] = given["pixel_values"].to(self._model.dtype)
        out = self._model(**given, past_key_values=transformers.DynamicCache(), use_cache=True, logits_to_keep=1)
        first, cache = out.logits[0, -1].float().log_softmax(-1), out.past_key_values
        found = [
            self._of_batch(first, cache, tails[i : i + LABELS_AT_ONCE]) for i in range(0, len(tails), LABELS_AT_ONCE)
        ]
        return np.concatenate(found)

    def _of_batch(self, first: torch.Tensor, cache: Any, tails: Sequence[list[int]]) -> np.ndarray:
        """first: log-probabilities of what comes right after the prompt, [words]."""
        longest = max(map(len, tails))
        ids = torch.zeros((len(tails), longest), dtype=torch.int64)
        for row, tail in enumerate(tails):
            ids[row, : len(tail)] = torch.tensor(tail)
        ids = ids.to(device())
        total = first[ids[:, 0]].double()
        if longest > 1:
            read = copy.deepcopy(cache)
            read.batch_repeat_interleave(len(tails))
            # Padding stands behind every word, where no word before it looks: causal attention needs no mask.
            logits = self._model(input_ids=ids[:, :-1], past_key_values=read, use_cache=True).logits
            each = logits.float().log_softmax(-1).gather(2, ids[:, 1:, None])[:, :, 0].double()  # [tails, longest - 1]
            real = torch.tensor([[i + 1 < len(tail) for i in range(longest - 1)] for tail in tails], device=device())
            total = total + (each * real).sum(1)
        return np.asarray(total.cpu().numpy(), dtype=float)
