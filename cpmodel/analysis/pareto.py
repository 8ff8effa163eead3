"""What nothing else beats: the Pareto front of many options judged by several figures.

Figures are compared at the precision at which they are told, so that a difference nobody prints decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def dominated(costs: np.ndarray) -> np.ndarray:
    """Return for each option whether another is nowhere worse and somewhere better.

    costs    (options, figures), lower is better; figures that are better high come with a minus
    """
    costs = np.asarray(costs, float)
    no_worse = (costs[None] <= costs[:, None]).all(-1)
    better = (costs[None] < costs[:, None]).any(-1)
    return (no_worse & better).any(1)


def behind(costs: np.ndarray) -> np.ndarray:
    """Return for each option whether another dominates it, or an earlier one has the very same figures."""
    costs = np.asarray(costs, float)
    _, first, group = np.unique(costs, axis=0, return_index=True, return_inverse=True)
    return dominated(costs) | (first[np.ravel(group)] != np.arange(len(costs)))


def told(costs: np.ndarray, precision: Sequence[float]) -> np.ndarray:
    """Return the figures rounded to the steps at which they are told, one step a figure."""
    return np.round(np.asarray(costs, float) / np.asarray(precision, float)) + 0.0


def layers(costs: np.ndarray) -> np.ndarray:
    """Return the layer of each option: 0 on the front, 1 on the front once that is taken away, and so on."""
    costs = np.asarray(costs, float)
    found, left, layer = np.full(len(costs), -1), np.arange(len(costs)), 0
    while len(left):
        later = behind(costs[left])
        found[left[~later]] = layer
        left, layer = left[later], layer + 1
    return found


def promising(costs: np.ndarray, count: int, spread_by: int = 0) -> np.ndarray:
    """Return the places of up to `count` options: whole layers from the front on, the last spread along one figure."""
    costs = np.asarray(costs, float)
    layer, chosen = layers(costs), []
    for number in range(int(layer.max(initial=-1)) + 1):
        here = np.flatnonzero(layer == number)
        chosen += [int(here[i]) for i in spread(costs[here, spread_by], count - len(chosen))]
        if len(chosen) >= count:
            break
    return np.array(sorted(chosen), int)


def spread(values: np.ndarray, count: int) -> list[int]:
    """Return the places of at most `count` values: both ends first, then always the one farthest from those taken."""
    values = np.asarray(values, float)
    if len(values) <= count:
        return list(range(len(values)))
    taken: list[int] = []
    away = values - values.min()
    for _ in range(count):
        taken.append(int(np.argmax(away)))
        gap = np.abs(values - values[taken[-1]])
        away = gap if len(taken) == 1 else np.minimum(away, gap)
    return taken
