"""What `rubrica library lint` and `commit` find: the library's own lint, and python tools that fail their examples."""

import asyncio
from pathlib import Path

from rubrica.config import load
from rubrica.errors import LibraryError
from rubrica.library.files import parse_library
from rubrica.library.folder import read_folder
from rubrica.library.library import Library
from rubrica.library.lint import LintFinding, lint_files
from rubrica.parallel import Plan
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.python_tool import failed_cases


def found_in(folder: Path, *, sandbox: str | None = None) -> list[LintFinding]:
    """Lint the files of a library's folder, and run its python tools on their own examples, in the sandbox."""
    files = read_folder(folder)
    findings = lint_files(files, builtins=load_builtins())
    place = load({"sandbox": sandbox}).sandbox
    if place == "none":
        return findings
    try:
        library = parse_library(files)
    except LibraryError:
        return findings  # what cannot be read is among them
    return [*findings, *asyncio.run(_failing(library, place))]


async def _failing(library: Library, place: str) -> list[LintFinding]:
    tools = [tool for tool in library.tools.values() if tool.kind == "python" and tool.cases]
    if not tools:
        return []
    sandbox = Plan(library, sandbox=place).harness().sandbox
    try:
        return [
            LintFinding(
                level="error", path=f"tools/{tool.name}/tool.py", problem=wrong, fix="mend the tool or the case"
            )
            for tool in tools
            for wrong in await failed_cases(tool, sandbox)
        ]
    finally:
        if sandbox is not None:
            await sandbox.close()
