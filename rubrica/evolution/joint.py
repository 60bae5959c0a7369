"""Several edits that are tried as one, and the one edit that lies between two libraries."""

from collections.abc import Sequence

from rubrica.evolution.edits import Edit
from rubrica.library.library import Library


def joined(edits: Sequence[Edit], before: Library, *, what: str) -> Edit:
    """Return the edits, tried in order, as one; its kind is that of the first."""
    after = before
    for edit in edits:
        after = edit.apply(after)
    title = f"{len(edits)} edits of {what} together: " + "; ".join(edit.title for edit in edits)
    sources = tuple(dict.fromkeys(source for edit in edits for source in edit.sources))
    told = change(before, after, title=title, rationale="\n".join(edit.rationale for edit in edits if edit.rationale))
    return told.model_copy(update={"kind": edits[0].kind, "sources": sources})


def change(before: Library, after: Library, *, title: str, rationale: str) -> Edit:
    """Return the edit that makes one library of another."""
    return Edit(
        kind="revise-skill",
        title=title[:200],
        rationale=rationale,
        put_skills=tuple(skill for name, skill in after.skills.items() if before.skills.get(name) != skill),
        drop_skills=tuple(name for name in before.skills if name not in after.skills),
        put_tools=tuple(tool for name, tool in after.tools.items() if before.tools.get(name) != tool),
        drop_tools=tuple(name for name in before.tools if name not in after.tools),
        scoring=after.scoring if after.scoring != before.scoring else None,
    )
