"""The reward function in Python, with no service: one sample, a group, and what an unreadable sample gives.

python examples/in_process.py
"""

from rubrica import RewardFunction, Sample

PROMPT = "What is 12 * 13?"


def main() -> None:
    with RewardFunction(shaping="centred") as reward:
        group = [Sample(PROMPT, answer) for answer in ("It is 156.", "It is 157.", "I would rather not say.")]
        for result in reward.score_batch([*group, Sample("", "an answer to nothing")]):
            if result.kind == "reward":
                print(f"reward {result.reward:.3f}  shaped {result.shaped:+.3f}  {result.mode}")
            else:
                print(f"unscored ({result.reason}): {result.detail}")
        print("library", reward.provenance("group").library[:12])


if __name__ == "__main__":
    main()
