"""Precedents and the response cache."""

PRECEDENTS = ".rubrica/precedents"
"""Where a library's folder keeps its precedents, beside what git tracks."""
