"""The component's entry point; its imports run at build time and are frozen into the component's memory."""

import gc
import sys
from importlib.util import find_spec
from json import dumps, loads
from typing import Any

from . import loop, modules, program

_REHEARSAL: dict[str, Any] = {
    "code": "def f(x):\n    print(input())\n    return [x]",
    "entry": "f",
    "args": [1],
    "stdin": "x\n",
    "inputs": {},
    "seed": 0,
    "limits": {"out_bytes": 1000, "disk_mb": 1, "value_bytes": 1000},
}


class WitWorld:
    """The world of `box.wit`."""

    def run(self, job: str) -> str:
        """Run the job once; the instance is thrown away afterwards."""
        return dumps(program.run(loads(job)))


def _compile_known() -> None:
    """Compile what the build has put beside this file for jobs that bring the same text."""
    spec = find_spec(f"{__package__}.guest")
    assert spec is not None
    with open(str(spec.origin), encoding="utf-8") as file:  # noqa: PTH123 - at build time
        program.know(file.read())


def _freeze() -> None:
    """Leave the interpreter so that a run writes to few pages: a page written is copied, and that is what a run costs.

    The rehearsal specialises the runner's own bytecode, and frozen objects are left out of collections. Every run sets
    again all that the rehearsal set.
    """
    for _ in range(30):
        WitWorld().run(dumps(_REHEARSAL))
    del sys.modules["program"]
    gc.collect()
    gc.freeze()


modules.preload()
loop.install()
_compile_known()
_freeze()
