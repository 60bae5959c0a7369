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
    ],
)
def test_a_rejection_teaches_what_it_says(known, rejection, learned):
    expected = Capability(limit_name="max_completion_tokens") if learned == "limit" else learned
    assert known.after(rejection) == expected
