"""What a practitioner would write with the same libraries, as their tutorials have it: each piece of work on the same rows."""

from __future__ import annotations

import tempfile
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
