"""Readers: every input format becomes a Case or a Preference."""

from rubrica.data.read import read, rows
from rubrica.data.rows import BadRow, Row
from rubrica.data.sources import Limits
from rubrica.data.write import to_row

__all__ = ["BadRow", "Limits", "Row", "read", "rows", "to_row"]
