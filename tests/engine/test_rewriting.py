"""tlcore.engine.rewriting: every family that writes is taught, kept, opened again and writes the same; what cannot be is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_writers import ONLY_WRITE, READ_FIRST
from tlcore.errors import TlcoreError
from tlcore.models.saved_writer import FittedWriter
from tlcore.plan import Plan, make_settings
from tlcore.predict.kinds import load_predictor
from tlcore.strategies import FitInput, get_strategy, teach
from tlcore.tasks.rewrite import Rewrite

TASK = Rewrite()
THINGS = ["tea", "milk", "bread", "soup", "rice", "fish", "salt", "cake", "wine", "corn"]
SOURCES = [f"i want {thing}" for thing in THINGS]
TARGETS = [f"please give me {thing}" for thing in THINGS]
ABOUT = {"task": "rewrite", "labels": [], "text_columns": ["source"], "reads": {"source": ["source"]}}


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 16 bits a random model, to which all words are nearly alike, says something else than in 32."""
    for module in ("precision", "low_weights"):
        monkeypatch.setattr(f"tlcore.engine.{module}.use_bf16", lambda: False)


@pytest.fixture
def taught(
    tmp_path: Path, tiny_writer: Callable[..., Path]
) -> Callable[..., tuple[FittedWriter, list[dict[str, Any]]]]:
    """Teach a tiny base on a few pairs; what came of it, and the events."""

    def run(
        strategy: str, family: str, chats: bool = False, sources: list[str] = SOURCES, wish: Callable[[], str | None] = lambda: None,
        check_stop: Callable[[], None] = lambda: None,
        **wishes: Any,
    ) -> tuple[FittedWriter, list[dict[str, Any]]]:  # fmt: skip
        events: list[dict[str, Any]] = []
        work, base = tmp_path / "work", tiny_writer(family, chats)
        work.mkdir(exist_ok=True)
        one = get_strategy(strategy)
        settings = make_settings(TASK.settings(one), {"epochs": 2, "batch_size": 5, "max_new_tokens": 6, **wishes})
        plan = Plan("rewrite", strategy, str(base), "", wishes, 0)
        given = FitInput(
            plan, settings, (), sources, TARGETS, sources[:3], TARGETS[:3], base, work,
            lambda kind, **fields: events.append({"kind": kind, **fields}), lambda *_: None, check_stop, wish, TASK.objective((), TARGETS),
        )  # fmt: skip
        return teach(one, given), events  # type: ignore[return-value]

    return run


def kept(fitted: FittedWriter, folder: Path) -> Any:
    fitted.save(folder, {**ABOUT, "answer": fitted.answer})
    return load_predictor(folder)


def told(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["kind"] == kind]


@pytest.mark.parametrize("family", [*ONLY_WRITE, *READ_FIRST])
@pytest.mark.parametrize("strategy", ["lora", "full_finetune"])
def test_each_family_is_taught_kept_and_writes_elsewhere_as_here(
    strategy: str, family: str, taught: Any, tmp_path: Path
) -> None:
    fitted, events = taught(strategy, family, patience=9)
    rounds = told(events, "eval")
    assert rounds[-1]["loss"] < rounds[0]["loss"]  # it learns
    assert all(0 <= one["chrf"] <= 100 for one in rounds)
    said = {one["id"]: one["after"] for one in told(events, "sample")[-3:]}
    best = max(rounds, key=lambda one: (one["chrf"], -one["loss"]))
    model = kept(fitted, tmp_path / "model")
    answers = model.predict([*SOURCES[:3], "", SOURCES[0]])
    assert answers.predictions[3] == ""
    assert answers.predictions[0] == answers.predictions[4]
    assert list(answers.columns()) == ["prediction"]
    if best is rounds[-1]:
        assert [said[i] for i in range(3)] == answers.predictions[:3]


@pytest.mark.parametrize("family", ["llama", "gpt2"])
@pytest.mark.parametrize("strategy", ["prompt_tuning", "prefix_tuning", "top_layers", "ia3"])
def test_other_ways_write_elsewhere_as_they_did_while_learning(
    strategy: str, family: str, taught: Any, tmp_path: Path
) -> None:
    fitted, events = taught(strategy, family, chats=True, epochs=3, patience=9)
    rounds = told(events, "eval")
    assert min(one["loss"] for one in rounds[1:]) < rounds[0]["loss"]
    shown = [one["after"] for one in told(events, "sample")]
    at = [one["best"] for one in rounds]
    last = max(i for i, best in enumerate(at) if best)
    found = kept(fitted, tmp_path / "model").predict(SOURCES[:3]).predictions
    assert found == shown[3 * last : 3 * last + 3]


def test_it_learns_what_all_answers_have_in_common(taught: Any, tmp_path: Path) -> None:
    fitted, events = taught("full_finetune", "llama", epochs=15, learning_rate=1e-3, patience=15, warmup=0.0)
    untuned = fitted.untuned(SOURCES, lambda done, total: None)
    found = kept(fitted, tmp_path / "model").predict(SOURCES).predictions
    assert all(one.startswith("please give me") for one in found)
    assert not any("please" in one for one in untuned)
    assert told(events, "eval")[-1]["chrf"] > told(events, "baseline")[0]["chrf"] + 30
    samples = told(events, "sample")
    assert samples[0]["before"] == samples[-3]["before"] != samples[-3]["after"]
    assert samples[-3]["right"] in TARGETS


def test_saving_memory_learns_the_same(taught: Any) -> None:
    quick, slow = (taught("full_finetune", "llama", gradient_checkpointing=wish)[1] for wish in ("no", "yes"))
    assert told(slow, "eval")[-1]["loss"] == pytest.approx(told(quick, "eval")[-1]["loss"], abs=2e-2)
    assert any("gradient checkpointing" in one["text"] for one in told(slow, "note"))


def test_an_instruction_of_each_row_is_read(taught: Any) -> None:
    sources = [f"{'shout' if i % 2 else 'whisper'}\x1f{text}" for i, text in enumerate(SOURCES)]
    fitted, _ = taught("lora", "llama", sources=sources, epochs=1)
    assert not fitted.answer["prompt"]["bare"]


def test_added_parts_that_do_not_fit_a_base_are_refused(taught: Any) -> None:
    assert taught("lokr", "llama")[0].trainable_parameters > 0
    with pytest.raises(TlcoreError, match="cannot be added"):
        taught("lokr", "gpt2")


def test_learned_words_are_not_for_a_base_that_reads_first(taught: Any) -> None:
    with pytest.raises(TlcoreError, match="Learned words"):
        taught("prompt_tuning", "t5")


def test_a_base_that_only_reads_is_refused(tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    from tlcore.models.writer_base import load_writer

    with pytest.raises(TlcoreError, match="only reads"):
        load_writer(tiny_base("bert"))


def test_the_best_so_far_is_kept_where_it_is_wished(taught: Any) -> None:
    seen: list[int] = []

    def wish() -> str | None:
        seen.append(1)
        return "keep" if len(seen) > 12 else None

    fitted, events = taught("lora", "llama", epochs=50, wish=wish)
    assert fitted.epochs < 50
    assert told(events, "eval")


def test_a_paused_learning_goes_on_where_it_was(taught: Any) -> None:
    from tlcore.errors import StopRequested

    seen: list[int] = []

    def wish() -> str | None:
        seen.append(1)
        return "pause" if len(seen) > 9 else None

    def stop() -> None:
        if len(seen) > 9:
            raise StopRequested("pause")

    with pytest.raises(StopRequested):
        taught("lora", "llama", epochs=6, patience=9, wish=wish, check_stop=stop)
    whole, events = taught("lora", "llama", epochs=6, patience=9)
    assert told(events, "resumed")[0]["step"] > 0
    assert told(events, "eval")[0]["epoch"] > 0  # the rounds before are not done again
    assert told(events, "sample")[0]["before"]
    assert whole.epochs <= 6
