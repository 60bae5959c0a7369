"""Precedents and the response cache."""
