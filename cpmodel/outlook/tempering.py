"""Adaptive tempered sequential Monte Carlo (Del Moral, Doucet & Jasra 2006, doi 10.1111/j.1467-9868.2006.00553.x).

Particles set out from the prior, in coordinates in which it is standard normal. The likelihood is let in by powers
so that half of the particles stay effective each time; after each resampling they move. A label (a family of
curves, a structural variant) is resampled with its particle and never moved, so labels win particles as they explain
the data. Particles of different populations never replace each other: populations are separate runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from cpmodel.errors import RunFailed

Array = np.ndarray
Move = Callable[[Array, Array, float, np.random.Generator], tuple[Array, Array | float]]


@dataclass(frozen=True)
class Tempered:
    """Particles of the posterior.

    label (n,), z (n, d), value (n,)   labels, coordinates, log-likelihoods
    origin    (n,) the first particle that each descends from
    evidence  (populations,) log of the mean likelihood under the prior
    powers    at which the particles were resampled, the last one 1   accepted   share of the last moves taken
    """

    label: Array
    z: Array
    value: Array
    origin: Array
    evidence: Array
    powers: tuple[float, ...]
    accepted: float


def random_walk(label: Array, z: Array, stride: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Step 2.38/√d times the spread of each label (Roberts & Rosenthal 2001); for few, informed dimensions."""
    noise = rng.standard_normal(z.shape)
    dimension = z.shape[1]
    for number in range(int(label.max()) + 1):
        mine = label == number
        spread = 0.05 * np.eye(dimension)  # keeps a label of few particles, or of one point, moving
        if mine.sum() > 2 * dimension:
            spread = np.cov(z[mine].T) + 1e-6 * np.eye(dimension)
        noise[mine] = noise[mine] @ np.linalg.cholesky(spread).T
    trial = z + stride * (2.38 / np.sqrt(dimension) * noise)
    return trial, 0.5 * ((z**2).sum(1) - (trial**2).sum(1))


def autoregression(label: Array, z: Array, stride: float, rng: np.random.Generator) -> tuple[Array, float]:
    """Step √(1 − β²)·z + β·noise, β = stride/2, which leaves the prior as it is in any number of dimensions.

    Preconditioned Crank–Nicolson (Cotter, Roberts, Stuart & White 2013, doi 10.1214/13-STS421): for many dimensions
    of which the data inform few.
    """
    part = min(stride / 2, 1.0)
    return np.sqrt(1 - part**2) * z + part * rng.standard_normal(z.shape), 0.0


def temper(
    log_likelihood: Callable[[Array, Array], Array],
    label: Array,
    z: Array,
    rng: np.random.Generator,
    *,
    population: Array | None = None,
    move: Move = random_walk,
    moves: int = 4,
    limit: int = 100,
    progress: Callable[[float], None] | None = None,
) -> Tempered:
    """Carry particles (labels and standard normal coordinates) drawn from the prior to the posterior.

    log_likelihood   of labels (n,) and coordinates (n, d), shape (n,); −inf where the data are impossible
    population       (n,) number of the run each particle belongs to, from 0; None for one run
    moves, limit     moves at each power, and powers after which it is given up (RunFailed)
    progress         told the power reached
    """
    size = len(label)
    population = np.zeros(size, int) if population is None else population
    members = [np.flatnonzero(population == p) for p in range(int(population.max()) + 1)]
    label, z = label.copy(), z.copy()
    value, origin = _checked(log_likelihood(label, z), members), np.arange(size)
    evidence, powers, power, stride, taken = np.zeros(len(members)), [], 0.0, 1.0, np.ones(size, bool)
    while power < 1:
        rise = min(_next_rise(value[mine], 1 - power, len(mine) / 2) for mine in members)
        evidence += [logsumexp(rise * value[mine]) - np.log(len(mine)) for mine in members]
        chosen = np.concatenate([mine[_systematic(rise * value[mine], rng)] for mine in members])
        order = np.concatenate(members)
        label[order], z[order], value[order], origin[order] = (
            x[chosen] for x in (label, z, value, origin)
        )  # fmt: skip
        power = min(power + rise, 1.0)
        powers.append(power)
        if len(powers) > limit:
            raise RunFailed(
                f"The particles reached power {power:.2g} of the likelihood after {limit} steps only."
            )
        for _ in range(moves):
            trial, prior_ratio = move(label, z, stride, rng)
            proposed = log_likelihood(label, trial)
            log_ratio = power * (proposed - value) + prior_ratio
            taken = np.log(rng.random(size)) < log_ratio
            z[taken], value[taken] = trial[taken], proposed[taken]
            stride = float(np.clip(stride * np.exp(taken.mean() - 0.25), 0.05, 2.0))
        if progress:
            progress(power)
    return Tempered(label, z, value, origin, evidence, tuple(powers), float(taken.mean()))


def _checked(value: Array, members: list[Array]) -> Array:
    """Refuse a start from which no posterior can be reached."""
    if np.isnan(value).any():
        raise RunFailed(
            f"The likelihood is not a number for {int(np.isnan(value).sum())} draws of the prior."
        )
    if any(np.isneginf(value[mine]).all() for mine in members):
        raise RunFailed("The data are impossible under every draw of the prior, so there is no posterior.")
    return value


def _next_rise(value: Array, left: float, target: float) -> float:
    """Return the largest rise in power, at most `left`, that keeps `target` particles effective (bisection)."""
    if effective(left * value) >= target:
        return left
    low, high = 0.0, left
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if effective(middle * value) >= target else (low, middle)
    return max(low, 1e-6)


def effective(logs: Array) -> float:
    """Return the effective number of particles of log weights (Kong 1992): (Σw)²/Σw²."""
    return float(np.exp(2 * logsumexp(logs) - logsumexp(2 * logs)))


def _systematic(logs: Array, rng: np.random.Generator) -> Array:
    """Return the indices of a systematic resample."""
    weights = np.exp(logs - logsumexp(logs))
    places = (np.arange(logs.size) + rng.random()) / logs.size
    return np.minimum(np.searchsorted(np.cumsum(weights), places), logs.size - 1)
