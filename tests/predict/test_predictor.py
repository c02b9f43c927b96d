"""tlcore.predict.predictor: answers that do not depend on their neighbours, and a package that stands alone."""

from __future__ import annotations

import ast
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from safetensors.numpy import save_file

from tlcore.predict import predictor as module
from tlcore.predict.predictor import TOKENS_PER_BATCH, Predictor, linear_probabilities

PACKAGE = Path(module.__file__).parent
OUTSIDE = {"numpy", "onnxruntime", "safetensors", "tokenizers"}
MORE = {"picture_files.py": {"PIL"}, "decoding.py": {"torch", "transformers"}, "rewriter.py": {"torch", "transformers"}}
"""What only models of one kind need: the requirements.txt of their zip names it (bundle.make.MORE_REQUIREMENTS)."""
TEXTS = [
    "I was charged twice for one order.",
    "The app shows a white screen after the update.",
    "Where is my parcel? It should have come on Monday. " * 6,
    "How do I send this back?",
    "password",
]


class Watched:
    """Stands before the ONNX session and notes the shapes that it is given."""

    def __init__(self, session: Any) -> None:
        self.session, self.shapes = session, []

    def run(self, names: Any, given: dict[str, np.ndarray]) -> Any:
        self.shapes.append(given["input_ids"].shape)
        return self.session.run(names, given)


@pytest.fixture
def watched(answered: Predictor, monkeypatch: pytest.MonkeyPatch) -> Watched:
    watch = Watched(answered._session)
    monkeypatch.setattr(answered, "_session", watch)
    return watch


def test_each_answer_is_the_likeliest_label_with_its_probability(answered: Predictor) -> None:
    answers = answered.predict(TEXTS)
    assert answers.probabilities.shape == (len(TEXTS), len(answered.labels))
    assert np.allclose(answers.probabilities.sum(1), 1, atol=1e-5)
    assert answers.predictions == [answered.labels[i] for i in answers.probabilities.argmax(1)]
    assert answers.confidence == pytest.approx(answers.probabilities.max(1).tolist())


def test_it_has_learnt_what_the_tickets_are_about(answered: Predictor) -> None:
    assert answered.predict(TEXTS[:4]).predictions == ["Billing", "Technical", "Delivery", "Returns"]


@pytest.fixture(params=["trained", "tiny_trained"])
def ended(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param).folder


def test_the_test_rows_get_the_answers_that_the_report_counts(ended: Path) -> None:
    kept = pyarrow.parquet.read_table(ended / "predictions.parquet").to_pydict()
    answers = Predictor.load(ended / "model").predict(kept["text"])
    assert answers.predictions == kept["prediction"]
    assert answers.confidence == pytest.approx(kept["confidence"], abs=1e-3)


def test_a_blank_text_has_no_answer_and_its_neighbours_keep_theirs(answered: Predictor) -> None:
    answers = answered.predict(["", TEXTS[0], " \n\t\u00a0", TEXTS[1]])
    alone = answered.predict(TEXTS[:2])
    assert answers.predictions == ["", alone.predictions[0], "", alone.predictions[1]]
    assert [math.isnan(value) for value in answers.confidence] == [True, False, True, False]
    assert np.isnan(answers.probabilities[[0, 2]]).all()
    assert np.allclose(answers.probabilities[[1, 3]], alone.probabilities, atol=1e-3)


@pytest.mark.parametrize("texts", [[], [""], ["", " "]])
def test_nothing_to_read_is_no_error(answered: Predictor, watched: Watched, texts: list[str]) -> None:
    answers = answered.predict(texts)
    assert answers.predictions == [""] * len(texts)
    assert answers.probabilities.shape == (len(texts), len(answered.labels))
    assert watched.shapes == []


def test_an_answer_depends_neither_on_order_nor_on_neighbours(answered: Predictor) -> None:
    together = answered.predict(TEXTS).probabilities
    assert np.allclose(answered.predict(TEXTS[::-1]).probabilities[::-1], together, atol=1e-3)
    alone = [answered.predict([text]).probabilities[0] for text in TEXTS]
    assert np.allclose(alone, together, atol=1e-3)


def test_equal_texts_are_read_once_and_answered_each(answered: Predictor, watched: Watched) -> None:
    answers = answered.predict(["password", *TEXTS[:1] * 50, "password"])
    assert sum(rows for rows, _ in watched.shapes) == 2
    assert len(set(answers.predictions[1:51])) == 1
    assert answers.confidence[0] == answers.confidence[51]


def test_a_short_text_is_not_padded_and_a_long_one_is_cut(answered: Predictor, watched: Watched) -> None:
    answered.predict(["hello"])
    answered.predict(["word " * 2000])
    assert watched.shapes == [(1, 3), (1, answered.about["max_length"])]


def test_batches_stay_within_the_memory_they_may_take(
    answered: Predictor, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answered, "_threads", 1)  # so that batches are answered in their order
    texts = [f"{i} " + "parcel " * (1 + i % 40) for i in range(240)]
    seen: list[tuple[int, int]] = []
    answered.predict(texts, lambda done, total: seen.append((done, total)))
    assert sum(rows for rows, _ in watched.shapes) == 240
    assert max(rows * tokens for rows, tokens in watched.shapes) <= TOKENS_PER_BATCH
    assert len(watched.shapes) < 20
    assert [done for done, _ in seen] == np.cumsum([rows for rows, _ in watched.shapes]).tolist()
    assert {total for _, total in seen} == {240}


def test_progress_may_stop_it(answered: Predictor) -> None:
    def stop(done: int, total: int) -> None:
        raise InterruptedError(f"{done} of {total}")

    with pytest.raises(InterruptedError, match="2 of 2"):
        answered.predict(TEXTS[:2], stop)


def test_two_threads_more_or_less_change_nothing(tiny_trained: Any) -> None:
    one, two = (Predictor.load(str(tiny_trained.folder / "model"), threads=n) for n in (1, 2))
    assert np.allclose(one.predict(TEXTS).probabilities, two.predict(TEXTS).probabilities, atol=1e-3)


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nudge\.json"):
        Predictor.load(tmp_path)
    (tmp_path / "nudge.json").write_text("not JSON", encoding="utf-8")
    with pytest.raises(ValueError, match="Expecting value"):
        Predictor.load(tmp_path)


@pytest.fixture
def model(tiny_trained: Any, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may break."""
    return Path(shutil.copytree(tiny_trained.folder / "model", tmp_path / "model"))


@pytest.mark.parametrize(
    "name", ["nudge.json", "tokenizer.json", "model.onnx", "model.safetensors", "head.safetensors"]
)
@pytest.mark.parametrize("content", [None, b"", b"{}", b"not JSON"])
def test_a_model_with_a_file_lost_or_damaged_is_refused_in_words(model: Path, name: str, content: bytes | None) -> None:
    (model / name).unlink()
    if content is not None:
        (model / name).write_bytes(content)
    with pytest.raises((OSError, ValueError), match=f"cannot be opened|{name}"):
        Predictor.load(model)


@pytest.mark.parametrize(
    "tensors",
    [
        {"weight": np.zeros((1, 32), np.float32), "bias": np.zeros(1, np.float32)},
        {"weight": np.zeros((3, 5), np.float32), "bias": np.zeros(3, np.float32)},
        {"weight": np.zeros((3, 32), np.float32)},
    ],
    ids=["too few labels", "another width", "no bias"],
)
def test_a_head_that_does_not_fit_is_refused_when_the_model_is_opened(
    model: Path, tensors: dict[str, np.ndarray]
) -> None:
    save_file(tensors, str(model / "head.safetensors"))
    with pytest.raises(ValueError, match="cannot be opened"):
        Predictor.load(model)


@pytest.mark.parametrize("about", [[], {"labels": ["a"]}, {"labels": None}, {"max_length": "long"}])
def test_a_nudge_json_that_says_too_little_is_refused(model: Path, about: Any) -> None:
    known = json.loads((model / "nudge.json").read_text(encoding="utf-8"))
    (model / "nudge.json").write_text(json.dumps(known | about if about else about), encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be opened"):
        Predictor.load(model)


def test_a_linear_head_is_a_softmax_of_weighted_sums() -> None:
    head = {"weight": np.array([[1.0, 0.0], [0.0, 2.0]]), "bias": np.array([0.0, -1.0])}
    found = linear_probabilities(head, np.array([[1.0, 1.0], [0.0, 0.5], [2.0, 0.0]]))
    assert np.allclose(found[:, 0], [0.5, 0.5, 1 / (1 + np.exp(-3))])
    assert np.allclose(found.sum(1), 1)


def test_scores_of_any_size_give_probabilities() -> None:
    head = {"weight": np.eye(2, dtype=np.float32), "bias": np.zeros(2, dtype=np.float32)}
    found = linear_probabilities(head, np.array([[1e4, -1e4], [-1e4, -1e4]], dtype=np.float32))
    assert np.allclose(found, [[1, 0], [0.5, 0.5]])


def test_platts_scaling_is_done_for_each_class_and_then_shared_out() -> None:
    parts = {"platt_a": np.array([-1.0, -2.0]), "platt_b": np.array([0.5, 0.0])}
    head = {"weight": np.eye(2), "bias": np.zeros(2), **parts}
    each = [1 / (1 + np.exp(-1 * 0.3 + 0.5)), 1 / (1 + np.exp(-2 * -0.4))]
    assert np.allclose(linear_probabilities(head, np.array([[0.3, -0.4]])), [np.array(each) / sum(each)])


@pytest.mark.parametrize("source", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_the_package_imports_only_itself_and_what_requirements_txt_names(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert (node.level, (node.module or "").count(".")) == (1, 0), f"line {node.lineno} leaves the folder"
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            roots = {name.split(".")[0] for name in names}
            allowed = OUTSIDE | sys.stdlib_module_names | MORE.get(source.name, set())
            assert roots <= allowed, f"line {node.lineno} imports {roots}"


def test_a_copy_of_it_answers_elsewhere_without_torch_and_without_tlcore(tiny_trained: Any, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from elsewhere.predictor import Predictor\n"
        "from elsewhere import main\n"
        "print(Predictor.load(sys.argv[2]).predict(['It leaks.']).predictions[0])\n"
        "print(sorted({'torch', 'transformers', 'tlcore', 'sklearn', 'pandas', 'streamlit'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-I", "-c", code, str(tmp_path), str(tiny_trained.folder / "model")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    answer, loaded = done.stdout.splitlines()
    assert answer in tiny_trained.about["labels"]
    assert loaded == "[]"
