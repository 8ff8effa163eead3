"""What stands in the way of a package: each obstacle eased a little gives its price, taken away in full its weight.

A price is what one more unit of what is scarce would bring, so it tells where the next đồng, assessor or year would do
most. Taken away in full, an obstacle shows whether it alone keeps the level out of reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cpmodel.analysis.programme import Programme, programme
from cpmodel.analysis.programme_runs import (
    NO_CREDIT,
    OWN_CREDIT,
    Bench,
    Measured,
    extract,
    national,
    part_opened,
    spending_of,
)
from cpmodel.inputs.programme_space import ProgrammeSpace
from cpmodel.model import state as s
from cpmodel.model.ensemble import World, run_variant
from cpmodel.model.stepping import make_clock

Array = np.ndarray
Score = Callable[[Measured], float]
QUICK = 2.0  # 1/year: in two years hardly anybody is left
STEPS = 12  # a year: what is taken away in full moves faster than the steps of a search carry


@dataclass(frozen=True)
class Obstacle:
    """eased, gone    change (world, offers) a little, or in full   scarce    (world, nation, outputs, year) → (n,) in `unit`

    step    of `unit` for which a price is told, so that it is a thing one can picture: a point, an office, 100 assessments
    """

    eased: Callable
    gone: Callable
    scarce: Callable
    unit: str
    step: float = 0.01


def _with(world: World, **changes: Array) -> World:
    return replace(world, coefficients=world.coefficients._replace(**changes))


def _discovered(rate: float, forgetting: float):
    def change(world, offers):
        c = world.coefficients
        return _with(
            world, background_discovery=c.background_discovery + rate, forgetting=c.forgetting * forgetting
        ), offers

    return change


def _assessors(times: float):
    return lambda world, offers: (
        _with(world, assessments_per_fte=world.coefficients.assessments_per_fte * times),
        offers,
    )


def _asking(times: float):
    def change(world, offers):
        odds = world.coefficients.assessment_base / (1.0 - world.coefficients.assessment_base) * times
        return _with(world, assessment_base=odds / (1.0 + odds)), offers

    return change


def _staff(attrition: float, training: float):
    def change(world, offers):
        c = world.coefficients
        left, speed = c.office_attrition * attrition, c.office_training_rate * training
        return _with(world, office_attrition=left, office_training_rate=speed), offers

    return change


def _accepted(least: float, times: float):
    def change(world, offers):
        return world, offers._replace(accept=np.clip(offers.accept * times, least, 0.99))

    return change


def _known(times: float, more: float):
    def change(world, offers):
        ceilings = {name: getattr(offers, name) + more for name in ("capacity", "appropriated", "cap")}
        return world, offers._replace(reach=np.minimum(offers.reach * times, 1.0), **ceilings)

    return change


def _last(name: str):
    return lambda world, nation, out, year: nation[name][year]


def _capacity(world, nation, out, year):
    per_expert = world.coefficients.assessments_per_fte[: out.nation.shape[-1]]
    return out.nation[: year + 1, s.PROVIDERS].mean(axis=0) * per_expert


def _supported(world, nation, out, year):
    return out.flows[: year + 1, s.INVESTMENT].mean(axis=0)


def _accepting(world, nation, out, year):
    return nation["adoption_lenient"][year] / nation["assessed"][year]


# In the order in which they stand between an establishment and its first step.
OBSTACLES: Mapping[str, Obstacle] = {
    "awareness": Obstacle(
        _discovered(0.005, 1.0), _discovered(QUICK, 0.0), _last("awareness"), "share of establishments"
    ),
    "demand": Obstacle(_asking(1.1), _asking(500.0), _last("assessed"), "share of establishments"),
    "assessors": Obstacle(_assessors(1.1), _assessors(1e3), _capacity, "assessments/year", 100.0),
    "staff": Obstacle(_staff(0.9, 1.1), _staff(0.0, 1e3), _last("office_capacity"), "offices", 1.0),
    "credit": Obstacle(_known(1.5, 10.0), _known(1e6, 1e12), _supported, "bn VND/year", 10.0),
    "acceptance": Obstacle(_accepted(0.0, 1.05), _accepted(0.95, 1.0), _accepting, "share of the assessed"),
}


def run_changed(
    bench: Bench, plan: Programme, point: Array, design: str, changes
) -> tuple[Measured, dict[str, float]]:
    """Run a package with changes of (world, offers); returns what it brought, and the means of what is scarce."""
    (worlds, offers), spending = bench.designs[design], spending_of(bench, plan, point)
    start, end = bench.world.inputs.scenario.horizon.start, int(bench.world.years[-1])
    year = bench.asked[1] - int(bench.world.years[0])
    moved, found, scarce = {}, {}, {name: [] for name in OBSTACLES}
    for variant, world in worlds.items():
        here = replace(world, spending=spending, clock=make_clock(start, end, world.moments, STEPS))
        terms = part_opened(offers[variant], plan.volume(point))
        for change in changes:
            here, terms = change(here, terms)
        moved[variant] = here
        found[variant] = run_variant(here, terms, variant, None, bench.openings[variant], s.COUNTRY)
        nation = national(here, found[variant])
        for name, one in OBSTACLES.items():
            scarce[name].append(one.scarce(here, nation, found[variant], year).mean())
    return extract(bench, moved, found), {name: float(np.mean(values)) for name, values in scarce.items()}


def obstacle_table(bench: Bench, plan: Programme, point: Array, design: str, score: Score) -> pd.DataFrame:
    """Return obstacle, unit, step, now, price, gain_if_gone, score_if_gone, score_cumulative.

    now    of what is scarce   price    gain of the score for one more step of it
    score_if_gone    with this obstacle alone taken away   score_cumulative    with it and all before it taken away
    """
    if design == NO_CREDIT and OWN_CREDIT in bench.designs:
        design, point = (
            OWN_CREDIT,
            point.copy(),
        )  # closed, it is no credit, and what opening it would bring can be told
        point[plan.names.index("credit volume")] = 0.0
    base, now = run_changed(bench, plan, point, design, [])
    start, gone, rows = score(base), [], []
    for name, one in OBSTACLES.items():
        if name == "credit" and design == NO_CREDIT:
            continue
        eased, then = run_changed(bench, plan, point, design, [one.eased])
        more = then[name] - now[name]
        alone, _ = run_changed(bench, plan, point, design, [one.gone])
        gone = [*gone, one.gone]
        together, _ = run_changed(bench, plan, point, design, gone)
        price = (score(eased) - start) / more * one.step if abs(more) > 1e-12 else 0.0
        rows.append(
            (name, one.unit, one.step, now[name], price, score(alone) - start, score(alone), score(together))
        )
    columns = [
        "obstacle",
        "unit",
        "step",
        "now",
        "price",
        "gain_if_gone",
        "score_if_gone",
        "score_cumulative",
    ]
    return pd.DataFrame(rows, columns=columns)


def window_table(
    bench: Bench,
    plan: Programme,
    point: Array,
    design: str,
    score: Score,
    space: ProgrammeSpace,
    annual_cap: float | None,
) -> pd.DataFrame:
    """Return project, ends, price, gain_if_gone: what a window longer by a year would bring, and one to the run's end.

    The same money is spread over the longer window in the same shape, so only the time differs.
    """
    base, last, rows = score(run_changed(bench, plan, point, design, [])[0]), int(plan.years[-1]), []
    for project, (start, end) in plan.windows.items():
        if end >= last or not any(name.startswith(f"{project} ") for name in plan.names):
            continue
        gains = []
        for later in (end + 1, last):
            longer = programme(bench.world.inputs, plan.years, space, annual_cap, plan.first,
                               {**plan.windows, project: (start, later)})  # fmt: skip
            if len(longer.names) == len(point):
                moved = _same_money(plan, longer, point, project)
                gains.append(score(run_changed(bench, longer, moved, design, [])[0]) - base)
        if len(gains) == 2:
            rows.append((project, end, *gains))
    return pd.DataFrame(rows, columns=["project", "ends", "price", "gain_if_gone"])


def _same_money(plan: Programme, longer: Programme, point: Array, project: str) -> Array:
    """Return the point of a plan with a longer window at which the project costs what it did, in the same shape."""
    mine = [i for i, name in enumerate(longer.names) if name.startswith(f"{project} ")]
    moved = point.copy()
    before, after = plan.unit_costs[mine] @ point[mine], longer.unit_costs[mine] @ point[mine]
    moved[mine] *= before / max(after, 1e-12)
    return moved
