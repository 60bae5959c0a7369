"""Synthetic preferences with a planted taste: numbered lists are liked, hedging is not."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from rubrica.evolution.evidence import Judge
from rubrica.evolution.evolve import Means
from rubrica.library.library import Library
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan
from rubrica.types import Criterion

WORDS = """
harbour copper window ladder river candle market orchard signal blanket hammer garden
mirror engine pocket valley bottle curtain thunder meadow lantern basket needle saddle
kettle anchor barrel feather marble timber violin walnut
""".split()  # noqa: SIM905 - a list of 32 quoted words reads worse
HEDGES = ("Perhaps", "Maybe", "Possibly")
MEASURES = ("numbered", "hedge", "words", "questions", "exclamations", "commas_per_sentence", "bold", "quotations")

Write = Callable[..., Path]


def sentence(rng: random.Random, size: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(size)).capitalize() + "."


def answer(rng: random.Random, *, numbered: bool, hedged: bool) -> str:
    lines = [sentence(rng, rng.randint(6, 12)) for _ in range(4)]
    if hedged:
        lines = [f"{rng.choice(HEDGES)} {line[0].lower()}{line[1:]}" if i % 2 else line for i, line in enumerate(lines)]
    return "\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1)) if numbered else " ".join(lines)


def row(number: int, rng: random.Random, *, flip: float, planted: bool, divided: bool) -> dict[str, object]:
    """One pair; when both tastes agree or say nothing, chance decides.

    Divided tastes differ by the prompt: lists are liked in answer to a question, and prose elsewhere.
    """
    shown = [(rng.random() < 0.5, rng.random() < 0.5) for _ in range(2)]
    if divided:
        shown = [(number % 4 < 2, False), (number % 4 >= 2, False)]
    asked = number % 3 == 0
    toward = -1 if divided and not asked else 1
    worth = [toward * numbered - hedged + 0.1 * rng.random() for numbered, hedged in shown]
    best = worth.index(max(worth)) if planted else rng.randrange(2)
    if rng.random() < flip:
        best = 1 - best
    return {
        "id": f"case-{number}",
        "subset": ("north", "south")[number % 2],
        "prompt": f"{sentence(rng, 9)[:-1]}?" if divided and asked else f"Describe {sentence(rng, 9)}",
        "candidates": [
            {"id": name, "content": answer(rng, numbered=numbered, hedged=hedged)}
            for name, (numbered, hedged) in zip("AB", shown, strict=True)
        ],
        "preference": {"best": best},
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of planted preferences."""

    def make(
        size: int,
        *,
        seed: int = 0,
        flip: float = 0.0,
        planted: bool = True,
        divided: bool = False,
        name: str = "data.jsonl",
    ) -> Path:
        rng = random.Random(seed)
        rows = [row(number, rng, flip=flip, planted=planted, divided=divided) for number in range(size)]
        path = tmp_path / name
        path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
        return path

    return make


@pytest.fixture
def vocabulary() -> tuple[Criterion, ...]:
    return tuple(
        Criterion(id=f"m-{name}", text="A measure.", scored_by="tool", tool="measure", arguments={"of": name})
        for name in MEASURES
    )


@pytest.fixture
def means(vocabulary: tuple[Criterion, ...]) -> Means:
    """The embedded proposer with few words, in this process."""
    return Means(Judge(Plan(Library(), sandbox="none"), workers=1), vocabulary=vocabulary)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with nothing in it."""
    LibraryStore.init(tmp_path / "library", Library())
    return tmp_path / "library"
