"""`rubrica library`: make, read, check and move libraries. Exit 0 ok, 1 lint findings, 2 an error of use."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from rubrica.commands.options import SANDBOXES
from rubrica.commands.terminal import counted, safe
from rubrica.config import load
from rubrica.errors import LibraryError

if TYPE_CHECKING:
    from rubrica.library.library import Library
    from rubrica.library.store import LibraryStore
    from rubrica.skills.base import Skill

DEFAULT = Path("rubrica-library")
NAME_WIDTH = 24
"""Characters up to which a column is never folded."""


@click.group(name="library", help="Make, read, check and move libraries.")
def command() -> None:
    """Gather the subcommands."""


def _options(function: Callable[..., None]) -> Callable[..., None]:
    """Add what every subcommand takes."""
    function = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(function)
    return click.option(
        "--library",
        type=click.Path(path_type=Path, file_okay=False),
        callback=_setting,
        help=f"Folder of the library; default: the setting `library`, or ./{DEFAULT}.",
    )(function)


def _setting(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    del context, parameter
    return load({"library": value}).library or DEFAULT


@command.command(short_help="make a library with the seed skills")
@click.option("--empty", is_flag=True, help="Start with nothing instead of the seed skills.")
@_options
def init(library: Path, as_json: bool, empty: bool) -> None:
    """Make a library with the seed skills and the tools that they name."""
    from rubrica.library.library import Library
    from rubrica.library.seed import seed_library
    from rubrica.library.store import LibraryStore

    value = Library() if empty else seed_library()
    LibraryStore.init(library, value)
    _report(library, value, as_json)


@command.command(name="list", short_help="list skills and tools")
@click.option("--version", default="HEAD", show_default=True, help="A commit, a content hash, or HEAD~2.")
@_options
def list_(library: Path, as_json: bool, version: str) -> None:
    """List skills and tools."""
    value = _store(library).load(version)
    if as_json:
        skills: list[JsonValue] = [
            {"kind": "skill", "name": s.name, "criteria": len(s.criteria), "when": s.when, "description": s.description}
            for s in value.skills.values()
        ]
        tools: list[JsonValue] = [
            {"kind": t.kind, "name": t.name, "description": t.description} for t in value.tools.values()
        ]
        _say({"version": value.version, "skills": skills, "tools": tools}, as_json, "")
        return
    rows = [["skill", skill.name, _card(skill)] for skill in value.skills.values()]
    rows += [[f"{tool.kind} tool", tool.name, _first_sentence(tool.description)] for tool in value.tools.values()]
    _table(["kind", "name", "what it looks at"], rows)


@command.command(short_help="show the files of a skill or tool")
@click.argument("name")
@click.option("--version", default="HEAD", show_default=True, help="A commit, a content hash, or HEAD~2.")
@_options
def show(library: Path, as_json: bool, name: str, version: str) -> None:
    """Show the files of the skill or tool NAME."""
    from rubrica.skills.markdown import render_skill
    from rubrica.tools.manifest import render_tool

    value = _store(library).load(version)
    files: dict[str, bytes] = {}
    if skill := value.skills.get(name):
        files |= {f"skills/{name}/{file}": data for file, data in render_skill(skill).items()}
    if tool := value.tools.get(name):
        files |= {f"tools/{name}/{file}": data for file, data in render_tool(tool).items()}
    if not files:
        raise LibraryError(
            f"version {value.version[:12]} has no entry '{name}'", fix="`rubrica library list` shows them"
        )
    texts = {path: data.decode() for path, data in files.items()}
    _say(dict(texts), as_json, "\n".join(f"==> {path}\n{text}" for path, text in texts.items()))


@command.command(short_help="show the history: what was done, and why")
@click.option("-n", "--number", type=click.IntRange(min=1), help="At most so many versions.")
@_options
def log(library: Path, as_json: bool, number: int | None) -> None:
    """Show the history, newest first: what was done, why, and what the gate measured."""
    entries = _store(library).log()[:number]
    blocks = []
    for entry in entries:
        day = datetime.fromtimestamp(entry.time, tz=UTC).strftime("%Y-%m-%d %H:%M")
        head = f"{entry.commit[:12]}  {day}  library {(entry.version or 'of another tool')[:16]}"
        body = [entry.message.subject, *entry.message.body.splitlines()]
        trailers = [f"{key}: {value}" for key, value in entry.message.trailers.items()]
        blocks.append("\n".join([head, *(f"    {line}" for line in [*body, *trailers])]))
    _say([entry.model_dump(mode="json") for entry in entries], as_json, "\n\n".join(blocks))


@command.command(short_help="show what changed between two versions")
@click.argument("before")
@click.argument("after", default="HEAD")
@click.option("--on", "data", type=click.Path(exists=True, dir_okay=False), help="Compare verdicts on this file.")
@click.option("--max-flips", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Share allowed by --on.")
@_options
def diff(library: Path, as_json: bool, before: str, after: str, data: str | None, max_flips: float) -> None:
    """Show what changed from version BEFORE to AFTER: entries, weights, scoring; with --on, verdicts.

    With --on, exit 1 when more cases than --max-flips changed their ranking.
    """
    if data is not None:
        _behaviour(library, as_json, versions=(before, after), data=data, max_flips=max_flips)
        return
    found = _store(library).diff(before, after)
    lines = [f"library {found.before[:12]} -> {found.after[:12]}"]
    lines += [f"\n{entry.kind} {entry.name}: {entry.change}\n{entry.text}" for entry in found.entries]
    lines += [f"weight {w.criterion}: {_number(w.before)} -> {_number(w.after)}" for w in found.weights]
    lines += [f"scoring {s.field}: {_number(s.before)} -> {_number(s.after)}" for s in found.scoring]
    _say(found.model_dump(mode="json"), as_json, "\n".join(lines))


def _behaviour(library: Path, as_json: bool, *, versions: tuple[str, str], data: str, max_flips: float) -> None:
    from rubrica.data.read import read
    from rubrica.evolution.behaviour import behaviour
    from rubrica.parallel import Plan

    store = _store(library)
    one, two = (store.load(version) for version in versions)
    cases = [row.case for row in read(data)]
    found = behaviour(Plan(two, sandbox=load({}).sandbox), one, two, cases)
    moved = f"rewards moved by {found.shift:+.3f} on average, {found.moved:.3f} in size"
    lines = [f"{len(found.flips)} of {found.cases} cases changed their ranking; {moved}"]
    lines += [f"{f.case}: {list(f.before)} -> {list(f.after)}, because of {', '.join(f.causes)}" for f in found.flips]
    _say(found.model_dump(mode="json"), as_json, "\n".join(lines))
    if len(found.flips) > max_flips * found.cases:
        sys.exit(1)


@command.command(short_help="make an older version the newest")
@click.argument("to")
@click.option("--discard", is_flag=True, help="First drop uncommitted changes.")
@_options
def rollback(library: Path, as_json: bool, to: str, discard: bool) -> None:
    """Make the content of version TO the newest version."""
    store = _store(library)
    lost = list(store.discard_edits()) if discard else []
    commit_id = store.rollback(to)
    version = store.load().version
    dropped = f"; dropped changes in {', '.join(lost)}" if lost else ""
    facts: dict[str, JsonValue] = {"commit": commit_id, "version": version, "discarded": [*lost]}
    _say(facts, as_json, f"now at {commit_id[:12]}, library {version[:12]}{dropped}")


@command.command(short_help="write a version to a .zip or .tar file")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--version", default="HEAD", show_default=True, help="A commit, a content hash, or HEAD~2.")
@_options
def export(library: Path, as_json: bool, file: Path, version: str) -> None:
    """Write a version to FILE (.zip or .tar), without its history."""
    from rubrica.library.archive import write_archive

    value = _store(library).load(version)
    write_archive(value, file)
    _say({"file": str(file), "version": value.version}, as_json, f"{file}: library {value.version[:12]}")


@command.command(name="import", short_help="take in a library from elsewhere")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--merge", "merging", is_flag=True, help="Add to the library instead of replacing its content.")
@_options
def import_(library: Path, as_json: bool, source: Path, merging: bool) -> None:
    """Make what SOURCE holds the newest version: a folder, .zip or .tar of a library, or a RewardHarness folder."""
    from rubrica.library.message import CommitMessage
    from rubrica.library.sources import merge, read_source
    from rubrica.library.store import LibraryStore

    value = read_source(source)
    message = CommitMessage(subject="Import a library", trailers={"Imported-Version": value.version})
    if (library / ".git").exists():
        store = _store(library)
        current = store.load()
        value = merge(current, value) if merging else value
        store.commit(value, message)
    else:
        LibraryStore.init(library, value, message=message)
    _report(library, value, as_json)


@command.command(short_help="check the files, and run the examples of tools")
@click.option("--sandbox", type=SANDBOXES, help="Where tools run; none leaves them out [default: auto].")
@_options
def lint(library: Path, as_json: bool, sandbox: str | None) -> None:
    """Check the files as they are, committed or not, and run each python tool on its own examples.

    Exit 1 when something is found.
    """
    from rubrica.commands.linting import found_in

    if not library.is_dir():
        raise LibraryError(f"no library at {library}", fix="`rubrica library init` makes one")
    findings = found_in(library.absolute(), sandbox=sandbox)
    if as_json:
        _say([finding.model_dump(mode="json") for finding in findings], as_json, "")
    elif findings:
        rows = [[f.level, f.path, f.field, f.problem, f.fix] for f in findings]
        _table(["level", "file", "field", "problem", "next step"], rows)
    else:
        click.echo("nothing found")
    if findings:
        sys.exit(1)


@command.command(short_help="make the files, as edited, the newest version")
@click.option("-m", "--message", required=True, help="What was done; further lines say why.")
@_options
def commit(library: Path, as_json: bool, message: str) -> None:
    """Make the files, as edited by hand, the newest version."""
    from rubrica.commands.linting import found_in
    from rubrica.library.message import CommitMessage

    subject, _, body = message.strip().partition("\n")
    if not subject or len(subject) > 200:
        raise click.BadParameter("the first line needs 1 to 200 characters", param_hint="--message")
    store = _store(library)
    changed = store.changes().paths
    commit_id = store.commit_edits(CommitMessage(subject=subject.strip(), body=body))
    version = store.load().version
    told = "now at" if changed else "nothing was changed; still at"
    _say({"commit": commit_id, "version": version}, as_json, f"{told} {commit_id[:12]}, library {version[:12]}")
    if doubts := found_in(library.absolute()):
        click.echo(f"remark: {counted(len(doubts), 'finding')}; `rubrica library lint` shows them", err=True)


def _store(path: Path) -> "LibraryStore":
    from rubrica.library.store import LibraryStore

    return LibraryStore.open(path)


def _report(path: Path, library: "Library", as_json: bool) -> None:
    skills, tools = len(library.skills), len(library.tools)
    facts: dict[str, JsonValue] = {"path": str(path), "version": library.version, "skills": skills, "tools": tools}
    _say(facts, as_json, f"{path}: version {library.version[:12]}, {skills} skills, {tools} tools")


def _say(facts: JsonValue, as_json: bool, text: str) -> None:
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else safe(text))


def _table(heads: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        longest = max(len(row[place]) for row in rows) if rows else 0
        table.add_column(head, min_width=longest if longest <= NAME_WIDTH else None)
    for row in rows:
        table.add_row(*(Text(safe(cell), overflow="fold") for cell in row))
    Console(file=sys.stdout).print(table)


def _card(skill: "Skill") -> str:
    """Say what a skill looks at, by how many criteria, and when: the whole text is for `show`."""
    when = f", when {skill.when}" if skill.when else ""
    return f"{_first_sentence(skill.description)} ({counted(len(skill.criteria), 'criterion', 'criteria')}{when})"


def _first_sentence(text: str) -> str:
    head, stop, _ = text.partition(". ")
    return f"{head}." if stop else text


def _number(value: object) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
