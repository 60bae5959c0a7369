"""The child process that compares two formulas with math-verify and sympy; it runs by path and imports no rubrica.

Requests and replies are JSON lines: {"gold": str, "answer": str} -> {"equal": true | false | null}. sympy's parsers
call eval, hence the separate process: no environment, little memory, killed by the parent when it does not answer.
"""

import contextlib
import json
import resource
import sys
from typing import Any

MEMORY = 1 << 30
SECONDS = 2


def confine() -> None:
    """Give up memory beyond `MEMORY`, new files and core dumps, where the platform lets us."""
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))


def compare(gold: str, answer: str) -> bool | None:
    """Whether two formulas are equal; None when either cannot be read."""
    from math_verify import parse, verify

    left = parse(f"${gold}$", parsing_timeout=SECONDS)
    right = parse(f"${answer}$", parsing_timeout=SECONDS)
    if not left or not right:
        return None
    equal: Any = verify(left, right, timeout_seconds=SECONDS)
    return bool(equal)


def main() -> None:
    """Answer requests until standard input closes."""
    import logging

    import math_verify  # noqa: F401  # loaded before memory is capped and before the first request is timed

    logging.disable(logging.CRITICAL)
    confine()
    print("ready", flush=True)  # the protocol is standard output
    for line in sys.stdin:
        request = json.loads(line)
        try:
            equal = compare(request["gold"], request["answer"])
        except Exception:  # noqa: BLE001  # any failure of the parsers means: cannot tell
            equal = None
        print(json.dumps({"equal": equal}), flush=True)  # the protocol is standard output


if __name__ == "__main__":
    main()
