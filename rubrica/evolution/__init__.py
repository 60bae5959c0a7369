"""Propose, gate, commit: how a library learns."""
