"""Judging inside somebody's own Ray Data pipeline: rows of any format that we read get columns with their verdicts."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rubrica.adapters.ray.judge import Judge, Order
from rubrica.data.formats import named
from rubrica.data.parquet import plain_rows
from rubrica.data.read import read_row
from rubrica.data.rows import BadRow, Row
from rubrica.errors import ConfigError, InputError
from rubrica.harness import CHUNK, Mode
from rubrica.library.library import Library
from rubrica.parallel import Plan
from rubrica.parallel import Row as Result
from rubrica.reward import RewardFunction
from rubrica.types import Unscored, Usage, Verdict

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

COLUMNS = ("rewards", "unscored", "verdict")
"""Added to every row: a number per candidate, or null; why there is none, or null; the whole result as JSON."""


def judge_dataset(
    rows: "Dataset",
    library: Library | Plan | Path | str | None = None,
    *,
    mode: Mode | None = None,
    format: str = "auto",  # noqa: A002 - the name of the command-line flag
    judges: int | None = None,
) -> "Dataset":
    """Return the rows with `COLUMNS` added, judged by one version of a library, which travels by value.

    Args:
        rows: a data set, as `ray.data.read_json` or `read_parquet` gives it; nothing runs until its result is used.
        library: a folder (its newest version is read once, now), a `Library`, a `Plan`, or None for the seed library.
        mode: judge the candidates of a row beside each other or each alone; None = as the plan says, or "group".
        format: format of the rows; "auto" looks at the columns of each.
        judges: processes, one processor each; None = as many as Ray finds place for.

    Raises:
        ConfigError: the plan asks a language model.
    """
    from ray.data import ActorPoolStrategy

    plan = RewardFunction(library).plan
    if plan.reasoner is not None:
        raise ConfigError("a language model is asked from one process; judge without Ray, or without the model")
    order = Order.of(replace(plan, mode=mode or plan.mode))
    return rows.map_batches(
        DatasetJudge,
        fn_constructor_args=(order, format),
        batch_size=CHUNK,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(size=judges) if judges else ActorPoolStrategy(min_size=1),
        num_cpus=1,
    )


class DatasetJudge:
    """The callable class for `map_batches`: an Arrow table in, the same table with `COLUMNS` out.

    Raises:
        ConfigError: this node would come to other verdicts than the machine that gave the order.
    """

    def __init__(self, order: Order, format: str = "auto") -> None:  # noqa: A002 - as above
        self._judge = Judge(order)
        if self._judge.refusal:
            raise ConfigError(self._judge.refusal)
        self._format = None if format == "auto" else named(format)

    def __call__(self, table: "pa.Table") -> "pa.Table":
        import pyarrow as pa

        if taken := set(COLUMNS) & set(table.column_names):
            raise InputError(f"the data has a column '{min(taken)}' already; rename it", field=min(taken))
        found = [read_row(raw, self._format) for raw in plain_rows(table)]
        judged = iter(self._judge.rows([each.case for each in found if isinstance(each, Row)]))
        results = [_refused(each) if isinstance(each, BadRow) else next(judged) for each in found]
        columns = (
            pa.array([_rewards(result) for result in results], pa.list_(pa.float64())),
            pa.array([result.unscored for result in results], pa.string()),
            pa.array([result.json for result in results], pa.string()),
        )
        for name, column in zip(COLUMNS, columns, strict=True):
            table = table.append_column(name, column)
        return table


def _rewards(result: Result) -> list[float] | None:
    if result.unscored:
        return None
    return [score.reward for score in Verdict.model_validate_json(result.json).scores]


def _refused(bad: BadRow) -> Result:
    detail = f"field '{bad.field}': {bad.problem}; {bad.fix}"
    return Result("", Unscored(case="", reason="bad_input", detail=detail).model_dump_json(), "bad_input", Usage(), 0.0)
