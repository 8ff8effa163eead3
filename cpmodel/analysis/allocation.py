"""The best split of a sum of money over claimants: where the last unit of money brings the same gain everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

Array = np.ndarray


@dataclass(frozen=True)
class Split:
    """A split, what it brings, and what holds it.

    amounts (k,) in the unit of the cap   value    of the gain   price    gain of one more unit of the cap (its shadow price)
    at_least, at_most (k,)    True where a bound holds an amount   spread    of the value over the starts: none if they agree
    """

    amounts: Array
    value: float
    price: float
    at_least: Array
    at_most: Array
    spread: float


def best_split(
    gain: Callable[[Array], float],
    cap: float,
    least: Sequence[float],
    most: Sequence[float],
    rng: np.random.Generator,
    starts: int = 8,
    tolerance: float = 1e-12,
) -> Split:
    """Return the split of at most `cap` that brings the largest gain.

    gain          of amounts (k,), to be made as large as possible; smooth, tried within the
                  bounds, and beyond the cap on the way
    least, most   bounds of each amount: running costs that must be met, and what can be used
    starts        sequential quadratic programming sets out from as many points, drawn evenly over all splits; a gain that
                  is concave ends in the same place from each (Kraft 1988, as scipy carries it out)
    Raises ValueError when the least amounts exceed the cap.
    """
    low, high = np.asarray(least, float), np.asarray(most, float)
    if low.sum() > cap or (low > high).any() or (low < 0).any():
        raise ValueError(
            f"least amounts {low} add up to {low.sum():g}, against a cap of {cap:g} and most {high}"
        )
    scale = max(cap, 1e-300)
    found = [
        _climb(gain, start, cap, low, high, scale, tolerance)
        for start in _starts(cap, low, high, rng, starts)
    ]
    values = np.array([value for _, value in found])
    amounts, value = found[int(values.argmax())]
    free = np.minimum(high, low + (cap - low.sum()))
    return Split(
        amounts, float(value), _price(gain, amounts, cap, low, high, scale), amounts <= low + 1e-6 * scale,
        amounts >= free - 1e-6 * scale, float(values.max() - values.min()),
    )  # fmt: skip


def _starts(cap: float, low: Array, high: Array, rng: np.random.Generator, starts: int) -> list[Array]:
    shares = rng.dirichlet(np.ones(len(low)), starts)
    return [np.minimum(low + 0.95 * share * (cap - low.sum()), high) for share in shares]


def _climb(gain, start: Array, cap: float, low: Array, high: Array, scale: float, tolerance: float):
    def inside(x: Array) -> Array:
        x = np.clip(x * scale, low, high)
        above = x - low
        over = x.sum() - cap
        return x - above * (over / above.sum()) if over > 0 and above.sum() > 0 else x

    size = max(abs(gain(start)), 1e-12)
    bounds = list(zip(low / scale, high / scale, strict=True))
    spent = {"type": "ineq", "fun": lambda x: cap / scale - x.sum(), "jac": lambda x: -np.ones(len(x))}
    done = minimize(
        lambda x: -gain(np.clip(x * scale, low, high)) / size, start / scale, method="SLSQP", bounds=bounds,
        constraints=[spent], options={"maxiter": 500, "ftol": tolerance},
    )  # fmt: skip
    x = inside(done.x)
    return x, gain(x)


def _price(gain, x: Array, cap: float, low: Array, high: Array, scale: float) -> float:
    """Return the largest gain per unit of a little more money, where it can still be used; 0 when the cap does not bind."""
    if x.sum() < cap - 1e-6 * scale:
        return 0.0
    step = 1e-5 * scale
    rises = [
        (gain(x + step * unit) - gain(x)) / step
        for unit, room in zip(np.eye(len(x)), high - x, strict=True)
        if room > step
    ]
    return float(max([*rises, 0.0]))
