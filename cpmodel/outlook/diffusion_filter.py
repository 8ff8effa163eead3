"""How likely a series is under each particle, and what each particle expects next: an exact linear filter.

Reported level = curve + drift + reporting error. The drift gathers departures from the curve's pace:

    drift[t] = drift[t−1] + pace[t]·momentum[t]        momentum[t] = ρ·momentum[t−1] + √(1−ρ²)·ε[t]

so that errors of growth stay (the forecast sets out from where the series is), fade out as momentum, and are as
large as the curve's own pace, plus a floor. Given the curve this is linear and normal: a Kalman filter with the
common variance σ² integrated out (West & Harrison 1997, ch. 4), run for all particles at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cpmodel.outlook.diffusion_prior import NOISE, Particles

Array = np.ndarray


@dataclass(frozen=True)
class Filtered:
    """What is known at the last year, each field of shape (particles,), variances in units of σ².

    drift, momentum          means;  var_drift, covariance, var_momentum   second moments
    shape, scale             inverse gamma posterior of σ²
    log_likelihood           of the series, up to a constant that all particles share
    """

    drift: Array
    momentum: Array
    var_drift: Array
    covariance: Array
    var_momentum: Array
    shape: float
    scale: Array
    log_likelihood: Array


def filtered(p: Particles, levels: Array) -> Filtered:
    """Return the state at the last year of `levels` (n,), years without observation NaN."""
    size = len(p.ceiling)
    drift, momentum, logs, squares = (np.zeros(size) for _ in range(4))
    vd, cov, vm = (p.start * p.pace[:, 0]) ** 2, np.zeros(size), np.ones(size)
    rho = p.persistence
    for year, level in enumerate(levels):
        pace = p.pace[:, year]
        if year:
            momentum = rho * momentum
            drift = drift + pace * momentum
            vm = rho**2 * vm + 1 - rho**2
            vd = np.maximum(vd + 2 * pace * rho * cov + pace**2 * vm, 0)  # rounding of a series without noise
            cov = rho * cov + pace * vm
        if np.isnan(level):
            continue
        reported = (p.reporting * pace) ** 2
        spread = vd + reported
        error = level - p.level[:, year] - drift
        gain_d, gain_m = vd / spread, cov / spread
        drift, momentum = drift + gain_d * error, momentum + gain_m * error
        vd, cov, vm = vd * reported / spread, cov * reported / spread, np.maximum(vm - gain_m * cov, 0)
        logs -= 0.5 * np.log(spread)
        squares += error**2 / spread
    shape, scale = NOISE[0] + 0.5 * np.isfinite(levels).sum(), NOISE[1] + 0.5 * squares
    return Filtered(drift, momentum, vd, cov, vm, shape, scale, logs - shape * np.log(scale))


def simulated(p: Particles, state: Filtered, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return future reported levels, shape (particles, horizon), and the ceilings of the levels, shape (particles,).

    The ceiling is where the level would settle if nothing but the curve moved it from now on.
    """
    years = p.level.shape[1]
    horizon = years - p.history
    sd = np.sqrt(state.scale / rng.gamma(state.shape, size=len(state.scale)))
    noise = rng.standard_normal((2 + 2 * horizon, len(sd)))
    drift = state.drift + sd * np.sqrt(state.var_drift) * noise[0]
    slope = state.covariance / np.maximum(state.var_drift, 1e-300)
    left = np.sqrt(np.maximum(state.var_momentum - slope * state.covariance, 0))
    momentum = state.momentum + slope * (drift - state.drift) + sd * left * noise[1]
    ceilings, fresh = p.ceiling + drift, np.sqrt(1 - p.persistence**2)
    reported = np.empty((len(sd), horizon))
    for h in range(horizon):
        pace = p.pace[:, p.history + h]
        momentum = p.persistence * momentum + sd * fresh * noise[2 + 2 * h]
        drift = drift + pace * momentum
        reported[:, h] = p.level[:, p.history + h] + drift + sd * p.reporting * pace * noise[3 + 2 * h]
    return reported, ceilings
