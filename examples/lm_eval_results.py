"""lm-eval's results of one document: in a task's YAML, `process_results: !function lm_eval_results.process_results`
and `metric_list: [{metric: rubrica, aggregation: mean, higher_is_better: true}]`, with this file beside it.

rubrica serve &
REWARD_URL=http://127.0.0.1:8080 python examples/lm_eval_results.py
"""

from rubrica.adapters.lm_eval import process_results

if __name__ == "__main__":
    for answer in ("It is 156.", "It is 157."):
        print(process_results({"question": "What is 12 * 13?", "answer": "156"}, [answer]))
