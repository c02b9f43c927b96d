"""Nudge's core: a spreadsheet of text becomes a language model of the user's own. Never imports streamlit."""

__version__ = "0.1.0"
