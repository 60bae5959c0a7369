"""What a person tells and what only rules the form is no open part; a question or a command about content is."""

import pytest

from rubrica.tools.commanded import asks_content


@pytest.mark.parametrize(
    "piece",
    [
        "I'm designing a board game for my nephews.",
        "My sister wants to sell the old piano.",
        "I can't find the energy to follow anything.",
        "Two farmers compare the weight of their pumpkins.",
        "The list of guests was lost.",
        "Exactly 4 numbered lines, each ending with a comma",
        "Each paragraph must have fewer than 3 sentences.",
        'Use the word "harbour" at least four times.',
        "Write a very short poem (20 to 40 words) entirely in capital letters.",
    ],
)
def test_statements_and_rules_of_form_ask_for_no_content(piece: str) -> None:
    assert not asks_content(piece)


@pytest.mark.parametrize(
    "piece",
    [
        "Explain how a heat exchanger works.",
        "please also describe the harbour of Genoa",
        "I need you to compare both boilers.",
        "Could you list three tunnels under the Alps",
        "how do locks lift a barge",
        "Is a whale a fish?",
        "Mention the harbour in the second paragraph.",
    ],
)
def test_questions_and_commands_ask_for_content(piece: str) -> None:
    assert asks_content(piece)
