"""Which language a text is in, and whether the answer is in the one that was asked for."""

import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.passage import split_prompt
from rubrica.tools.text import FUNCTION_WORDS, read
from rubrica.types import Candidate, TaskView

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_SURE = 0.5
_MIN_LETTERS = 24
_LOADING = threading.Lock()
_MERGED = {"yue": "zh", "wuu": "zh", "nb": "no", "nn": "no"}
LANGUAGES = {
    "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "catalan": "ca", "chinese": "zh", "mandarin": "zh",
    "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "finnish": "fi",
    "french": "fr", "german": "de", "greek": "el", "gujarati": "gu", "hebrew": "he", "hindi": "hi", "hungarian": "hu",
    "icelandic": "is", "indonesian": "id", "italian": "it", "japanese": "ja", "kannada": "kn", "korean": "ko",
    "latin": "la", "latvian": "lv", "lithuanian": "lt", "malay": "ms", "malayalam": "ml", "marathi": "mr",
    "nepali": "ne", "norwegian": "no", "farsi": "fa", "persian": "fa", "polish": "pl", "portuguese": "pt",
    "punjabi": "pa", "romanian": "ro", "russian": "ru", "serbian": "sr", "slovak": "sk", "slovenian": "sl",
    "spanish": "es", "swahili": "sw", "swedish": "sv", "tagalog": "tl", "tamil": "ta", "telugu": "te", "thai": "th",
    "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi", "welsh": "cy",
}  # fmt: skip
"""English names of languages and their ISO 639-1 codes."""
_NAME = "|".join(LANGUAGES)
_ASKED = re.compile(
    rf"\b(?:(?:in|into|to|using|only)(?: the)?|entirely in|written in)\s+(?:\w{{1,12}} )?({_NAME})\b(?! (?:class|food))"
    rf"|\b({_NAME})\s+(?:language\s+)?(?:translation|version|only)\b",
    re.IGNORECASE,
)
_NATIVE = {
    "en": r"englische?|anglais|inglés|inglese|inglês|engels|英文|英语|英語|영어|английск\w+|الإنجليزية|अंग्रेज़ी",
    "de": r"deutsche?|allemand|alemán|tedesco|alemão|duits|德文|德语|ドイツ語|독일어|немецк\w+|الألمانية",
    "fr": r"französische?|français|francés|francese|francês|frans|法文|法语|フランス語|프랑스어|французск\w+|الفرنسية",
    "es": r"spanische?|espagnol|español|spagnolo|espanhol|spaans|西班牙文|西班牙语|スペイン語|스페인어|испанск\w+",
    "it": r"italienische?|italien|italiano|italiaans|意大利语|イタリア語|이탈리아어|итальянск\w+|الإيطالية",
    "pt": r"portugiesische?|portugais|portugués|portoghese|português|葡萄牙语|ポルトガル語|포르투갈어|португальск\w+",
    "ru": r"russische?|russe|ruso|russo|俄文|俄语|ロシア語|러시아어|русск\w+|الروسية",
    "zh": r"chinesische?|chinois|chino|cinese|chinês|中文|汉语|漢語|普通话|中国語|중국어|китайск\w+|الصينية",
    "ja": r"japanische?|japonais|japonés|giapponese|japonês|日文|日语|日本語|일본어|японск\w+|اليابانية",
    "ko": r"koreanische?|coréen|coreano|韩文|韩语|韓国語|한국어|корейск\w+",
    "ar": r"arabische?|arabe|árabe|arabo|阿拉伯语|アラビア語|아랍어|арабск\w+|العربية",
    "hi": r"hindi|印地语|ヒンディー語|हिंदी|हिन्दी",
}
"""Names of languages in other languages than English."""
_ANY = "|".join(f"(?P<{code}>{names})" for code, names in _NATIVE.items())
_IN_NATIVE = re.compile(
    r"(?:(?<!\w)(?:auf|ins|in|en|al|em|para o|a l['’]|на|по-)\s?|[用以成为為]|(?<!\w)(?:ب|إلى |بـ|باللغة ))"
    rf"(?:{_ANY})(?![a-zà-ÿ])"
    rf"|(?:{_ANY.replace('(?P<', '(?P<x')})(?=で|に|로| में)",
    re.IGNORECASE,
)
_FROM = re.compile(rf"\bfrom\s+({_NAME})\b", re.IGNORECASE)
_NOT_OF_THE_ANSWER = re.compile(
    r"\b(?:say|mean|word for|course|class|fluent|speak|learn|learning|taught|teach|skills?|experience)\b", re.IGNORECASE
)


class _Classifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@lru_cache(maxsize=1)
def _classifier() -> _Classifier:
    """Load the n-gram model of py3langid, once a process (about 0.8 s)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    classifier: _Classifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return classifier


@lru_cache(maxsize=1024)
def identify(text: str) -> tuple[str, float]:
    """Return the ISO 639-1 code of the text's main language and how sure that is, in [0, 1]; ("und", 0.0) if unclear.

    Code fences are left out. Clear English is known by its function words, so that the model is not loaded for it.
    """
    prose = _FENCE.sub(" ", text)[:20_000]
    letters = sum(map(str.isalpha, prose))
    scripted = 0 if prose.isascii() else letters - sum(map(str.isascii, filter(str.isalpha, prose)))
    words = read(prose).words
    if words and scripted < letters * 0.05:
        english = sum(map(FUNCTION_WORDS.__contains__, words)) / len(words)
        if len(words) >= 5 and english >= 0.3:
            return "en", min(1.0, 0.6 + english)
    if letters < _MIN_LETTERS and scripted < 4:
        return "und", 0.0
    with _LOADING:
        code, confidence = _classifier().classify(prose)
    return (_MERGED.get(code, code), confidence) if confidence >= _SURE else ("und", 0.0)


def named_natively(text: str) -> list[tuple[str, int, int]]:
    """Find languages that a text names as "in French" is said in other languages: code, start, end."""
    return [(str(match.lastgroup)[-2:], *match.span()) for match in _IN_NATIVE.finditer(text)]


@lru_cache(maxsize=256)
def language_asked(prompt: str) -> str | None:
    """Return the ISO 639-1 code of the language that the prompt asks the answer to be in; None when it names none."""
    instruction = split_prompt(prompt).instruction
    if _NOT_OF_THE_ANSWER.search(instruction):
        return None
    named = {LANGUAGES[(m[1] or m[2]).lower()] for m in _ASKED.finditer(instruction)}
    named -= {LANGUAGES[m[1].lower()] for m in _FROM.finditer(instruction)}
    named = named or {code for code, _, _ in named_natively(instruction)}
    return named.pop() if len(named) == 1 else None


@builtin("language", "The answer is in the language asked for, or else in the language of the prompt.")
def language(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Compare the language of the answer with the one wanted."""
    orders = [task.prompt, *(message.text for message in reversed(task.messages) if message.role == "system")]
    asked = next(filter(None, map(language_asked, orders)), None)
    wanted = asked or identify(split_prompt(task.prompt).instruction)[0]
    found, confidence = identify(candidate.text)
    claim = f"the answer is in {wanted!r}, {'as asked' if asked else 'as the prompt'}"
    if "und" in {wanted, found}:
        yield Observation(claim, None, "too little or too mixed text to tell the language")
        return
    yield Observation(claim, float(found == wanted), f"found {found!r} ({confidence:.2f})", data={"language": found})
