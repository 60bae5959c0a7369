"""A written row reads back as the same preference."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.data.read import read_row
from rubrica.data.rows import Row
from rubrica.data.write import to_row
from rubrica.types import (
    Candidate,
    Case,
    CodeTest,
    Document,
    ImagePart,
    Label,
    Message,
    Preference,
    Task,
    TextPart,
)

TEXT = st.text(max_size=20)
NAME = st.text(alphabet="abcXYZ019-~ ", min_size=1, max_size=8).filter(str.strip)
PARTS = st.one_of(
    TEXT.map(lambda text: (TextPart(text=text),)),
    st.lists(st.one_of(TEXT.map(lambda t: TextPart(text=t)), NAME.map(lambda u: ImagePart(uri=u)))).map(tuple),
)
META = st.dictionaries(TEXT, st.one_of(st.none(), st.booleans(), st.integers(), TEXT), max_size=2)
MESSAGE = st.builds(Message, role=st.sampled_from(["system", "user", "assistant", "tool"]), parts=PARTS)
TASK = st.builds(
    Task,
    id=NAME,
    messages=st.lists(MESSAGE, max_size=3).map(tuple),
    context=st.lists(st.builds(Document, text=TEXT, title=TEXT), max_size=2).map(tuple),
    tests=st.lists(st.builds(CodeTest, code=TEXT, expected=st.integers()), max_size=2).map(tuple),
    reference=st.none() | TEXT,
    meta=META,
)


@st.composite
def preferences(draw: st.DrawFn) -> Preference:
    ids = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    case = Case(task=draw(TASK), candidates=tuple(Candidate(id=i, parts=draw(PARTS), meta=draw(META)) for i in ids))
    extra: dict[str, Any] = {
        "source": draw(st.sampled_from(["human", "verified", "silver"])),
        "strength": draw(st.none() | st.integers(0, 3)),
        "critique": draw(st.none() | TEXT),
        "votes": draw(st.none() | st.just(tuple(range(len(ids))))),
    }
    if len(ids) == 1:
        return Preference(case=case, label=Label.from_scores((draw(st.sampled_from([0.0, 0.5, 1.0])),), **extra))
    scores = tuple(float(draw(st.integers(0, 3))) for _ in ids)
    label = draw(
        st.sampled_from(
            [
                Label.best(0, len(ids), **extra),
                Label(kind="best", ranks=(0,) * (len(ids) - 1) + (1,), **extra),
                Label.from_scores(scores, **extra),
                Label(kind="ranking", ranks=Label.from_scores(scores).ranks, **extra),
            ]
        )
    )
    return Preference(case=case, label=label, subset=draw(TEXT))


@settings(max_examples=200, deadline=None)
@given(preferences())
def test_round_trip(preference: Preference) -> None:
    row = read_row(json.loads(json.dumps(to_row(preference))))
    assert isinstance(row, Row), row
    assert row.format == "rubrica"
    assert row.preference == preference
