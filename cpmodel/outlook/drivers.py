"""Drivers: trends that no policy lever moves, observed where published and forecast with spread elsewhere.

A year without a published value is never filled in the data: here it is drawn, given the years that are published,
so that gaps and the future carry their uncertainty into every result. Observed years are the same in every draw. Gaps
are bridged by a random walk in logarithms, fitted by maximum likelihood; years after the last published follow the
model that `driver_choice` found best for the series, with the tails that few years leave it. No step is read off a
break in the series.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import gammaincinv, ndtri

from cpmodel.kept import content_key, kept
from cpmodel.outlook import driver_models
from cpmodel.outlook.draws import Stream, streams_of
from cpmodel.outlook.driver_models import LEAST, WALK_WITH_DRIFT, candidates, forecast, spliced

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
    from statsmodels.tsa.statespace.structural import (
        UnobservedComponents,  # half a second, needed to fit only
    )

    fit = UnobservedComponents(values - np.nanmean(values), "rwdrift").fit(disp=False)
    sigma = float(np.sqrt(max(fit.params[0], 1e-12)))
    drift = float(fit.smoothed_state[1, -1])
    return drift, sigma


def bridge(values: np.ndarray, drift: float, sigma: float, normals: np.ndarray) -> np.ndarray:
    """Draw what is missing of a random walk given what is published; arguments as of `bridged`, normals (T, n)."""
    mean, root = bridged(values, drift, sigma)
    return mean[:, None] + root @ normals


def bridged(values: np.ndarray, drift: float, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Return mean (T,) and root (T, T) of a random walk given what is published; published values have no spread.

    values    shape (T,), NaN where missing
    Gaussian conditioning on the published values (Rasmussen & Williams 2006, eq. 2.19), with the first published
    value as the origin.
    """
    time = np.arange(len(values), dtype=float)
    known = np.flatnonzero(np.isfinite(values))
    missing = np.flatnonzero(~np.isfinite(values))
    mean, root = values.copy(), np.zeros((len(values), len(values)))
    if len(missing) == 0:
        return mean, root
    origin = known[0]
    distance = time - origin
    same_side = np.sign(distance)[:, None] == np.sign(distance)[None]
    covariance = sigma**2 * np.where(same_side, np.minimum(abs(distance)[:, None], abs(distance)[None]), 0.0)
    trend = values[origin] + drift * distance
    inner = known[1:]
    gain = np.zeros((len(missing), 0))
    if len(inner):
        gain = np.linalg.solve(covariance[np.ix_(inner, inner)], covariance[np.ix_(inner, missing)]).T
    mean[missing] = trend[missing] + gain @ (values[inner] - trend[inner])
    spread = covariance[np.ix_(missing, missing)] - gain @ covariance[np.ix_(inner, missing)]
    root[np.ix_(missing, missing)] = np.linalg.cholesky(spread + 1e-14 * np.eye(len(missing)))
    return mean, root


@dataclass(frozen=True)
class Law:
    """How a driver is drawn: logarithms = mean + root · normals, one standard normal a year, and the forecast's tails.

    years     from the first published or asked for to the last   mean (T,), root (T, T) [log]
    observed  (T,) whether published   ahead    position of the first year after the last published
    freedom   degrees of freedom of the years ahead; infinite where the spread is taken as known
    tied      (driver, weight) of other drivers' normals in the surprises of the years ahead, its own weight included
    """

    name: str
    unit: str
    years: np.ndarray
    mean: np.ndarray
    root: np.ndarray
    observed: np.ndarray
    ahead: int
    freedom: float
    tied: tuple[tuple[str, float], ...] = ()

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams that its draws depend on: its years without a figure, those it is tied to, its tails."""
        missing = [int(year) for year in self.years[~self.observed]]
        later = [int(year) for year in self.years[self.ahead :]]
        own = [f"driver.{self.name}.{year}" for year in missing]
        others = [f"driver.{other}.{year}" for other, _ in self.tied if other != self.name for year in later]
        tails = [f"driver.{self.name}.spread"] if later and np.isfinite(self.freedom) else []
        return (*own, *others, *tails)

    def path(self, years: np.ndarray, stream: Stream) -> Driver:
        """Return its paths over `years`, from the numbers in (0, 1) that `stream` gives for the name of a stream."""
        normals = [ndtri(stream(f"driver.{self.name}.{year}")) for year in self.years[~self.observed]]
        draws = len(normals[0]) if normals else len(stream(f"driver.{self.name}.{self.years[0]}"))
        surprises = np.zeros((len(self.years), draws))
        if normals:
            surprises[~self.observed] = normals
        later = slice(self.ahead, None)
        weights = dict(self.tied)
        if len(weights) > 1:
            surprises[later] *= weights.pop(self.name)
            for other, weight in weights.items():
                for i in range(self.ahead, len(self.years)):
                    surprises[i] += weight * ndtri(stream(f"driver.{other}.{self.years[i]}"))
        if self.ahead < len(self.years) and np.isfinite(self.freedom):
            half = (
                self.freedom / 2
            )  # normal over the root of χ²/df: Student's t, one spread for the years of a draw
            surprises[later] /= np.sqrt(gammaincinv(half, stream(f"driver.{self.name}.spread")) / half)
        here = np.searchsorted(self.years, years)
        logs = self.mean[here, None] + self.root[here] @ surprises
        return Driver(self.name, self.unit, years, np.exp(logs), self.observed[here])

    def median(self, years: np.ndarray) -> np.ndarray:
        """Return the median of its paths over `years`, shape (Y,); it does not depend on draws or seed."""
        return np.exp(self.mean[np.searchsorted(self.years, years)])


def law(name: str, series: pd.Series, years: np.ndarray, unit: str = "") -> Law:
    """Fit how a positive driver is drawn over `years` where it is not published.

    series    value by year [unit], published years only; its `attrs` say how it is forecast (see `inputs.macro`)
    Gaps are bridged by its own random walk in logarithms; years after the last published follow its recorded model.
    There its surprises are tied to those of other drivers of the same draw and year. A fit is kept from one start of
    the program to the next.
    """
    first = min(int(series.index.min()), int(years[0]))
    every = np.arange(first, max(int(years[-1]), int(series.index.max())) + 1)
    logs = np.log(series.reindex(every).to_numpy(float))
    known = np.flatnonzero(np.isfinite(logs))
    ahead = int(known[-1]) + 1
    beside = _beside(series, every[known[0] : ahead])
    told = logs.tolist(), every.tolist(), series.attrs.get("law"), series.attrs.get("break_year"), beside
    key = content_key(told, [Path(__file__), Path(driver_models.__file__)], ("numpy", "scipy", "statsmodels"))
    mean, root, freedom = kept("fits", f"{name}-{key}", lambda: _fit(series, every, logs, beside))
    tied = series.attrs.get("tied", ())
    return Law(name, unit, every, mean, root, np.isfinite(logs), ahead, freedom, tied)


def _fit(series: pd.Series, every: np.ndarray, logs: np.ndarray, beside: list[float] | None):
    """Return mean, root and degrees of freedom of a law, as in `Law`; arguments as `law` has them."""
    known = np.flatnonzero(np.isfinite(logs))
    start, ahead = int(known[0]), int(known[-1]) + 1
    broken = series.attrs.get("break_year")
    broken = None if broken is None else int(broken - every[start])
    seen = logs[start:ahead]
    mean, root = bridged(logs, *random_walk(spliced(seen, broken)))
    freedom = np.inf
    if ahead < len(every) and len(known) >= LEAST:
        model = series.attrs.get("law", WALK_WITH_DRIFT)
        told = None if beside is None else np.array(beside)
        outlook = forecast(model, seen, len(every) - ahead, told, broken)
        mean[ahead:], root[ahead:], freedom = outlook.mean, 0.0, outlook.freedom
        root[ahead:, ahead:] = outlook.root
    return mean, root, freedom


def _beside(series: pd.Series, years: np.ndarray) -> list[float] | None:
    """Return what the model of a series leans on over the years; None where it leans on nothing."""
    known, beside = candidates().get(series.attrs.get("law", WALK_WITH_DRIFT)), series.attrs.get("beside")
    if known is None or not known.beside or beside is None:
        return None
    return beside.reindex(years).ffill().bfill().to_list()


def log_path(name: str, series: pd.Series, years: np.ndarray, seed: int, draws: int, unit: str) -> Driver:
    """Return a positive driver over `years`, drawn where not published; see `law`."""
    return law(name, series, years, unit).path(years, streams_of(seed, draws))


def price_level(inflation: pd.Series, base: int = BASE_YEAR) -> pd.Series:
    """Return the consumer price level by year, `base` = 1, from yearly inflation [share]."""
    level = np.exp(np.log1p(inflation.sort_index()).cumsum())
    return level / level[base]


def growth_paths(
    growth: pd.DataFrame,
    sectors: tuple[str, ...],
    years: np.ndarray,
    error: np.ndarray,
    stream: Stream,
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
        walk = walk + 0.01 * ndtri(stream(f"driver.establishments.{years[i]}"))
        paths[i] += walk
    return paths, status
