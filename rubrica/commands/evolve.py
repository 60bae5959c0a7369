"""`rubrica evolve`: a library learns from labelled preferences, and a gate keeps it honest."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rubrica.commands.options import EFFORTS, SANDBOXES, settings_from
from rubrica.config import Settings, load

if TYPE_CHECKING:
    from rubrica.data.rows import BadRow
    from rubrica.evolution.evolve import Means
    from rubrica.evolution.report import Report
    from rubrica.evolution.run import Event, Options

_MADE_FROM = ("sandbox", "effort", "model", "author_model", "api_base", "concurrency", "cache")
"""Settings that a resumed run takes over."""
PRESETS = ("rewardharness",)


def _policy(context: click.Context, option: click.Parameter, given: str | None) -> str | None:
    """Refuse a policy that does not exist before anything is judged."""
    from rubrica.evolution.gate import margin_of

    try:
        margin_of(given or "sequential")
    except ValueError as error:
        raise click.BadParameter(str(error), context, option) from None
    return given


@click.command("evolve", short_help="learn from preferences, and prove that it helped")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--library", type=click.Path(path_type=Path, file_okay=False), help="Folder; made if it is not there.")
@click.option("--test", type=click.Path(exists=True, dir_okay=False), help="Test on this file instead of a share.")
@click.option("--format", metavar="NAME", help="Input format [default: auto, which looks at the columns].")
@click.option("--train", type=click.IntRange(min=1), help="Cases to learn from [default: all that are not test].")
@click.option("--test-share", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="[default: 0.4]")
@click.option("--seed", type=int, help="Of the split and the gate [default: 0].")
@click.option("--rounds", type=click.IntRange(min=1), help="At most so many proposals [default: 8].")
@click.option("--gate", callback=_policy, help="sequential, strict, or margin:X [default: sequential; preset: strict].")
@click.option("--preset", type=click.Choice(PRESETS), help="Another protocol in place of ours, to compare them.")
@click.option(
    "--draws",
    type=click.IntRange(min=19),
    help="Resampled label sets of a test, if its level does not take more [default: 199].",
)
@click.option("--max-minutes", type=click.FloatRange(min=0, min_open=True), help="Stop proposing after so long.")
@click.option("--max-calls", type=click.IntRange(min=0), help="Stop proposing after so many model calls.")
@click.option("--max-cost", type=click.FloatRange(min=0), help="Stop proposing after so many US dollars.")
@click.option("--benchmarks", type=click.Path(exists=True, dir_okay=False), help="Refuse cases of this registry.")
@click.option("--strict-benchmarks", is_flag=True, default=None, help="Refuse cases of public benchmarks, too.")
@click.option("--allow-benchmark", "allow_benchmarks", multiple=True, help="Learn from this benchmark all the same.")
@click.option("--run", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder of the run.")
@click.option("--resume", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Go on with this run.")
@click.option("--model", metavar="NAME", help="Language model that judges [default: none, rules and tools alone].")
@click.option("--author-model", metavar="NAME", help="Language model that writes edits [default: as --model].")
@click.option("--api-base", metavar="URL[,URL]", help="OpenAI-compatible endpoints that serve the models.")
@click.option("--concurrency", type=int, help="Calls of a model in flight [default: 64].")
@click.option("--cache", metavar="PATH|off", help="File that remembers replies [default: in the user's cache folder].")
@click.option("--effort", type=EFFORTS, help="How hard a model looks [default: medium].")
@click.option("--audit-only", is_flag=True, help="Look at the labels and stop.")
@click.option("--sandbox", type=SANDBOXES, help="Where code runs [default: auto].")
@click.option("--workers", type=int, help="Processes; 0 = one per core [default: 0].")
@click.option("--json", "as_json", is_flag=True, help="Print events, then the report, as JSON lines.")
def command(file: str | None, *, resume: Path | None, audit_only: bool, as_json: bool, **given: Any) -> None:
    """Evolve a library on the labelled cases of FILE, or go on with a run."""
    asked = {name: given.pop(name) for name in ("library", "workers", *_MADE_FROM)}
    folder: Path | None = given.pop("folder")
    preset: str | None = given.pop("preset")
    if (file is None) == (resume is None):
        raise click.UsageError("give FILE to start a run, or --resume RUN to go on with one")
    if resume is not None:
        from rubrica.evolution.evolve import resume as go_on
        from rubrica.evolution.evolve import settings_of

        said = {name: value for name, value in asked.items() if value is not None}
        before = settings_of(resume)
        preset = str(before.pop("preset", "")) or None
        same = _means(load({**before, **said}), preset)
        _show(lambda listen: go_on(resume, same, listen=listen), as_json, minutes=None)
        return
    settings = settings_from(asked)
    means = _means(settings, preset)
    options = _options(str(file), {**given, "gate": given["gate"] or ("strict" if preset else None)})
    if audit_only:
        _audit(options, as_json)
        return
    if settings.library is None:
        raise click.UsageError("name the library to evolve: --library FOLDER")
    if preset:
        from rubrica.evolution.rewardharness import check_policy

        check_policy(options.gate)
    from rubrica.evolution.evolve import evolve

    library = settings.library
    _show(lambda listen: evolve(library, options, means, folder=folder, listen=listen), as_json, options.max_minutes)


def _means(settings: Settings, preset: str | None) -> "Means":
    """Say who judges and who proposes: a model where one is named, the embedded rules elsewhere."""
    from rubrica.evolution.evolve import Means

    author = settings.author_model or settings.model
    made_from = settings.model_dump(mode="json", include=set(_MADE_FROM), exclude_defaults=True)
    if preset and not settings.model:
        raise click.UsageError(f"a model judges by the {preset} preset: --model NAME")
    if author is None:
        return replace(Means.offline(sandbox=settings.sandbox, workers=settings.workers), settings=made_from)
    from rubrica.commands.open import open_reasoner, plan_of
    from rubrica.evolution.authored import Authored
    from rubrica.evolution.evidence import Judge
    from rubrica.library.library import Library
    from rubrica.reasoners.open import open_budget

    plan = replace(plan_of(settings, Library()), recall=None)  # precedents of these very cases would give labels away
    writer = open_reasoner(settings, author, plan.budget or open_budget(settings))
    judge = Judge(plan, settings.workers)
    if preset:
        from rubrica.evolution.rewardharness import RewardHarness

        return Means(judge, walk=RewardHarness(writer), settings={**made_from, "preset": preset})
    return Means(judge, Authored(writer, seed=settings.seed), settings=made_from)


def _options(file: str, given: dict[str, Any]) -> "Options":
    from rubrica.evolution.run import Options

    asked = {"data": file, **{name: value for name, value in given.items() if value is not None}}
    paths = {name: str(Path(asked[name]).absolute()) for name in ("data", "test", "benchmarks") if name in asked}
    return Options.model_validate({**asked, **paths})


def _show(work: "Callable[[Callable[[Event], None]], Report]", as_json: bool, minutes: float | None) -> None:
    """Run with a live view on a terminal, plain lines elsewhere, or JSON; then say what it came to."""
    if as_json:
        report = work(lambda event: click.echo(event.model_dump_json()))
        click.echo(json.dumps({"report": report.model_dump(mode="json")}, ensure_ascii=False))
        return
    from rubrica.commands.evolving import Watch, result
    from rubrica.commands.render import stderr, stdout

    remarks = stderr()
    try:
        with Watch(remarks, minutes) as watch:
            report = work(watch.see)
    except KeyboardInterrupt:
        if watch.run:
            remarks.print(f"interrupted; `rubrica evolve --resume {watch.run}` goes on from there", markup=False)
        raise
    stdout().print(result(report))


def _audit(options: "Options", as_json: bool) -> None:
    from rubrica.commands.judge import SHOWN
    from rubrica.commands.terminal import counted, one_line
    from rubrica.data.audit import audit
    from rubrica.evolution.start import labelled_cases

    bad: list[BadRow] = []
    found = audit(labelled_cases(options.data, bad, format=options.format))
    for row in bad[:SHOWN]:
        click.echo(f"skipped {one_line(str(row.error(options.data)))}", err=True)
    flags = [{"problem": flag.problem, "cases": list(flag.cases), "reason": flag.reason} for flag in found.flags]
    if as_json:
        click.echo(json.dumps({"cases": found.cases, "flags": flags}, ensure_ascii=False))
        return
    for flag in found.flags:
        click.echo(f"{flag.problem.replace('_', ' ')}: {', '.join(flag.cases)}: {flag.reason}")
    click.echo(f"{counted(found.cases, 'labelled case')}: {found.told() or 'nothing to remark'}")
