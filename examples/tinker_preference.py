"""Tinker cookbook's preference model, tried on one comparison: +1 = completion B is better.

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/tinker_preference.py
"""

import asyncio
from types import SimpleNamespace

from rubrica.adapters.tinker import RubricaPreferenceModel, group_rewards

ASKED = [{"role": "user", "content": "What is 12 * 13?"}]


async def main() -> None:
    said = [[{"role": "assistant", "content": text}] for text in ("It is 157.", "It is 156.")]
    comparison = SimpleNamespace(prompt_conversation=ASKED, completion_A=said[0], completion_B=said[1])
    print(f"B against A: {await RubricaPreferenceModel()(comparison):+.3f}")
    print("as a group:", await group_rewards(ASKED, ["It is 157.", "It is 156."]))


if __name__ == "__main__":
    asyncio.run(main())
