"""Feedback: in words, what set one candidate apart from the others of its case."""

from collections.abc import Mapping, Sequence

from rubrica.rewards.aggregate import Raw
from rubrica.rewards.compare import TIE_EPSILON
from rubrica.types import Finding

PARTS = 3
"""How many findings the feedback names."""


def feedback(candidate: str, raw: Raw, group: Sequence[Raw], findings: Mapping[tuple[str, str], Finding]) -> str:
    """Return one line per finding that decided most: signed contribution, criterion, and what was established."""
    parts = []
    for key, contribution in setting_apart(raw, group)[:PARTS]:
        finding = findings.get((key, candidate))
        why = f": {finding.rationale}" if finding and finding.rationale else ""
        parts.append(f"{contribution:+.2f} {key}{why}")
    return "\n".join(parts)


def setting_apart(raw: Raw, group: Sequence[Raw]) -> list[tuple[str, float]]:
    """Order a candidate's contributions by their distance from the group's mean; those at the mean decided nothing.

    Where nothing differs, as with a lone candidate, all contributions are given, largest first: they made the level.
    """
    usual = _means(group)
    apart = [(key, part) for key, part in raw.contributions if abs(part - usual[key]) > TIE_EPSILON]
    return sorted(apart, key=lambda item: (-abs(item[1] - usual[item[0]]), item[0])) or list(raw.contributions)


def _means(group: Sequence[Raw]) -> dict[str, float]:
    parts = [dict(raw.contributions) for raw in group]
    keys = sorted({key for part in parts for key in part})
    return {key: sum(part.get(key, 0.0) for part in parts) / len(group) for key in keys}
