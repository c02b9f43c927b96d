"""The same core for scripts: JSON on the last line of stdout, progress on stderr; exit 0, or 2 for a TlcoreError."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.tables import FROM_PATH_LIMITS, Table, guess_roles, read_table

Roles = dict[str, tuple[str, ...]]
SCORES = {
    "mae": "mean absolute error", "entity_f1": "entity F1", "token_f1": "token F1", "chrf": "chrF", "rouge_l": "ROUGE-L",
    "micro_f1": "micro-F1", "macro_f1": "macro-F1",
}  # fmt: skip
"""What heads a report, as it is called; of several in one event the first."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what it found is printed as JSON."""
    args = parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # a Windows console may not know every label's letters
    try:
        result = args.command(args)
    except TlcoreError as error:
        print(json.dumps({"error": error.to_json()}, ensure_ascii=False))
        return 2
    print(json.dumps(result, ensure_ascii=False))
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m tlcore", description="A spreadsheet in, a trained model out.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    read = commands.add_parser("read", help="how a file is read: encoding, delimiter, sheet, header row, rows, columns")
    _file(read, read_command)
    check = commands.add_parser("check", help="what the data looks like, and what will hurt")
    _columns(_file(check, check_command))
    check.add_argument(
        "--quick", action="store_true", help="leave out the checks for which the base model reads the texts"
    )
    advise = commands.add_parser("recommend", help="which strategy fits, and why")
    _columns(_file(advise, recommend_command))
    advise.add_argument("--compute", choices=("very_low", "low", "medium", "high", "api"))

    train = commands.add_parser("train", help="train a model into a run folder")
    _columns(_file(train, train_command))
    _train_options(train)
    for one in (advise, train):
        one.add_argument("--minutes", type=float, metavar="N", help="propose what ends within so many minutes")

    resume = commands.add_parser("resume", help="go on with a training that was paused, killed or failed")
    resume.add_argument("run", type=Path, help="its run folder")
    resume.set_defaults(command=resume_command)

    predict = commands.add_parser("predict", help="score a spreadsheet with a run or a zip")
    predict.add_argument("model", type=Path, metavar="RUN|BUNDLE.zip")
    _file(predict, predict_command)
    predict.add_argument("--role", action="append", default=[], metavar="NAME=COL")
    predict.add_argument("--quick", action="store_true", help="by the quick version, where the model has one")
    predict.add_argument("--images", metavar="FOLDER|ZIP", help="where the pictures are that rows name")
    predict.add_argument("--out", type=Path, required=True, metavar="OUT.csv")

    bundle = commands.add_parser("bundle", help="make the zip of a run, opened and re-run before it is offered")
    bundle.add_argument("run", type=Path)
    bundle.add_argument("--out", type=Path, required=True, metavar="MODEL.zip")
    bundle.add_argument(
        "--adapter", action="store_true", help="only what was added to the base model, where that is small"
    )
    bundle.set_defaults(command=bundle_command)
    return top


def _file(command: argparse.ArgumentParser, run: Any) -> argparse.ArgumentParser:
    command.add_argument("file", type=Path)
    command.set_defaults(command=run)
    return command


def _columns(command: argparse.ArgumentParser) -> None:
    command.add_argument("--text", action="append", default=[], metavar="COL", help="a text column; may be repeated")
    command.add_argument(
        "--label",
        action="append",
        default=[],
        metavar="COL",
        help="the label column; for multilabel it may be repeated",
    )
    command.add_argument("--task", default="classify", metavar="NAME", help="what is learned; see the README")
    command.add_argument("--role", action="append", default=[], metavar="NAME=COL")
    command.add_argument("--images", metavar="FOLDER|ZIP", help="where the pictures are that rows name")
    command.add_argument(
        "--labels",
        type=Path,
        metavar="LABELS",
        help="a file with a column label and a column description; no row need have one",
    )


def _train_options(train: argparse.ArgumentParser) -> None:
    train.add_argument("--strategy", default="auto", metavar="NAME|auto")
    train.add_argument(
        "--then", metavar="NAME", help="the strategy after mlm_then_finetune; --set then.KEY=VALUE for its settings"
    )
    train.add_argument("--base", metavar="NAME|FOLDER|RUN")
    train.add_argument("--test", type=Path, metavar="FILE", help="score this file instead of a part of the rows")
    train.add_argument("--rows", type=int, metavar="N", help="learn from a seeded, stratified sample")
    train.add_argument("--shots", type=int, metavar="N", help="learn from N rows a class")
    train.add_argument(
        "--group", default="", metavar="COL", help="rows with the same value here stay on one side of the split"
    )
    train.add_argument("--date", default="", metavar="COL", help="test on the newest rows")
    train.add_argument("--points", type=float, metavar="N", help="as many test rows as give a score within +-N points")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    train.add_argument("--unlabelled", metavar="FILE", help="more texts, without a label, to read first")
    train.add_argument(
        "--agree",
        metavar="QUOTE_ID",
        help="what would be sent to a service, as it was shown, may be sent; key: NUDGE_API_KEY",
    )
    train.add_argument("--out", type=Path, required=True, metavar="RUN")


def read_command(args: argparse.Namespace) -> dict[str, Any]:
    table = _read(args.file)
    return {**table.how.to_json(), "rows": table.rows, "columns": list(table.columns), "guess": guess_roles(table)}


def check_command(args: argparse.Namespace) -> dict[str, Any]:
    from tlcore.checks import check_dataset, gravest_first
    from tlcore.checks.job import look_closely, other_columns

    table, dataset, facts = _facts(args)
    problems = check_dataset(dataset, facts)
    if not args.quick:
        problems += look_closely(dataset, facts, "minilm", other_columns(table, dataset), _Aloud())
    return {
        "facts": facts.to_json(),
        "problems": [problem.to_json() for problem in gravest_first(problems)],
        "warnings": list(dataset.warnings),
        "rows": dataset.counts(),
    }


def recommend_command(args: argparse.Namespace) -> dict[str, Any]:
    from dataclasses import asdict

    from tlcore.advise import DECISION_TABLE, Said, recommend
    from tlcore.machine import read_machine

    _, _, facts = _facts(args)
    machine = read_machine()
    advice = recommend(facts, machine, task=args.task, said=Said(compute=args.compute, seconds=_seconds(args)))
    row = DECISION_TABLE[advice.row]
    return {
        "strategy": advice.plan.strategy,
        "sentence": advice.sentence,
        "why": list(advice.why),
        "row": {
            "number": advice.row + 1,
            "data": row.data,
            "compute": row.compute,
            "task": row.task,
            "approach": row.approach,
        },
        "substituted": advice.substituted,
        "estimate": asdict(advice.estimate),
        "alternatives": [asdict(other) for other in advice.alternatives],
        "machine": asdict(machine),
        "plan": advice.plan.to_json(),
    }


def train_command(args: argparse.Namespace) -> dict[str, Any]:
    from tlcore.datasets import make_dataset
    from tlcore.llm.agreement import keep_consent
    from tlcore.runs import UNLABELLED_TEXTS, create_run
    from tlcore.runs.asked import check_agreed, quote_run
    from tlcore.splits import Sample, SplitWish
    from tlcore.strategies import get_strategy
    from tlcore.strategies.then import reads_unlabelled
    from tlcore.tasks import get_task
    from tlcore.unlabelled import keep_unlabelled

    task = get_task(args.task)
    _refuse_images(args.images is not None, "image" in task.reads, f"--task {task.name}")
    for name in ("rows", "shots"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise TlcoreError(
                f"--{name} {value} is not a number of rows.", f"--{name}", "Give a whole number from 1 on."
            )
    if not 0 <= args.seed < 2**32:
        raise TlcoreError(f"{args.seed} is not a seed.", "--seed", "Give a whole number from 0 to 4294967295.")
    table = _read(args.file)
    roles = _roles(args, table, args.file)
    test = _read(args.test) if args.test else None
    dataset = make_dataset(
        table, task, roles, seed=args.seed, test=test, sample=Sample(args.rows, args.shots),
        split=SplitWish(args.group, args.date, args.points), label_infos=_named(args),
        test_roles=_test_roles(args, roles, test) if test else None, images=_place(args),
    )  # fmt: skip
    more = _unlabelled(args, roles)
    plan = _plan(args, dataset, more[0] if more else None)
    agreement = quote_run(dataset, plan)
    check_agreed(agreement, args.agree)
    run = create_run(args.out.resolve(), dataset, plan)
    if agreement:
        keep_consent(run, agreement)
    if more and reads_unlabelled(get_strategy(plan.strategy)):
        keep_unlabelled(run / UNLABELLED_TEXTS, *more)
    elif more:
        print(f"{more[0].file} is left out: {plan.strategy} does not read texts without a label.", file=sys.stderr)
    return _trained(run)


def resume_command(args: argparse.Namespace) -> dict[str, Any]:
    from tlcore.jobs import ready_to_resume
    from tlcore.runs import load_plan

    run = args.run.resolve()
    load_plan(run)
    ready_to_resume(run)
    return _trained(run)


def _trained(run: Path) -> dict[str, Any]:
    """Train a run that is laid out, here and now; its report. Raises TlcoreError if it ends without a model."""
    from tlcore.jobs import job_state
    from tlcore.runs import read_report

    code = _work(run)
    report = read_report(run)
    if code or report is None:
        state = job_state(run)
        fix = f"Go on with: python -m tlcore resume {run}" if state.resumable else "Start it again."
        raise state.error or TlcoreError(f"The training ended without a model ({state.state}).", str(run), fix)
    return report


def _unlabelled(args: argparse.Namespace, roles: Roles) -> Any:
    """What is known of the file of --unlabelled, and its texts; None without one."""
    from tlcore.unlabelled import read_unlabelled

    if not args.unlabelled:
        return None
    about, texts = read_unlabelled(Path(args.unlabelled), roles.get("text", ()), FROM_PATH_LIMITS)
    columns = ", ".join(f"“{name}”" for name in about.columns)
    print(f"{about.file}: {about.texts:,} texts without a label, from {columns}", file=sys.stderr)
    return about, texts


def _plan(args: argparse.Namespace, dataset: Any, more: Any) -> Any:
    """The recommended Plan, or the one asked for; unknown settings and names are refused before anything runs."""
    from tlcore.advise import Said, recommend
    from tlcore.facts import measure_facts
    from tlcore.machine import read_machine
    from tlcore.models.bases import tokenizer_file

    facts = measure_facts(dataset, tokenizer_file(args.base or dataset.task.base))
    if more:
        facts = facts.with_file(more.texts, more.words)
    wish = None if args.strategy == "auto" else args.strategy
    advice = recommend(
        facts,
        read_machine(),
        task=args.task,
        said=Said(seconds=_seconds(args)),
        strategy=wish,
        base=args.base,
        settings=_pairs(args.settings, "--set"),
        seed=args.seed,
        then=args.then,
    )
    print(f"{advice.plan.strategy}: {advice.sentence}", file=sys.stderr)
    return advice.plan


def _seconds(args: argparse.Namespace) -> float | None:
    return None if args.minutes is None else 60 * args.minutes


def _work(run: Path) -> int:
    """Run the job here and now, telling stderr what it does."""
    from filelock import FileLock

    from tlcore.files import read_json
    from tlcore.jobs import JOB, LOCK
    from tlcore.worker import JobContext, run_job

    class Spoken(JobContext):
        def emit(self, kind: str, **fields: Any) -> None:
            super().emit(kind, **fields)
            print(_spoken(kind, fields), end="", file=sys.stderr, flush=True)

    with FileLock(run / LOCK):
        context = Spoken(run, (read_json(run / JOB) or {}).get("args", {}), _key())
        context.status("running")
        return run_job(run, context)


def _key() -> Any:
    """The key to a service, out of the environment, which forgets it: no process that is started from here inherits it."""
    import os

    from tlcore.jobs import KEY_VARIABLE
    from tlcore.llm.key import ApiKey

    return ApiKey(os.environ.pop(KEY_VARIABLE, ""))


class _Aloud:
    """Says on stderr what work is being done."""

    def phase(self, name: str, title: str) -> None:
        self.emit("phase", title=title)

    def emit(self, kind: str, **fields: Any) -> None:
        print(_spoken(kind, fields), end="", file=sys.stderr, flush=True)

    def check_stop(self) -> None:
        """Ctrl-C ends it."""


def _spoken(kind: str, fields: Mapping[str, Any]) -> str:
    if kind == "phase":
        return f"{fields['title']} …\n"
    if kind == "note":
        return f"  note: {fields['text']}\n"
    if kind == "eval":
        return f"  round {fields['epoch']:g}: loss {fields['loss']}, {_scored(fields)} (validation)\n"
    if kind == "perplexity":
        return f"  round {fields['epoch']:g}: perplexity {fields['perplexity']} (texts that are not read)\n"
    if kind == "curve":
        return f"  {fields['labels']} labels: {_scored(fields)} (validation)\n"
    if kind == "choice":
        return f"  {fields['what']}: {fields['chosen']}\n"
    if kind == "baseline":
        return f"  {fields['name']}: {_scored(fields)} (validation)\n"
    return ""


def _scored(fields: Mapping[str, Any]) -> str:
    """The heading score of an event, whichever task it is of."""
    name = next((name for name in SCORES if name in fields), "macro_f1")
    return f"{SCORES[name]} {fields.get(name)}"


def predict_command(args: argparse.Namespace) -> dict[str, Any]:
    from tlcore.bundle.make import unpack_bundle
    from tlcore.pictures import with_pictures
    from tlcore.runs import model_folder, open_model
    from tlcore.runs.score_sheet import score_table
    from tlcore.tables import write_table

    if args.out.suffix.lower() not in (".csv", ".xlsx"):
        raise TlcoreError("The output must be a .csv or .xlsx file.", str(args.out), "Choose such a name for --out.")
    table = _read(args.file)
    roles: dict[str, list[str]] = {}
    for pair in args.role:
        name, column = _pair(pair, "--role")
        roles.setdefault(name, []).append(column)
    with tempfile.TemporaryDirectory() as scratch:
        if args.model.is_file():
            predictor = open_model(unpack_bundle(args.model, Path(scratch)), args.quick)
        else:
            predictor = open_model(model_folder(args.model), args.quick)
        if unknown := set(roles) - set(predictor.reads):
            read = ", ".join(predictor.reads)
            raise TlcoreError(f"This model reads no “{min(unknown)}”.", "--role", f"It reads: {read}.")
        _refuse_images(args.images is not None, "image" in predictor.reads, "this model")
        place = _place(args) or args.file.parent  # without a word: beside the spreadsheet, as is usual
        columns, summary = score_table(with_pictures(predictor, place), table, roles)
        del predictor  # its files must be closed before Windows lets the folder go
    write_table(args.out, columns)
    return {**summary, "out": str(args.out)}


def bundle_command(args: argparse.Namespace) -> dict[str, Any]:
    import shutil

    from tlcore.bundle.adapter_zip import make_adapter_zip
    from tlcore.bundle.make import make_bundle
    from tlcore.runs import ADAPTER_BUNDLE, BUNDLE, bundle_info

    if bundle_info(args.run, args.adapter) is None:
        (make_adapter_zip if args.adapter else make_bundle)(args.run)
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(args.run / (ADAPTER_BUNDLE if args.adapter else BUNDLE), args.out)
    except (OSError, shutil.SameFileError) as error:
        raise TlcoreError("The zip could not be written there.", str(args.out), f"Choose another. ({error})") from error
    return {**(bundle_info(args.run, args.adapter) or {}), "out": str(args.out)}


def _read(path: Path) -> Table:
    return read_table(path, limits=FROM_PATH_LIMITS)


def _facts(args: argparse.Namespace) -> Any:
    from tlcore.datasets import make_dataset
    from tlcore.facts import measure_facts
    from tlcore.models.bases import tokenizer_file
    from tlcore.tasks import get_task

    table = _read(args.file)
    roles = _roles(args, table, args.file)
    dataset = make_dataset(table, get_task(args.task), roles, label_infos=_named(args), images=_place(args))
    return table, dataset, measure_facts(dataset, tokenizer_file("minilm"))


def _roles(args: argparse.Namespace, table: Table, file: Path) -> Roles:
    """The columns by role: those named, else those guessed (and said)."""
    from tlcore.tasks import get_task

    roles: dict[str, list[str]] = {"text": list(args.text), "label": list(args.label)}
    for pair in args.role:
        name, column = _pair(pair, "--role")
        roles.setdefault(name, []).append(column)
    task = get_task(args.task)
    guessed = task.guess_columns(table)
    if args.labels:  # which rows have a label, if any, is then for the user to say
        guessed = {role: guess for role, guess in guessed.items() if role != "label"}
        roles["label"] = [
            column for column in roles["label"] if column in table.columns or not getattr(args, "test", None)
        ]
    taken = {column for columns in roles.values() for column in columns}
    for role, guess in guessed.items():
        if guess and guess not in taken and not roles.get(role):
            print(f"{file.name}: taking column “{guess}” for the {role}", file=sys.stderr)
            roles[role] = [guess]
    return {name: tuple(columns) for name, columns in roles.items() if columns}


def _named(args: argparse.Namespace) -> Any:
    """What the user says of the labels, from the file that was given; () where none was."""
    from tlcore.label_file import read_label_file

    return read_label_file(_read(args.labels)) if args.labels else ()


def _test_roles(args: argparse.Namespace, roles: Roles, test: Table) -> Roles:
    """The columns of a test file: as in the other; where labels are named only that one need hold a label column."""
    from tlcore.label_file import roles_of_test

    return roles_of_test(roles, test, next(iter(args.label), None)) if args.labels else roles


def _pairs(items: Sequence[str], flag: str) -> dict[str, str]:
    return dict(_pair(item, flag) for item in items)


def _pair(item: str, flag: str) -> tuple[str, str]:
    name, equals, value = item.partition("=")
    if not equals or not name:
        raise TlcoreError(f"“{item}” is not NAME=VALUE.", flag, f"Write it as {flag} name=value.")
    return name, value


def _refuse_images(given: bool, wanted: bool, who: str) -> None:
    """Raises TlcoreError for pictures that nobody would look at."""
    if given and not wanted:
        raise TlcoreError(
            "--images was given, and no picture would be looked at.", who, "Leave it out, or use --task image_text."
        )


def _place(args: argparse.Namespace) -> str:
    """Where the pictures are, so that it still is that place from another folder; a table in a zip or folder has them beside it."""
    packed = args.file.is_dir() or args.file.suffix.lower() == ".zip"
    images = args.images or (args.file if packed else "")
    return str(Path(images).expanduser().resolve()) if images else ""
