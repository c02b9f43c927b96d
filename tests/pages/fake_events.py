"""What a worker would say while it trains, without training: the events of each kind of run."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any


def frozen_events() -> Iterator[dict[str, Any]]:
    """The events of a frozen_features run, without `t`."""
    yield {"kind": "phase", "name": "prepare", "title": "Getting ready"}
    yield {"kind": "blocks", "blocks": [{"name": name, "moves": name == "classifier"} for name in block_names()]}
    yield {"kind": "phase", "name": "baselines", "title": "Simple methods"}
    yield {"kind": "baseline", "name": "majority", "macro_f1": 0.06, "split": "validation"}
    yield {"kind": "baseline", "name": "tfidf", "macro_f1": 0.71, "split": "validation"}
    yield {"kind": "phase", "name": "encode", "title": "Reading the texts"}
    for done in range(0, 1001, 50):
        rate = {"texts_per_second": 180.0 + done % 7, "memory_mb": 900}
        yield {"kind": "progress", "done": done, "total": 1000, "unit": "texts", **rate}
    yield {"kind": "phase", "name": "choose", "title": "Choosing layers and strength"}
    for done in range(6):
        yield {"kind": "progress", "done": done + 1, "total": 6, "unit": "variants"}
    yield {"kind": "choice", "what": "layers", "chosen": [2, 4, 6], "tried": []}
    yield {"kind": "choice", "what": "C", "chosen": 0.01, "tried": []}
    yield {"kind": "phase", "name": "curve", "title": "Fewer labels"}
    for labels in (25, 50, 100, 200, 400, 800):
        yield {"kind": "curve", "labels": labels, "macro_f1": 0.92 - 1.6 / math.sqrt(labels)}
    yield {"kind": "phase", "name": "fit", "title": "Learning"}
    yield from ending()


def finetune_events(steps: int = 400, epochs: int = 8, after: int | None = None) -> Iterator[dict[str, Any]]:
    """The events of a full_finetune run, without `t`; `after`: of one that goes on from that step."""
    yield from beginning(encoded=after is None)
    yield {"kind": "phase", "name": "finetune", "title": "Training"}
    if after is not None:
        yield {"kind": "resumed", "step": after}
    yield {"kind": "blocks", "blocks": [{"name": name, "moves": True} for name in block_names()]}
    yield from steps_of(range((after or 0) + 1, steps + 1), steps, epochs, lambda step: rates_of(7, step / steps))
    yield from ending()


def gradual_events(steps: int = 400, epochs: int = 8) -> Iterator[dict[str, Any]]:
    """The events of a top_layers run: every hundred steps another block opens, and the last phase is longer."""
    yield from beginning()
    yield {"kind": "phase", "name": "finetune", "title": "Training"}
    for first, last, count in ((0, 80, 1), (80, 160, 2), (160, steps, 3)):
        moving = ("classifier", *(f"block {6 - i}" for i in range(count)))
        yield {"kind": "blocks", "blocks": [{"name": name, "moves": name in moving} for name in block_names()]}

        def rates(step: int, at: tuple[int, int, int] = (first, last, count)) -> dict[str, float]:
            return rates_of(at[2], (step - at[0]) / (at[1] - at[0]))

        yield from steps_of(range(first + 1, last + 1), steps, epochs, rates)
    yield from ending()


def reading_events(steps: int = 300, epochs: int = 4, after: int | None = None) -> Iterator[dict[str, Any]]:
    """The events of a mlm_then_finetune run, then frozen_features, without `t`; `after`: of one that goes on from that step."""
    yield from beginning(encoded=False)
    yield {"kind": "phase", "name": "mlm_head", "title": "Teaching the part that guesses words"}
    yield {"kind": "progress", "done": 3, "total": 8, "unit": "rounds at most"}
    yield {"kind": "phase", "name": "mlm", "title": "Reading your texts"}
    yield {"kind": "blocks", "blocks": [{"name": name, "moves": name != "classifier"} for name in block_names()]}
    yield {"kind": "perplexity", "step": 0, "epoch": 0, "perplexity": 764.4, "best": True, "patience_left": 2}
    if after is not None:
        yield {"kind": "resumed", "step": after}
    for step in range((after or 0) + 1, steps + 1):
        found = 80 + 700 * math.exp(-step / 60)
        rates = {name: rate for name, rate in rates_of(7, step / steps).items() if name != "head"}
        yield {
            "kind": "read_step", "step": step, "total_steps": steps, "epoch": step * epochs / steps, "perplexity": found * 1.2,
            "rates": rates, "texts_per_second": 14.0, "seconds_left": float(steps - step), "memory_mb": 1900,
        }  # fmt: skip
        if step % (steps // epochs) == 0:
            yield {"kind": "perplexity", "step": step, "perplexity": found, "best": True, "patience_left": 2}
            yield {"kind": "forgetting", "step": step, "similarity": 1 - 0.3 * step / steps, "limit": 0.5}
    yield {"kind": "phase", "name": "encode", "title": "Reading the texts"}
    yield {"kind": "blocks", "blocks": [{"name": name, "moves": name == "classifier"} for name in block_names()]}
    yield {
        "kind": "progress",
        "done": 1000,
        "total": 1000,
        "unit": "texts",
        "texts_per_second": 180.0,
        "memory_mb": 900,
    }
    yield {"kind": "phase", "name": "choose", "title": "Choosing layers and strength"}
    yield {"kind": "choice", "what": "C", "chosen": 0.01, "tried": []}
    yield {"kind": "phase", "name": "curve", "title": "Fewer labels"}
    yield from ({"kind": "curve", "labels": n, "macro_f1": 0.92 - 1.6 / math.sqrt(n)} for n in (25, 100, 400))
    yield {"kind": "phase", "name": "fit", "title": "Learning"}
    yield {"kind": "phase", "name": "compare", "title": "Without reading"}
    yield from ending()


def beginning(encoded: bool = True) -> Iterator[dict[str, Any]]:
    """What comes before a network learns; a job that goes on has read the texts already."""
    yield {"kind": "phase", "name": "prepare", "title": "Getting ready"}
    yield {"kind": "blocks", "blocks": [{"name": name, "moves": name == "classifier"} for name in block_names()]}
    yield {"kind": "phase", "name": "baselines", "title": "Simple methods"}
    yield {"kind": "baseline", "name": "majority", "macro_f1": 0.06, "split": "validation"}
    yield {"kind": "baseline", "name": "tfidf", "macro_f1": 0.71, "split": "validation"}
    if encoded:
        rate = {"texts_per_second": 200, "memory_mb": 900}
        yield {"kind": "phase", "name": "encode", "title": "Reading the texts"}
        yield {"kind": "progress", "done": 1000, "total": 1000, "unit": "texts", **rate}
        yield {"kind": "phase", "name": "head", "title": "Training the head"}


def steps_of(
    numbers: range, steps: int, epochs: int, rates: Callable[[int], dict[str, float]]
) -> Iterator[dict[str, Any]]:
    """Steps, and a look at the validation rows after each round."""
    best, left = 0.0, 3
    for step in numbers:
        noise = random.Random(step).uniform(-0.09, 0.09)
        epoch, loss = step * epochs / steps, 1.9 * math.exp(-step / 130) + 0.12 + noise
        yield {
            "kind": "step", "step": step, "total_steps": steps, "epoch": epoch, "loss": loss, "rates": rates(step),
            "texts_per_second": 31 + noise, "memory_mb": 1480,
        }  # fmt: skip
        if step % (steps // epochs) == 0:
            f1 = 0.93 - 0.8 * math.exp(-step / 90) - max(0, step - 300) / 4000
            better = f1 > best
            left, best = (3, f1) if better else (left - 1, best)
            found = {"step": step, "epoch": epoch, "loss": loss + 0.11, "macro_f1": f1}
            yield {"kind": "eval", **found, "best": better, "patience_left": left}
            yield {"kind": "forgetting", "step": step, "similarity": 1 - 0.12 * step / steps, "limit": 0.5}


def rates_of(opened: int, part: float) -> dict[str, float]:
    """Learning rates by group when the `opened` upper parts move: a warm-up, then down to nothing."""
    now = min(part / 0.1, (1 - part) / 0.9)
    groups = [*(f"block {6 - i}" for i in range(6)), "embeddings"][:opened]
    return {"head": 1e-3 * now, **{name: 2e-4 * 0.8**i * now for i, name in enumerate(groups)}}


def ending() -> Iterator[dict[str, Any]]:
    yield {"kind": "phase", "name": "export", "title": "Fast form"}
    yield {"kind": "phase", "name": "score", "title": "Testing"}
    yield {"kind": "phase", "name": "pack", "title": "Packing"}
    yield {"kind": "note", "text": "The zip was opened and gave the same answers.", "level": "info"}
    yield {"kind": "result", "macro_f1": 0.91}


def block_names() -> list[str]:
    return ["embeddings", *(f"block {i}" for i in range(1, 7)), "classifier"]


EVENTS_OF = {"frozen_features": frozen_events, "full_finetune": finetune_events, "top_layers": gradual_events,
             "mlm_then_finetune": reading_events}  # fmt: skip
