"""Facts, machines and strategies made for the tests of the advice, and that they are like the real ones."""

from dataclasses import dataclass
from typing import Any

from tlcore.advise.table import available_strategies
from tlcore.facts import Facts
from tlcore.machine import Machine, describe
from tlcore.plan import make_settings, setting
from tlcore.strategies.base import Block, Estimate, FitInput, Strategy


@dataclass(frozen=True)
class FakeSettings:
    epochs: int = setting(3, "Rounds", "How often the rows are read.", low=1, high=20)


@dataclass
class FakeStrategy:
    """Moves so many of the base's blocks, and takes so many seconds (times its epochs over three)."""

    name: str
    title: str
    moves: int
    seconds: float
    memory_mb: float = 600.0
    sentence: str = "What it does."
    term: str = "term"
    when: str = "When it is right."
    Settings: type[Any] = FakeSettings
    job_phases: tuple[str, ...] = ("fit",)

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return (
            *(Block(f"block {i}", i >= base_blocks - self.moves) for i in range(base_blocks)),
            Block("classifier", True),
        )

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        seconds = self.seconds * settings.epochs / 3
        return Estimate(seconds * 0.7, seconds / 0.7, self.memory_mb)

    def fit(self, given: FitInput) -> Any:
        raise NotImplementedError


def test_the_fakes_are_like_the_real_strategies() -> None:
    for real in available_strategies():
        fake: Strategy = FakeStrategy(real.name, real.title, 0, 1.0)
        for name in ("sentence", "term", "when", "Settings"):
            assert isinstance(getattr(real, name), type(getattr(fake, name)))
        for blocks in (real.blocks(6), fake.blocks(6)):
            assert blocks[-1].moves  # the head is last and always moves: the advice counts the blocks below it
        cost = real.estimate(facts(), machine(), make_settings(real.Settings, {}))
        assert 0 < cost.seconds_low <= cost.seconds_high
        assert cost.memory_mb > 0


def frozen(seconds: float = 20.0) -> FakeStrategy:
    return FakeStrategy("frozen_features", "Keep the model, teach a small classifier", 0, seconds)


def full(seconds: float = 240.0, memory_mb: float = 1_500.0) -> FakeStrategy:
    return FakeStrategy("full_finetune", "Teach the whole model", 6, seconds, memory_mb)


def facts(size: str = "small", rows: int = 2_077, classes: int = 77, **more: Any) -> Facts:
    each = rows // classes if classes else 0
    values: dict[str, Any] = {
        "rows": rows,
        "labelled": rows,
        "unlabelled": 0,
        "classes": {f"class {i}": each for i in range(classes)} if rows else {},
        "smallest_class": each,
        "median_class": float(each),
        "tokens_p50": 14,
        "tokens_p95": 30,
        "tokens_max": 80,
        "max_length": 256,
        "cut_off": 0,
        "duplicates": 0,
        "data_size": size,
        "mostly_unlabelled": False,
    }
    return Facts(**{**values, **more})


def machine(compute: str = "low", cores: int = 2, free_memory_mb: int = 20_000) -> Machine:
    return Machine(cores, 24_105, free_memory_mb, 70_000, None, 0, True, compute, describe(cores, 24_105, None, 0))
