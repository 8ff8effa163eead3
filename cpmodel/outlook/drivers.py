"""Drivers: trends that no policy lever moves, observed where published and forecast with spread elsewhere.

A year without a published value is never filled in the data: here it is drawn, given the years that are published,
so that gaps and the future carry their uncertainty into every result. Observed years are the same in every draw. Gaps
are bridged by a random walk in logarithms, fitted by maximum likelihood; years after the last published follow the
model that `driver_choice` found best for the series. No step is read off a break in the series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri
from statsmodels.tsa.statespace.structural import UnobservedComponents

from cpmodel.outlook.draws import uniforms
from cpmodel.outlook.driver_models import WALK_WITH_DRIFT, candidates, forecast, spliced

BASE_YEAR = 2010  # prices and indices


@dataclass(frozen=True)
class Driver:
    """Paths of one driver. `values` (Y, n) in `unit`; `observed` (Y,) tells published years from drawn ones."""

    name: str
    unit: str
    years: np.ndarray
    values: np.ndarray
    observed: np.ndarray


def random_walk(values: np.ndarray) -> tuple[float, float]:
    """Fit a random walk with drift; returns drift and standard deviation [per year].

    values    shape (T,), NaN where nothing is published; at least four published values.
    """
    fit = UnobservedComponents(values - np.nanmean(values), "rwdrift").fit(disp=False)
    sigma = float(np.sqrt(max(fit.params[0], 1e-12)))
    drift = float(fit.smoothed_state[1, -1])
    return drift, sigma


def bridge(values: np.ndarray, drift: float, sigma: float, normals: np.ndarray) -> np.ndarray:
    """Draw what is missing of a random walk given what is published.

    values    shape (T,), NaN where missing   normals    shape (T, n)
    Returns shape (T, n); published values stand unchanged in every draw. Gaussian conditioning on the published
    values (Rasmussen & Williams 2006, eq. 2.19), with the first published value as the origin.
    """
    time = np.arange(len(values), dtype=float)
    known = np.flatnonzero(np.isfinite(values))
    missing = np.flatnonzero(~np.isfinite(values))
    paths = np.repeat(values[:, None], normals.shape[1], axis=1)
    if len(missing) == 0:
        return paths
    origin = known[0]
    distance = time - origin
    same_side = np.sign(distance)[:, None] == np.sign(distance)[None]
    covariance = sigma**2 * np.where(same_side, np.minimum(abs(distance)[:, None], abs(distance)[None]), 0.0)
    trend = values[origin] + drift * distance
    inner = known[1:]
    gain = np.zeros((len(missing), 0))
    if len(inner):
        gain = np.linalg.solve(covariance[np.ix_(inner, inner)], covariance[np.ix_(inner, missing)]).T
    mean = trend[missing] + gain @ (values[inner] - trend[inner])
    spread = covariance[np.ix_(missing, missing)] - gain @ covariance[np.ix_(inner, missing)]
    root = np.linalg.cholesky(spread + 1e-14 * np.eye(len(missing)))
    paths[missing] = mean[:, None] + root @ normals[missing]
    return paths


def log_path(name: str, series: pd.Series, years: np.ndarray, seed: int, draws: int, unit: str) -> Driver:
    """Return a positive driver over `years`, drawn where not published.

    series    value by year [unit], published years only; its `attrs` say how it is forecast (see `inputs.macro`)
    Gaps are bridged by its own random walk in logarithms; years after the last published follow its law. There its
    surprises are tied to those of other drivers of the same draw and year.
    """
    every, logs = _laid_out(series, years)
    normals = np.stack([ndtri(uniforms(seed, f"driver.{name}.{year}", draws)) for year in every])
    ahead = int(np.flatnonzero(np.isfinite(logs))[-1]) + 1
    others = {other: weight for other, weight in series.attrs.get("tied", ()) if other != name}
    if others:
        normals[ahead:] *= dict(series.attrs["tied"])[name]
        for other, weight in others.items():
            for i in range(ahead, len(every)):
                normals[i] += weight * ndtri(uniforms(seed, f"driver.{other}.{every[i]}", draws))
    paths = _paths(series, every, logs, normals)
    here = np.searchsorted(every, years)
    return Driver(name, unit, years, np.exp(paths[here]), np.isfinite(logs[here]))


def median_path(series: pd.Series, years: np.ndarray) -> np.ndarray:
    """Return the median of `log_path` over `years`, shape (Y,); it does not depend on draws or seed."""
    every, logs = _laid_out(series, years)
    middle = _paths(series, every, logs, np.zeros((len(every), 1)))[:, 0]
    return np.exp(middle[np.searchsorted(every, years)])


def _laid_out(series: pd.Series, years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return every year from the first published or asked for to the last, and its log, NaN where not published."""
    first = min(int(series.index.min()), int(years[0]))
    every = np.arange(first, max(int(years[-1]), int(series.index.max())) + 1)
    return every, np.log(series.reindex(every).to_numpy(float))


def _paths(series: pd.Series, every: np.ndarray, logs: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Return logs (T, n): published years as they are, gaps bridged, years ahead by the series' law."""
    broken, law = series.attrs.get("break_year"), series.attrs.get("law", WALK_WITH_DRIFT)
    known = np.flatnonzero(np.isfinite(logs))
    first, ahead = int(known[0]), int(known[-1]) + 1
    seen = spliced(logs[:ahead], None if broken is None else int(broken - every[0]))
    paths = bridge(logs, *random_walk(seen), normals)
    if law != WALK_WITH_DRIFT and ahead < len(every):
        known_law, beside = candidates().get(law), series.attrs.get("beside")
        if known_law is not None and known_law.beside and beside is not None:
            beside = beside.reindex(every[first:ahead]).ffill().bfill().to_numpy(float)
        else:
            beside = None
        paths[ahead:] = forecast(law, seen[first:], len(every) - ahead, beside).paths(normals[ahead:])
    return paths


def price_level(inflation: pd.Series, base: int = BASE_YEAR) -> pd.Series:
    """Return the consumer price level by year, `base` = 1, from yearly inflation [share]."""
    level = np.exp(np.log1p(inflation.sort_index()).cumsum())
    return level / level[base]


def growth_paths(
    growth: pd.DataFrame,
    sectors: tuple[str, ...],
    years: np.ndarray,
    error: np.ndarray,
    seed: int,
    shift: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return log growth of the number of establishments (Y, J, n) [1/year] and its status (Y,).

    growth    the table of `inputs.establishments`: published, derived or nothing by sector and year
    error     shape (n,) [1/year], what derived growth may be off by   shift    of the named path [1/year]
    Years without anything published repeat the mean of the derived years, with an error that grows as a random walk.
    """
    table = growth.pivot(index="year", columns="sector", values="log_growth").reindex(years)[list(sectors)]
    status = (
        growth.pivot(index="year", columns="sector", values="status").reindex(years).iloc[:, 0].to_numpy()
    )
    paths = np.repeat(table.to_numpy()[:, :, None], len(error), axis=2)
    derived, none = status == "derived", status == "none"
    fallback = np.nanmean(growth.loc[growth["status"] == "derived", "log_growth"])
    paths[none] = fallback
    paths[derived | none] += error + shift
    walk = np.zeros(len(error))
    for i in np.flatnonzero(none):
        walk = walk + 0.01 * ndtri(uniforms(seed, f"driver.establishments.{years[i]}", len(error)))
        paths[i] += walk
    return paths, status
