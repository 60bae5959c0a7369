"""What no judge may be proud of beating by little: rankings that read nothing."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

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


def baseline_credits(preference: Preference) -> dict[str, float]:
    """Return the credit of every baseline that the case allows; BLEU needs a reference."""
    earned = {name: baseline_credit(name, preference) for name in (*BASELINES, "random")}
    if (preference.case.task.reference or "").strip():
        earned["bleu"] = credit(preference.label, ranks(bleu_scores(preference.case)))
    return earned


def bleu_scores(case: Case) -> list[float]:
    """Return each candidate's sentence BLEU against the reference, in [0, 100] (Papineni et al. 2002; sacrebleu)."""
    references = [case.task.reference or ""]
    return [_bleu().sentence_score(candidate.text, references).score for candidate in case.candidates]


@cache
def _bleu() -> Any:
    from sacrebleu.metrics import BLEU

    return BLEU(effective_order=True)
