"""What is asked on the Data page where questions are answered from passages: what an empty answer means."""

from __future__ import annotations

import streamlit as st

from pages.parts import state
from pages.parts.reading import Preview
from tlcore.workspace import Project

OFF = "A row whose answer is empty is kept as unlabelled: nobody has answered it yet. “None” and “NA” are answers like any other."
ON = "The model learns to say that a passage does not hold the answer, from the rows whose answer is empty. “None” and “NA” are answers like any other."
TOGETHER = "Questions on the same passage are kept together: the model is tested on passages that it has not seen."


def empty_answers(project: Project, preview: Preview, chosen: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns by role, after the switch: the answer column itself says where a passage holds no answer, or not."""
    answer = chosen.get("answer") or []
    if answer:
        st.toggle(
            "An empty answer means: the passage does not hold the answer",
            **state.shown(
                project,
                "roles.unanswerable",
                chosen.get("unanswerable") == answer,
                lambda on: answer if on else [],
                " switch",
            ),
        )
        st.caption(f"{ON if chosen.get('unanswerable') == answer else OFF} {TOGETHER}")
    return chosen
