"""Printed numbers worked out again from the runs they name; a page with one that differs is not finished."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cpmodel.analysis.findings import Finding
from cpmodel.briefs.compared import paired_value
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import BriefContent, Figure, Key, Number, numbers_in
from cpmodel.errors import RunFailed

TOLD = 5  # how many wrong numbers an error spells out


def refuse_wrong_numbers(
    content: BriefContent, runs: Sequence[SavedRun], found: Mapping[str, float] | None = None
) -> None:
    """Raise `RunFailed` naming the numbers that do not equal the cells of the runs at the printed precision.

    found    cells of findings by name; a number of an analysis is held against these
    """
    wrong = list(wrong_numbers(content, reader(runs, found)))
    if wrong:
        told = wrong[:TOLD] + ([f"and {len(wrong) - TOLD} more"] if len(wrong) > TOLD else [])
        raise RunFailed("Numbers of the brief that are not those of the run: " + "; ".join(told))


def reader(
    runs: Sequence[SavedRun], found: Mapping[str, float] | None = None
) -> Callable[[Key], float | None]:
    """Return the function that reads a cell from the run or finding it names, or from the difference of two runs."""
    by_name, found = {run.name: run for run in runs}, found or {}

    def get(key: Key) -> float | None:
        if key.outcome in found:
            return found[key.outcome]
        run, base = by_name.get(key.scenario), by_name.get(key.base)
        if run is None:
            return None
        return run.get(key) if not key.base else None if base is None else paired_value(run, base, key)

    return get


def cells_of(findings: Iterable[Finding]) -> dict[str, float]:
    """Return the cells of several findings by name."""
    return {name: value for finding in findings for name, value in finding.cells().items()}


def recomputed(number: Number, get: Callable[[Key], float | None]) -> float | None:
    """Return the value of a number worked out again from its cells; None when a cell is missing."""
    cells = [get(key) for key in number.keys]
    if not cells or None in cells:
        return None
    if number.how == "sum":
        return sum(cells)
    if number.how == "difference":
        return cells[0] - cells[1]
    if number.how == "per_amount":
        return cells[0] * (number.constant or 0.0) / sum(cells[1:])
    if number.how == "product":
        return math.prod(cells)
    if number.how == "count":
        return float(len(cells))
    if number.how in ("shortfall", "shortfall_count"):
        gap = (number.constant or 0.0) - cells[0]
        return gap * cells[1] if number.how == "shortfall_count" else gap
    return cells[0]


def printed_value(text: str, language: str) -> float | None:
    """Return the figure that a printed number shows (`1.234,5 tỷ đồng` → 1234.5); None without digits."""
    found = re.search(r"[−-]?\d[\d.,]*", text)
    if not found:
        return None
    group, point = (".", ",") if language == "vi" else (",", ".")
    return float(found[0].replace("−", "-").replace(group, "").replace(point, ".").rstrip("."))


def wrong_numbers(content: BriefContent, get: Callable[[Key], float | None]) -> Iterator[str]:
    """Yield every printed number that does not equal its cells at the printed precision."""
    for number in numbers_in((content.title, content.standfirst, content.sections)):
        if wrong := wrong_number(number, get, content.language):
            yield wrong.in_("en")
    for section in content.sections:
        for figure in (block for block in section.blocks if isinstance(block, Figure)):
            for key in figure.keys:
                if get(key) is None:
                    yield f"figure {figure.id} draws a cell that the run does not have: {key.line()}"


@dataclass(frozen=True)
class Wrong:
    """A printed number that does not stand, with the cell it names and what that gives now, where there is one."""

    text: str
    cell: str = ""
    value: float | None = None

    def in_(self, language: str) -> str:
        """Return it in words."""
        name = "loose" if not self.cell else "lacking" if self.value is None else "moved"
        gives = "" if self.value is None else f"{self.value:.6g}"
        return Wording(language).word(f"recheck.{name}", text=self.text, cell=self.cell, value=gives)


def wrong_number(number: Number, get: Callable[[Key], float | None], language: str) -> Wrong | None:
    """Return a printed number that differs from its cells at the printed precision, or None."""
    if not number.keys:
        return None if number.origin else Wrong(number.text)
    value, cell = recomputed(number, get), number.keys[0].line()
    return None if value is not None and shows(number, value, language) else Wrong(number.text, cell, value)


def shows(number: Number, value: float, language: str) -> bool:
    """Say whether the printed text shows `value` at its precision."""
    shown, exact = printed_value(number.text, language), value * number.scale
    if shown is None:
        return False
    if number.text.startswith("<"):
        return 0 <= exact < shown + 1e-9
    if number.text.startswith(">"):
        return exact > shown - 1e-9
    return math.isclose(shown, exact, abs_tol=0.5 * 10.0**-number.decimals + 1e-9)
