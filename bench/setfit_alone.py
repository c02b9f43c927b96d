"""SetFit as its tutorial has it, in an environment of its own: reads a task as JSON, prints seconds and answers as JSON.

Nothing of Nudge or of the rest of `bench` is imported: SetFit needs other versions of the same libraries.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time

MOST_STEPS, BATCH = 600, 16


def pairs(y: list[int]) -> int:
    """How many pairs SetFit's oversampling makes of these labels."""
    same = sum(y.count(one) * (y.count(one) - 1) // 2 for one in set(y))
    return 2 * max(same, len(y) * (len(y) - 1) // 2 - same)


def main() -> None:
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    given = json.load(sys.stdin)
    model = SetFitModel.from_pretrained(given["folder"])
    model.to("cpu")
    arguments = TrainingArguments(
        output_dir=tempfile.mkdtemp(), report_to="none", save_strategy="no", show_progress_bar=False, seed=given["seed"],
        max_steps=-1 if pairs(given["y"]) <= MOST_STEPS * BATCH else MOST_STEPS,
    )  # fmt: skip
    rows = Dataset.from_dict({"text": given["train"], "label": given["y"]})
    trainer = Trainer(model=model, args=arguments, train_dataset=rows)
    begun = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - begun
    answers = [int(one) for one in model.predict(given["test"])]
    print(json.dumps({"seconds": seconds, "answers": answers}))


if __name__ == "__main__":
    main()
