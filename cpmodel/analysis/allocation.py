"""The best point of a room: where the last unit of money brings the same gain everywhere, and what holds it there.

A room is bounds and linear limits; beside them stand margins that must not fall below nought. Whoever measures points
gets them in batches, so that several are tried at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, nnls

Array = np.ndarray
Measure = Callable[[Array], Array]
NEAR = 1e-4  # share of a range within which a limit counts as reached


@dataclass(frozen=True)
class Room:
    """low, high (d,) bounds   rows (m, d), limits (m,)    rows · x ≤ limits   names (m,)    of the limits."""

    low: Array
    high: Array
    rows: Array
    limits: Array
    names: tuple[str, ...]

    @property
    def span(self) -> Array:
        """Width of each variable; 1 where it cannot move, so that nothing is divided by nought."""
        width = self.high - self.low
        return np.where(width > 0, width, 1.0)

    def scattered(self, number: int, rng: np.random.Generator, reach: float = 0.95) -> Array:
        """Return points (number, d) on rays from the lower bounds, drawn evenly over all splits; limits hold on each."""
        shares = rng.dirichlet(np.ones(len(self.low)), number)
        return np.array([self.along(share / share.max() * self.span, reach) for share in shares])

    def along(self, direction: Array, reach: float = 1.0, start: Array | None = None) -> Array:
        """Return the farthest point from `start` (the lower bounds) along a direction, times `reach` of the way."""
        start = self.low if start is None else start
        direction = np.where(self.high > self.low, direction, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            walls = np.where(direction > 0, (self.high - start) / direction, (self.low - start) / direction)
            rise = self.rows @ direction
            gates = (self.limits - self.rows @ start) / rise
        steps = np.concatenate([walls[direction != 0], gates[rise > 1e-12]])
        return start + reach * max(min(steps, default=0.0), 0.0) * direction

    def broken_by(self, point: Array, tolerance: float = 1e-9) -> list[str]:
        """Return the names of what a point breaks."""
        over = self.rows @ point > self.limits + tolerance * np.maximum(np.abs(self.limits), 1.0)
        found = [name for name, out in zip(self.names, over, strict=True) if out]
        outside = (point < self.low - tolerance * self.span) | (point > self.high + tolerance * self.span)
        return [*found, *(["bounds"] if outside.any() else [])]


@dataclass(frozen=True)
class Optimum:
    """The best point found, and how sure it is that it is one.

    at (d,)   value   margins (q,)    at least nought where the point is allowed
    prices    limit → what one more unit of it is worth, for those that bind   margin_prices (q,)    the same of margins
    held (d,)    what a variable would bring if its bound gave way by one unit; negative at a lower bound
    stationarity    what no limit explains of the gradient, as a share of it: near 0 at an optimum (the conditions of
    Karush, Kuhn and Tucker)   values    of each start: alike where there is one optimum   allowed    False if none was found
    """

    at: Array
    value: float
    margins: Array
    prices: dict[str, float]
    margin_prices: Array
    held: Array
    stationarity: float
    values: Array
    allowed: bool

    @property
    def spread(self) -> float:
        """Between the best start and the one that ended lowest."""
        return float(np.ptp(self.values)) if len(self.values) else 0.0


def maximise(
    measure: Measure, room: Room, starts: Sequence[Array], step: float = 1e-3, iterations: int = 60,
    tolerance: float = 1e-7,
) -> Optimum:  # fmt: skip
    """Return the point of the room with the largest value whose margins are not negative.

    measure    points (k, d) → (k, 1 + q): the value to be made large, then the margins
    starts    points of the room; sequential quadratic programming sets out from each (Kraft 1988, as scipy carries it out)
    step    of the differences that stand for slopes, as a share of each range
    Raises ValueError when the lower bounds already break a limit.
    """
    broken = room.broken_by(room.low)
    if broken or (room.low > room.high).any():
        raise ValueError(
            f"the least amounts break {', '.join(broken) or 'their own bounds'}: there is no room"
        )
    found = [_climb(measure, room, np.asarray(start, float), step, iterations, tolerance) for start in starts]
    rows = measure(np.array(found))
    allowed = (rows[:, 1:] >= -1e-3).all(axis=1)
    rank = (
        np.where(allowed, rows[:, 0], -np.inf) if allowed.any() else rows[:, 1:].min(axis=1, initial=np.inf)
    )
    best = int(np.argmax(rank))
    slopes = _slopes(measure, room, found[best], step)
    prices, margin_prices, held, rest = multipliers(room, found[best], slopes, rows[best, 1:])
    return Optimum(found[best], float(rows[best, 0]), rows[best, 1:], prices, margin_prices, held, rest,
                   rows[allowed, 0], bool(allowed.any()))  # fmt: skip


def _climb(
    measure: Measure, room: Room, start: Array, step: float, iterations: int, tolerance: float
) -> Array:
    low, span = room.low, room.span
    known: dict[bytes, Array] = {}
    sloped: dict[bytes, Array] = {}

    def place(u: Array) -> Array:
        return np.clip(low + u * span, room.low, room.high)

    def row(u: Array) -> Array:
        key = u.tobytes()
        if key not in known:
            known[key] = measure(place(u)[None])[0]
        return known[key]

    def slopes(u: Array) -> Array:
        key = u.tobytes()
        if key not in sloped:
            sloped[key] = _slopes(measure, room, place(u), step) * span
        return sloped[key]

    first = slopes((start - low) / span)
    size = max(float(np.abs(first[0]).max()), 1e-12)
    sizes = np.maximum(np.abs(first[1:]).max(axis=1), 1e-12)
    limits = [{"type": "ineq", "fun": lambda u: room.limits - room.rows @ (low + u * span),
               "jac": lambda u: -room.rows * span}] if len(room.limits) else []  # fmt: skip
    if len(first) > 1:
        limits.append({"type": "ineq", "fun": lambda u: row(u)[1:] / sizes,
                       "jac": lambda u: slopes(u)[1:] / sizes[:, None]})  # fmt: skip
    done = minimize(
        lambda u: -row(u)[0] / size, (start - low) / span, jac=lambda u: -slopes(u)[0] / size, method="SLSQP",
        bounds=list(zip(np.zeros(len(low)), (room.high - low) / span, strict=True)), constraints=limits,
        options={"maxiter": iterations, "ftol": tolerance},
    )  # fmt: skip
    return _inside(room, place(done.x))


def _inside(room: Room, point: Array) -> Array:
    """Return a point that rounding left just outside, drawn back towards the lower bounds."""
    for _ in range(4):
        over = room.rows @ point - room.limits
        if not len(over) or over.max() <= 0:
            break
        reach = room.rows @ (point - room.low)
        with np.errstate(divide="ignore", invalid="ignore"):
            excess = np.where((over > 0) & (reach > 0), over / reach, 0.0)
        point = point - excess.max() * (point - room.low)
    return point


def _slopes(measure: Measure, room: Room, point: Array, step: float) -> Array:
    """Return the slopes of value and margins at a point, (1 + q, d): one-sided differences that stay in the bounds."""
    moving = np.flatnonzero(room.high > room.low)
    moves = np.where(point + step * room.span > room.high, -step, step)[moving] * room.span[moving]
    points = np.repeat(point[None], len(moving) + 1, axis=0)
    points[np.arange(1, len(points)), moving] += moves
    rows = measure(points)
    found = np.zeros((rows.shape[1], len(point)))
    found[:, moving] = ((rows[1:] - rows[0]) / moves[:, None]).T
    return found


def multipliers(
    room: Room, point: Array, slopes: Array, margins: Array
) -> tuple[dict[str, float], Array, Array, float]:
    """Return the prices of limits, of margins, of bounds, and what of the gradient none of them explains.

    The gradient of an optimum is a sum, with weights that are not negative, of the directions in which limits stop
    it (Karush 1939; Kuhn & Tucker 1951); the weights are found by least squares (Lawson & Hanson 1974).
    """
    span = room.span
    slack = room.limits - room.rows @ point
    at_limit = np.flatnonzero(slack <= NEAR * np.maximum(np.abs(room.rows) @ span, 1e-12))
    near = NEAR * np.maximum(np.abs(slopes[1:]) @ span, 1e-12)
    at_margin = np.flatnonzero(margins <= near)
    fixed = room.high <= room.low
    at_high = np.flatnonzero((point >= room.high - NEAR * span) & ~fixed)
    at_low = np.flatnonzero((point <= room.low + NEAR * span) & ~fixed)
    unit = np.eye(len(point))
    stops = np.concatenate(
        [room.rows[at_limit] * span, -slopes[1:][at_margin] * span, unit[at_high], -unit[at_low]]
    )
    gradient = slopes[0] * span
    weights, rest = nnls(stops.T, gradient) if len(stops) else (np.zeros(0), np.linalg.norm(gradient))
    parts = np.split(weights, np.cumsum([len(at_limit), len(at_margin), len(at_high)]))
    prices = {room.names[i]: float(w) for i, w in zip(at_limit, parts[0], strict=True)}
    margin_prices, held = np.zeros(len(margins)), np.zeros(len(point))
    margin_prices[at_margin] = parts[1]
    np.add.at(held, at_high, parts[2] / span[at_high])
    np.add.at(held, at_low, -parts[3] / span[at_low])
    return prices, margin_prices, held, float(rest / max(np.linalg.norm(gradient), 1e-300))
