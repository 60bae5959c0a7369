"""How close the answer is to a known right answer: chrF or BLEU of sacrebleu, or overlap of words."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import builtin
from rubrica.tools.text import read
from rubrica.types import Candidate, TaskView, Value


class ReferenceArguments(Value):
    """Which similarity."""

    metric: Literal["chrf", "bleu", "f1"] = "chrf"
    """`chrf`: character n-gram F (Popović 2015); `bleu`: sentence BLEU with effective order; `f1`: bags of words."""


@cache
def _metric(name: str) -> Any:
    from sacrebleu.metrics import BLEU, CHRF

    return CHRF() if name == "chrf" else BLEU(effective_order=True)


def word_f1(text: str, reference: str) -> float:
    """Compute F1 over bags of words in lower case (as in SQuAD, Rajpurkar et al. 2016, without its article removal)."""
    ours, theirs = Counter(read(text).words), Counter(read(reference).words)
    shared = sum((ours & theirs).values())
    return 2 * shared / (ours.total() + theirs.total()) if shared else 0.0


@builtin(
    "reference",
    "How close the answer is to the reference answer, in [0, 1]; null without one.",
    arguments=ReferenceArguments,
)
def reference(task: TaskView, candidate: Candidate, arguments: ReferenceArguments) -> Iterator[Observation]:
    """Score the answer against the reference."""
    claim = f"the answer is close to the reference ({arguments.metric})"
    known = task.reference
    if known is None or not known.strip():
        yield Observation(claim, None, "the task has no reference")
        return
    if arguments.metric == "f1":
        value = word_f1(candidate.text, known)
    else:
        value = _metric(arguments.metric).sentence_score(candidate.text[:20_000], [known[:20_000]]).score / 100
    yield Observation(claim, min(1.0, max(0.0, value)), f"{value:.3f}")
