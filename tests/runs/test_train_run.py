"""tlcore.runs.train: what a run leaves, which rows each part saw, one look at the test rows, stopping, waiting for its turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from filelock import FileLock

from tlcore.datasets import TEST, TRAIN, VALIDATION, Dataset, load_dataset
from tlcore.errors import StopRequested, TlcoreError
from tlcore.evaluate import baselines
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.jobs import job_state, ready_to_resume, request_stop
from tlcore.plan import Plan
from tlcore.predict.predictor import Predictor
from tlcore.runs import create_run, has_checkpoint, load_plan, read_report, train
from tlcore.splits import text_key
from tlcore.strategies import FitInput, get_strategy
from tlcore.worker import JobContext, run_job
from tlcore.workspace import Workspace

REPORT_KEYS = {
    "strategy", "base", "task", "rows", "seconds", "test", "validation", "baselines", "difference", "per_class",
    "confusion", "epochs", "trainable_parameters", "total_parameters", "peak_memory_mb", "test_looks", "warnings",
    "chosen", "run", "plan", "ended",
}  # fmt: skip
PHASES = {
    "frozen_features": ["prepare", "baselines", "encode", "choose", "curve", "fit", "export", "score", "pack"],
    "full_finetune": ["prepare", "baselines", "encode", "head", "finetune", "export", "score", "pack"],
}


@dataclass
class Watched:
    """One run of a strategy in this process, with what each part of it was given."""

    folder: Path
    dataset: Dataset
    code: int = -1
    given: list[FitInput] = field(default_factory=list)
    predicted: list[list[str]] = field(default_factory=list)
    baselines: list[dict[str, list[str]]] = field(default_factory=list)

    @property
    def report(self) -> dict[str, Any]:
        return read_report(self.folder) or {}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in read_events(self.folder)[0] if event["kind"] == kind]


def watch(
    run: Watched, patch: pytest.MonkeyPatch, before_fit: Callable[[FitInput], None] = lambda given: None
) -> Watched:
    """Run the job laid out in the folder, here and now, and note what goes where."""

    class Noting:
        def __init__(self, name: str) -> None:
            self.real = get_strategy(name)
            self.name, self.Settings = name, self.real.Settings

        def fit(self, given: FitInput) -> Any:
            run.given.append(given)
            before_fit(given)
            return self.real.fit(given)

    def tfidf(texts: list[str], targets: list[str], unseen: list[str]) -> list[str]:
        run.baselines.append({"texts": list(texts), "targets": list(targets), "unseen": list(unseen)})
        return real_tfidf(texts, targets, unseen)

    def predict(self: Predictor, texts: Any, *more: Any) -> Any:
        run.predicted.append(list(texts))
        return real_predict(self, texts, *more)

    real_tfidf, real_predict = baselines.tfidf_answers, Predictor.predict
    patch.setattr(train, "get_strategy", Noting)
    patch.setattr(baselines, "tfidf_answers", tfidf)
    patch.setattr(Predictor, "predict", predict)
    run.code = run_job(run.folder, JobContext(run.folder, read_json(run.folder / "job.json")["args"]))
    return run


def lay_out(folder: Path, dataset: Dataset, strategy: str, base: Path, **settings: Any) -> Watched:
    """A run without a zip."""
    plan = Plan("classify", strategy, str(base), "", settings, seed=4)
    return Watched(create_run(folder, dataset, plan, bundle=False), dataset)


@pytest.fixture(scope="module")
def dataset(classify: Callable[..., Dataset], reviews: dict[str, list[str]]) -> Dataset:
    """Reviews in two classes, one of them twice, one without a label, one without a text, and a class of one row."""
    negative, positive = reviews["negative"][:20], reviews["positive"][:20]
    texts = [*negative, *positive, positive[0].upper(), reviews["neutral"][0], "  ", "nobody said what this is"]
    labels = [*["negative"] * 20, *["positive"] * 21, "neutral", "positive", ""]
    return classify(texts, labels, seed=4)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One NUDGE_HOME for the runs of this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUDGE_HOME", str(tmp_path_factory.mktemp("runs") / "home"))
        yield Workspace().home


@pytest.fixture(scope="module")
def watched(
    home: Path, dataset: Dataset, tiny_base: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Watched:
    folder = tmp_path_factory.mktemp("watched") / "run"
    run = lay_out(folder, dataset, "frozen_features", tiny_base("distilbert"))
    with pytest.MonkeyPatch.context() as patch:
        watch(run, patch)
    assert run.code == 0, job_state(folder)
    return run


@pytest.fixture(params=["trained", "tiny_trained"])
def finished(request: pytest.FixtureRequest) -> Any:
    """A run made by the command line, with its zip."""
    return request.getfixturevalue(request.param)


def test_the_report_has_all_its_keys_and_is_what_lies_in_the_folder(finished: Any) -> None:
    report = finished.report
    assert set(report) >= REPORT_KEYS
    assert read_report(finished.folder) == report
    assert report["run"] == str(finished.folder)
    assert report["plan"] == load_plan(finished.folder).to_json()
    assert (report["task"], report["ended"]) == ("classify", "done")
    assert report["peak_memory_mb"] > 100
    assert 0 < report["trainable_parameters"] <= report["total_parameters"]
    assert job_state(finished.folder).state == "done"


def test_scores_are_within_their_range_and_the_interval_holds_the_score(finished: Any) -> None:
    report = finished.report
    for scores in (report["test"], *report["baselines"].values()):
        assert 0 <= scores["macro_f1_low"] <= scores["macro_f1"] <= scores["macro_f1_high"] <= 1
        assert scores["rows"] == report["rows"]["test"]
        assert scores["accuracy"] == pytest.approx(1 - scores["wrong"] / scores["rows"], abs=1e-4)
    assert set(report["baselines"]) == {"majority", "tfidf"}
    assert report["validation"]["rows"] == report["rows"]["validation"]
    gap = report["test"]["macro_f1"] - report["baselines"]["tfidf"]["macro_f1"]
    assert report["difference"]["macro_f1"] == pytest.approx(gap, abs=1e-3)
    assert sum(map(sum, report["confusion"]["matrix"])) == report["rows"]["test"]
    assert sum(row["rows"] for row in report["per_class"]) == report["rows"]["test"]


def test_the_trained_run_is_clearly_better_than_both_baselines(trained: Any) -> None:
    report = trained.report
    assert report["test"]["macro_f1"] > report["baselines"]["tfidf"]["macro_f1"] + 0.1
    assert report["baselines"]["tfidf"]["macro_f1"] > report["baselines"]["majority"]["macro_f1"]
    assert report["difference"]["real"] is True


def test_phases_come_in_order_and_their_seconds_are_booked(finished: Any) -> None:
    expected = PHASES[finished.report["strategy"]]
    events = read_events(finished.folder)[0]
    assert [event["name"] for event in events if event["kind"] == "phase"] == expected
    assert list(finished.report["seconds"]) == expected
    assert all(seconds >= 0 for seconds in finished.report["seconds"].values())
    assert 0.5 < sum(finished.report["seconds"].values()) <= events[-1]["t"] + 0.1
    assert events[-1]["kind"] == "result"
    assert events[-1]["macro_f1"] == finished.report["test"]["macro_f1"]
    assert [e["name"] for e in events if e["kind"] == "baseline"] == ["majority", "tfidf"]
    assert all(e["split"] == VALIDATION for e in events if e["kind"] == "baseline")


def test_the_test_rows_to_read_are_the_test_rows_with_what_the_model_says(finished: Any) -> None:
    dataset = load_dataset(finished.folder / "dataset")
    table = pyarrow.parquet.read_table(finished.folder / "predictions.parquet").to_pydict()
    assert table["text"] == dataset.texts(TEST)
    assert table["label"] == dataset.targets(TEST)
    wrong = sum(a != b for a, b in zip(table["label"], table["prediction"], strict=True))
    assert wrong == finished.report["test"]["wrong"]
    answers = Predictor.load(finished.folder / "model").predict(table["text"])
    assert answers.predictions == table["prediction"]
    assert all(math.isclose(a, b, abs_tol=1e-3) for a, b in zip(answers.confidence, table["confidence"], strict=True))


def test_no_test_text_is_among_those_learned_from(finished: Any, watched: Watched) -> None:
    for dataset in (load_dataset(finished.folder / "dataset"), watched.dataset):
        seen = {text_key(text) for side in (TRAIN, VALIDATION) for text in dataset.texts(side)}
        unseen = {text_key(text) for text in dataset.texts(TEST)}
        assert seen
        assert unseen
        assert not seen & unseen


def test_the_strategy_is_given_training_and_validation_rows_and_nothing_of_the_test(watched: Watched) -> None:
    [given] = watched.given
    dataset = watched.dataset
    assert given.train_texts == dataset.texts(TRAIN)
    assert given.validation_texts == dataset.texts(VALIDATION)
    assert [given.labels[y] for y in given.train_y] == dataset.targets(TRAIN)
    assert [given.labels[y] for y in given.validation_y] == dataset.targets(VALIDATION)
    assert given.plan.seed == 4
    assert not set(map(text_key, [*given.train_texts, *given.validation_texts])) & set(
        map(text_key, dataset.texts(TEST))
    )
    assert not given.work_folder.exists()  # what lay there was for the training only


def test_the_test_rows_are_looked_at_once(watched: Watched) -> None:
    looks = [texts for texts in watched.predicted if set(texts) & set(watched.dataset.texts(TEST))]
    assert looks == [watched.dataset.texts(TEST)]  # what the quick version is tried on is not among them
    assert watched.report["test_looks"] == 1


def test_baselines_learn_from_the_same_rows_as_the_model(watched: Watched) -> None:
    dataset = watched.dataset
    while_training, at_the_end = watched.baselines
    assert while_training["texts"] == dataset.texts(TRAIN)
    assert while_training["unseen"] == dataset.texts(VALIDATION)
    assert at_the_end["texts"] == dataset.texts(TRAIN) + dataset.texts(VALIDATION)
    assert at_the_end["targets"] == dataset.targets(TRAIN) + dataset.targets(VALIDATION)
    assert at_the_end["unseen"] == dataset.texts(TEST)


def test_rows_add_up_and_warnings_are_carried_to_the_report_and_the_screen(watched: Watched) -> None:
    report = watched.report
    assert sum(report["rows"].values()) == 42  # all but the one without a label and the one without a text
    warnings = report["warnings"]
    assert any("1 class has only one row" in note and "“neutral”" in note for note in warnings)
    assert any("1 row has no label" in note for note in warnings)
    assert any("1 row is left out: no text (row 44)" in note for note in warnings)
    assert [e["text"] for e in watched.of("note") if e["level"] == "warning"] == warnings
    assert {row["label"]: row["rows"] for row in report["per_class"]}["neutral"] == 0


def test_without_the_zip_a_run_ends_all_the_same(watched: Watched) -> None:
    assert "pack" not in watched.report["seconds"]
    assert not (watched.folder / "model.zip").exists()
    assert (watched.folder / "model" / "nudge.json").exists()


def test_a_finished_run_is_not_rewritten_by_using_it_or_by_another_one(
    trained: Any, dataset: Dataset, answered: Predictor
) -> None:
    kept = [path for path in trained.folder.rglob("*") if path.is_file() and path.name != ".lock"]
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in kept}
    answered.predict(["where is my parcel?"])
    read_report(trained.folder)
    job_state(trained.folder)
    with pytest.raises(TlcoreError, match="already holds a job"):
        create_run(trained.folder, dataset, Plan("classify", "frozen_features", "minilm", "", {}))
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in before} == before


def test_stop_and_keep_leaves_a_model_with_its_scores(
    home: Path, dataset: Dataset, tiny_base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lay_out(tmp_path / "run", dataset, "full_finetune", tiny_base("bert"), epochs=50, patience=20)

    def stop_after_the_first_round(given: FitInput) -> None:
        said = given.emit

        def emit(kind: str, **fields: Any) -> None:
            said(kind, **fields)
            if kind == "eval" and fields["epoch"] >= 1:
                request_stop(run.folder, "keep")

        given.emit = emit

    watch(run, monkeypatch, stop_after_the_first_round)
    assert run.code == 0
    assert job_state(run.folder).state == "stopped"
    report = run.report
    assert report["ended"] == "stopped"
    assert report["epochs"] < 3
    assert 0 <= report["test"]["macro_f1"] <= 1
    assert dataset.texts(TEST) in run.predicted
    assert len(Predictor.load(run.folder / "model").predict(["fine"]).predictions) == 1


def test_cancel_ends_it_without_a_report(
    home: Path, dataset: Dataset, tiny_base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lay_out(tmp_path / "run", dataset, "frozen_features", tiny_base("bert"))
    watch(run, monkeypatch, lambda given: request_stop(run.folder, "cancel"))
    assert run.code == 0
    assert job_state(run.folder).state == "cancelled"
    assert run.report == {}
    assert run.predicted == []
    with FileLock(Workspace().training_lock).acquire(timeout=0):  # the next may begin
        pass


@pytest.mark.parametrize("strategy", ["top_layers", "lora"])
def test_a_paused_run_goes_on_to_the_answers_of_one_never_paused(
    home: Path, dataset: Dataset, tiny_base: Callable[[str], Path], tmp_path: Path, strategy: str
) -> None:
    settings = {"epochs": 6, "patience": 20, "batch_size": 8}
    runs = [lay_out(tmp_path / name, dataset, strategy, tiny_base("bert"), **settings) for name in ("whole", "paused")]
    for run, pause_after in zip(runs, (99, 2), strict=True):
        with pytest.MonkeyPatch.context() as patch:
            watch(run, patch, lambda given, run=run, round=pause_after: _pause_after(given, run, round))  # type: ignore[misc]
    whole, paused = runs
    assert job_state(paused.folder).state == "paused"
    assert paused.report == {}
    assert paused.predicted == []
    before = read_events(paused.folder)[0]

    ready_to_resume(paused.folder)
    paused.baselines.clear()
    with pytest.MonkeyPatch.context() as patch:
        watch(paused, patch)
    assert job_state(paused.folder).state == "done"
    after = read_events(paused.folder)[0]
    assert after[: len(before)] == before
    again = [event["name"] for event in after[len(before) :] if event["kind"] == "phase"]
    assert again == ["prepare", "finetune", "export", "score"]  # what was done is not done again
    assert paused.baselines == []
    (resumed,) = paused.of("resumed")
    assert resumed["step"] == max(event["step"] for event in before if event["kind"] == "eval") + 1
    assert paused.predicted == whole.predicted
    for name in ("test", "validation", "baselines", "chosen", "epochs"):
        assert paused.report[name] == whole.report[name], name
    total = sum(paused.report["seconds"].values())
    assert total == pytest.approx(after[-1]["t"] - after[0]["t"], abs=0.5)
    assert not (paused.folder / "work").exists()


def _pause_after(given: FitInput, run: Watched, rounds: int) -> None:
    said = given.emit

    def emit(kind: str, **fields: Any) -> None:
        said(kind, **fields)
        if kind == "eval" and fields["epoch"] >= rounds:
            request_stop(run.folder, "pause")

    given.emit = emit


def test_what_was_needed_to_go_on_is_thrown_away_on_cancel(
    home: Path, dataset: Dataset, tiny_base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lay_out(tmp_path / "run", dataset, "lora", tiny_base("bert"), epochs=50)
    watch(run, monkeypatch, lambda given: _pause_after(given, run, 1))
    assert has_checkpoint(run.folder)
    assert not [path for path in (run.folder / "work").rglob("*") if path.suffix in (".pt", ".pth", ".bin", ".pkl")]
    ready_to_resume(run.folder)
    request_stop(run.folder, "cancel")
    assert run_job(run.folder, JobContext(run.folder, {"bundle": False})) == 0
    assert job_state(run.folder).state == "cancelled"
    assert not (run.folder / "work").exists()
    assert not has_checkpoint(run.folder)


def test_cancel_is_heard_before_the_baselines_too(
    home: Path, dataset: Dataset, tiny_base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lay_out(tmp_path / "run", dataset, "frozen_features", tiny_base("bert"))
    request_stop(run.folder, "cancel")
    watch(run, monkeypatch)
    assert job_state(run.folder).state == "cancelled"
    assert run.given == []


def test_texts_without_a_word_end_it_in_words(
    home: Path, classify: Callable[..., Dataset], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    dataset = classify(["?!", "…", "--", "***"] * 5, ["a", "b"] * 10)
    run = lay_out(tmp_path / "run", dataset, "frozen_features", tiny_base("bert"))
    assert run_job(run.folder, JobContext(run.folder, {"bundle": False})) == 2
    state = job_state(run.folder)
    assert state.state == "failed"
    assert state.error is not None
    assert "no words" in state.error.what
    assert state.error.fix
    assert read_report(run.folder) is None


def test_the_model_and_its_scores_are_kept_if_the_zip_fails_its_check(
    home: Path, dataset: Dataset, tiny_base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Path:
        raise TlcoreError("The zip does not answer as the model does.", "here", "Try again.")

    monkeypatch.setattr(train, "make_bundle", fail)
    plan = Plan("classify", "frozen_features", str(tiny_base("bert")), "", {"layers": "last", "C": 0.1})
    run = create_run(tmp_path / "run", dataset, plan)
    assert run_job(run, JobContext(run, {"bundle": True})) == 2
    state = job_state(run)
    assert state.state == "failed"
    assert state.error is not None
    assert state.error.what.startswith("The zip does not")
    report = read_report(run)
    assert report is not None
    assert set(report) >= REPORT_KEYS
    assert Predictor.load(run / "model").labels == ["negative", "neutral", "positive"]


def test_a_run_killed_while_its_zip_is_packed_goes_on_with_the_packing_alone(
    home: Path, dataset: Dataset, tiny_base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """What nobody catches: stands for SIGKILL."""

    def die(*_: Any) -> Path:
        raise Killed

    plan = Plan("classify", "frozen_features", str(tiny_base("bert")), "", {"layers": "last", "C": 0.1})
    run = create_run(tmp_path / "run", dataset, plan)
    with monkeypatch.context() as patch:
        patch.setattr(train, "make_bundle", die)
        with pytest.raises(Killed):
            run_job(run, JobContext(run, {"bundle": True}))
    before, packed = read_report(run), list[Path]()
    assert before is not None
    monkeypatch.setattr(train, "make_bundle", lambda folder, report: packed.append(folder))
    monkeypatch.setattr(train, "_train", die)
    assert run_job(run, JobContext(run, {"bundle": True})) == 0
    after = read_report(run)
    assert after is not None
    assert packed == [run]
    assert {name: after[name] for name in REPORT_KEYS - {"seconds", "peak_memory_mb"}} == {
        name: before[name] for name in REPORT_KEYS - {"seconds", "peak_memory_mb"}
    }
    assert after["seconds"].keys() >= before["seconds"].keys() | {"pack"}
    assert not (run / "work").exists()
    with pytest.raises(TlcoreError, match="never rewritten"):
        train.train_run(JobContext(run, {"bundle": True}))


@dataclass
class Waiting:
    """A run whose turn has not come: another holds the lock; at the third look something happens."""

    context: JobContext
    other: FileLock
    states: list[str] = field(default_factory=list)
    worked: bool = False


@pytest.fixture
def waiting(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Waiting]]:
    lock = FileLock(Workspace().training_lock)

    def begin(at_the_third_look: Callable[[], Any]) -> Waiting:
        lock.acquire(timeout=0)
        made = Waiting(JobContext(tmp_path, {}), lock)

        def look_again(_: float) -> None:
            made.states.append(read_json(tmp_path / "status.json")["state"])
            assert len(made.states) < 10
            if len(made.states) == 3:
                at_the_third_look()

        def work(_: JobContext) -> str:
            made.worked = True
            return "done"

        monkeypatch.setattr(train.time, "sleep", look_again)
        monkeypatch.setattr(train, "_train", work)
        return made

    yield begin
    lock.release(force=True)


def test_one_training_at_a_time_the_others_wait_and_say_so(waiting: Callable[..., Waiting], tmp_path: Path) -> None:
    lock = FileLock(Workspace().training_lock)
    run = waiting(lambda: run.other.release())
    assert train.train_run(run.context) == "done"
    assert run.worked
    assert run.states == ["waiting"] * 3
    events = read_events(tmp_path)[0]
    assert [event["name"] for event in events if event["kind"] == "phase"] == ["wait"]
    with lock.acquire(timeout=0):  # given back at the end
        pass


@pytest.mark.parametrize("wish", ["keep", "cancel", "pause"])
def test_who_waits_can_be_stopped(waiting: Callable[..., Waiting], tmp_path: Path, wish: str) -> None:
    run = waiting(lambda: request_stop(tmp_path, wish))
    with pytest.raises(StopRequested) as caught:
        train.train_run(run.context)
    assert caught.value.wish == wish
    assert len(run.states) == 3
    assert not run.worked


def test_the_lock_is_given_back_after_a_failure(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: JobContext) -> str:
        raise TlcoreError("no", "here", "go away")

    monkeypatch.setattr(train, "_train", fail)
    with pytest.raises(TlcoreError):
        train.train_run(JobContext(tmp_path, {}))
    with FileLock(Workspace().training_lock).acquire(timeout=0):
        pass


def test_an_ended_run_is_never_rewritten(watched: Watched) -> None:
    before = {path: path.stat().st_mtime_ns for path in watched.folder.rglob("*") if path.name == "report.json"}
    with pytest.raises(TlcoreError, match="never rewritten"):
        train.train_run(JobContext(watched.folder, {"bundle": False}))
    assert {path: path.stat().st_mtime_ns for path in before} == before
