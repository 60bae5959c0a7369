"""Choices and options that several commands share."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from rubrica.config import Settings, load
from rubrica.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])

EFFORTS = click.Choice(["low", "medium", "high"])
MODES = click.Choice(["group", "pointwise"])
SANDBOXES = click.Choice(["auto", "wasm", "jail", "e2b", "none"])

library_option = click.option(
    "--library",
    type=click.Path(path_type=Path),
    metavar="PATH[@VERSION]",
    help="Library folder, or a version of it [default: the seed library].",
)

_MODEL_OPTIONS = (
    click.option("--model", metavar="NAME", help="Language model that judges [default: none, rules and tools alone]."),
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
    "model", "api_base", "concurrency", "rpm", "tpm", "max_calls", "max_tokens", "max_cost", "cache",
)  # fmt: skip
"""The settings that these options set."""

_OF_A_MODEL = ("api_base", "rpm", "tpm", "max_calls", "max_tokens", "max_cost")
"""Settings that say nothing without a model: who gives one by a flag has forgotten it."""


def settings_from(flags: Mapping[str, Any]) -> Settings:
    """Merge the settings with a command's flags.

    Raises:
        ConfigError: a value is wrong, or a flag is about a model where none is named.
    """
    settings = load(flags)
    if settings.model is None and settings.author_model is None:
        for name in _OF_A_MODEL:
            if flags.get(name) is not None:
                raise ConfigError(f"--{name.replace('_', '-')} is about a language model; name one with --model")
    return settings


def model_options(command: F) -> F:
    """Add the options that say which language model is asked, how fast, and for how much."""
    for option in reversed(_MODEL_OPTIONS):
        command = option(command)
    return command
