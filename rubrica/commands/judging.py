"""Rows in, results out, in input order: judged by processes of this machine, or by a Ray cluster."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib.util import find_spec

from rubrica.data.rows import BadRow
from rubrica.data.rows import Row as InputRow
from rubrica.errors import ConfigError, UserError
from rubrica.parallel import Plan, Row, judge_rows
from rubrica.types import Case, Unscored, Usage

Judges = Callable[[Iterable[Case]], Iterator[Row]]
"""Who judges: one row per case, in input order."""

HOPELESS = 10_000
"""Bad rows in a row after which the input is taken for something else; they wait in memory."""


def open_judges(plan: Plan, workers: int, ray: str | None = None) -> AbstractContextManager[Judges]:
    """Return who judges: `workers` processes of this machine (0 = one per core), or that many on Ray, at the address.

    Raises:
        ConfigError: a language model is to judge, or Ray is not installed.
    """
    if ray is None:
        return nullcontext(partial(judge_rows, plan, workers=workers))
    if plan.reasoner is not None:
        raise ConfigError("a language model is asked from one process, many cases at once; leave out --ray or --model")
    if find_spec("ray") is None:
        raise ConfigError("judging on Ray needs the extra: pip install 'rubrica[ray]'")
    from rubrica.adapters.ray.cluster import ray_judges

    return ray_judges(plan, ray, workers=workers)


def judge_source(source: Iterator[InputRow | BadRow], judges: Judges) -> Iterator[tuple[InputRow | BadRow, Row]]:
    """Pair every input row, bad ones too, with its result, in input order.

    When the source breaks off, what it gave is judged before its error is raised.
    """
    waiting: deque[InputRow | BadRow] = deque()
    broken: list[UserError] = []

    def cases() -> Iterator[Case]:
        hopeless = 0
        try:
            for item in source:
                waiting.append(item)
                hopeless = hopeless + 1 if isinstance(item, BadRow) else 0
                if isinstance(item, InputRow):
                    yield item.case
                elif hopeless >= HOPELESS:
                    broken.append(UserError(f"{hopeless} rows in a row cannot be read; is --format right?"))
                    return
        except UserError as error:
            broken.append(error)

    for row in judges(cases()):
        while isinstance(waiting[0], BadRow):
            yield _refuse(waiting.popleft())
        yield waiting.popleft(), row
    while waiting:
        yield _refuse(waiting.popleft())
    if broken:
        raise broken[0]


def _refuse(bad: InputRow | BadRow) -> tuple[BadRow, Row]:
    if not isinstance(bad, BadRow):
        raise TypeError("a readable row was left without a result")
    result = Unscored(case=f"line:{bad.line}", reason="bad_input", detail=str(bad.error()))
    return bad, Row(result.case, result.model_dump_json(), "bad_input", Usage(), 0.0)
