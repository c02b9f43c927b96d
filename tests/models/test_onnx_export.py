"""tlcore.models.onnx_export: the graph gives what torch gives, out of the one copy of the weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.errors import TlcoreError
from tlcore.models import onnx_export
from tlcore.models.load import load_encoder, longest_input
from tlcore.models.onnx_export import GRAPH, TOLERANCE, WEIGHTS, check_graph, export_onnx, make_samples
from tlcore.models.pooling import pool_layers


@pytest.fixture(params=FAMILIES)
def model(saved: Callable[[str], Any], request: pytest.FixtureRequest) -> Any:
    """The saved model of each family in turn."""
    return saved(request.param)


def run_graph(folder: Path, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(folder / GRAPH), providers=["CPUExecutionProvider"])
    given = {"input_ids": ids, "attention_mask": mask}
    return session.run(None, {item.name: given[item.name] for item in session.get_inputs()})[0]


def drawn(rows: int, tokens: int, lengths: list[int], pad: int = 0) -> tuple[np.ndarray, np.ndarray]:
    ids = np.random.default_rng(1).integers(5, 30_000, size=(rows, tokens))
    mask = (np.arange(tokens) < np.array(lengths)[:, None]).astype(np.int64)
    return np.where(mask == 1, ids, pad), mask


@pytest.mark.parametrize(("tokens", "lengths"), [(1, [1]), (2, [2]), (31, [31, 7, 2, 19]), (130, [60, 130])])
def test_the_graph_gives_what_torch_gives(model: Any, tokens: int, lengths: list[int]) -> None:
    ids, mask = drawn(len(lengths), tokens, lengths, int(model.encoder.config.pad_token_id))
    # The encoder as it comes, with its own attention and mask, not as the export prepared it.
    encoder = load_encoder(model.folder)
    with torch.inference_mode():
        states = encoder(torch.from_numpy(ids), torch.from_numpy(mask), output_hidden_states=True).hidden_states
    expected = pool_layers(states, model.layers, torch.from_numpy(mask)).numpy()
    found = run_graph(model.folder, ids, mask)
    assert found.shape == (len(lengths), 32 * len(model.layers))
    assert np.abs(expected).max() > 0.1
    assert np.allclose(found, expected, atol=TOLERANCE)


def test_a_short_text_is_read_alike_beside_a_long_one(model: Any) -> None:
    ids, mask = drawn(2, 24, [24, 5], int(model.encoder.config.pad_token_id))
    alone = run_graph(model.folder, ids[1:, :5], mask[1:, :5])
    assert np.allclose(run_graph(model.folder, ids, mask)[1], alone[0], atol=TOLERANCE)


def test_the_graph_of_a_real_base_gives_what_torch_gives(trained: Any) -> None:
    folder = trained.folder / "model"
    ids, mask = drawn(3, 20, [20, 11, 4])
    with torch.inference_mode():
        states = load_encoder(folder)(torch.from_numpy(ids), torch.from_numpy(mask), output_hidden_states=True)
    expected = pool_layers(states.hidden_states, trained.about["layers"], torch.from_numpy(mask)).numpy()
    assert np.allclose(run_graph(folder, ids, mask), expected, atol=TOLERANCE)


def test_the_weights_lie_on_disk_once(model: Any) -> None:
    folder = model.folder
    graph = onnx.load(str(folder / GRAPH), load_external_data=False).graph
    outside = [t for t in graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    places = {entry.value for t in outside for entry in t.external_data if entry.key == "location"}
    assert places == {WEIGHTS}  # a bare name: the folder may be moved
    inside = sum(len(t.raw_data) for t in graph.initializer)
    assert inside < 0.05 * (folder / WEIGHTS).stat().st_size
    assert not list(folder.glob("*tmp*"))


def test_the_graph_says_nothing_of_where_it_was_made(model: Any) -> None:
    graph = onnx.load(str(model.folder / GRAPH), load_external_data=False)
    assert not graph.metadata_props
    assert not graph.graph.doc_string
    assert not [part.name for part in [*graph.graph.node, *graph.graph.value_info] if part.metadata_props]
    content = (model.folder / GRAPH).read_bytes()
    for place in (b".py", b"site-packages", str(Path(onnx_export.__file__).parents[2]).encode()):
        assert place not in content


def test_weights_that_are_not_those_of_the_graph_are_noticed(saved: Callable[[str], Any]) -> None:
    model = saved("distilbert")
    encoder = load_encoder(model.folder)
    check_graph(model.folder, make_samples(encoder, model.layers))
    with torch.no_grad():
        encoder.transformer.layer[0].ffn.lin1.weight.mul_(1.5)
    with pytest.raises(TlcoreError, match="does not give what the trained one gives") as error:
        check_graph(model.folder, make_samples(encoder, model.layers))
    assert "Choose another base" in error.value.fix


def test_it_is_tried_on_padding_on_one_text_alone_and_on_the_longest(tiny_base: Callable[[str], Path]) -> None:
    for family, longest in (("modernbert", 130), ("roberta", 512), ("xlnet", 512)):
        encoder = load_encoder(tiny_base(family))
        samples = make_samples(encoder, (1,))
        assert [sample.ids.shape for sample in samples] == [(3, 11), (1, 2), (2, longest)]
        assert longest_input(encoder.config) >= longest
        for sample in samples:
            assert np.array_equal(sample.ids == encoder.config.pad_token_id, sample.mask == 0)


def test_a_graph_that_loses_the_windows_of_the_mask_is_refused(
    tiny_base: Callable[[str], Path], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def windowless(self: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        mask = (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * -1e9
        mask = mask.expand(-1, 1, input_ids.shape[1], -1)  # taken as it is, by every block
        states = self.encoder(input_ids=input_ids, attention_mask=mask, output_hidden_states=True).hidden_states
        return pool_layers(states, self.layers, attention_mask)

    monkeypatch.setattr(onnx_export.Pooled, "forward", windowless)
    encoder = load_encoder(tiny_base("modernbert"))
    encoder.save_pretrained(tmp_path)
    with pytest.raises(TlcoreError, match="does not give what the trained one gives"):
        export_onnx(encoder, (2,), tmp_path)


def test_a_base_that_torch_cannot_export_is_refused_in_words(
    tiny_base: Callable[[str], Path], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such operator\nand a long story")

    monkeypatch.setattr(torch.onnx, "export", fail)
    encoder = load_encoder(tiny_base("bert"))
    encoder.save_pretrained(tmp_path / "model")
    with pytest.raises(TlcoreError, match=r"could not be written \(RuntimeError: no such operator\)") as error:
        export_onnx(encoder, (3,), tmp_path / "model")
    assert "Choose another base" in error.value.fix
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["config.json", WEIGHTS]


def test_a_graph_that_cannot_be_run_is_refused_in_words(tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / GRAPH).write_bytes(b"no graph")
    with pytest.raises(TlcoreError, match="cannot be run") as error:
        check_graph(tmp_path, make_samples(load_encoder(tiny_base("bert")), (3,)))
    assert error.value.where == str(tmp_path)
