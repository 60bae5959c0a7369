"""In which language: "in French", "translate into Hindi", "entirely in Russian"."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Check, Constraint, Family, Kind, Reading, holds
from rubrica.tools.builtin.constraints.prompt import Prompt, negated
from rubrica.tools.builtin.constraints.scripts import script_languages
from rubrica.tools.builtin.language import identify, named_natively

_NAMES = {
    "english": "en", "spanish": "es", "castilian": "es", "portuguese": "pt", "arabic": "ar", "hindi": "hi",
    "french": "fr", "russian": "ru", "german": "de", "japanese": "ja", "italian": "it", "bengali": "bn",
    "bangla": "bn", "ukrainian": "uk", "thai": "th", "urdu": "ur", "tamil": "ta", "telugu": "te", "bulgarian": "bg",
    "korean": "ko", "polish": "pl", "hebrew": "he", "persian": "fa", "farsi": "fa", "vietnamese": "vi",
    "nepali": "ne", "swahili": "sw", "kannada": "kn", "marathi": "mr", "gujarati": "gu", "punjabi": "pa",
    "malayalam": "ml", "finnish": "fi", "chinese": "zh", "mandarin": "zh", "simplified chinese": "zh",
    "traditional chinese": "zh", "dutch": "nl", "turkish": "tr", "greek": "el", "swedish": "sv", "norwegian": "no",
    "danish": "da", "czech": "cs", "romanian": "ro", "hungarian": "hu", "indonesian": "id", "malay": "ms",
    "tagalog": "tl", "filipino": "tl", "catalan": "ca", "croatian": "hr", "serbian": "sr", "slovak": "sk",
    "slovenian": "sl", "estonian": "et", "latvian": "lv", "lithuanian": "lt", "icelandic": "is", "irish": "ga",
    "welsh": "cy", "basque": "eu", "galician": "gl", "afrikaans": "af", "albanian": "sq", "armenian": "hy",
    "georgian": "ka", "khmer": "km", "lao": "lo", "sinhala": "si", "latin": "la", "amharic": "am", "kazakh": "kk",
    "mongolian": "mn", "azerbaijani": "az", "macedonian": "mk", "belarusian": "be", "esperanto": "eo",
    "oriya": "or", "odia": "or", "assamese": "as",
}  # fmt: skip
_CLOSE = {
    "hr": {"sr", "bs"},
    "bs": {"hr", "sr"},
    "sr": {"hr", "bs"},
    "no": {"nb", "nn", "da"},
    "id": {"ms", "jv"},
    "ms": {"id"},
    "gl": {"pt", "es"},
    "da": {"no", "nb"},
    "tl": {"ceb"},
}
_NAME = rf"(?P<name>{'|'.join(sorted(_NAMES, key=len, reverse=True))})"
_AFTER = (
    r"(?P<language> language)?(?=\s*[.,;:!?)\"“]|\s*$|\n| (?:language|only|and|with|using|for|please|to|about"
    r"|but|without|so|no|instead|as|that|the|in|at|alphabet|characters|version|of|on|exclusively|then|:"
    r"|is allowed|words)\b)"
)
_IN = re.compile(
    r"\b(?:in|into|using|to|use|be|speak|with)(?: the| only| entirely| just| completely| purely| proper| fluent"
    rf"| simple| plain| exclusively)* {_NAME}\b{_AFTER}"
)
_NAMED_AS = re.compile(rf"\b(?:response|answer|output|reply) language(?: is| should be| must be)?:? {_NAME}\b")
_WRITES = re.compile(
    r"\b(?:write|writ\w+|answer\w*|respond\w*|reply\w*|translat\w+|give|explain|describe|speak|talk|say|compose"
    r"|generate|create|rewrite|provide|summari[sz]e|make|ensure|entire\w*|whole|response|output|be|should|must|use"
    r"|using|do this|list|tell|draft|poem|letter|story|essay|sure|convert|only|same)\b"
)
_ASKS_ABOUT = re.compile(
    r"\b(?:how|what)\b[^.]{0,40}\b(?:say|mean\w*|called|word|translation|pronounce\w*|is|are|do you|would you"
    r"|does)\b|\bmeaning|\bmean\b|\btranslate from|\b(?:word|phrase|text|article|sentence|passage|book|poem"
    r"|speaker|speaking|fluent|class|degree|major|course)s? (?:is |was |are |written )?$"
)


_COMMANDS = re.compile(
    r"(?<!\w)(?:antworte|schreib|übersetz|erklär|beschreib|répond|écri|tradui|expliqu|décri|respond|escrib|traduc|traduz"
    r"|traduzca|explica|rispond|scriv|escrev|ответь|ответ|напиши|перевед|объясни|اكتب|أجب|ترجم)|[请請]?(?:回答|翻译|翻譯"
    r"|写|寫|解释|说明)|答え|書い|訳し|説明|답|써|번역|लिख|उत्तर|जवाब"
)


def _find(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    for code, start, end in named_natively(low):
        clause = prompt.clause_at(start)
        if not clause.given and _COMMANDS.search(low, clause.start, clause.end):
            yield Constraint("language", prompt.source(start, end), texts=(code,))
    for match in _NAMED_AS.finditer(low):
        if not prompt.clause_at(match.start()).given:
            yield Constraint("language", prompt.source(match.start(), match.end()), texts=(_NAMES[match["name"]],))
    for match in _IN.finditer(low):
        clause = prompt.clause_at(match.start())
        left = low[clause.start : match.start()]
        if (
            clause.given
            or not clause.asks
            or (_ASKS_ABOUT.search(left) and "translate" not in left)
            or not _WRITES.search(left + match[0][:6])
            or negated(left)
        ):
            continue
        if match[0].startswith("to ") and not re.search(r"\btranslat\w+|\bconvert", left):
            continue
        yield Constraint("language", prompt.source(match.start(), match.end()), texts=(_NAMES[match["name"]],))


def _check(constraint: Constraint, answer: Answer) -> Reading:
    """A script of its own decides by its share of the letters; otherwise the language is identified."""
    wanted = constraint.texts[0]
    letters, sharing = script_languages(wanted)
    total = sum(map(str.isalpha, answer.text))
    if total < 3:
        return Reading(None, "too few letters")
    share = sum(map(str.isalpha, "".join(letters.findall(answer.text)))) / total
    if share < 0.3:
        return holds(False, f"{share:.0%} of the letters belong to its script")
    full = 1.0 if share > 0.7 else 0.5 + 0.5 * share
    if len(sharing) == 1:
        return Reading(full, f"{share:.0%} of the letters belong to its script")
    found, confidence = identify(answer.text.lower())
    if found == wanted or found in _CLOSE.get(wanted, ()):
        return Reading(full, f"identified as {found}")
    if found == "und" or (sharing and found not in sharing) or len(answer.words) < 6 or confidence < 0.8:
        return Reading(None, f"looks like {found}, not sure")
    return holds(False, f"identified as {found}")


_CHECKS: dict[Kind, Check] = {"language": _check}
FAMILY = Family("language", _find, _CHECKS)
