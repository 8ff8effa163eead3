"""Socio-economic benefit and cost of a scenario's credit, as a regulatory impact assessment asks: society as a whole.

What passes from the state to establishments is no cost to society; what is used up is. Nominal amounts are discounted
at the note's rate to its base year, so they stand beside the fiscal cost.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cpmodel.analysis.financing import FIRST_RUNG, Pair, gained_adopters, gained_uptake
from cpmodel.analysis.ledgers import Ledger
from cpmodel.analysis.unit_costs import energy_saved
from cpmodel.axes import RUNGS, SIZES
from cpmodel.finance.appraisal import time_preference
from cpmodel.model import state as s
from cpmodel.model.ensemble import World

SAVINGS = slice(s.GROUP_SUMS.index("saving_electricity"), s.GROUP_SUMS.index("saving_water") + 1)
ENERGY = 2  # of the four resources, electricity and fuel come first; rebound is theirs
COSTS = ("investment", "compliance", "hidden", "tax_burden")
ITEMS = ("savings", *COSTS, "net")


def social_benefit(
    pair: Pair, ledgers: Mapping[str, Ledger], rate: float, base: int, cost_of_funds: float
) -> pd.DataFrame:
    """Return what credit brings and costs society: variant, item, mean, low, high [bn VND], over draws (10–90 %).

    savings      of all resources by the additional projects, at market prices, energy after rebound, to the end of life
    investment   in the additional projects: their number at the mean investment of a user
    compliance   cost of applying, by all users, free riders too
    hidden       under H2 what an investment costs beside its price; H1 knows none
    tax_burden   what raising the net fiscal cost costs beside it: (marginal cost of public funds − 1) × cost
    net          savings less the four costs; emissions are not put in money   carbon_avoided    [tCO2, discounted alike]
    Pairs at explorer resolution. Administration of the scheme is not in it.
    """
    rows = []
    for variant, one in ledgers.items():
        found = _of_variant(pair, variant, one, rate, base, cost_of_funds)
        for item, values in found.items():
            rows.append((variant, item, values.mean(), *np.quantile(values, [0.1, 0.9])))
    return pd.DataFrame(rows, columns=["variant", "item", "mean", "low", "high"])


def _of_variant(
    pair: Pair, variant: str, one: Ledger, rate: float, base: int, cost_of_funds: float
) -> dict[str, np.ndarray]:
    world, out, without = pair.worlds[variant], pair.supported[variant], pair.without[variant]
    draws = out.flows.shape[-1]
    factor = (1.0 + rate) ** -(world.years - float(base))[:, None]
    nominal = factor * world.price[:, None]
    decay = (world.parameters["lapse_rate"][2] + world.parameters["exit_rate"])[:draws]
    inflation = world.price[-1] / world.price[-2] - 1.0
    sizes = _sizes(pair, variant)
    used = out.flows[:, s.PROJECTS].sum(0)
    each = np.divide(out.flows[:, s.INVESTMENT].sum(0), used, out=np.zeros(draws), where=used > 1e-9)
    investment = (gained_uptake(world, out, without) * nominal).sum(0) * each
    saved = yearly_savings(world, out, without)
    found = {
        "savings": _to_the_end(saved, nominal, rate, decay, inflation),
        "investment": investment,
        "compliance": (sizes @ world.parameters["application_cost"][:, :draws])
        * (out.flows[:, s.INVESTMENT] * nominal).sum(0),
        "hidden": _hidden_cost(world, variant, sizes, out, without) * investment,
        "tax_burden": (cost_of_funds - 1.0) * one.present_value(one.total, rate, base),
    }
    found["net"] = found["savings"] - sum(found[name] for name in COSTS)
    carbon = energy_saved(pair, variant, draws)[1]
    return found | {"carbon_avoided": _to_the_end(carbon, factor, rate, decay, 0.0)}


def yearly_savings(world: World, out: s.Outputs, without: s.Outputs) -> np.ndarray:
    """Return what establishments save by the year because of credit [bn VND/year, prices of 2010], (Y, n).

    Shares of use saved, resource by resource and size by size, times the bill of that size: its mean over sectors.
    """
    cells, draws = world.inputs.cells, out.flows.shape[-1]
    first = out.groups.shape[1] - len(SIZES)
    gap = out.groups[:, first:, SAVINGS].astype(float) - without.groups[:, first:, SAVINGS]
    bills = world.inputs.resources.bill[cells.sector, cells.size] * cells.establishments
    bill = np.bincount(cells.size, bills, 4) / np.bincount(cells.size, cells.establishments, 4)
    shares = world.parameters["resource_cost_share"][:, :draws].copy()
    shares[:ENERGY] *= 1.0 - world.parameters["rebound"][:draws]
    prices = np.exp(world.log_prices[:, :draws])
    return np.einsum("yzmn,z,mn->yn", gap, bill, shares) * prices


def _to_the_end(
    flow: np.ndarray, factor: np.ndarray, rate: float, decay: np.ndarray, inflation: float
) -> np.ndarray:
    """Return a flow's present value within the run, and of what stands at its end and lapses from then on."""
    kept = (1.0 + inflation) / (1.0 + rate) * np.exp(-decay)
    return (flow * factor).sum(0) + flow[-1] * factor[-1] * kept / (1.0 - kept)


def _sizes(pair: Pair, variant: str) -> np.ndarray:
    """Return each size's part of the adopters that credit brings by the last year, means over draws, (4,)."""
    out, without = pair.supported[variant], pair.without[variant]
    first = out.groups.shape[1] - len(SIZES)
    gained = np.array([max(gained_adopters(out, without, first + z)[-1].mean(), 0.0) for z in range(4)])
    return gained / gained.sum() if gained.sum() > 0 else np.full(4, 0.25)


def _hidden_cost(
    world: World, variant: str, sizes: np.ndarray, out: s.Outputs, without: s.Outputs
) -> np.ndarray:
    """Return the hidden cost of an additional investment [share of it], by draw: mean over its sizes and rungs, (n,)."""
    p, draws = world.parameters, out.flows.shape[-1]
    rungs = slice(FIRST_RUNG, FIRST_RUNG + len(RUNGS))
    gained = np.maximum((out.groups[-1, 0, rungs].astype(float) - without.groups[-1, 0, rungs]).mean(-1), 0.0)
    weights = gained / gained.sum() if gained.sum() > 0 else np.full(len(RUNGS), 1 / len(RUNGS))
    found = np.zeros(draws)
    for z, part in enumerate(sizes):
        for k, weight in enumerate(weights):
            hurdle = (p["hurdle_median"][z], p["hurdle_hidden_cost"], p["option_life"][k])
            found += part * weight * (time_preference(variant, *hurdle)[1][:draws] - 1.0)
    return found
