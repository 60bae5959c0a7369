"""What kind of task a prompt sets, read from the prompt alone: the conditions under which skills apply.

Cues are words in commanding position ("please list", "can you rewrite"), question forms and what the prompt carries
(source, code, options). A cue must stand in the instruction: words of a passage that is handed over say nothing.
"""

import re
from functools import lru_cache

from rubrica.tools import lexicon
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.builtin.language import identify
from rubrica.tools.harm import is_harmful_request, is_sensitive
from rubrica.tools.passage import source_of, split_prompt
from rubrica.tools.text import read
from rubrica.types import TaskFeatures, TaskView

_CUES = lexicon.patterns("features")
_MAKE = lexicon.words("words")["make"]
_CODE = re.compile(
    r"```[ ]?(?:python|java|c\b|cpp|c\+\+|js|javascript|ts|go|rust|sql|bash|html|css|php|ruby)"
    r"|^[ \t]*(?:def|class) \w+[ ]?[(:]|^[ \t]*(?:import [\w.]+|from [\w.]+ import .+)$|#include[ ]?<"
    r"|\bpublic (?:static|class)\b|\bfunction \w+[ ]?\(|\bSELECT\b.{1,200}\bFROM\b|\[PYTHON\]|\bconsole\.log\("
    r"|\bprint\(.{1,200}\)"
    r"|^[ \t]*(?:for|while|if)[ ]?\(.{1,100}\)[ ]?\{|;[ \t]*\n[ \t]*\w.{0,200};[ \t]*$",
    re.MULTILINE,
)
_EXPRESSION = re.compile(
    r"\d[ ]?[-+*/×÷^][ ]?\(?-?\d|\\(?:frac|sqrt|sum|int|cdot|boxed|le|ge|pi|theta)\b|\$[^$\n]{1,200}\$"
)
_OPTION = re.compile(r"(?:^|\s)(?:\(([A-Ea-e1-5])\)|([A-E])[.):])\s+\S")
_CODE_BLOCK = re.compile(r"```.*?(?:```|\Z)|\[PYTHON\].*?(?:\[/PYTHON\]|\Z)", re.DOTALL)
_EXAMPLES = re.compile(r">>>|\bassert\b|➞|==>|\bExamples?\b")
_KINDS = ("asks_choice", "asks_translation", "asks_classification", "asks_completion", "asks_list", "asks_format")
_MANNERS = ("asks_steps", "asks_roleplay", "asks_explanation", "asks_how_to", "asks_advice", "asks_opinion")
_OF_SOURCE = ("asks_summary", "asks_rewrite", "asks_extraction")


def task_features(view: TaskView, *, constraints: int = 0, computable: bool = False) -> TaskFeatures:
    """Say what kind of task this is. `constraints` and `computable` are counted by checks that live elsewhere."""
    turns = tuple(message.text for message in view.messages if message.role == "user")
    prompt = view.prompt
    found = _features(prompt, source_of(view), turns[-4:-1])
    answered = any(message.role == "assistant" for message in view.messages[:-1])
    return found.model_copy(
        update={
            "has_constraints": constraints > 0,
            "constraints": constraints,
            "has_reference": view.reference is not None,
            "has_tests": found.has_tests or bool(view.tests),
            "computable": computable,
            "multi_turn": answered,
        }
    )


@lru_cache(maxsize=512)
def _features(prompt: str, source: str, earlier: tuple[str, ...]) -> TaskFeatures:
    instruction = _CODE_BLOCK.sub("\n", split_prompt(prompt).instruction)
    if len(instruction) > 4000:
        instruction = instruction[:2500] + "\n" + instruction[-1500:]
    words = len(read(prompt).words)
    code = _CODE.search(prompt) is not None
    kinds = {
        **_products(instruction, has_source=bool(source), has_code=code, shows_task=_shows_task(prompt)),
        **_questions(instruction, words=words, followed=bool(earlier)),
    }
    if kinds["asks_code"] or kinds["asks_math"] or source or code:
        kinds["asks_fact"] = False
    return TaskFeatures(
        **kinds,
        has_code=code,
        has_source=bool(source),
        has_tests=code and _EXAMPLES.search(prompt) is not None,
        sensitive=is_sensitive(instruction) or any(is_sensitive(turn) for turn in earlier),
        harmful_request=not kinds["asks_math"]
        and (is_harmful_request(instruction) or (words <= 40 and any(map(is_harmful_request, earlier)))),
        words=words,
        source_words=len(read(source).words) if source else 0,
        language=identify(instruction)[0],
    )


def _shows_task(prompt: str) -> bool:
    """Whether the prompt reads as a programming task: a stub, a named function, a language."""
    task = read_task(prompt)
    return task.writes and bool(task.language or task.entry) and read_task(split_prompt(prompt).instruction).writes


def _products(text: str, *, has_source: bool, has_code: bool, shows_task: bool) -> dict[str, bool]:
    """Say what is to be made."""
    found = {name: _CUES[name].search(text) is not None for name in _KINDS + _MANNERS}
    found |= {name: has_source and _CUES[name].search(text) is not None for name in _OF_SOURCE}
    found["asks_rewrite"] |= has_source and (found["asks_classification"] or found["asks_translation"])
    found["asks_choice"] |= len({match[1] or match[2] for match in _OPTION.finditer(text)}) >= 2
    code = _CUES["wants_code"].search(text) is not None and (has_code or _CUES["code_noun"].search(text) is not None)
    code = code or shows_task
    makes = not _MAKE.isdisjoint(read(text).vocabulary)
    figures = _EXPRESSION.search(text) is not None or len(_CUES["number"].findall(text)) >= 2
    found["asks_code"] = code
    found["asks_math"] = figures and not (code or has_code) and _CUES["quantity"].search(text) is not None
    found["asks_creative"] = makes and not code and _CUES["asks_creative"].search(text) is not None
    return found


def _questions(text: str, *, words: int, followed: bool) -> dict[str, bool]:
    """Say what is to be known, and whether anything is."""
    question = "?" in text or "？" in text
    last = read(text).sentence_texts[-1:] or ("",)
    remark = _CUES["social"].search(text) is not None or (followed and not _CUES["request"].search(text))
    return {
        "is_question": question,
        "asks_comparison": _CUES["asks_comparison"].search(text) is not None,
        "asks_fact": words <= 30 and _CUES["asks_fact"].search(last[0]) is not None,
        "asks_yes_no": _CUES["asks_yes_no"].search(last[0]) is not None,
        "about_assistant": _CUES["about_assistant"].search(text) is not None,
        "small_talk": not question and words <= 15 and remark,
    }
