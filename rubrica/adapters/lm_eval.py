"""lm-eval: in a task's YAML

    process_results: !function rubrica_results.process_results
    metric_list: [{metric: rubrica, aggregation: mean, higher_is_better: true}]

with `from rubrica.adapters.lm_eval import process_results` in `rubrica_results.py` beside it. lm-eval averages what it
is given and cannot skip a document, so one without a verdict is an error unless REWARD_ON_UNSCORED names a number.
"""

from collections.abc import Mapping, Sequence

from rubrica.adapters.client import Client

PROMPTS = ("prompt", "question", "query", "instruction", "input")
ANSWERS = ("reference", "answer", "target")


def process_results(doc: Mapping[str, object], results: Sequence[str]) -> dict[str, float]:
    """Score the first output for a document.

    Raises:
        KeyError: the document has no prompt under a name that we know.
        UnscoredError: there is no verdict, and no number was chosen for that.
    """
    name = next((name for name in PROMPTS if name in doc), PROMPTS[0])
    known = next((value for name in ANSWERS if isinstance(value := doc.get(name), str) and value.strip()), None)
    (answer,) = Client.from_env().score([{"prompt": doc[name], "completion": results[0], "reference": known}])
    return {"rubrica": answer.number(), "rubrica_judge_ok": float(answer.ok)}
