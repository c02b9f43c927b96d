"""Asking language models which label fits a text: one on this machine (`likelihood`), or one over an API (`api`).

Knows nothing of runs and pages. Loads without torch.
"""

from tlcore.llm.question import Answer, Example, Question

__all__ = ["Answer", "Example", "Question"]
