"""What is looked at after each round of learning to write: the loss on the validation rows, and answers to a few of them."""

from __future__ import annotations

import random
from typing import Any

import torch

from tlcore.engine.pairs import Pairs
from tlcore.engine.precision import autocast, device
from tlcore.engine.tokens import by_length, pad_id_of
from tlcore.engine.writer import Writer
from tlcore.evaluate.written import chrf
from tlcore.files import read_json, write_json
from tlcore.models.virtual_tokens import unhooked
from tlcore.predict.decoding import Rule, write
from tlcore.predict.prompting import Prompter
from tlcore.predict.text import PART
from tlcore.strategies.base import FitInput

BEFORE = "before.json"
ROWS_WRITTEN, ROWS_SHOWN, ROWS_OF_LOSS = 32, 4, 128
TOKENS = 2_048


class Watched:
    """Judges a round by chrF on ROWS_WRITTEN validation rows, drawn by the seed; emits `sample` events: what is read, what is right,
    what the model wrote before any round and what it writes now."""

    def __init__(self, model: Writer, given: FitInput, prompter: Prompter, rule: Rule) -> None:
        self.model, self.given, self.rule, self.prompter = model, given, rule, prompter
        order = list(range(len(given.validation_texts)))
        random.Random(given.plan.seed).shuffle(order)
        self.rows = sorted(order[:ROWS_WRITTEN])
        self.loss_rows = sorted(order[:ROWS_OF_LOSS])
        self.before: dict[int, str] = {}

    def metrics(self, model: Any, rows: Any) -> dict[str, float | None]:
        """eval_loss and eval_chrf; None without validation rows."""
        if not len(rows):
            return {"eval_loss": None, "eval_chrf": None}
        was_training = model.training
        model.eval()
        answers = self._written()
        truth = [str(self.given.validation_y[i]) for i in self.rows]
        score = chrf(truth, answers)
        self._say(truth, answers, score)
        loss = self._loss(rows)
        model.train(was_training)
        return {"eval_loss": loss, "eval_chrf": score}

    def _written(self) -> list[str]:
        """By the model as it stands."""
        lm, texts = self.model.lm, [self.given.validation_texts[i] for i in self.rows]

        def tick(done: int) -> None:
            if self.given.stop_wish() == "cancel":
                self.given.check_stop()

        prompts = self.prompter.ids(texts)
        with autocast():
            if self.model.reads_first:
                found = write(lm, None, prompts, self._quick(), tick)
            elif self.model.virtual:
                start = self.model.start()
                with unhooked(lm.base_model):
                    found = write(lm, start, prompts, self._quick(), tick)
            else:
                found = write(lm, self.model.start(), prompts, self._quick(), tick)
        return [self.prompter.words(ids) for ids in found]

    def _quick(self) -> Rule:
        return Rule(self.rule.most, self.rule.ends, self.rule.no_repeat)

    def _say(self, truth: list[str], answers: list[str], score: float) -> None:
        first = not self.before
        if first:
            self.before = self._kept(answers)
        for i, right, answer in list(zip(self.rows, truth, answers, strict=True))[:ROWS_SHOWN]:
            source = self.given.validation_texts[i].replace(PART, "\n")
            self.given.emit(
                "sample", id=i, source=source[:400], right=right[:400], before=self.before[i][:400], after=answer[:400]
            )
        if first:
            self.given.emit(
                "baseline", name="untuned", chrf=round(chrf(truth, list(self.before.values())), 2), split="validation"
            )

    def _kept(self, answers: list[str]) -> dict[int, str]:
        """What it wrote before any round, also where it goes on after a pause."""
        file = self.given.work_folder / BEFORE
        kept = read_json(file)
        if isinstance(kept, dict) and sorted(map(int, kept)) == self.rows:
            return {int(i): str(text) for i, text in kept.items()}
        write_json(file, dict(zip(map(str, self.rows), answers, strict=True)))
        return dict(zip(self.rows, answers, strict=True))

    @torch.inference_mode()
    def _loss(self, pairs: Pairs) -> float:
        total, place, pad_id = 0.0, device(), pad_id_of(self.model.encoder)
        with autocast():
            for batch in by_length([len(pairs.ids[i]) for i in self.loss_rows], TOKENS):
                some = [self.loss_rows[i] for i in batch]
                inputs = {name: one.to(place) for name, one in pairs.inputs(some, pad_id).items()}
                total += float(self.model(**inputs)["loss"]) * len(some)
        return total / len(self.loss_rows)
