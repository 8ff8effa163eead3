"""Which component project a user means."""

from __future__ import annotations

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.errors import BadInput, Problem, nearest


def find_project(project: str) -> str:
    """Return the id of a component project given by id or by number."""
    text = str(project).strip().lower()
    if text.isdecimal() and 1 <= int(text) <= len(COMPONENT_PROJECTS):
        return COMPONENT_PROJECTS[int(text) - 1]
    if text not in COMPONENT_PROJECTS:
        near = nearest(text, COMPONENT_PROJECTS)
        fix = f"Did you mean `{near}`?" if near else f"Use one of {', '.join(COMPONENT_PROJECTS)}, or 1 to 5."
        raise BadInput(
            Problem("brief", "project", project, "The Decision has no such component project.", fix)
        )
    return text
