"""Preference cases of our own making, for the demo and for tests; they are no benchmark and measure nothing.

65 cases over twelve families (the `subset` of a row): following constraints, final answers, reasoning, code,
faithfulness to sources, honesty, refusal only where right, concision, format, harm, attempts to sway the grader, and
language and tone. Prompts, answers and labels were written by the authors; people, firms and the paper are invented.
`meta.note` says why one candidate is better. The better one is the longer in about half of the cases, and comes first
in about half; a few cases have three or four candidates, a few have several turns, and two are ties.
"""

from pathlib import Path


def demo_path() -> Path:
    """Return the file of the demo preferences, in our own row format."""
    return Path(__file__).with_name("preferences.jsonl")
