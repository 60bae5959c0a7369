"""One settings model; each layer overrides the one before: defaults < rubrica.toml < RUBRICA_* < flags."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rubrica.errors import ConfigError

FILE = "rubrica.toml"
PREFIX = "RUBRICA_"
NO_SETTINGS = frozenset({"RUBRICA_API_KEY", "RUBRICA_DATA"})
"""Environment variables of ours that are no settings: a secret, and a folder of the benches."""


class Settings(BaseModel):
    """Every setting, with its default. The file, the environment and the flags use these names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    library: Path | None = None
    """Library folder; none = the seed library that ships with the package."""
    effort: Literal["low", "medium", "high"] = "medium"
    mode: Literal["pointwise", "group"] = "group"
    seed: int = 0
    sandbox: Literal["auto", "wasm", "jail", "e2b", "none"] = "auto"
    """Where untrusted code runs; "none" = code checks answer null."""
    workers: int = Field(default=0, ge=0, le=256)
    """Processes for the embedded reasoner; 0 = one per core."""
    model: str | None = None
    """The language model that judges; none = the embedded reasoner, which needs no model."""
    author_model: str | None = None
    """The language model that diagnoses and writes edits; none = the one that judges."""
    api_base: str | None = None
    """OpenAI-compatible endpoints that serve the model, separated by commas; none = the provider in its name."""
    timeout: float = Field(default=600.0, gt=0)
    """Seconds that one call of a model may take; one that reasons before it answers may need minutes."""
    concurrency: int = Field(default=64, ge=1, le=4096)
    """Calls of a model in flight."""
    rpm: float | None = Field(default=None, gt=0)
    """Calls of a model per minute."""
    tpm: float | None = Field(default=None, gt=0)
    """Tokens per minute, in and out together."""
    max_calls: int | None = Field(default=None, ge=0)
    """Hard budget of a run, in calls."""
    max_tokens: int | None = Field(default=None, ge=0)
    """Hard budget of a run, in tokens in and out together."""
    max_cost: float | None = Field(default=None, ge=0)
    """Hard budget of a run, in USD."""
    cache: str | None = None
    """File of the response cache, or "off"; none = `rubrica/responses.sqlite` in the user's cache folder."""
    max_line_mb: int = Field(default=16, ge=1, le=1024)
    """Longest input row accepted, in MiB."""


def load(flags: Mapping[str, Any], *, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Merge all layers; a flag that is None was not given.

    Raises:
        ConfigError: an unknown name or a value of the wrong type, named with the layer it came from.
    """
    layers: dict[str, tuple[str, Any]] = {}
    path = (folder or Path.cwd()) / FILE
    if path.is_file():
        layers.update({key: (str(path), value) for key, value in _read(path).items()})
    for name, value in sorted((os.environ if environ is None else environ).items()):
        if name.startswith(PREFIX) and name not in NO_SETTINGS:
            layers[name.removeprefix(PREFIX).lower()] = (f"environment variable {name}", value)
    layers.update({key: (f"--{key.replace('_', '-')}", value) for key, value in flags.items() if value is not None})
    for key, (source, _) in layers.items():
        if key not in Settings.model_fields:
            raise ConfigError(
                f"{source}: unknown setting '{key}'; known are {', '.join(sorted(Settings.model_fields))}"
            )
    try:
        return Settings.model_validate({key: value for key, (_, value) in layers.items()})
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        source = layers[key][0]
        where = source if source.startswith("--") else f"{source}: setting '{key}'"
        wrong = first["msg"].removeprefix("Input ")
        raise ConfigError(f"{where}: {wrong} (got {first['input']!r})") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from None
