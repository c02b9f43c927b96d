"""Before anything leaves the computer: who would be asked, what would be sent and what it costs; a key, and a yes.

The key is in the memory of this tab alone, under the service's address: never in the draft, never on disk.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st

from pages.parts import state
from pages.parts.problems import problem
from pages.parts.words import escape_md
from tlcore.errors import TlcoreError
from tlcore.llm.agreement import CONSENT, Agreement, read_consent
from tlcore.llm.key import ApiKey
from tlcore.llm.prompt import Prompt
from tlcore.llm.seeing import check_folder
from tlcore.llm.store import ANSWERS
from tlcore.plan import Plan, make_settings
from tlcore.runs.asked import quote_run
from tlcore.strategies import get_strategy
from tlcore.strategies.ask_pictures import AskPictures
from tlcore.strategies.asking import API, FOLDER, AskSettings, service_of
from tlcore.workspace import Project, Workspace

WHO = {
    "embeddings": "The base model, by your descriptions",
    "smollm2": "A small language model on this computer",
    API: "A large language model, over an API",
    FOLDER: "A model that sees, from a folder on this computer",
}
"""The back-ends, for the screen."""
MOST_SHOWN = 1_500
"""Characters of a row as it will be sent; all of it is sent."""
SHOWN_SIDE = 130


@dataclass(frozen=True)
class Asked:
    """agreement: what the user said yes to, None where nothing is sent. shut: whether a yes, or what is needed for it, is missing."""

    agreement: Agreement | None = None
    key: ApiKey | None = None
    shut: bool = False


def box(project: Project, plan: Plan) -> Asked:
    """Nothing where a plan asks no service; else the box, and what came of it."""
    if plan.settings.get("backend") == FOLDER:
        return _from_folder(project, plan)
    if plan.settings.get("backend") != API:
        _hint(plan, state.draft(project))
        return Asked()
    with st.container(border=True, key="agree"):
        st.markdown("**A service is asked. Nothing is sent before you agree.**")
        _whom(project, plan)
        try:
            with st.spinner("Looking at what would be sent …"):
                agreement = _quote(project, plan)
        except TlcoreError as error:
            problem(error)
            return Asked(shut=True)
        key = _key(agreement.whole.host)
        _what(agreement)
        label = f"Send these {agreement.whole.what} to {agreement.whole.host}"
        agreed = st.checkbox(escape_md(label), key=f"agreed/{project.id}/{agreement.id}")
        return Asked(agreement, key, shut=not agreed or key is None)


def _from_folder(project: Project, plan: Plan) -> Asked:
    """Where the model is that is asked here; nothing leaves the computer, so there is nothing to agree to."""
    with st.container(border=True, key="agree"):
        st.markdown("**A model on this computer is asked. Nothing is sent anywhere.**")
        place = str(plan.settings.get("folder") or "")
        meta = AskPictures.Settings.__dataclass_fields__["folder"].metadata
        wish = state.shown(project, f"settings.{plan.strategy}.folder", place, lambda new: new or None, kind="/agree")
        st.text_input(
            meta["title"], placeholder="/home/me/models/paligemma-3b-mix-224", help=escape_md(meta["help"]), **wish
        )
        if not place:
            return Asked(shut=True)
        try:
            check_folder(place)
        except TlcoreError as error:
            problem(error)
            return Asked(shut=True)
        st.caption(
            "It is loaded when the training begins. It needs several GB of memory, and much time without a graphics card."
        )
        return Asked()


def who_answers(project: Project, plan: Plan) -> None:
    """The back-end of a way to train that has several."""
    fields = get_strategy(plan.strategy).Settings.__dataclass_fields__
    if "backend" not in fields:
        return
    usual, meta = fields["backend"].default, fields["backend"].metadata
    choices = [name for name in WHO if name in meta["choices"]]
    if len(choices) < 2:
        return
    wish = state.shown(
        project, f"settings.{plan.strategy}.backend", plan.settings.get("backend", usual), lambda new: None if new in (None, usual) else new,
        kind="/who",
    )  # fmt: skip
    st.segmented_control(
        "Who answers", choices, format_func=WHO.__getitem__, help=escape_md(meta["help"]), required=True, **wish
    )


def _hint(plan: Plan, draft: dict[str, object]) -> None:
    """Where the user said that there is only an API, that is how to have one asked."""
    if draft.get("compute") == API and "backend" in plan.settings:
        st.caption("To have a large language model asked over an API, choose that below, under “Who answers”.")


def _whom(project: Project, plan: Plan) -> None:
    """Service, model and address, to be typed here; the same settings as under Advanced."""
    name = plan.strategy
    fields = {field: AskSettings.__dataclass_fields__[field] for field in ("dialect", "model", "base_url")}
    for place, (field, spec) in zip(st.columns(3), fields.items(), strict=True):
        value = plan.settings.get(field, spec.default)
        wish = state.shown(project, f"settings.{name}.{field}", value, lambda new: new or None, kind="/agree")
        title, help = spec.metadata["title"], escape_md(spec.metadata["help"])
        if "choices" in spec.metadata:
            place.selectbox(title, list(spec.metadata["choices"]), help=help, **wish)
        else:
            place.text_input(title, help=help, **wish)


def _quote(project: Project, plan: Plan) -> Agreement:
    """Worked out once for the same rows, plan and answers on disk: choosing examples takes a second or two."""
    answers = (
        Workspace().answer_cache / service_of(make_settings(get_strategy(plan.strategy).Settings, plan.settings)).id
    )
    written = tuple(_written(file) for file in (project.dataset_folder / "dataset.json", answers / ANSWERS))
    return _quoted(str(project.dataset_folder), json.dumps(plan.to_json(), sort_keys=True), written)


@lru_cache(maxsize=16)
def _quoted(folder: str, plan: str, written: tuple[float, ...]) -> Agreement:
    from tlcore.datasets import load_dataset

    agreement = quote_run(load_dataset(Path(folder)), Plan.from_json(json.loads(plan)))
    assert agreement is not None
    return agreement


def _written(file: Path) -> float:
    return file.stat().st_mtime if file.exists() else 0.0


def _what(agreement: Agreement) -> None:
    """The price in a sentence, and the first rows as they will be sent."""
    st.text(" ".join(part for part in (agreement.whole.sentence, agreement.limit_sentence) if part))
    with st.expander("The first rows, as they will be sent"):
        if agreement.whole.preview:
            st.caption("With every row, what the task is and which labels there are:")
            st.code(agreement.whole.preview[0].system[:MOST_SHOWN], language=None, wrap_lines=True)
        for prompt in agreement.whole.preview:
            _row(prompt)


def _row(prompt: Prompt) -> None:
    """A row as it will be sent, with its picture as small as it will be."""
    if prompt.picture is None:
        st.code(prompt.user[:MOST_SHOWN], language=None, wrap_lines=True)
        return
    words, seen = st.columns([3, 1])
    words.code(prompt.user[:MOST_SHOWN], language=None, wrap_lines=True)
    try:
        seen.image(prompt.picture.encoded()[1], width=SHOWN_SIDE)
    except (
        TlcoreError
    ) as error:  # its file was changed this moment; what is agreed to is looked at again before it is sent
        seen.caption(escape_md(error.what))
    seen.caption(f"sent with {prompt.picture.width} × {prompt.picture.height} pixels")


def _key(host: str) -> ApiKey | None:
    """What was typed, kept for this tab under the host it is for; None where it is no key."""
    widget = f"api-key/{host}"
    st.text_input(
        f"Your key for {host}", type="password", key=widget, value=_known(host), autocomplete="off",
        on_change=_take_key, args=(host, widget), help="It stays in this tab’s memory and is written nowhere. Empty: the service asks for none.",
    )  # fmt: skip
    try:
        return ApiKey(_known(host))
    except TlcoreError as error:
        problem(error)
        return None


def _take_key(host: str, widget: str) -> None:
    state.remember(f"key/{host}", state.typed(widget) or "")


def _known(host: str) -> str:
    return str(state.recall(f"key/{host}", ""))


def ask_key_again(run: Path) -> None:
    """For a run that goes on, or begins again: its process had the key in memory only."""
    consent = read_consent(run)
    if consent:
        st.caption(escape_md(f"You agreed to this: {consent['sentence']}"))
        _key(str(consent["host"]))


def key_of(run: Path) -> tuple[ApiKey, ...]:
    """The key for the service of a run, as far as this tab knows it; () where there is none."""
    consent = read_consent(run)
    return (ApiKey(_known(str(consent["host"]))),) if consent and _known(str(consent["host"])) else ()


def same_again(run: Path, folder: Path) -> None:
    """What was agreed to holds for the same texts once more; the worker refuses anything else."""
    if (run / CONSENT).exists():
        shutil.copyfile(run / CONSENT, folder / CONSENT)
