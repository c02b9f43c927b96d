"""Writing word by word, many texts at once, each word the likeliest one: the same in training and in the zip. Needs torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from transformers import DynamicCache, GenerationConfig

TOKENS_AT_ONCE = 1_536
MOST_AT_ONCE = 32
NOT_SAID = float("-inf")


@dataclass(frozen=True)
class Rule:
    """most: word pieces of an answer. ends: what ends one. no_repeat: so many word pieces in a row are not said twice; 0: they
    may be. beams: how many ways to go on are followed at once."""

    most: int
    ends: tuple[int, ...]
    no_repeat: int = 0
    beams: int = 1


@dataclass(frozen=True)
class Start:
    """What every text begins with, read once: keys and values [blocks, heads, tokens, width], its word pieces, and the place that
    the first word after it has."""

    keys: torch.Tensor
    values: torch.Tensor
    ids: tuple[int, ...]
    place: int

    @property
    def tokens(self) -> int:
        return int(self.keys.shape[2])

    def cache(self, rows: int) -> DynamicCache:
        """For so many texts at once."""
        found = DynamicCache()
        for block in range(len(self.keys)):
            keys, values = (one[block].unsqueeze(0).expand(rows, -1, -1, -1) for one in (self.keys, self.values))
            found.update(keys.contiguous(), values.contiguous(), block)
        return found


def start_of(cache: Any, ids: Sequence[int], place: int, tokens: int) -> Start:
    """From what a model that read them has in its cache, a batch of one; the first `tokens` of it."""
    keys = torch.stack([layer.keys[0, :, :tokens] for layer in cache.layers])
    values = torch.stack([layer.values[0, :, :tokens] for layer in cache.layers])
    return Start(keys, values, tuple(ids), place)


@torch.inference_mode()
def write(
    lm: Any, start: Start | None, prompts: Sequence[Sequence[int]], rule: Rule,
    tick: Callable[[int], None] = lambda done: None, said: Callable[[list[int]], None] | None = None,
) -> list[list[int]]:  # fmt: skip
    """Answers as word pieces, one a prompt. start: of a model that only writes; None for one that reads first, then writes.

    tick: called after every word with the number of answers that are done; what it raises ends the work. said: hears the word
    pieces so far, where there is one prompt.
    """
    found: list[list[int]] = [[] for _ in prompts]
    done = 0
    for batch in _batches([len(one) for one in prompts]):
        some = [prompts[i] for i in batch]
        work: Any = _follow_beams if rule.beams > 1 else _one_after_the_other if start else _read_then_write
        answers = work(lm, start, some, rule, partial(tick, done), said)
        for place, answer in zip(batch, answers, strict=True):
            found[place] = answer
        done += len(batch)
        tick(done)
    return found


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Neighbours in length, so that little is padded."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        if not batches or len(batches[-1]) >= min(MOST_AT_ONCE, max(1, TOKENS_AT_ONCE // max(1, lengths[i]))):
            batches.append([])
        batches[-1].append(i)
    return batches


def _padded(prompts: Sequence[Sequence[int]], place: Any, left: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """ids and mask, int64 [rows, longest]."""
    longest = max(map(len, prompts))
    ids, mask = (torch.zeros(len(prompts), longest, dtype=torch.long) for _ in range(2))
    for row, one in enumerate(prompts):
        at = slice(longest - len(one), longest) if left else slice(0, len(one))
        ids[row, at], mask[row, at] = torch.tensor(one, dtype=torch.long), 1
    return ids.to(place), mask.to(place)


def _one_after_the_other(
    lm: Any, start: Start, prompts: Sequence[Sequence[int]], rule: Rule, tick: Callable[[], None],
    said: Callable[[list[int]], None] | None,
) -> list[list[int]]:  # fmt: skip
    """Prompts are padded on the left, so that all go on at the same place; texts that are done leave the batch."""
    place = start.keys.device
    ids, own = _padded(prompts, place, left=True)
    mask = torch.cat([own.new_ones(len(prompts), start.tokens), own], dim=1)
    places = (start.place + own.cumsum(1) - 1).clamp_min(0)
    cache, alive = start.cache(len(prompts)), list(range(len(prompts)))
    found: list[list[int]] = [[] for _ in prompts]
    for step in range(rule.most):
        out = lm(
            input_ids=ids,
            attention_mask=mask,
            position_ids=places,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        words = _likeliest(out.logits[:, -1].float(), [found[i] for i in alive], rule)
        for row, word in zip(alive, words, strict=True):
            found[row].append(word)
        tick()
        if said:
            said(found[0])
        stay = [at for at, word in enumerate(words) if word not in rule.ends]
        if not stay or step + 1 == rule.most:
            break
        if len(stay) < len(alive):
            chosen = torch.tensor(stay, device=place)
            cache.batch_select_indices(chosen)
            mask, places = mask[chosen], places[chosen]
            alive, words = [alive[at] for at in stay], [words[at] for at in stay]
        ids = torch.tensor(words, device=place).unsqueeze(1)
        mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=1)
        places = places[:, -1:] + 1
    return found


def _read_then_write(
    lm: Any, start: None, prompts: Sequence[Sequence[int]], rule: Rule, tick: Callable[[], None],
    said: Callable[[list[int]], None] | None,
) -> list[list[int]]:  # fmt: skip
    """A model of two halves: one reads the whole text, once, the other writes."""
    place = next(lm.parameters()).device
    given, mask = _padded(prompts, place, left=False)
    read = lm.get_encoder()(input_ids=given, attention_mask=mask)
    ids = torch.full((len(prompts), 1), first_word(lm.config), device=place)
    cache: Any = None
    found: list[list[int]] = [[] for _ in prompts]
    open_rows = set(range(len(prompts)))
    for _ in range(rule.most):
        out = lm(
            encoder_outputs=read, attention_mask=mask, decoder_input_ids=ids, past_key_values=cache, use_cache=True
        )
        cache = out.past_key_values
        words = _likeliest(out.logits[:, -1].float(), found, rule)
        for row in list(open_rows):
            found[row].append(words[row])
            if words[row] in rule.ends:
                open_rows.discard(row)
        tick()
        if said:
            said(found[0])
        if not open_rows:
            break
        ids = torch.tensor(words, device=place).unsqueeze(1)
    return found


def first_word(config: Any) -> int:
    """What the writing half of a model begins every answer with."""
    own = getattr(config, "decoder_start_token_id", None)
    return int(own if own is not None else getattr(config, "pad_token_id", None) or 0)


def _follow_beams(
    lm: Any, start: Start | None, prompts: Sequence[Sequence[int]], rule: Rule, tick: Callable[[], None],
    said: Callable[[list[int]], None] | None,
) -> list[list[int]]:  # fmt: skip
    """transformers' beam search, on the whole prompts."""
    whole = [[*(start.ids if start else ()), *one] for one in prompts]
    ids, mask = _padded(whole, next(lm.parameters()).device, left=start is not None)
    how = GenerationConfig(
        max_new_tokens=rule.most, num_beams=rule.beams, do_sample=False, no_repeat_ngram_size=rule.no_repeat,
        eos_token_id=list(rule.ends), pad_token_id=rule.ends[0], decoder_start_token_id=None if start else first_word(lm.config),
    )  # fmt: skip
    found = lm.generate(input_ids=ids, attention_mask=mask, generation_config=how)
    tick()
    return [_up_to_end(row, rule.ends) for row in found[:, ids.shape[1] if start else 1 :].tolist()]


def _up_to_end(ids: list[int], ends: Sequence[int]) -> list[int]:
    at = next((i for i, one in enumerate(ids) if one in ends), len(ids) - 1)
    return ids[: at + 1]


def _likeliest(scores: torch.Tensor, before: Sequence[list[int]], rule: Rule) -> list[int]:
    """scores: float32 [rows, word pieces]."""
    if rule.no_repeat:
        for row, ids in enumerate(before):
            if gone := _would_repeat(ids, rule.no_repeat):
                scores[row, gone] = NOT_SAID
    return scores.argmax(-1).tolist()


def _would_repeat(ids: list[int], size: int) -> list[int]:
    """The word pieces after which the last `size` would be some that were said before."""
    if len(ids) < size:
        return []
    last = ids[len(ids) - size + 1 :]
    return [ids[i + size - 1] for i in range(len(ids) - size + 1) if ids[i : i + size - 1] == last]


def settings_of(answer: Mapping[str, Any]) -> Rule:
    """How nudge.json says that answers are to be written."""
    return Rule(
        int(answer["max_new_tokens"]),
        tuple(answer["prompt"]["ends"]),
        int(answer["no_repeat"]),
        int(answer["num_beams"]),
    )
