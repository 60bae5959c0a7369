"""What no judge may be proud of beating by little: rankings that read nothing."""

from collections.abc import Callable, Mapping

from rubrica.evals.metrics import credit
from rubrica.rewards.compare import ranks
from rubrica.types import Case, Preference

BASELINES: Mapping[str, Callable[[Case], tuple[int, ...]]] = {
    "first": lambda case: ranks([-i for i in range(len(case.candidates))]),
    "longer": lambda case: ranks([len(candidate.text) for candidate in case.candidates]),
    "shorter": lambda case: ranks([-len(candidate.text) for candidate in case.candidates]),
}


def baseline_credit(name: str, preference: Preference) -> float:
    """Return the credit of a baseline on one labelled case; "random" is its expectation."""
    label = preference.label
    size = len(label.ranks)
    if name == "random":
        return len(label.winners) / size if len(label.winners) < size else 0.0
    return credit(label, BASELINES[name](preference.case))
