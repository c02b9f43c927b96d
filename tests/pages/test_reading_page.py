"""Reading unlabelled texts first, as the screens show it: the second file, what follows, perplexity live, whether it helped."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.parts import planning, train_charts, train_parts
from pages.parts.live import LiveView, patience_of, reduce
from tests.pages import fake_events, fake_run
from tests.pages.helpers import opened, said, show
from tlcore.files import read_json, write_json
from tlcore.models.bases import ADAPTED, ADAPTED_ABOUT
from tlcore.runs import UNLABELLED_TEXTS
from tlcore.unlabelled import about_unlabelled, keep_unlabelled, kept_texts, read_unlabelled

MANY = "text\n" + "".join(f"the courier left parcel {i} at the wrong door again\n" for i in range(700))


def seen(events: int | None = None, after: int | None = None) -> LiveView:
    everything = list(fake_events.reading_events())[:events]
    stamped = [{"t": float(i), **event} for i, event in enumerate(everything)]
    if after is not None:
        stamped += [{"t": 900.0 + i, **event} for i, event in enumerate(fake_events.reading_events(after=after))]
    plan = fake_run.plan_json("mlm_then_finetune")
    return reduce(LiveView(expected=train_parts.plan_phases(plan), patience=patience_of(plan)), stamped)


def test_the_phases_are_those_of_reading_then_of_what_follows() -> None:
    names = ["mlm_head", "mlm", "encode", "choose", "curve", "fit", "compare"]
    assert [phase.name for phase in seen().phases][2:-3] == names
    assert [phase.title for phase in seen().phases][2:4] == ["First guesses", "Read and guess"]


def test_perplexity_is_followed_live_apart_from_the_loss_of_the_labels() -> None:
    half = seen(160)
    assert half.phase == "mlm"
    assert half.now.startswith("The model reads your texts and guesses the words in them: step ")
    assert half.left is not None
    assert [step for step, _ in half.perplexity] == [0, 75]
    assert half.perplexity_reading[-1][1] < half.perplexity_reading[0][1]
    assert half.loss == half.f1 == ()
    assert set(half.rates_now) == {"embeddings", *(f"block {i}" for i in range(1, 7))}


def test_a_reading_that_goes_on_draws_no_point_twice() -> None:
    again = seen(200, after=100)
    for points in (again.perplexity, again.perplexity_reading):
        steps = [step for step, _ in points]
        assert steps == sorted(set(steps))
    assert [step for step, _ in again.perplexity] == [0, 75, 150, 225, 300]
    assert again.perplexity_reading[-1][0] == 300


def test_the_chart_falls_on_a_log_axis() -> None:
    figure = train_charts.perplexity_chart(seen().perplexity, seen().perplexity_reading)
    assert [trace.name for trace in figure.data] == ["texts it reads", "texts kept aside"]
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.yaxis.ticktext == ("100", "200", "500", "1,000")


def test_the_train_screen_says_how_well_it_guesses(home: Path) -> None:
    run = fake_run.make_run(fake_run.make_project(home), strategy="mlm_then_finetune", state="paused", events=180)
    app = show("train", run=run.name)
    assert not app.exception
    assert "between about 137 words, from 764" in said(app)
    assert "How well it guesses words in your texts" in said(app)


def test_a_second_file_is_read_at_once_and_can_be_put_away(home: Path) -> None:
    project = opened()
    app = show("data", project=project.id)
    app.file_uploader[-1].upload("old mail.csv", MANY.encode(), "text/csv").run()
    assert not app.exception
    assert about_unlabelled(project.unlabelled_folder).texts == 700
    assert "old mail.csv: 700 texts, from the column “text”." in said(app)
    app.button(key="drop-more-texts").click().run()
    assert about_unlabelled(project.unlabelled_folder) is None
    app.file_uploader[-1].upload("numbers.csv", b"a,b\n1,2\n3,4\n", "text/csv").run()
    assert "No column of this file looks like texts" in said(app)
    assert not app.exception


@pytest.fixture
def with_texts(home: Path, tmp_path: Path):
    project = opened()
    (tmp_path / "old.csv").write_text(MANY, encoding="utf-8")
    keep_unlabelled(project.unlabelled_folder, *read_unlabelled(tmp_path / "old.csv", ("text",)))
    return project


def test_many_unlabelled_texts_light_their_row_and_what_follows_can_be_chosen(with_texts) -> None:
    app = show("plan", project=with_texts.id)
    assert not app.exception
    assert "Much unlabelled" in "".join(h.proto.body for h in app.get("html") if "lit" in h.proto.body)
    assert app.radio[0].value == "mlm_then_finetune"
    box = app.selectbox(key=f"{with_texts.id}/then")
    assert "mlm_then_finetune" not in box.options
    box.set_value("lora").run()
    assert with_texts.draft()["then"] == "lora"
    app.number_input(key=f"{with_texts.id}/settings.lora.epochs").set_value(4).run()
    assert not app.exception
    app.radio[0].set_value("frozen_features").run()
    assert [one.key for one in app.selectbox if one.key.endswith("/then")] == []


def test_the_run_gets_its_own_copy_of_the_texts_and_the_plan_what_follows(
    with_texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning.jobs, "start_job", lambda run: None)
    with_texts.save_draft(
        {
            "strategy": "mlm_then_finetune",
            "then": "lora",
            "settings": {"lora": {"epochs": 4}, "mlm_then_finetune": {"epochs": 1}},
        }
    )
    show("plan", project=with_texts.id).button(key="primary").click().run()
    (run,) = with_texts.run_folders()
    plan = read_json(run / "plan.json")
    assert (plan["strategy"], plan["then"]) == ("mlm_then_finetune", "lora")
    assert (plan["settings"]["epochs"], plan["then_settings"]["epochs"]) == (1, 4)
    assert len(kept_texts(run / UNLABELLED_TEXTS)) == 700


def test_a_base_that_has_read_texts_is_offered_by_the_name_of_its_run(home: Path) -> None:
    project = opened()
    run = fake_run.make_run(project, strategy="mlm_then_finetune")
    write_json(run / "name.json", {"name": "Spring mail", "note": ""})
    assert "Spring mail" not in " ".join(planning.adapted_bases(fake_run.Workspace(home)).values())
    write_json(run / ADAPTED / ADAPTED_ABOUT, {"base": "minilm", "texts": 700, "sha256": "0" * 64})
    app = show("plan", project=project.id)
    box = app.selectbox(key=f"{project.id}/base")
    assert "Spring mail: has read your texts" in box.options


def test_results_say_whether_it_helped(home: Path) -> None:
    run = fake_run.make_run(fake_run.make_project(home), strategy="mlm_then_finetune")
    report = read_json(run / "report.json")
    gap = {"macro_f1": 0.012, "low": -0.004, "high": 0.029, "real": False}
    write_json(run / "report.json", report | {"pretraining": {"before": 18.04, "after": 9.1, "difference": gap}})
    text = said(show("results", run=run.name))
    assert "perplexity 18.04 → 9.1; macro-F1 +1.2 points (−0.4 to +2.9): could be chance." in text
