"""What a practitioner would write with the same libraries, as their tutorials have it: each piece of work on the same rows."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.work import Spec, Texts, Took, seconds_of


def trainer(texts: Texts, spec: Spec) -> Took:
    """transformers.Trainer in fp32. options: pad (all to 128, else the longest of the batch), lr, batch_size, epochs, and
    lora (peft's adapters on query and value), or frozen (so many blocks from the bottom, with the embeddings)."""
    from datasets import Dataset
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments, set_seed

    from tlcore.models.load import quiet

    quiet()
    o, folder = spec.options, _folder()
    set_seed(spec.seed)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(texts.names))
    model = _with_lora(model) if o.get("lora") else _frozen(model, o.get("frozen", 0))
    padding = "max_length" if o.get("pad") else False

    def cut(batch: Any) -> Any:
        return tokenizer(batch["text"], truncation=True, max_length=128, padding=padding)

    def work() -> Any:
        rows = Dataset.from_dict({"text": texts.train, "label": texts.train_y}).map(cut, batched=True)
        with tempfile.TemporaryDirectory() as scratch:
            arguments = TrainingArguments(
                output_dir=scratch, report_to="none", save_strategy="no", learning_rate=o["lr"], num_train_epochs=o["epochs"],
                per_device_train_batch_size=o["batch_size"], per_device_eval_batch_size=64, logging_steps=10**6,
                disable_tqdm=True, use_cpu=True, seed=spec.seed,
            )  # fmt: skip
            found = Trainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
            found.train()
            return found

    seconds, found = seconds_of(work)
    answers = found.predict(Dataset.from_dict({"text": texts.test}).map(cut, batched=True)).predictions.argmax(-1)
    moving = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return Took(seconds, answers.tolist(), {"moving": moving})


def _with_lora(model: Any) -> Any:
    from peft import LoraConfig, TaskType, get_peft_model

    wanted = LoraConfig(
        task_type=TaskType.SEQ_CLS,
        r=8,
        lora_alpha=16,
        target_modules=["query", "value"],
        modules_to_save=["classifier"],
    )
    return get_peft_model(model, wanted)


def _frozen(model: Any, blocks: int) -> Any:
    if blocks:
        for part in (model.bert.embeddings, *model.bert.encoder.layer[:blocks]):
            part.requires_grad_(False)
    return model


def encode(texts: Texts, spec: Spec) -> Took:
    """sentence-transformers as it comes. options: texts, how many of the training rows."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(_folder(), device="cpu")
    model.encode(["ok"])
    many = int(spec.options.get("texts", len(texts.train)))
    seconds, _ = seconds_of(lambda: model.encode(texts.train[:many]))
    return Took(seconds, more={"texts": many})


def _folder() -> str:
    from tlcore.models.bases import base_folder

    return str(base_folder("minilm"))


def frozen(texts: Texts, spec: Spec) -> Took:
    """sentence-transformers' encoder read once with all hidden states, then LogisticRegressionCV for each choice of layers."""
    import numpy as np
    import torch
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.metrics import f1_score, make_scorer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from tlcore.strategies.reading import C_GRID, layer_choices

    model = SentenceTransformer(_folder(), device="cpu")
    macro_f1 = make_scorer(f1_score, average="macro")  # by its name it cannot be asked for with two classes

    def read(some: list[str]) -> np.ndarray:
        order = sorted(range(len(some)), key=lambda i: len(some[i]))  # by length, as sentence-transformers does
        found = np.zeros((len(some), 7, 384), dtype=np.float32)
        for start in range(0, len(order), 32):
            rows = order[start : start + 32]
            given = model.tokenizer(
                [some[i] for i in rows], padding=True, truncation=True, max_length=256, return_tensors="pt"
            )
            with torch.inference_mode():
                states = model[0].auto_model(**given, output_hidden_states=True).hidden_states
            mask = given["attention_mask"].unsqueeze(-1)
            found[rows] = torch.stack([(s * mask).sum(1) / mask.sum(1) for s in states], 1).numpy()
        return found

    def work() -> tuple[tuple[int, ...], Any]:
        states, y, best = read(texts.train), np.array(texts.train_y), None
        for layers in layer_choices(6, 384, "auto").values():
            x = states[:, list(layers)].reshape(len(y), -1)
            head = LogisticRegressionCV(Cs=list(C_GRID), cv=3, scoring=macro_f1, max_iter=1000)
            fitted = make_pipeline(StandardScaler(), head).fit(x, y)
            score = max(np.mean(next(iter(fitted[-1].scores_.values())), axis=0))
            best = max(best or (-1.0, layers, fitted), (score, layers, fitted), key=lambda one: one[0])
        return best[1], best[2]

    model.encode(["ok"])
    seconds, (layers, fitted) = seconds_of(work)
    x = read(texts.test)[:, list(layers)].reshape(len(texts.test), -1)
    return Took(seconds, [int(one) for one in fitted.predict(x)])


def setfit(texts: Texts, spec: Spec) -> Took:
    """SetFit with its defaults, 600 steps at most, by the Python that NUDGE_BENCH_SETFIT names: it needs older libraries."""
    python = os.environ.get("NUDGE_BENCH_SETFIT")
    if not python:
        raise SystemExit("Set NUDGE_BENCH_SETFIT to the Python of a virtual environment in which setfit is installed.")
    given = {"folder": _folder(), "train": texts.train, "y": texts.train_y, "test": texts.test, "seed": spec.seed}
    command = [python, str(Path(__file__).with_name("setfit_alone.py"))]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    return Took(found["seconds"], found["answers"])


def tfidf(texts: Texts, spec: Spec) -> Took:
    """The baseline of every report."""
    from tlcore.evaluate.baselines import tfidf_answers

    y = [str(one) for one in texts.train_y]
    seconds, answers = seconds_of(lambda: tfidf_answers(texts.train, y, texts.test))
    return Took(seconds, [int(one) for one in answers])


def score(texts: Texts, spec: Spec) -> Took:
    """transformers.pipeline over the same sheet, read and written with pandas. Its head is random: the time is the same."""
    import pandas as pd
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    from bench.sheets import make_sheet

    with tempfile.TemporaryDirectory() as scratch:
        sheet = make_sheet(Path(scratch), int(spec.options["texts"]), spec.data)
        model = AutoModelForSequenceClassification.from_pretrained(_folder(), num_labels=len(texts.names))
        classify = pipeline(
            "text-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(_folder()), device="cpu"
        )

        def work() -> None:
            rows = pd.read_csv(sheet, dtype=str, keep_default_na=False)
            answers = classify(rows.text.tolist(), batch_size=32, truncation=True, max_length=256)
            rows.assign(label=[one["label"] for one in answers]).to_csv(Path(scratch) / "out.csv", index=False)

        seconds, _ = seconds_of(work)
    return Took(seconds, more={"texts": int(spec.options["texts"])})
