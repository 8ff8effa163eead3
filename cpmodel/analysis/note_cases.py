"""Typical projects of a scenario's own support: what an establishment of each size sees with it and without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from cpmodel.analysis.typical_projects import shares_that_accept, typical_project
from cpmodel.finance.design import market_terms
from cpmodel.finance.sheets import firm_column
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.opened import Opened
from cpmodel.model import levers

SIZES_TOLD = ("small", "medium", "large")
RUNGS_TOLD = ("process_modification", "technology_change")  # housekeeping asks for hardly any capital
FIGURES = ("payback", "equity_irr", "least_debt_service_cover")
BY_VARIANT = (
    "longest_accepted_payback",
    "least_grant_that_is_accepted",
    "least_rate_cut_that_is_accepted",
)


def typical_cases(
    inputs: Inputs, instruments: list[Opened], year: int, sizes: Sequence[str] = SIZES_TOLD,
    rungs: Sequence[str] = RUNGS_TOLD, draws: int = 256,
) -> pd.DataFrame:  # fmt: skip
    """Return figures of typical projects, one a row: size, rung, sector, terms, variant, figure, value.

    inputs    at full resolution   instruments    those the scenario opens; all that are open at the start of `year`
    terms    "market" or "support", the package that the model offers to that size   sector    "all", but for the
    investment, which is told for every sector group [bn VND of that year]   draws    worlds behind the shares that accept
    Nothing is told of what has no limit: a payback accepted always, a rate at which nothing is accepted.
    gain_without_…    what the share that accepts would gain were one barrier gone, on supported terms [share]
    Rates [1/year], times [years], `share_accepting` the share of the assessed that know the support [share], by variant.
    """
    day, rows = date(year, 1, 1), []
    for size in sizes:
        for rung in rungs:
            rows += _case(inputs, instruments, day, size, rung, draws)
    return pd.DataFrame(rows, columns=["size", "rung", "sector", "terms", "variant", "figure", "value"])


def _case(inputs: Inputs, instruments: list[Opened], day: date, size: str, rung: str, draws: int) -> list:
    sectors = inputs.resources.sectors
    found = {name: typical_project(inputs, name, size, rung, day).project for name in sectors}
    rows = [
        (size, rung, name, "market", "both", "investment", project.investment_bn_vnd)
        for name, project in found.items()
    ]
    project = found[sectors[0]]  # payback, life, hurdle and rates are the same in every sector group
    market = market_terms(project.lending_rate, project.tax_rate)
    price = 1.0  # ceilings of volume, which the price level scales, play no part in one project's sheet
    package = levers.package(
        size, float(day.year), instruments, project.lending_rate, project.tax_rate, price
    )
    designs = {"market": market} | ({"support": package.design} if package else {})
    for terms, design in designs.items():
        column = firm_column(design, project)
        rows += [(size, rung, "all", terms, "both", figure, float(column[figure])) for figure in FIGURES]
        rows += [
            (size, rung, "all", terms, variant, figure, float(column[f"{figure}_{variant}"]))
            for figure in BY_VARIANT
            for variant in inputs.scenario.variants
            if np.isfinite(column[f"{figure}_{variant}"])  # what is not: accepted at any payback, at no rate
        ]
    if package:
        shares = shares_that_accept(inputs, size, rung, market, package.design, draws)
        rows += [
            (size, rung, "all", row.terms, row.variant, "share_accepting", row.mean)
            for row in shares.itertuples()
        ]
        rows += [
            (size, rung, "all", "support", row.variant, f"gain_without_{row.barrier}", row.gain)
            for row in shares.attrs["barriers"].itertuples()
        ]
    return rows
