"""A small tree that tells cases from the rest: one question after another, each as plain as a rule.

Where PRIM looks for one dense box, a tree divides all draws, so it also says where a target is safe.
Source: Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees, ch. 2–4 (Gini index).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

Array = np.ndarray
GRID = 40  # quantiles tried as thresholds of an input


@dataclass(frozen=True)
class Leaf:
    """A group of draws. limits    input → (low, high], −inf or inf where a side is free   others as in `discovery.Box`."""

    limits: dict[str, tuple[float, float]]
    coverage: float
    density: float
    support: float


def tree(
    inputs: pd.DataFrame, case: Array, depth: int = 3, least_support: float = 0.05, least_gain: float = 0.01
) -> list[Leaf]:
    """Return the leaves, the densest first; together they hold every draw exactly once.

    inputs    draws × inputs   case (draws,)    True for the cases of interest
    least_support    share of the draws that a leaf keeps at least   least_gain    share of the Gini impurity a split removes
    Raises ValueError where all draws are alike.
    """
    x, y = inputs.to_numpy(float), np.asarray(case, bool)
    if len(x) != len(y) or not 0 < y.sum() < len(y):
        raise ValueError(f"{int(y.sum())} cases among {len(y)} draws: there is nothing to tell apart")
    least, whole = max(int(least_support * len(y)), 1), y.mean() * (1 - y.mean()) * len(y)
    leaves: list[Leaf] = []

    def grow(inside: Array, limits: dict, left: int) -> None:
        split = _best_split(x, y, inside, least) if left else None
        if split is None or split[0] < least_gain * whole:
            leaves.append(
                Leaf(limits, float(y[inside].sum() / y.sum()), float(y[inside].mean()), float(inside.mean()))
            )
            return
        _, column, value = split
        name = inputs.columns[column]
        low, high = limits.get(name, (-np.inf, np.inf))
        below = inside & (x[:, column] <= value)
        grow(below, {**limits, name: (low, value)}, left - 1)
        grow(inside & ~below, {**limits, name: (value, high)}, left - 1)

    grow(np.ones(len(y), bool), {}, depth)
    return sorted(leaves, key=lambda leaf: -leaf.density)


def _best_split(x: Array, y: Array, inside: Array, least: int):
    """Return (impurity removed, column, threshold) of the best split, or None where none leaves enough on both sides."""
    here, cases = x[inside], y[inside].astype(float)
    n, total = len(cases), cases.sum()
    if n < 2 * least or total in (0, n):
        return None
    best = None
    for column in range(x.shape[1]):
        order = np.argsort(here[:, column], kind="stable")
        values, below = here[order, column], np.cumsum(cases[order])
        at = np.unique(np.linspace(least, n - least, GRID).astype(int))
        at = at[values[at - 1] < values[np.minimum(at, n - 1)]]
        if not len(at):
            continue
        left, right = below[at - 1], total - below[at - 1]
        impurity = left * (1 - left / at) + right * (1 - right / (n - at))
        gain = total * (1 - total / n) - impurity
        place = int(np.argmax(gain))
        if best is None or gain[place] > best[0]:
            cut = at[place]
            best = (float(gain[place]), column, float(0.5 * (values[cut - 1] + values[cut])))
    return best
