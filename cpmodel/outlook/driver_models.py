"""Candidates for the forecast of a driver: state-space, exponential smoothing and ARIMA models of statsmodels.

All work on logarithms of yearly figures. A forecast is a multivariate Student t: its mean and the root of its scale
over the years ahead, so that one standard normal number a year and one spread a draw make a path, and the same draw
meets the same path whatever else is drawn. The degrees of freedom are the surprises that were seen, less the numbers
that were estimated beside their spread: with a dozen years nobody knows the spread, and normal bands would be too
narrow. For random walks this is the exact prediction (Zellner 1971, section 3.2); for the others an approximation.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from cpmodel.errors import BadInput, Problem

Array = np.ndarray
WALK, WALK_WITH_DRIFT = "random walk", "random walk with drift"
LEAST = 6  # published years below which nothing is fitted
FREEDOM = 2.0  # at the least: below, a forecast has no finite spread and nothing can be said
ITERATIONS = 200  # of the optimiser; a model that needs more on twenty points is not identified


@dataclass(frozen=True)
class Outlook:
    """A forecast of H years. mean (H,) [log]; root (H, H) lower triangular [log]; residuals (T,), standardised.

    freedom    degrees of freedom of its Student t, at least `FREEDOM`
    """

    mean: Array
    root: Array
    residuals: Array
    freedom: float

    @property
    def scale(self) -> Array:
        """Scale of each year's Student t [log], shape (H,)."""
        return np.sqrt((self.root**2).sum(axis=1))


@dataclass(frozen=True)
class Candidate:
    """A model: how many numbers it estimates, whether it leans on another series, and its fit.

    fit    returns a forecast whose root is that of a known spread, and whose freedom leaves out the other estimates
    """

    estimated: int
    fit: Callable[[Array, int, Array | None], Outlook]
    beside: bool = False


def forecast(
    name: str, values: Array, horizon: int, beside: Array | None = None, broken: int | None = None
) -> Outlook:
    """Fit the candidate `name` and return its forecast.

    values    shape (T,) [log], NaN where nothing is published, the last published
    beside    shape (T,) what an exogenous model leans on; years ahead are told its last value
    broken    position of the first value on a new base; `values` on the old one, and no surprise is read off the step
    """
    known = candidates()
    from statsmodels.tools.sm_exceptions import (
        ModelWarning,  # here and below: half a second, needed to fit only
    )

    if name not in known:
        why, fix = "There is no forecasting model of this name.", "Say `cpmodel drivers --choose`."
        raise BadInput(Problem("data/driver_models.yaml", "model", name, why, fix))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        found = known[name].fit(spliced(np.asarray(values, float), broken), horizon, beside)
    crossed = broken is not None and 0 < broken < len(values)
    seen = int(np.isfinite(found.residuals).sum())
    freedom = max(found.freedom - crossed, FREEDOM)
    return replace(found, root=found.root * np.sqrt(max(seen / freedom, 1.0)), freedom=freedom)


def candidates() -> dict[str, Candidate]:
    """Return the models by name, the simplest first."""
    structural = {WALK: ("rwalk", 1), WALK_WITH_DRIFT: ("rwdrift", 2), "local level": ("llevel", 2),
                  "local level with drift": ("lldtrend", 3), "local linear trend": ("lltrend", 3)}  # fmt: skip
    smoothing = {"exponential smoothing": ({}, 2), "damped trend smoothing": ({"trend": "add", "damped_trend": True}, 4),
                 "trend smoothing": ({"trend": "add"}, 3)}  # fmt: skip
    arima = {"AR(1)": ((1, 0, 0), "c", 3), "ARIMA(1,1,0)": ((1, 1, 0), "n", 2),
             "ARIMA(1,1,0) with drift": ((1, 1, 0), "c", 3)}  # fmt: skip
    beside = {"random walk beside another series": ((0, 1, 0), "n", 2),
              "random walk with drift beside another series": ((0, 1, 0), "c", 3),
              "AR(1) beside another series": ((1, 0, 0), "c", 4)}  # fmt: skip
    found = {name: Candidate(k, partial(_structural, kind)) for name, (kind, k) in structural.items()}
    found |= {name: Candidate(k, partial(_smoothing, kind)) for name, (kind, k) in smoothing.items()}
    found |= {name: Candidate(k, partial(_arima, order, trend)) for name, (order, trend, k) in arima.items()}
    found |= {
        name: Candidate(k, partial(_arima, order, trend), True) for name, (order, trend, k) in beside.items()
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].estimated))


def spliced(values: Array, break_at: int | None) -> Array:
    """Return levels on the new base: those before position `break_at` are moved so that the step across it is the
    mean of the other steps. Nothing is then read off a step that a revision made: neither growth nor spread.
    """
    if break_at is None or not 0 < break_at < len(values):
        return values
    steps = np.diff(values)
    across = steps[break_at - 1]
    steps[break_at - 1] = np.nan
    if not np.isfinite(across) or not np.isfinite(steps).any():
        return values
    moved = values.copy()
    moved[:break_at] += across - np.nanmean(steps)
    return moved


def _structural(kind: str, values: Array, horizon: int, beside: Array | None) -> Outlook:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    centre = np.nanmean(values)
    fitted = UnobservedComponents(values - centre, kind).fit(disp=False, maxiter=ITERATIONS)
    return _state_space(fitted, fitted.get_forecast(horizon).predicted_mean + centre, horizon)


def _arima(order: tuple, trend: str, values: Array, horizon: int, beside: Array | None) -> Outlook:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    centre = np.nanmean(values)
    exog = None if beside is None else beside[:, None]
    model = SARIMAX(values - centre, exog, order=order, trend=trend)
    fitted = model.fit(disp=False, maxiter=ITERATIONS)
    ahead = {} if exog is None else {"exog": np.repeat(exog[-1:], horizon, axis=0)}
    return _state_space(fitted, fitted.get_forecast(horizon, **ahead).predicted_mean + centre, horizon)


def _state_space(fitted, mean: Array, horizon: int) -> Outlook:
    """Return the forecast of a linear Gaussian state-space model (Durbin & Koopman 2012, section 4.11)."""
    model = fitted.model.ssm
    design, move = model["design"], model["transition"]
    shock = model["selection"] @ model["state_cov"] @ model["selection"].T
    state = fitted.filter_results.predicted_state_cov[:, :, -1]
    covariance = np.zeros((horizon, horizon))
    for i in range(horizon):
        cross = state
        for j in range(i, horizon):
            covariance[i, j] = covariance[j, i] = (design @ cross @ design.T)[0, 0]
            cross = cross @ move.T
        covariance[i, i] += model["obs_cov"][0, 0]
        state = move @ state @ move.T + shock
    errors = fitted.filter_results.standardized_forecasts_error[0].copy()
    errors[: int(fitted.loglikelihood_burn)] = np.nan
    errors[np.isnan(fitted.model.endog[:, 0])] = np.nan
    root = np.linalg.cholesky(covariance + 1e-12 * np.eye(horizon))
    others = len(fitted.params) - 1  # estimated beside the spread
    return Outlook(np.asarray(mean), root, errors, float(np.isfinite(errors).sum() - others))


def _smoothing(kind: dict, values: Array, horizon: int, beside: Array | None) -> Outlook:
    """Return the forecast of additive exponential smoothing (Hyndman et al. 2008, chapter 6); gaps end what is seen."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    gaps = np.flatnonzero(~np.isfinite(values))
    start = int(gaps[-1]) + 1 if len(gaps) else 0
    seen = pd.Series(values[start:])
    if len(seen) < LEAST - 1:
        raise ValueError("too few years without a gap")
    fitted = ETSModel(seen, error="add", **kind).fit(disp=False, maxiter=ITERATIONS)
    told = dict(zip(fitted.param_names, fitted.params, strict=True))
    level, trend = told["smoothing_level"], told.get("smoothing_trend", 0.0)
    damping = told.get("damping_trend", 1.0)
    j = np.arange(1, horizon)
    weights = np.concatenate([[1.0], level + trend * np.cumsum(damping**j)])
    sigma = np.sqrt(max(fitted.mse, 1e-12))
    lag = np.subtract.outer(np.arange(horizon), np.arange(horizon))
    root = sigma * np.where(lag >= 0, weights[np.abs(lag)], 0.0)
    residuals = np.concatenate([np.full(start, np.nan), fitted.resid.to_numpy() / sigma])
    freedom = float(np.isfinite(residuals).sum() - len(fitted.params))
    return Outlook(fitted.forecast(horizon).to_numpy(), root, residuals, freedom)
