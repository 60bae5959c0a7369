import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rubrica.errors import OutageError, UserError
from rubrica.memory.cache import Cached, ResponseStore
from rubrica.reasoners.scripted import Scripted
from rubrica.requests.base import Reply
from rubrica.requests.solve import Solution, SolveRequest
from rubrica.types import Message, TaskFeatures, TaskView, TextPart, Usage

ROOT = Path(__file__).parents[2]


def asking(text="2 + 2?", **extra):
    view = TaskView(messages=(Message(role="user", parts=(TextPart(text=text),)),))
    return SolveRequest(task=view, features=TaskFeatures(), **extra)


@pytest.fixture
def store(tmp_path):
    store = ResponseStore(tmp_path / "folder" / "responses.sqlite")
    yield store
    store.close()


def answers(reasoner, *requests):
    async def body():
        return [await reasoner.complete(request) for request in requests]

    return asyncio.run(body())


def test_what_was_answered_is_not_asked_again(store):
    script = Scripted([Solution(answer="4")])
    first, second = answers(Cached(script, store), asking(), asking())
    assert first.value == second.value == Solution(answer="4")
    assert (first.usage.calls, first.usage.cache_hits) == (1, 0)
    assert second.usage == Usage(cache_hits=1)


@pytest.mark.parametrize("other", [asking("3 + 3?"), asking(sample=1)])
def test_another_question_is_asked(store, other):
    script = Scripted([Solution(answer="4"), Solution(answer="6")])
    answers(Cached(script, store), asking(), other)
    assert len(script.requests) == 2


def test_another_reasoner_or_place_is_asked(store):
    other = Scripted([Solution(answer="5")])
    other.id = "another"
    elsewhere = Scripted([Solution(answer="6")])
    reasoners = [Cached(Scripted([Solution(answer="4")]), store), Cached(other, store)]
    reasoners.append(Cached(elsewhere, store, place="http://elsewhere"))
    assert [answers(reasoner, asking())[0].value.answer for reasoner in reasoners] == ["4", "5", "6"]


def test_a_failure_is_not_remembered(store):
    cached = Cached(Scripted([OutageError("down"), Solution(answer="4")]), store)
    with pytest.raises(OutageError):
        answers(cached, asking())
    assert answers(cached, asking())[0].value.answer == "4"


class Slow:
    """Answers after a while, and counts."""

    id = "slow"

    def __init__(self):
        self.asked = 0

    async def complete(self, request):
        self.asked += 1
        await asyncio.sleep(0.02)
        return Reply(value=Solution(answer=str(self.asked)), by=self.id, usage=Usage(calls=1), repaired=True)


def test_equal_requests_in_flight_are_asked_once(store):
    slow = Slow()
    cached = Cached(slow, store)

    async def body():
        return await asyncio.gather(*(cached.complete(asking()) for _ in range(20)))

    replies = asyncio.run(body())
    assert slow.asked == 1
    assert {reply.value.answer for reply in replies} == {"1"}
    assert sum(reply.usage.calls for reply in replies) == 1
    assert sum(reply.usage.cache_hits for reply in replies) == 19


def test_one_who_stops_waiting_does_not_stop_the_others(store):
    cached = Cached(Slow(), store)

    async def body():
        first, second = (asyncio.ensure_future(cached.complete(asking())) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(body()).value.answer == "1"


def test_a_repaired_reply_stays_known_as_repaired(store):
    cached = Cached(Slow(), store)
    assert [reply.repaired for reply in answers(cached, asking(), asking())] == [True, True]


def test_what_is_stored_first_stays(store):
    store.put("k", "1", repaired=False, role="r", reasoner="x")
    store.put("k", "2", repaired=False, role="r", reasoner="x")
    assert store.get("k") == ("1", False)


def test_the_oldest_are_dropped_beyond_the_size_limit(tmp_path):
    store = ResponseStore(tmp_path / "r.sqlite", max_bytes=1000)
    for number in range(100):
        store.put(f"k{number}", "x" * 50, repaired=False, role="r", reasoner="x")
    assert len(store) <= 20
    assert store.get("k99") is not None
    assert store.get("k0") is None
    store.close()


def test_a_file_that_is_no_cache_is_named(tmp_path):
    path = tmp_path / "r.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(UserError, match=r"r\.sqlite.*--cache off"):
        ResponseStore(path)
    assert path.read_bytes().startswith(b"this is no")


def test_a_file_of_another_layout_is_named(tmp_path):
    path = tmp_path / "r.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(UserError, match="layout 99"):
        ResponseStore(path)


def test_a_stored_reply_that_does_not_parse_is_named(store):
    answers(Cached(Scripted([Solution(answer="4")]), store), asking())
    store._db.execute("UPDATE responses SET value = '{}x'")
    with pytest.raises(UserError, match="solver reply cannot be read"):
        answers(Cached(Scripted([]), store), asking())


def test_many_processes_write_at_once_and_agree(tmp_path):
    path = tmp_path / "r.sqlite"
    program = (
        "import sys; from pathlib import Path; from rubrica.memory.cache import ResponseStore\n"
        "store = ResponseStore(Path(sys.argv[1]))\n"
        "for n in range(200): store.put(f'k{n}', sys.argv[2], repaired=False, role='r', reasoner='x')\n"
        "print(''.join(store.get(f'k{n}')[0] for n in range(200)))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for name in "abc"
    ]
    told = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(told) == 1
