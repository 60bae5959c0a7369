"""What is wrong or doubtful in a library, each with its file, field and next step. Reads files, runs nothing."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, combinations
from typing import Literal

from rubrica.errors import ConditionError, LibraryError
from rubrica.library.files import Files, parse_scoring, sort_into_folders
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.skills.markdown import parse_skill
from rubrica.skills.when import parse
from rubrica.tools.entry import ToolEntry
from rubrica.tools.manifest import parse_tool
from rubrica.types import Scoring, TaskFeatures, Value

MAX_BODY_LINES = 500
"""The Agent Skills format advises fewer."""
MAX_BODY_WORDS = 3500
"""About 5,000 tokens, which the Agent Skills format advises to stay below."""
SIMILAR = 0.8
"""Share of words (Jaccard) from which two descriptions cannot be told apart by a selector."""

_WORD = re.compile(r"[^\W_]+")


class LintFinding(Value):
    """One thing that is wrong (`error`: the library does not load or cannot work) or doubtful (`warning`)."""

    level: Literal["error", "warning"]
    path: str
    field: str = ""
    problem: str
    fix: str


def lint_files(
    files: Files, *, builtins: Collection[str] = (), features: Sequence[TaskFeatures] = ()
) -> list[LintFinding]:
    """Check the files of a library; an entry that cannot be read does not hide the others.

    Args:
        files: relative path -> bytes.
        builtins: names of the tools that need no entry.
        features: tasks over which conditions are tried; none = conditions are only parsed.
    """
    findings: list[LintFinding] = []
    try:
        folders = sort_into_folders(files)
    except LibraryError as error:
        return [_unreadable(error)]
    findings += map(_unreadable, folders.problems)
    skills, tools, scoring = [], [], Scoring()
    for name, own in folders.skills.items():
        try:
            skills.append(parse_skill(own, folder=name))
        except LibraryError as error:
            findings.append(_unreadable(error))
    for name, own in folders.tools.items():
        try:
            tools.append(parse_tool(own, folder=name))
        except LibraryError as error:
            findings.append(_unreadable(error))
    try:
        scoring = parse_scoring(folders.scoring)
    except LibraryError as error:
        findings.append(_unreadable(error))
    unread = folders.tools.keys() - {tool.name for tool in tools}
    library = Library.of(skills, tools=tools, scoring=scoring)
    findings += lint_library(library, builtins={*builtins, *unread}, features=features)
    return sorted(findings, key=lambda finding: (finding.level, finding.path, finding.field, finding.problem))


def lint_library(
    library: Library, *, builtins: Collection[str] = (), features: Sequence[TaskFeatures] = ()
) -> list[LintFinding]:
    """Check a library that could be read; arguments as for `lint_files`."""
    known = {*library.tools, *builtins}
    return [
        *chain.from_iterable(_skill(skill, known=known, features=features) for skill in library.skills.values()),
        *chain.from_iterable(_tool(tool, builtins=builtins) for tool in library.tools.values()),
        *_similar([(f"skills/{name}/SKILL.md", skill.description) for name, skill in library.skills.items()]),
        *_similar([(f"tools/{name}/TOOL.md", tool.description) for name, tool in library.tools.items()]),
        *_scoring(library),
    ]


def _skill(skill: Skill, *, known: Collection[str], features: Sequence[TaskFeatures]) -> Iterator[LintFinding]:
    path, criteria = f"skills/{skill.name}/SKILL.md", f"skills/{skill.name}/criteria.yaml"
    yield from _body(skill.body, path=path)
    yield from _condition(skill.when, path=path, field="metadata.when", features=features)
    if not skill.criteria:
        yield _warning(path, "", "no criteria: it takes no part in a score", "add criteria.yaml")
    seen: set[str] = set()
    applicable = [task for task in features if _holds(skill.when, task)]
    for number, criterion in enumerate(skill.criteria):
        if criterion.id in seen:
            yield _error(criteria, f"{number}.id", f"'{criterion.id}' twice", "rename one of them")
        seen.add(criterion.id)
        if criterion.tool is not None and criterion.tool not in known:
            fix = "add the tool, or name one that `rubrica library list` shows"
            yield _error(criteria, f"{number}.tool", f"no tool '{criterion.tool}'", fix)
        if not criterion.text.strip():
            yield _warning(criteria, f"{number}.text", "empty", "say what to look for")
        if criterion.cap is not None and criterion.kind != "rule":
            yield _warning(criteria, f"{number}.cap", "only a rule caps the reward", "write 'kind: rule'")
        if criterion.floor is not None and criterion.floor < (criterion.cap or 1.0):
            problem = "below the cap: who breaks the rule may stand before who keeps it"
            yield _warning(criteria, f"{number}.floor", problem, "give both the same value")
        yield from _condition(criterion.when, path=criteria, field=f"{number}.when", features=applicable)


def _tool(tool: ToolEntry, *, builtins: Collection[str]) -> Iterator[LintFinding]:
    path = f"tools/{tool.name}/TOOL.md"
    if tool.kind == "builtin" and builtins and tool.name not in builtins:
        yield _error(path, "name", f"no built-in tool '{tool.name}'", f"known: {', '.join(sorted(builtins))}")
    if tool.kind == "python" and not tool.cases:
        fix = "add examples: a python tool must pass its own to be admitted"
        yield _error(f"tools/{tool.name}/cases.jsonl", "", "no cases", fix)
    if tool.kind == "prompt":
        yield from _body(tool.body, path=path)


def _body(body: str, *, path: str) -> Iterator[LintFinding]:
    lines, words = body.count("\n") + 1, len(body.split())
    if not words:
        yield _warning(path, "", "empty body", "write below the front matter what a careful grader looks for")
    if lines > MAX_BODY_LINES or words > MAX_BODY_WORDS:
        limit = f"{MAX_BODY_LINES} lines or {MAX_BODY_WORDS} words"
        yield _warning(path, "", f"{lines} lines, {words} words: over {limit}", "split it")


def _condition(text: str, *, path: str, field: str, features: Sequence[TaskFeatures]) -> Iterator[LintFinding]:
    try:
        condition = parse(text)
    except ConditionError as error:
        yield _error(path, field, str(error), "correct it")
        return
    if not text.strip() or not features:
        return
    held = sum(condition.holds(task) for task in features)
    if held == 0:
        yield _warning(path, field, f"never holds in {len(features)} tasks", "widen the condition or retire the entry")
    elif held == len(features):
        yield _warning(path, field, f"always holds in {len(features)} tasks", "remove it if it is meant to")


def _holds(text: str, task: TaskFeatures) -> bool:
    try:
        return parse(text).holds(task)
    except ConditionError:  # reported where the condition stands
        return False


def _similar(described: Iterable[tuple[str, str]]) -> Iterator[LintFinding]:
    worded = [(path, frozenset(word.lower() for word in _WORD.findall(text))) for path, text in described]
    for (one, words), (two, others) in combinations(worded, 2):
        if words and len(words & others) >= SIMILAR * len(words | others):
            fix = "merge them, or say in each when to use it and not the other"
            yield _warning(two, "description", f"nearly the same as that of {one}", fix)


def _scoring(library: Library) -> Iterator[LintFinding]:
    known = {f"{skill.name}/{criterion.id}" for skill in library.skills.values() for criterion in skill.criteria}
    fitted = library.scoring
    for field, numbers in (("weights", fitted.weights), ("errors", fitted.errors), ("baselines", fitted.baselines)):
        for key in sorted(numbers.keys() - known):
            yield _warning("scoring.json", f"{field}.{key}", "no such criterion", "fit the scoring again")


def _unreadable(error: LibraryError) -> LintFinding:
    return _error(error.path, error.field, error.problem, error.fix)


def _error(path: str, field: str, problem: str, fix: str) -> LintFinding:
    return LintFinding(level="error", path=path, field=field, problem=problem, fix=fix)


def _warning(path: str, field: str, problem: str, fix: str) -> LintFinding:
    return LintFinding(level="warning", path=path, field=field, problem=problem, fix=fix)
