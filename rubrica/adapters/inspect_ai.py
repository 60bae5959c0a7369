"""Inspect: `@task def mine(): return Task(..., scorer=rubrica_scorer())`.

A sample without a verdict is `Score.unscored(...)`, which Inspect's metrics leave out.
"""

from typing import Any

from rubrica.adapters.client import Answer, Client


def rubrica_scorer(client: Client | None = None) -> Any:
    """Return an Inspect scorer; the target's text, if there is one, is the known right answer."""
    from inspect_ai.scorer import Score, mean, scorer, stderr

    @scorer(metrics=[mean(), stderr()], name="rubrica")  # type: ignore[untyped-decorator]  # not installed here
    def rubrica() -> Any:
        async def score(state: Any, target: Any) -> Any:
            answer = await judge(client or Client.from_env(), state, target)
            if answer.value is None:
                return Score.unscored(reason=f"{answer.reason}: {answer.detail}")
            return Score(value=answer.value, answer=state.output.completion, metadata={"judge_ok": answer.ok})

        return score

    return rubrica()


async def judge(client: Client, state: Any, target: Any) -> Answer:
    """Score the output of a finished sample."""
    asked = state.input if isinstance(state.input, str) else [_message(message) for message in state.input]
    (answer,) = await client.ascore(
        [{"prompt": asked, "completion": state.output.completion, "reference": target.text or None}]
    )
    return answer


def _message(message: Any) -> dict[str, object]:
    return {"role": message.role, "content": message.text}
