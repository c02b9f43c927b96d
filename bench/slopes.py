"""How time grows with the rows: full fine-tuning to all of csabstruct, reading and scoring to 85,000 texts."""

from __future__ import annotations

import math
from pathlib import Path

from bench.speed import Found, Log
from bench.work import Spec

ROWS, TEXTS = (1_000, 2_000, 4_000, 0), (10_000, 30_000, 85_000)


def measure(seed: int, file: Path) -> dict[str, list[Found]]:
    """By work: what each size took, the smallest first."""
    log, one_round = Log(file), {"strategy": "full_finetune", "epochs": 1}
    return {
        "full fine-tuning, one round, csabstruct": [
            log.measure(Spec("ours", "first", "csabstruct", seed, rows, options=one_round)) for rows in ROWS
        ],
        "reading": [
            log.measure(Spec("ours", "encode", "banking77", seed, options={"sheet": many})) for many in TEXTS
        ],
        "scoring a sheet, quick version": [
            log.measure(Spec("ours", "score", "banking77", seed, options={"texts": many, "quick": True})) for many in TEXTS
        ],
    }  # fmt: skip


def slope(sizes: list[float], seconds: list[float]) -> float:
    """Of the line through log(seconds) over log(size), least squares: 1 is proportional."""
    x, y = [math.log(size) for size in sizes], [math.log(one) for one in seconds]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / sum((a - middle_x) ** 2 for a in x)


def table(found: dict[str, list[Found]]) -> str:
    """Markdown: seconds and peak memory at each size, and the slope over tokens (1 is proportional)."""
    lines = ["| work | rows: seconds, peak MB | slope over tokens |", "|---|---|---|"]
    for work, rows in found.items():
        each = "; ".join(f"{row['texts']:,}: {row['seconds']:.1f}, {row['peak_memory_mb']:,}" for row in rows)
        grown = slope([row["tokens"] for row in rows], [row["seconds"] for row in rows])
        lines.append(f"| {work} | {each} | {grown:.2f} |")
    return "\n".join(lines)
