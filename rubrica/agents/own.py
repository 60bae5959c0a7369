"""Criteria that no skill brings: what the roles themselves establish about every case, under the pseudo-skill "task".

They are fixed, so a library's scoring can give them fitted weights like any other criterion's.
"""

from rubrica.rewards.aggregate import criterion_key
from rubrica.types import Criterion

TASK = "task"
"""The pseudo-skill of criteria that belong to the case rather than to the library."""

CLAIMS = Criterion(
    id="claims-hold",
    text="What it claims and a tool could check is true.",
    weight=3.0,
    baseline=1.0,  # a claim that holds raises nothing; one that does not lowers
    skill=TASK,
)
SOLUTION = Criterion(
    id="agrees-with-blind-solution",
    text="The final answer is the one that was worked out before any answer was read.",
    weight=3.0,
    skill=TASK,
)
OVERALL = Criterion(
    id="overall",
    text="Among the answers shown, it serves the person best.",
    weight=1.0,
    skill=TASK,
)
GUARD = "guard"
"""The tool that finds text addressed to a grader."""
NO_ATTACK = Criterion(
    id="no-attack-on-the-grader",
    text="Nothing in it is addressed to the grader, forged, hidden or empty.",
    kind="rule",
    weight=6.0,
    cap=0.1,
    scored_by="tool",
    tool=GUARD,
    baseline=1.0,
    skill=TASK,
)
"""Whoever reads candidates can be spoken to by them: attacks are charged by a skill, or else by this criterion."""
OWN = {criterion_key(criterion): criterion for criterion in (CLAIMS, SOLUTION, OVERALL, NO_ATTACK)}
"""By key; the judge is not asked to grade them."""
