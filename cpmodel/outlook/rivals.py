"""What a forecast must beat: persistence, straight lines, a logit trend, and least squares diffusion curves.

All have one form, `rival(series, horizon, rng, draws)` → samples of the next levels, shape (draws, horizon), with
bands from a bootstrap of their own residuals (Efron & Tibshirani 1993). Series are levels by year, gaps allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from cpmodel.outlook.diffusion_curves import CURVES, fit_curve, predict, solve

Array = np.ndarray
Rival = Callable[[pd.Series, int, np.random.Generator, int], Array]


def persistence(series: pd.Series, horizon: int, rng: np.random.Generator, draws: int) -> Array:
    """Return the last level plus yearly steps as large as those seen, up as often as down."""
    _, steps = _steps(series)
    signs = rng.choice((-1.0, 1.0), (draws, horizon))
    return series.iloc[-1] + np.cumsum(signs * rng.choice(steps, (draws, horizon)), axis=1)


def drift(series: pd.Series, horizon: int, rng: np.random.Generator, draws: int) -> Array:
    """Return a straight line from the last level with the mean yearly step; errors add up like the steps."""
    years, steps = _steps(series)
    mean = (series.iloc[-1] - series.iloc[0]) / years
    paths = np.cumsum(rng.choice(steps - steps.mean(), (draws, horizon)), axis=1)
    return series.iloc[-1] + mean * np.arange(1, horizon + 1) + paths


def straight_line(series: pd.Series, horizon: int, rng: np.random.Generator, draws: int) -> Array:
    """Return the least squares line, refitted to its resampled residuals, plus a residual."""
    t, ahead = _years(series, horizon)
    return _line(t, series.to_numpy(float), ahead, rng, draws)


def logit_trend(series: pd.Series, horizon: int, rng: np.random.Generator, draws: int) -> Array:
    """Return the straight line of the log odds, as a share of `series.attrs["ceiling"]`.

    Without a ceiling it is taken as twice the largest level: a logit trend cannot estimate it. Levels outside
    are moved in to .1 % of the ceiling.
    """
    t, ahead = _years(series, horizon)
    top = series.attrs.get("ceiling") or 2 * max(series.abs().max(), 1e-300)
    share = np.clip(series.to_numpy(float) / top, 1e-3, 1 - 1e-3)
    odds = _line(t, np.log(share / (1 - share)), ahead, rng, draws)
    return top / (1 + np.exp(-odds))


def curve(name: str, series: pd.Series, horizon: int, rng: np.random.Generator, draws: int) -> Array:
    """Return the least squares curve `name`, refitted to resampled residuals, plus a residual.

    Adoption starts the year before the first observation (t = 1). With fewer points than parameters plus one
    there is no residual to resample: the drift is returned.
    """
    if len(series) < 2 + len(CURVES[name].starts[0]):
        return drift(series, horizon, rng, draws)
    t, ahead = _years(series, horizon)
    levels = series.to_numpy(float)
    unit = np.abs(levels).max() or 1.0
    fit = fit_curve(CURVES[name], t, levels / unit)
    left = _inflated(levels / unit - fit.fitted, 1 + len(fit.parameters))
    again = min(draws, 200)  # refits; their errors are then drawn afresh for every path
    targets = fit.fitted + rng.choice(left, (again, t.size))
    start = np.log([(fit.ceiling, *fit.parameters)])
    logs, _ = solve(partial(predict, CURVES[name], t), np.tile(start, (again, 1)), targets, rounds=25)
    paths = predict(CURVES[name], ahead, logs)[np.arange(draws) % again]
    return unit * (paths + rng.choice(left, paths.shape))


def _line(t: Array, values: Array, ahead: Array, rng: np.random.Generator, draws: int) -> Array:
    design = np.column_stack([np.ones_like(t), t])
    solver = np.linalg.pinv(design)
    fitted = design @ (solver @ values)
    left = _inflated(values - fitted, 2)
    lines = (fitted + rng.choice(left, (draws, t.size))) @ solver.T
    return lines[:, :1] + lines[:, 1:] * ahead + rng.choice(left, (draws, ahead.size))


def _inflated(residuals: Array, parameters: int) -> Array:
    """Return centred residuals with the spread that the fit took out of them given back, √(n/(n − k))."""
    n = residuals.size
    return (residuals - residuals.mean()) * np.sqrt(n / max(n - parameters, 1))


def _steps(series: pd.Series) -> tuple[int, Array]:
    """Return the years from end to end and the steps per year, a gap's step spread over its years."""
    years = np.diff(series.index.to_numpy())
    return int(years.sum()), np.repeat(np.diff(series.to_numpy(float)) / years, years)


def _years(series: pd.Series, horizon: int) -> tuple[Array, Array]:
    t = series.index.to_numpy(float) - series.index[0] + 1
    return t, t[-1] + np.arange(1.0, horizon + 1)


RIVALS: dict[str, Rival] = {
    "persistence": persistence,
    "drift": drift,
    "straight line": straight_line,
    "logit trend": logit_trend,
} | {name: partial(curve, name) for name in ("Bass", "Gompertz", "Weibull", "gamma/shifted Gompertz")}
