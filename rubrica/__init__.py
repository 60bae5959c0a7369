"""rubrica: an agentic, self-evolving reward system.

A library of skills (what to look for) and tools (code that checks facts) judges candidate outputs, learns from about a
hundred labelled preferences without training a weight, and serves the result as a scalar reward.

Importing this package loads nothing heavy: names resolve on first use (PEP 562).
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = dict.fromkeys(
    (
        "Candidate",
        "Case",
        "Criterion",
        "Evidence",
        "Finding",
        "Label",
        "Message",
        "Preference",
        "Rubric",
        "Task",
        "Unscored",
        "Verdict",
    ),
    "rubrica.types",
) | {
    "RewardFunction": "rubrica.reward",
    "Sample": "rubrica.samples",
    "Shaping": "rubrica.rewards.shape",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        try:
            return getattr(import_module(_HOME[name]), name)
        except ModuleNotFoundError as error:
            problem = f"rubrica.{name} needs {error.name}; installed without dependencies, only rubrica.adapters works"
            raise ModuleNotFoundError(problem, name=error.name) from error
    raise AttributeError(f"module 'rubrica' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_HOME, "__version__"])
