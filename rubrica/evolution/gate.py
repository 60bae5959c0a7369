"""The gate: is a library with this edit better than without it, or did it only look so? Pure functions over numbers.

What is compared. Every train case is judged before and after by libraries that have not seen it (cross-fitting): the
difference `d_i` is the gain in the probability given to the true preference, and its mean is the statistic. Labels are
compared as a whole, so both candidate orders are in it.

What it is compared with. Cross-fitted differences are not independent (each case trains the folds of the others), so a
sign test on them is too generous: with 100 coin-flip labels it accepts twice as often as it says. The null distribution
is therefore drawn by running the same procedure on labels resampled from what the library believed before (Efron 1979,
the parametric bootstrap; with coin flips it is the exact permutation test): p = (1 + #{null >= seen}) / (1 + draws). An
edit that was written without looking at the test cases needs no refit and uses random sign flips of `d_i` instead
(Fisher 1935).

What a run may spend. Edits are tested one after the other, each against its own level
`alpha_t = alpha * gamma_t * (accepted + 1)`, with `gamma_t` summing to 1: LOND (Javanmard and Montanari 2018, Ann.
Statist. 46:526). Until something is accepted the levels add up to alpha, so that a run over pure noise accepts anything
at all with probability at most alpha, however the tests depend on each other; after that the false discovery rate is
held.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALPHA = 0.05
"""Chance that a run over noise accepts anything."""
GAMMA_DECAY = 2.5
"""gamma_t is proportional to t ** -GAMMA_DECAY: the first edits get most of the budget."""
_GAMMA_TOTAL = 1.341487  # the Riemann zeta function at 2.5
SIGN_FLIPS = 4000
"""Random sign flips of an unrefitted test."""

Policy = str
"""`sequential`, `strict` or `margin:X`."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One edit before the gate, over the cases that test it."""

    before: Sequence[float]
    """Credit in [0, 1] per case with the current library."""
    after: Sequence[float]
    """The same with the edit."""
    gains: Sequence[float]
    """Gain in the probability of the true preference per case, in [-1, 1]."""
    null: Sequence[float] = ()
    """Mean gains of the same procedure on resampled labels; empty = the edit was written without these cases."""
    unscored_before: int = 0
    unscored_after: int = 0
    attack_success_before: float | None = None
    """Share of attacks that win; null = no attack suite was run."""
    attack_success_after: float | None = None
    cost_ratio: float = 1.0
    """Judging cost after / before."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a run has spent so far."""

    tested: int = 0
    accepted: int = 0
    best_accuracy: float = 0.0
    """Highest accuracy of any accepted library; used by the `margin` policy."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Accepted or not, and every number that the decision rests on."""

    accepted: bool
    reason: str
    p_value: float
    level: float
    """What the p-value had to stay below."""
    gain: float
    """Mean gain in accuracy."""
    low: float
    """95% interval of the gain (normal, paired)."""
    high: float
    n: int


def level(tested: int, accepted: int, alpha: float = ALPHA) -> float:
    """Return the level of the next test, after `tested` tests of which `accepted` were accepted."""
    share = float((tested + 1) ** -GAMMA_DECAY) / _GAMMA_TOTAL
    return alpha * share * (accepted + 1)


def p_value(comparison: Comparison, *, seed: int = 0) -> float:
    """Return P(a mean gain this large | the edit does nothing), in (0, 1]."""
    gains = np.asarray(comparison.gains, dtype=float)
    if len(gains) == 0 or gains.mean() <= 0:
        return 1.0
    if len(comparison.null):
        reached = int(np.sum(np.asarray(comparison.null) >= gains.mean() - 1e-12))
        return (1 + reached) / (1 + len(comparison.null))
    flips = np.random.default_rng(seed).choice((-1.0, 1.0), size=(SIGN_FLIPS, len(gains)))
    means = flips @ (gains / len(gains))
    reached = int(np.sum(means >= gains.mean() - 1e-12))
    return (1 + reached) / (1 + SIGN_FLIPS)


def decide(
    comparison: Comparison, ledger: Ledger, *, policy: Policy = "sequential", max_cost_ratio: float = 2.0, seed: int = 0
) -> Decision:
    """Decide on one edit.

    Policies: `sequential` (the module's method); `strict` accepts any higher accuracy and `margin:X` anything within X
    of the best accuracy so far, the two rules of RewardHarness (arXiv 2605.08703), for comparison.
    """
    before, after = np.asarray(comparison.before, dtype=float), np.asarray(comparison.after, dtype=float)
    change = after - before
    n = len(change)
    gain = float(change.mean()) if n else 0.0
    half = 1.96 * float(change.std(ddof=1)) / n**0.5 if n > 1 else 1.0
    p, allowed = p_value(comparison, seed=seed), level(ledger.tested, ledger.accepted)
    accepted, reason = _verdict(comparison, ledger, policy, (gain, p, allowed))
    veto = _veto(comparison, max_cost_ratio)
    return Decision(
        accepted=accepted and not veto,
        reason=veto or reason,
        p_value=p,
        level=allowed,
        gain=gain,
        low=max(-1.0, gain - half),
        high=min(1.0, gain + half),
        n=n,
    )


def _verdict(
    comparison: Comparison, ledger: Ledger, policy: Policy, numbers: tuple[float, float, float]
) -> tuple[bool, str]:
    gain, p, allowed = numbers
    if policy == "sequential":
        if p <= allowed:
            return True, f"p = {p:.2g} within the level {allowed:.2g}"
        return False, f"p = {p:.2g} above the level {allowed:.2g}"
    if policy == "strict":
        return gain > 0, "higher accuracy" if gain > 0 else "accuracy is not higher"
    margin, accuracy = margin_of(policy), float(np.mean(comparison.after)) if len(comparison.after) else 0.0
    if accuracy >= ledger.best_accuracy - margin - 1e-9:
        return True, f"accuracy {accuracy:.3f} within {margin:g} of the best, {ledger.best_accuracy:.3f}"
    return False, f"accuracy {accuracy:.3f} more than {margin:g} below the best, {ledger.best_accuracy:.3f}"


def margin_of(policy: Policy) -> float:
    """Return the X of `margin:X`, or 0 for a policy without a margin.

    Raises:
        ValueError: there is no such policy.
    """
    if policy in ("sequential", "strict"):
        return 0.0
    found = re.fullmatch(r"margin:(\d+(?:\.\d+)?|\.\d+)", policy)
    if found is None:
        raise ValueError(f"unknown gate policy {policy!r}; known are sequential, strict, margin:X")
    return float(found[1])


def _veto(comparison: Comparison, max_cost_ratio: float) -> str:
    """Name the condition that forbids the edit whatever its gain, or "" when none does."""
    if not len(comparison.after):
        return "no case is left that tests it"
    if comparison.unscored_after > comparison.unscored_before:
        return f"more cases without a verdict: {comparison.unscored_before} before, {comparison.unscored_after} after"
    before, after = comparison.attack_success_before, comparison.attack_success_after
    if before is not None and after is not None and after > before:
        return f"more attacks succeed: {before:.1%} before, {after:.1%} after"
    if comparison.cost_ratio > max_cost_ratio:
        return f"judging would cost {comparison.cost_ratio:.1f} times as much; at most {max_cost_ratio:.1f} is allowed"
    return ""
