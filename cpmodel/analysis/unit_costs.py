"""What the state pays for a unit saved: a toe and a tonne of CO2, each cost with its base named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cpmodel.analysis.financing import Pair, gained_uptake
from cpmodel.analysis.ledgers import Ledger
from cpmodel.model import state as s
from cpmodel.units import convert

TOLD = 0.05  # investments: below, additions drown in the single precision in which runs record their sums


def unit_costs(
    pair: Pair, ledgers: dict[str, Ledger], rate: float, base: int, cost_of_funds: float
) -> pd.DataFrame:
    """Return the state's cost of a toe and a tCO2: variant, per, period, base, discounted, saved, cost [m VND/unit].

    period    "horizon": savings within the run; "life": and what stands at its end, lapsing and closing as before
    base    "net": what credit adds; "gross": the savings of all users, free riders too, in the same proportion
    Ratios of means over draws; energy after rebound.
    """
    rows = []
    for variant, one in ledgers.items():
        world, draws = pair.worlds[variant], one.total.shape[-1]
        cost = cost_of_funds * one.present_value(one.total, rate, base).mean() * 1e3
        gained = gained_uptake(world, pair.supported[variant], pair.without[variant]).sum()
        share = gained / max(pair.supported[variant].flows[:, s.PROJECTS].sum(), 1e-300)
        told = gained / draws > TOLD
        decay = (world.parameters["lapse_rate"][2] + world.parameters["exit_rate"])[:draws]
        for unit, saved in zip(("toe", "tCO2"), energy_saved(pair, variant, draws), strict=True):
            for at in (0.0, rate):
                factor = (1.0 + at) ** -(world.years - float(base))[:, None]
                horizon = (saved * factor).sum(0)
                life = horizon + saved[-1] * factor[-1] / (np.log1p(at) + decay)
                for period, amount in (("horizon", horizon.mean()), ("life", life.mean())):
                    for name, base_amount in (("net", amount), ("gross", amount / max(share, 1e-300))):
                        per = cost / base_amount if base_amount > 0 and told else np.inf
                        rows.append((variant, unit, period, name, at > 0, base_amount, per))
    return pd.DataFrame(rows, columns=["variant", "per", "period", "base", "discounted", "saved", "cost"])


def energy_saved(pair: Pair, variant: str, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Return toe and tCO2 that credit saves in each year, after rebound, (Y, n) each."""
    places = [s.GROUP_SUMS.index(name) for name in ("energy_electricity", "energy_fuel")]
    gap = (
        pair.supported[variant].groups[:, 0, places].astype(float)
        - pair.without[variant].groups[:, 0, places]
    )
    gap = gap * (1.0 - pair.worlds[variant].parameters["rebound"][:draws])
    factors = pair.world.inputs.emissions.set_index("year").reindex(pair.years)
    grid = factors["grid"].to_numpy()[:, None] * convert(1.0, "toe", "MWh")
    return gap.sum(1), gap[:, 0] * grid + gap[:, 1] * factors["fuel"].to_numpy()[:, None]
