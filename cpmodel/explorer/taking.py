"""What would it take? One lever is moved, all else stays, until the odds of a target are high enough.

A grid over the lever's range first, so that a target that is reached only in the middle is found and what is best is
known; then halving between the last value that falls short and the first that reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

GRID, HALVINGS = 7, 7


@dataclass(frozen=True)
class Taken:
    """The verdict. value, odds    of the least move that reaches, or of the best that was found   tried    (value, odds)"""

    reached: bool
    value: float
    odds: float
    tried: tuple[tuple[float, float], ...]


def least_move(
    odds: Callable[[float], float], now: float, low: float, high: float, wanted: float,
    stop: Callable[[], bool] = lambda: False,
) -> Taken | None:  # fmt: skip
    """Return the value of a lever nearest to `now` whose odds are at least `wanted`; None when stopped.

    odds    of the target at a value of the lever within [low, high]
    """
    tried: dict[float, float] = {}

    def at(value: float) -> float:
        if value not in tried:
            tried[value] = odds(value)
        return tried[value]

    for value in sorted({now, *(low + (high - low) * i / (GRID - 1) for i in range(GRID))}):
        if stop():
            return None
        at(value)
    reaching = [value for value in tried if tried[value] >= wanted]
    if not reaching:
        best = max(tried, key=lambda value: (tried[value], -abs(value - now)))
        return Taken(False, best, tried[best], tuple(sorted(tried.items())))
    near = min(reaching, key=lambda value: abs(value - now))
    short = [v for v in tried if tried[v] < wanted and min(now, near) <= v <= max(now, near)]
    far = max(short, key=lambda value: -abs(value - near), default=near)
    for _ in range(HALVINGS if far != near else 0):
        if stop():
            return None
        middle = (near + far) / 2
        near, far = (middle, far) if at(middle) >= wanted else (near, middle)
    return Taken(True, near, tried[near], tuple(sorted(tried.items())))
