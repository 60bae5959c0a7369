"""`rubrica judge`: candidate outputs in, verdicts out, in input order."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import TypeAdapter, ValidationError

from rubrica.commands.judging import Judges, judge_source, open_judges
from rubrica.commands.open import STREAM, file_digest, open_library, plan_of
from rubrica.commands.options import (
    EFFORTS,
    MODEL_SETTINGS,
    MODES,
    SANDBOXES,
    library_option,
    model_options,
    settings_from,
)
from rubrica.commands.terminal import counted, one_line, pace
from rubrica.config import Settings
from rubrica.data.read import rows
from rubrica.data.rows import BadRow
from rubrica.data.rows import Row as InputRow
from rubrica.data.sources import Limits, count_rows
from rubrica.errors import InputError, UserError
from rubrica.evals.baselines import baseline_credit
from rubrica.evals.metrics import Outcome, outcome, summarise
from rubrica.interrupts import noted, raise_if_noted
from rubrica.parallel import Plan, Row
from rubrica.types import Case, Judgement, Unscored, Usage, Verdict

if TYPE_CHECKING:
    from rubrica.commands.verdicts import VerdictFile

SHOWN = 20
"""Tables, and remarks about bad rows, printed before a long run goes on in silence."""

JUDGEMENT: TypeAdapter[Verdict | Unscored] = TypeAdapter(Judgement)


@dataclass
class Tally:
    """What the summary counts."""

    judged: int = 0
    earlier: int = 0
    """Of these, how many an interrupted run had judged."""
    unscored: Counter[str] = field(default_factory=Counter)
    outage: str = ""
    """What the first row without an answer of the model was told."""
    bad_rows: int = 0
    cache_hits: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    baselines: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)

    def add(self, source: InputRow | BadRow, row: Row) -> None:
        self.judged += 1
        self.cache_hits += row.usage.cache_hits
        if row.unscored:
            self.unscored[row.unscored] += 1
            if row.unscored == "outage" and not self.outage:
                result = JUDGEMENT.validate_json(row.json)
                self.outage = result.detail if isinstance(result, Unscored) else ""
        if isinstance(source, BadRow):
            self.bad_rows += 1
        elif (preference := source.preference) is not None and len(source.case.candidates) > 1:
            result = JUDGEMENT.validate_json(row.json)
            self.outcomes.append(outcome(row.case, preference.label, result, source.subset))
            for name in ("first", "longer", "random"):
                self.baselines[name] += baseline_credit(name, preference)  # type: ignore[assignment]


@click.command("judge", short_help="judge candidate outputs: ranked, scored, with evidence")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write verdicts here, one JSON a line; resumes."
)
@click.option(
    "--format",
    "format_",
    default="auto",
    metavar="NAME",
    help="Input format [default: auto, which looks at the columns].",
)
@library_option
@click.option("--effort", type=EFFORTS, help="How hard to look [default: medium].")
@click.option("--mode", type=MODES, help="Judge candidates together or each alone [default: group].")
@click.option("--sandbox", type=SANDBOXES, help="Where code runs [default: auto].")
@model_options
@click.option("--workers", type=int, help="Processes; 0 = one per core [default: 0].")
@click.option("--ray", metavar="ADDRESS", help="Judge on a Ray cluster: auto, host:port, ray://host:port, or local.")
@click.option("--limit", type=click.IntRange(min=1), help="Judge the first N rows only.")
@click.option("--explain", is_flag=True, help="Show rubric, findings and evidence of every case.")
@click.option("--json", "as_json", is_flag=True, help="Print verdicts as JSON lines.")
@click.option("--strict", is_flag=True, help="Stop at the first row that cannot be read.")
@click.option("--force", is_flag=True, help="Overwrite --out instead of going on with it.")
@click.option("--no-progress", is_flag=True, help="No progress on standard error.")
def command(file: str, out: Path | None, format_: str, **options: Any) -> None:
    """Judge the cases of FILE (JSON Lines or Parquet; "-" reads standard input)."""
    flags = {name: options[name] for name in ("library", "effort", "mode", "sandbox", "workers", *MODEL_SETTINGS)}
    run(Request(file=file, out=out, format=format_, settings=settings_from(flags), **_shown(options)))


def _shown(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("ray", "limit", "explain", "as_json", "strict", "force", "no_progress")}


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    file: str
    settings: Settings
    out: Path | None = None
    format: str = "auto"
    ray: str | None = None
    limit: int | None = None
    explain: bool = False
    as_json: bool = False
    strict: bool = False
    force: bool = False
    no_progress: bool = False


def run(request: Request) -> Tally:
    """Judge, write or print, and sum up on standard error."""
    from rubrica.commands import render

    remarks = render.stderr()
    plan = plan_of(request.settings, open_library(request.settings))
    opened = open_judges(plan, request.settings.workers, request.ray)
    tally = Tally()
    try:
        with _verdict_file(request, plan) as out, noted(), opened as judges:
            _judge(request, judges, tally, out)
    except KeyboardInterrupt:
        remarks.print(_interrupted(request, tally), markup=False)
        raise
    except UserError:
        if tally.judged:
            _summary(remarks, request, tally, plan)
        raise
    _summary(remarks, request, tally, plan)
    if tally.judged and tally.bad_rows == tally.judged:
        raise InputError(f"none of the {counted(tally.judged, 'row')} could be read", path=request.file)
    if tally.judged and tally.bad_rows + tally.unscored["outage"] == tally.judged:
        raise UserError(f"the model answered for none of the {counted(tally.judged, 'row')}: {tally.outage}")
    return tally


def _judge(request: Request, judges: Judges, tally: Tally, out: "VerdictFile | None") -> None:
    from rubrica.commands import render
    from rubrica.commands.progress import tracked

    console, remarks = render.stdout(), render.stderr()
    source = _source(request)
    if out is not None and out.done:
        remarks.print(
            f"going on after the {counted(out.done, 'result')} that {request.out} holds already", markup=False
        )
        for line, item in zip(out.earlier(), source, strict=False):  # in this order, zip takes no row too many
            tally.add(item, _earlier(line))
        tally.earlier = tally.judged
    results = judge_source(source, judges)
    total = _total(request, done=tally.earlier)
    for item, row in tracked(results, remarks, what="judging", total=total, shown=not request.no_progress):
        raise_if_noted()
        tally.add(item, row)
        if isinstance(item, BadRow) and tally.bad_rows <= SHOWN:
            remarks.print(f"skipped {one_line(str(item.error(request.file)))}", style="yellow", markup=False)
        if out is not None:
            out.write(row)
        elif request.as_json:
            click.echo(row.json)
        elif isinstance(item, InputRow) and (tally.judged <= SHOWN or request.explain):
            _print(console, item.case, JUDGEMENT.validate_json(row.json), explain=request.explain)


def _earlier(line: str) -> Row:
    try:
        result = JUDGEMENT.validate_json(line)
    except ValidationError:
        raise UserError("--out holds a line that is no result; --force starts over") from None
    return Row(result.case, line, result.reason if isinstance(result, Unscored) else None, Usage(), 0.0)


def _interrupted(request: Request, tally: Tally) -> str:
    from rubrica.commands.verdicts import results_in

    if request.out is None:
        return f"interrupted after {counted(tally.judged, 'row')}; with --out FILE a run can go on where it stopped"
    kept = results_in(request.out)
    return f"interrupted; {request.out} keeps {counted(kept, 'result')}, and the same command goes on from there"


def _source(request: Request) -> Iterator[InputRow | BadRow]:
    limits = Limits(line_bytes=request.settings.max_line_mb * 1024 * 1024)
    for item in islice(rows(request.file, format=request.format, limits=limits), request.limit):
        if request.strict and isinstance(item, BadRow):
            raise item.error(request.file)
        yield item


def _total(request: Request, *, done: int) -> int | None:
    known = [count for count in (request.limit, count_rows(request.file)) if count is not None]
    return max(0, min(known) - done) if known else None


def _verdict_file(request: Request, plan: Plan) -> "AbstractContextManager[VerdictFile | None]":
    from rubrica.commands.verdicts import VerdictFile

    if request.out is None:
        return nullcontext()
    if str(request.out) == "-":
        raise UserError("--out needs a file; --json prints to standard output")
    digest = file_digest(request.file)
    if request.out.exists():
        if digest != STREAM and request.out.samefile(request.file):
            raise UserError(f"--out {request.out} is the input itself")
        if digest == STREAM and not request.force:
            raise UserError(f"{request.out} exists, and a stream cannot be gone on with; --force overwrites it")
    made_by = plan.harness().crew().provenance.model_dump(mode="json")
    run_key = {**made_by, "sandbox": plan.sandbox, "input": digest, "format": request.format}
    return VerdictFile(request.out, run_key, force=request.force)


def _print(console: Any, case: Case, result: Verdict | Unscored, *, explain: bool) -> None:
    from rubrica.commands import render

    if isinstance(result, Unscored):
        console.print(render.unscored_line(result))
    else:
        shown = render.explain if explain else render.verdict_table
        console.print(shown(case, result, width=console.width))


def _summary(remarks: Any, request: Request, tally: Tally, plan: Plan) -> None:
    seconds = time.monotonic() - tally.started
    fresh = tally.judged - tally.earlier
    earlier = f" after {tally.earlier} from before" if tally.earlier else ""
    took = f" in {seconds:.1f} s ({pace(fresh, seconds)})" if fresh else ""
    remarks.print(f"{counted(fresh, 'row')}{earlier}{took}; library {plan.library.version[:12]}")
    if plan.reasoner is not None and plan.budget is not None:
        remarks.print(f"{plan.reasoner.id}: {_spent(plan.budget.spent, tally.cache_hits)}", markup=False)
    if tally.unscored:
        listed = ", ".join(f"{reason} {count}" for reason, count in sorted(tally.unscored.items()))
        remarks.print(f"without a verdict: {sum(tally.unscored.values())} ({listed})")
    if tally.outcomes:
        told = summarise(tally.outcomes)
        n = told.accuracy.n
        against = ", ".join(f"{name} {100 * tally.baselines[name] / n:.1f}%" for name in ("first", "longer", "random"))
        decided = f", right on those {100 * told.decided.value:.1f}%" if told.coverage else ""
        remarks.print(
            f"labels: accuracy {100 * told.accuracy.value:.1f}% "
            f"({100 * told.accuracy.low:.1f} to {100 * told.accuracy.high:.1f}), n={n}; "
            f"decided {100 * told.coverage:.0f}%{decided}; baselines: {against}"
        )
    if tally.bad_rows > SHOWN:
        remarks.print(f"skipped {tally.bad_rows} rows in all; the first {SHOWN} are named above")
    if request.out is not None:
        remarks.print(f"verdicts: {request.out}", markup=False)


def _spent(usage: Usage, cache_hits: int) -> str:
    cost = "cost not known" if usage.cost_usd is None else f"{usage.cost_usd:.4f} USD"
    tokens = f"{usage.tokens_in} + {usage.tokens_out} tokens"
    return f"{counted(usage.calls, 'call')}, {cache_hits} from the cache, {tokens}, {cost}"
