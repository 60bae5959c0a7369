"""What a call costs, from the price table that litellm ships; a model that is not in it has no price, not price 0."""

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = "model_prices_and_context_window_backup.json"


@dataclass(frozen=True, slots=True)
class Price:
    """USD per token."""

    read: float
    written: float
    cached: float
    """Per token that the provider had in its own cache."""

    def cost(self, tokens_in: int, tokens_out: int, *, cached: int = 0) -> float:
        """Return USD."""
        return (tokens_in - cached) * self.read + cached * self.cached + tokens_out * self.written


def price_of(model: str) -> Price | None:
    """Return the price of a model ("gpt-4o", "anthropic/claude-..."), when it is known."""
    provider, _, name = model.rpartition("/")
    row = _table().get(model)
    if row is None and provider:
        row = _table().get(name)
        if row is not None and row.get("litellm_provider") != provider:
            row = None
    if row is None or not isinstance(row.get("input_cost_per_token"), int | float):
        return None
    read = float(row["input_cost_per_token"])
    return Price(
        read=read,
        written=float(row.get("output_cost_per_token") or 0.0),
        cached=float(row.get("cache_read_input_token_cost") or read),
    )


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    """Read litellm's table without importing litellm, which takes seconds."""
    spec = importlib.util.find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / _TABLE
        if path.is_file():
            table: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
            return table
    return {}
