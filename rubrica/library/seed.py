"""The library that every new one starts from: the seed skills of the package and the built-in tools they name."""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from rubrica.errors import LibraryError
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.skills.markdown import parse_skill
from rubrica.tools.builtin.base import Builtin
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.entry import ToolEntry


@cache
def seed_library() -> Library:
    """Return the seed library; read once a process.

    Raises:
        LibraryError: a seed skill is not valid, or names a tool that is not built in.
    """
    root = resources.files("rubrica.skills") / "seed"
    skills = read_skills(root) if root.is_dir() else []
    return Library.of(skills, tools=named_tools(skills))


def read_skills(root: Traversable) -> list[Skill]:
    """Read the skills in the folders of `root`, in name order."""
    folders = sorted((entry for entry in root.iterdir() if entry.is_dir()), key=lambda entry: entry.name)
    return [
        parse_skill(
            {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.startswith(("_", "."))},
            folder=folder.name,
        )
        for folder in folders
        if not folder.name.startswith(("_", "."))
    ]


def named_tools(skills: list[Skill]) -> list[ToolEntry]:
    """Return an entry for every built-in tool that a criterion of `skills` names, in name order.

    Raises:
        LibraryError: a criterion names a tool that is not built in.
    """
    builtins = load_builtins()
    named = {criterion.tool: skill.name for skill in skills for criterion in skill.criteria if criterion.tool}
    for tool, skill in sorted(named.items()):
        if tool not in builtins:
            raise LibraryError(
                f"no built-in tool '{tool}'",
                path=f"skills/{skill}/criteria.yaml",
                field="tool",
                fix=f"known: {', '.join(builtins) or 'none'}",
            )
    return [builtin_entry(builtins[tool]) for tool in sorted(named)]


def builtin_entry(tool: Builtin) -> ToolEntry:
    """Return how the library lists a built-in tool."""
    spec = tool.spec
    return ToolEntry(
        name=spec.name,
        description=spec.description,
        kind="builtin",
        scope=spec.scope,
        input_schema=spec.input_schema,
        output_schema=spec.output_schema,
    )
