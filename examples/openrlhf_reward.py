"""OpenRLHF's reward file: `--reward.remote_url examples/openrlhf_reward.py`. Tried on one sample:

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/openrlhf_reward.py

With nothing of rubrica beside the trainer, `--reward.remote_url http://127.0.0.1:8080/get_reward` does the same.
"""

from rubrica.adapters.openrlhf import reward_func

__all__ = ["reward_func"]


if __name__ == "__main__":
    asked = "<|im_start|>user\nWhat is 12 * 13?<|im_end|>\n<|im_start|>assistant\n"
    print(reward_func([f"{asked}It is 156.<|im_end|>"], [asked], ["156"]))
