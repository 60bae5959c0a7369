"""An endpoint's answer in the OpenAI chat shape, whole or as server-sent events, becomes a `Completion`."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rubrica.reasoners.transport import ANSWER, TOLD, CallError, Completion, failure_of


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
    message = choices[0].get("message")
    if not isinstance(message, Mapping):
        raise CallError("the endpoint's answer holds no message", kind="server")
    return _completion(message, str(choices[0].get("finish_reason") or ""), data.get("usage"))


def completion_of_events(text: str) -> Completion:
    """Put the deltas of a streamed completion together.

    Raises:
        CallError: the stream holds an error, or ends before the completion does.
    """
    content, refusal, finish, usage = [], [], "", None
    calls: dict[int, dict[str, str]] = {}
    for event in _events(text):
        if event.get("error"):
            raise _disguised(event["error"])
        usage = event.get("usage") or usage
        for choice in (event.get("choices") or ())[:1]:
            delta = choice.get("delta") or {}
            content.append(_text(delta.get("content")))
            refusal.append(str(delta.get("refusal") or ""))
            finish = str(choice.get("finish_reason") or finish)
            for part in delta.get("tool_calls") or ():
                call = calls.setdefault(int(part.get("index") or 0), {"name": "", "arguments": ""})
                for key in call:
                    call[key] += str((part.get("function") or {}).get(key) or "")
    if not finish:
        raise CallError("the stream ended before the completion did", kind="connection")
    message = {"content": "".join(content), "refusal": "".join(refusal)}
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
    counts = usage if isinstance(usage, Mapping) else {}
    cached = (counts.get("prompt_tokens_details") or {}).get("cached_tokens")
    arguments = _arguments(message.get("tool_calls"))
    others = message.get("provider_specific_fields")  # where litellm keeps what is not in its own message type
    refusal = message.get("refusal") or (others.get("refusal") if isinstance(others, Mapping) else None)
    return Completion(
        text=_text(message.get("content")) if arguments is None else arguments,
        refusal=str(refusal or ""),
        finish=finish,
        tokens_in=_count(counts.get("prompt_tokens")),
        tokens_out=_count(counts.get("completion_tokens")),
        tokens_cached=_count(cached) or 0,
    )


def _arguments(calls: Any) -> str | None:
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping) and function.get("name") == ANSWER:
            arguments = function.get("arguments")
            return arguments if isinstance(arguments, str) else json.dumps(arguments)
    return None


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _disguised(error: Any) -> CallError:
    """Some endpoints answer 200 and put the error in the body."""
    told = error if isinstance(error, Mapping) else {"message": error}
    code = told.get("code")
    status = int(code) if isinstance(code, int | str) and str(code).isdecimal() else 500
    return CallError(f"the endpoint answered with an error: {str(told.get('message'))[:TOLD]}", kind=failure_of(status))
