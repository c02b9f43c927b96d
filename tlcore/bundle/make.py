"""The zip: a model that works on another machine without Nudge, opened and re-run before anyone may download it."""

from __future__ import annotations

import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.bundle.card import model_card, read_me
from tlcore.errors import TlcoreError
from tlcore.files import read_json, sha256, write_json
from tlcore.pictures import keep_pictures, with_pictures
from tlcore.predict import main as predict_main
from tlcore.predict.answers import NUMBER, kind_of
from tlcore.predict.predictor import ABOUT, QUICK
from tlcore.predict.rewriter import TEXT
from tlcore.predict.sheet import SheetError, bare, read_csv, with_columns, write_csv
from tlcore.predict.text import model_text, parts_of
from tlcore.runs import ANSWERS, BUNDLE, BUNDLE_ABOUT, PICTURES, PREDICTIONS, load_plan, model_folder, read_report

GOLDEN_ROWS = 20
CHECK_SECONDS = 300
TOLERANCE = 1e-3
NEAR = 0.02
"""Of the seen range: numbers of the quick version that are no further apart count as the same."""
USUAL_COLUMNS = ("prediction", "confidence")
"""The columns of a model that does not say."""
NUMERIC = ("confidence", "low", "high")
"""Columns of answers that hold numbers; all others must be the same to the letter."""
PREDICT_PACKAGE = "nudge_predict"
REQUIREMENTS = ("numpy", "onnxruntime", "safetensors", "tokenizers")
MORE_REQUIREMENTS = {TEXT: ("torch", "transformers"), "pictures": ("pillow",)}
"""By how a model answers: what else predict.py needs then."""
GOLDEN_PICTURES, MOST_GOLDEN_PICTURES = "golden_pictures", 6
SCRIPT = '''"""Score a spreadsheet: python predict.py IN.csv OUT.csv"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from nudge_predict.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(HERE / "model"))
'''


def bundle_job(context: Any) -> str:
    """The `bundle` job: make the zip of the run named in the arguments; `adapter`: of what was added to the base alone."""
    from tlcore.bundle.adapter_zip import make_adapter_zip

    run = Path(context.args["run"])
    context.phase("pack", "Packing the zip and trying it in a fresh process")
    (make_adapter_zip if context.args.get("adapter") else make_bundle)(run)
    return "done"


def make_bundle(run: Path, report: dict[str, Any] | None = None) -> Path:
    """Write `model.zip` and `bundle.json` once a fresh process has matched the golden rows.

    Until then an earlier zip stays as it is: it was checked, too, and the model in an ended run does not change.
    Raises TlcoreError if there is no finished model, or the unpacked zip does not give the same answers.
    """
    model_folder(run)
    report = report or read_report(run)
    if report is None:
        raise TlcoreError("This run has no report yet.", str(run), "Wait for it to end, or train again.")
    return write_checked(run, report, (BUNDLE, BUNDLE_ABOUT))


def write_checked(
    run: Path, report: dict[str, Any], names: tuple[str, str], change: Callable[[Path], None] = lambda tree: None
) -> Path:
    """Write a zip, and beside it what is known of it, once a fresh process has matched the golden rows.

    names: of both files. change: what is done to the folder of the whole model before it is zipped.
    """
    begun, target, spare = time.monotonic(), run / names[0], run / f"{names[0]}.tmp"
    try:
        checked = _make_checked(run, report, spare, change)
        (run / names[1]).unlink(missing_ok=True)  # no moment at which it speaks of another zip
        os.replace(spare, target)
    finally:
        spare.unlink(missing_ok=True)
    about = {"file": names[0], "bytes": target.stat().st_size, "sha256": sha256(target), **checked}
    write_json(run / names[1], {**about, "seconds": round(time.monotonic() - begun, 1)})
    return target


def _make_checked(run: Path, report: dict[str, Any], target: Path, change: Callable[[Path], None]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        _lay_out(run, model_folder(run), report, tree)
        change(tree)
        _zip(tree, target)
        return check_bundle(target)


def _lay_out(run: Path, model: Path, report: dict[str, Any], tree: Path) -> None:
    tree.mkdir()
    for source in sorted(model.iterdir()):
        (tree / "model").mkdir(exist_ok=True)
        _link(source, tree / "model" / source.name)
    package = tree / PREDICT_PACKAGE
    package.mkdir()
    for source in sorted(Path(predict_main.__file__).parent.glob("*.py")):
        shutil.copyfile(source, package / source.name)
    (tree / "predict.py").write_text(SCRIPT, encoding="utf-8")
    (tree / "requirements.txt").write_text(_requirements(model), encoding="utf-8")
    (tree / "README.md").write_text(read_me(report), encoding="utf-8")
    (tree / "MODEL_CARD.md").write_text(model_card(report, load_plan(run)), encoding="utf-8")
    write_json(
        tree / "scores.json",
        {
            name: report.get(name)
            for name in ("metric", "test", "validation", "baselines", "difference", "per_class", "rows")
        },
    )
    _golden(run, model, tree)


def _link(source: Path, target: Path) -> None:
    """A hard link where the disk has them (90 MB are not copied twice), else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _requirements(model: Path) -> str:
    from importlib.metadata import version

    kind = kind_of((read_json(model / ABOUT) or {}).get("answer"))
    # Without what stands behind the +: which processor a wheel is for is no part of its version elsewhere.
    pins = [f"{name}=={version(name).split('+')[0]}" for name in (*REQUIREMENTS, *MORE_REQUIREMENTS.get(kind, ()))]
    return "# What predict.py needs; nothing else.\n" + "\n".join(pins) + "\n"


def _golden(run: Path, model: Path, tree: Path) -> None:
    """A few texts (of the test rows, else of those without a label, plus odd ones) and what the model in this run answers for them."""
    from tlcore.predict.kinds import load_predictor

    predictor = _with_golden_pictures(load_predictor(model), run, tree)
    texts = _golden_texts(run)
    texts += ["", "ok", "Ünïcödé – 你好 🙂", '"quoted, with a comma"\nand a second line', "word " * 600]
    reads = {role: [bare(name) for name in names] for role, names in predictor.reads.items()}
    columns = _golden_columns(reads, texts)
    write_csv(tree / "golden_rows.csv", columns)
    # Read back, so that what is expected is expected of exactly what the zip will read.
    columns = read_csv(tree / "golden_rows.csv")
    rows = (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))
    answers = predictor.predict([model_text(reads, row) for row in rows])
    write_csv(tree / "golden_expected.csv", with_columns(columns, answers.columns()))


def _golden_texts(run: Path) -> list[str]:
    """Of the test rows, else of those without a label."""
    import pyarrow.parquet

    read = pyarrow.parquet.read_table
    texts: list[str] = read(run / PREDICTIONS, columns=["text"]).column("text").to_pylist()[:GOLDEN_ROWS]
    if not texts and (run / ANSWERS).exists():
        texts = read(run / ANSWERS, columns=["text"]).column("text").to_pylist()[:GOLDEN_ROWS]
    return texts


def _with_golden_pictures(predictor: Any, run: Path, tree: Path) -> Any:
    """The predictor with a few of those rows' pictures, which travel in the zip; as it is, where it looks at none."""
    if not hasattr(predictor, "look_in"):
        return predictor
    (tree / GOLDEN_PICTURES).mkdir()
    texts = _golden_texts(run)
    if (run / PICTURES).exists():
        keep_pictures(run / PICTURES, texts[:MOST_GOLDEN_PICTURES], tree / GOLDEN_PICTURES)
    return with_pictures(predictor, tree / GOLDEN_PICTURES)


def _golden_columns(reads: dict[str, list[str]], texts: list[str]) -> dict[str, list[str]]:
    """Each part of the texts in the first column of its role."""
    parts = [parts_of(text) if len(reads) > 1 else [text] for text in texts]
    columns = {name: [""] * len(texts) for names in reads.values() for name in names}
    for place, names in enumerate(reads.values()):
        columns[names[0]] = [one[place] if place < len(one) else one[-1] for one in parts]
    return columns


def _zip(tree: Path, target: Path) -> None:
    """Weights do not compress: they are stored, the rest is deflated."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(p for p in tree.rglob("*") if p.is_file()):
            how = zipfile.ZIP_STORED if path.suffix == ".safetensors" else zipfile.ZIP_DEFLATED
            archive.write(path, path.relative_to(tree).as_posix(), compress_type=how)


def check_bundle(archive: Path) -> dict[str, Any]:
    """Unpack in a temporary folder, run predict.py on the golden rows in a fresh process, compare; the quick version, too.

    Returns golden_rows, largest_difference (of a confidence, or of a number by the seen range), checked, and quick_same (share of its answers that are as
    expected) where it has a quick version. Raises TlcoreError where they do not match, or the quick one leaves rows out.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "unpacked"
        model = unpack_bundle(archive, folder)
        expected = read_csv(folder / "golden_expected.csv")
        said = read_json(model / "nudge.json") or {}
        golden = Golden(
            expected, list(expected)[-len(said.get("output_columns") or USUAL_COLUMNS) :], said.get("answer")
        )
        about = _compare(golden, _answers(folder, archive), archive)
        if (model / QUICK).exists():
            about["quick_same"] = _same(golden, _answers(folder, archive, "--quick"), archive)
        return about


@dataclass(frozen=True)
class Golden:
    """What the zip must answer. columns: those of the answers, the prediction first. answer: how the head is read."""

    expected: dict[str, list[str]]
    columns: list[str]
    answer: dict[str, Any] | None

    @property
    def numeric(self) -> list[str]:
        """Columns that hold numbers: the last digit may differ from machine to machine."""
        return self.columns if kind_of(self.answer) == NUMBER else [name for name in self.columns if name in NUMERIC]

    @property
    def unit(self) -> float:
        """What a difference between two numbers is measured by: the seen range, or 1 for a confidence."""
        numbers = self.answer if self.answer and kind_of(self.answer) == NUMBER else {"high": 1.0, "low": 0.0}
        return float(numbers["high"] - numbers["low"]) or 1.0

    def far(self, column: str, found: dict[str, list[str]]) -> float:
        """The largest difference of a numeric column, in units; infinite where one has a number and the other has none."""
        pairs = list(zip(self.expected[column], found.get(column, []), strict=False))
        if len(pairs) < len(self.expected[column]) or any(bool(a) is not bool(b) for a, b in pairs):
            return math.inf
        return max((abs(float(a) - float(b)) / self.unit for a, b in pairs if a), default=0.0)


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _answers(folder: Path, archive: Path, *more: str) -> dict[str, list[str]]:
    """What predict.py of an unpacked zip answers for the golden rows, in a process of its own; {} where that is no table."""
    out = folder.parent / "answers.csv"
    out.unlink(missing_ok=True)
    pictures = folder / GOLDEN_PICTURES
    more = (*more, "--images", str(pictures)) if pictures.is_dir() else more
    command = [sys.executable, "-I", str(folder / "predict.py"), str(folder / "golden_rows.csv"), str(out), *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            command, cwd=folder.parent, env=environment, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TlcoreError(
            f"The zip was made, but predict.py in it did not end within {CHECK_SECONDS:g} seconds, so it is not offered.",
            str(archive.parent),
            "Try again when this machine has less to do.",
        ) from error
    if done.returncode or not out.exists():
        raise TlcoreError(
            "The zip was made, but predict.py in it did not run, so it is not offered.",
            str(archive.parent),
            f"Try again. ({(done.stderr or done.stdout).strip()[-300:]})",
        )
    try:
        return read_csv(out)
    except SheetError:
        return {}


def _same(golden: Golden, found: dict[str, list[str]], archive: Path) -> float:
    """The share of answers that are as expected; all rows must have one, or none, as they should."""
    prediction = golden.columns[0]
    pairs = list(zip(golden.expected[prediction], found.get(prediction, []), strict=False))
    if len(pairs) < len(golden.expected[prediction]) or any(bool(a) is not bool(b) for a, b in pairs):
        raise TlcoreError(
            "The quick version in the unpacked zip leaves rows without an answer, so the zip is not offered.",
            str(archive.parent),
            "Try again, and report it if it comes back.",
        )
    return round(sum(_equal(golden, a, b) for a, b in pairs) / max(1, len(pairs)), 4)


def _equal(golden: Golden, a: str, b: str) -> bool:
    """Of numbers: by no more apart than matters."""
    if golden.columns[0] not in golden.numeric or not a:
        return a == b
    return abs(float(a) - float(b)) <= NEAR * golden.unit


def _compare(golden: Golden, found: dict[str, list[str]], archive: Path) -> dict[str, Any]:
    expected = golden.expected[golden.columns[0]]
    same = all(golden.expected[name] == found.get(name) for name in golden.columns if name not in golden.numeric)
    far = max((golden.far(column, found) for column in golden.numeric), default=0.0) if same else math.inf
    if not same or far > TOLERANCE:
        raise TlcoreError(
            "The unpacked zip does not give the answers that the model gives here, so it is not offered.",
            str(archive.parent),
            "Try again, and report it if it comes back.",
        )
    return {"golden_rows": len(expected), "largest_difference": round(far, 6), "checked": True}


MAX_UNPACKED, MAX_MEMBERS = 4 * 2**30, 200
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, LookupError, RuntimeError)
"""What zipfile raises for a file that is no zip, or was damaged on the way."""


def unpack_bundle(archive: Path, folder: Path) -> Path:
    """Unpack a Nudge zip: only plain files inside `folder`, of bounded size. Raises TlcoreError for anything else."""
    where = archive.name
    try:
        with zipfile.ZipFile(archive) as source:
            members = source.infolist()
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                raise TlcoreError("This zip is larger than any Nudge model.", where, "Use a zip that Nudge made.")
            for member in members:
                _check_member(member, folder, where)
            source.extractall(folder)
    except DAMAGED as error:
        raise TlcoreError("This is not a zip that can be opened.", where, "Download the model again.") from error
    if read_json(folder / "model" / "nudge.json") is None:
        raise TlcoreError("This zip holds no Nudge model.", where, "Use a zip that Nudge made.")
    return folder / "model"


def _check_member(member: zipfile.ZipInfo, folder: Path, where: str) -> None:
    target = (folder / member.filename).resolve()
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    if is_link or not target.is_relative_to(folder.resolve()) or "\\" in member.filename:
        raise TlcoreError("This zip holds a file that would land outside its folder.", where, "Do not use this zip.")
    locked = member.flag_bits & 1
    if locked or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        how = "locked with a password" if locked else "packed in a way that Nudge does not use"
        raise TlcoreError(f"This zip is {how}.", where, "Use a zip that Nudge made, as it was downloaded.")


__all__ = ["check_bundle", "make_bundle", "unpack_bundle", "write_checked"]
