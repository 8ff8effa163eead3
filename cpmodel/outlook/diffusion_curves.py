"""The curves of the diffusion literature and their nonlinear least squares fits.

Every curve is a share F(t) of a ceiling m, t in years since the start, with positive parameters. Reviews:
Meade & Islam 2006 (doi 10.1016/j.ijforecast.2006.01.005), Chandrasekaran & Tellis 2007
(doi 10.1108/S1548-6435(2007)0000003006).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cpmodel.errors import BadInput, Problem

Array = np.ndarray


def bass(t: Array, p: Array, q: Array) -> Array:
    """Return F(t) of Bass 1969 (doi 10.1287/mnsc.15.5.215): hazard p + q·F, F(0) = 0."""
    spent = np.exp(-(p + q) * t)
    return (1 - spent) / (1 + (q / p) * spent)


def bass_density(t: Array, p: Array, q: Array) -> Array:
    """Return f(t) = F'(t) of Bass 1969."""
    spent = np.exp(-(p + q) * t)
    return (p + q) ** 2 / p * spent / (1 + (q / p) * spent) ** 2


def bass_peak(p: float, q: float) -> float:
    """Return T*, the year of the largest adoption, ln(q/p)/(p + q)."""
    return float(np.log(q / p) / (p + q))


def logistic(t: Array, odds: Array, rate: Array) -> Array:
    """Return 1/(1 + odds·exp(−rate·t)), odds being (1 − F(0))/F(0) (Fisher & Pry 1971)."""
    return 1 / (1 + odds * np.exp(-rate * t))


def gompertz(t: Array, depth: Array, rate: Array) -> Array:
    """Return exp(−depth·exp(−rate·t)), depth being −ln F(0)."""
    return np.exp(-depth * np.exp(-rate * t))


def weibull(t: Array, scale: Array, shape: Array) -> Array:
    """Return 1 − exp(−(t/scale)^shape) (Sharif & Islam 1980, doi 10.1016/0040-1625(80)90026-8)."""
    return -np.expm1(-((t / scale) ** shape))


def shifted_gompertz(t: Array, rate: Array, odds: Array, shape: Array) -> Array:
    """Return (1 − e^(−rate·t))·(1 + odds·e^(−rate·t))^(−shape): Bemmaor's gamma/shifted Gompertz.

    Individual adoption times are shifted Gompertz and propensity varies as a gamma of this shape; shape 1 is Bass
    with odds q/p (Bemmaor 1994; Bemmaor & Lee 2002, doi 10.1287/mksc.21.2.209.154).
    """
    spent = np.exp(-rate * t)
    return (1 - spent) * (1 + odds * spent) ** -shape


@dataclass(frozen=True)
class Curve:
    """One curve: its share F(t, *parameters) and the values from which a fit is started.

    starts   parameter values without the ceiling, shape (s, k): slow to fast, early to late
    """

    name: str
    share: Callable[..., Array]
    starts: tuple[tuple[float, ...], ...]


CURVES = {
    curve.name: curve
    for curve in (
        Curve("Bass", bass, ((0.03, 0.38), (0.005, 0.5), (0.1, 0.1), (0.001, 0.8))),
        Curve("logistic", logistic, ((20, 0.4), (100, 0.8), (3, 0.2), (500, 0.4))),
        Curve("Gompertz", gompertz, ((4, 0.2), (10, 0.4), (2, 0.1), (20, 0.2))),
        Curve("Weibull", weibull, ((10, 2), (20, 1), (20, 4), (60, 3))),
        Curve(
            "gamma/shifted Gompertz",
            shifted_gompertz,
            ((0.4, 12, 1), (0.3, 50, 2), (0.2, 2, 0.5), (0.6, 200, 0.7)),
        ),
    )
}
CEILINGS = (1.1, 2.0, 6.0)  # starts for the ceiling, in units of the largest level: near, middle, far


@dataclass(frozen=True)
class Fit:
    """A least squares fit: `ceiling` m, `parameters` of the share in their order, `sse`, `fitted` values."""

    ceiling: float
    parameters: tuple[float, ...]
    sse: float
    fitted: Array


def fit_curve(curve: Curve, t: Array, values: Array, form: str = "level") -> Fit:
    """Return the nonlinear least squares fit of a curve.

    t, values   years since the start (the first year of adoption is t = 1) and observations, shape (n,)
    form        level: m·F(t) · step: m·[F(t) − F(t − 1)] (Srinivasan & Mason 1986, doi 10.1287/mksc.5.2.169)
                · density: m·F'(t), Bass only
    Raises BadInput when there are fewer observations than parameters.
    """
    t, values = np.asarray(t, float), np.asarray(values, float)
    if values.size < 1 + len(curve.starts[0]):
        why = f"{curve.name} has {1 + len(curve.starts[0])} parameters, more than there are observations."
        raise BadInput(Problem("series", curve.name, values.size, why, "Give a longer series."))
    unit = np.abs(values).max() or 1.0
    top = 1.0 if form == "level" else np.abs(values).sum() / unit
    starts = np.log([(c * top, *start) for c in CEILINGS for start in curve.starts])
    targets = np.tile(values / unit, (len(starts), 1))
    logs, sse = solve(lambda p: predict(curve, t, p, form), starts, targets)
    best = int(np.argmin(sse))
    fitted = unit * predict(curve, t, logs[best : best + 1], form)[0]
    ceiling, *parameters = np.exp(logs[best])
    return Fit(
        float(unit * ceiling), tuple(map(float, parameters)), float(((values - fitted) ** 2).sum()), fitted
    )


def predict(curve: Curve, t: Array, logs: Array, form: str = "level") -> Array:
    """Return predictions, shape (s, n), of parameter sets given as logarithms, ceiling first, shape (s, 1 + k)."""
    ceiling, *theta = np.exp(logs).T[..., None]
    if form == "density":
        return ceiling * bass_density(t, *theta)
    with np.errstate(over="ignore", under="ignore"):  # far from the data a share is 0 or 1, which is right
        before = curve.share(t - 1, *theta) if form == "step" else 0.0
        return ceiling * (curve.share(t, *theta) - before)


def solve(
    model: Callable[[Array], Array], starts: Array, targets: Array, rounds: int = 200
) -> tuple[Array, Array]:
    """Return least squares parameters and their sums of squares, all starts at once (Levenberg–Marquardt).

    starts   shape (s, k);  targets   shape (s, n);  rounds   enough for the published cases to settle to 9 digits
    Steps are held within ±2 and the parameters within ±18 (logarithms: eight powers of ten), so that a fit that
    runs off to an infinite ceiling, as many do, ends finite.
    """
    x, damping = starts.copy(), np.full(len(starts), 1e-2)
    misfit = targets - model(x)
    sse = (misfit**2).sum(axis=1)
    for _ in range(rounds):
        slope = np.stack([_derivative(model, x, j) for j in range(x.shape[1])], axis=2)
        normal = np.einsum("snj,snk->sjk", slope, slope)
        diagonal = np.einsum("sjj->sj", normal)
        ridge = (diagonal + 1e-12) * damping[:, None] + 1e-14
        pull = np.einsum("snj,sn->sj", slope, misfit)
        step = np.linalg.solve(normal + ridge[:, :, None] * np.eye(x.shape[1]), pull[..., None])[..., 0]
        trial = np.clip(x + np.clip(step, -2, 2), -18, 18)
        error = targets - model(trial)
        new = (error**2).sum(axis=1)
        better = new < sse
        gain = np.where(better, sse - new, 0.0)
        x[better], misfit[better], sse[better] = trial[better], error[better], new[better]
        damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-12, 1e8)
        if np.all((gain <= 1e-15 * sse) & (damping > 1e3)):
            break
    return x, sse


def _derivative(model: Callable[[Array], Array], x: Array, j: int, h: float = 1e-5) -> Array:
    """Return the central difference in parameter j, shape (s, n); h balances rounding and curvature."""
    up, down = x.copy(), x.copy()
    up[:, j] += h
    down[:, j] -= h
    return (model(up) - model(down)) / (2 * h)
