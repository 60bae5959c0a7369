"""Every other provider through litellm (`openai/...`, `anthropic/...`, `gemini/...`, `ollama/...`, `hosted_vllm/...`).

The only module that imports litellm, and only at the first call: the import takes seconds. Its retries, cache and
router stay unused: there is one retry layer, one cache and one limiter, and they are ours.
"""

import asyncio
import logging
import os
import re
from copy import deepcopy
from functools import cache
from typing import Any

from rubrica.reasoners.completion import completion_of
from rubrica.reasoners.failure import CallError, one_line, refused
from rubrica.reasoners.transport import Call, Completion

ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it fetches a price map when imported
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # else it fetches a header table
    "LITELLM_MODE": "PRODUCTION",  # else it loads any .env above the package or the working folder
    "LITELLM_LOG": "ERROR",
    "LANGSMITH_TRACING": "false",
}

OLLAMA = ("ollama/", "ollama_chat/")
"""For litellm the first is the interface without chat templates and without tools; we always take the second."""
OLLAMA_WINDOW = 8192
"""Tokens of prompt and reply together, doubled when a call needs more."""
BYTES_PER_TOKEN = 3
"""Fewer than texts in any common language have."""

_KEYLESS = re.compile(r"missing .{0,40}(api.?key|credentials)|api_key client option must be set", re.IGNORECASE)

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
        self._is_ollama = model.startswith(OLLAMA)
        self._window = OLLAMA_WINDOW

    async def send(self, call: Call) -> Completion:
        litellm = await asyncio.to_thread(load_litellm)
        body = call.body(self.model.replace("ollama/", "ollama_chat/", 1) if self._is_ollama else self.model)
        body |= {name: deepcopy(body[name]) for name in ("response_format", "tools") if name in body}  # it edits them
        known = _parameters(litellm, self.model)
        for name in call.settings:
            if known and name not in known:  # asked for without harm: a sampling parameter the provider does not have
                body.pop(name, None)
        try:
            response = await litellm.acompletion(
                **body, **self._extra(call), **_OURS, api_base=self._base, timeout=self._timeout_s
            )
        except litellm.exceptions.ContentPolicyViolationError as error:
            raise CallError(one_line(str(error).removeprefix("litellm.")), kind="flagged") from None
        except Exception as error:  # noqa: BLE001 - providers' own errors have no common root; all are sorted below
            raise _call_error(error) from None
        return completion_of(response.model_dump())

    def _extra(self, call: Call) -> dict[str, int]:
        """Ollama cuts what is longer than its window without a word, and loads the model anew when that changes."""
        if not self._is_ollama:
            return {}
        size = sum(len(str(message.content).encode("utf-8", "replace")) for message in call.messages)
        wanted = size // BYTES_PER_TOKEN + (call.max_tokens or 0)
        while self._window < wanted:
            self._window *= 2
        return {"num_ctx": self._window}


def _parameters(litellm: Any, model: str) -> frozenset[str]:
    try:
        return frozenset(litellm.get_supported_openai_params(model=model) or ())
    except Exception:  # noqa: BLE001 - litellm raises its own kinds for names it does not know; the call will say so
        return frozenset()


def _call_error(error: Exception) -> CallError:
    """Sort what litellm raises by its status and words, and by its name where the status is made up."""
    name, told = type(error).__name__, str(error).partition("Traceback (most recent")[0].removeprefix("litellm.")
    status = getattr(error, "status_code", None)
    if _KEYLESS.search(told):  # each provider has another error for it
        return CallError(one_line(told), kind="denied")
    if name in ("Timeout", "APITimeoutError"):
        return CallError(one_line(told), kind="timeout")
    if name == "APIConnectionError" or not isinstance(status, int):
        return CallError(one_line(told), kind="connection")
    response = getattr(error, "response", None)
    headers = getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None)
    return refused(status, told, headers)
