"""A prompt prepared for finding constraints: quotations and code hidden, clauses cut, given material told apart."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from rubrica.types import Span

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_DOUBLE = re.compile(r"[\"“”„«»](?:[^\"“”„«»\n]|\n(?!\n)){1,2000}[\"“”„«»]")
_SINGLE = re.compile(r"(?<![\w])['‘’](?=\S)(?:[^'‘’\n]|(?<=\w)['’](?=\w)){1,200}(?<=\S)['’](?!\w)")
_TICKS = re.compile(r"`[^`\n]{1,200}`")
_TAGGED = re.compile(
    r"<(?!(?:instructions?|tasks?|rules?|constraints?|requirements?|format|guidelines?|questions?|prompt|request|user"
    r"|query|system)\b)([a-z][\w-]{0,30})>[^<]{60,}?</\1>",
    re.IGNORECASE,
)
"""Material between tags of the prompt's own."""
_END = re.compile(r"(?<=[.!?])(?<!\bi\.e\.)(?<!\be\.g\.)(?<!\bp\.s\.)[\"”’')\]]*\s+|\n+")
_HIDDEN = "\x00"

QUOTED = "[\"“”„«»'‘’`]\x00+[\"“”„«»'‘’`]"
"""A hidden quotation in `Prompt.low`."""

_LABEL = re.compile(
    r"(?:(?:user|the|given|original|sample|source|news) )?(?:input|text|passage|article|story|document|e-?mail"
    r"|context|content|paragraph"
    r"|sentences?|review|tweet|conversation|dialogue|transcript|abstract|code|lyrics|poem|synopsis|essay|letter"
    r"|source|report|data|quote)"
    r"(?: ?\d)? ?:"
)
_GIVEN = re.compile(
    r"\b(?:following|below|given|this|provided|attached) (?:[\w-]+ ){0,3}?(?:text|passage|article|story|document"
    r"|e-?mails?|content|paragraphs?"
    r"|sentences?|review|tweet|conversation|dialogue|transcript|abstract|lyrics|poem|essay|letter|report"
    r"|statements?|blog|information|situation"
    r"|questions?|code|input|prompt|instructions?|problem)\b"
)
ANSWER_NOUN = (
    r"(?:response|answer|reply|output|completion|result|essay|story|poem|letter|e-?mail|article|post|summary|song"
    r"|rap|speech|review|resume"
    r"|resumé|cover letter|advertisement|ad|proposal|report|limerick|haiku|riddle|joke|blog|paragraphs?|sentences?"
    r"|title|list|text|translation"
    r"|description|explanation|message|tweet|dialogue|script|template|itinerary|plan|pitch|rubric|critique|rewrite"
    r"|rewritten|version|it|there"
    r"|you|they|this|each|everything|words?|letters?|keywords?|bullet points?|lines?|points?|sections?|names?)"
)
_MODAL = (
    r"(?:should|must|shall|has to|have to|needs? to|may|can|cannot|can't|mustn't|shouldn't|will|is to|are to"
    r"|is required|contains?)"
)
_STRONG = re.compile(
    r"\b(?:your|the|my|this) (?:[\w-]+ ){0,3}(?:response|answer|reply|output)s?\b|\bin your (?:own )?(?:response"
    r"|answer|reply|words)"
    r"|\b(?:response|answer|reply|output) (?:format|should|must|in|with)\b"
    r"|\b(?:is|are) (?:not allowed|not permitted|forbidden|prohibited|banned)\b"
)
_SUBJECT = re.compile(rf"(?:\b{ANSWER_NOUN}|{QUOTED})(?:,? (?!that |which |who )[\w'-]+){{0,8}},? {_MODAL}\b")
_VERBS = (
    "write|give|have|emphasi[sz]e|italici[sz]e|lowercase|ask|list|answer|respond|reply|explain|describe"
    "|summari[sz]e|use|include|incorporate|keep|limit|make"
    "|ensure|contain|provide|suggest"
    "|generate|create|compose|draft|tell|name|mention|add|end|finish|conclude|start|begin|open|put|wrap|enclose"
    "|highlight|separate|repeat"
    "|refrain|avoid|omit|exclude|do|don't|don’t|never|always|only|translate|rewrite|rephrase|paraphrase|say"
    "|produce|output|return|format|present"
    "|state|discuss|compare|analy[sz]e|elaborate|outline|propose|brainstorm|come|think|choose|select|pick"
    "|classify|identify|convert|edit|design"
    "|develop|offer|share|show|arrange|sort|order|organi[sz]e|structure|label|mark|note|remember|construct|craft"
    "|print|display|express|complete"
    "|continue|extend|expand|shorten|condense|recommend|help|divide|split|capitali[sz]e|bold|respond|act|imagine"
    "|pretend|speak|talk|remove"
    "|replace|rate|score|grade|evaluate|reformulate|define|simplify|prepare|plan|build|invent|restate|follow"
    "|adhere|stick|restrict|feature|spell|alternate|insert|italici[sz]e|underline"
)
_FILLER = re.compile(
    r"(?:please|now|then|also|first|next|finally|and|so|but|kindly|additionally|lastly|furthermore|moreover"
    r"|in addition|be sure to|hi|hello|hey"
    r"|just|simply|briefly|can you|could you|would you|will you|i want you to|i need you to|i would like you to"
    r"|i'd like you to|i want|i need"
    r"|i'd like|i would like|let's|your task is to|your job is to|your goal is to|you are to|you need to"
    r"|you have to|you should|you must|you will"
    r"|you can|you may|again|instead|however|remember to|try to|help me(?: to)?|\d{1,2}[.)])(?!\w)|[^\w\x00]{1,20}"
)
_VERB = re.compile(rf"(?:{_VERBS})\b")
_WISH = re.compile(
    r"\W*(?:(?:hi|hello|hey|please|ok|okay|so|now)\b\W*)*(?:i(?:['’]d| would)? (?:need|want|like|prefer|am looking for)"
    r"|i['’]m looking for|looking for|we need|we want) (?!to\b)"
)
"""A wish is a request too: "I need a haiku about rain"."""
_LATER = re.compile(
    r"(?:[,;:?)]|\band|\bthen|\bbut|\bplease|\bor|\bby|\bto|\bcan you|\bcould you|[a-z]ly) (?:please |then |also "
    rf"|only )?(?:{_VERBS})\b"
)
_FRAGMENT = re.compile(
    r"(?:\W*)(?:at the (?:very )?(?:end|beginning|start)|in|with|using|without|within|no|at least|at most|max|min"
    r"|maximum|minimum|between|exactly|under"
    r"|less|fewer|more|not|approximately|about|around|up to|all"
    r"|word (?:count|limit)|length|number of|format|output|the first|the last|the word|the letter|paragraph"
    r"|the answer|answers|\d+|one|two|three|four|five|ten|six|seven|entirely|everything|lower-?case|upper-?case"
    r"|wrapp?ed|your)\b"
)
_NEGATION = re.compile(
    r"\b(?:not(?! only| forget)|never|without|avoid\w*|no|nor|refrain\w*|exclud\w+|omit\w*|cannot|free of"
    r"|instead of|skip\w*|forbid\w*)\b"
    r"|n['’]t\b(?! forget| only)"
)
_TURN = re.compile(r"\b(?:and(?! not| do not| don't)|but|then|also)\b|;")
_TERSE = re.compile(
    r"\W*(?:[\w'’,-]+ ){1,7}(?:only|max(?:imum)?|min(?:imum)?|please|tops|at (?:most|least)|or (?:less|fewer))\W*"
)
"""A few words that end on a limit: "shorter, three words only"."""
_ITS = re.compile(
    r"\W*(?:the|your|this) (?:[a-z-]+ )?(?P<noun>[a-z-]{3,20})"
    r" (?:itself )?(?:should|must|shall|needs? to|has to|is to)\b"
)
"""What a clause says of something that an earlier one asks for: "Write a eulogy. The eulogy should be ..."."""
_TELLING = re.compile(
    r"(?:\W*)(?:how|what|why|who|which|whose|when|where|is|are|was|were|do|does|did|has|have|had|if|suppose|he|she"
    r"|we|they|i)\b"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence or line of the prompt: offsets, and whether it speaks to whoever answers."""

    start: int
    end: int
    asks: bool
    """It tells the answerer what to do."""
    given: bool
    """It is part of material that the prompt hands over, not of the instruction."""


@dataclass(frozen=True)
class Prompt:
    """A user's text, read once for all families."""

    text: str

    @cached_property
    def low(self) -> str:
        """The text in lower case, same offsets, with the inside of quotations and code replaced by NULs."""
        text = self.text.replace(_HIDDEN, " ")
        low = text.lower()
        if len(low) != len(text):
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        for pattern, marks in ((_FENCE, "`"), (_TAGGED, "<"), (_DOUBLE, '"“”„«»'), (_TICKS, "`"), (_SINGLE, "'‘’")):
            if any(mark in low for mark in marks):
                low = pattern.sub(_hide, low)
        return low

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        found: list[Clause] = []
        given, fresh = False, True
        low = self.low
        for start, end in _cut(low):
            text = low[start:end]
            if start and "\n\n" in low[max(0, start - 3) : start]:
                fresh = True
            strong = bool(_STRONG.search(text))
            imperative = _is_imperative(text)
            if given and (strong or (fresh and end - start < 300 and (imperative or _SUBJECT.search(text)))):
                given = strong and given
                label = False
            else:
                label = bool(_LABEL.match(text))
            wonders = text.rstrip().endswith("?") and bool(_TELLING.match(text))
            asks = imperative or strong or (not wonders and bool(_SUBJECT.search(text) or _LATER.search(text)))
            its = None if asks else _ITS.match(text)
            asks = asks or bool(_WISH.match(text) or _TERSE.fullmatch(text))
            asks = asks or bool(its and any(one.asks and its["noun"] in low[one.start : one.end] for one in found))
            asks = asks or (bool(_FRAGMENT.match(text)) and not _TELLING.match(text))
            found.append(Clause(start, end, asks, (given and not strong) or label))
            if label or (_GIVEN.search(text) and self._hands_over(end)):
                given = True
            fresh = False
        return tuple(found)

    def _hands_over(self, end: int) -> bool:
        """Whether a block that is long or set off by a colon follows."""
        rest = self.low[end : end + 400].lstrip(" ")
        return self.low[max(0, end - 2) : end].rstrip().endswith(":") or (rest.startswith("\n") and len(rest) > 200)

    @cached_property
    def _starts(self) -> list[int]:
        return [clause.start for clause in self.clauses]

    def clause_at(self, offset: int) -> Clause:
        """Return the clause that holds an offset."""
        return self.clauses[max(0, bisect_right(self._starts, offset) - 1)]

    def left_of(self, offset: int) -> str:
        """Return the clause's text before an offset (lower case, quotations hidden)."""
        return self.low[self.clause_at(offset).start : offset]

    def right_of(self, offset: int) -> str:
        """Return the clause's text from an offset on."""
        return self.low[offset : self.clause_at(offset).end]

    def asks_at(self, offset: int) -> bool:
        """Whether the clause at an offset is an instruction and not given material."""
        clause = self.clause_at(offset)
        return clause.asks and not clause.given

    def said(self, start: int, end: int) -> str:
        """Return the original text of a range, without surrounding quotation marks and spaces."""
        return self.text[start:end].strip().strip("\"“”„«»'‘’`").strip()

    def source(self, start: int, end: int) -> Span:
        """Return the span of a range, with what it holds."""
        return Span(start=start, end=end, text=self.text[start:end])


def _is_imperative(clause: str) -> bool:
    at = 0
    for _ in range(12):
        filler = _FILLER.match(clause, at)
        if filler is None:
            break
        at = filler.end()
    return bool(_VERB.match(clause, at))


def negated(left: str) -> bool:
    """Whether a negation in `left` reaches its end: "do not use the" does, "do not stop but use the" does not."""
    cut = 0
    for turn in _TURN.finditer(left):
        cut = turn.end()
    return bool(_NEGATION.search(left, cut))


def _hide(match: re.Match[str]) -> str:
    inside = match[0]
    return inside[0] + _HIDDEN * (len(inside) - 2) + inside[-1]


def _cut(low: str) -> list[tuple[int, int]]:
    bounds, start = [], 0
    for match in _END.finditer(low):
        if match.start() > start:
            bounds.append((start, match.start()))
        start = match.end()
    if start < len(low):
        bounds.append((start, len(low)))
    return bounds or [(0, len(low))]
