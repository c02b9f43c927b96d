"""A text and a picture in, one label out: linear heads on what two encoders say, their log-probabilities added with weights.

A model's folder: that of a text model (see predictor.py), and `image.onnx` (its graph), `image.safetensors` (the weights it reads),
`image_head.safetensors` (weight and bias; `joint_text`, `joint_image`, `joint_bias` of the head that reads both). nudge.json's
`answer`: {"kind": "pictures", "weights" (of the head on the text, on the picture, on both), "sharpness", "size" (pixels of a side),
"mean", "scale" (of a channel)}.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from safetensors.numpy import load_file

from .answers import Answers, read_head
from .picture_files import Pictures, PicturesError, normalised, pixels
from .predictor import Predictor
from .text import parts_of

GRAPH, HEAD = "image.onnx", "image_head.safetensors"
AT_ONCE = 16
TEXT_ALONE, IMAGE_ALONE = "text_alone", "image_alone"
LEAST = 1e-9


@dataclass(frozen=True)
class PictureAnswers(Answers):
    """notes: what is to be said of the picture of each row, or "". alone: what each half would have said by itself, "" where it has
    nothing to read."""

    notes: Sequence[str] = ()
    alone: dict[str, list[str]] = field(default_factory=dict)

    def columns(self) -> dict[str, list[str]]:
        return {**super().columns(), "picture": list(self.notes)}


class PicturePredictor:
    """As Predictor, for texts with the name of a picture packed behind them; `look_in` says where the pictures are."""

    quick = False

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self._text = Predictor.load(folder, threads)
        self.about, self.labels, self.reads = self._text.about, self._text.labels, self._text.reads
        self.text_columns = self._text.text_columns
        self.answer: dict[str, Any] = self.about["answer"]
        self.pictures: Pictures | None = None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads:
            options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
        self._head = load_file(str(folder / HEAD))

    @classmethod
    def load(cls, folder: Path | str, threads: int | None = None, quick: bool = False) -> PicturePredictor:
        """Open a model's folder and try it. Raises OSError or ValueError, in words, if it is not one. There is no quick version."""
        folder = Path(folder)
        try:
            found = cls(folder, threads)
            size = int(found.answer["size"])
            found._by_picture([np.zeros((size, size, 3), dtype=np.uint8)])
        except (OSError, ValueError):
            raise
        except Exception as error:  # onnxruntime raises no narrower class
            why = (str(error).splitlines() or [""])[0][:200]
            raise ValueError(
                f"The model in {folder} cannot be opened: a file is missing or damaged. ({why})"
            ) from error
        return found

    def look_in(self, place: Path | str) -> PicturePredictor:
        """The same, with its pictures in a folder or zip. Raises ValueError, in words, where that is neither."""
        found = copy.copy(self)
        found.pictures = Pictures(Path(place))
        return found

    def predict(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> PictureAnswers:
        """Answer each text with its picture; of a row whose picture cannot be read, the text alone."""
        parts = [[*parts_of(text), ""][:2] for text in texts]
        read = self._read([words for words, _ in parts])
        known, notes = self._look([name for _, name in parts], progress)
        seen = np.full_like(read, np.nan)
        for i, (_, name) in enumerate(parts):
            if name in known:
                seen[i] = known[name]
        width = len(self.labels)
        of_text, of_picture = read[:, :width], seen[:, :width]
        of_both = softmax(read[:, width:] + seen[:, width:])
        found = fused(of_text, of_picture, of_both, self.answer["weights"], float(self.answer["sharpness"]))
        said = [_note(notes.get(name, ""), bool(words), bool(words or name)) for words, name in parts]
        alone = {TEXT_ALONE: self._said(of_text), IMAGE_ALONE: self._said(of_picture)}
        sure = [float(value) for value in found.max(1, initial=0.0)] if len(found) else []
        blank = np.isnan(found[:, 0]) if len(found) else np.zeros(0, dtype=bool)
        sure = [float("nan") if empty else value for value, empty in zip(sure, blank, strict=True)]
        return PictureAnswers(self._said(found), sure, found, None, said, alone)

    def _read(self, texts: Sequence[str]) -> np.ndarray:
        """Of each text [texts, 2 labels]: probabilities by itself, and its part of the joint head's scores; nan where it is blank."""
        distinct = sorted({text for text in texts if text.strip()})

        def read(features: np.ndarray) -> np.ndarray:
            alone = read_head(None, self._text._head, features)
            return np.concatenate([alone, features @ self._head["joint_text"].T], axis=1)

        known = dict(zip(distinct, self._text.over(distinct, 2 * len(self.labels), read), strict=True))
        blank = np.full(2 * len(self.labels), np.nan, dtype=np.float32)
        return (
            np.stack([known.get(text, blank) for text in texts])
            if texts
            else np.zeros((0, len(blank)), dtype=np.float32)
        )

    def _said(self, probabilities: np.ndarray) -> list[str]:
        """The likeliest label of each row, "" of one that has nothing to read."""
        blank = np.isnan(probabilities[:, 0])
        best = np.where(blank[:, None], 0, probabilities).argmax(1)
        return ["" if empty else self.labels[i] for empty, i in zip(blank, best.tolist(), strict=True)]

    def _look(
        self, names: Sequence[str], progress: Callable[[int, int], None] | None
    ) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """[2 labels] by the name of the picture, as `_by_picture` has it, and what is to be said of it (of each that is not in order)."""
        distinct = list(dict.fromkeys(names))
        known: dict[str, np.ndarray] = {}
        notes: dict[str, str] = {}
        for start in range(0, len(distinct), AT_ONCE):
            ready: dict[str, np.ndarray] = {}
            for name in distinct[start : start + AT_ONCE]:
                if self.pictures is None:
                    notes[name] = "no pictures were given" if name else "no picture is named"
                    continue
                seen = self.pictures.see(name)
                if seen.problem or seen.note:
                    notes[name] = seen.problem or f"({seen.note})"
                if seen.image is not None:
                    ready[name] = pixels(seen.image, int(self.answer["size"]))
            if ready:
                known |= dict(zip(ready, self._by_picture(list(ready.values())), strict=True))
            if progress:
                progress(min(start + AT_ONCE, len(distinct)), len(distinct))
        return known, notes

    def _by_picture(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        """Of each picture, uint8 [size, size, 3]: probabilities by itself, and its part of the joint head's scores: [pictures, 2 labels]."""
        given = normalised(batch, self.answer["mean"], self.answer["scale"])
        features = self._session.run(None, {self._session.get_inputs()[0].name: given})[0]
        joint = features @ self._head["joint_image"].T + self._head["joint_bias"]
        return np.concatenate([read_head(None, self._head, features), joint], axis=1)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Rows of nan stay so."""
    if not len(scores):
        return scores
    found = np.exp(scores - scores.max(1, keepdims=True))
    return found / found.sum(1, keepdims=True)


def fused(
    of_text: np.ndarray, of_picture: np.ndarray, of_both: np.ndarray, weights: Sequence[float], sharpness: float
) -> np.ndarray:
    """Probabilities [rows, labels] by the text, by the picture and by a head that reads both, nan where one has nothing to read ->
    those of all together.

    Log-probabilities are added with their weights, times `sharpness`; where the text or the picture has nothing to read, the other
    answers alone. Rows of nan where both have nothing.
    """
    found = np.where(np.isnan(of_text), of_picture, of_text).astype(np.float32)
    both = ~np.isnan(of_text[:, 0]) & ~np.isnan(of_picture[:, 0]) if len(found) else np.zeros(0, dtype=bool)
    if both.any():
        logs = [np.log(np.maximum(one[both], LEAST)) for one in (of_text, of_picture, of_both)]
        found[both] = softmax(sharpness * sum(w * log for w, log in zip(weights, logs, strict=True)))
    return found


def _note(said: str, has_text: bool, has_any: bool) -> str:
    """What stands in the column `picture`: "" where the picture was read and nothing had to be done to it."""
    if not said or said.startswith("("):
        return said.strip("()")
    if not has_any:
        return ""
    return f"not used: {said}; answered from the text alone" if has_text else f"not used: {said}"


__all__ = ["PictureAnswers", "PicturePredictor", "PicturesError", "fused"]
