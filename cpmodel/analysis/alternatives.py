"""Packages that look different and do nearly as well: modelling to generate alternatives.

From the best package one walks in directions a policy maker can name (more for one project and less for the others,
earlier, later, other uses of the money) as far as the result stays near the best, and keeps the packages farthest apart.
Sources: Brill, Chang & Hopkins 1982, doi 10.1287/mnsc.28.3.221; Neumann & Brown 2021, doi 10.1016/j.epsr.2020.106690.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cpmodel.analysis.programme import USES, Programme
from cpmodel.axes import COMPONENT_PROJECTS

Array = np.ndarray
HALVINGS = 5
LEAST_APART = 0.05  # in shares of the money, timing and uses together; nearer ones count as the same package


@dataclass(frozen=True)
class Alternative:
    """direction    in which it differs, such as `more network`   at (d,)    the package."""

    direction: str
    at: Array


def directions(plan: Programme, best: Array, budget: float) -> dict[str, Array]:
    """Return direction → the farthest package there that costs no more than `budget`."""
    low, high, costs = plan.room.low, plan.room.high, plan.unit_costs
    money = costs > 0
    years = np.array([int(name.split()[1]) if m else 0 for name, m in zip(plan.names, money, strict=True)])
    found = {}
    for project in COMPONENT_PROJECTS:
        mine = np.array([name.startswith(f"{project} ") for name in plan.names])
        if mine.any():
            found[f"more {project}"] = _filled(
                best, np.where(mine, high, best), mine, low, high, costs, budget
            )
            found[f"less {project}"] = _filled(
                best, np.where(mine, low, best), mine, low, high, costs, budget
            )
    middle = np.median(years[money])
    for name, side in (("earlier", years >= middle), ("later", years < middle)):
        late = money & side
        found[name] = _filled(best, np.where(late, low, best), late, low, high, costs, budget)
    for use, (outreach, offices) in zip(USES, ((0.9, 0.05), (0.05, 0.9), (0.05, 0.05)), strict=True):
        point = best.copy()
        point[plan.names.index(f"share {USES[0]}")], point[plan.names.index(f"share {USES[1]}")] = (
            outreach,
            offices,
        )
        found[f"more {use}"] = np.clip(point, low, high)
    return found


def _filled(
    best: Array, moved: Array, held: Array, low: Array, high: Array, costs: Array, budget: float
) -> Array:
    """Return `moved` with the money elsewhere scaled so that all of it costs `budget`, as far as bounds allow."""
    others = (costs > 0) & ~held
    spare = budget - costs[held] @ moved[held] - costs[others] @ low[others]
    above = np.where(others, best - low, 0.0)
    wanted = costs @ above
    point = moved.copy()
    if wanted > 0:
        point[others] = np.clip(low + above * max(spare, 0.0) / wanted, low, high)[others]
    return point


def walked(plan: Programme, best: Array, near: Callable[[Array], Array], budget: float) -> list[Alternative]:
    """Return for every direction the farthest package that is still near the best.

    Where money may be spent beyond what the best package costs, one sets out from the same shape with that money.

    near    points (k, d) → (k,) True where a package does nearly as well at no more than the cost allowed
    """
    low, nobody = plan.room.low, np.zeros(len(best), bool)
    start = _filled(best, best, nobody, low, plan.room.high, plan.unit_costs, budget)
    start = plan.room.along(start - best, 1.0, best)
    start = start if near(start[None])[0] else best
    ends = directions(plan, start, budget)
    steps = np.array([plan.room.along(end - start, 1.0, start) - start for end in ends.values()])
    reach, most = np.zeros(len(ends)), np.ones(len(ends))
    good = near(start + steps)
    reach[good] = 1.0
    for _ in range(HALVINGS):
        middle = np.where(good, 1.0, 0.5 * (reach + most))
        fine = near(start + middle[:, None] * steps)
        reach, most = np.where(fine, middle, reach), np.where(fine, most, middle)
    return [
        Alternative(name, start + part * step) for name, part, step in zip(ends, reach, steps, strict=True)
    ]


def looks(plan: Programme, point: Array) -> Array:
    """Return what a package looks like: shares of the money by project, its middle in time, uses."""
    here = plan.years >= plan.first
    money = plan.money(point)[:, here]
    total = max(money.sum(), 1e-12)
    span = max(len(plan.years[here]) - 1, 1)
    timing = (money.sum(axis=0) @ np.arange(here.sum())) / total / span
    return np.concatenate([money.sum(axis=1) / total, [timing], plan.uses(point)])


def apart(plan: Programme, best: Array, found: list[Alternative], count: int) -> list[Alternative]:
    """Return up to `count` alternatives, always the one farthest from the best package and from those taken."""
    taken, chosen = [looks(plan, best)], []
    left = list(found)
    while left and len(chosen) < count:
        gaps = [min(np.abs(looks(plan, one.at) - other).sum() for other in taken) for one in left]
        if max(gaps) < LEAST_APART:
            break
        chosen.append(left.pop(int(np.argmax(gaps))))
        taken.append(looks(plan, chosen[-1].at))
    return chosen
