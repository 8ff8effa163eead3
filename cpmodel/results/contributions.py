"""What each component project adds: the scenario against the same scenario without that project's money.

Paired draw by draw on the same worlds. The effects are of leaving one project out; projects reinforce one another,
so their effects overlap and do not sum to the whole. Computed at explorer resolution (the country as one region), whose
national outcomes differ from the full resolution's by rounding of who sees whom.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cpmodel.axes import ALL, COMPONENT_PROJECTS, NATION, SIZES
from cpmodel.inputs.load import Inputs, at_resolution
from cpmodel.inputs.scenario import FundingSources, Scenario
from cpmodel.model import engine, levers
from cpmodel.model import state as s
from cpmodel.model.batches import of_draws
from cpmodel.model.ensemble import World, opening_of, worlds_of
from cpmodel.results.outcomes import (
    COLUMNS,
    POOLED,
    STATISTICS,
    country_values,
    group_outcomes,
    statistics,
)

BY_SIZE = ("awareness", "adoption_strict")
OUTCOMES = ("awareness", "adoption_lenient", "adoption_strict", "office_capacity", "provider_capacity")


def without_project(scenario: Scenario, project: str) -> Scenario:
    """Return the scenario with no money for one component project."""
    budgets = scenario.budgets.model_copy(update={project: FundingSources()})
    return scenario.model_copy(update={"budgets": budgets})


def contribution_rows(inputs: Inputs, offers: dict[str, s.Offers]) -> pd.DataFrame:
    """Return rows of the long table: outcome `effect_<project>_on_<outcome>`, the paired gain of having the project.

    offers    the acceptance tables of the scenario's run by variant; a project's money moves none of them, and gains
    are those of the draws that they hold
    """
    scenario, worlds = inputs.scenario, worlds_of(at_resolution(inputs, "explorer"))
    world = next(iter(worlds.values()))
    years = [y for y in (2015, 2020, 2025, 2030) if y in world.years]
    rows = []
    for project in COMPONENT_PROJECTS:
        if not any(row[0] == project for row in scenario.budgets.rows()):
            continue
        gains = {
            v: _gain(of_draws(worlds[v], offers[v].repayment.shape[-1]), project, offers[v])
            for v in scenario.variants
        }
        if len(gains) > 1:
            told = next(iter(gains.values()))
            gains[POOLED] = {o: np.concatenate([g[o] for g in gains.values()], axis=-1) for o in told}
        for variant, gain in gains.items():
            for (outcome, size), values in gain.items():
                stats = statistics(values)
                rows += [
                    (scenario.name, variant, NATION, ALL, size, f"effect_{project}_on_{outcome}", _unit(outcome), year,
                     name, float(stats[i, year - int(world.years[0])]))
                    for i, name in enumerate(STATISTICS) for year in years
                ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _unit(outcome: str) -> str:
    return {"office_capacity": "offices", "provider_capacity": "FTE"}.get(outcome, "share of establishments")


def _gain(world: World, project: str, tables: s.Offers) -> dict[tuple[str, str], np.ndarray]:
    """Return (outcome, size) → gain of having the project, shape (Y, n); `BY_SIZE` for each size, all for the nation."""
    scenario = world.inputs.scenario
    less = levers.spending(without_project(scenario, project), world.prices, world.years)
    less = less._replace(support_open=world.spending.support_open)
    with_it = _national(world, world.spending, tables)
    without = _national(world, less, tables)
    return {name: with_it[name] - without[name] for name in with_it}


def _national(world: World, spending: s.Spending, tables: s.Offers) -> dict[tuple[str, str], np.ndarray]:
    cells = world.inputs.cells
    eligible = np.array([levers.eligible_cells(world.instruments, m, cells) for m in world.moments])
    offers = tables._replace(eligible=eligible, resource_bill=world.inputs.resources.bill)
    out = engine.run(world.layout, world.clock, spending, offers, world.drivers, world.coefficients,
                     opening_of(world), len(world.years))  # fmt: skip
    out = s.Outputs(*(values[..., : world.inputs.scenario.draws] for values in out))
    found = dict(country_values(world, out))
    groups = {name: values for name, _, values in group_outcomes(world, out) if name in BY_SIZE}
    sizes = {
        (name, size): groups[name][:, z - len(SIZES)] for name in BY_SIZE for z, size in enumerate(SIZES)
    }
    return {(name, ALL): found[name] for name in OUTCOMES} | sizes
