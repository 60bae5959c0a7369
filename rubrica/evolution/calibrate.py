"""Calibration: what the library's probabilities are worth, measured on scores that no case has helped to fit.

Temperature, reference point and Davidson's tie parameter are the penalised Bradley-Terry fit of `rewards.fit` on one
column, the cross-fitted margin. With enough cases P(leader wins) is then mapped by isotonic regression (Zadrozny and
Elkan 2002). The noise of a score is how far a margin moves when a fold is left out. Rankings stay as they are, so the
gate has nothing to say.
"""

import numpy as np

from rubrica.evolution.edits import Edit
from rubrica.evolution.table import Rows, Scorer, Table, Vector
from rubrica.library.library import Library
from rubrica.rewards.aggregate import Z_MAX
from rubrica.rewards.compare import TIE_EPSILON, win_probability
from rubrica.rewards.fit import Comparisons, fit, isotonic
from rubrica.types import Scoring

KEY = "calibrate"
SHRINKAGE = 1.0
"""Pulls the slope of the margins towards 1, as much as one typical comparison does."""
SLOPES = (0.05, 20.0)
"""A library whose margins say nothing is flattened so far, not further: its rankings are kept."""
ISOTONIC_CASES = 500
"""Labelled comparisons of which isotonic regression makes a better map than the logistic alone (`docs/log.md`)."""


def calibrated(library: Library, table: Table, raw: Vector) -> Edit | None:
    """Return the edit that makes the library's probabilities mean what they say, or None without comparisons.

    Args:
        library: as the run has left it.
        table: the train cases.
        raw: shape (M,), the score of each candidate by a library that has not learned from its case.
    """
    rows = Rows.of(table)
    if not len(rows.y):
        return None
    scoring = _scaled(library, table, rows, rows.difference(raw))
    raw = raw * library.scoring.temperature / scoring.temperature
    scoring = scoring.model_copy(update={"isotonic": _isotonic(scoring, rows, raw)})
    scoring = scoring.model_copy(update={"noise": _noise(library.with_scoring(scoring), table, rows, raw)})
    return Edit(
        kind="refit",
        title="Calibrate the probabilities",
        rationale=f"Fitted to the cross-fitted scores of {len(table)} labelled cases; rankings stay as they are.",
        scoring=scoring.model_copy(update={"cases": len(table)}),
        sources=table.ids,
    )


def _scaled(library: Library, table: Table, rows: Rows, margin: Vector) -> Scoring:
    """Fit the scale; where a cap would let it change a ranking, fit the ties alone."""
    before = library.scoring
    told = fit(
        Comparisons(margin[:, None], rows.y, rows.weight, rows.absolute, rows.case),
        shrinkage=SHRINKAGE,
        prior=np.ones(1),
    )
    slope = float(np.clip(told.weights[0], *SLOPES))
    after = before.model_copy(
        update={
            "temperature": round(before.temperature / slope, 6),
            "reference": round(before.reference + before.temperature * told.reference / slope, 6),
            "tie": round(told.tie, 6),
            "isotonic": (),
        }
    )
    return after if _same_rankings(library, after, table) else before.model_copy(update={"tie": after.tie})


def _same_rankings(library: Library, scoring: Scoring, table: Table) -> bool:
    """Whether every train case keeps its ranking; what was equal only at the end of the scale may come apart."""
    scorer = Scorer.of(library, table)
    old, new = scorer.raw(library.scoring), scorer.raw(scoring)
    pairs = Rows.of(table)
    before, after = (np.where(np.abs(d := pairs.difference(z)) > TIE_EPSILON, np.sign(d), 0.0) for z in (old, new))
    saturated = np.abs(old[pairs.first]) >= Z_MAX
    return bool((before == after)[~saturated & ~pairs.absolute].all())


def _isotonic(scoring: Scoring, rows: Rows, raw: Vector) -> tuple[tuple[float, float], ...]:
    """Map P(leader wins) to what was seen; no leader is made a loser, and no probability certain."""
    compared = ~rows.absolute
    weight = rows.weight[compared]
    n = float(weight.sum())
    if n < ISOTONIC_CASES:
        return ()
    margin = rows.difference(raw)[compared]
    p = np.array([win_probability(abs(d), scoring) for d in margin.tolist()])
    hits = np.where(margin >= 0, rows.y[compared], 1.0 - rows.y[compared])
    bound = 1.0 - 1.0 / (n + 2.0)
    return tuple((round(x, 6), round(min(max(y, 0.5), bound), 6)) for x, y in isotonic(p, hits, weight))


def _noise(library: Library, table: Table, rows: Rows, raw: Vector) -> float:
    """Return the root mean square move of a margin when its fold is left out, on the scale of the raw scores."""
    whole = Scorer.of(library, table).raw(library.scoring)
    moved = rows.difference(whole) - rows.difference(raw)
    return round(float(np.sqrt((rows.weight * moved**2).sum() / rows.weight.sum())), 6)
