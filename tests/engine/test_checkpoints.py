"""tlcore.engine.checkpoints: what is written is read back, whatever moment a crash chooses; nothing of it is a pickle."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerState

from tlcore.engine import checkpoints
from tlcore.engine.checkpoints import (  # fmt: skip
    FOLDER,
    STATE,
    TENSORS,
    TRAINER_STATE,
    Checkpoint,
    checkpoint_folder,
    load_checkpoint,
    optimizer_groups,
    optimizer_tensors,
    random_state,
    save_checkpoint,
    set_optimizer,
    set_random_state,
)


class Killed(BaseException):
    """What nobody catches: stands for SIGKILL."""


def save(work: Path, step: int) -> None:
    checkpoint = Checkpoint({"step": step})
    checkpoint.put("model", {"weight": torch.full((3, 2), float(step))})
    save_checkpoint(work, checkpoint, TrainerState(global_step=step))


def step_of(work: Path) -> Any:
    """The step of the checkpoint that would be gone on from, as all three of its files say; None without one."""
    found, folder = load_checkpoint(work), checkpoint_folder(work)
    if found is None or folder is None:
        return None
    said = json.loads((folder / TRAINER_STATE).read_text(encoding="utf-8"))["global_step"]
    assert said == found.state["step"] == found.part("model")["weight"].unique().item()
    return said


def test_what_is_put_is_read_back_as_it_was(tmp_path: Path) -> None:
    tensors = {
        "a": torch.randn(3, 4),
        "turned": torch.randn(3, 4).T,
        "half": torch.randn(2).to(torch.bfloat16),
        "count": torch.tensor(7),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "moving": torch.nn.Parameter(torch.randn(2)),
    }
    state = {
        "step": 3,
        "hooks": {"best": {"lowest_loss": float("inf"), "best": 0.25}},
        "rates": [1e-3, 5e-4],
        "text": "ü",
    }
    checkpoint = Checkpoint(dict(state))
    checkpoint.put("model", tensors)
    save_checkpoint(tmp_path / "work", checkpoint, TrainerState())
    found = load_checkpoint(tmp_path / "work")
    assert found is not None
    assert found.state == state
    assert set(found.part("model")) == set(tensors)
    for name, value in found.part("model").items():
        assert value.dtype == tensors[name].dtype, name
        assert torch.equal(value, tensors[name]), name


def test_parts_are_told_apart_by_their_whole_prefix(tmp_path: Path) -> None:
    one = torch.ones(1)
    checkpoint = Checkpoint({"step": 1})
    checkpoint.put("model", {"model.weight": one, "best.weight": 2 * one})
    checkpoint.put("models", {"weight": 3 * one})
    checkpoint.put("best", {"model.weight": 4 * one})
    save_checkpoint(tmp_path, checkpoint, TrainerState())
    found = load_checkpoint(tmp_path)
    assert found is not None
    assert {name: float(value) for name, value in found.part("model").items()} == {"model.weight": 1, "best.weight": 2}
    assert {name: float(value) for name, value in found.part("best").items()} == {"model.weight": 4}
    assert found.part("optimizer") == {}


def test_two_names_of_one_storage_are_both_kept(tmp_path: Path) -> None:
    weight = torch.randn(4)
    checkpoint = Checkpoint({"step": 1})
    checkpoint.put("model", {"weight": weight, "half": weight[:2]})
    checkpoint.put("best", {"weight": weight})
    save_checkpoint(tmp_path, checkpoint, TrainerState())
    found = load_checkpoint(tmp_path)
    assert found is not None
    assert torch.equal(found.part("best")["weight"], weight)
    assert torch.equal(found.part("model")["half"], weight[:2])


def test_the_newest_is_the_one_that_counts_and_nothing_else_is_left(tmp_path: Path) -> None:
    assert checkpoint_folder(tmp_path) is None
    assert load_checkpoint(tmp_path) is None
    for step in (1, 2, 3):
        save(tmp_path, step)
        assert step_of(tmp_path) == step
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


def test_no_file_of_it_is_a_pickle(tmp_path: Path) -> None:
    save(tmp_path, 1)
    files = {path.name: path.read_bytes() for path in (tmp_path / FOLDER).iterdir()}
    assert set(files) == {STATE, TENSORS, TRAINER_STATE}
    for name in (STATE, TRAINER_STATE):
        json.loads(files[name])
    header = int.from_bytes(files[TENSORS][:8], "little")
    assert set(json.loads(files[TENSORS][8 : 8 + header])) == {"model.weight"}


OPERATIONS = 7
"""How often `save_checkpoint` touches the disk: whole files written, folders renamed or removed."""


def die_before(patch: pytest.MonkeyPatch, operation: int) -> list[int]:
    """Die before that operation of the next `save_checkpoint`; returns the numbers of those that were begun."""
    begun: list[int] = []

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **kwargs: Any) -> Any:
            begun.append(len(begun) + 1)
            if begun[-1] == operation:
                raise Killed
            return real(*args, **kwargs)

        return act

    patch.setattr(checkpoints, "save_file", dying(checkpoints.save_file))
    patch.setattr(checkpoints, "write_json", dying(checkpoints.write_json))
    patch.setattr(checkpoints.shutil, "rmtree", dying(checkpoints.shutil.rmtree))
    patch.setattr(Path, "rename", dying(Path.rename))
    return begun


def save_and_die(work: Path, step: int, operation: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        die_before(patch, operation)
        with pytest.raises(Killed):
            save(work, step)


def test_the_disk_is_touched_as_often_as_the_tests_below_believe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, 1)
    begun = die_before(monkeypatch, 0)
    save(tmp_path, 2)
    assert len(begun) == OPERATIONS


@pytest.mark.parametrize("operation", range(1, OPERATIONS + 1))
def test_killed_while_it_is_written_the_one_before_or_the_new_one_is_there_whole(
    tmp_path: Path, operation: int
) -> None:
    save(tmp_path, 1)
    save_and_die(tmp_path, 2, operation)
    assert step_of(tmp_path) in (1, 2)
    save(tmp_path, 3)
    assert step_of(tmp_path) == 3
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


@pytest.mark.parametrize("operation", range(1, OPERATIONS - 1))
def test_killed_while_the_first_is_written_there_is_none_or_it_is_whole(tmp_path: Path, operation: int) -> None:
    save_and_die(tmp_path, 1, operation)
    assert step_of(tmp_path) in (None, 1)
    save(tmp_path, 2)
    assert step_of(tmp_path) == 2


@pytest.mark.parametrize("name", [STATE, TENSORS, TRAINER_STATE])
@pytest.mark.parametrize("content", [b"", b"{", b"half", None])
def test_a_broken_file_means_that_there_is_none(tmp_path: Path, name: str, content: bytes | None) -> None:
    save(tmp_path, 1)
    file = tmp_path / FOLDER / name
    if content is None:
        file.unlink()
    elif content == b"half":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    else:
        file.write_bytes(content)
    assert load_checkpoint(tmp_path) is None


def problem() -> tuple[torch.nn.Sequential, torch.optim.AdamW]:
    """A network of which one layer is never used, and an optimizer of two groups, as `open_phase` makes them."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 2), torch.nn.Linear(2, 2))
    groups = [
        {"params": list(model[0].parameters()), "lr": 1e-2, "weight_decay": 0.1, "name": "block 1"},
        {"params": [*model[2].parameters(), *model[1].parameters()], "lr": 5e-2, "weight_decay": 0.0, "name": "head"},
    ]
    return model, torch.optim.AdamW(groups, fused=True)


def steps(model: torch.nn.Sequential, optimizer: torch.optim.Optimizer, first: int, last: int) -> None:
    for step in range(first, last):
        x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model[1](model[0](x)).square().mean().backward()  # the last layer has no gradient, and so no moments
        optimizer.step()


def test_an_optimizer_that_was_read_back_takes_the_same_next_steps(tmp_path: Path) -> None:
    model, optimizer = problem()
    steps(model, optimizer, 0, 5)
    optimizer.param_groups[0]["lr"] = 3e-3  # as a schedule, or the guard against forgetting, leaves it
    checkpoint = Checkpoint({"groups": optimizer_groups(optimizer)})
    checkpoint.put("optimizer", optimizer_tensors(optimizer))
    checkpoint.put("model", model.state_dict())
    save_checkpoint(tmp_path, checkpoint, TrainerState())
    steps(model, optimizer, 5, 8)

    found = load_checkpoint(tmp_path)
    assert found is not None
    again, other = problem()
    again.load_state_dict(found.part("model"))
    set_optimizer(other, found.state["groups"], found.part("optimizer"))
    assert [(group["name"], group["lr"]) for group in other.param_groups] == [("block 1", 3e-3), ("head", 5e-2)]
    steps(again, other, 5, 8)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())

    fresh, forgetful = problem()
    fresh.load_state_dict(found.part("model"))
    forgetful.param_groups[0]["lr"] = 3e-3
    steps(fresh, forgetful, 5, 8)  # what this test is about: without its moments it goes elsewhere
    assert not torch.allclose(fresh.state_dict()["0.weight"], model.state_dict()["0.weight"], atol=1e-4)


def test_random_numbers_go_on_where_they_were(tmp_path: Path) -> None:
    torch.manual_seed(3)
    torch.rand(5)
    checkpoint = Checkpoint({"step": 1})
    checkpoint.put("random", random_state())
    save_checkpoint(tmp_path, checkpoint, TrainerState())
    expected = torch.rand(4), torch.nn.functional.dropout(torch.ones(20), 0.5)
    torch.manual_seed(4)
    found = load_checkpoint(tmp_path)
    assert found is not None
    set_random_state(found.part("random"))
    assert torch.equal(torch.rand(4), expected[0])
    assert torch.equal(torch.nn.functional.dropout(torch.ones(20), 0.5), expected[1])


def test_random_numbers_of_a_machine_with_other_gpus_are_taken_as_far_as_they_go() -> None:
    torch.manual_seed(3)
    state = {**random_state(), "gpu0": torch.zeros(16, dtype=torch.uint8), "gpu9": torch.zeros(16, dtype=torch.uint8)}
    expected = torch.rand(4)
    set_random_state(state)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("first", range(1, OPERATIONS + 1))
@pytest.mark.parametrize("second", range(1, OPERATIONS - 1))
def test_killed_twice_in_a_row_there_is_still_one_whole(tmp_path: Path, first: int, second: int) -> None:
    save(tmp_path, 1)
    save_and_die(tmp_path, 2, first)
    save_and_die(tmp_path, 3, second)
    assert step_of(tmp_path) in (1, 2, 3)
