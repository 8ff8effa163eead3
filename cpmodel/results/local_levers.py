"""What a province can do itself: the scenario with twice the money of one local activity, in the same draws.

Three activities are in the hands of a province: outreach to its establishments, training of its office of Industry and
Trade, help with the fees of assessments. The model spends money evenly over establishments (offices: evenly over
offices), so a lever is pulled in every province at once; what spreads over borders is then part of the gain, and the
queue for assessors is that of a country in which all ask for more. A few of the run's draws are enough for paired gains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from cpmodel.axes import ALL, COMPONENT_PROJECTS, NATION, SIZES
from cpmodel.inputs.geography import units_of_2025
from cpmodel.model import engine
from cpmodel.model import state as s
from cpmodel.model.batches import of_draws, offers_of_draws, release
from cpmodel.model.ensemble import OFFICES, World, opening_of
from cpmodel.results.outcomes import COLUMNS, POOLED, STATISTICS, statistics
from cpmodel.results.provinces import group_share, with_units, years_of_targets

DRAWS = 64
OUTCOMES = ("awareness", "adoption_strict")
LEVERS = {  # lever → what the engine spends on it, the component project that pays, its part of that project
    "outreach": ("outreach", "awareness", "outreach"),
    "office_training": ("office_training", "awareness", "office_training"),
    "assessment_support": ("assessment_support", "technical_support", None),
}


def lever_rows(
    worlds: Mapping[str, World],
    offers: Mapping[str, s.Offers],
    found: Mapping[str, s.Outputs],
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Return rows of the long table: `lever_<lever>_on_<outcome>` [share of establishments], the gain of a group.

    Groups are the nation, provinces, units of 2025, sectors and sizes, in the years of the targets;
    `lever_<lever>_money` [bn VND, price year of the budgets] is what doubling costs over the whole run, mean of the
    draws. Empty at explorer resolution, and for a lever on which the scenario spends nothing.
    """
    world = next(iter(worlds.values()))
    years = years_of_targets(world)
    if len(world.inputs.cells.regions) == 1 or not years:
        return pd.DataFrame(columns=COLUMNS)
    units, frames = units_of_2025(world.inputs.cells.regions), []
    for lever, (use, *_) in LEVERS.items():
        money = money_of(world, lever)
        if money <= 0:
            continue
        if progress:
            progress(lever)
        gains = {v: _gain(worlds[v], offers[v], found[v], use, years, units) for v in worlds}
        if len(gains) > 1:
            gains[POOLED] = {o: np.concatenate([g[o] for g in gains.values()], axis=-1) for o in OUTCOMES}
        frames += [
            _frame(world, v, lever, o, x, years, units) for v, gain in gains.items() for o, x in gain.items()
        ]
        frames.append(_money_frame(world, lever, money, list(gains), units))
    return pd.concat(frames, ignore_index=True)[COLUMNS] if frames else pd.DataFrame(columns=COLUMNS)


def money_of(world: World, lever: str) -> float:
    """Return what the scenario spends on a lever over the whole run [bn VND at the price year of its budgets]."""
    _, project, part = LEVERS[lever]
    scenario = world.inputs.scenario
    money = scenario.budget_array(list(map(int, world.years)))[COMPONENT_PROJECTS.index(project)].sum()
    return float(money * (getattr(scenario.activity_shares, part) if part else 1.0))


def _gain(world: World, offers: s.Offers, found: s.Outputs, use: str, years: list[int], units):
    """Return outcome → gain (years, groups, draws) of twice the money for `use`."""
    few = of_draws(world, DRAWS)
    more = few.spending._replace(**{use: 2.0 * getattr(few.spending, use)})
    out = engine.run(
        few.layout, few.clock, more, offers_of_draws(offers, few.draws), few.drivers, few.coefficients, opening_of(few),
        len(few.years),
    )  # fmt: skip
    n = min(few.draws, found.groups.shape[-1])
    more, less = (with_units(x.groups[..., :n][years].astype(float), units) for x in (out, found))
    release(found)
    return {o: group_share(more, o) - group_share(less, o) for o in OUTCOMES}


def _groups(world: World, units) -> list[tuple[str, str, str]]:
    cells = world.inputs.cells
    names = [(NATION, ALL, ALL), *((region, ALL, ALL) for region in cells.regions)]
    names += [*((NATION, sector, ALL) for sector in cells.sectors), *((NATION, ALL, size) for size in SIZES)]
    return names + [(unit, ALL, ALL) for unit in units]


def _frame(world: World, variant: str, lever: str, outcome: str, gain: np.ndarray, years: list[int], units):
    groups = _groups(world, units)
    index = pd.MultiIndex.from_product([STATISTICS, world.years[years], range(len(groups))])
    places = pd.DataFrame(groups, columns=["region", "sector", "size"]).iloc[index.get_level_values(2)]
    return places.reset_index(drop=True).assign(
        scenario=world.inputs.scenario.name, variant=variant, outcome=f"lever_{lever}_on_{outcome}",
        unit="share of establishments", year=index.get_level_values(1),
        statistic=index.get_level_values(0), value=statistics(gain).ravel(),
    )  # fmt: skip


def _money_frame(world: World, lever: str, money: float, variants: list[str], units) -> pd.DataFrame:
    """Return what doubling a lever costs: by place in proportion to its establishments, or to its offices."""
    cells = world.inputs.cells
    counts = np.bincount(cells.region, cells.establishments, len(cells.regions))
    parts = counts / counts.sum() if lever != "office_training" else np.full(len(counts), 1.0 / OFFICES)
    named = {NATION: 1.0, **dict(zip(cells.regions, parts, strict=True))}
    named |= {name: parts[list(members)].sum() for name, members in units.items()}
    rows = [
        (world.inputs.scenario.name, variant, region, ALL, ALL, f"lever_{lever}_money", "bn VND",
         int(world.years[-1]), "mean", money * part)
        for variant in variants for region, part in named.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
