"""tlcore.engine.training: where batches come from, how they pass through the model, how rows are predicted and judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_rows import rows
from sklearn.metrics import roc_auc_score
from transformers import TrainingArguments

from tlcore.engine import training
from tlcore.engine.adam import HalvesAdamW
from tlcore.engine.classifier import TextClassifier
from tlcore.engine.objectives import macro_auroc
from tlcore.engine.training import (
    Batches,
    LengthTrainer,
    LossBroke,
    Recipe,
    Rows,
    give_gradients,
    halves,
    predict_rows,
    validation_metrics,
)


def test_batches_cover_every_row_each_epoch_in_a_new_order() -> None:
    sampler = Batches([5] * 20 + [9] * 13, 8, seed=0)
    first, second = list(sampler), list(sampler)
    assert len(first) == len(sampler) == 5
    for epoch in (first, second):
        assert Counter(i for batch in epoch for i in batch) == Counter(range(33))
    assert first != second
    assert first == list(Batches([5] * 20 + [9] * 13, 8, seed=0))
    assert second == list(Batches([5] * 20 + [9] * 13, 8, seed=0, epoch=1))
    taken = Batches([5] * 20 + [9] * 13, 8, seed=0)
    assert [[batch for batch, _ in zip(taken, range(5), strict=False)] for _ in range(2)] == [first, second]


def test_predictions_do_not_depend_on_the_batch_and_leave_the_mode_alone(make: Callable[..., TextClassifier]) -> None:
    model = make()
    with torch.no_grad():
        model.classifier.weight.normal_()
    some = rows(10, 3)
    model.train()
    together = predict_rows(model, some)
    assert model.training
    alone = np.concatenate([predict_rows(model, Rows([ids], [y])) for ids, y in zip(some.ids, some.y, strict=True)])
    assert np.allclose(together, alone, atol=0.05)
    assert together.shape == (10, 2)


def test_the_validation_loss_is_cross_entropy(make: Callable[..., TextClassifier]) -> None:
    model, unseen = make(), rows(24, 1)
    with torch.no_grad():
        model.classifier.weight.normal_()
    logits = torch.from_numpy(predict_rows(model, unseen))
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(unseen.y)).item()
    assert validation_metrics(model, unseen)["eval_loss"] == pytest.approx(expected, abs=1e-4)


def test_a_batch_of_long_texts_goes_in_passes_that_add_up_to_the_same_step(
    make: Callable[..., TextClassifier], tmp_path: Path
) -> None:
    """Passes of at most so many padded tokens: the same loss and gradients as the batch in one go, in less memory."""
    found = []
    for tokens in (10_000, 24):
        model = make().eval()  # without dropout
        with torch.no_grad():
            model.classifier.weight.normal_(generator=torch.Generator().manual_seed(0))
        model.class_weights = torch.tensor([0.5, 2.0])
        some = rows(12, 3)
        trainer = _trainer(model, some, Recipe(12, 0, tokens_per_pass=tokens), tmp_path)
        batch = trainer._collate(list(range(12)))
        sizes = [tuple(one["input_ids"].shape) for part in batch["parts"] for one in part]
        assert sum(rows for rows, _ in sizes) == 12
        assert all(rows * longest <= tokens or rows == 1 for rows, longest in sizes)
        vars(model)["train"] = lambda mode=True: None  # the Trainer turns dropout on; here it stays off
        loss = trainer.training_step(model, batch)
        found.append((len(sizes), float(loss), model.classifier.weight.grad.clone()))
    (one, whole, gradient), (many, parts, gradients) = found
    assert one == 1
    assert many > 3
    assert parts == pytest.approx(whole, rel=0.02)
    assert torch.allclose(gradients, gradient, rtol=0.05, atol=0.02)


def test_both_halves_at_once_add_up_to_the_same_step(make: Callable[..., TextClassifier], tmp_path: Path) -> None:
    found = []
    for parts in (1, 2):
        model, some = make().eval(), rows(13, 3)
        vars(model)["train"] = lambda mode=True: None
        with torch.no_grad():
            model.classifier.weight.normal_(generator=torch.Generator().manual_seed(0))
        trainer = _trainer(model, some, Recipe(13, 0, parts=parts), tmp_path)
        batch = trainer._collate(list(range(13)))
        assert len(batch["parts"]) == parts
        loss = trainer.training_step(model, batch)
        found.append((float(loss), {name: p.grad for name, p in model.named_parameters()}))
    (one, whole), (two, halved) = found
    assert two == pytest.approx(one, rel=0.02)
    for name, gradient in whole.items():
        assert torch.allclose(halved[name], gradient, rtol=0.1, atol=0.05 * float(gradient.abs().max())), name


def test_gradients_add_up_in_full_precision_each_weight_its_own() -> None:
    weights = [torch.nn.Parameter(torch.zeros(3)), torch.nn.Parameter(torch.zeros(2, 2))]
    one = torch.full((3,), 1.0, dtype=torch.bfloat16)
    small = torch.full((3,), 1e-3, dtype=torch.bfloat16)
    square = torch.full((2, 2), 2.0)
    length = give_gradients(weights, [[one, square], [small, square]])
    assert weights[0].grad.dtype == torch.float32
    assert torch.equal(weights[0].grad, one.float() + small.float())
    assert torch.equal(weights[1].grad, torch.full((2, 2), 4.0))
    assert length == pytest.approx(float(torch.cat([w.grad.flatten() for w in weights]).norm()))
    give_gradients(weights, [[one, square]])
    assert weights[1].grad is not square


def test_gradients_that_are_no_numbers_are_a_broken_loss(
    make: Callable[..., TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, some, real = make(), rows(4, 0), training._gradients

    def endless(*given: Any) -> tuple[float, list[torch.Tensor]]:
        loss, gradients = real(*given)
        return loss, [one * float("inf") for one in gradients]

    monkeypatch.setattr(training, "_gradients", endless)
    trainer = _trainer(model, some, Recipe(4, 0), tmp_path)
    with pytest.raises(LossBroke):
        trainer.training_step(model, trainer._collate([0, 1, 2, 3]))


def test_halves_have_the_shorter_and_the_longer_texts_and_lose_none() -> None:
    lengths = [9, 2, 30, 4, 4, 5, 11]
    short, long = halves(range(100, 107), lengths)
    assert sorted([*short, *long]) == list(range(100, 107))
    assert max(lengths[i - 100] for i in short) <= min(lengths[i - 100] for i in long)
    assert sum(lengths[i - 100] for i in short) >= sum(lengths) / 2
    assert halves([7], [3]) == [[7]]
    assert halves([7, 8], [3, 900]) == [[7], [8]]
    assert halves([7, 8], [900, 3]) == [[8], [7]]


def _trainer(model: TextClassifier, some: Rows, recipe: Recipe, folder: Path) -> LengthTrainer:
    arguments = TrainingArguments(str(folder), report_to="none", use_cpu=True, disable_tqdm=True)
    optimizer = HalvesAdamW(model.parameters())
    return LengthTrainer(
        some, recipe, dict, None, model=model, args=arguments, train_dataset=some, optimizers=(optimizer, None)
    )


def test_auroc_is_that_of_each_class_against_the_rest() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 60)
    probabilities = rng.dirichlet(np.ones(3), 60)
    expected = roc_auc_score(y, probabilities, multi_class="ovr")
    assert macro_auroc(y, probabilities) == pytest.approx(expected)
    assert macro_auroc(np.zeros(4, dtype=int), probabilities[:4]) == 0.5  # one class: nothing to rank


def test_without_validation_rows_nothing_is_made_up(make: Callable[..., TextClassifier]) -> None:
    assert set(validation_metrics(make(), Rows([], [])).values()) == {None}
