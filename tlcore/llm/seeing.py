"""A model in a folder of this machine that sees, as a teacher: how likely it finds each label, beyond what it finds of any row.
Loads without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.errors import StopRequested, TlcoreError
from tlcore.files import read_json
from tlcore.llm import likelihood
from tlcore.llm.gallery import Beside
from tlcore.llm.question import Answer, Question
from tlcore.llm.teachers import KEEP, Hooks, Told
from tlcore.models.bases import base_folder

if TYPE_CHECKING:
    from tlcore.llm.seer import Seer

KINDS = ("llava", "paligemma")
"""As config.json calls them."""
GREYS = (0, 128, 255)
SIDE = 64
"""Pictures without content, and pixels of their sides: what is said of them would be said of any row."""
FREE = ("", "N/A", "...")
NEEDS_PICTURE = Answer(None, None, "There is no picture in this row, and this model cannot do without.")


def check_folder(place: str) -> Path:
    """The folder of a model that sees. Raises TlcoreError where it holds none that can be asked here."""
    if not place.strip():
        what = "Which folder holds the model that is to be asked is not said."
        raise TlcoreError(what, "", "Give the folder, with config.json, tokenizer.json and model.safetensors.")
    folder = Path(place.strip()).expanduser()
    if not folder.is_dir():
        raise TlcoreError("There is no such folder.", place.strip(), "Give the folder of a LLaVA or PaliGemma model.")
    folder = base_folder(str(folder))
    kind = (read_json(folder / "config.json", {}) or {}).get("model_type")
    if kind not in KINDS:
        what = f"The model in this folder ({kind}) is none of those that can be asked about pictures here."
        raise TlcoreError(what, place.strip(), "Give the folder of a LLaVA 1.5 or PaliGemma model, or ask a service.")
    return folder


@dataclass
class SeeingTeacher:
    """The model in `folder`. What it found is kept by content: no row is looked at twice."""

    folder: Callable[[], Path]
    question: Question
    who: str
    host: str = ""
    dollars: float | None = 0.0
    usual: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)

    def answer(self, texts: Sequence[str], part: str, hooks: Hooks) -> Told:
        from tlcore.engine.embeddings import fingerprint
        from tlcore.llm.api import EMPTY, NOT_ASKED
        from tlcore.llm.seer import Seer

        assert self.question.pictures is not None
        folder = self.folder()
        seer, name = Seer(folder), fingerprint(folder)
        rows = [self.question.pictures.of(text) for text in texts]
        answers = [EMPTY if self.question.is_blank(text) else NOT_ASKED for text in texts]
        places = [i for i, one in enumerate(answers) if one is NOT_ASKED]
        found: dict[int, np.ndarray] = {}
        ended = ""
        for done, i in enumerate(places):
            try:
                hooks.stop()
            except StopRequested as stop:
                if stop.wish != KEEP:
                    raise
                ended = "You stopped it."
                break
            if seer.can_read(rows[i].picture is not None):
                found[i] = self._look(seer, name, rows[i])
            else:
                answers[i] = NEEDS_PICTURE
            hooks.progress(done + 1, len(places), None)
        for i, one in self._said(seer, found).items():
            answers[i] = one
        return Told(tuple(answers), ended)

    def _look(self, seer: Seer, name: str, row: Beside) -> np.ndarray:
        """float [labels]: log P(label | the row). name: changes with the model."""
        from tlcore.engine.remember import remembered

        prompt = seer.prompt(self.question, row.words, row.picture is not None)
        key = row.picture.key if row.picture else ""
        asked = sha256("\n".join([prompt, key, *self.question.names]).encode("utf-8", "surrogatepass")).hexdigest()

        def work_out() -> list[float]:
            image = row.picture.image() if row.picture else None
            return [float(one) for one in seer.log_probability(prompt, image, self.question.names)]

        return np.array(remembered(("seen", name, asked), work_out))

    def _said(self, seer: Seer, found: dict[int, np.ndarray]) -> dict[int, Answer]:
        """Calibrated on the first rows that were asked about, those that one's own model learns from; no label is needed for it."""
        if not found:
            return {}
        scores = np.stack(list(found.values()))
        if self.usual is None:
            self.usual = likelihood.usual(scores, self._free(seer))
        sure = likelihood.one_way(scores, self.usual)
        best = sure.argmax(1)
        return {
            i: Answer(self.question.names[k], round(float(row[k]), 4))
            for i, row, k in zip(found, sure, best, strict=True)
        }

    def _free(self, seer: Seer) -> np.ndarray:
        """float [pictures without content, labels]."""
        return np.stack([
            seer.log_probability(seer.prompt(self.question, words, True), _grey(shade), self.question.names)
            for words, shade in zip(FREE, GREYS, strict=True)
        ])  # fmt: skip


def _grey(shade: int) -> Any:
    from PIL import Image

    return Image.new("RGB", (SIDE, SIDE), (shade, shade, shade))
