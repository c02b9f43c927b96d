"""What the user says of a label: its name, and what it means in their own words. Loads without torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelInfo:
    """label: as it is to be answered. description: a sentence on what belongs there, or "" where none was given."""

    label: str
    description: str = ""

    @property
    def said(self) -> str:
        """What a model is told of it: the description where there is one, else the name as words."""
        return self.description.strip() or self.label.replace("_", " ").replace("-", " ").strip()
