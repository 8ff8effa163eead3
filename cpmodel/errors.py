"""The error family: every message says where, what was found, why it matters and what to do.

Exit codes of the command line: 0 done · 1 failed run · 2 bad input · 3 a check or target failed on request.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

# What sentences count: a noun that follows a figure in a phrase stands here, unless it may be a verb (`runs`).
COUNTED = {name + "s": name for name in (
    "year", "month", "point", "establishment", "province", "office", "adopter", "project", "investment", "target",
    "draw", "loan", "world", "future", "conclusion", "brief", "package", "particle", "row", "cell", "thing",
)} | {"mixes": "mix"}  # fmt: skip
QUALIFIED = "(?:(?:additional|extra|more|other|percentage|thousand|million|billion) )?"
ONE_OF = re.compile(rf"((?<![\w.,–])1[ \u00a0]{QUALIFIED})({'|'.join(COUNTED)})\b")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to put right: `file` and `key` say where, `found` what stands there, `why` and `fix` the rest."""

    file: str
    key: str
    found: str
    why: str
    fix: str

    def __str__(self) -> str:
        head = f"  {self.key}: {printable(self.found)}" if self.found else f"  {self.key}"
        return in_number("\n".join([head, f"    {self.why}", f"    → {self.fix}"]))


class CpmodelError(Exception):
    """A failure that the user can read; `exit_code` is what the command line returns."""

    exit_code = 1


class RunFailed(CpmodelError):
    """The work was asked for correctly but could not be completed."""


class CheckFailed(CpmodelError):
    """A check or target that the user asked to hold (`--fail-on`) does not hold."""

    exit_code = 3


class BadInput(CpmodelError):
    """Input that cannot be used; carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem] | Problem):
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        by_file: dict[str, list[Problem]] = {}
        for problem in self.problems:
            by_file.setdefault(problem.file, []).append(problem)
        blocks = []
        for file, found in by_file.items():
            head = in_number(f"{file} cannot be used; {len(found)} things to put right:")
            blocks.append("\n".join([head, *map(str, found)]))
        return "\n\n".join(blocks)


class Problems:
    """Collects problems while reading, so that all of them are told at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, file: object, key: str, found: object, why: str, fix: str) -> None:
        """Note one problem; `found` may be any value and is shown as text."""
        self.found.append(Problem(str(file), key, "" if found is None else str(found), why, fix))

    def extend(self, error: BadInput) -> None:
        """Take over the problems of an error that a nested reader raised."""
        self.found.extend(error.problems)

    def raise_if_any(self) -> None:
        """Raise `BadInput` with everything found so far."""
        if self.found:
            raise BadInput(self.found)


def problems_of(check: Callable[[], object]) -> Sequence[Problem]:
    """Return what a check finds that cannot be used; none when it raises nothing."""
    try:
        check()
    except BadInput as error:
        return error.problems
    return ()


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name` in spelling, or None when nothing is close."""
    found = difflib.get_close_matches(str(name), list(map(str, known)), n=1, cutoff=0.6)
    return found[0] if found else None


def in_number(text: str) -> str:
    """Return English text with every counted noun after exactly 1 in the singular: `1 years` reads `1 year`."""
    return ONE_OF.sub(lambda found: f"{found[1]}{COUNTED[found[2]]}", text)


def as_share(found: float) -> str:
    """Return the fix for a share above 1: from 2 on it was meant in per cent; between, it may be either."""
    if 2.0 <= found <= 100.0:
        return f"Write {found:g} % as {found / 100:g}."
    per_cent = f"Write {found:g} % as {found / 100:g}, or give" if 1.0 < found < 2.0 else "Give"
    return f"{per_cent} at most 1, which is 100 %."


def printable(text: object, limit: int = 120) -> str:
    """Return `text` on one line, without control or direction characters, cut at `limit` characters."""
    plain = "".join(c if unicodedata.category(c)[0] != "C" else "�" for c in str(text).replace("\n", " "))
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
