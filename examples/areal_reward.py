"""AReaL's reward, tried on three samples: `reward_fn="rubrica.adapters.areal.reward_fn"`.

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/areal_reward.py
"""

from rubrica.adapters.areal import reward_fn

if __name__ == "__main__":
    for answer in ("It is 156.", "It is 157.", "I would rather not say."):
        print(f"{reward_fn('What is 12 * 13?', answer, [], [], answer='156'):.3f}  {answer}")
