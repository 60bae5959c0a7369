"""An endpoint's answer in the OpenAI chat shape, whole or as server-sent events, becomes a `Completion`."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rubrica.reasoners.failure import CallError, refused
from rubrica.reasoners.transport import ANSWER, Completion

_CUT = frozenset({"max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"})
_STOPPED = frozenset(
    {"content_filtered", "safety", "refusal", "recitation", "prohibited_content", "blocklist", "spii", "sensitive"}
) | {"guardrail_intervened"}
_BROKEN = frozenset({"error", "abort", "network_error", "insufficient_system_resource"})
"""Other words for "length" and "content_filter", and for a completion that the server did not finish."""


def completion_of(data: Any) -> Completion:
    """Read a chat completion.

    Raises:
        CallError: it is an error in disguise, or no chat completion at all.
    """
    if not isinstance(data, Mapping):
        raise CallError("the endpoint's answer is not a JSON object", kind="server")
    if data.get("error"):
        raise _disguised(data["error"])
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise CallError("the endpoint's answer holds no choices", kind="server")
    if choices[0].get("error"):  # OpenRouter: the provider behind it failed half way
        raise _disguised(choices[0]["error"])
    message = choices[0].get("message")
    if not isinstance(message, Mapping):
        raise CallError("the endpoint's answer holds no message", kind="server")
    return _completion(message, str(choices[0].get("finish_reason") or ""), data.get("usage"))


def completion_of_events(text: str) -> Completion:
    """Put the deltas of a streamed completion together.

    Raises:
        CallError: the stream holds an error, or ends before the completion does.
    """
    content, thought, refusal, finish, usage = [], [], [], "", None
    calls: dict[int, dict[str, str]] = {}
    for event in _events(text):
        if event.get("error"):
            raise _disguised(event["error"])
        usage = event.get("usage") or usage
        for choice in (event.get("choices") or ())[:1]:
            delta = choice.get("delta") or {}
            content.append(_text(delta.get("content")))
            thought.append(_text(delta.get("reasoning_content") or delta.get("reasoning")))
            refusal.append(str(delta.get("refusal") or ""))
            finish = str(choice.get("finish_reason") or finish)
            for part in delta.get("tool_calls") or ():
                call = calls.setdefault(int(part.get("index") or 0), {"name": "", "arguments": ""})
                for key in call:
                    call[key] += str((part.get("function") or {}).get(key) or "")
    if not finish:
        raise CallError("the stream ended before the completion did", kind="connection")
    message = {"content": "".join(content), "reasoning": "".join(thought), "refusal": "".join(refusal)}
    told = [{"function": call} for _, call in sorted(calls.items())]
    return _completion({**message, "tool_calls": told}, finish, usage)


def _events(text: str) -> Iterator[Mapping[str, Any]]:
    for line in text.splitlines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        try:
            event = json.loads(data)
        except ValueError:
            raise CallError("the stream holds an event that is not JSON", kind="server") from None
        if isinstance(event, Mapping):
            yield event


def _completion(message: Mapping[str, Any], finish: str, usage: Any) -> Completion:
    others = message.get("provider_specific_fields")  # where litellm keeps what is not in its own message type
    refusal = message.get("refusal") or (others.get("refusal") if isinstance(others, Mapping) else None)
    finish = _finish(finish)
    text = _arguments(message.get("tool_calls"))
    if text is None:
        text = _text(message.get("content"))
    thought = _text(message.get("reasoning_content") or message.get("reasoning"))
    if not text.strip() and finish == "stop":  # vLLM's reasoning parsers, of a model that does not reason this time
        text, thought = thought, ""
    counts = usage if isinstance(usage, Mapping) else {}
    reasoned = bool(thought.strip()) or "</think>" in text
    completion = Completion(text=text, refusal=str(refusal or ""), reasoned=reasoned, finish=finish, **_tokens(counts))
    if finish in ("", "stop") and not (text.strip() or refusal or completion.tokens_out):
        raise CallError("the endpoint answered with nothing", kind="server")
    return completion


def _finish(told: str) -> str:
    """Say why the model stopped in the words that OpenAI uses.

    Raises:
        CallError: it did not stop, its server did.
    """
    word = told.lower()
    if word in _BROKEN:
        raise CallError(f"the endpoint did not finish the completion: {word}", kind="server")
    return "length" if word in _CUT else "content_filter" if word in _STOPPED else word


def _tokens(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was used; no prompt has no tokens, so a 0 says that the endpoint did not count."""
    told_in, told_out, total = (
        _count(counts.get(name)) for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )
    cost = counts.get("cost")
    told: dict[str, Any] = {"cost_usd": float(cost) if isinstance(cost, int | float) else None}
    if not told_in:
        return {**told, "tokens_out": told_out or None}
    if told_out is not None and total is not None:
        told_out = max(told_out, total - told_in)  # xAI counts reasoning in the total only
    cached = (counts.get("prompt_tokens_details") or {}).get("cached_tokens") or counts.get("prompt_cache_hit_tokens")
    return {**told, "tokens_in": told_in, "tokens_out": told_out, "tokens_cached": min(_count(cached) or 0, told_in)}


def _arguments(calls: Any) -> str | None:
    """Return the arguments of the answering call; a model that has one tool and misnames it means that one."""
    functions = [
        call.get("function") for call in (calls if isinstance(calls, list) else ()) if isinstance(call, Mapping)
    ]
    named = [function for function in functions if isinstance(function, Mapping)]
    for function in sorted(named, key=lambda function: function.get("name") != ANSWER)[:1]:
        arguments = function.get("arguments")
        return arguments if isinstance(arguments, str) else json.dumps(arguments)
    return None


def _text(content: Any) -> str:
    if isinstance(
        content, list
    ):  # content parts; those of other types, as Mistral's "thinking", have no text of their own
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _disguised(error: Any) -> CallError:
    """Some endpoints answer 200 and put the error in the body."""
    told = error if isinstance(error, Mapping) else {"message": error}
    code = told.get("code")
    status = int(code) if isinstance(code, int | str) and str(code).isdecimal() else 500
    details = json.dumps(told.get("metadata")) if told.get("metadata") else ""
    text = f"{told.get('message')} {details}".strip()
    return refused(status, text, prefix="the endpoint answered with an error: ")
