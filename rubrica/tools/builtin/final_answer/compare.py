"""Whether two final answers are the same: exactly where both are numbers, by computer algebra where not."""

import re

from rubrica.tools.builtin.final_answer.extract import FinalAnswer
from rubrica.tools.builtin.final_answer.symbolic import equal_formulas
from rubrica.tools.builtin.numbers.equation import agree
from rubrica.tools.builtin.numbers.expression import Quantity

MAX_WORDS = 12


def same(gold: FinalAnswer, answer: FinalAnswer) -> bool | None:
    """Whether the answer is the gold answer; None when that cannot be told."""
    if gold.value is not None and answer.value is not None:
        return _same_number(gold, answer)
    if gold.kind in {"letter", "boolean"} or answer.kind in {"letter", "boolean"}:
        return gold.normal == answer.normal if gold.kind == answer.kind else _same_words(gold, answer)
    if _formula(gold) == _formula(answer):
        return True
    if gold.kind in {"expression", "number"} and answer.kind in {"expression", "number"}:
        return equal_formulas(_formula(gold), _formula(answer))
    return _same_words(gold, answer)


def _same_number(gold: FinalAnswer, answer: FinalAnswer) -> bool:
    assert gold.value is not None
    assert answer.value is not None
    decimals = len(answer.text.partition(".")[2]) if re.fullmatch(r"-?[\d,]*\.\d+", answer.text) else 0
    if agree(gold.value, answer.value, Quantity(answer.value, decimals)):
        return True
    if gold.percent != answer.percent:  # one writes 20%, the other 0.2
        a, b = (gold.value, answer.value * 100) if gold.percent else (gold.value * 100, answer.value)
        return agree(a, b, Quantity(b, decimals))
    return False


def _formula(answer: FinalAnswer) -> str:
    text = answer.text.strip(" $.")
    text = re.sub(r"\\(?:left|right|,|;|!| )", "", text)
    text = re.sub(r"\\[dt]frac", r"\\frac", text)
    return re.sub(r"\s{1,20}", "", text)


def _same_words(gold: FinalAnswer, answer: FinalAnswer) -> bool | None:
    """Equal words are equal; short answers without a word in common differ; anything between is left open."""
    wanted, said = (re.findall(r"\w+", item.normal.lower()) for item in (gold, answer))
    if wanted == said:
        return True
    if not wanted or not said or max(len(wanted), len(said)) > MAX_WORDS:
        return None
    return None if set(wanted) & set(said) else False
