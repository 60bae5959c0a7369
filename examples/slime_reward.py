"""slime's reward for a group, tried on one: `--group-rm --custom-rm-path rubrica.adapters.slime.group_rm`.

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/slime_reward.py
"""

import asyncio
from types import SimpleNamespace

from rubrica.adapters.slime import group_rm


def main() -> None:
    answers = ("It is 156.", "It is 157.", "I would rather not say.")
    samples = [SimpleNamespace(prompt="What is 12 * 13?", response=answer, label="156") for answer in answers]
    print(asyncio.run(group_rm(None, samples)))


if __name__ == "__main__":
    main()
