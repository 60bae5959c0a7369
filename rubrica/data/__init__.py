"""Readers: every input format becomes a Case or a Preference."""
