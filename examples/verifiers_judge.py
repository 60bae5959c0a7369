"""A verifiers judge plugin: verifiers finds a judge by the name of a top-level module, so this file is on the path.

PYTHONPATH=examples ... --env.taskset.task.judges '[{"id": "verifiers_judge", "name": "rubrica"}]'

In verifiers' environment, tried on one reply:

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/verifiers_judge.py
"""

import asyncio
from types import SimpleNamespace

from rubrica.adapters.verifiers import RubricaJudge

__all__ = ["RubricaJudge"]


if __name__ == "__main__":
    asked = SimpleNamespace(prompt="What is 12 * 13?", system_prompt=None, answer="156")
    print(asyncio.run(RubricaJudge().score(asked, SimpleNamespace(last_reply="It is 156."))))
