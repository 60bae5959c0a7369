"""A registry of benchmarks by hash, so that evolution can refuse to learn from what a library will be measured on.

    {"name": ..., "source": ..., "licence": ..., "made": ..., "prompts": [...], "hashes": [...]}

One line per benchmark, no text of it: `prompts` are hashes of what it asks, `hashes` of answers with their prompts. The
package ships with the prompts of public benchmarks; other files are made with `rubrica benchmarks add`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path

from rubrica.data.content import prompt
from rubrica.data.hashes import DIGITS, answer_hashes, normalise, opening, opening_hash
from rubrica.data.record import Unreadable
from rubrica.data.sources import Limits, raw_rows
from rubrica.errors import InputError
from rubrica.types import Case

SHIPPED = "benchmarks.jsonl"
MIN_CHARACTERS = 20
"""Shorter prompts are not registered."""
DISTINCTIVE = 40
"""Characters from which one prompt alone shows where it comes from."""


@dataclass(frozen=True)
class Benchmark:
    """What is known of one benchmark."""

    prompts: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    source: str = ""
    licence: str = ""
    made: str = ""

    def holds(self, question: str, answers: Sequence[str]) -> bool:
        """Whether it asks this question, or holds two of these answers to it (or the only one)."""
        return question in self.prompts or sum(each in self.answers for each in answers) >= min(2, len(answers))


@dataclass(frozen=True)
class Registry:
    """Benchmarks by name.

    By its prompts a benchmark is recognised whatever the answers are. By its answers only when they are its own: a pair
    drawn from its list of four is recognised, as each answer is hashed with its prompt.
    """

    benchmarks: Mapping[str, Benchmark] = field(default_factory=dict)

    def matches(self, case: Case) -> tuple[str, ...]:
        """Return the benchmarks that a case belongs to."""
        question, answers = opening_hash(opening(case)), answer_hashes(case)
        return tuple(name for name, each in sorted(self.benchmarks.items()) if each.holds(question, answers))

    def found_in(self, cases: Iterable[Case]) -> dict[str, list[Case]]:
        """Return the benchmarks that cases belong to, each with its cases.

        One short prompt in common is chance: anybody may ask for the capital of Australia.
        """
        found: dict[str, list[Case]] = {}
        for case in cases:
            for name in self.matches(case):
                found.setdefault(name, []).append(case)
        return {name: found[name] for name in sorted(found) if not self._chance(name, found[name])}

    def _chance(self, name: str, cases: Sequence[Case]) -> bool:
        asked = {normalise(opening(case)) for case in cases}
        return len(asked) == 1 and len(asked.pop()) < DISTINCTIVE and not self.benchmarks[name].answers

    def with_benchmark(self, name: str, cases: Iterable[Case]) -> "Registry":
        """Return a registry that also knows the answers of these cases."""
        return self._with(name, Benchmark(answers=frozenset(each for case in cases for each in answer_hashes(case))))

    def with_prompts(
        self, name: str, prompts: Iterable[str], *, source: str = "", licence: str = "", made: str = ""
    ) -> "Registry":
        """Return a registry that also knows these prompts, each the first turn of a user, however it is answered."""
        known = frozenset(opening_hash(text) for text in prompts if len(text.strip()) >= MIN_CHARACTERS)
        return self._with(name, Benchmark(prompts=known, source=source, licence=licence, made=made))

    def joined(self, other: "Registry") -> "Registry":
        """Return a registry that knows what either knows."""
        told = self
        for name, benchmark in other.benchmarks.items():
            told = told._with(name, benchmark)
        return told

    def _with(self, name: str, more: Benchmark) -> "Registry":
        old = self.benchmarks.get(name, Benchmark())
        about = {each: getattr(more, each) or getattr(old, each) for each in ("source", "licence", "made")}
        both = replace(old, prompts=old.prompts | more.prompts, answers=old.answers | more.answers, **about)
        return Registry({**self.benchmarks, name: both})

    def save(self, path: Path) -> None:
        """Write a registry file."""
        lines = (json.dumps(_row(name, each), separators=(",", ":")) for name, each in sorted(self.benchmarks.items()))
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

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
        return cls._parsed(lines, str(path))

    @classmethod
    def shipped(cls) -> "Registry":
        """Return the registry that the package comes with."""
        return _shipped()

    @classmethod
    def _parsed(cls, lines: Sequence[str], path: str) -> "Registry":
        told = cls()
        for number, line in enumerate(lines, 1):
            try:
                name, benchmark = _benchmark(json.loads(line))
            except (ValueError, KeyError, TypeError, RecursionError):
                problem = 'not a benchmark: expected {"name": ..., "prompts": ["<16 hex digits>", ...]}, or "hashes"'
                raise InputError(problem, path=path, line=number) from None
            told = told._with(name, benchmark)
        return told


@cache
def _shipped() -> Registry:
    text = (resources.files("rubrica.data") / SHIPPED).read_text(encoding="utf-8")
    return Registry._parsed(text.splitlines(), SHIPPED)


def prompts_in(source: str, columns: Sequence[str]) -> Iterator[str]:
    """Yield the prompt of each row of a file: the named columns as one text, empty ones left out.

    A column holds a text, or turns, of which the first of a user counts.

    Raises:
        InputError: a row cannot be read, or has none of the columns.
    """
    for line, row in raw_rows(source, Limits()):
        if isinstance(row, Unreadable):
            raise InputError(f"{row.problem}; {row.fix}", path=source, line=line, field=row.field)
        try:
            texts = [_opening(row[name], name) for name in columns if row.get(name)]
        except Unreadable as error:
            raise InputError(f"{error.problem}; {error.fix}", path=source, line=line, field=error.field) from None
        if not texts:
            known = ", ".join(map(str, row))
            raise InputError(f"no text in {', '.join(columns)}; the columns are {known}", path=source, line=line)
        yield "\n".join(texts)


def _opening(value: object, name: str) -> str:
    """Return the first turn of a user."""
    if isinstance(value, list) and isinstance(value[0], str):  # turns of a user alone, as MT-Bench has them
        return value[0]
    return next((message.text for message in prompt(value, name) if message.role == "user"), "")


def _row(name: str, benchmark: Benchmark) -> dict[str, object]:
    about = {each: getattr(benchmark, each) for each in ("source", "licence", "made")}
    hashes = {"prompts": sorted(benchmark.prompts), "hashes": sorted(benchmark.answers)}
    return {"name": name, **{key: value for key, value in {**about, **hashes}.items() if value}}


def _benchmark(row: Mapping[str, object]) -> tuple[str, Benchmark]:
    name = row["name"]
    if not isinstance(name, str) or not ({"prompts", "hashes"} & set(row)):
        raise ValueError("no name, or no hashes")
    about = {each: str(row.get(each, "")) for each in ("source", "licence", "made")}
    return name, Benchmark(prompts=_hashes(row.get("prompts", [])), answers=_hashes(row.get("hashes", [])), **about)


def _hashes(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) and _is_hash(each) for each in value):
        raise ValueError("not a list of hashes")
    return frozenset(value)


def _is_hash(value: str) -> bool:
    return len(value) == DIGITS and all(c in "0123456789abcdef" for c in value)
