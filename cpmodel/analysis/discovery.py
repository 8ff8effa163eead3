"""Scenario discovery: the plainest conditions under which a target is missed (the patient rule induction method)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import binom

Array = np.ndarray


@dataclass(frozen=True)
class Box:
    """A rule: every named input between two values.

    limits      input → (low, high), −inf or inf where that side is free
    coverage    share of all cases of interest that lie inside      density    share of the draws inside that are cases
    support     share of all draws inside                           p_values    input → chance of so high a density
    without its limits (Bryant & Lempert 2010)
    """

    limits: dict[str, tuple[float, float]]
    coverage: float
    density: float
    support: float
    p_values: dict[str, float]


def prim(inputs: pd.DataFrame, case: Array, alpha: float = 0.05, least_support: float = 0.05) -> list[Box]:
    """Return the boxes met while peeling, the widest first; each is denser than the one before, or as dense.

    inputs           draws × inputs      case    (draws,) True for the cases of interest
    alpha            share of a box's draws that a peel takes away at most: small is patient
    least_support    share of the draws below which no box is offered, since its density would be chance
    Source: Friedman & Fisher 1999, doi 10.1023/A:1008894516817; Bryant & Lempert 2010,
    doi 10.1016/j.techfore.2009.08.002.
    """
    x, y = inputs.to_numpy(dtype=float), np.asarray(case, dtype=bool)
    if len(x) != len(y) or not 0 < y.sum() < len(y):
        raise ValueError(f"{int(y.sum())} cases among {len(y)} draws: there is nothing to tell apart")
    names = list(inputs.columns)
    low, high = np.full(len(names), -np.inf), np.full(len(names), np.inf)
    inside = np.ones(len(y), dtype=bool)
    path = [_box(names, low, high, x, y)]
    while inside.sum() * (1 - alpha) >= least_support * len(y):
        best = _best_peel(x, y, inside, alpha)
        if best is None or best[0] < y[inside].mean():
            break
        _, column, side, value = best
        (low if side < 0 else high)[column] = value
        inside = _inside(x, low, high)
        path.append(_box(names, low, high, x, y))
    return path


def _best_peel(x: Array, y: Array, inside: Array, alpha: float):
    """Return (density left, column, side, new limit) of the densest peel; None when no peel takes a draw away."""
    here, cases = x[inside], y[inside]
    best = None
    for column in range(x.shape[1]):
        values = here[:, column]
        for side, value in ((-1, np.quantile(values, alpha)), (1, np.quantile(values, 1 - alpha))):
            kept = values >= value if side < 0 else values <= value
            if kept.all() or not kept.any():
                continue
            density = cases[kept].mean()
            if best is None or density > best[0]:
                best = (density, column, side, value)
    return best


def _inside(x: Array, low: Array, high: Array) -> Array:
    return ((x >= low) & (x <= high)).all(axis=1)


def _box(names: list[str], low: Array, high: Array, x: Array, y: Array) -> Box:
    bound = np.flatnonzero(np.isfinite(low) | np.isfinite(high))
    inside = _inside(x, low, high)
    limits = {names[i]: (float(low[i]), float(high[i])) for i in bound}
    chances = {names[i]: _chance(x, y, low, high, i) for i in bound}
    return Box(
        limits, float(y[inside].sum() / y.sum()), float(y[inside].mean()), float(inside.mean()), chances
    )


def _chance(x: Array, y: Array, low: Array, high: Array, column: int) -> float:
    """Return the chance of as many cases in the box if this input's limits did nothing."""
    inside = _inside(x, low, high)
    free_low, free_high = low.copy(), high.copy()
    free_low[column], free_high[column] = -np.inf, np.inf
    wider = _inside(x, free_low, free_high)
    return float(binom.sf(int(y[inside].sum()) - 1, int(inside.sum()), float(y[wider].mean())))


def chosen(path: list[Box], inputs: pd.DataFrame, case: Array, least_coverage: float = 0.5) -> Box:
    """Return the densest box that still holds `least_coverage` of the cases, freed of limits that prove nothing.

    A limit whose chance exceeds 5 % is dropped, the weakest first, until every one left counts.
    """
    x, y = inputs.to_numpy(dtype=float), np.asarray(case, dtype=bool)
    names = list(inputs.columns)
    box = max((b for b in path if b.coverage >= least_coverage), key=lambda b: (b.density, b.coverage))
    while box.p_values and max(box.p_values.values()) > 0.05:
        weakest = max(box.p_values, key=box.p_values.get)
        kept = {name: limit for name, limit in box.limits.items() if name != weakest}
        low, high = np.full(len(names), -np.inf), np.full(len(names), np.inf)
        for name, (a, b) in kept.items():
            low[names.index(name)], high[names.index(name)] = a, b
        box = replace(_box(names, low, high, x, y))
    return box
