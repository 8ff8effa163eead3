"""The long table of results: one row per scenario, variant, region, sector, size, outcome, year and statistic.

Everything a brief prints is a cell of this table. Statistics are over draws; `both` pools the structural variants
with equal weight and is the headline. A stock is that of 31 December, a flow that of the year.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat

import numpy as np
import pandas as pd

from cpmodel.axes import ALL, COMPONENT_PROJECTS, NATION, RUNGS, SIZES
from cpmodel.model import state as s
from cpmodel.model.batches import release
from cpmodel.model.ensemble import World
from cpmodel.units import convert

COLUMNS = ["scenario", "variant", "region", "sector", "size", "outcome", "unit", "year", "statistic", "value"]
QUANTILES = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}
STATISTICS = ("mean", *QUANTILES)
POOLED = "both"
INFORMED, PRIOR_DRIVEN = "informed", "prior-driven"  # whether a calibration narrowed a result
SHARE = "share of establishments"
PER_UNIT = "share of use per unit of product"
HEADLINES = {
    "awareness": SHARE, "adoption_strict": SHARE, "adoption_lenient": SHARE, "specific_saving": PER_UNIT,
    "office_capacity": "offices", "dedicated_units": "share of medium and large establishments",
}  # fmt: skip

NATIONAL_FLOWS = {
    "assessments": (s.ASSESSMENTS, "assessments/year"),
    "supported_assessments": (s.SUPPORTED, "assessments/year"),
    "scheme_applications": (s.APPLICATIONS, "projects/year"),
    "scheme_projects": (s.PROJECTS, "projects/year"),
    "scheme_investment": (s.INVESTMENT, "bn VND/year"),
    "scheme_lending": (s.LENDING, "bn VND/year"),
    "scheme_grants": (s.GRANTS, "bn VND/year"),
    "scheme_subsidy": (s.SUBSIDY, "bn VND/year"),
    "scheme_claims": (s.CLAIMS, "bn VND/year"),
    "subsidy_equivalent": (s.EQUIVALENT, "bn VND/year"),
}
NATIONAL_STOCKS = {
    "database_content": (s.DATABASE, "share"),
    "demonstrations": (s.DEMONSTRATIONS, "models"),
    "provider_capacity": (s.PROVIDERS, "FTE"),
    "finance_readiness": (s.READINESS, "share"),
    "fund_balance": (s.FUND, "bn VND"),
    "loans_outstanding": (s.LOANS, "bn VND"),
    "guarantees_outstanding": (s.GUARANTEED, "bn VND"),
    "scheme_commitments": (s.COMMITTED, "bn VND"),  # present value when credit opens, claims as expected
}
GROUP_SHARES = {
    "awareness": 1,
    "assessed": 2,
    "adoption_lenient": 3,
    "adoption_strict": 4,
    **{f"rung_{rung}": 5 + k for k, rung in enumerate(RUNGS)},
}
SAVINGS = {"electricity": 10, "fuel": 11, "materials": 12, "water": 13}


def group_names(world: World) -> list[tuple[str, str, str]]:
    """Return (region, sector, size) of every group of `Outputs.groups`, in its order."""
    cells = world.inputs.cells
    regions = [(region, ALL, ALL) for region in cells.regions] if len(cells.regions) > 1 else [None]
    return [
        (NATION, ALL, ALL),
        *regions,
        *((NATION, sector, ALL) for sector in cells.sectors),
        *((NATION, ALL, size) for size in SIZES),
    ]


def group_outcomes(world: World, out: s.Outputs) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield (outcome, unit, values (Y, groups, n)) that exist for every group, one at a time: each is large."""
    sums = out.groups

    def of(i: int) -> np.ndarray:
        return sums[:, :, i].astype(float)

    yield "establishments", "establishments", of(0)
    for name, i in GROUP_SHARES.items():
        yield name, SHARE, of(i) / np.maximum(of(0), 1e-300)
    weights = world.parameters["resource_cost_share"][:, : sums.shape[-1]]
    weights, adopters = weights / weights.sum(axis=0), np.maximum(of(3), 1e-300)
    yield (
        "specific_saving",
        PER_UNIT,
        sum(w * (of(i) / adopters) for w, i in zip(weights, SAVINGS.values(), strict=True)),
    )
    for name, i in SAVINGS.items():
        yield f"specific_saving_{name}", PER_UNIT, of(i) / adopters


def national_outcomes(world: World, out: s.Outputs) -> Iterator[tuple[str, str, str, np.ndarray]]:
    """Yield (outcome, unit, size, values (Y, n)) that exist for the country only."""
    sums = out.groups[:, 0].astype(float)
    offices = out.offices.mean(axis=1) * world.layout.offices
    yield "office_capacity", "offices", ALL, offices
    units = sums[:, 9] / np.maximum(sums[:, 8], 1e-300)
    yield "dedicated_units", "share of medium and large establishments", ALL, units
    for name, (i, unit) in NATIONAL_STOCKS.items():
        yield name, unit, ALL, out.nation[:, i]
    for name, (i, unit) in NATIONAL_FLOWS.items():
        yield name, unit, ALL, out.flows[:, i]
    yield "scheme_queue", "establishments", ALL, out.queue
    yield "assessment_pressure", "ratio", ALL, out.pressure
    for z, size in enumerate(SIZES):
        for k, rung in enumerate(RUNGS):
            for i, terms in enumerate(("market", "scheme")):
                yield f"acceptance_{rung}_{terms}", SHARE, size, out.acceptance[:, i, z, k]
        yield "scheme_reach", SHARE, size, _reach(world, out, z)
    yield from _absolute(world, sums)
    yield from _spending(world, sums.shape[-1])


def _reach(world: World, out: s.Outputs, z: int) -> np.ndarray:
    """Share of a size that knows the support, does not shun it, and finds it ready, shape (Y, n); 0 with none open."""
    p, draws = world.parameters, out.nation.shape[-1]
    known = (p["scheme_awareness"][z] * (1.0 - p["inspection_fear"]))[:draws]
    open_ = [
        any(one.takes(SIZES[z]) and one.holds(float(year)) for one in world.instruments)
        for year in world.years
    ]
    return known * out.nation[:, s.READINESS] * np.array(open_, float)[:, None]


def _absolute(world: World, sums: np.ndarray) -> Iterator[tuple[str, str, str, np.ndarray]]:
    """Energy and emissions saved in the year, after rebound, against the same output without cleaner production."""
    kept = 1.0 - world.parameters["rebound"][: sums.shape[-1]]
    electricity, fuel = sums[:, 14] * kept, sums[:, 15] * kept
    yield "energy_saved", "ktoe/year", ALL, (electricity + fuel) / 1000
    factors = world.inputs.emissions.set_index("year").reindex(world.years)
    grid = factors["grid"].to_numpy()[:, None] * convert(1.0, "toe", "MWh")
    yield (
        "emissions_avoided",
        "ktCO2/year",
        ALL,
        (electricity * grid + fuel * factors["fuel"].to_numpy()[:, None]) / 1000,
    )


def _spending(world: World, draws: int) -> Iterator[tuple[str, str, str, np.ndarray]]:
    """Money of the scenario by component project, all sources, at its own price year; the same in every draw."""
    money = world.inputs.scenario.budget_array(list(map(int, world.years))).sum(axis=1)
    for project, amounts in zip(COMPONENT_PROJECTS, money, strict=True):
        yield f"spend_{project}", "bn VND/year", ALL, np.repeat(amounts[:, None], draws, axis=1)
    yield "spend_total", "bn VND/year", ALL, np.repeat(money.sum(axis=0)[:, None], draws, axis=1)


def statistics(values: np.ndarray) -> np.ndarray:
    """Return `STATISTICS` of values over the last axis, shape (len(STATISTICS), ...).

    Quantiles are Hyndman & Fan (1996) type 7. Values are sorted in single precision: the bands move by less than 1e-7
    of the value.
    """
    ordered = np.sort(
        values.astype(np.float32), axis=-1
    )  # sorting whole rows is faster than picking seven places
    place = np.array(list(QUANTILES.values())) * (values.shape[-1] - 1)
    below = np.minimum(place.astype(int), max(values.shape[-1] - 2, 0))
    low = ordered[..., below].astype(float)
    high = ordered[..., np.minimum(below + 1, values.shape[-1] - 1)].astype(float)
    quantiles = np.moveaxis(low + (place - below) * (high - low), -1, 0)
    return np.concatenate([values.mean(axis=-1)[None], quantiles])


class Gathered:
    """Statistics of outcomes by variant and their pool, gathered year by year, so that no more than a year is held."""

    def __init__(self) -> None:
        self.units: dict[str, str] = {}
        self.found: dict[tuple[str, str], list[np.ndarray]] = {}

    def add(self, outcome: str, unit: str, parts: Mapping[str, np.ndarray]) -> None:
        """Add the values of some years, (years, groups, n) by variant."""
        self.units[outcome] = unit
        if len(parts) > 1:
            parts = {**parts, POOLED: np.concatenate(list(parts.values()), axis=-1)}
        for variant, values in parts.items():
            self.found.setdefault((outcome, variant), []).append(statistics(values))

    def __iter__(self) -> Iterator[tuple[str, str, str, np.ndarray]]:
        """Yield (outcome, unit, variant, statistics (len(STATISTICS), years, groups))."""
        for (outcome, variant), stats in self.found.items():
            yield outcome, self.units[outcome], variant, np.concatenate(stats, axis=1)


def in_year(out: s.Outputs, y: int, groups: slice = slice(None)) -> s.Outputs:
    """Return outputs with the sums over groups of year `y` alone."""
    return out._replace(groups=out.groups[y : y + 1, groups])


def long_table(worlds: dict[str, World], found: dict[str, s.Outputs]) -> pd.DataFrame:
    """Return the long table of all variants and their pool; every group, outcome and year, without targets."""
    world = next(iter(worlds.values()))  # cells, years and scenario are the same in all
    names = group_names(world)
    keep = [g for g, name in enumerate(names) if name is not None]
    gathered = Gathered()
    for y in range(len(world.years)):
        each = (group_outcomes(worlds[v], in_year(out, y)) for v, out in found.items())
        for same in zip(*each, strict=True):
            parts = {v: values[:, keep] for v, (_, _, values) in zip(found, same, strict=True)}
            gathered.add(*same[0][:2], parts)
        for out in found.values():
            release(out)
    kept = [names[g] for g in keep]
    parts = [(variant, outcome, unit, kept, stats) for outcome, unit, variant, stats in gathered]
    for same in zip(*(national_outcomes(worlds[v], out) for v, out in found.items()), strict=True):
        outcome, unit, size, _ = same[0]
        gathered = Gathered()
        gathered.add(outcome, unit, {v: one[3][:, None] for v, one in zip(found, same, strict=True)})
        parts += [(variant, outcome, unit, [(NATION, ALL, size)], stats) for *_, variant, stats in gathered]
    for out in found.values():
        release(out)
    return _table(world, parts)


def _table(world: World, parts: list[tuple[str, str, str, list, np.ndarray]]) -> pd.DataFrame:
    """Return the rows of parts: variant, outcome, unit, places, and statistics of shape (statistics, Y, places).

    Each column is made at once: names once, and their numbers by row.
    """
    variants, outcomes, units, places, stats = zip(*parts, strict=True)
    order = np.arange(len(STATISTICS), dtype=np.int32)[:, None, None]

    def column(values: Iterable[np.ndarray]) -> np.ndarray:
        return np.concatenate(
            [np.broadcast_to(v, one.shape).ravel() for v, one in zip(values, stats, strict=False)]
        )

    def named(names: Iterable[Sequence[str]]) -> pd.api.extensions.ExtensionArray:
        names = list(names)
        number = {name: i for i, name in enumerate(dict.fromkeys(chain.from_iterable(names)))}
        return taken(list(number), column(np.array([number[one] for one in own], np.int32) for own in names))

    def taken(names: list[str], codes: np.ndarray) -> pd.api.extensions.ExtensionArray:
        return pd.Series(names).array.take(codes)

    columns = [
        named(repeat([world.inputs.scenario.name], len(parts))), named([one] for one in variants),
        *(named([place[i] for place in own] for own in places) for i in range(3)),
        named([one] for one in outcomes), named([one] for one in units),
        column(repeat(world.years[:, None])), taken(list(STATISTICS), column(repeat(order))),
        np.concatenate([one.ravel() for one in stats]),
    ]  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), copy=False)


def country_values(world: World, out: s.Outputs) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (outcome, values (Y, n)) of the whole country, one at a time."""
    country = out._replace(groups=out.groups[:, :1])
    yield from ((name, values[:, 0]) for name, _, values in group_outcomes(world, country))
    yield from ((name, values) for name, _, size, values in national_outcomes(world, out) if size == ALL)


def national_draws(worlds: dict[str, World], found: dict[str, s.Outputs]) -> pd.DataFrame:
    """Return the headline outcomes of the country draw by draw: variant, draw, year and one column per outcome."""
    first = next(iter(found))
    years, draws = worlds[first].years, found[first].queue.shape[-1]
    each = len(years) * draws
    columns: dict[str, np.ndarray] = {}
    for i, (variant, out) in enumerate(found.items()):
        for name, values in country_values(
            worlds[variant], out
        ):  # into its place at once: a copy is a tenth of a GiB
            columns.setdefault(name, np.empty(len(found) * each))[i * each : (i + 1) * each] = values.ravel()
        release(out)
    keys = {
        "variant": np.repeat(np.array(list(found), object), each),
        "draw": np.tile(np.arange(draws), len(years) * len(found)),
        "year": np.tile(np.repeat(years, draws), len(found)),
    }
    return pd.DataFrame(keys | columns, copy=False)


IAMC_COLUMNS = ["model", "scenario", "region", "variable", "unit", "year", "value"]


def iamc(table: pd.DataFrame, model: str = "cpmodel") -> pd.DataFrame:
    """Return the long table in the IAMC form: model, scenario, region, variable, unit, year, value.

    A variable reads outcome|sector|size|variant|statistic, leaving out what is `all`.
    """
    region = table["region"].where(table["region"] != NATION, "Viet Nam")
    region = region.where(table["region"] == NATION, "Viet Nam|" + table["region"])
    variable = table["outcome"]
    for column in ("sector", "size"):
        variable = variable.where(table[column] == ALL, variable + "|" + table[column])
    variable = variable + "|" + table["variant"] + "|" + table["statistic"]
    found = table.assign(model=model, region=region, variable=variable)[IAMC_COLUMNS]
    return found.sort_values(IAMC_COLUMNS[:-1], ignore_index=True)
