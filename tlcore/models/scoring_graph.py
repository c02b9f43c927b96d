"""A decoder as an ONNX graph that says how likely each token was: what `llm.decoder` asks of torch, without torch.

Token ids [texts, tokens] -> log-probability of each next token [texts, tokens - 1]. Like `onnx_export`, it reads its weights
from the model.safetensors beside it, and is checked against torch before it counts. Nothing is kept between calls, so what
stands before a text is read again with each.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from tlcore.errors import TlcoreError
from tlcore.models.onnx_export import PREFIX, SPARE, TOLERANCE, WEIGHTS, _first_line, _forget_origin, point_into

GRAPH = "scoring.onnx"
SHAPES = ((2, 9), (1, 2), (2, 70))
"""Texts and tokens it is tried on; it is traced with others."""
TIED, WORDS = f"{PREFIX}lm_head.weight", f"{PREFIX}model.embed_tokens.weight"
"""Of a model that writes with the table it reads with, the file holds that table once."""


class Scoring(torch.nn.Module):
    """Token ids, int64 [texts, tokens] -> log P(token t + 1 | tokens to t), float32 [texts, tokens - 1].

    Needs no mask: padding stands behind, where no token before it looks.
    """

    def __init__(self, decoder: Any) -> None:
        super().__init__()
        self.encoder = decoder  # under the name whose prefix `point_into` knows

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        said = self.encoder(input_ids=input_ids, use_cache=False).logits[:, :-1].log_softmax(-1)
        return said.gather(2, input_ids[:, 1:, None])[..., 0]


def export_scoring(decoder: Any, folder: Path) -> None:
    """Write scoring.onnx beside the model.safetensors in `folder`, whose weights are those of `decoder`, in fp32.

    Raises TlcoreError if it cannot be written, or does not give what torch gives.
    """
    scoring = Scoring(decoder.eval().to("cpu")).eval()
    expected = [(ids, _by_torch(scoring, ids)) for ids in _samples(decoder.config.vocab_size)]
    decoder.set_attn_implementation("eager")
    with tempfile.TemporaryDirectory(dir=folder, prefix=SPARE) as spare:
        try:
            _trace(scoring, Path(spare) / GRAPH)
        except Exception as error:  # torch raises no narrower class
            raise _refusal(folder, f"could not be written ({_first_line(error)})") from error
        graph = onnx.load(str(Path(spare) / GRAPH), load_external_data=False)
        if decoder.config.tie_word_embeddings:
            _untie(graph)
        point_into(graph, folder / WEIGHTS, Path(spare))
    _forget_origin(graph)
    onnx.save(graph, str(folder / GRAPH))
    _check(folder, expected)


def _samples(words: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(3, min(1000, words), size=shape) for shape in SHAPES]


def _by_torch(scoring: Scoring, ids: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return scoring(torch.from_numpy(ids)).numpy()


def _trace(scoring: Scoring, target: Path) -> None:
    free = {0: torch.export.Dim("texts"), 1: torch.export.Dim("tokens", min=2)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            scoring, (torch.tensor([[5, 6, 7, 8, 9], [9, 8, 7, 6, 5]]),), str(target), dynamo=True, optimize=False,
            verbose=False, external_data=True, input_names=["input_ids"], output_names=["log_probabilities"],
            dynamic_shapes={"input_ids": free},
        )  # fmt: skip


def _untie(graph: onnx.ModelProto) -> None:
    """Let the graph name the table of words as the file does."""
    names = {tensor.name for tensor in graph.graph.initializer}
    if TIED not in names:
        return
    for tensor in [tensor for tensor in graph.graph.initializer if tensor.name == TIED]:
        if WORDS in names:
            graph.graph.initializer.remove(tensor)
        else:
            tensor.name = WORDS
    for node in graph.graph.node:
        node.input[:] = [WORDS if name == TIED else name for name in node.input]


def _check(folder: Path, expected: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(folder / GRAPH), providers=["CPUExecutionProvider"])
        found = [session.run(None, {"input_ids": ids})[0] for ids, _ in expected]
    except Exception as error:  # onnxruntime raises no narrower class
        raise _refusal(folder, f"cannot be run ({_first_line(error)})") from error
    for answer, (_, wanted) in zip(found, expected, strict=True):
        if not np.allclose(answer, wanted, atol=10 * TOLERANCE):
            raise _refusal(folder, f"does not give what torch gives (difference {np.abs(answer - wanted).max():.2g})")


def _refusal(folder: Path, why: str) -> TlcoreError:
    return TlcoreError(
        f"The exported decoder {why}.", str(folder), "Take it away without this base, or choose another."
    )
