"""`rubrica eval`: library versions on labelled data, with intervals, baselines and what keeps the numbers honest."""

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rubrica.commands.open import open_version
from rubrica.commands.options import EFFORTS, MODEL_SETTINGS, MODES, SANDBOXES, model_options, settings_from
from rubrica.commands.terminal import one_line
from rubrica.config import Settings
from rubrica.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from rubrica.data.rows import BadRow
    from rubrica.evals.runner import Assessed
    from rubrica.evals.summary import Paired, SetReport
    from rubrica.library.library import Library
    from rubrica.parallel import Plan

ALL = "all"
"""The name under which the data sets are pooled."""
CHAIN = "chain: "
"""What the name of a version begins with that is judged by the chain."""


@click.command("eval", short_help="measure library versions on labelled data")
@click.argument("data", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--library", "libraries", multiple=True, metavar="PATH[@VERSION]|seed", help="Repeat to compare [default: seed]."
)
@click.option(
    "--chain", "chains", multiple=True, metavar="PATH[@VERSION]|seed", help="Judge pairs by RewardHarness's chain."
)
@click.option("--format", "format_", default="auto", help="Input format; the default looks at the columns.")
@click.option("--effort", type=EFFORTS, help="How hard to look [default: medium].")
@click.option("--mode", type=MODES, help="Judge candidates together or each alone [default: group].")
@click.option("--sandbox", type=SANDBOXES, help="Where code runs [default: auto].")
@model_options
@click.option("--workers", type=int, help="Processes; 0 = one per core [default: 0].")
@click.option("--limit", type=click.IntRange(min=1), help="Take the first N rows of each file only.")
@click.option("--no-swap", is_flag=True, help="Do not judge again with the candidates in reverse.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--markdown", is_flag=True, help="Print Markdown tables.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write report and cases to this folder.")
@click.option("--no-progress", is_flag=True, help="No progress on standard error.")
def command(data: tuple[Path, ...], libraries: tuple[str, ...], chains: tuple[str, ...], **options: Any) -> None:
    """Measure library versions on the labelled cases of DATA (JSON Lines or Parquet files)."""
    from rubrica.commands import render

    flags = {name: options.pop(name) for name in ("effort", "mode", "sandbox", "workers", *MODEL_SETTINGS)}
    as_json, markdown, out = (options.pop(name) for name in ("as_json", "markdown", "out"))
    request = Request(data=data, format=options.pop("format_"), settings=settings_from(flags), **options)
    if chains and not request.settings.model:
        raise click.UsageError("a model takes the turns of the chain: --model NAME")
    if not libraries and not chains:
        libraries = (str(request.settings.library or "seed"),)
    evaluation = run(request, libraries, render.stderr(), chains=chains)
    if out is not None:
        evaluation.write(out)
    if as_json:
        click.echo(json.dumps(evaluation.plain(), ensure_ascii=False))
    elif markdown:
        click.echo(evaluation.markdown(), nl=False)
    else:
        _print(evaluation, render.stdout())


@dataclass(frozen=True)
class Request:
    """What the command line asked for, but for the versions."""

    data: tuple[Path, ...]
    settings: Settings
    format: str = "auto"
    limit: int | None = None
    no_swap: bool = False
    no_progress: bool = False


@dataclass(frozen=True)
class Evaluation:
    """The tables, and the cases that they come from."""

    reports: list["SetReport"]
    pairs: list["Paired"]
    cases: dict[str, list["Assessed"]]
    """Version name -> its cases."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Rows that were left out, by why."""

    def markdown(self) -> str:
        from rubrica.evals.markdown import render

        return render(self.reports, self.pairs)

    def plain(self) -> dict[str, Any]:
        """Return the tables as JSON values; what is not a number is null."""
        reports = [_plain(dataclasses.asdict(report)) for report in self.reports]
        return {
            "reports": reports,
            "pairs": [_plain(dataclasses.asdict(p)) for p in self.pairs],
            "skipped": self.skipped,
        }

    def write(self, folder: Path) -> None:
        """Write `report.json`, `report.md` and `cases.jsonl` (one line per version and case)."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(json.dumps(self.plain(), ensure_ascii=False, indent=2) + "\n", "utf-8")
        (folder / "report.md").write_text(self.markdown(), "utf-8")
        with (folder / "cases.jsonl").open("w", encoding="utf-8") as file:
            for library, items in self.cases.items():
                for item in items:
                    row = {"library": library, **_plain(dataclasses.asdict(item))}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def run(request: Request, libraries: Sequence[str], remarks: "Console", *, chains: Sequence[str] = ()) -> Evaluation:
    """Judge all data with every version and sum up; with `chains`, by RewardHarness's chain.

    Raises:
        UserError: a library cannot be opened, or no row has a label.
    """
    from rubrica.commands.progress import tracked
    from rubrica.evals.chained import assess_pairs
    from rubrica.evals.labelled import LabelledFiles
    from rubrica.evals.runner import assess
    from rubrica.evals.summary import paired

    asked = [("", given) for given in libraries] + [(CHAIN, given) for given in chains]
    opened = [(judge, given, *open_version(given)) for judge, given in asked]
    versions = {
        f"{judge}{_short(given)}@{library.version[:8]}": (folder, library) for judge, given, folder, library in opened
    }
    plans = _plans(request.settings, versions)
    source = LabelledFiles.named(request.data, format=request.format, limit=request.limit)
    cases: dict[str, list[Assessed]] = {}
    for name, plan in plans.items():
        told = source.read(_quiet if cases else _named_on(remarks))
        judge = assess_pairs if name.startswith(CHAIN) else partial(assess, workers=request.settings.workers)
        judged = judge(told, plan, swap=not request.no_swap)
        shown = tracked(judged, remarks, what=f"judging with {name}", total=source.total, shown=not request.no_progress)
        cases[name] = list(shown)
    if not any(cases.values()):
        raise UserError(f"no row of {', '.join(map(str, request.data))} has a label; `rubrica judge` needs none")
    return Evaluation(_reports(cases), paired(cases), cases, dict(source.skipped))


def _named_on(remarks: "Console") -> "Callable[[Path, BadRow], None]":
    return lambda path, bad: remarks.print(f"skipped {one_line(str(bad.error(str(path))))}", markup=False)


def _quiet(_path: Path, _bad: object) -> None:
    """Say nothing of a row that was named when the first version read it."""


def _short(given: str) -> str:
    return Path(given).name.partition("@")[0]


def _reports(cases: dict[str, list["Assessed"]]) -> list["SetReport"]:
    """One report for each data set and version, and one over all of them where there are several."""
    from rubrica.evals.summary import report

    sets = list(dict.fromkeys(item.data for items in cases.values() for item in items))
    reports = [
        report(data, library, [item for item in items if item.data == data])
        for data in sets
        for library, items in cases.items()
    ]
    if len(sets) > 1:
        reports += [report(ALL, library, items) for library, items in cases.items()]
    return reports


def _plans(settings: Settings, versions: dict[str, tuple[Path | None, "Library"]]) -> "dict[str, Plan]":
    """Plan each version with the precedents of its own folder, which is opened once whatever versions are measured."""
    from rubrica.commands.open import open_precedents, plan_of

    recalls = {}
    if settings.model:
        for folder in {folder for folder, _ in versions.values()}:
            recalls[folder] = open_precedents(settings.model_copy(update={"library": folder}))
    bare = settings.model_copy(update={"library": None})
    return {
        name: dataclasses.replace(plan_of(bare, library), recall=recalls.get(folder))
        for name, (folder, library) in versions.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(evaluation: Evaluation, console: "Console") -> None:
    from rubrica.evals.markdown import interval, percent, unscored

    table = _table(
        "set", "library", "n", "accuracy\n(95%)", "decided", "cover-\nage", "un-\nscored", "swap", "best\nbaseline"
    )
    points = _table("set", "library", "n\n(2/3)", "AUROC\n(95%)", "balanced accuracy\n(95%)", "un-\nscored")
    for one in evaluation.reports:
        if (told := one.pairs) is not None:
            swap = percent(one.swap.value) if one.swap else ""
            best = max(one.baselines, key=lambda name: one.baselines[name].value)
            cells = [
                _name(one.data),
                _name(one.library),
                str(told.accuracy.n),
                _on_two_lines(interval(told.accuracy)),
                percent(told.decided.value),
            ]
            against = f"{percent(one.baselines[best].value)}\n{best}"
            table.add_row(*cells, percent(told.coverage), unscored(told), swap, against)
        if (alone := one.points) is not None and one.data != ALL:
            auroc, balanced = _on_two_lines(interval(alone.auroc)), _on_two_lines(interval(alone.balanced))
            cells = [_name(one.data), _name(one.library), str(alone.n), auroc, balanced]
            points.add_row(*cells, str(alone.unscored))
    for shown in (table, points):
        if shown.row_count:
            console.print(shown)
    for pair in evaluation.pairs:
        changed = f"gained {pair.gained}, lost {pair.lost} of {pair.n}; McNemar p = {pair.p:.2g}"
        console.print(f"{_name(pair.before)} -> {_name(pair.after)}: {changed}")
    if evaluation.skipped:
        left_out = ", ".join(f"{why} {count}" for why, count in sorted(evaluation.skipped.items()))
        console.print(f"rows left out: {left_out}")


def _on_two_lines(value: str) -> str:
    """Put an interval below its value: nine columns have to fit 80 characters."""
    return value.replace(" (", "\n(", 1)


def _name(text: str) -> str:
    from rich.markup import escape

    return escape(one_line(text))


def _table(*headings: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="left" if heading in {"set", "library"} else "right", overflow="fold")
    return table
