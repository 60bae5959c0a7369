"""Demands on how words are used and how one part follows the other are found, and checked by counting."""

import pytest

from rubrica.tools.builtin.constraints import Constraint, extract, verify

AN_A = "Ann ate. Ben bakes."


def one(prompt: str) -> Constraint:
    found = extract(prompt)
    assert len(found) == 1, [each.describe() for each in found]
    return found[0]


@pytest.mark.parametrize(
    ("prompt", "good", "bad"),
    [
        ("Write about tea. No word may be used twice.", "Hot tea warms hands.", "Hot tea, cold tea."),
        ("Do not repeat any word in your answer.", "Red, green, blue.", "Red, green, red."),
        ("Do not use any word more than twice.", "Tea, tea, milk.", "Tea, tea, tea."),
        ("Use at least 5 unique words in your reply.", "One two three four five.", "One two three three three."),
        ("Use only words with at most four letters.", "The sea is calm.", "The ocean is calm."),
        ("No word should be longer than five letters.", "Small words only.", "Enormous words."),
        ("Every word must have exactly three letters.", "The cat ran.", "The cats ran."),
        ("Write all numbers as digits.", "I saw 3 cats.", "I saw three cats."),
        ("Spell out all numbers in the text.", "I saw three cats.", "I saw 3 cats."),
        ("Include at least 2 numbers in your answer.", "From 1999 to 2004.", "From 1999 on."),
        ("Write the answer in title case.", "The Old Man and the Sea", "The old man and the sea"),
        ("Do not use any spaces in your answer.", "one-two-three", "one two three"),
        ("Use no contractions.", "It is not here.", "It isn't here."),
        ("Stop words should make up no more than 40% of the words.", "Cold rain falls.", "It is in the rain of it."),
        ("The word count must be a multiple of 5.", "One two three four five.", "One two three."),
        ("Make sure no two sentences start with the same word.", AN_A, "Ann ate. Ann slept."),
        ("Begin each sentence with a different letter.", AN_A, "Ann ate. Abe slept."),
        ("No two consecutive words should share the same first letter.", "Big cats eat.", "Big bats eat."),
        (
            "The last word of each sentence must be the first word of the next sentence.",
            "I like tea. Tea is hot.",
            "I like tea. It is hot.",
        ),
        (
            "Each sentence must have one more word than the previous one.",
            "I run. You run fast. They all run home.",
            "I run. You run fast. They run.",
        ),
        ("Each sentence must be longer than the previous one.", "I run. You all run fast.", "You run fast. I run."),
        ("Each sentence must end with the same word it starts with.", "Tea is tea. Rain was rain.", "Tea is hot."),
        ("Each word must start with the next letter of the alphabet.", "A big cat dreams", "A big dog eats"),
        ("Alternate between uppercase and lowercase words.", "BIG cat SLEEPS now", "BIG cat sleeps now"),
        ("End every sentence with an emoji.", "Hi there 🎉. Bye now! 👋", "Hi there 🎉. Bye now."),
        ('The second sentence must contain the word "river".', "I sit. The river flows.", "The river flows. I sit."),
        ('Use the word "tea" in every paragraph.', "Tea is hot.\n\nI like tea.", "Tea is hot.\n\nI like milk."),
        ('Use the word "tea" in the last sentence.', "I sit. I drink tea.", "I drink tea. I sit."),
        ('Do not start any sentence with "I".', "It rains. You sit.", "It rains. I sit."),
        ('Do not use the word "very" more than once.', "It is very hot.", "It is very, very hot."),
        ("Use semicolons at least twice.", "One; two; three.", "One; two."),
        ('Write an acrostic poem that spells out "TEA".', "To sip\nEach day\nAlone", "To sip\nOn days\nAlone"),
    ],
)
def test_each_demand_tells_a_text_that_keeps_it_from_one_that_breaks_it(prompt: str, good: str, bad: str) -> None:
    demand = one(prompt)
    assert verify(demand, good).value == 1, demand.describe()
    assert (verify(demand, bad).value or 0.0) < 1, demand.describe()


@pytest.mark.parametrize(
    "prompt",
    [
        "Why do two sentences in a row start with the same word?",
        "Write a function that checks that no word is used twice.",
        "Explain what a contraction is.",
        "How many different words did Shakespeare use?",
        "Fix this text: each word must start with a capital.",
        "What is the last word of each sentence in the poem?",
    ],
)
def test_what_is_no_demand_on_the_answer_is_not_read_as_one(prompt: str) -> None:
    assert not [
        each
        for each in extract(prompt)
        if each.kind in {"word_uses", "unique_words", "distinct_starts", "no_contractions", "chain", "alphabet"}
    ]


def test_a_demand_on_openings_is_no_number_of_sentences() -> None:
    assert {each.kind for each in extract("Make sure no two sentences start with the same word.")} == {
        "distinct_starts"
    }
