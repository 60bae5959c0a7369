"""One rank of a GRPO run whose groups are split: started twice by torchrun, writes what its reward saw and gave.

With a file name as second argument, rank 1 makes that file before it asks for its half of the second group, and waits
until it is gone: meanwhile the half of rank 0 waits in the service.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tiny_run import GROUP, rows, run, text

from rubrica.adapters import trl


class Kept:
    """Our reward, with what it was asked and what it gave."""

    __name__ = "rubrica"

    def __init__(self, rank: int, hold: Path | None) -> None:
        self.rank, self.hold = rank, hold
        self.calls: list[list[tuple[str, str, float | None]]] = []

    def __call__(self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
        if self.hold and self.rank == 1 and len(self.calls) == 1:
            self.hold.touch()
            while self.hold.exists():
                time.sleep(0.05)
        told = trl.reward(prompts, completions, **columns)
        self.calls.append(
            [(text(prompt), text(said), value) for prompt, said, value in zip(prompts, completions, told, strict=True)]
        )
        return told


def main() -> None:
    folder, *hold = map(Path, sys.argv[1:])
    rank = int(os.environ["RANK"])
    reward = Kept(rank, hold[0] if hold else None)
    told = run("grpo", reward, rows("chat"), folder / "run", per_device_train_batch_size=GROUP // 2, ddp_backend="gloo")
    (folder / f"rank{rank}.json").write_text(json.dumps([reward.calls, told.log, told.moved and told.finite]))


if __name__ == "__main__":
    main()
