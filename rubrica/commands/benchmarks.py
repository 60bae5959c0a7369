"""`rubrica benchmarks`: what the guard of `rubrica evolve` knows, by hash. Exit 1 when `find` has found something."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rubrica.commands.terminal import counted, one_line

if TYPE_CHECKING:
    from rubrica.data.registry import Registry
    from rubrica.data.rows import BadRow

_REGISTRY = click.option(
    "--benchmarks",
    "registry",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Registry of more benchmarks than those of the package.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


@click.group("benchmarks", short_help="which benchmarks a library must not learn from, by hash; add your own")
def command() -> None:
    """List the benchmarks that evolution guards, find them in a file, and register others. No text is kept of any."""


def _known(registry: Path | None) -> "Registry":
    from rubrica.data.registry import Registry

    return Registry.shipped().joined(Registry() if registry is None else Registry.load(registry))


@command.command("list", short_help="name what is known")
@_REGISTRY
@_JSON
def known(registry: Path | None, as_json: bool) -> None:
    """Name the benchmarks that are known, how many prompts of each, from where and under which licence."""
    for name, benchmark in sorted(_known(registry).benchmarks.items()):
        about = {"source": benchmark.source, "licence": benchmark.licence, "made": benchmark.made}
        row = {"name": name, "prompts": len(benchmark.prompts), "answers": len(benchmark.answers), **about}
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
            continue
        of = (
            counted(len(benchmark.prompts), "prompt")
            if benchmark.prompts
            else counted(len(benchmark.answers), "answer")
        )
        click.echo(
            f"{name:<16} {of:>12}  {benchmark.source}" + (f"  ({benchmark.licence})" if benchmark.licence else "")
        )


@command.command(short_help="say which rows of a file belong to a benchmark")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--format", "named", metavar="NAME", default="auto", help="Input format [default: auto].")
@_REGISTRY
@_JSON
def find(file: str, named: str, registry: Path | None, as_json: bool) -> None:
    """Say which cases of FILE belong to a known benchmark."""
    from rubrica.data.read import read

    bad: list[BadRow] = []
    rows = {row.case.id: row for row in read(file, format=named, on_bad=bad.append)}
    names: dict[str, list[str]] = {}
    for name, cases in _known(registry).found_in(row.case for row in rows.values()).items():
        for case in cases:
            names.setdefault(case.id, []).append(name)
    for id_, row in rows.items():
        if id_ in names:
            told = {"id": id_, "line": row.line, "benchmarks": names[id_]}
            text = f"line {row.line}: {one_line(id_)}: {', '.join(names[id_])}"
            click.echo(json.dumps(told, ensure_ascii=False) if as_json else text)
    unread = f"; {counted(len(bad), 'row')} could not be read" if bad else ""
    click.echo(f"{len(names)} of {counted(len(rows), 'case')} belong to a known benchmark{unread}", err=True)
    sys.exit(1 if names else 0)


@command.command(short_help="register a benchmark of your own")
@click.argument("registry", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--column", "columns", multiple=True, metavar="NAME", help="Column of the prompt; again for more of it.")
@click.option("--answers", is_flag=True, help="Register answers with their prompts, not prompts alone.")
@click.option("--format", "named", metavar="NAME", default="auto", help="Input format, without --column.")
@click.option("--source", default="", help="Where it comes from.")
@click.option("--licence", default="", help="Under which licence.")
def add(
    registry: Path, name: str, file: str, columns: tuple[str, ...], answers: bool, named: str, **about: str
) -> None:
    """Add the benchmark NAME, hashed from FILE, to the file REGISTRY, which is made if it is not there.

    Without --column, FILE holds cases in a format that `rubrica judge` reads. A case then belongs to the benchmark when
    it opens with one of its prompts, or, with --answers, when two of its answers to the same prompt are in it.
    """
    from rubrica.data.hashes import opening
    from rubrica.data.read import read
    from rubrica.data.registry import Registry, prompts_in

    if answers and columns:
        raise click.UsageError("--answers needs whole cases: leave --column out")
    before = Registry.load(registry) if registry.exists() else Registry()
    if answers:
        after = before.with_benchmark(name, (row.case for row in read(file, format=named)))
    else:
        prompts = prompts_in(file, columns) if columns else (opening(row.case) for row in read(file, format=named))
        made = f"prompts from {' and '.join(columns) or 'the cases'} of {Path(file).name}"
        after = before.with_prompts(name, prompts, made=made, **about)
    after.save(registry)
    added = after.benchmarks[name]
    click.echo(
        f"{name}: {counted(len(added.prompts), 'prompt')}, {counted(len(added.answers), 'answer')} in {registry}"
    )
