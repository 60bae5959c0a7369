"""Choices and options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

EFFORTS = click.Choice(["low", "medium", "high"])
MODES = click.Choice(["group", "pointwise"])
SANDBOXES = click.Choice(["auto", "wasm", "jail", "e2b", "none"])

_MODEL_OPTIONS = (
    click.option("--model", metavar="NAME", help="Language model that judges [default: none, rules and tools alone]."),
    click.option("--author-model", metavar="NAME", help="Language model that writes edits [default: as --model]."),
    click.option("--api-base", metavar="URL[,URL]", help="OpenAI-compatible endpoints that serve the model."),
    click.option("--concurrency", type=int, help="Calls of the model in flight [default: 64]."),
    click.option("--rpm", type=float, help="Calls per minute [default: no limit]."),
    click.option("--tpm", type=float, help="Tokens per minute [default: no limit]."),
    click.option("--max-calls", type=int, help="Hard budget of the run, in calls."),
    click.option("--max-tokens", type=int, help="Hard budget of the run, in tokens."),
    click.option("--max-cost", type=float, help="Hard budget of the run, in USD."),
    click.option(
        "--cache", metavar="PATH|off", help="File that remembers replies [default: in the user's cache folder]."
    ),
)
MODEL_SETTINGS = (
    "model", "author_model", "api_base", "concurrency", "rpm", "tpm", "max_calls", "max_tokens", "max_cost", "cache",
)  # fmt: skip
"""The settings that these options set."""


def model_options(command: F) -> F:
    """Add the options that say which language model is asked, how fast, and for how much."""
    for option in reversed(_MODEL_OPTIONS):
        command = option(command)
    return command
