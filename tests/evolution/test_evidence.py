"""The table holds what the judge itself finds, and asks nothing twice."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from openai_compatible import Knower, ModelServer

from rubrica.data.demo import demo_path
from rubrica.data.read import read
from rubrica.evolution.evidence import Judge, Judgements, work_hash
from rubrica.evolution.run import Options, Run
from rubrica.evolution.table import Scorer, Table
from rubrica.harness import Harness
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.llm import LanguageModel
from rubrica.skills.base import Skill
from rubrica.tools.entry import ToolEntry
from rubrica.types import Criterion, Preference, Verdict


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


@pytest.mark.timeout(120)
def test_a_tool_that_asks_a_model_is_asked_of_a_judge_that_reads_and_where_it_applies(
    tmp_path: Path, preferences, judge
) -> None:
    tool = ToolEntry(name="kind", description="Whether it is kind.", kind="prompt", body="Is it kind?")
    asked = Criterion(id="kind", text="It is kind.", scored_by="tool", tool="kind", when="words > 12")
    library = Library.of([Skill(name="kindness", description="Use it always.", criteria=(asked,))], tools=[tool])

    def known(url: str) -> Table:
        model = LanguageModel(Direct("m", [url], key="", timeout_s=20.0, stream=False))
        reading = Judge(Plan(library, sandbox="none", reasoner=model), workers=1)
        with Run.open(tmp_path, Options(data="-")) as run:
            return Judgements(run, reading, ()).table(preferences, [library], step="all")

    async def asked_of(server: ModelServer) -> Table:
        async with server:
            return await asyncio.to_thread(known, server.url)

    server = ModelServer(mind=Knower(lambda _, text: float(len(text) % 2)))
    table = asyncio.run(asked_of(server))
    applies = table.holds("words > 12")[table.case_of]
    assert 0 < applies.sum() < len(applies)
    np.testing.assert_array_equal(~np.isnan(table.grades[:, 0]), applies)
    assert {body["response_format"]["json_schema"]["name"] for body in server.bodies} == {"tool"}
    with Run.open(tmp_path / "rules", Options(data="-")) as run:
        assert np.isnan(Judgements(run, judge, ()).table(preferences, [library], step="all").grades).all()
