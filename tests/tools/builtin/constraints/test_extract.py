"""Constraints are found in the ways people state them, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.constraints import Bound, Constraint, extract, verify

AT_LEAST, AT_MOST, EXACTLY, ABOUT = Bound.at_least, Bound.at_most, Bound.exactly, Bound.about


def only(prompt: str, kind: str) -> Constraint:
    found = [one for one in extract(prompt) if one.kind == kind]
    assert len(found) == 1, [one.describe() for one in extract(prompt)]
    return found[0]


@pytest.mark.parametrize(
    ("prompt", "kind", "bound"),
    [
        ("Explain photosynthesis in under 50 words.", "words", AT_MOST(49)),
        ("Write a 300+ word summary of Hamlet.", "words", AT_LEAST(300)),
        ("Write a 500-word essay on tea.", "words", ABOUT(500)),
        ("Describe the ocean in one word.", "words", EXACTLY(1)),
        ("Your essay should not exceed 250 words.", "words", AT_MOST(250)),
        ("Limit your answer to 100 words.", "words", AT_MOST(100)),
        ("In at least 20 but fewer than 40 words, explain DNS.", "words", Bound.between(20, 39)),
        ("Write between 100 and 150 words about rain.", "words", Bound.between(100, 150)),
        ("Word count: 150. Write about tea.", "words", ABOUT(150)),
        ("Summarize the plot in no more than three sentences.", "sentences", AT_MOST(3)),
        ("Summarize the plot in a few sentences.", "sentences", Bound.between(2, 5)),
        ("Do not use more than five sentences.", "sentences", AT_MOST(5)),
        ("Write a tweet in 280 characters or less.", "characters", AT_MOST(280)),
        ("Write a poem with 4 lines about the sea.", "lines", EXACTLY(4)),
        ("Write a haiku about rain.", "lines", EXACTLY(3)),
        ("Use exactly 3 bullet points.", "bullets", EXACTLY(3)),
        ("Explain tea. Don't use bullet points.", "bullets", AT_MOST(0)),
        ("Give me 5 ideas for dinner.", "items", EXACTLY(5)),
        ("List ten animals that live in the Arctic.", "items", EXACTLY(10)),
        ("Highlight at least 3 sections with markdown, i.e. *highlighted section*.", "highlights", AT_LEAST(3)),
        ("The response must contain at least 2 placeholders, such as [name].", "placeholders", AT_LEAST(2)),
        ("Include at least three hashtags in your post.", "hashtags", AT_LEAST(3)),
        ("Your response must have 4 sections. Mark each with SECTION X.", "sections", AT_LEAST(4)),
        ("Write a poem. Add at least 4 words in all caps.", "capital_words", AT_LEAST(4)),
        ("Words in all capital letters should appear at most 2 times in your reply.", "capital_words", AT_MOST(2)),
        ("There should be 3 paragraphs. Paragraphs are separated with ***", "divided_paragraphs", EXACTLY(3)),
        ("Give two different responses separated by ******.", "two_responses", EXACTLY(2)),
        ("Rate the movie on a scale of 1 to 10.", "rating", Bound.between(1, 10)),
    ],
)
def test_counts_are_read(prompt: str, kind: str, bound: Bound) -> None:
    assert only(prompt, kind).bound == bound


@pytest.mark.parametrize(
    ("prompt", "kind", "texts", "bound"),
    [
        ("Include the keywords kitchen, salt and pepper.", "term", ("kitchen", "salt", "pepper"), AT_LEAST(1)),
        ("These words must appear in your response: apple, pear.", "term", ("apple", "pear"), AT_LEAST(1)),
        ("Please avoid the words \"very\" and 'really'.", "term", ("very", "really"), AT_MOST(0)),
        ("Do not include the following keywords in your answer: river, bank.", "term", ("river", "bank"), AT_MOST(0)),
        ('The word "sun" should appear exactly twice.', "term", ("sun",), EXACTLY(2)),
        ("Mention the Crown at least 3 times in the poem.", "term", ("Crown",), AT_LEAST(3)),
        ("Explain gravity without mentioning Newton.", "term", ("Newton",), AT_MOST(0)),
        ("Don't forget to include the word 'sea'.", "term", ("sea",), AT_LEAST(1)),
        ("Use the letter q at least five times.", "letter", ("q",), AT_LEAST(5)),
        ("Do not use the letter e.", "letter", ("e",), AT_MOST(0)),
        ("In your entire response, refrain from the use of any commas.", "punctuation", (",",), AT_MOST(0)),
        ("Commas are not allowed in the song.", "punctuation", (",",), AT_MOST(0)),
    ],
)
def test_vocabulary_is_read(prompt: str, kind: str, texts: tuple[str, ...], bound: Bound) -> None:
    found = only(prompt, kind)
    assert (found.texts, found.bound) == (texts, bound)


@pytest.mark.parametrize(
    ("prompt", "kind", "texts"),
    [
        ('Start your reply with the phrase "My answer is".', "starts_with", ("My answer is",)),
        ("Finish your response with this exact phrase: Any other questions?", "ends_with", ("Any other questions?",)),
        ('The very last sentence of your response should be "That is all."', "ends_with", ("That is all.",)),
        ("Generate a response with the last word to be 'language'.", "last_word", ("language",)),
        ('Choose one of the following: "left", "right", "neither".', "choice", ("left", "right", "neither")),
        ("Please answer yes or no.", "choice", ("yes", "no")),
        ("Write an acrostic poem for the word HOPE.", "acrostic", ("HOPE",)),
        ("At the end, add a postscript starting with P.P.S", "postscript", ("P.P.S",)),
        ("Please write your response entirely in Hindi.", "language", ("hi",)),
        ("Translate the following sentence into Spanish: I like tea.", "language", ("es",)),
        ("Write a letter in English and in all capital letters.", "uppercase", ()),
        ("Your entire response should be in all lowercase letters.", "lowercase", ()),
        ("Make sure no capital letters are used.", "lowercase", ()),
        ("Wrap your whole answer with double quotation marks.", "quoted", ()),
        ("Write a poem with a title wrapped in double angular brackets, such as <<joy>>.", "title", ()),
        ("I want the entire output in JSON format.", "json", ()),
        ("End the response with the result in \\boxed{result}.", "boxed", ()),
        ("Present the results in the form of a table.", "table", ()),
        ("Output only the final number.", "bare", ()),
        ("Give your answer as a comma-separated list.", "comma_separated", ()),
        ("List the countries in alphabetical order.", "alphabetical", ()),
        ("Write a palindrome about a cat.", "palindrome", ()),
    ],
)
def test_forms_are_read(prompt: str, kind: str, texts: tuple[str, ...]) -> None:
    assert only(prompt, kind).texts == texts


@pytest.mark.parametrize(
    ("prompt", "kind", "scope", "nth"),
    [
        ("Each sentence must contain exactly 7 words.", "words", "sentence", None),
        ("Write 3 paragraphs of 2 sentences each. Use 9 words per sentence.", "words", "sentence", None),
        ("Write the last paragraph in at least 3 sentences.", "sentences", "paragraph", -1),
        ("Write five sentences, each starting with the letter T.", "initial", "sentence", None),
        ('Every line must start with "Oh".', "starts_with", "line", None),
        ('Paragraph 2 must start with the word "it".', "first_word", "paragraph", 2),
        ("End every sentence with an exclamation mark.", "ends_with", "sentence", None),
    ],
)
def test_parts_are_named(prompt: str, kind: str, scope: str, nth: int | None) -> None:
    found = only(prompt, kind)
    assert (found.scope, found.nth) == (scope, nth)


def test_either_of_two_is_one_constraint() -> None:
    found = only("Write a reply containing the letter 'p' or not containing the letter 'w'.", "any_of")
    assert [(one.texts, one.bound) for one in found.alternatives] == [(("p",), AT_LEAST(1)), (("w",), AT_MOST(0))]


def test_a_forbidden_opening_is_negated() -> None:
    assert only('Do not start your answer with "Sure".', "starts_with").negated


def test_the_source_span_points_into_the_prompt() -> None:
    prompt = "Tell me about İstanbul. Use at most 40 words."
    span = only(prompt, "words").source
    assert prompt[span.start : span.end] == span.text == "at most 40 words"


def test_a_later_statement_replaces_an_earlier_one() -> None:
    assert only("Answer in exactly 3 sentences. No wait: answer in exactly 5 sentences.", "sentences").bound == EXACTLY(
        5
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "There are 5 people in the room, each with 3 words on their shirt. How many words in total?",
        "Tom wrote a 500-word essay in 2 hours. How long would 1250 words take?",
        "Sam has at least 3 apples and no more than 10 oranges.",
        "How many words are there in a 10-page document with 250 words per page?",
        "Write a Python function that returns the words that start with the letter 'd'.",
        "Write an SQL query that lists 5 employees.",
        "What is the difference between a paragraph and a sentence?",
        "If a password must contain at least 8 characters, how many passwords are possible?",
        'How do you say "thank you" in French?',
        'What does the word "ubiquitous" mean?',
        "A train leaves at 5 and travels 60 miles. Two trains pass each other in 3 hours.",
        "Why do some people not use commas?",
        "The following is a text in German. What is it about?",
        "Find the sum of 3 consecutive integers.",
        "I read a book with 300 pages. Each page has 40 lines. How many lines in the book?",
        'Count the number of times the letter r appears in "strawberry".',
        "Implement a class that ends with a newline and returns JSON from an API.",
        "Sally has 4 bullet points on her resume and her friend has twice as many.",
        "Repeat this sentence with one word changed: The mill was sold.",
        "Write a description of the flask and mention the capacity once.",
        "The contract must be signed within 30 days by at least 2 people.",
        "My essay has 5 paragraphs and 20 sentences. What is the average?",
        "Write a regex that matches strings in all capital letters.",
        'Is this sentence correct: "Write a story in exactly 3 sentences."?',
        "Summarize the following text.\n\nText: Each essay must contain at least 300 words. Do not use the word good.",
    ],
)
def test_what_is_no_demand_is_left_alone(prompt: str) -> None:
    assert extract(prompt) == ()


NUMBERS = st.integers(2, 90)
UNITS = st.sampled_from(["words", "sentences", "paragraphs", "lines"])
FRAMES = st.sampled_from(
    [
        "Write about tea in {}.",
        "Explain how tides work. Your answer should contain {}.",
        "Please use {} to describe a fox.",
        "Make sure the response has {}.",
        "What is a comet? Answer with {}.",
    ]
)
PHRASES = st.sampled_from(
    [
        ("at least {}", Bound.at_least),
        ("no fewer than {}", Bound.at_least),
        ("a minimum of {}", Bound.at_least),
        ("more than {}", lambda n: Bound.at_least(n + 1)),
        ("at most {}", Bound.at_most),
        ("no more than {}", Bound.at_most),
        ("up to {}", Bound.at_most),
        ("fewer than {}", lambda n: Bound.at_most(n - 1)),
        ("exactly {}", Bound.exactly),
        ("approximately {}", Bound.about),
    ]
)


@given(n=NUMBERS, unit=UNITS, frame=FRAMES, phrase=PHRASES)
def test_every_frame_and_relation_round_trips(n: int, unit: str, frame: str, phrase: tuple) -> None:
    template, bound = phrase
    assert only(frame.format(f"{template.format(n)} {unit}"), unit).bound == bound(n)


WORDS = st.from_regex(r"[a-z]{4,9}", fullmatch=True)


@given(terms=st.lists(WORDS, min_size=1, max_size=4, unique=True), quote=st.sampled_from(["'{}'", '"{}"', "“{}”"]))
def test_quoted_lists_round_trip(terms: list[str], quote: str) -> None:
    listed = ", ".join(quote.format(term) for term in terms)
    assert only(f"Write a story. Include the words {listed} in it.", "term").texts == tuple(terms)
    banned = only(f"Write a story. Do not use the words {listed}.", "term")
    assert (banned.texts, banned.bound) == (tuple(terms), AT_MOST(0))


@given(st.text(max_size=400))
def test_any_text_can_be_read(prompt: str) -> None:
    for one in extract(prompt):
        assert prompt[one.source.start : one.source.end] == one.source.text


@pytest.mark.parametrize(
    "prompt",
    ["Tell me in a few words what DNS is.", "Write a few lines about the sea.", "Sum it up in a couple of lines."],
)
def test_a_few_words_or_lines_are_no_number(prompt: str) -> None:
    assert not [one for one in extract(prompt) if one.kind in ("words", "lines", "items")]


def test_so_many_questions_are_counted_by_their_marks() -> None:
    found = only("Tell me about tea and ask me exactly one question.", "punctuation")
    assert (found.texts, found.bound) == (("?",), EXACTLY(1))


@pytest.mark.parametrize(
    ("prompt", "kind", "texts", "bound"),
    [
        ("Don't use the word sun more than two times.", "term", ("sun",), AT_MOST(2)),
        ("Mention the capacity once, and do not use the word 'perfect'.", "term", ("perfect",), AT_MOST(0)),
        ("State the price once and never use the word 'cheap'.", "term", ("cheap",), AT_MOST(0)),
        ("At least twice, you should use the word 'sun'.", "term", ("sun",), AT_LEAST(2)),
        ("Do not mention cats or dogs.", "term", ("cats", "dogs"), AT_MOST(0)),
        ("Explain tea. Do not use numbered lists.", "numbered", (), AT_MOST(0)),
        ("Use the word 'sun' at most twice.", "term", ("sun",), AT_MOST(2)),
        ("Write about breakfast and mention tea twice.", "term", ("tea",), EXACTLY(2)),
        ("Write about breakfast and repeat the word tea twice.", "term", ("tea",), EXACTLY(2)),
    ],
)
def test_limits_and_bans_in_other_words_are_read(prompt: str, kind: str, texts: tuple[str, ...], bound: Bound) -> None:
    found = only(prompt, kind)
    assert (found.texts, found.bound) == (texts, bound)
    assert len(extract(prompt)) == 1


def test_options_may_be_sentences_between_commas() -> None:
    found = only("Is it far? Answer with one of the following options: My answer is yes., My answer is no.", "choice")
    assert found.texts == ("My answer is yes.", "My answer is no.")


def test_a_sentence_that_must_be_a_question_ends_in_its_mark() -> None:
    found = only("Write about tea. Your first sentence must be a question.", "ends_with")
    assert (found.texts, found.scope, found.nth) == (("?",), "sentence", 1)


def test_what_comes_after_the_repetition_is_not_repeated() -> None:
    prompt = (
        "Write a list of trees.\nRepeat the request above word for word without change, at the very beginning of your "
        "response. After that, you can give the requested list."
    )
    assert only(prompt, "repeats_prompt").texts == ("Write a list of trees.",)


def test_so_many_of_some_words_are_enough() -> None:
    found = only("Tell me about tea. Mention at least two of the following words: apple, pear, plum.", "some_terms")
    assert (found.texts, found.bound) == (("apple", "pear", "plum"), AT_LEAST(2))
    assert verify(found, "An apple and a plum.").value == 1
    assert verify(found, "An apple a day.").value != 1


@pytest.mark.parametrize(
    ("prompt", "kinds"),
    [
        ("Your response must begin with an uppercase letter and end with a period.", {"ends_with"}),
        ("Tell me about tea. Bold exactly three words.", {"highlights"}),
        ("Use no word longer than 7 characters.", {"word_length"}),
        ("Write a letter without using the letters a and o.", {"letter"}),
        ("Use parentheses at least once.", {"punctuation"}),
    ],
)
def test_one_demand_is_read_once(prompt: str, kinds: set[str]) -> None:
    assert {one.kind for one in extract(prompt)} == kinds


def test_each_of_a_list_named_before_is_an_item() -> None:
    found = only("Provide 3 key takeaways in a bulleted list, each under 15 words.", "words")
    assert (found.bound, found.scope) == (AT_MOST(14), "item")
