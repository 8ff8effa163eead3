"""How the cost of the engine grows with draws, cells and years, one thread, no scheme, H1."""

from __future__ import annotations

from benchmarks.kernel import first_cells
from benchmarks.measure import Row, side_by_side
from cpmodel.model import engine

BASE = {"draws": 512, "cells": 48, "years": 12}
POINTS = {"draws": (64, 256, 1024, 4096), "cells": (12, 48, 192, 768), "years": (3, 6, 9, 12)}


def rows(quick: bool = False) -> list[Row]:
    """Milliseconds of a run as one of the three grows and the others stay."""
    found = []
    for axis, points in POINTS.items():
        who = {}
        for value in points[:2] if quick else points:
            case = shortened(first_cells(*({**BASE, axis: value}[name] for name in ("cells", "draws"))),
                             {**BASE, axis: value}["years"])  # fmt: skip
            who[value] = lambda case=case: engine.run(*case, threads=1)
        rest = ", ".join(f"{number} {name}" for name, number in BASE.items() if name != axis)
        for value, seconds in side_by_side(who, repeats=3).items():
            found.append(Row("growth", f"{axis}, with {rest}", str(value), 1e3 * seconds, "ms"))
    return found


def shortened(case: tuple, years: int) -> tuple:
    """Return the arguments of the engine for the first years only."""
    layout, clock, *between, _ = case
    keep = clock.year < years
    parts = {name: getattr(clock, name)[keep] for name in clock._fields[:-1]}
    return layout, clock._replace(**parts), *between, years
