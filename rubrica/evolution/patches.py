"""A patch changes one or two criteria of a skill and leaves the rest: small enough that a test can tell what it did."""

from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from rubrica.agents.rubricist import RULE_CAP
from rubrica.errors import ReplyError
from rubrica.evolution.reading import weighed
from rubrica.library.library import Library
from rubrica.requests.propose import PATCHES, CriterionDraft, CriterionPatch
from rubrica.skills.base import Skill
from rubrica.types import TYPICAL_GRADE, Criterion

_CHANGED = tuple(CriterionPatch.model_fields.keys() - {"op", "id"})


def patched(name: str, patches: tuple[CriterionPatch, ...], library: Library) -> Skill:
    """Return a skill of the library with these patches; its criteria have the weights that count.

    Raises:
        ReplyError: a patch names a criterion that is not there, or leaves none, or a field is outside the format.
    """
    skill = weighed(library.skills[name], library.scoring)
    criteria = {criterion.id: criterion for criterion in skill.criteria}
    for patch in patches:
        if (patch.id in criteria) == (patch.op == "add"):
            known = ", ".join(criteria)
            raise ReplyError(
                f"skill '{name}' has {'already' if patch.op == 'add' else 'no'} criterion '{patch.id}'; it has {known}"
            )
        if patch.op == "drop":
            del criteria[patch.id]
        else:
            criteria[patch.id] = _criterion(patch, criteria.get(patch.id), name)
    if not criteria:
        raise ReplyError(f"skill '{name}' would have no criterion left; retire it instead")
    return skill.model_copy(update={"criteria": tuple(criteria.values())})


def _criterion(patch: CriterionPatch, before: Criterion | None, skill: str) -> Criterion:
    told = patch.told
    if told.get("scored_by") == "model":
        told["tool"], told["arguments"] = None, {}
    elif told.get("tool"):
        told["scored_by"] = "tool"
    old = before.model_dump(mode="json") if before is not None else {"id": patch.id, "skill": skill}
    rule = told.get("kind", old.get("kind")) == "rule"
    same = before is not None and not told.keys() & {"tool", "scored_by", "prefer"}
    told["cap"] = ((before.cap if before is not None else None) or RULE_CAP) if rule else None
    told["floor"] = before.floor if before is not None and rule and same else None
    if before is None and "baseline" not in told and "tool" not in told:
        told["baseline"] = TYPICAL_GRADE
    try:
        return Criterion.model_validate({**old, **told})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ReplyError(f"criterion '{patch.id}': {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def patches_between(before: Skill, after: Skill) -> tuple[CriterionPatch, ...]:
    """Return the patches that make one skill of the other; none when more than criteria differ, or too many do."""
    same = before.model_copy(update={"criteria": ()}) == after.model_copy(update={"criteria": ()})
    old, new = ({criterion.id: criterion for criterion in skill.criteria} for skill in (before, after))
    patches = [
        *(_difference(old[id_], criterion) for id_, criterion in new.items() if id_ in old and old[id_] != criterion),
        *(_added(criterion) for id_, criterion in new.items() if id_ not in old),
        *(CriterionPatch(op="drop", id=id_) for id_ in old if id_ not in new),
    ]
    return tuple(patches) if same and len(patches) <= PATCHES else ()


def _added(criterion: Criterion) -> CriterionPatch:
    fields = {name: getattr(criterion, name) for name in CriterionDraft.model_fields if name != "id"}
    return CriterionPatch.model_validate({"op": "add", "id": criterion.id, **fields})


def _difference(old: Criterion, new: Criterion) -> CriterionPatch:
    told: Mapping[str, JsonValue] = {
        name: getattr(new, name) for name in _CHANGED if getattr(old, name) != getattr(new, name)
    }
    return CriterionPatch.model_validate({"op": "change", "id": new.id, **told})
