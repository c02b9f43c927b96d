"""The quick version of an exported model: whole numbers of 8 bits where most of the work is, offered only if it answers alike."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.external_data_helper import load_external_data_for_model

from tlcore.files import read_json, write_json
from tlcore.models.onnx_export import GRAPH, SPARE, WEIGHTS, point_into
from tlcore.predict.predictor import ABOUT, QUICK, Answers, Predictor, reading_differs
from tlcore.tasks.classify import Classify

LARGEST = 1_500 * 2**20
"""Bytes of weights; above, the graph would not fit the one file that onnxruntime writes."""
FEWEST, MOST = 300, 1_000
"""Rows on which both versions are asked."""
LEAST_ALIKE, MOST_LOST, LEAST_TIMES = 0.97, 0.003, 1.2
"""What the quick version must show: the share of answers that stay the same, the accuracy lost, how many times as quick."""


Alike = Callable[[Answers, Answers, Sequence[str], Sequence[str]], dict[str, float]]
"""Answers of the exact and of the quick version, the truth, the labels -> same_answers, accuracy, exact_accuracy."""


def add_quick(
    folder: Path, texts: Sequence[str], labels: Sequence[str], alike: Alike | None = None
) -> dict[str, Any] | None:
    """Make quick.onnx in a model's folder, ask it and the exact graph these texts, keep it if it may be offered.

    alike: how answers are compared, the task's own; None for one label a text.
    labels: of the texts, or [] where nobody knows them; then accuracy and exact_accuracy are None.

    Returns what nudge.json then says of it: rows, same_answers, accuracy and exact_accuracy (shares), times (as quick),
    difference (of what both read, relative). None, and no file, where it is slower, answers too differently or cannot be made.
    """
    try:
        write_quick(folder)
        found = _compare(folder, texts[:MOST], labels[:MOST], alike or Classify().alike)
    except Exception:  # onnxruntime's tools raise no narrower class; without it the model is as good as before
        logging.getLogger(__name__).warning("no quick version", exc_info=True)
        found = None
    if found is None or not may_be_offered(found):
        (folder / QUICK).unlink(missing_ok=True)
        return None
    write_json(folder / ABOUT, {**read_json(folder / ABOUT), "quick": found})
    return found


def may_be_offered(found: dict[str, Any]) -> bool:
    lost = 0.0 if found["accuracy"] is None else found["exact_accuracy"] - found["accuracy"]
    few = max(MOST_LOST, 1 / found["rows"])
    return found["same_answers"] >= LEAST_ALIKE and lost <= few + 1e-9 and found["times"] >= LEAST_TIMES


def write_quick(folder: Path) -> None:
    """quick.onnx beside model.onnx; it reads from the same model.safetensors what stays as it was. Raises ValueError if too large."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    if (folder / WEIGHTS).stat().st_size > LARGEST:
        raise ValueError("the weights are too large for one graph file")
    with tempfile.TemporaryDirectory(dir=folder, prefix=SPARE) as spare:
        plain, even, quick = (str(Path(spare) / name) for name in ("plain.onnx", "even.onnx", QUICK))
        # Basic: weights are turned the way they are multiplied, and nothing is done that fits one machine only.
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath, options.log_severity_level = plain, 3
        onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
        model = onnx.load(plain, load_external_data=False)
        load_external_data_for_model(model, str(folder))  # it still points at the weights beside the exact graph
        onnx.save(_evened(model), even)
        with _without_advice():
            quantize_dynamic(
                even, quick, op_types_to_quantize=["MatMul", "Gemm"], weight_type=QuantType.QInt8, per_channel=True
            )
        graph = onnx.load(quick)
        point_into(graph, folder / WEIGHTS, Path(spare))
        onnx.save(graph, str(folder / QUICK))


def _evened(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph, in which each token is scaled to a largest value of 1 before the wide multiplications, and back after.

    One scale is used for a whole batch of 8-bit numbers. In the feed-forward halves single tokens have values a hundred times
    as large as the others (Bondarenko et al. 2021, arXiv 2109.12948), which would leave these a handful of steps: with it 99.2 %
    of the answers on csabstruct stayed the same, without it 97.1 %; it costs a tenth of the speed.
    """
    graph = model.graph
    shapes = {one.name: tuple(one.dims) for one in graph.initializer}
    wide = {
        node.output[0]: node
        for node in graph.node
        if node.op_type == "MatMul" and len(shape := shapes.get(node.input[1], ())) == 2 and shape[0] != shape[1]
    }
    if not wide or max(one.version for one in model.opset_import if not one.domain) < 18:
        return model
    graph.initializer.append(numpy_helper.from_array(np.array([-1], dtype=np.int64), "nudge_last_axis"))
    graph.initializer.append(numpy_helper.from_array(np.array(1e-6, dtype=np.float32), "nudge_tiny"))
    nodes = [new for node in graph.node for new in (_even(node) if node.output[0] in wide else [node])]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _even(node: Any) -> Iterator[Any]:
    given, out = node.input[0], node.output[0]
    size, largest, top, even, product = (f"{out}_{part}" for part in ("size", "largest", "top", "even", "product"))
    for kind, inputs, output in (
        ("Abs", [given], size),
        ("ReduceMax", [size, "nudge_last_axis"], largest),
        ("Max", [largest, "nudge_tiny"], top),
        ("Div", [given, top], even),
        ("MatMul", [even, node.input[1]], product),
        ("Mul", [product, top], out),
    ):
        yield helper.make_node(kind, inputs, [output], name=f"{output}_{kind}")


class _without_advice:
    """onnxruntime's quantiser speaks through the root logger: how one might prepare the graph, which was done."""

    def __enter__(self) -> None:
        self.before = logging.root.manager.disable
        logging.disable(logging.WARNING)

    def __exit__(self, *_: object) -> None:
        logging.disable(self.before)


def _compare(folder: Path, texts: Sequence[str], labels: Sequence[str], alike: Alike) -> dict[str, Any] | None:
    """Both versions on the same texts; None where there are none."""
    if not texts:
        return None
    exact, quick = Predictor.load(folder), Predictor.load(folder, quick=True)
    difference = reading_differs(folder, exact.about)
    seconds, answers = [], []
    for one in (exact, quick):
        begun = time.perf_counter()
        answers.append(one.predict(texts))
        seconds.append(time.perf_counter() - begun)
    if not len(labels):  # nobody knows what is right
        same = float(np.mean([a == b for a, b in zip(answers[0].predictions, answers[1].predictions, strict=True)]))
        found: dict[str, Any] = {"same_answers": round(same, 4), "accuracy": None, "exact_accuracy": None}
    else:
        found = {n: round(share, 4) for n, share in alike(answers[0], answers[1], labels, exact.labels).items()}
    return {
        "rows": len(texts), **found, "task": exact.about.get("task"),
        "times": round(seconds[0] / seconds[1], 2), "difference": round(difference, 5),
    }  # fmt: skip
