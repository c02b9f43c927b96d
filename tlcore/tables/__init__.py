"""Spreadsheets in, Tables out, and back. Everything stays text; whatever was odd is said.

>>> table = read_table("reviews.xlsx")
>>> table.columns, table.rows, table.how.oddities
"""

from tlcore.tables.guess import guess_roles, guess_text_columns
from tlcore.tables.kept import keep_table, kept_table
from tlcore.tables.limits import FROM_PATH_LIMITS, Limits
from tlcore.tables.read import read_table
from tlcore.tables.table import HowRead, Table
from tlcore.tables.write import write_table

__all__ = [
    "FROM_PATH_LIMITS",
    "HowRead",
    "Limits",
    "Table",
    "guess_roles",
    "guess_text_columns",
    "keep_table",
    "kept_table",
    "read_table",
    "write_table",
]
