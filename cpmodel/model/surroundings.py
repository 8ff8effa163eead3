"""What surrounds a run, from published series: prices, growth of establishments, industrial output, tax rates."""

from __future__ import annotations

import datetime

import numpy as np

from cpmodel.inputs.load import Inputs, start_of_counts
from cpmodel.model import state as s
from cpmodel.outlook.draws import Stream
from cpmodel.outlook.drivers import Law, growth_paths, law, price_level

PRICE_BASE = 2010


def extended_prices(inputs: Inputs, years: np.ndarray):
    """Return consumer prices by year, 2010 = 1; years after the last published repeat its inflation."""
    inflation = inputs.macro["inflation"].copy()
    for year in range(int(inflation.index.max()) + 1, int(years[-1]) + 1):
        inflation.loc[year] = inflation.loc[year - 1]
    return price_level(inflation, PRICE_BASE)


def laws_of(inputs: Inputs, years: np.ndarray) -> dict[str, Law]:
    """Return how output [bn VND of 2010], lending rate [1/year] and real electricity price are drawn over the years."""
    real = (inputs.macro["electricity"] / extended_prices(inputs, years)).dropna()
    real.attrs = dict(inputs.macro["electricity"].attrs)  # how it is forecast, which a division drops
    return {
        "output": law("output", inputs.macro["output"], years, "bn VND of 2010"),
        "lending_rate": law("lending_rate", inputs.macro["lending_rate"], years, "1/year"),
        "electricity": law("electricity", real, np.union1d(years, [PRICE_BASE]), "VND of 2010/kWh"),
    }


def driver_streams(inputs: Inputs, years: np.ndarray, laws: dict[str, Law]) -> tuple[str, ...]:
    """Return the streams that prices, lending rate, output and establishments of a run depend on, in a fixed order."""
    status = inputs.growth.groupby("year")["status"].first().reindex(years, fill_value="none")
    unknown = [f"driver.establishments.{year}" for year in years[(status == "none").to_numpy()]]
    return tuple(sorted({name for one in laws.values() for name in one.streams} | set(unknown)))


def drivers_of(
    inputs: Inputs, years: np.ndarray, p: dict[str, np.ndarray], output: np.ndarray, stream: Stream
) -> s.Drivers:
    """Return growth of establishments over the years, beside industrial output (Y, n).

    Establishments are counted at the start, or earlier where no later count is published; growth from the
    count to the start is then part of the number at the start.
    """
    scenario = inputs.scenario
    shift = inputs.paths[scenario.drivers.path]
    counted = start_of_counts(scenario)
    every = np.arange(int(counted), years[-1] + 1)
    growth, _ = growth_paths(
        inputs.growth, inputs.cells.sectors, every, p["derived_growth_error"], stream,
        shift["establishment_growth"],
    )  # fmt: skip
    between = np.clip(np.minimum(every + 1.0, scenario.horizon.start) - np.maximum(every, counted), 0.0, 1.0)
    grown = (between[:, None, None] * growth).sum(axis=0)
    growth = growth[every >= years[0]]
    if scenario.population.entry_exit == "none":
        growth = np.zeros_like(growth)
        p["exit_rate"] = np.zeros_like(p["exit_rate"])
    first = int(years[0]) + 1 - inputs.scenario.horizon.start
    change = growth.copy()
    change[0] *= first
    start = np.concatenate([np.zeros((1, *growth.shape[1:])), np.cumsum(change, axis=0)[:-1]])
    start[0] -= growth[0] * (1 - first)  # the clock counts from 1 January of the first year
    start += grown
    return s.Drivers(growth, start, output)


def output_index(inputs: Inputs, years: np.ndarray, drawn: Law, stream: Stream) -> np.ndarray:
    """Return industrial output, 2010 = 1, shape (Y, n)."""
    growth = inputs.paths[inputs.scenario.drivers.path]["output_growth"]
    drift = np.exp(growth * np.maximum(years - PRICE_BASE, 0))[:, None]
    return drawn.path(years, stream).values / inputs.macro["output"][PRICE_BASE] * drift


def real_prices(
    inputs: Inputs, years: np.ndarray, p: dict[str, np.ndarray], drawn: Law, stream: Stream
) -> np.ndarray:
    """Return the log of the real resource price index over equipment's, 2010 = 0, shape (Y, n).

    Electricity is published and deflated by consumer prices; for fuel, materials and water no comparable series
    was found, so their real prices stay at 2010 unless the scenario's factors move them. Weights: resource costs.
    """
    electricity = drawn.path(years, stream).values
    base = drawn.path(np.array([PRICE_BASE]), stream).values
    factors = inputs.scenario.drivers
    logs = np.log(
        [factors.electricity_price, factors.fuel_price, factors.materials_price, factors.water_price]
    )
    weights = p["resource_cost_share"]
    own = weights[0] * np.log(electricity / base)
    return own + (weights * logs[:, None]).sum(0) - np.log(factors.equipment_price)


def tax_rates(inputs: Inputs, years: np.ndarray) -> np.ndarray:
    """Return the standard income tax rate in force on 1 July of every year, shape (Y,) [share]."""
    rows = inputs.catalogue["cit_standard"].terms
    found = []
    for year in years:
        day = datetime.date(int(year), 7, 1)
        found.append(
            next(row.terms.tax_rate for row in rows if row.holds(day) and row.terms.tax_rate is not None)
        )
    return np.array(found)
