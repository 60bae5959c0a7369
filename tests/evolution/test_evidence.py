"""The table holds what the judge itself finds, and asks nothing twice."""

from pathlib import Path

import numpy as np
import pytest

from rubrica.data.demo import demo_path
from rubrica.data.read import read
from rubrica.evolution.evidence import Judge, Judgements, work_hash
from rubrica.evolution.run import Options, Run
from rubrica.evolution.table import Scorer
from rubrica.harness import Harness
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.types import Preference, Verdict


@pytest.fixture
def preferences() -> list[Preference]:
    return [row.preference for row in read(demo_path()) if row.preference is not None][::4]


@pytest.fixture
def judge() -> Judge:
    return Judge(Plan(seed_library(), sandbox="none"), workers=1)


def test_the_table_scores_as_the_judge_does(tmp_path: Path, preferences, judge) -> None:
    library = seed_library()
    with Run.open(tmp_path, Options(data="-")) as run:
        table = Judgements(run, judge, ()).table(preferences, [library], step="all")
    raw = Scorer.of(library, table).raw(library.scoring)
    for n, judged in enumerate(Harness(library=library).judge_all([p.case for p in preferences])):
        told = raw[table.start[n] : table.start[n + 1]]
        scores = [score.raw for score in judged.result.scores] if isinstance(judged.result, Verdict) else 0.0 * told
        np.testing.assert_allclose(told, scores, atol=1e-9)


def test_only_what_is_new_is_judged(tmp_path: Path, preferences, judge, vocabulary) -> None:
    library = seed_library()
    with Run.open(tmp_path, Options(data="-")) as run:
        judgements = Judgements(run, judge, ())
        first = judgements.table(preferences, [library], step="one")
        judgements.table(preferences, [library], step="two")
        assert run.judgements() == (2 * len(preferences), len(preferences))
        wider = Judgements(run, judge, vocabulary).table(preferences, [library], step="three")
        assert run.judgements() == (3 * len(preferences), 2 * len(preferences))
    shared = [wider.columns[column] for column in first.columns]
    np.testing.assert_array_equal(first.grades, wider.grades[:, shared])


def test_a_case_is_the_same_work_whatever_its_id(preferences) -> None:
    case = preferences[0].case
    renamed = case.model_copy(update={"task": case.task.model_copy(update={"id": "other", "meta": {"x": 1}})})
    turned = case.model_copy(update={"candidates": case.candidates[::-1]})
    assert work_hash(case) == work_hash(renamed)
    assert work_hash(case) != work_hash(turned)
