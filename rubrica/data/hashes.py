"""What makes two cases the same: hashes that ignore case, spacing and candidate order, and a registry of benchmarks."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rubrica.errors import InputError
from rubrica.types import Case, Message, Part, TextPart, content_hash

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_DIGITS = 16
"""Hex digits kept of a registered hash: 64 bits, one false match in 10^9 pairs of 10^5 x 10^5 cases."""


def normalise(text: str) -> str:
    """Fold what does not change a text's meaning: Unicode form, case, invisible characters, runs of space."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().split())


def prompt_text(case: Case) -> str:
    """All turns that the candidates answer, as one text."""
    return "\n".join(message.text for message in case.task.messages)


def prompt_hash(case: Case) -> str:
    """SHA-256 over the normalised turns (roles, texts, pictures)."""
    return content_hash([_turn(message) for message in case.task.messages])


def case_hash(case: Case) -> str:
    """SHA-256 over the normalised prompt and the set of normalised candidates: their order and ids do not matter."""
    return content_hash([prompt_hash(case), *sorted({_content(each.parts) for each in case.candidates})])


def answer_hashes(case: Case) -> tuple[str, ...]:
    """One truncated hash per distinct candidate, each over the prompt and that candidate."""
    prompt = prompt_hash(case)
    return tuple(sorted({content_hash([prompt, _content(each.parts)])[:_DIGITS] for each in case.candidates}))


@dataclass(frozen=True)
class Registry:
    """Answers of known benchmarks by hash, so that evolution can refuse to learn from them.

    Stored as JSON Lines, one `{"name": ..., "hashes": [...]}` per benchmark: no text of a benchmark is kept. A pair
    drawn from a benchmark's list of four is recognised too, as each answer is hashed with its prompt.
    """

    benchmarks: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def matches(self, case: Case) -> tuple[str, ...]:
        """Return the benchmarks that hold this prompt with at least two of its candidates (or its only one)."""
        own = answer_hashes(case)
        needed = min(2, len(own))
        return tuple(
            name for name in sorted(self.benchmarks) if sum(each in self.benchmarks[name] for each in own) >= needed
        )

    def with_benchmark(self, name: str, cases: Iterable[Case]) -> "Registry":
        """Return a registry that also knows these cases."""
        added = frozenset(each for case in cases for each in answer_hashes(case))
        return Registry({**self.benchmarks, name: self.benchmarks.get(name, frozenset()) | added})

    def save(self, path: Path) -> None:
        lines = (json.dumps({"name": n, "hashes": sorted(h)}) + "\n" for n, h in sorted(self.benchmarks.items()))
        path.write_text("".join(lines), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Registry":
        """Read a registry file.

        Raises:
            InputError: the file cannot be read, or a line is not a benchmark.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"the benchmark registry cannot be read: {error}", path=str(path)) from None
        benchmarks: dict[str, frozenset[str]] = {}
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                name, hashes = row["name"], row["hashes"]
            except (ValueError, KeyError, TypeError, RecursionError):
                name = hashes = None
            if not isinstance(name, str) or not isinstance(hashes, list) or not all(map(_is_hash, hashes)):
                problem = 'not a benchmark: expected {"name": ..., "hashes": ["<16 hex digits>", ...]}'
                raise InputError(problem, path=str(path), line=number)
            benchmarks[name] = benchmarks.get(name, frozenset()) | frozenset(hashes)
        return cls(benchmarks)


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and len(value) == _DIGITS and all(c in "0123456789abcdef" for c in value)


def _turn(message: Message) -> str:
    return f"{message.role}\n{_content(message.parts)}"


def _content(parts: tuple[Part, ...]) -> str:
    """Text runs normalised together; pictures by digest, else by handle."""
    shown = [
        part.text if isinstance(part, TextPart) else f"[image {part.sha256 or _digest(part.uri)}]" for part in parts
    ]
    return normalise("\n".join(shown))


def _digest(uri: str) -> str:
    return hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()
