"""The component's entry point; its imports run at build time and are frozen into the component's memory."""

import gc
from json import dumps, loads

from . import loop, modules, program

_IMPORTED = modules.preload()
loop.install()
# A collection would write to every object, and so make a private copy of every page of the frozen memory.
gc.collect()
gc.freeze()


class WitWorld:
    """The world of `box.wit`."""

    def run(self, job: str) -> str:
        """Run the job once; the instance is thrown away afterwards."""
        return dumps(program.run(loads(job)))
