"""What a model that writes is given to read: the instruction and the text, in the form of conversation that the model was taught.

`prompt` in nudge.json says how: {"instruction": where a row has none of its own, "before", "after": word pieces around what is
asked, "bare": whether the instruction is left out (a model that only translates), "own": word pieces that the tokenizer adds to
every text are added, "ends": word pieces that end an answer, "special": marks that no text may hold}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tokenizers import Tokenizer

from .text import parts_of

JOIN = "\n\n"
"""Between an instruction and its text."""


class Prompter:
    """From a text (or an instruction and a text, packed) to word pieces, and from word pieces to words."""

    def __init__(self, prompt: Mapping[str, Any], tokenizer: Tokenizer, longest: int) -> None:
        self.prompt, self.tokenizer, self.longest = prompt, tokenizer, longest
        self.before, self.after, self.ends = (list(prompt[name]) for name in ("before", "after", "ends"))
        tokenizer.no_padding()
        tokenizer.no_truncation()

    def asked(self, text: str) -> str:
        """Instruction and text as one."""
        *instruction, source = parts_of(text)
        said = (instruction[0].strip() if instruction else "") or str(self.prompt["instruction"])
        return self._plain(source if self.prompt["bare"] or not said else f"{said}{JOIN}{source}")

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Word pieces of what differs from text to text, and what follows it; those `before` are the same for all.

        A text that is too long is cut at its end.
        """
        room = max(1, self.longest - len(self.before) - len(self.after))
        own = bool(self.prompt["own"])
        found = self.tokenizer.encode_batch([self.asked(text) for text in texts], add_special_tokens=own)
        return [_cut(one.ids, room, own) + self.after for one in found]

    def answer_ids(self, texts: Sequence[str], longest: int) -> list[list[int]]:
        """Word pieces of answers, each with what ends it."""
        found = self.tokenizer.encode_batch([self._plain(text) for text in texts], add_special_tokens=False)
        return [[*one.ids[:longest], self.ends[0]] for one in found]

    def words(self, ids: Sequence[int]) -> str:
        """What was written."""
        return self.tokenizer.decode([one for one in ids if one not in self.ends], skip_special_tokens=True).strip()

    def _plain(self, text: str) -> str:
        """A text that holds none of the marks by which turns of a conversation are told apart."""
        for mark in self.prompt["special"]:
            if mark in text:
                text = text.replace(mark, mark.strip("<>|[]"))
        return text


def _cut(ids: Sequence[int], room: int, keep_last: bool) -> list[int]:
    """keep_last: the last one is a mark of the tokenizer's own, which says that the text ends."""
    if len(ids) <= room:
        return list(ids)
    return [*ids[: room - 1], ids[-1]] if keep_last else list(ids[:room])
