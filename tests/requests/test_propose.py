import pytest

from rubrica.errors import ReplyError
from rubrica.requests.propose import CriterionDraft, CriterionPatch, Edit, Proposal, SkillDraft, ToolDraft
from rubrica.tools.entry import ToolCase

DROP = CriterionPatch(op="drop", id="old")
SKILLS, TOOLS = frozenset({"old-skill", "other-skill"}), frozenset({"old-tool"})
SOURCE = "def check(task, candidate, **arguments):\n    return {'value': None}\n"


def draft(name="new-skill", **extra):
    return SkillDraft(name=name, description="It helps.", body="Look.", **extra)


def tool(name="new-tool", **extra):
    return ToolDraft(**{"name": name, "description": "It checks.", "source": SOURCE, **extra})


def refusals(*edits, budget=9):
    return Proposal(edits=edits).refusals(skills=SKILLS, tools=TOOLS, budget=budget)


@pytest.mark.parametrize(
    "edit",
    [
        Edit(id="e", action="add-skill", skills=(draft(),)),
        Edit(id="e", action="patch-skill", targets=("old-skill",), patches=(DROP,)),
        Edit(id="e", action="revise-skill", targets=("old-skill",), skills=(draft("old-skill"),)),
        Edit(id="e", action="split-skill", targets=("old-skill",), skills=(draft("one"), draft("two"))),
        Edit(id="e", action="merge-skills", targets=("old-skill", "other-skill"), skills=(draft("both"),)),
        Edit(id="e", action="retire-skill", targets=("old-skill",)),
        Edit(id="e", action="add-tool", tools=(tool(),), skills=(draft(),)),
        Edit(id="e", action="add-tool", tools=(tool(),), skills=(draft("old-skill"),)),
        Edit(id="e", action="add-tool", targets=("old-skill",), tools=(tool(),), skills=(draft("old-skill"),)),
        Edit(id="e", action="retire-tool", targets=("old-tool", "old-skill"), skills=(draft("old-skill"),)),
        Edit(id="e", action="revise-tool", targets=("old-tool",), tools=(tool("old-tool"),)),
        Edit(id="e", action="retire-tool", targets=("old-tool",)),
    ],
    ids=lambda edit: edit.action,
)
def test_a_well_formed_edit_can_be_tried(edit):
    assert refusals(edit) == {}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit(id="e", action="patch-skill", targets=("old-skill",)), "brings 1 to 2 in `patches`, not 0"),
        (Edit(id="e", action="patch-skill", targets=("old-skill",), patches=(DROP,) * 3), "in `patches`, not 3"),
        (Edit(id="e", action="patch-skill", targets=("gone",), patches=(DROP,)), "holds no skill 'gone'"),
        (
            Edit(id="e", action="patch-skill", targets=("old-skill",), patches=(DROP,), skills=(draft(),)),
            "brings 0 in `skills`, not 1",
        ),
        (Edit(id="e", action="add-skill", skills=(draft(),), patches=(DROP,)), "`patches` are for patch-skill"),
        (Edit(id="e", action="add-skill"), "brings 1 in `skills`, not 0"),
        (Edit(id="e", action="add-skill", skills=(draft("old-skill"),)), "holds a 'old-skill' already"),
        (Edit(id="e", action="revise-skill", targets=("gone",), skills=(draft("gone"),)), "holds no skill 'gone'"),
        (Edit(id="e", action="revise-skill", targets=("old-skill",), skills=(draft(),)), "keeps its name"),
        (
            Edit(id="e", action="merge-skills", targets=("old-skill",), skills=(draft(),)),
            "names 2 to 5 in `targets`, not 1",
        ),
        (Edit(id="e", action="retire-tool", targets=("old-skill",)), "holds no tool 'old-skill'"),
        (Edit(id="e", action="add-tool", tools=(tool(),), skills=(draft("a"), draft("b"))), "at most the one skill"),
    ],
)
def test_an_edit_that_does_not_fit_the_library_is_refused_with_the_reason(edit, words):
    assert words in refusals(edit)["e"]


def test_edits_beyond_the_budget_are_refused():
    edits = [Edit(id=f"e{i}", action="add-skill", skills=(draft(f"s{i}"),)) for i in range(3)]
    assert list(refusals(*edits, budget=2)) == ["e2"]


def test_ids_are_distinct():
    edit = Edit(id="e", action="retire-skill", targets=("old-skill",))
    assert "has this id" in refusals(edit, edit)["e"]


def test_a_draft_becomes_a_skill_of_the_library():
    criterion = CriterionDraft(id="short", text="It is short.", scored_by="tool", tool="length", weight=2.0)
    skill = draft(criteria=(criterion,), when="words > 10").skill()
    assert skill.criteria[0].skill == "new-skill"
    assert skill.criteria[0].tool == "length"


def test_a_draft_outside_the_format_names_the_field():
    with pytest.raises(ReplyError, match=r"skill 'Not A Name': name"):
        draft("Not A Name").skill()


def test_a_tool_draft_becomes_an_entry_with_its_cases():
    case = ToolCase(prompt="p", candidate="c", value=None)
    entry = tool(arguments={"limit": {"type": "integer"}}, cases=(case,)).entry()
    assert entry.kind == "python"
    assert entry.input_schema["properties"] == {"limit": {"type": "integer"}}
    assert entry.cases == (case,)


@pytest.mark.parametrize("kind", ["python", "prompt"])
def test_a_tool_without_a_text_of_its_kind_is_refused(kind):
    with pytest.raises(ReplyError, match=f"a {kind} tool has its"):
        tool(kind=kind, source="", question="").entry()
