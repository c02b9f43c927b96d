"""Which way of adapting a model suits this data on this machine, and why. Loads without torch."""

from tlcore.advise.match import CASES, Case, Match, default_complexity, match_row
from tlcore.advise.recommend import Alternative, Recommendation, Said, recommend
from tlcore.advise.table import DECISION_TABLE, DecisionRow
from tlcore.advise.words import about_time_text, memory_text, time_range_text

__all__ = [
    "CASES",
    "DECISION_TABLE",
    "Alternative",
    "Case",
    "DecisionRow",
    "Match",
    "Recommendation",
    "Said",
    "about_time_text",
    "default_complexity",
    "match_row",
    "memory_text",
    "recommend",
    "time_range_text",
]
