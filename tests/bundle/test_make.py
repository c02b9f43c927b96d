"""tlcore.bundle.make: the zip works elsewhere, is offered only once it was tried, and a hostile one is not unpacked."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tlcore.bundle import make
from tlcore.bundle.make import bundle_job, check_bundle, make_bundle, unpack_bundle
from tlcore.errors import TlcoreError
from tlcore.files import read_json, sha256, write_json
from tlcore.predict import predictor
from tlcore.predict.predictor import Predictor
from tlcore.predict.sheet import read_csv, write_csv
from tlcore.runs import bundle_info
from tlcore.runs.score_sheet import score_table
from tlcore.tables import read_table

PICKLED = (".pkl", ".pickle", ".bin", ".pt", ".pth", ".ckpt", ".joblib", ".npy", ".npz")
LABEL_ROW = 1
"""A row of the golden rows that has a text."""


@pytest.fixture
def run(tiny_trained: Any, tmp_path: Path) -> Path:
    """A copy of the tiny run that a test may break."""
    return Path(shutil.copytree(tiny_trained.folder, tmp_path / "run"))


@pytest.fixture(params=["trained", "tiny_trained"])
def ended(request: pytest.FixtureRequest) -> Path:
    """The folder of an ended run, only to be read."""
    return request.getfixturevalue(request.param).folder


@pytest.fixture(scope="module")
def unpacked(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of the trained run, unpacked where nothing else lies, under a name that is not plain."""
    folder = tmp_path_factory.mktemp("elsewhere") / "my model ü"
    unpack_bundle(trained.folder / "model.zip", folder)
    return folder


def rewrite(archive: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The zip once more, after `change` was done to its files by name."""
    with zipfile.ZipFile(archive) as source:
        files = {name: source.read(name) for name in source.namelist()}
    change(files)
    with zipfile.ZipFile(target, "w") as copy:
        for name, content in files.items():
            copy.writestr(name, content)
    return target


def change_answer(column: str, value: Callable[[str], str]) -> Callable[[Path], None]:
    """Alters one expected answer in a folder that holds the zip's files."""

    def change(folder: Path) -> None:
        columns = read_csv(folder / "golden_expected.csv")
        columns[column][LABEL_ROW] = value(columns[column][LABEL_ROW])
        write_csv(folder / "golden_expected.csv", columns)

    return change


def change_head(folder: Path) -> None:
    content = bytearray((folder / "model" / "head.safetensors").read_bytes())
    content[-64:] = bytes([0, 0, 128, 63]) * 16  # sixteen weights of 1.0
    (folder / "model" / "head.safetensors").unlink()  # it may be a hard link to the run's own
    (folder / "model" / "head.safetensors").write_bytes(content)


def break_script(folder: Path) -> None:
    (folder / "predict.py").write_text("raise SystemExit('no such module')", encoding="utf-8")


def drop_rows(folder: Path) -> None:
    columns = read_csv(folder / "golden_expected.csv")
    write_csv(folder / "golden_expected.csv", {name: cells[:5] for name, cells in columns.items()})


# What lies in the zip


def test_the_zip_holds_all_it_needs_and_no_pickle(trained: Any) -> None:
    with zipfile.ZipFile(trained.folder / "model.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        with zipfile.ZipFile(archive.open("model/head.skops")) as head:
            inner = head.namelist()
    top = {name for name in names if "/" not in name}
    assert top == {
        "README.md", "MODEL_CARD.md", "predict.py", "requirements.txt", "scores.json", "golden_rows.csv",
        "golden_expected.csv",
    }  # fmt: skip
    files = {path.name for path in (trained.folder / "model").iterdir()}
    assert {name for name in names if name.startswith("model/")} == {f"model/{name}" for name in files}
    assert not [name for name in names if name.lower().endswith(PICKLED) or "__pycache__" in name]
    assert all(re.fullmatch(r"schema\.json|\d+\.npy", name) for name in inner)


def test_the_arrays_in_the_scikit_learn_head_are_no_pickles_either(trained: Any) -> None:
    import numpy as np

    with zipfile.ZipFile(trained.folder / "model" / "head.skops") as head:
        arrays = [name for name in head.namelist() if name.endswith(".npy")]
        assert arrays
        for name in arrays:
            with head.open(name) as file:
                np.load(file, allow_pickle=False)


def test_nothing_in_the_zip_says_on_which_machine_it_was_made(ended: Path) -> None:
    machine = [str(Path(make.__file__).parents[2]), str(ended.parent.parent), str(Path.home()), "site-packages"]
    with zipfile.ZipFile(ended / "model.zip") as archive:
        found = [(n, p) for n in archive.namelist() for p in machine if p.encode() in archive.read(n)]
    assert found == []


def test_a_base_from_a_folder_is_named_and_not_where_it_lay(tiny_trained: Any) -> None:
    assert tiny_trained.about["base"] == "tiny-bert"
    with zipfile.ZipFile(tiny_trained.folder / "model.zip") as archive:
        assert "on tiny-bert\n(from a folder" in archive.read("MODEL_CARD.md").decode("utf-8")


def test_the_weights_are_stored_as_they_are(trained: Any) -> None:
    with zipfile.ZipFile(trained.folder / "model.zip") as archive:
        info = archive.getinfo("model/model.safetensors")
        assert info.compress_type == zipfile.ZIP_STORED
        assert info.file_size == (trained.folder / "model" / "model.safetensors").stat().st_size


def test_the_predictor_in_the_zip_is_the_predictor_of_the_app(unpacked: Path) -> None:
    ours = {path.name: path.read_bytes() for path in Path(predictor.__file__).parent.glob("*.py")}
    theirs = {path.name: path.read_bytes() for path in (unpacked / "nudge_predict").iterdir()}
    assert theirs == ours
    assert {"__init__.py", "main.py", "predictor.py", "sheet.py", "text.py"} <= set(ours)


def test_what_it_needs_is_four_packages_at_the_versions_it_was_tried_with(unpacked: Path) -> None:
    from importlib.metadata import version

    lines = (unpacked / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins == [f"{name}=={version(name)}" for name in ("numpy", "onnxruntime", "safetensors", "tokenizers")]


def test_the_scores_travel_along(trained: Any, unpacked: Path) -> None:
    report, scores = read_json(trained.folder / "report.json"), read_json(unpacked / "scores.json")
    assert scores == {name: report[name] for name in scores}
    assert {"test", "baselines", "difference", "per_class", "rows"} <= set(scores)
    card = (unpacked / "MODEL_CARD.md").read_text(encoding="utf-8")
    test = report["test"]
    assert f"| {test['macro_f1']:.3f} | {test['macro_f1_low']:.3f} to {test['macro_f1_high']:.3f} |" in card
    assert f"| {report['baselines']['tfidf']['macro_f1']:.3f} |" in card
    assert "`message`" in (unpacked / "README.md").read_text(encoding="utf-8")


def test_the_golden_rows_hold_real_texts_and_odd_ones(trained: Any, unpacked: Path) -> None:
    rows, expected = read_csv(unpacked / "golden_rows.csv"), read_csv(unpacked / "golden_expected.csv")
    texts = rows["message"]
    assert list(expected) == ["message", "prediction", "confidence"]
    assert expected["message"] == texts
    assert len(texts) == make.GOLDEN_ROWS + 5
    assert "Ünïcödé – 你好 🙂" in texts
    assert max(map(len, texts)) > 2000
    assert [bool(answer) for answer in expected["prediction"]] == [bool(text.strip()) for text in texts]


# It works elsewhere


def test_the_zip_gives_the_answers_of_the_run(answered: Predictor, unpacked: Path, tmp_path: Path) -> None:
    texts = ["I was charged twice.", "", "The app crashes, always.\nHelp!", "=1+1 parcels came", "Größe passt nicht"]
    with (tmp_path / "in.csv").open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["id", "message"], *([str(i), t] for i, t in enumerate(texts))])
    command = [sys.executable, "-I", str(unpacked / "predict.py"), str(tmp_path / "in.csv"), str(tmp_path / "out.csv")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("5 rows scored")
    found = read_csv(tmp_path / "out.csv")
    expected, _ = score_table(answered, read_table(tmp_path / "in.csv"), {})
    assert found["id"] == list("01234")
    assert found["message"] == [*texts[:3], "'=1+1 parcels came", texts[4]]
    assert found["prediction"] == list(expected["prediction"])
    for ours, theirs in zip(expected["confidence"], found["confidence"], strict=True):
        assert float(theirs or -1) == pytest.approx(float(ours or -1), abs=1e-3)


def test_predict_py_loads_nothing_that_requirements_txt_does_not_name(unpacked: Path, tmp_path: Path) -> None:
    code = (
        "import runpy, sys\n"
        "sys.argv = sys.argv[1:]\n"
        "try:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end:\n    print(end.code)\n"
        "print(sorted({'torch', 'transformers', 'tlcore', 'sklearn', 'pandas', 'pyarrow'} & set(sys.modules)))\n"
    )
    script = [str(unpacked / "predict.py"), str(unpacked / "golden_rows.csv"), str(tmp_path / "out.csv")]
    command = [sys.executable, "-I", "-c", code, *script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["0", "[]"]


# It is offered only once it was tried


def test_bundle_json_is_about_the_zip_beside_it(ended: Path) -> None:
    about = read_json(ended / "bundle.json")
    assert about["file"] == "model.zip"
    assert about["bytes"] == (ended / "model.zip").stat().st_size
    assert about["sha256"] == sha256(ended / "model.zip")
    assert about["checked"] is True
    assert about["golden_rows"] == make.GOLDEN_ROWS + 5
    assert 0 <= about["largest_difference"] <= make.TOLERANCE
    assert bundle_info(ended) == about


def test_a_zip_that_is_gone_or_was_not_checked_is_not_offered(run: Path) -> None:
    about = read_json(run / "bundle.json")
    write_json(run / "bundle.json", about | {"checked": False})
    assert bundle_info(run) is None
    write_json(run / "bundle.json", about)
    (run / "model.zip").unlink()
    assert bundle_info(run) is None
    (run / "bundle.json").unlink()
    assert bundle_info(run) is None


def test_the_job_makes_the_zip_again_and_leaves_nothing_else(run: Path) -> None:
    kept = {path.name for path in run.iterdir()}
    for name in ("model.zip", "bundle.json"):
        (run / name).unlink()
    said: list[str] = []
    context = SimpleNamespace(args={"run": str(run)}, phase=lambda name, title: said.append(name))
    assert bundle_job(context) == "done"
    assert said == ["pack"]
    info = bundle_info(run)
    assert info is not None
    assert info["sha256"] == sha256(run / "model.zip")
    assert {path.name for path in run.iterdir()} == kept


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (change_answer("prediction", lambda label: "another"), "does not give the answers"),
        (change_answer("prediction", lambda label: ""), "does not give the answers"),
        (change_answer("confidence", lambda value: f"{float(value) - 0.01:.4f}"), "does not give the answers"),
        (change_answer("confidence", lambda value: ""), "does not give the answers"),
        (change_head, "does not give the answers"),
        (break_script, "did not run"),
        (drop_rows, "does not give the answers"),
    ],
    ids=[
        "another label",
        "no label",
        "another confidence",
        "no confidence",
        "another head",
        "broken script",
        "fewer rows",
    ],
)
def test_a_zip_that_does_not_answer_as_the_run_does_is_not_offered(
    run: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], said: str
) -> None:
    pack = make._zip

    def tampered(tree: Path, target: Path) -> None:
        change(tree)
        pack(tree, target)

    for name in ("model.zip", "bundle.json"):
        (run / name).unlink()
    left = {path.name for path in run.iterdir()}
    monkeypatch.setattr(make, "_zip", tampered)
    with pytest.raises(TlcoreError, match=said) as error:
        make_bundle(run)
    assert error.value.fix
    assert bundle_info(run) is None
    assert {path.name for path in run.iterdir()} == left


def test_a_zip_that_failed_its_check_leaves_the_checked_one_before_it(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, left = bundle_info(run), {path.name for path in run.iterdir()}

    def refuse(archive: Path) -> dict[str, Any]:
        assert archive.exists()
        raise TlcoreError("no")

    monkeypatch.setattr(make, "check_bundle", refuse)
    with pytest.raises(TlcoreError):
        make_bundle(run)
    assert before is not None
    assert bundle_info(run) == before
    assert sha256(run / "model.zip") == before["sha256"]
    assert {path.name for path in run.iterdir()} == left


def test_the_quick_version_is_asked_too_before_the_zip_is_offered(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlcore.models.quick import write_quick

    write_quick(run / "model")
    make_bundle(run)
    about = bundle_info(run)
    assert about is not None
    assert about["quick_same"] >= 0.8
    (run / "model" / "quick.onnx").unlink()
    make_bundle(run)
    assert "quick_same" not in (bundle_info(run) or {})
    write_quick(run / "model")
    real = make._answers

    def blank(folder: Path, archive: Path, *more: str) -> dict[str, list[str]]:
        found = real(folder, archive, *more)
        return {**found, "prediction": [""] * len(found["prediction"])} if more else found

    monkeypatch.setattr(make, "_answers", blank)
    with pytest.raises(TlcoreError, match="leaves rows without an answer"):
        make_bundle(run)


def test_bundle_json_never_speaks_of_another_zip(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(path: Path, value: Any) -> None:
        if path.name == "bundle.json":
            raise KeyboardInterrupt
        write_json(path, value)

    monkeypatch.setattr(make, "write_json", cut_off)
    with pytest.raises(KeyboardInterrupt):
        make_bundle(run)
    assert (run / "model.zip").exists()
    assert bundle_info(run) is None


def test_a_zip_whose_script_never_ends_is_not_offered(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "CHECK_SECONDS", 0.01)
    with pytest.raises(TlcoreError, match=r"did not end within 0\.01 seconds") as error:
        check_bundle(run / "model.zip")
    assert error.value.fix


@pytest.mark.parametrize("columns", [["@text"], ["=x"], ["'=x"], ["product", "-note"]])
def test_a_column_whose_name_looks_like_a_formula_can_be_taken_away(run: Path, columns: list[str]) -> None:
    about = read_json(run / "model" / "nudge.json")
    write_json(run / "model" / "nudge.json", about | {"text_columns": columns})
    assert make_bundle(run).exists()


def test_a_zip_can_be_made_when_the_base_is_gone(run: Path) -> None:
    write_json(run / "plan.json", read_json(run / "plan.json") | {"base": "/gone/tiny-bert"})
    with zipfile.ZipFile(make_bundle(run)) as archive:
        card = archive.read("MODEL_CARD.md").decode("utf-8")
    assert "tiny-bert" in card
    assert "/gone" not in card


def test_rounding_is_no_difference(run: Path, tmp_path: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        (tmp_path / "golden_expected.csv").write_bytes(files["golden_expected.csv"])
        change_answer("confidence", lambda value: f"{float(value) - 0.0004:.4f}")(tmp_path)
        files["golden_expected.csv"] = (tmp_path / "golden_expected.csv").read_bytes()

    checked = check_bundle(rewrite(run / "model.zip", tmp_path / "rounded.zip", change))
    assert checked["checked"] is True
    assert checked["largest_difference"] == pytest.approx(0.0004, abs=2e-4)


def test_a_run_without_a_model_or_a_report_has_no_zip_yet(run: Path, tmp_path: Path) -> None:
    (run / "report.json").unlink()
    with pytest.raises(TlcoreError, match="no report yet"):
        make_bundle(run)
    with pytest.raises(TlcoreError, match="no finished model"):
        make_bundle(tmp_path)


# What is unpacked


def zipped(target: Path, members: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"model/nudge.json": "{}", **members}.items():
            archive.writestr(name, content)
    return target


def left_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_zip_of_nudge_is_unpacked_and_opens(tiny_trained: Any, tmp_path: Path) -> None:
    model = unpack_bundle(tiny_trained.folder / "model.zip", tmp_path / "out")
    assert model == tmp_path / "out" / "model"
    assert Predictor.load(model).labels == tiny_trained.about["labels"]


@pytest.mark.parametrize(
    "name",
    ["../evil", "model/../../evil", "/tmp/nudge-evil", "..\\evil", "model\\evil", "C:\\evil", "a/../../../../../evil"],
)
def test_a_name_that_leaves_the_folder_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path / "a.zip", {name: "x"})
    with pytest.raises(TlcoreError, match="outside its folder") as error:
        unpack_bundle(archive, tmp_path / "out" / "deep")
    assert (error.value.where, error.value.fix) == ("a.zip", "Do not use this zip.")
    assert left_in(tmp_path) <= {"a.zip", "out", "out/deep"}


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("model/link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("model/nudge.json", "{}")
        archive.writestr(link, "/etc")
    with pytest.raises(TlcoreError, match="outside its folder"):
        unpack_bundle(tmp_path / "a.zip", tmp_path / "out")
    assert left_in(tmp_path) <= {"a.zip", "out"}


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(tmp_path / "a.zip", {f"model/{i}": bytes(600_000) for i in range(2)})
    assert archive.stat().st_size < 1_000_000  # hardly anything while packed
    monkeypatch.setattr(make, "MAX_UNPACKED", 1_000_000)
    with pytest.raises(TlcoreError, match="larger than any Nudge model"):
        unpack_bundle(archive, tmp_path / "out")
    assert left_in(tmp_path) <= {"a.zip", "out"}
    monkeypatch.setattr(make, "MAX_UNPACKED", 2_000_000)
    assert (unpack_bundle(archive, tmp_path / "out") / "1").stat().st_size == 600_000


def test_a_zip_that_lies_about_its_size_does_not_fill_the_disk(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"model/bomb": bytes(5_000_000)})
    content = archive.read_bytes()
    told = content.rindex(b"PK\x01\x02") + 24  # where the directory says how large the last file is
    archive.write_bytes(content[:told] + (10).to_bytes(4, "little") + content[told + 4 :])
    with pytest.raises(TlcoreError, match="not a zip that can be opened"):
        unpack_bundle(archive, tmp_path / "out")
    assert all(path.stat().st_size <= 10 for path in (tmp_path / "out").rglob("*") if path.is_file())


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    most = make.MAX_MEMBERS - 1
    unpack_bundle(zipped(tmp_path / "fits.zip", {f"model/{i}": "" for i in range(most)}), tmp_path / "fits")
    archive = zipped(tmp_path / "a.zip", {f"model/{i}": "" for i in range(most + 1)})
    with pytest.raises(TlcoreError, match="larger than any Nudge model"):
        unpack_bundle(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"text,label\na,b\n", b"PK\x03\x04 and no more"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(TlcoreError, match="not a zip that can be opened") as error:
        unpack_bundle(tmp_path / "a.zip", tmp_path / "out")
    assert error.value.where == "a.zip"


def test_half_a_download_or_none_is_refused(tiny_trained: Any, tmp_path: Path) -> None:
    whole = (tiny_trained.folder / "model.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[: len(whole) // 2])
    for name in ("a.zip", "absent.zip"):
        with pytest.raises(TlcoreError, match="not a zip that can be opened"):
            unpack_bundle(tmp_path / name, tmp_path / "out")


def test_a_file_that_was_damaged_on_the_way_is_noticed(tiny_trained: Any, tmp_path: Path) -> None:
    content = bytearray((tiny_trained.folder / "model.zip").read_bytes())
    with zipfile.ZipFile(tiny_trained.folder / "model.zip") as archive:
        place = archive.getinfo("model/model.safetensors").header_offset + 1_000_000
    content[place] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(TlcoreError, match="not a zip that can be opened"):
        unpack_bundle(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.parametrize("about", [None, "not JSON"])
def test_a_zip_of_something_else_is_refused(tmp_path: Path, about: str | None) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("holiday.jpg", b"")
        if about:
            archive.writestr("model/nudge.json", about)
    with pytest.raises(TlcoreError, match="holds no Nudge model"):
        unpack_bundle(tmp_path / "a.zip", tmp_path / "out")


def lock(content: bytearray, header: int, entry: int) -> None:
    content[header + 6] |= 1
    content[entry + 8] |= 1


def pack_unknown(content: bytearray, header: int, entry: int) -> None:
    content[header + 8] = content[entry + 10] = 99


def damage(content: bytearray, header: int, entry: int) -> None:
    for place in range(header + 31, header + 40):
        content[place] ^= 0xFF


def lose_name(content: bytearray, header: int, entry: int) -> None:
    content[entry + 46] = 0


@pytest.mark.parametrize(
    ("change", "said"),
    [(lock, "locked"), (pack_unknown, "does not use"), (damage, "not a zip"), (lose_name, "not a zip")],
)
def test_a_zip_that_is_locked_or_damaged_inside_is_refused_in_words(
    tmp_path: Path, change: Callable[[bytearray, int, int], None], said: str
) -> None:
    archive = zipped(tmp_path / "a.zip", {"a": "hello" * 100})
    content = bytearray(archive.read_bytes())
    # Where the last file's own header and its entry in the directory begin.
    change(content, content.rindex(b"PK\x03\x04"), content.rindex(b"PK\x01\x02"))
    archive.write_bytes(content)
    with pytest.raises(TlcoreError, match=said) as error:
        unpack_bundle(archive, tmp_path / "out")
    assert error.value.where == "a.zip"
    assert error.value.fix
