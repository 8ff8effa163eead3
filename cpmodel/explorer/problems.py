"""Beside which lever an error belongs, in the words of both languages."""

from __future__ import annotations

from cpmodel.errors import Problem
from cpmodel.explorer.words import words


def placed(problem: Problem) -> dict:
    """Return an error as the page shows it: the levers it stands beside, and what is wrong in both languages."""
    english = f"{problem.why} {problem.fix}".strip()
    vietnamese = words()[f"error.{_kind(problem)}"]["vi"]
    return {"levers": levers_of(problem.key), "key": problem.key, "found": problem.found,
            "text": {"vi": vietnamese, "en": english}, "detail": english}  # fmt: skip


def levers_of(key: str) -> list[str]:
    """Return the ids of the levers that an error at a key of the scenario stands beside; none: it stands on top."""
    parts = key.split(".")
    if parts[0] == "budgets" and len(parts) >= 3:
        return [f"path.{parts[1]}.{parts[2]}", *([f"level.{parts[1]}"] if parts[2] == "state" else [])]
    if parts[0] == "activity_shares":
        return ["activity_shares.outreach"]
    if parts[0] in ("credit", "toggles", "drivers", "level", "path") or key == "budgets.scale":
        return [key]
    return []


def _kind(problem: Problem) -> str:
    """Return which Vietnamese sentence tells the problem; `value` says only that the value cannot be used."""
    parts = problem.key.split(".")
    if "strategy: none" in problem.why:
        return "none"
    last = (
        "grant_share"
        if parts[-1] in ("terms", "reward_share")
        else "tenor"
        if parts[-1] == "grace"
        else parts[-1]
    )
    for name in (last, parts[0]):
        if f"error.{name}" in words():
            return name
    return "value"
