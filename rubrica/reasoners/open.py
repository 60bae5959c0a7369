"""From settings to a language model."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rubrica.config import Settings
from rubrica.errors import ConfigError

if TYPE_CHECKING:
    from rubrica.reasoners.budget import Budget
    from rubrica.reasoners.llm import LanguageModel
    from rubrica.reasoners.transport import Transport

KEYS = ("RUBRICA_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the direct client's key; the first that is set counts."""

GRACE_S = 1.0
"""By which the transport's own timeout comes first."""


def open_budget(settings: Settings) -> "Budget":
    """Return the budget that all models of a run share."""
    from rubrica.reasoners.budget import Budget, Limits

    return Budget(Limits(calls=settings.max_calls, tokens=settings.max_tokens, cost_usd=settings.max_cost))


def open_model(settings: Settings, model: str, budget: "Budget") -> "LanguageModel":
    """Connect to a model: directly where the settings name endpoints, through litellm elsewhere.

    Raises:
        ConfigError: a money budget is set for a model whose price is not known.
    """
    from rubrica.reasoners.limiter import Limiter
    from rubrica.reasoners.llm import LanguageModel, Parameters
    from rubrica.reasoners.retry import DEADLINE_S, Retry

    language_model = LanguageModel(
        open_transport(settings, model),
        parameters=Parameters(seed=settings.seed),
        limiter=Limiter(concurrency=settings.concurrency, rpm=settings.rpm, tpm=settings.tpm),
        retry=Retry(deadline_s=max(DEADLINE_S, 2 * settings.timeout), attempt_s=settings.timeout + GRACE_S),
        budget=budget,
    )
    if settings.max_cost is not None and language_model.price is None:
        raise ConfigError(f"the price of {model} is not known, so --max-cost cannot be kept; use --max-tokens")
    return language_model


def open_transport(settings: Settings, model: str, environ: Mapping[str, str] | None = None) -> "Transport":
    """Return the direct client when there is an `api_base`, else litellm."""
    if settings.api_base:
        from rubrica.reasoners.direct import Direct

        found = os.environ if environ is None else environ
        key = next((found[name] for name in KEYS if found.get(name)), "")
        bases = [base for base in settings.api_base.split(",") if base.strip()]
        return Direct(model, bases, key=key, timeout_s=settings.timeout)
    from rubrica.reasoners.litellm_transport import LiteLLM

    return LiteLLM(model, timeout_s=settings.timeout)
