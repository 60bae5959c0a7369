"""Every other provider through litellm (`openai/...`, `anthropic/...`, `gemini/...`, `ollama/...`, `hosted_vllm/...`).

The only module that imports litellm, and only at the first call: the import takes seconds. Its retries, cache and
router stay unused: there is one retry layer, one cache and one limiter, and they are ours.
"""

import asyncio
import logging
import os
from functools import cache
from typing import Any

from rubrica.reasoners.completion import completion_of
from rubrica.reasoners.retry_after import seconds_of
from rubrica.reasoners.transport import TOLD, Call, CallError, Completion, Failure, failure_of

ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it fetches a price map when imported
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # else it fetches a header table
    "LITELLM_MODE": "PRODUCTION",  # else it loads any .env above the package or the working folder
    "LITELLM_LOG": "ERROR",
    "LANGSMITH_TRACING": "false",
}

_OURS = {
    "num_retries": 0,
    "max_retries": 0,
    "stream": False,
    "_skip_mcp_handler": True,  # else a call with tools imports its MCP gateway, which may not be installed
}


@cache
def load_litellm() -> Any:
    """Import litellm so that it keeps quiet and off the network."""
    os.environ.update(ENVIRONMENT)
    import litellm

    litellm.suppress_debug_info = True
    litellm.drop_params = False
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    return litellm


class LiteLLM:
    """Carries calls to any provider that litellm knows; keys come from the provider's own environment variables."""

    def __init__(self, model: str, *, base: str | None = None, timeout_s: float = 120.0) -> None:
        self.model = model
        self.place = base or ""
        self._base, self._timeout_s = base, timeout_s

    async def send(self, call: Call) -> Completion:
        litellm = await asyncio.to_thread(load_litellm)
        body = call.body(self.model)
        known = _parameters(litellm, self.model)
        for name in call.settings:
            if known and name not in known:  # asked for without harm: a sampling parameter the provider does not have
                body.pop(name, None)
        try:
            response = await litellm.acompletion(**body, **_OURS, api_base=self._base, timeout=self._timeout_s)
        except litellm.exceptions.ContentPolicyViolationError:
            return Completion(text="", finish="content_filter")
        except Exception as error:  # noqa: BLE001 - providers' own errors have no common root; all are sorted below
            raise _call_error(error) from None
        return completion_of(response.model_dump())


def _parameters(litellm: Any, model: str) -> frozenset[str]:
    try:
        return frozenset(litellm.get_supported_openai_params(model=model) or ())
    except Exception:  # noqa: BLE001 - litellm raises its own kinds for names it does not know; the call will say so
        return frozenset()


def _call_error(error: Exception) -> CallError:
    """Sort what litellm raises by its status, and by its name where the status is made up."""
    headers = getattr(error, "litellm_response_headers", None) or {}
    status = getattr(error, "status_code", None)
    kind: Failure = failure_of(status) if isinstance(status, int) else "connection"
    name = type(error).__name__
    if name in ("Timeout", "APITimeoutError"):
        kind = "timeout"
    elif name in ("APIConnectionError", "ServiceUnavailableError"):
        kind = "connection"
    told = " ".join(str(error).split())[:TOLD]
    return CallError(f"{name}: {told}", kind=kind, retry_after=seconds_of(headers.get("retry-after")))
