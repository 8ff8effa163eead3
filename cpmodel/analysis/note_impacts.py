"""What an impact assessment adds to a finance note, as outcomes: benefit and cost to society, where the answer would
switch, volumes varied, a year's delay.

Each is (outcome, unit, statistic, value, variant); money in billion VND of present value in the note's base year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from cpmodel.analysis.financing import Pair
from cpmodel.analysis.ledgers import Ledger
from cpmodel.analysis.note_variations import FIGURES, volumes_varied, year_later
from cpmodel.analysis.social_benefit import COSTS, social_benefit
from cpmodel.inputs.load import Inputs, at_resolution
from cpmodel.results.outcomes import POOLED

MONEY = "bn VND"
Outcomes = Iterable[tuple[str, str, str, float, str]]


def impacts(
    inputs: Inputs, pair: Pair, ledgers: Mapping[str, Ledger], rate: float, base: int, cost_of_funds: float,
    delay_draws: int,
) -> Outcomes:  # fmt: skip
    """Yield every outcome of this module. delay_draws    behind the comparison with a year's delay"""
    yield from _society(social_benefit(pair, ledgers, rate, base, cost_of_funds))
    for row in _pooled(volumes_varied(pair, rate, base), "volume").itertuples():
        yield f"note_volume_{row.volume}_{row.figure}", FIGURES[row.figure], "mean", row.mean, row.variant
    delays = _pooled(year_later(at_resolution(inputs, "explorer"), delay_draws, rate, base), "when")
    for row in delays.itertuples():
        yield f"note_{row.when}_{row.figure}", FIGURES[row.figure], "mean", row.mean, row.variant


def _society(table: pd.DataFrame) -> Outcomes:
    """Yield the items by variant, and the two switching values: of savings kept, and of the price of carbon.

    What must be kept of the savings for the net to be nought; and what a tonne of CO2 must be worth where the net is below.
    """
    for row in table.itertuples():
        unit = "tCO2" if row.item == "carbon_avoided" else MONEY
        yield f"note_social_{row.item}", unit, "mean", row.mean, row.variant
        yield f"note_social_{row.item}", unit, "p10", row.low, row.variant
        yield f"note_social_{row.item}", unit, "p90", row.high, row.variant
    means = table.pivot(index="variant", columns="item", values="mean")
    for variant, one in means.iterrows():
        if one["savings"] > 0:
            kept = sum(one[name] for name in COSTS) / one["savings"]
            yield "note_switch_savings_kept", "share", "mean", kept, str(variant)
        if one["net"] < 0 < one["carbon_avoided"]:
            price = -one["net"] / one["carbon_avoided"] * 1e3
            yield "note_switch_carbon_price", "m VND per tCO2", "mean", price, str(variant)


def _pooled(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the rows of every variant, and those of the variants taken together where there are several."""
    if table["variant"].nunique() < 2:
        return table.assign(variant=POOLED) if len(table) else table
    both = table.groupby([by, "figure"], sort=False)["mean"].mean().reset_index().assign(variant=POOLED)
    found = pd.concat([both, table], ignore_index=True)
    return found[np.isfinite(found["mean"])]
