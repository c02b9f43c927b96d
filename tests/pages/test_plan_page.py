"""Step 4: the decision table, the recommendation, the settings, the start."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pages.parts import planning
from tests.pages.helpers import opened, said, show
from tlcore import jobs
from tlcore.advise import DECISION_TABLE
from tlcore.files import read_json, write_json
from tlcore.strategies import get_strategy


def test_the_whole_table_is_there_and_one_row_is_lit(home: Path) -> None:
    project = opened()
    app = show("plan", project=project.id)
    assert not app.exception
    assert not app.error
    table = next(h.proto.body for h in app.get("html") if "<table" in h.proto.body)
    assert table.count("<tr") == len(DECISION_TABLE) + 1 == 9
    assert table.count('aria-current="true"') == 1
    assert "Keep the language model as it is" in said(app)


def test_changing_the_case_moves_the_light_and_is_kept(home: Path) -> None:
    project = opened()
    app = show("plan", project=project.id)
    group = next(g for g in app.get("button_group") if g.key == f"{project.id}/compute")
    group.set_value(["api"]).run() if isinstance(group.value, list) else group.set_value("api").run()
    assert project.draft()["compute"] == "api"
    assert "changed by you" in "".join(g.label for g in app.get("button_group"))
    assert "“api”" in said(app)
    again = show("plan", project=project.id)
    assert "API only" in planning.TITLES["compute"].values()
    assert next(g for g in again.get("button_group") if g.key == f"{project.id}/compute").value in ("api", ["api"])


def test_the_time_there_is_is_kept_and_counts(home: Path) -> None:
    project = opened(complexity="domain", compute="medium")
    assert show("plan", project=project.id).radio[0].value == "top_layers"
    app = show("plan", project=project.id)
    group = next(g for g in app.get("button_group") if g.key == f"{project.id}/seconds")
    group.set_value([60] if isinstance(group.value, list) else 60).run()
    assert project.draft()["seconds"] == 60
    project.save_draft({"seconds": 25})  # less than any button says
    pressed = show("plan", project=project.id)
    assert not pressed.exception
    assert pressed.radio[0].value == "frozen_features"
    assert "and you have 25 seconds" in said(pressed)


def test_another_way_can_be_chosen(home: Path) -> None:
    project = opened()
    app = show("plan", project=project.id)
    assert app.radio[0].value == "frozen_features"
    app.radio[0].set_value("full_finetune").run()
    assert project.draft()["strategy"] == "full_finetune"
    assert "You chose this yourself" in said(app)
    app.radio[0].set_value("frozen_features").run()
    assert "strategy" not in project.draft()


@pytest.mark.parametrize("strategy", ["frozen_features", "full_finetune"])
def test_every_setting_has_a_widget(home: Path, strategy: str) -> None:
    project = opened(strategy=strategy)
    app = show("plan", project=project.id)
    kinds = [*app.selectbox, *app.number_input, *app.toggle, *app.text_input]
    keys = {widget.key for widget in kinds}
    for field in dataclasses.fields(get_strategy(strategy).Settings):
        assert f"{project.id}/settings.{strategy}.{field.name}" in keys


def test_settings_and_seed_are_kept(home: Path) -> None:
    project = opened()
    app = show("plan", project=project.id)
    app.number_input(key=f"{project.id}/seed").set_value(3).run()
    assert project.draft()["seed"] == 3
    assert not app.exception
    assert not app.error


def test_a_base_that_is_not_there_is_a_problem_box(home: Path) -> None:
    project = opened()
    app = show("plan", project=project.id)
    app.text_input(key="another").set_value(str(home))
    next(b for b in app.button if b.label == "Use this base").click().run()
    assert "config.json is missing" in said(app)
    assert "base" not in project.draft()


def test_starting_makes_a_run_and_leads_to_train(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Path] = []
    monkeypatch.setattr(jobs, "start_job", started.append)
    project = opened()
    app = show("plan", project=project.id)
    app.button(key="primary").click().run()
    assert not app.exception
    (run,) = project.run_folders()
    assert started == [run]
    assert project.draft()["run"] == run.name
    assert read_json(run / "plan.json")["strategy"] == "frozen_features"
    assert (run / "dataset" / "dataset.json").exists()
    assert app.query_params["run"] in (run.name, [run.name])


def test_what_was_tried_and_lost_to_counting_words_is_not_recommended(home: Path) -> None:
    project = opened()
    for strategy, ours in (("lora", 0.61), ("bitfit", 0.71), ("ia3", None)):
        folder = project.new_run_folder()
        write_json(folder / "job.json", {"kind": "train", "args": {}})
        report = {"strategy": strategy, "test": {"macro_f1": ours}, "baselines": {"tfidf": {"macro_f1": 0.66}}}
        write_json(folder / "report.json", report)
    assert set(planning.tried(project)) == {"lora", "bitfit"}
    captions = [text.replace("\\", "") for text in show("plan", project=project.id).radio[0].proto.captions]
    assert any(
        "Not recommended here. Tried: macro-F1 0.610, counting words (TF-IDF) 0.660." in text for text in captions
    )
    assert any(text.startswith("Tried here: macro-F1 0.710") for text in captions)


def test_a_few_ways_are_shown_until_all_are_asked_for(home: Path) -> None:
    project = opened()
    app = show("plan", project=project.id)
    few = len(app.radio[0].options)
    assert few < 7
    toggle = next(one for one in app.toggle if one.label.startswith("Show all"))
    toggle.set_value(True).run()
    assert not app.exception
    every = len(app.radio[0].options)
    assert toggle.label == f"Show all {every} ways"
    assert every > few + 4
    app.radio[0].set_value("ia3").run()
    app = show("plan", project=project.id)
    next(one for one in app.toggle if one.label.startswith("Show all")).set_value(False).run()
    assert app.radio[0].value == "ia3"  # what was chosen stays among the few


def test_what_cannot_learn_the_task_is_there_with_the_reason(home: Path) -> None:
    from tests.advise.test_advise_fakes import facts, machine

    advice = planning.propose(facts(), machine(), {"task": "multilabel"}, None)
    (other,) = (other for other in advice.alternatives if other.strategy == "few_shot")
    assert not other.available
    assert "exactly one label" in other.why_not
