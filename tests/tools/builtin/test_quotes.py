"""Quotations are held against the source; what the answer proposes in quotation marks is none."""

from collections.abc import Callable

import pytest

from rubrica.tools.builtin.quotes import quotations

Value = Callable[..., float | None]
SOURCE = 'Proofread the following letter:\n"Dear sir, the dog barks on night and I can not sleep because of it."'


@pytest.mark.parametrize(
    ("answer", "quoted"),
    [
        ('You wrote "the dog barks on night", it should be "the dog barks at night".', ["the dog barks on night"]),
        ('Change "I can not sleep" to "I cannot sleep now".', ["I can not sleep"]),
        ('"the dog barks on night" -> "the dog barks at night"', ["the dog barks on night"]),
        ('Corrected: "The dog barks at night."', []),
        ('A better version would be "I cannot get any sleep".', []),
        ('The letter says "the dog barks all day".', ["the dog barks all day"]),
        ('It could be argued that "a dog must bark".', ["a dog must bark"]),
        ('```\nprint("the dog barks on night")\n```', []),
        ('Replace it with "a small red house".', []),
    ],
)
def test_only_what_is_cited_is_a_quotation(answer: str, quoted: list[str]) -> None:
    assert [span.text for span in quotations(answer)] == quoted


def test_a_correction_is_no_false_quotation(value: Value) -> None:
    right = 'You wrote "the dog barks on night", it should be "the dog barks at night".'
    assert value("quotes", SOURCE, right) == 1
    assert value("quotes", SOURCE, 'The letter says "the dog barks all day long".') == 0
