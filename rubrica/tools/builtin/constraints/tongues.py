"""Lengths demanded in German, French, Spanish, Italian, Portuguese, Chinese and Japanese.

Only what is said in plain words, a relation, a number and a unit: "höchstens zwei Sätze", "en menos de 20 palabras",
"不超过50字". Other demands are read in English; the language of the answer is read in `constraints/language.py`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rubrica.tools.builtin.constraints.model import Bound, Constraint, Kind
from rubrica.tools.builtin.constraints.prompt import Prompt

_MAKE: dict[str, Callable[[int], Bound]] = {
    "not over": Bound.at_most, "not under": Bound.at_least, "under": lambda n: Bound.at_most(n - 1),
    "over": lambda n: Bound.at_least(n + 1), "least": Bound.at_least, "most": Bound.at_most,
    "exact": Bound.exactly, "about": Bound.about,
}  # fmt: skip
"""What a relation makes of a number; the order is that of `_Tongue.relations`."""
_KINDS: tuple[Kind, ...] = ("words", "sentences", "paragraphs", "lines", "characters", "bullets")


@dataclass(frozen=True)
class _Tongue:
    """How one language states a length, in regular expressions."""

    relations: tuple[str, ...]
    """Eight, in the order of `_MAKE`."""
    numbers: tuple[str, ...]
    """From one to ten."""
    units: tuple[str, ...]
    """In the order of `_KINDS`."""
    commands: str
    """What makes a clause a request: verbs, and words that introduce a length."""
    each: str
    """What makes the length one of a part; such a demand is not read."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        relations = "|".join(f"(?P<r{i}>{relation})" for i, relation in enumerate(self.relations))
        numbers = "|".join(f"(?P<n{i}>{number})" for i, number in enumerate(self.numbers, 1))
        units = "|".join(f"(?P<u{i}>{unit})" for i, unit in enumerate(self.units))
        return re.compile(
            rf"(?<!\w)(?:(?:{relations}) )?(?:(?P<digits>\d{{1,5}})|(?:{numbers})) (?:[^\W\d]+ )?(?:{units})(?!\w)"
            rf"(?! (?:{self.each})(?!\w))"
        )

    def find(self, prompt: Prompt) -> Iterator[Constraint]:
        for match in self.pattern.finditer(prompt.low):
            clause, left = prompt.clause_at(match.start()), prompt.left_of(match.start())
            relation = next((i for i in range(8) if match[f"r{i}"]), None)
            asked = re.search(rf"(?<!\w)(?:{self.commands})(?!\w)", left) or (relation is not None and not left.strip())
            if clause.given or not asked or re.search(rf"(?<!\w)(?:{self.each}) [^.,;]{{0,30}}$", left):
                continue
            n = int(match["digits"] or 0) or next(i for i in range(1, 11) if match[f"n{i}"])
            kind: Kind = next(kind for i, kind in enumerate(_KINDS) if match[f"u{i}"])
            if relation is None and n == 1 and match["digits"] is None and kind not in ("sentences", "words"):
                continue  # "a paragraph" is often no count
            bare = Bound.about if kind in ("words", "characters") and n > 12 else Bound.exactly
            bound = list(_MAKE.values())[relation](n) if relation is not None else bare(n)
            yield Constraint(kind, prompt.source(match.start(), match.end()), bound=bound)


_GERMAN = _Tongue(
    (
        "nicht mehr als|nicht länger als", "nicht weniger als", "weniger als|unter", "mehr als|über",
        "mindestens|wenigstens", "höchstens|maximal|bis zu", "genau|exakt", "etwa|ungefähr|circa|rund",
    ),
    ("eine[mnr]?", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
    (
        "wort|worten?|wörtern?", "satz|sätzen?", "absatz|absätzen?", "zeilen?", "zeichen",
        "stichpunkten?|aufzählungspunkten?",
    ),
    r"antworte\w*|schreib\w*|erklär\w*|beschreib\w*|nenne|fass\w*|gib|verfass\w*|benutze|verwende|formulier\w*|liste"
    r"|erstelle|halte|mit|in",
    "pro|je|jede[rsnm]?",
)  # fmt: skip
_FRENCH = _Tongue(
    (
        "pas plus de|ne dépasse pas", "pas moins de", "moins de", "plus de", "au moins|minimum",
        "au plus|au maximum|maximum", "exactement|précisément", "environ",
    ),
    ("une?", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
    ("mots?", "phrases?", "paragraphes?", "lignes?", "caractères", "puces"),
    r"répond\w*|écri\w*|expliqu\w*|décri\w*|donn\w*|résum\w*|utilis\w*|rédig\w*|fai\w+|list\w*|cite\w*|en|avec",
    "par|chaque|chacune?",
)  # fmt: skip
_SPANISH = _Tongue(
    (
        "no más de", "no menos de", "menos de", "más de", "al menos|por lo menos|como mínimo",
        "como máximo|máximo(?: de)?|hasta", "exactamente|precisamente", "aproximadamente|unas|unos|alrededor de",
    ),
    ("una?", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
    ("palabras?", "oraciones|oración|frases?", "párrafos?", "líneas?", "caracteres", "viñetas"),
    r"respond\w*|escrib\w*|explica\w*|describ\w*|resum\w*|us[ae]|utiliza|haz|da|dame|redacta|enumera|lista|en|con",
    "por|cada",
)  # fmt: skip
_ITALIAN = _Tongue(
    (
        "non più di", "non meno di", "meno di", "più di", "almeno", "al massimo|massimo|fino a",
        "esattamente|precisamente", "circa",
    ),
    ("un[ao]?", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci"),
    ("parol[ae]", "fras[ei]", "paragraf[oi]", "rig(?:he|a)", "caratteri", "punti elenco"),
    r"rispond\w*|scriv\w*|spieg\w*|descriv\w*|riassum\w*|usa|elenca|dammi|in|con",
    r"per|ogni|ciascun\w*",
)  # fmt: skip
_PORTUGUESE = _Tongue(
    (
        "não mais (?:de|que)", "não menos (?:de|que)", "menos de", "mais de", "pelo menos|no mínimo",
        "no máximo|até", "exatamente|precisamente", "cerca de|aproximadamente",
    ),
    ("uma?", "dois|duas", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"),
    ("palavras?", "frases?", "parágrafos?", "linhas?", "caracteres", "marcadores"),
    r"respond\w*|escrev\w*|expli\w*|descrev\w*|resum\w*|use|liste|em|com",
    "por|cada",
)  # fmt: skip
_TONGUES = (_GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE)

_HAN = re.compile(
    r"(?P<before>不(?:要)?(?:超过|多于|超過)|最多|至多|少于|至少|不少于|不得少于|恰好|正好|大?约|大約|約)?(?:用|在)? ?"
    r"(?P<n>\d{1,5}|[一二两三四五六七八九十]|二十|三十|五十|一百|两百) ?个?"
    r"(?P<unit>字|词|句话|个句子|句|段话|段|文字|語|文)"
    r"(?P<after>以内|以下|之内|以上|左右|程度)?(?=$|[^\w]|的|来|回|说|介|解|描|写|概|总|で|に)"
)
_HAN_WORTH = {**{c: n for n, c in enumerate("一二三四五六七八九十", 1)}, "两": 2, "二十": 20, "三十": 30, "五十": 50}
_HAN_WORTH |= {"一百": 100, "两百": 200}
_HAN_UNITS: dict[str, Kind] = {
    "字": "words", "词": "words", "句话": "sentences", "个句子": "sentences", "句": "sentences", "段话": "paragraphs",
    "段": "paragraphs", "文字": "words", "語": "words", "文": "sentences",
}  # fmt: skip
_HAN_ASKS = re.compile(
    "请|請|你能|你可以|能不能|ください|て下さい|せよ|なさい|してくれ|^(?:用|以|写|寫|回答|介绍|描述|解释|总结|概括|翻译|说明)|[，,](?:用|写|寫|回答)"
)


def _han(prompt: Prompt) -> Iterator[Constraint]:
    """In Chinese and Japanese, where each character counts as a word."""
    for match in _HAN.finditer(prompt.low):
        clause = prompt.clause_at(match.start())
        if clause.given or not _HAN_ASKS.search(prompt.low[clause.start : clause.end]):
            continue
        n = int(match["n"]) if match["n"].isdigit() else _HAN_WORTH[match["n"]]
        before, after = match["before"] or "", match["after"] or ""
        if before.startswith(("不少", "不得少", "至少")) or after == "以上":
            bound = Bound.at_least(n)
        elif before == "少于":
            bound = Bound.at_most(n - 1)
        elif before.startswith("不") or before in ("最多", "至多") or after in ("以内", "以下", "之内"):
            bound = Bound.at_most(n)
        elif before.endswith(("约", "約")) or after in ("左右", "程度") or (n > 12 and before not in ("恰好", "正好")):
            bound = Bound.about(n)
        else:
            bound = Bound.exactly(n)
        yield Constraint(_HAN_UNITS[match["unit"]], prompt.source(match.start(), match.end()), bound=bound)


def find_tongues(prompt: Prompt) -> Iterator[Constraint]:
    """Find lengths that are stated in another language than English."""
    low = prompt.low
    if not low.isascii() and re.search("[\u3040-\u30ff\u4e00-\u9fff]", low):
        yield from _han(prompt)
    for tongue in _TONGUES:
        if any(re.search(rf"(?<!\w)(?:{unit})(?!\w)", low) for unit in tongue.units):
            yield from tongue.find(prompt)
