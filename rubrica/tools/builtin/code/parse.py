"""`code-parse`: is there code where code is asked for, and does it parse."""

from collections.abc import Iterator

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.solution import holds_code, solution_of
from rubrica.tools.builtin.code.syntax import SUPPORTED, first_error
from rubrica.tools.builtin.code.task import read_task
from rubrica.types import Candidate, TaskView

CLAIM = "the answer contains code that parses"


@builtin(
    "code-parse",
    "Extracts the code of an answer (fenced, bare, or the rest of a function that the prompt begins) and parses it: "
    "Python, bash, C, C++, Go, Java, JavaScript, Rust, TypeScript. Null when no code is asked for.",
)
def code_parse(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Parse only: nothing is run."""
    asked = read_task(task.prompt)
    if not asked.writes:
        yield Observation(CLAIM, None, "the prompt does not ask for code")
        return
    solution = solution_of(task.prompt, candidate.text)
    if solution is None and holds_code(task.prompt, candidate.text):
        yield Observation(CLAIM, None, "the code is not set apart from the text")
    elif solution is None:
        yield Observation(CLAIM, 0.0 if asked.strict else None, "no code in the answer")
    elif solution.language not in SUPPORTED:
        yield Observation(CLAIM, None, "the language of the code cannot be told", solution.span)
    elif error := first_error(solution.source, solution.language):
        line, message = error
        detail = f"{solution.language}, line {line} of the code: {message}"
        yield Observation(CLAIM, 0.0, detail, solution.span, {"language": solution.language, "line": line})
    else:
        yield Observation(CLAIM, 1.0, f"{solution.language} parses", solution.span, {"language": solution.language})
