"""Write docs/prompts.md: what each role is shown for one case of the demo data, and a reply in the form asked for.

    python bench/prompts.py            print the page
    python bench/prompts.py FILE       write it

The replies are written by hand, to carry the case from role to role; they prove nothing about a model.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from rubrica.data.demo import demo_path
from rubrica.data.read import rows
from rubrica.data.rows import Row
from rubrica.evolution.reading import cards
from rubrica.harness import Harness
from rubrica.library.seed import seed_library
from rubrica.requests.base import Reply, Request
from rubrica.requests.chain import ChainGuide, ChainRequest, ChainTurn, ChainVerdict
from rubrica.requests.diagnose import Answer, Chain, DiagnoseRequest, Diagnosis, Lucky, Mechanism, MergeRequest
from rubrica.requests.judge import Grade, Grades
from rubrica.requests.propose import CriterionDraft, Edit, Proposal, ProposeRequest, SkillDraft, ToolDraft
from rubrica.requests.rubric import Demand, Reweighed, Rewritten, RubricDraft
from rubrica.requests.select import Choice, Selection
from rubrica.requests.solve import Solution
from rubrica.requests.tool import ToolRequest
from rubrica.requests.verify import Claim, ToolCall, ToolCard, Verification
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.entry import ToolCase
from rubrica.tools.prompt_tool import ToolAnswer, ToolQuestion
from rubrica.types import Case, TaskView

CASE = "demo/final-answer/night-train"
SOURCED = "demo/faithfulness/pool-notice"
"""The verifier's case: where no source is at hand, the tools have said before it what they can."""
FAITHFUL = "faithful-to-source"
WEEKS = {"eleven": True, "twelve": False}
SKILLS = ("answers-the-question", "final-answer", "sound-reasoning")
RIGHT = "470 minutes"
TITLES = {
    "selector": "Selector: which skills apply?",
    "solver": "Solver: what is the right answer?",
    "rubricist": "Rubricist: what must a good answer satisfy?",
    "verifier": "Verifier: which claims hold?",
    "judge": "Judge: how well does each answer meet each criterion?",
    "tool": "Prompt tool: one narrow question",
    "analyst": "Analyst: why was the judge wrong?",
    "analyst_merge": "Analyst: one diagnosis of several",
    "author": "Author: what should change in the library?",
    "rewardharness": "RewardHarness's chain, for comparison",
}
HEAD = """# Prompts

What each role is shown, for one case of the demo data (`{case}`; the verifier for
`{sourced}`), as it is sent to a language model: a system message that is the same for every case, and a
user message that holds the case as marked data. The page is written by `python bench/prompts.py docs/prompts.md`.
Endpoints get the JSON Schema of the reply beside it. The replies shown were written by hand to carry the case on; they
show the form and say nothing about a model.

The system message comes from `rubrica/requests/prompts/<role>.md` and has no placeholders, so nothing of a case can
reach it. In the user message, text that others wrote stands between marks with a code taken from the content of the
request, which nobody who wrote the text could know; a reply counts only if it repeats the code (`reply_to`).
"""


class ByHand:
    """Answers each role once, as a careful person would."""

    id = "by-hand"

    def __init__(self) -> None:
        self.told: dict[str, tuple[Request[Any], Any]] = {}

    async def complete(self, request: Request[Any]) -> Reply[Any]:
        reply = getattr(self, f"_{request.role}")(request)
        self.told.setdefault(request.role, (request, reply))
        return Reply(value=reply, by=self.id)

    def _selector(self, request: Any) -> Selection:
        why = {"answers-the-question": "asks for the moving time only", "final-answer": "one right number of minutes"}
        offered = [card.name for card in request.skills if card.name in (*SKILLS, FAITHFUL)]
        return Selection(skills=tuple(Choice(name=name, why=why.get(name, "times are computed")) for name in offered))

    def _solver(self, request: Any) -> Solution:
        working = "21:47 to 24:00: 2 * 60 + 13 = 133. 0:00 to 6:12: 6 * 60 + 12 = 372. 133 + 372 - 35 = 470."
        calls = () if request.draft else (ToolCall(tool="arithmetic"),)
        return Solution(working=working, calls=calls, answer=RIGHT, sure=True)

    def _rubricist(self, request: Any) -> RubricDraft:
        if any(skill.name == FAITHFUL for skill in request.skills):
            return RubricDraft()
        text = "It takes the 35 minutes of standing off the time between departure and arrival."
        return RubricDraft(
            rewrite=(
                Rewritten(
                    criterion="answers-the-question/does-what-was-asked",
                    text="It gives the time for which the train moves, and no other time.",
                ),
            ),
            add=(Demand(id="takes-the-stop-off", text=text, kind="principle", weight=2.0),),
            reweigh=(Reweighed(criterion="final-answer/answer-is-right", weight=6.0),),
        )

    def _verifier(self, request: Any) -> Verification:
        said, holds = next(
            ((word, holds) for word, holds in WEEKS.items() if word in request.candidate.text), ("", None)
        )
        source = "We expect the work to take eleven weeks."
        told = Claim(text=f"The work takes {said} weeks.", quote=f"{said} weeks", source_quote=source, holds=holds)
        return Verification(claims=(told,) if said else ())

    def _judge(self, request: Any) -> Grades:
        right = {c.id for c in request.candidates if RIGHT in c.text}
        critique = {True: "The stop is taken off and 470 is right.", False: "The stop is added, so 540 is wrong."}
        grades = [
            Grade(
                criterion=f"c{number}",
                candidate=c.id,
                critique=critique[c.id in right],
                quotes=(RIGHT if c.id in right else "540 minutes",),
                grade=4 if c.id in right else 1,
            )
            for number in range(1, len(request.criteria) + 1)
            for c in request.candidates
        ]
        order = sorted((c.id for c in request.candidates), key=lambda name: name not in right)
        return Grades(grades=tuple(grades), ranking=tuple((name,) for name in order))


def demo_case(name: str) -> Case:
    found = (row.case for row in rows(str(demo_path())) if isinstance(row, Row))
    return next(case for case in found if case.id == name)


def of_evolution(case: Case) -> dict[str, tuple[Request[Any], Any]]:
    """The requests that learn from judged cases, about this one as if the judge had been wrong."""
    library = seed_library()
    view = TaskView.of(case.task)
    answers = tuple(
        Answer(label=label, text=c.text, place=2 if RIGHT not in c.text else 1, judged=1 if RIGHT not in c.text else 2)
        for label, c in zip(("one", "two"), case.candidates, strict=True)
    )
    chain = Chain(id="k1", prompt=view.prompt, answers=answers, right=False, skills=SKILLS)
    mechanism = Mechanism(
        name="believes-a-check-that-checks-nothing",
        description="An answer that restates its own result as a check is taken for a verified one.",
        cause="missing-skill",
        cases=("k1",),
        remedy="Only a check by another route counts.",
    )
    known = cards(library)
    diagnosis = Diagnosis(mechanisms=(mechanism,))
    tools = tuple(ToolCard.of(load_builtins()[name].spec) for name in ("answer-stated", "arithmetic"))
    proposing = ProposeRequest(
        mechanisms=(mechanism,),
        skills=(library.skills["sound-reasoning"],),
        tools=tools,
        others=tuple(card for card in known if card.name != "sound-reasoning"),
    )
    question = "Does the answer check its result by a route that could have failed?"
    asking = ToolRequest(
        task=view, question=ToolQuestion(tool="real-check", question=question, text=case.candidates[0].text)
    )
    comparing = ChainRequest(
        task=view,
        answer_a=case.candidates[0].text,
        answer_b=case.candidates[1].text,
        skills=tuple(ChainGuide(name=name, body=library.skills[name].body) for name in SKILLS[-1:]),
        tools=tools,
    )
    return {
        "tool": (asking, ToolAnswer(detail="It gives no check.", value=0.0)),
        "analyst": (DiagnoseRequest(chains=(chain,), skills=tuple(known), wrong=1), Diagnosis(mechanisms=(mechanism,))),
        "analyst_merge": (
            MergeRequest(diagnoses=(diagnosis, Diagnosis(lucky=(Lucky(case="k2", why="Only length decided."),)))),
            Diagnosis(mechanisms=(mechanism,), lucky=(Lucky(case="k2", why="Only length decided."),)),
        ),
        "author": (proposing, Proposal(edits=(proposed_edit(),))),
        "rewardharness": (comparing, ChainTurn(think="The stop must be taken off.", answer=preferring(case))),
    }


def preferring(case: Case) -> ChainVerdict:
    first = RIGHT in case.candidates[0].text
    good, bad = (4, 1) if first else (1, 4)
    return ChainVerdict(
        preference="A" if first else "B", following_a=good, following_b=bad, quality_a=good, quality_b=bad
    )


def proposed_edit() -> Edit:
    source = (
        "import re\n\n\ndef check(task, candidate, **arguments):\n"
        '    found = re.search(r"\\b(?:you can check|check:|to verify)", candidate, re.IGNORECASE)\n'
        "    if not found:\n"
        '        return {"value": None, "detail": "no check is announced"}\n'
        '    told = "=" in candidate[found.start() :]\n'
        '    return {"value": float(told), "detail": "the check holds an equation" if told else "words only"}\n'
    )
    cases = tuple(
        ToolCase(prompt="How many?", candidate=text, value=value)
        for text, value in (("12. Check: 3 * 4 = 12.", 1.0), ("12. You can check it: it is 12.", 0.0), ("12.", None))
    )
    criterion = CriterionDraft(
        id="checks-are-real",
        text="A check that it announces could have failed.",
        weight=1.5,
        scored_by="tool",
        tool="announced-check",
    )
    skill = SkillDraft(
        name="real-checks",
        description="Checks that what is called a check is one. Use it where a quantity is worked out.",
        when="asks_math",
        body="# A check could fail\n\nA result that is said again in other words has not been checked.",
        criteria=(criterion,),
    )
    tool = ToolDraft(
        name="announced-check", description="An announced check holds an equation.", source=source, cases=cases
    )
    return Edit(
        id="real-checks",
        action="add-tool",
        tools=(tool,),
        skills=(skill,),
        mechanism="believes-a-check-that-checks-nothing",
        why="A check without an equation shows nothing.",
    )


def page() -> str:
    case = demo_case(CASE)
    hand = ByHand()

    async def run() -> None:
        async for judged in Harness(library=seed_library(), reasoner=hand).judge([case, demo_case(SOURCED)]):
            if judged.result.case == CASE and judged.result.kind != "verdict":
                raise RuntimeError(f"the case did not come to a verdict: {judged.result}")

    asyncio.run(run())
    told = {**hand.told, **of_evolution(case)}
    parts = [HEAD.format(case=CASE, sourced=SOURCED)]
    parts += [section(role, *told[role]) for role in TITLES]
    return "\n".join(parts)


def section(role: str, request: Request[Any], reply: Any) -> str:
    system, user = (message.content for message in request.messages())
    shown = reply.model_dump_json(indent=2)
    blocks = [("System", "text", system), ("User", "text", user), ("A reply", "json", shown)]
    return "\n".join(
        [f"## {TITLES[role]}\n", *(f"{name}:\n\n````{kind}\n{text}\n````\n" for name, kind, text in blocks)]
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
