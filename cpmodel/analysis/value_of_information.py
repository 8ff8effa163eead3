"""What it would be worth to know: perfect information about a choice, about one input, and from a survey."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

Array = np.ndarray


def evpi(net_benefit: Array) -> float:
    """Return the expected value of perfect information, in the unit of the net benefit.

    net_benefit    draws × options; the same draw of the world for all options
    What choosing with foresight would gain over the option that is best on average: E max − max E, never negative.
    Source: Raiffa & Schlaifer 1961, Applied Statistical Decision Theory, ch. 4.
    """
    values = np.asarray(net_benefit, dtype=float)
    if values.ndim != 2 or values.shape[1] < 1 or not np.isfinite(values).all():
        raise ValueError(
            f"net benefit is draws × options of finite numbers, not an array of shape {values.shape}"
        )
    return float(max(values.max(axis=1).mean() - values.mean(axis=0).max(), 0.0))


def evpi_of_normal(mean: float, sd: float) -> float:
    """Return the same for two options whose difference in net benefit is N(mean, sd²), in its unit.

    σ φ(μ/σ) − |μ| Φ(−|μ|/σ): the unit normal loss of the option that is not taken. Source: as `evpi`, ch. 5.
    """
    if sd < 0:
        raise ValueError(f"a standard deviation is not negative: {sd}")
    if sd == 0:
        return 0.0
    z = abs(mean) / sd
    return float(sd * norm.pdf(z) - abs(mean) * norm.cdf(-z))


def value_of_learning(
    net_benefit: Array,
    signal: Array,
    rng: np.random.Generator | None = None,
    degree: int = 3,
    shuffles: int = 8,
) -> float:
    """Return what choosing after seeing a signal gains over choosing now, in the unit of the net benefit.

    net_benefit    draws × options   signal    (draws,) or draws × parts: an uncertain input gives the expected value of
    partial perfect information (EVPPI); what a survey would report, drawn once per draw, that of sample information (EVSI)
    rng    where given, what the same signal in shuffled order seems to bring is taken off: chance teaches nothing
    The mean net benefit given the signal is fitted by least squares on its powers up to `degree` and products of parts:
    E max E[NB | signal] − max E NB. Source: Strong, Oakley & Brennan 2014, doi 10.1177/0272989X13505910; 2015,
    doi 10.1177/0272989X15575286.
    """
    values = np.asarray(net_benefit, dtype=float)
    evpi(values)  # refuses what is no table of net benefits
    parts = np.asarray(signal, dtype=float).reshape(len(values), -1)
    basis = _basis(parts, degree)
    gain = _gain_of(values, basis)
    if rng is not None:
        chance = [_gain_of(values, basis[rng.permutation(len(basis))]) for _ in range(shuffles)]
        gain -= float(np.mean(chance))
    return max(gain, 0.0)


def _basis(parts: Array, degree: int) -> Array:
    """Return an orthonormal basis of what is fitted, draws × functions: powers of each part and products of two."""
    spread = parts.std(axis=0)
    z = (parts - parts.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    columns = [np.ones(len(z)), *(z[:, j] ** d for j in range(z.shape[1]) for d in range(1, degree + 1))]
    columns += [z[:, i] * z[:, j] for i in range(z.shape[1]) for j in range(i)]
    left, sizes, _ = np.linalg.svd(np.column_stack(columns), full_matrices=False)
    return left[:, sizes > len(z) * np.finfo(float).eps * sizes[0]]  # as least squares counts functions alike


def _gain_of(values: Array, basis: Array) -> float:
    fitted = basis @ (basis.T @ values)
    return float(fitted.max(axis=1).mean() - values.mean(axis=0).max())


def evsi_of_normal(mean: float, sd: float, noise: float, size: float) -> float:
    """Return EVSI for two options whose difference in net benefit is N(mean, sd²), seen `size` times with N(0, noise²).

    The mean expected after the survey is N(mean, sd⁴/(sd² + noise²/size)) before it, so EVSI is the unit normal loss
    with that spread. Source: Raiffa & Schlaifer 1961, ch. 5.
    """
    if size <= 0:
        return 0.0
    return evpi_of_normal(mean, sd**2 / np.sqrt(sd**2 + noise**2 / size)) if sd > 0 else 0.0
