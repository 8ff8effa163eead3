"""The stocks at the start, from the opening shares and what the market's terms would have been."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from cpmodel.model import state as s
from cpmodel.model.uptake import adoption_lenient

STEPS = 60  # of the bisections; leaves an error below 1e-15


def opening_stocks(layout: s.Layout, p: dict[str, np.ndarray], regions: int):
    """Return the stocks at the start: cells (7, C, n), outreach (Z, n), offices (R, n), nation (9, n).

    p    parameters as name → array. Awareness and adoption differ between sizes by `opening_size_tilt` logits a
    class, at levels that give the national shares; adoption is taken in its lenient reading.
    """
    weights = np.array([layout.establishments[layout.size == z].sum() for z in range(4)])
    weights = weights / weights.sum()
    aware = shares_by_size(p["opening_awareness"], p["opening_size_tilt"], weights)
    adopted = np.minimum(shares_by_size(p["opening_adoption"], p["opening_size_tilt"], weights), 0.9 * aware)
    assessed = np.minimum(adopted * p["opening_assessed_per_adopter"], 0.98 * aware)
    rungs = opening_rungs(adopted / assessed, p["opening_rung_mix"])
    draws = aware.shape[-1]
    cells = np.zeros((7, len(layout.size), draws))
    cells[s.UNAWARE] = (1.0 - aware)[layout.size]
    cells[s.AWARE] = (aware - assessed)[layout.size]
    cells[s.ASSESSED] = assessed[layout.size]
    cells[s.RUNG_1 : s.UNITS] = (rungs * assessed)[:, layout.size]
    cells[s.UNITS] = p["opening_dedicated_units"][layout.size]
    nation = np.zeros((9, draws))
    nation[s.PROVIDERS] = p["opening_provider_capacity"]
    outreach = np.repeat(p["opening_outreach"][None], 4, axis=0)
    return cells, outreach, np.repeat(p["opening_office_capacity"][None], regions, axis=0), nation


def shares_by_size(mean, tilt, weights):
    """Return shares (Z, n) that rise by `tilt` logits a size and whose weighted mean is `mean` (n,)."""
    steps = tilt * (np.arange(4.0)[:, None] - 1.0)
    low, high = logit(mean) - 5.0, logit(mean) + 5.0
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        above = weights @ expit(middle + steps) > mean
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return expit(0.5 * (low + high) + steps)


def opening_rungs(any_of_assessed, mix):
    """Return the share of the assessed operating each rung (K, Z, n), in the proportions `mix` (K, n), such that
    a share `any_of_assessed` (Z, n) operates at least one."""
    low, high = np.zeros_like(any_of_assessed), np.full_like(any_of_assessed, 1.0 / mix.max())
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        above = adoption_lenient(1.0, *(middle * mix[k] for k in range(3))) > any_of_assessed
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return 0.5 * (low + high) * mix[:, None]
