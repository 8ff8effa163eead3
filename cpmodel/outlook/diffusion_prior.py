"""What the forecaster holds possible before it has seen a series: curves, ceilings, and how reality strays.

A particle is a family and a vector z of independent standard normals, so that every prior is one row of `PRIOR`:
wide, the same for every series, and with its reason. Levels are in units of the mean absolute step of the series
and time is in years, so nothing depends on the unit of the data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from cpmodel.outlook.diffusion_curves import bass, gompertz, logistic, shifted_gompertz, weibull

Array = np.ndarray

# name → (centre, spread) of a normal on the scale named in the comment; the column of z is the order here.
PRIOR = {
    # logit of the share of the ceiling reached now: 2 to 90 %, sooner early than late
    "position": (-0.8, 1.8),
    # log of what the curve grew over the data, over what the series grew
    "growth": (0.0, 0.75),
    # log of the rate per year; mean q of Bass .38 (Sultan, Farley & Lehmann 1990)
    "rate": (np.log(0.35), 0.8),
    # log of the years from the start of adoption to the first observation
    "lag": (np.log(3.0), 1.0),
    # log of q/p; .38/.03 in the same study
    "odds": (np.log(12.0), 1.2),
    # log of half of Weibull's shape, and of the gamma's shape
    "shape": (0.0, 0.8),
    # probit of the yearly autocorrelation of departures from the pace: uniform
    "persistence": (0.0, 1.0),
    # log of the part of the noise that does not shrink with the pace
    "floor": (np.log(0.2), 1.2),
    # log of the reporting error, in units of a year's departure
    "reporting": (np.log(0.3), 1.0),
    # log of the distance of the first level from the curve, in the same units
    "start": (np.log(3.0), 1.5),
}
NOISE = (1.0, 0.1)  # inverse gamma prior of the variance of departures: shape, scale; worth two observations
FAMILIES = ("Bass", "logistic", "Gompertz", "Weibull", "gamma/shifted Gompertz")


@dataclass(frozen=True)
class Window:
    """The series as the forecaster sees it, in units of its mean absolute step.

    levels     yearly grid from the first to the last observation, missing years NaN, shape (n,)
    growth     what it grew from end to end, at least a tenth of its total movement
    ceiling    a known upper bound, or infinity
    breadth    factor on the spread of every prior: 1, unless one asks what the priors matter
    """

    levels: Array
    growth: float
    ceiling: float
    breadth: float = 1.0


@dataclass(frozen=True)
class Particles:
    """Curves and noise of all particles over the years of the window and the horizon.

    level      curve m·F(t), shape (particles, years);  ceiling  m, shape (particles,)
    pace       scale of departures in each year, one on average over the window, shape (particles, years)
    persistence, reporting, start    shape (particles,); see PRIOR
    history    years of the window; those after it are the horizon
    """

    level: Array
    ceiling: Array
    pace: Array
    persistence: Array
    reporting: Array
    start: Array
    history: int


def particles(family: Array, z: Array, window: Window, horizon: int = 0) -> Particles:
    """Return what the particles mean; `family` (N,) indexes FAMILIES, `z` (N, 10) are standard normals."""
    scaled = window.breadth * z
    theta = {name: centre + spread * scaled[:, j] for j, (name, (centre, spread)) in enumerate(PRIOR.items())}
    years = window.levels.size
    now = np.arange(years + horizon) - (years - 1.0)
    share = np.empty((len(z), now.size))
    for number, name in enumerate(FAMILIES):
        mine = family == number
        with np.errstate(over="ignore"):  # a steep curve long before its time: the limit, 0, is right
            share[mine] = _SHARES[name]({key: value[mine, None] for key, value in theta.items()}, now, years)
    grown = np.maximum(share[:, years - 1] - share[:, 0], 1e-9)
    ceiling = np.minimum(window.growth * np.exp(theta["growth"]) / grown, window.ceiling)
    steps = np.diff(share, axis=1)
    steps = np.concatenate([steps[:, :1], steps], axis=1)
    steps /= np.maximum(steps[:, 1:years].mean(axis=1, keepdims=True), 1e-12)
    pace = np.hypot(steps, np.exp(theta["floor"])[:, None])
    noise = (ndtr(theta["persistence"]), np.exp(theta["reporting"]), np.exp(theta["start"]))
    return Particles(ceiling[:, None] * share, ceiling, pace, *noise, years)


def _bass(theta: dict, now: Array, years: int) -> Array:
    rate, odds, elapsed = _since_start(theta, years)
    return bass(now + elapsed, rate / (1 + odds), rate * odds / (1 + odds))


def _shifted_gompertz(theta: dict, now: Array, years: int) -> Array:
    rate, odds, elapsed = _since_start(theta, years)
    return shifted_gompertz(now + elapsed, rate, odds, np.exp(theta["shape"]))


def _since_start(theta: dict, years: int) -> tuple[Array, Array, Array]:
    """Return the rate at which a Bass curve with these odds reaches its position in the years elapsed."""
    reached, odds = expit(theta["position"]), np.exp(theta["odds"])
    elapsed = years - 1 + np.exp(theta["lag"])
    return np.log((1 + odds * reached) / (1 - reached)) / elapsed, odds, elapsed


def _weibull(theta: dict, now: Array, years: int) -> Array:
    shape = 2 * np.exp(theta["shape"])
    elapsed = years - 1 + np.exp(theta["lag"])
    scale = elapsed / (-np.log1p(-expit(theta["position"]))) ** (1 / shape)
    return weibull(now + elapsed, scale, shape)


def _logistic(theta: dict, now: Array, years: int) -> Array:
    return logistic(now, np.exp(-theta["position"]), np.exp(theta["rate"]))


def _gompertz(theta: dict, now: Array, years: int) -> Array:
    return gompertz(now, -np.log(expit(theta["position"])), np.exp(theta["rate"]))


_SHARES: dict[str, Callable[[dict, Array, int], Array]] = {
    "Bass": _bass,
    "logistic": _logistic,
    "Gompertz": _gompertz,
    "Weibull": _weibull,
    "gamma/shifted Gompertz": _shifted_gompertz,
}
