"""From settings to the things that commands work with."""

import hashlib
import os
from pathlib import Path

from rubrica.agents.work import Recall
from rubrica.config import Settings
from rubrica.errors import InputError
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.library.store import LibraryStore
from rubrica.memory import PRECEDENTS
from rubrica.parallel import Plan
from rubrica.reasoners.base import Reasoner
from rubrica.reasoners.budget import Budget
from rubrica.reasoners.open import open_budget, open_model

CASES_PER_CALL = 4
"""Cases in flight per call in flight: some cases wait for their tools while others wait for the model."""
CALLS_PER_CASE, TOKENS_PER_CASE, USD_PER_CASE = 16, 64_000, 0.2
"""More than a case needs; only the number of cases begun at once under a budget depends on it."""

STREAM = "stream"
"""The digest of an input that can be read only once."""


def open_library(settings: Settings) -> Library:
    """Load the library, or the version of it, that the settings name, or the seed library that ships with rubrica."""
    return open_version("seed" if settings.library is None else str(settings.library))[1]


def open_version(given: str) -> tuple[Path | None, Library]:
    """Load "seed", a library's folder, or one of its versions as `FOLDER@VERSION`; return the folder too.

    Raises:
        LibraryError: there is no such library or version.
    """
    if given == "seed":
        return None, seed_library()
    folder, version = folder_and_version(given)
    return folder, LibraryStore.open(folder).load(version)


def folder_and_version(given: str) -> tuple[Path, str]:
    """Take `FOLDER@VERSION` apart; a folder that is called so itself is a folder."""
    path, _, version = given.rpartition("@")
    return (Path(path), version or "HEAD") if path and not Path(given).exists() else (Path(given), "HEAD")


def plan_of(settings: Settings, library: Library) -> Plan:
    """Put library and settings together: worker processes for the embedded reasoner, one process for a model."""
    budget = open_budget(settings)
    return Plan(
        library=library,
        mode=settings.mode,
        effort=settings.effort,
        seed=settings.seed,
        sandbox=settings.sandbox,
        reasoner=open_reasoner(settings, settings.model, budget) if settings.model else None,
        in_flight=cases_in_flight(settings),
        budget=budget,
        recall=open_precedents(settings) if settings.model else None,
    )


def open_precedents(settings: Settings) -> Recall | None:
    """Open what the library's runs have learned from, when there is any: only a model that reads recalls it."""
    if settings.library is None:
        return None
    folder = folder_and_version(str(settings.library))[0] / PRECEDENTS
    if not folder.exists():
        return None
    from rubrica.memory.precedents import Precedents

    precedents = Precedents.open(folder)
    return precedents if len(precedents) else None


def cases_in_flight(settings: Settings) -> int:
    """Return how many cases to judge at once: few under a small budget, so that it ends with few cases half done."""
    affordable = [
        int(limit / per_case)
        for limit, per_case in (
            (settings.max_calls, CALLS_PER_CASE),
            (settings.max_tokens, TOKENS_PER_CASE),
            (settings.max_cost, USD_PER_CASE),
        )
        if limit is not None
    ]
    return max(1, min([CASES_PER_CALL * settings.concurrency, *affordable]))


def open_reasoner(settings: Settings, model: str, budget: Budget) -> Reasoner:
    """Connect to a model, and remember what it answers unless the cache is off."""
    language_model = open_model(settings, model, budget)
    if settings.cache == "off":
        return language_model
    from rubrica.memory.cache import Cached, ResponseStore

    return Cached(language_model, ResponseStore(cache_path(settings)), place=language_model.transport.place)


def cache_path(settings: Settings) -> Path:
    """Return the file of the response cache."""
    if settings.cache:
        return Path(settings.cache)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "rubrica" / "responses.sqlite"


def file_digest(source: str) -> str:
    """Return the SHA-256 of a file's bytes, or "stream" for what can be read only once (standard input, a pipe).

    Raises:
        InputError: the file cannot be opened.
    """
    path = Path(source)
    if source == "-" or (path.exists() and not path.is_file() and not path.is_dir()):
        return STREAM
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", path=source) from None
