"""The HTTP service as a Ray Serve deployment: the same app and routes, on replicas that Ray places and keeps alive.

serve run rubrica.adapters.ray:service library=my-library mode=group
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from rubrica.errors import ConfigError
from rubrica.parallel import Plan
from rubrica.reward import RewardFunction
from rubrica.rewards.shape import Name
from rubrica.samples import Choice
from rubrica.service.desk import Limits

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application

REQUESTS = 4096
"""Requests that a replica takes on at once; the service's own limits are in samples, and answer 429 themselves."""


class Settings(BaseModel):
    """What `serve run` may be told after the name, as `rubrica serve` is told by flags."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    library: Path | None = None
    mode: Choice = "auto"
    shaping: Name = "bounded"
    on_unscored: Literal["none"] | float = "none"
    effort: Literal["low", "medium", "high"] = "medium"
    sandbox: Literal["auto", "wasm", "jail", "e2b", "none"] = "auto"
    replicas: int = 1


def service(settings: Settings) -> "Application":
    """Return the application for `serve run`; the bearer token is REWARD_TOKEN, as for `rubrica serve`."""
    library = RewardFunction(settings.library).plan.library
    plan = Plan(library=library, effort=settings.effort, sandbox=settings.sandbox)
    function = RewardFunction(plan, mode=settings.mode, shaping=settings.shaping, on_unscored=settings.on_unscored)
    return build_service(function, token=os.environ.get("REWARD_TOKEN", ""), replicas=settings.replicas)


def build_service(
    function: RewardFunction, *, limits: Limits | None = None, token: str = "", replicas: int = 1
) -> "Application":
    """Return an application for `serve.run`; every replica gets the function, library and all, by value.

    Raises:
        ConfigError: the function asks a language model.
    """
    if function.plan.reasoner is not None:
        raise ConfigError("a language model is asked from one process; `rubrica serve --model` is that process")
    from ray import serve

    limits = limits or Limits()

    def app() -> "FastAPI":
        from rubrica.samples import Sample
        from rubrica.service.app import build_app

        function.score(Sample("Are you ready?", "Yes."))  # loads what the first request would have to wait for
        return build_app(function, limits=limits, token=token)

    deployment = serve.deployment(
        name="rubrica",
        num_replicas=replicas,
        max_ongoing_requests=REQUESTS,
        graceful_shutdown_timeout_s=limits.deadline,
    )
    return deployment(serve.ingress(app)()).bind()
