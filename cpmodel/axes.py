"""The axes of the model, the cells they span, and the `equation` mark.

A cell is (province, sector group, size). Arrays keep the same order everywhere:
`[outcome, year, cell or group, draw]`, draws innermost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SIZES = ("micro", "small", "medium", "large")
RUNGS = ("good_housekeeping", "process_modification", "technology_change")
RESOURCES = ("electricity", "fuel", "materials", "water")
VARIANTS = ("H1", "H2")
FUNDING_SOURCES = ("state", "aid", "enterprises", "other")
COMPONENT_PROJECTS = ("awareness", "database", "technical_support", "network", "finance")
NATION = "VN"
ALL = "all"


@dataclass(frozen=True)
class Makeup:
    """What wide cells are made of: `counts` (cells, regions, sectors), establishments by province and finer sector."""

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    counts: np.ndarray


@dataclass(frozen=True)
class Cells:
    """The establishments of the model, cell by cell.

    regions, sectors    names along the two axes (sizes are always `SIZES`)
    region, sector, size    integer index of each cell on its axis, shape (cells,)
    establishments    number of living establishments at the start, shape (cells,)
    makeup    of cells that are wider than a province and a sector group; None where they are not
    """

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    region: np.ndarray
    sector: np.ndarray
    size: np.ndarray
    establishments: np.ndarray
    makeup: Makeup | None = None

    def __len__(self) -> int:
        return len(self.establishments)


EQUATIONS: dict[str, Callable] = {}


def equation(clauses: str = "", source: str = "") -> Callable[[Callable], Callable]:
    """Mark a function as an equation of the model, with the clauses it carries and its source.

    The function stays as written: scalar in form, so that the engine can compile it and a test can call it
    with numbers or arrays. The registry is what `docs/equations.md` and the trace test are made from.
    """

    def mark(function: Callable) -> Callable:
        function.clauses = tuple(clauses.split())
        function.source = source
        EQUATIONS[f"{function.__module__.rsplit('.', 1)[-1]}.{function.__name__}"] = function
        return function

    return mark
