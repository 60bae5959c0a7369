"""Choices that several commands share."""

import click

EFFORTS = click.Choice(["low", "medium", "high"])
MODES = click.Choice(["group", "pointwise"])
SANDBOXES = click.Choice(["auto", "wasm", "jail", "e2b", "none"])
