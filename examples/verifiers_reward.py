"""A verifiers reward, tried on one rollout. In an evaluation or a training run:

--env.taskset.task.rewards.rubrica.fn rubrica.adapters.verifiers:reward

As a judge: examples/verifiers_judge.py.

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/verifiers_reward.py
"""

import asyncio
from types import SimpleNamespace

from rubrica.adapters.verifiers import reward


def main() -> None:
    task = SimpleNamespace(prompt="What is 12 * 13?", system_prompt=None, answer="156")
    print(asyncio.run(reward(task, SimpleNamespace(last_reply="It is 156."))))


if __name__ == "__main__":
    main()
