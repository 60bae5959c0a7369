"""Judged cases as training data without RL: best-of-K answers, preference pairs, score-conditioned answers.

Every row says which version made it. Prompts and completions are in TRL's conversational form.
"""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from rubrica.types import Case, Score, Verdict

Row = dict[str, JsonValue]

LEVELS = 10
"""Steps of reward that a score-conditioned answer is told apart by."""


def best_of(case: Case, verdict: Verdict, *, above: float = 0.0) -> Iterator[Row]:
    """Yield the best candidate for supervised fine-tuning, if its reward is at least `above`.

    Of several best the first in the case is taken. `margin` is its lead over the best of a lower rank, on the latent
    scale; null when there is none.
    """
    best = next(score for score in verdict.scores if score.rank == 0)
    others = [score.raw for score in verdict.scores if score.rank > 0]
    if best.reward >= above:
        yield {
            "prompt": _prompt(case),
            "completion": _completion(case, best),
            "reward": best.reward,
            "margin": best.raw - max(others) if others else None,
            "provenance": _provenance(verdict, [best]),
        }


def pairs(case: Case, verdict: Verdict, *, above: float = 0.0, every: bool = False) -> Iterator[Row]:
    """Yield preference pairs whose latent margin is more than `above`: best against worst, or every pair.

    `margin` is the difference of latent scores, which TRL's reward and DPO trainers accept as it is; `probability` is
    P(chosen beats rejected).
    """
    order = sorted(range(len(verdict.scores)), key=lambda i: (verdict.scores[i].rank, i))
    chosen = [(i, j) for n, i in enumerate(order) for j in order[n + 1 :]] if every else [(order[0], order[-1])]
    for i, j in chosen:
        better, worse = verdict.scores[i], verdict.scores[j]
        if better.rank < worse.rank and better.raw - worse.raw > above:
            yield {
                "prompt": _prompt(case),
                "chosen": _completion(case, better),
                "rejected": _completion(case, worse),
                "score_chosen": better.reward,
                "score_rejected": worse.reward,
                "margin": better.raw - worse.raw,
                "probability": verdict.win[i][j],
                "provenance": _provenance(verdict, [better, worse]),
            }


def conditioned(case: Case, verdict: Verdict) -> Iterator[Row]:
    """Yield every candidate under a system message that names its quality, so that quality can be asked for.

    Source: Dong et al. 2023, "SteerLM" (arXiv 2310.05344). The quality is the reward in steps of a tenth, 0 to 9.
    """
    for score in verdict.scores:
        level = min(LEVELS - 1, int(score.reward * LEVELS))
        told: Row = {"role": "system", "content": f"Quality of the answer: {level} of {LEVELS - 1}."}
        yield {
            "prompt": [told, *_prompt(case)],
            "completion": _completion(case, score),
            "level": level,
            "reward": score.reward,
            "provenance": _provenance(verdict, [score]),
        }


def _prompt(case: Case) -> list[JsonValue]:
    return [{"role": message.role, "content": message.text} for message in case.task.messages]


def _completion(case: Case, score: Score) -> list[JsonValue]:
    text = next(candidate.text for candidate in case.candidates if candidate.id == score.candidate)
    return [{"role": "assistant", "content": text}]


def _provenance(verdict: Verdict, scores: Sequence[Score]) -> Row:
    made_by: Row = verdict.provenance.model_dump(mode="json")
    return {**made_by, "case": verdict.case, "candidates": [score.candidate for score in scores]}
