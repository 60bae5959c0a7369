"""What can be measured of a text: some ninety measures by name, each documented and with a fixed map to [0, 1].

Counts x become x / (x + scale), where the scale is a usual value, so that a usual text lies near one half; shares stay
as they are. Length is told on a second scale as well: by the stretches of four times, each doubling an equal step, so
that it counts as much among long texts as among short ones. All maps are monotone: a preference fitted on the value
orders texts as the measure does.
"""

from typing import Literal, get_args

Name = Literal[
    "words", "characters", "sentences", "paragraphs", "lines", "bullets", "numbered", "headings", "bold",
    "code_blocks", "inline_code", "links", "table_rows", "equations", "emoji", "questions", "exclamations",
    "quotations", "parentheses", "colons", "numbers", "names", "list_share", "code_share", "digit_share",
    "uppercase_share", "punctuation_share", "non_ascii_share", "commas_per_sentence", "mean_sentence",
    "longest_sentence", "first_sentence", "sentence_variation", "mean_word", "long_words", "function_share",
    "type_token", "repeated", "words_per_paragraph", "mean_line", "ends_asking", "ends_properly", "starts_lower",
    "starts_yes_no", "title", "specificity", "imperatives", "self_reference", "closing", "padding", "hedge",
    "booster", "connective", "causal", "example", "apology", "caution", "empathy", "evidence", "contrast",
    "negation", "modal", "first_person", "plural_person", "second_person", "third_person", "question_word",
    "step", "conclusion", "vivid", "vague", "harm_content", "prompt_recall", "prompt_share",
    "first_sentence_recall", "length_ratio", "source_share", "source_recall", "length_2_to_8", "length_8_to_32",
    "length_32_to_128", "length_128_to_512", "length_512_to_2048", "starts_article", "starts_self", "starts_you",
    "starts_pointing", "starts_number", "starts_quote", "starts_prompt_word", "starts_lead_in",
]  # fmt: skip
"""The names of all measures."""

_COUNTS: dict[str, tuple[float, str]] = {
    "words": (100, "words"),
    "characters": (600, "characters"),
    "sentences": (6, "sentences"),
    "paragraphs": (3, "blocks between blank lines"),
    "lines": (6, "lines that hold anything"),
    "bullets": (4, "bulleted lines"),
    "numbered": (4, "numbered lines"),
    "headings": (2, "Markdown headings"),
    "bold": (3, "bold runs"),
    "code_blocks": (1, "fenced code blocks"),
    "inline_code": (3, "runs of inline code"),
    "links": (1, "web addresses and Markdown links"),
    "table_rows": (4, "Markdown table rows"),
    "equations": (3, "equations: = between terms, or LaTeX math"),
    "emoji": (1, "emoji"),
    "questions": (1, "question marks"),
    "exclamations": (1, "exclamation marks"),
    "quotations": (2, "quoted runs"),
    "parentheses": (2, "opening parentheses"),
    "colons": (3, "colons"),
    "numbers": (5, "numbers in digits"),
    "names": (4, "capitalised names and acronyms"),
    "commas_per_sentence": (1.5, "commas a sentence"),
    "mean_sentence": (16, "words a sentence"),
    "longest_sentence": (28, "words of the longest sentence"),
    "first_sentence": (14, "words of the first sentence"),
    "sentence_variation": (8, "standard deviation of sentence lengths in words"),
    "mean_word": (4.7, "letters a word"),
    "words_per_paragraph": (40, "words a paragraph"),
    "mean_line": (20, "words a line"),
    "length_ratio": (2, "words over words of the prompt"),
}
PER_HUNDRED: dict[str, tuple[float, str]] = {
    "self_reference": (1, "the model talking of itself as a model"),
    "closing": (1, "ready-made closings"),
    "padding": (1, "phrases without content"),
    "hedge": (2, "hedges (perhaps, I think)"),
    "booster": (2, "boosters (clearly, always)"),
    "connective": (4, "connectives (however, because)"),
    "causal": (1.5, "words of cause and consequence"),
    "example": (1, "announced examples"),
    "apology": (1, "apologies"),
    "caution": (2, "words of caution, law, risk and help"),
    "empathy": (1, "words of sympathy"),
    "evidence": (1, "appeals to sources and studies"),
    "contrast": (2, "words that weigh sides"),
    "negation": (2, "negations"),
    "modal": (2, "should, must, need to"),
    "first_person": (2, "I, me, my"),
    "plural_person": (2, "we, us, our"),
    "second_person": (3, "you, your"),
    "third_person": (3, "he, she, they"),
    "question_word": (2, "question words"),
    "step": (2, "words of sequence"),
    "conclusion": (1, "words that conclude"),
    "vivid": (1, "words of image and feeling"),
    "vague": (3, "words that could mean anything"),
    "harm_content": (1, "words of weapons, theft and evasion"),
}
_SHARES: dict[str, str] = {
    "list_share": "share of lines that are list items",
    "code_share": "share of characters in fenced code",
    "digit_share": "share of characters that are digits",
    "uppercase_share": "share of letters in upper case",
    "punctuation_share": "share of characters that are neither letters, digits nor white space",
    "non_ascii_share": "share of characters outside ASCII",
    "long_words": "share of words of seven letters and more",
    "function_share": "share of words that carry grammar rather than content",
    "type_token": "distinct words over words, in the first 200 words",
    "repeated": "share of content words used before in the text",
    "ends_asking": "1 when the text ends in a question mark",
    "ends_properly": "1 when the text ends in a mark that ends sentences, fences or brackets",
    "starts_lower": "1 when the first letter is in lower case",
    "starts_yes_no": "1 when the first word is yes or no",
    "title": "1 when the first line is short, has no full stop and more follows",
    "specificity": "numbers and names over words",
    "imperatives": "share of sentences that open with a verb of instruction",
    "prompt_recall": "share of the instruction's content words that the text uses",
    "prompt_share": "share of the text's content words that stand in the prompt",
    "first_sentence_recall": "share of the instruction's content words in the text's first sentence",
    "source_share": "share of the text's content words that stand in the source; null without a source",
    "source_recall": "share of the source's content words that the text uses; null without a source",
}
STRETCHES: dict[str, tuple[int, int]] = {f"length_{low}_to_{4 * low}": (low, 4 * low) for low in (2, 8, 32, 128, 512)}
"""Stretches of length in words: a text below one measures 0 on it, beyond it 1."""
STARTS: dict[str, tuple[str, frozenset[str]]] = {
    "starts_article": ("the, a or an", frozenset({"the", "a", "an"})),
    "starts_self": ("I or we", frozenset({"i", "we", "i'm", "i’m", "i'd", "i’d", "i've", "i’ve", "i'll", "i’ll"})),
    "starts_you": ("you", frozenset({"you", "your"})),
    "starts_pointing": (
        "a pronoun that points: it, this, there, they",
        frozenset({"it", "it's", "it’s", "this", "that", "these", "those", "there", "he", "she", "they"}),
    ),
    "starts_lead_in": (
        "a lead-in: here, sure, certainly, okay",
        frozenset({"here", "here's", "here’s", "sure", "certainly", "absolutely", "of", "ok", "okay", "great"}),
    ),
}
"""First words by kind."""
_STRETCHED = {
    name: f"how far the text goes from {low} to {high} words (each doubling an equal step)"
    for name, (low, high) in STRETCHES.items()
}
_STARTING = {name: f"1 when the first word is {doc}" for name, (doc, _) in STARTS.items()} | {
    "starts_number": "1 when the text opens with a digit",
    "starts_quote": "1 when the text opens with a quotation mark",
    "starts_prompt_word": "1 when the first word is a content word of the prompt",
}
MEASURES: dict[str, str] = {
    **{name: f"how many: {doc}" for name, (_, doc) in _COUNTS.items()},
    **{name: f"per hundred words: {doc}" for name, (_, doc) in PER_HUNDRED.items()},
    **_SHARES,
    **_STRETCHED,
    **_STARTING,
}
"""Every measure by name, with what it counts."""
_SCALES = {name: scale for name, (scale, _) in (_COUNTS | PER_HUNDRED).items()}


def squash(name: str, raw: float) -> float:
    """Map a measure to [0, 1]: x / (x + scale) for counts, the share itself for shares."""
    scale = _SCALES.get(name)
    return min(1.0, max(0.0, raw if scale is None else raw / (raw + scale)))


if set(get_args(Name)) != set(MEASURES):
    raise TypeError(f"measures without a name or doc: {sorted(set(get_args(Name)) ^ set(MEASURES))}")
