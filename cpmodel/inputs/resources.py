"""Energy use and resource cost of an establishment in 2010, *modelled*, and the emission factors.

Published are industry's energy by carrier (2010), its subsector split (usable from 2016 only), turnover and
employees by division (2010) and enterprises by size band (2010). No table says what an establishment of a
size uses, so (grade J, the reasoning in each function):

    sector   the 2016 split of each carrier, construction left out, applied to the totals of 2010
    size     use and turnover go with employment: equal use per worker within a sector group
    cost     energy at 2010 prices; materials, water as shares of turnover

Whether small establishments use more or less energy per worker than large ones is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.axes import RESOURCES, SIZES
from cpmodel.inputs.datasets import read
from cpmodel.inputs.enterprises import FIT_YEAR, EnterpriseTables, read_enterprises
from cpmodel.units import convert

SPLIT_YEAR = 2016  # the first year whose subsector split is usable
CONSTRUCTION = "14_11_construction"
BIOMASS = ("fuelwood", "other_biomass")  # biogenic CO2 is reported apart, not counted
NOTE = "modelled: 2016 subsector split on 2010 totals, equal use per worker within a sector group"


@dataclass(frozen=True)
class Resources:
    """What an establishment uses and pays in a year, 2010; J sector groups, Z sizes, M resources.

    energy[J, Z, 2]    electricity, fuel [toe/establishment/year]
    cost[J, Z, M]      in the order of `RESOURCES` [bn VND/establishment/year, 2010 prices]
    workers[J, Z]      persons per establishment
    turnover[J, Z]     [bn VND/establishment/year, 2010 prices]
    """

    sectors: tuple[str, ...]
    energy: np.ndarray
    cost: np.ndarray
    workers: np.ndarray
    turnover: np.ndarray
    grade: str = "J"
    note: str = NOTE

    @property
    def bill(self) -> np.ndarray:
        """All resources together, shape (J, Z) [bn VND/establishment/year, 2010 prices]."""
        return self.cost.sum(-1)

    def table(self) -> pd.DataFrame:
        """Return one row per (sector, size, resource): energy, its unit, cost, its unit, grade, note."""
        rows = []
        for (j, z, m), cost in np.ndenumerate(self.cost):
            use = self.energy[j, z, m] if m < 2 else np.nan
            rows.append((self.sectors[j], SIZES[z], RESOURCES[m], use, cost))
        found = pd.DataFrame(rows, columns=["sector", "size", "resource", "energy", "cost"])
        units = {"energy_unit": "toe/establishment/year", "cost_unit": "bn VND/establishment/year"}
        return found.assign(**units, grade=self.grade, note=self.note)


def resources(
    resolution: str = "full", household_workshops: bool = False, root: str | Path | None = None
) -> Resources:
    """Return energy use and resource cost per establishment in 2010, *modelled* (grade J).

    With household workshops the same energy and turnover are spread over their workers too, 2.4 persons each.
    """
    tables = read_enterprises(root)
    group = tables.grouping(resolution)
    counts, workers = tables.sector_by_size().copy(), _workers(tables, root).copy()
    if household_workshops:
        homes, micro = tables.workshops().sum(0), SIZES.index("micro")
        counts[:, micro] += homes
        workers[:, micro] += homes * _workers_of_a_workshop(root)
    turnover, energy = (
        tables.by_year("net_turnover").loc[FIT_YEAR].to_numpy(),
        _energy_by_sector(tables, root),
    )
    counts, workers, turnover, energy = group @ counts, group @ workers, group @ turnover, group @ energy
    per_worker = 1 / workers.sum(1)
    share = workers * per_worker[:, None]  # of the sector's employment, shape (J, Z)
    energy_use = share[..., None] * energy[:, None, :] / counts[..., None]
    sales = share * turnover[:, None] / counts
    return Resources(
        tables.sectors(resolution), energy_use, _cost(energy_use, sales, root), workers / counts, sales
    )


def emission_factors(root: str | Path | None = None) -> pd.DataFrame:
    """Return grid and fuel factors for 2008–2030: year, grid [tCO2/MWh], grid_status, fuel [tCO2/toe],
    fuel_status. Status: published · derived (own weighting) · nearest (none for the year: the nearest one).

    The official grid factor begins in 2014 and follows the CDM grid tool; other concepts are not mixed in.
    The fuel factor weighs IPCC and APERC factors with industry's fuels; biomass counts as zero.
    """
    rows = read("emission_factors", root)
    grid = rows[rows["indicator"] == "grid_emission_factor"].set_index("year")["value"]
    fuel = _fuel_factor(rows, root)
    found = []
    for year in range(2008, 2031):
        near_grid, near_fuel = (
            min(grid.index, key=lambda y: abs(y - year)),
            min(fuel, key=lambda y: abs(y - year)),
        )
        found.append(
            (
                year,
                float(grid[near_grid]),
                "published" if near_grid == year else "nearest",
                fuel[near_fuel],
                "derived" if near_fuel == year else "nearest",
            )
        )
    return pd.DataFrame(found, columns=["year", "grid", "grid_status", "fuel", "fuel_status"])


def _assumptions(root: str | Path | None) -> pd.Series:
    """Return the judged figures of data/background/resource_assumptions.csv by name, central values."""
    return read("resource_assumptions", root).set_index("indicator")["value"]


def _workers(tables: EnterpriseTables, root: str | Path | None) -> np.ndarray:
    """Return persons employed by sector group and size, shape (J, Z): geometric mean of each band times the
    enterprises in it, rescaled so that every division has its published employees."""
    bands = tables.tables["size_bands"].set_index("band")
    mean = np.sqrt(bands["labour_ge"] * bands["labour_le"]).fillna(_assumptions(root)["open_band_mean"])
    persons = tables.counts_by_band().reindex(tables.group.index) * mean
    rows = tables.tables["enterprises_by_sector"]
    rows = rows[rows["indicator"].eq("employees") & rows["year"].eq(FIT_YEAR)].replace(
        {"vsic_code": {"D": "35"}}
    )
    published = rows.set_index("vsic_code")["value"].reindex(persons.index)
    persons = persons.mul(published / persons.sum(axis=1), axis=0)
    by_size = persons.T.groupby(bands["size"]).sum().T[list(SIZES)]
    return by_size.groupby(tables.group).sum().reindex(tables.sectors()).to_numpy(float)


def _workers_of_a_workshop(root: str | Path | None) -> float:
    rows = read("enterprises_national", root)
    rows = rows[rows["sector"].eq("manufacturing") & rows["year"].eq(2005)].set_index("indicator")["value"]
    return float(rows["nonfarm_individual_workers"] / rows["nonfarm_individual_establishments"])


def _energy_by_sector(tables: EnterpriseTables, root: str | Path | None) -> np.ndarray:
    """Return energy of 2010 by sector group, shape (J, 2): electricity, fuel [toe/year].

    A subsector of the balance that holds divisions of several groups is parted by their turnover. The energy
    and water industries (05, 06, 19, 35–39) have no subsector of their own and so get none of the total.
    """
    rows = read("industry_energy", root)
    rows = rows[rows["indicator"] == "final_energy_consumption"]
    use = rows.pivot_table("value", ["year", "subsector"], "fuel", "first")
    use = pd.DataFrame(
        {"electricity": use["electricity"], "fuel": use["all_fuels"] - use["electricity"].fillna(0)}
    )
    split = use.loc[SPLIT_YEAR].drop("14_industry_total").fillna(0.0)
    total = use.loc[(FIT_YEAR, "14_industry_total")]
    shares = (split / split.sum()).drop(CONSTRUCTION)
    by_sector = pd.DataFrame(0.0, index=list(tables.sectors()), columns=["electricity", "fuel"])
    for subsector, divisions in _divisions_by_subsector(tables).items():
        parts = [part for part in subsector.split(";") if part in shares.index]
        for sector, weight in divisions.items():
            by_sector.loc[sector] += shares.loc[parts].sum() * weight
    return by_sector.to_numpy() * convert(total.to_numpy(float), "PJ", "toe")


def _divisions_by_subsector(tables: EnterpriseTables) -> dict[str, pd.Series]:
    """Return subsector of the energy balance → sector group → weight by turnover of 2010, summing to one."""
    rows = tables.tables["enterprises_by_sector"]
    rows = rows[rows["indicator"].eq("net_turnover") & rows["year"].eq(FIT_YEAR)]
    turnover = rows.set_index("vsic_code")["value"]
    divisions = tables.tables["sectors"]
    divisions = divisions[divisions["energy_balance_subsector"].str.startswith("14_")]
    weighed = divisions.assign(turnover=divisions["vsic_code"].map(turnover))
    sums = weighed.groupby(["energy_balance_subsector", "sector"])["turnover"].sum()
    return {name: part.droplevel(0) / part.sum() for name, part in sums.groupby(level=0)}


def _cost(energy: np.ndarray, turnover: np.ndarray, root: str | Path | None) -> np.ndarray:
    """Return cost by resource, shape (J, Z, M) [bn VND/establishment/year]: energy at 2010 prices, materials
    the bought inputs less energy and services, water a small share of turnover."""
    electricity, fuel = energy_prices(root)
    judged = _assumptions(root)
    cost = np.empty((*turnover.shape, len(RESOURCES)))
    cost[..., 0] = energy[..., 0] * electricity / 1000
    cost[..., 1] = energy[..., 1] * fuel / 1000
    bought = turnover * (1 - _value_added_share(root))
    cost[..., 2] = np.maximum(0.0, bought * judged["materials_share_of_inputs"] - cost[..., 0] - cost[..., 1])
    cost[..., 3] = turnover * judged["water_share_of_turnover"]
    return cost


def energy_prices(root: str | Path | None = None) -> tuple[float, float]:
    """Return the price of electricity and of industry's fuel mix in 2010 [m VND/toe].

    Electricity: 948.5 VND/kWh of 2009 raised by the published 6.8 % on 1 March 2010 (ten months of twelve).
    Fuel: coal at the middle of the published range, oil products at the diesel price, gas and biomass judged.
    """
    prices = read("energy_prices", root).drop_duplicates(["indicator", "year"], keep="last")
    at = prices.set_index(["indicator", "year"])["value"]
    power = at["average_retail_electricity_price", 2009]
    power *= 1 + at["average_retail_electricity_price_change", 2010] / 100 * 10 / 12
    coal = (at["domestic_coal_price_min", 2010] + at["domestic_coal_price_max", 2010]) / 2
    macro = read("macro", root).set_index(["indicator", "year"])["value"]
    diesel = at["diesel_pump_price", 2010] * macro["exchange_rate_average", 2010]
    judged, gj = _assumptions(root), convert(1.0, "toe", "TJ") * 1000
    price = {"coal": coal / judged["heat_of_coal"] * gj / 1e6}
    price |= {"oil": diesel / judged["heat_of_diesel"] * gj / 1e6}
    price |= {"gas": judged["gas_price_2010"], "biomass": judged["biomass_price_2010"]}
    mix = _fuel_mix(root)[FIT_YEAR]
    kinds = {"thermal_coal": "coal", "natural_gas": "gas"} | dict.fromkeys(BIOMASS, "biomass")
    fuel = sum(pj * price[kinds.get(name, "oil")] for name, pj in mix.items()) / sum(mix.values())
    return float(convert(power, "VND/kWh", "m VND/toe")), float(fuel)


def _value_added_share(root: str | Path | None) -> float:
    """Return value added over gross output in manufacturing, 2010 (both at current prices)."""
    macro = read("macro", root).set_index(["indicator", "year"])["value"]
    rows = read("enterprises_by_sector", root).set_index(["indicator", "vsic_code", "year"])["value"]
    return float(
        macro["manufacturing_value_added_current", FIT_YEAR] / rows["industrial_gross_output", "C", FIT_YEAR]
    )


def _fuel_mix(root: str | Path | None) -> dict[int, dict[str, float]]:
    """Return year → fuel → PJ of all industry, electricity left out."""
    rows = read("industry_energy", root)
    rows = rows[rows["subsector"].eq("14_industry_total") & ~rows["fuel"].isin(["electricity", "all_fuels"])]
    return {
        int(year): dict(zip(part["fuel"], part["value"], strict=True)) for year, part in rows.groupby("year")
    }


def _fuel_factor(factors: pd.DataFrame, root: str | Path | None) -> dict[int, float]:
    """Return year → tCO2 per toe of industry's fuels; gasoline, kerosene … by name, coal by APERC's code."""
    names = {
        "thermal_coal": "01_x_thermal_coal",
        "fuel_oil": "residual_fuel_oil",
        "kerosene": "other_kerosene",
    }
    rows = factors[factors["indicator"] == "fuel_co2_emission_factor"].set_index("item")["value"]
    found = {}
    for year, mix in _fuel_mix(root).items():
        carbon = sum(pj * rows[names.get(fuel, fuel)] for fuel, pj in mix.items() if fuel not in BIOMASS)
        found[year] = float(convert(carbon / sum(mix.values()), "tCO2/TJ", "tCO2/toe"))
    return found
