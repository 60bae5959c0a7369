"""Between what an author writes and what the loop tries: drafts become edits of a library, and back."""

from pydantic import ValidationError

from rubrica.agents.rubricist import RULE_CAP
from rubrica.errors import ReplyError
from rubrica.evolution.edits import Edit
from rubrica.evolution.maintain import LEARNED
from rubrica.evolution.patches import patched, patches_between
from rubrica.evolution.reading import weighed
from rubrica.library.library import Library
from rubrica.requests.propose import CriterionDraft, SkillDraft, ToolDraft
from rubrica.requests.propose import Edit as Draft
from rubrica.rewards.aggregate import criterion_key
from rubrica.skills.base import Skill
from rubrica.tools.entry import ToolEntry
from rubrica.types import TYPICAL_GRADE, Criterion, Scoring


def edit_of(draft: Draft, sources: tuple[str, ...], library: Library) -> Edit:
    """Return the edit that a draft asks for.

    Args:
        draft: as its author wrote it.
        sources: the train cases that its author has read.
        library: what it is an edit of; a revised skill keeps what a draft has no words for.

    Raises:
        ReplyError: an entry is outside the format.
    """
    skills = tuple(_revised(one, library) for one in draft.skills)
    if draft.action == "patch-skill":
        skills = (patched(draft.targets[0], draft.patches, library),)
    tools = tuple(one.entry() for one in draft.tools)
    written = {skill.name for skill in skills} | {tool.name for tool in tools}
    gone = tuple(name for name in draft.targets if name not in written)
    about_skills = not draft.action.endswith("tool")
    names = ", ".join(sorted(written) or draft.targets)
    try:
        return Edit(
            kind="revise-skill" if draft.action == "patch-skill" else draft.action,
            title=f"{draft.action.replace('-', ' ').capitalize()} {names}{_said(draft)}"[:200],
            rationale=draft.why,
            put_skills=skills,
            drop_skills=gone if about_skills else (),
            put_tools=tools,
            drop_tools=() if about_skills else gone,
            scoring=_reweighed(skills, library),
            sources=sources,
        )
    except ValidationError as error:
        raise ReplyError(f"edit '{draft.id}': {error.errors(include_url=False)[0]['msg']}") from None


def _said(draft: Draft) -> str:
    return f" ({', '.join(f'{patch.op} {patch.id}' for patch in draft.patches)})" if draft.patches else ""


def _revised(draft: SkillDraft, library: Library) -> Skill:
    """Return a draft as a skill: what is revised keeps its tags, the baselines not given, its caps and floors."""
    written, before = draft.skill(), library.skills.get(draft.name)
    old = {} if before is None else {(one.id, one.tool): one for one in before.criteria}
    criteria = tuple(
        criterion.model_copy(
            update={
                "baseline": _baseline(criterion, same) if told.baseline is None else told.baseline,
                "cap": None if told.kind != "rule" else (same and same.cap) or RULE_CAP,
                "floor": same.floor if same is not None and told.kind == "rule" else None,
            }
        )
        for criterion, told in zip(written.criteria, draft.criteria, strict=True)
        for same in (old.get((criterion.id, criterion.tool)),)
    )
    return written.model_copy(update={"criteria": criteria, "tags": (LEARNED,) if before is None else before.tags})


def _baseline(written: Criterion, before: Criterion | None) -> float:
    """Return the baseline of a criterion whose author gives none: its own, or the usual one of who grades it."""
    if before is not None:
        return before.baseline
    return TYPICAL_GRADE if written.tool is None else written.baseline


def _reweighed(skills: tuple[Skill, ...], library: Library) -> Scoring | None:
    """Let a weight or a baseline that an author has changed count before the one that a fit has set."""
    scoring, written = library.scoring, {criterion_key(c): c for skill in skills for c in skill.criteria}
    kept = {
        name: {
            key: value
            for key, value in getattr(scoring, f"{name}s").items()
            if key not in written or getattr(written[key], name) == value
        }
        for name in ("weight", "baseline")
    }
    if kept["weight"] == scoring.weights and kept["baseline"] == scoring.baselines:
        return None
    return scoring.model_copy(update={"weights": kept["weight"], "baselines": kept["baseline"]})


def draft_of(edit: Edit, library: Library) -> Draft | None:
    """Return an edit of a library as its author wrote it, to be narrowed; None when no author could have written it.

    A revision that changes one or two criteria comes back as the patch that says so.
    """
    if edit.kind == "refit":
        return None
    if edit.kind == "revise-skill" and edit.put_skills and (before := library.skills.get(edit.put_skills[0].name)):
        patches = patches_between(weighed(before, library.scoring), edit.put_skills[0])
        if patches:
            why = edit.rationale
            return Draft(id=edit.id[:16], action="patch-skill", targets=(before.name,), patches=patches, why=why)
    put = {skill.name for skill in edit.put_skills} | {tool.name for tool in edit.put_tools}
    targets = (*edit.drop_skills, *edit.drop_tools) or (tuple(sorted(put)) if edit.kind.startswith("revise") else ())
    return Draft(
        id=edit.id[:16],
        action=edit.kind,
        targets=targets,
        skills=tuple(map(_skill_draft, edit.put_skills)),
        tools=tuple(map(_tool_draft, edit.put_tools)),
        why=edit.rationale,
    )


def _skill_draft(skill: Skill) -> SkillDraft:
    fields = CriterionDraft.model_fields
    return SkillDraft(
        name=skill.name,
        description=skill.description,
        when=skill.when,
        body=skill.body,
        criteria=tuple(
            CriterionDraft.model_validate({name: getattr(criterion, name) for name in fields})
            for criterion in skill.criteria
        ),
    )


def _tool_draft(tool: ToolEntry) -> ToolDraft:
    properties = tool.input_schema.get("properties")
    return ToolDraft(
        name=tool.name,
        description=tool.description,
        kind="prompt" if tool.kind == "prompt" else "python",
        source=tool.source,
        question=tool.body if tool.kind == "prompt" else "",
        arguments=properties if isinstance(properties, dict) else {},
        cases=tool.cases,
    )
