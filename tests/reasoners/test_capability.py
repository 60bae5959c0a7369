import pytest

from rubrica.reasoners.capability import Capability


@pytest.mark.parametrize(
    ("known", "rejection", "learned"),
    [
        (Capability(), "response_format.type: json_schema is not supported", Capability(form="tool")),
        (Capability(), "Invalid parameter: 'guided_json' needs a grammar backend", Capability(form="tool")),
        (Capability(form="tool"), '"auto" tool choice requires --enable-auto-tool-choice', Capability(form="text")),
        (Capability(), "Unsupported parameter: 'max_tokens' ... use 'max_completion_tokens' instead.", "limit"),
        (Capability(), "temperature is not supported with this model", Capability(dropped=frozenset({"temperature"}))),
        (Capability(), "model not found", None),
        (Capability(form="text"), "response_format is not supported", None),
        (Capability(), "System role not supported", Capability(system=False)),
        (Capability(), "Developer instruction is not enabled for models/gemma-3-27b-it", Capability(system=False)),
        (Capability(), "Conversation roles must alternate user/assistant/user/assistant/...", Capability(system=False)),
        (Capability(), "'messages[0].role' does not support 'system' with this model.", Capability(system=False)),
        (Capability(system=False), "System role not supported", None),
        (Capability(), "Invalid schema for response_format 'author': 144 parameters exceed", Capability(form="tool")),
        (Capability(), "Schemas contains too many parameters with union types", Capability(form="tool")),
        (Capability(form="tool"), "deepseek-reasoner does not support this tool_choice", Capability(form="text")),
        (Capability(form="tool"), "tools param requires --jinja flag", Capability(form="text")),
    ],
)
def test_a_rejection_teaches_what_it_says(known, rejection, learned):
    expected = Capability(limit_name="max_completion_tokens") if learned == "limit" else learned
    assert known.after(rejection) == expected


LIMITS = {
    "max_tokens is too large: 65536. This model supports at most 16384 completion tokens, not 65536.": 16384,  # OpenAI
    "max_tokens: 65536 > 8192, which is the maximum allowed number of output tokens": 8192,  # Anthropic
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]": 8192,  # DeepSeek
    "a maxOutputTokens value of 65536 but the supported range is from 1 (inclusive) to 8193 (exclusive).": 8192,
    "`max_tokens` must be less than or equal to `8192`": 8192,  # Groq
    "max_tokens must be positive": None,
}


@pytest.mark.parametrize("rejection", LIMITS)
def test_a_limit_of_replies_is_read_from_the_rejection(rejection):
    learned = Capability().after(rejection, room=65536)
    assert (learned.room if learned else None) == LIMITS[rejection]
