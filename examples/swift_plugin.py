"""ms-swift's plugin: `--external_plugins examples/swift_plugin.py --reward_funcs rubrica`. Tried on one group:

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/swift_plugin.py
"""

from rubrica.adapters.swift import register, score

if __name__ == "__main__":
    asked = [{"role": "user", "content": "What is 12 * 13?"}]
    answers = ["It is 156.", "It is 157.", "I would rather not say."]
    said = [[*asked, {"role": "assistant", "content": answer}] for answer in answers]
    print(score(answers, {"messages": said}))
else:
    register()
