"""Where the spread of a result comes from: parameters, data, and the structure of the model, each by itself.

    parameters   the 80 % range when only what was elicited or fitted is uncertain, data at their middle
    data         the 80 % range when only what a better count would settle is uncertain: the opening stocks, establishments,
                 cost shares, exits, and drivers where nothing is published or forecasts stand in; parameters at their middle
    structure    how far the medians of H1 and H2 lie apart, which no data on adoption can settle

"Middle" is the median of each input, under the prior or under the draws of a calibration. The ranges do not add up:
spreads combine like squares, and inputs reinforce one another. Computed at explorer resolution.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cpmodel.axes import ALL, NATION, VARIANTS
from cpmodel.inputs.load import Inputs, at_resolution
from cpmodel.model.ensemble import World, at_uniforms, make_offers, make_world, run_variant, uniforms_of
from cpmodel.model.surroundings import driver_streams
from cpmodel.outlook.draws import uniforms
from cpmodel.results.outcomes import (
    COLUMNS,
    HEADLINES,
    INFORMED,
    POOLED,
    PRIOR_DRIVEN,
    STATISTICS,
    national_draws,
    statistics,
)

SOURCES = ("parameters", "data")
COUNTED = (
    "opening_",
    "derived_growth_error",
    "exit_rate",
    "resource_cost_share",
)  # names of what is counted, not judged
DRAWS = 256  # of each variant and source: a range of 80 % repeats to within a twentieth of itself
YEARS = (2015, 2020, 2025, 2030)


def is_data(stream: str) -> bool:
    """Return whether an uncertain input is a matter of counting: a stock, a rate or a series that a count would settle."""
    return stream.startswith((*COUNTED, "driver."))


def uncertainty_rows(inputs: Inputs) -> pd.DataFrame:
    """Return rows of the long table, bands by variant and pooled: `only_parameters_<outcome>`, `only_data_<outcome>`."""
    coarse = at_resolution(inputs, "explorer")
    scenario = coarse.scenario.model_copy(update={"draws": min(DRAWS, coarse.scenario.draws)})
    world = make_world(replace(coarse, scenario=scenario))
    rows = []
    for source in SOURCES:
        worlds = {v: _only(world, v, source) for v in scenario.variants}
        found = {v: run_variant(one, make_offers(one, v), v) for v, one in worlds.items()}
        draws = national_draws(worlds, found)
        draws = draws[draws["year"].isin(YEARS)]
        for variant, part in [*draws.groupby("variant"), *([(POOLED, draws)] if len(found) > 1 else [])]:
            for year, here in part.groupby("year"):
                rows += _bands(scenario.name, variant, source, int(year), here)
    return pd.DataFrame(rows, columns=COLUMNS)


def _only(world: World, variant: str, source: str) -> World:
    """Return the world in which only one source of uncertainty is left; all else at its median."""
    own = uniforms_of(world.inputs, variant, world.draws)
    seed = world.inputs.scenario.seed
    drivers = driver_streams(world.inputs, world.years, world.laws)
    own |= {name: uniforms(seed, name, world.draws) for name in drivers if name not in own}
    held = {
        name: values if is_data(name) == (source == "data") else np.full(world.draws, np.median(values))
        for name, values in own.items()
    }
    return at_uniforms(world, held)


def _bands(scenario: str, variant: str, source: str, year: int, draws: pd.DataFrame) -> list[tuple]:
    return [
        (scenario, variant, NATION, ALL, ALL, f"only_{source}_{outcome}", unit, year, name, float(value))
        for outcome, unit in HEADLINES.items()
        for name, value in zip(STATISTICS, statistics(draws[outcome].to_numpy(float)), strict=True)
    ]


def apart(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a headline and year of a long table: where its spread comes from.

    Columns: outcome, unit, year, p10, p50, p90 (all sources), parameters_low, parameters_high, data_low, data_high,
    h1, h2 (medians of the variants; NaN where one was not run), evidence (`prior-driven`, or `informed` where a
    calibration narrowed it)
    """
    nation = table[(table["region"] == NATION) & (table["sector"] == ALL) & (table["size"] == ALL)]
    variants = set(nation["variant"])
    whole = POOLED if POOLED in variants else next(iter(variants))
    cell = nation.set_index(["variant", "outcome", "year", "statistic"])["value"]
    rows = []
    for outcome, unit in HEADLINES.items():
        for year in YEARS:
            if (whole, f"only_data_{outcome}", year, "p50") not in cell.index:
                continue
            band = [cell[whole, outcome, year, q] for q in ("p10", "p50", "p90")]
            parts = [cell[whole, f"only_{s}_{outcome}", year, q] for s in SOURCES for q in ("p10", "p90")]
            medians = [cell.get((v, outcome, year, "p50"), np.nan) for v in VARIANTS]
            informed = cell.get((whole, f"informed_{outcome}", year, "value"), 0.0)
            rows.append(
                (outcome, unit, year, *band, *parts, *medians, INFORMED if informed else PRIOR_DRIVEN)
            )
    columns = ["outcome", "unit", "year", "p10", "p50", "p90", "parameters_low", "parameters_high", "data_low",
               "data_high", "h1", "h2", "evidence"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def informed_rows(inputs: Inputs) -> pd.DataFrame:
    """Return rows of the long table: `informed_<outcome>`, 1 where a calibration narrowed it, 0 where the prior decides."""
    learned = inputs.posterior.informed if inputs.posterior else ()
    first, last = int(inputs.scenario.horizon.start), inputs.scenario.horizon.end
    rows = [
        (inputs.scenario.name, variant, NATION, ALL, ALL, f"informed_{outcome}", "share", year, "value",
         float(f"{outcome} {year}" in learned))
        for variant in (*inputs.scenario.variants, *([POOLED] if len(inputs.scenario.variants) > 1 else []))
        for outcome in HEADLINES
        for year in YEARS if first <= year <= last
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
