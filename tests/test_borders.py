"""What may import what, what no file may do, and that every part has its test: proved on the sources and in a fresh process."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tlcore.checks import CHECKS
from tlcore.checks.deep import DEEP_CHECKS
from tlcore.strategies import STRATEGIES
from tlcore.tasks import TASKS

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted((ROOT / "tlcore").rglob("*.py"))
SCREENS = [*sorted((ROOT / "pages").rglob("*.py")), ROOT / "app.py"]
SOURCES = [*CORE, *SCREENS, ROOT / "start.py"]
HEAVY = {"torch", "transformers"}
WRITE = {"decoding", "rewriter"}
LIGHT = [
    "errors", "files", "events", "jobs", "workspace", "tables", "splits", "datasets", "tasks", "plan", "facts", "machine",
    "checks", "advise", "strategies", "models.bases", "runs", "cli", "predict", "predict.predictor", "predict.main",
    "mend", "mend.decided", "mend.report", "mend.review", "rows", "near", "prepare", "order", "told", "arrow_rows",
    "checks.deep", "checks.job", "unlabelled", "told_reading", "strategies.then", "label_file", "label_info", "llm",
    "llm.examples", "llm.likelihood", "llm.quote", "llm.api", "llm.gallery", "llm.seeing", "pictures", "predict.rewriter", "predict.prompting", "runs.write_text",
]  # fmt: skip


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in it, by its full name; relative ones as tlcore.… or pages.…"""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{name.name}" for name in node.names)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, with the dotted name of what is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def wishes(call: ast.Call) -> dict[str | None, str]:
    return {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def loaded_after(statements: str) -> set[str]:
    """The modules a fresh process holds after the statements."""
    code = f"import sys, json\n{statements}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_sources_were_found() -> None:
    names = {where(path) for path in SOURCES}
    assert {
        "tlcore/cli.py",
        "tlcore/strategies/full_finetune.py",
        "pages/wizard/train.py",
        "app.py",
        "start.py",
    } <= names
    assert "torch" in tops(ROOT / "tlcore" / "engine" / "training.py")
    assert "tlcore.predict.kinds" in set(imports(ROOT / "tlcore" / "predict" / "main.py"))  # relative ones are seen


def test_the_core_knows_nothing_of_the_screens() -> None:
    assert [where(path) for path in CORE if tops(path) & {"streamlit", "pages", "app", "plotly"}] == []


def test_screens_import_neither_torch_nor_transformers_nor_what_needs_them() -> None:
    heavy = {
        "tlcore.engine",
        "tlcore.runs.train",
        "tlcore.models.load",
        "tlcore.models.saved",
        "tlcore.models.onnx_export",
        "tlcore.llm.decoder",
        "tlcore.llm.seer",
    }
    for path in SCREENS:
        assert not tops(path) & HEAVY, where(path)
        reached = {name for name in imports(path) for part in heavy if name == part or name.startswith(f"{part}.")}
        assert not reached, where(path)


def test_what_the_first_screens_need_loads_without_torch() -> None:
    loaded = loaded_after("\n".join(f"import tlcore.{name}" for name in LIGHT))
    assert {f"tlcore.{name}" for name in LIGHT} <= loaded
    assert not loaded & {*HEAVY, "streamlit", "sklearn", "accelerate"}


def test_every_screen_loads_without_torch() -> None:
    modules = [where(path)[:-3].replace("/", ".") for path in SCREENS if path.parent.name == "parts"]
    assert len(modules) > 5
    loaded = loaded_after("\n".join(f"import {name}" for name in modules))
    assert "streamlit" in loaded
    assert not loaded & HEAVY


def test_start_needs_nothing_but_the_standard_library() -> None:
    assert tops(ROOT / "start.py") <= {*sys.stdlib_module_names}


def test_the_predictor_stands_alone_and_needs_only_what_the_zip_asks_for() -> None:
    usual = {*sys.stdlib_module_names, "numpy", "onnxruntime", "tokenizers", "safetensors", "PIL"}
    for path in sorted((ROOT / "tlcore" / "predict").rglob("*.py")):
        allowed = usual | (HEAVY if path.stem in WRITE else set())  # of a model that writes; its zip asks for them
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= allowed, where(path)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert str(node.module).split(".")[0] in allowed, where(path)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 1, where(path)  # its own folder, whatever that is called in the zip


@pytest.mark.parametrize("module", ["pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"])
def test_nothing_that_runs_what_it_reads_is_imported(module: str) -> None:
    assert [where(path) for path in SOURCES if module in tops(path)] == []


def test_no_code_comes_with_a_model() -> None:
    for path in SOURCES:
        for name, call in calls(path):
            given = wishes(call)
            assert given.get("trust_remote_code", "False") == "False", where(path)
            if name.endswith(".from_pretrained"):
                assert given.get("trust_remote_code") == "False", where(path)
                assert "Model" not in name or given.get("use_safetensors") == "True", where(path)
            if name in ("torch.load", "load") and "torch" in tops(path):
                assert given.get("weights_only") == "True", where(path)
            if name.endswith(("np.load", "numpy.load")):
                assert given.get("allow_pickle", "False") == "False", where(path)


def test_no_command_goes_through_a_shell_and_no_text_is_run() -> None:
    for path in SOURCES:
        for name, call in calls(path):
            assert wishes(call).get("shell", "False") == "False", where(path)
            assert name not in ("eval", "exec", "os.system", "os.popen", "subprocess.getoutput"), where(path)


def test_one_module_knows_where_everything_lies() -> None:
    def reads_it(path: Path) -> bool:
        asked = [ast.unparse(arg) for _, call in calls(path) for arg in call.args]
        asked += [ast.unparse(node.slice) for node in ast.walk(tree(path)) if isinstance(node, ast.Subscript)]
        return "'NUDGE_HOME'" in asked

    assert [where(path) for path in SOURCES if reads_it(path)] == ["tlcore/workspace.py"]
    assert [where(path) for path in SOURCES if "platformdirs" in tops(path)] == ["tlcore/workspace.py"]


def test_pages_lie_in_folders_of_their_own() -> None:
    assert [path.name for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py"] == []


@pytest.mark.parametrize("family", ["strategies", "tasks", "checks"])
def test_every_part_is_one_file_with_a_test_of_the_same_name(family: str) -> None:
    names = {
        "strategies": [strategy.name for strategy in STRATEGIES],
        "tasks": [task.name for task in TASKS],
        "checks": [check.__name__ for check in (*CHECKS, *DEEP_CHECKS)],
    }[family]
    files = {path.stem for path in (ROOT / "tlcore" / family).glob("*.py")} - {
        "__init__",
        "base",
    }
    shared = {
        "strategies": {"adapters", "asking", "virtual", "tuning", "head_first", "reading", "rounds", "telling", "then"},
        "tasks": {"marks"},
        "checks": {"deep", "doubts", "evidence", "job"},
    }.get(family, set())
    tests = {path.stem for path in (ROOT / "tests" / family).glob("test_*.py")}
    assert len(set(names)) == len(names) > 0
    assert set(names) | shared == files
    assert tests >= {f"test_{name}" for name in files}


def test_names_of_test_files_are_not_used_twice() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert list((ROOT / "tests").rglob("__init__.py")) == []
