"""The words of Nudge and of the field, explained; and the decision table."""

from __future__ import annotations

import streamlit as st

from pages.parts import shell
from pages.parts.planning import decision_html

NOUNS = {
    "Table": "the rows of your spreadsheet, as text, exactly as the file had them.",
    "Dataset": "a table, plus which column is read and which is answered, plus one fixed split of the rows.",
    "Plan": "how training will go: which base model, which way of adapting it, with which settings.",
    "Run": "one training, from start to end, kept in a folder of its own.",
    "Model": "what comes out: it answers for texts it has never seen, and says how sure it is.",
    "Bundle": "the model as a zip that works on another computer without Nudge.",
}
IDEAS = {
    "Transfer learning": "A model that has read a great deal already knows the language. Your rows only nudge it "
    "to your task, which is why hundreds of rows can be enough where starting from nothing takes millions.",
    "Base model": "The model that already knows the language, before it has seen any of your rows.",
    "Frozen features": "The base model stays as it is and turns each text into numbers; a small classifier learns "
    "to sort those numbers. Fast, and hard to get wrong with few rows.",
    "Fine-tuning": "The base model itself changes, a little with every batch of your rows. Slower, hungry for rows, and "
    "often better when there are enough of them.",
    "Training, validation and test rows": "The model learns from the training rows. The validation rows choose between "
    "settings and say when to stop. The test rows are looked at once, at the very end: only they tell what to expect.",
    "Baseline": "What something much simpler reaches on the same rows: always answering the largest class, or counting "
    "words (TF-IDF). A model that does not beat it is not worth its time.",
    "Macro-F1": "A score from 0 to 1 in which every class counts the same, however small. It falls both when rows of a "
    "class are missed and when others are wrongly put into it.",
    "Micro-F1": "Where a text may have several labels: of all labels given and all that should have been given, how many are right. "
    "A common label counts more than a rare one.",
    "Mean absolute error": "Where the answer is a number: how far off it is on average, in the unit of your numbers. Lower is better.",
    "Interval": "Another set of test rows would give a slightly different score. The interval says how different.",
    "Confidence": "How sure the model says it is. It is a hint for which answers to read yourself, not a promise.",
}


def main() -> None:
    shell.page("learn", "What do the words mean?")
    shell.answer("A spreadsheet becomes a model in one direction, and the same six words name what it is on the way.")
    st.markdown("\n".join(f"{i}. **{word}**: {meaning}" for i, (word, meaning) in enumerate(NOUNS.items(), 1)))
    st.subheader("The ideas", anchor=False)
    for word, meaning in IDEAS.items():
        st.markdown(f"**{word}.** {meaning}")
    st.subheader("The decision table", anchor=False)
    st.write("Which way of training fits depends on how much data there is, how much machine, and what is asked.")
    st.html(decision_html(None))


main()
