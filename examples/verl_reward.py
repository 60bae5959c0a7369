"""verl's reward, tried on the payload that verl sends. In the trainer's configuration:

reward:
  custom_reward_function: {path: pkg://rubrica.adapters.verl, name: compute_score}
data:   each row's extra_info holds the prompt: {"index": 0, "question": "What is 12 * 13?"}

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/verl_reward.py
"""

import asyncio

from rubrica.adapters.verl import compute_score


def main() -> None:
    payload = {
        "data_source": "my/sums",
        "solution_str": "It is 156.",
        "ground_truth": "156",
        "extra_info": {"index": 0, "question": "What is 12 * 13?", "num_turns": None, "rollout_reward_scores": {}},
    }
    print(asyncio.run(compute_score(**payload)))


if __name__ == "__main__":
    main()
