"""Beside which lever an error belongs, in the words of both languages.

Checks speak English; `inputs.messages` knows their sentences in Vietnamese.
"""

from __future__ import annotations

import re

from cpmodel.errors import Problem
from cpmodel.explorer.words import words
from cpmodel.inputs.messages import in_language

SENTENCE = re.compile(r"(?<=[.?]) (?=[A-Z])")
CODE = re.compile(r"(`[^`]*`)")
NUMBER = re.compile(r"\b(?:\d{1,3}(?:,\d{3})+|\d+\.\d+)\b")
SWAPPED = str.maketrans(",.", ".,")


def placed(problem: Problem) -> dict:
    """Return an error as the page shows it: the levers it stands beside, and what is wrong in both languages."""
    english = f"{problem.why} {problem.fix}".strip()
    return {"levers": levers_of(problem.key), "key": problem.key, "found": problem.found, "detail": english,
            "text": {"vi": in_vietnamese(problem.why, problem.fix), "en": english}}  # fmt: skip


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


def in_vietnamese(*said: str) -> str:
    """Return what checks say, in Vietnamese: at least that the value cannot be used, where a sentence is not known."""
    first, *rest = [
        "" if (known := in_language(one, "vi", grouped=False)) == one else known
        for text in said if text for one in SENTENCE.split(text)
    ]  # fmt: skip
    return _written(" ".join(filter(None, [first or words()["error.value"]["vi"], *rest])))


def in_both(text: str) -> dict[str, str]:
    """Return why something failed: in Vietnamese where the sentence is known, else as it was said."""
    return {"vi": _written(in_language(text, "vi", grouped=False)), "en": text}


def _written(text: str) -> str:
    """Return a text with its numbers as Vietnamese writes them; `code` stays code."""
    parts = CODE.split(text)
    parts[::2] = [NUMBER.sub(lambda number: number[0].translate(SWAPPED), part) for part in parts[::2]]
    return "".join(parts)
