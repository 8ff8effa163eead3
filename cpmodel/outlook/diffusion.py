"""Forecasts of any adoption series, with bands and a word on whether its ceiling can be known.

The idea: a series follows some diffusion curve (Bass 1969 and its kin) towards a ceiling that nobody knows, and
strays from it in a way that lasts. Curve, ceiling, timing and straying are uncertain together. Start from wide
priors over five families (`diffusion_prior`), weigh every curve by how well an exact filter that lets the level
stray explains the series (`diffusion_filter`), sample the posterior over families and parameters at once
(`tempering`), and run each surviving curve on from where the series is now. So the forecast begins at the
last level as persistence does, goes on at the recent pace as a line does, and bends where the curves agree.

Why an average of curves with errors that last: no single curve wins on many series and fit does not tell which
will (Meade & Islam 2006, doi 10.1016/j.ijforecast.2006.01.005; Chandrasekaran & Tellis 2007,
doi 10.1108/S1548-6435(2007)0000003006), and Bass forecasts gain most from autoregressive errors (Boswijk & Franses
2005, doi 10.1198/073500104000000604). Scores against simpler rivals: `docs/forecast_skill.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cpmodel.errors import Problems
from cpmodel.outlook.diffusion_filter import filtered, simulated
from cpmodel.outlook.diffusion_prior import FAMILIES, PRIOR, Window, particles
from cpmodel.outlook.tempering import temper

Levels = pd.Series | Mapping[int, float] | Sequence[float] | np.ndarray
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)  # the median and the bands of 50, 80 and 95 %
LONGEST = 50  # years ahead; farther, a curve is a story and no forecast
WIDEST = 500  # years from the first to the last level; a longer span is a slip of the index
KNOWN_WITHIN = 2.0  # a ceiling counts as identified if its 80 % range spans less than this factor …
LEARNED = 0.5  # … and the data took away at least this part of the prior spread of its logarithm


@dataclass(frozen=True)
class Ceiling:
    """What the series says of its ceiling.

    low, median, high   10, 50 and 90 % points of the posterior, unit of the series
    contraction         1 − posterior/prior spread of the log ceiling (spread: the 10–90 % range); 0 = prior-driven
    identified          the range is narrow and the series, not the prior, made it so
    """

    low: float
    median: float
    high: float
    contraction: float
    identified: bool

    def __str__(self) -> str:
        span = f"80 % range {self.low:.4g} to {self.high:.4g}, contraction {self.contraction:.2f}"
        if self.identified:
            return f"The ceiling is identified: {self.median:.4g} ({span})."
        return f"The ceiling is not identified by these data ({span}): read the forecast no farther than its bands."


@dataclass(frozen=True)
class DiffusionForecast:
    """A forecast of levels.

    quantiles   index year, columns the levels asked for;  samples   shape (draws, horizon)
    families    posterior probability of each family of curves;  ceiling   what is known of it
    """

    quantiles: pd.DataFrame
    samples: np.ndarray
    families: dict[str, float]
    ceiling: Ceiling


def forecast_diffusion(
    series: Levels,
    horizon: int = 5,
    *,
    levels: tuple[float, ...] = LEVELS,
    ceiling: float | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return quantiles of the next `horizon` levels of a cumulative adoption series: index year, columns levels.

    series    levels by year (whole numbers or dates), in any unit: shares, percentages, counts; at least three;
              years may be missing. A dictionary by year does too, and a plain list, whose years are 1, 2, 3 …
              New adopters of each year must be summed up first (`series.cumsum()`).
    ceiling   a known upper bound, such as 100 for percentages; unknown when left out
    `.attrs["ceiling"]` says whether the ceiling is identified; `diffusion_forecast` returns that and the samples
    as fields. The same input and seed give the same forecast, and a change of unit scales it.
    Raises BadInput with every problem of the input.
    """
    forecast = diffusion_forecast(series, horizon, levels=levels, ceiling=ceiling, seed=seed)
    forecast.quantiles.attrs["ceiling"] = str(forecast.ceiling)
    return forecast.quantiles


def diffusion_forecast(
    series: Levels,
    horizon: int = 5,
    *,
    levels: tuple[float, ...] = LEVELS,
    ceiling: float | None = None,
    seed: int = 0,
    size: int = 1500,
    breadth: float = 1.0,
) -> DiffusionForecast:
    """Return the forecast with its samples; arguments as of `forecast_diffusion`.

    size      particles, two draws each: quantiles repeat between seeds to within a tenth of the 80 % band
    breadth   factor on the spread of all priors, to see what they matter
    """
    seen = _checked(series, horizon, levels, ceiling)
    unit, bound = _unit(seen), np.inf if ceiling is None else float(ceiling)
    window = _window(seen, unit, bound, breadth)
    rng = np.random.default_rng(seed)
    found = temper(
        lambda f, x: filtered(particles(f, x, window), window.levels).log_likelihood,
        np.arange(size) % len(FAMILIES), rng.standard_normal((size, len(PRIOR))), rng,
    )  # fmt: skip
    family = found.label
    curves = particles(family, found.z, window, horizon)
    state = filtered(curves, window.levels)
    runs = [simulated(curves, state, rng) for _ in range(2)]
    samples = np.concatenate([reported for reported, _ in runs]) * unit
    samples = np.clip(samples, 0 if seen.min() >= 0 else -np.inf, bound)
    years = pd.RangeIndex(seen.index[-1] + 1, seen.index[-1] + 1 + horizon, name="year")
    quantiles = pd.DataFrame(np.quantile(samples, levels, axis=0).T, years, list(levels))
    shares = np.bincount(family, minlength=len(FAMILIES)) / family.size
    reached = np.minimum(np.concatenate([top for _, top in runs]) * unit, bound)
    told = _ceiling(reached, seen, unit, window, size)
    return DiffusionForecast(quantiles, samples, dict(zip(FAMILIES, shares.tolist(), strict=True)), told)


def _checked(series: Levels, horizon: int, levels: tuple, ceiling: float | None) -> pd.Series:
    """Return the observed levels in order of year, or raise BadInput."""
    problems = Problems()

    def wrong(key: str, found: object, why: str, fix: str) -> None:
        problems.add("series", key, found, why, fix)

    if isinstance(series, Mapping):
        series = pd.Series(dict(series))
    elif isinstance(series, list | tuple | np.ndarray) and np.ndim(series) == 1:
        series = pd.Series(series, range(1, len(series) + 1))
    if not isinstance(series, pd.Series):
        found, fix = type(series).__name__, "Give levels as a Series indexed by year."
        wrong("series", found, "Neither a pandas Series, nor levels by year, nor a list of levels.", fix)
        problems.raise_if_any()
    dated = isinstance(series.index, pd.DatetimeIndex | pd.PeriodIndex)
    if dated:
        series = series.set_axis(
            series.index.year
        )  # two dates of one year come out as a year that is there twice
    if isinstance(series.index, pd.MultiIndex):
        found, fix = list(series.index.names), "Index the series by year alone."
        wrong("index", found, "An index of several levels names no year.", fix)
        problems.raise_if_any()
    odd = series.map(lambda value: isinstance(value, bool | np.bool_ | complex | np.complexfloating))
    values = pd.to_numeric(series.astype(object).where(~odd), errors="coerce")
    for label in series.index[(values.isna() & series.notna()) | odd][:3]:
        wrong(str(label), series[label], "Not a number.", "Give a number, or leave the year out.")
    if np.isinf(values.to_numpy(float)).any():
        wrong("level", "infinite", "A level must be finite.", "Leave the year out.")
    years = pd.to_numeric(pd.Series(series.index), errors="coerce").to_numpy(float)
    if not np.all(np.equal(np.mod(years, 1), 0)):
        wrong("index", list(series.index[:3]), "Years must be whole numbers.", "Index the series by year.")
    elif len(np.unique(years)) < len(years):
        twice = int(pd.Series(years)[pd.Series(years).duplicated()].iloc[0])
        last = ": `series.groupby(series.index.year).last()`" if dated else ""
        wrong(str(twice), "", "This year comes twice.", f"Keep one level a year{last}.")
    elif len(years) and np.ptp(years) > WIDEST:
        why = f"More than {WIDEST} years lie between the first level and the last."
        wrong("index", [int(years.min()), int(years.max())], why, "Look for a year with a digit too many.")
    if values.notna().sum() < 3:
        wrong("length", int(values.notna().sum()), "Fewer than three levels show no pace to go on.",
              "Give at least three years.")  # fmt: skip
    if not isinstance(horizon, (int, np.integer)) or isinstance(horizon, bool) or not 1 <= horizon <= LONGEST:
        wrong("horizon", horizon, f"Not a whole number of years from 1 to {LONGEST}.", "Give for example 5.")
    if not len(levels) or not all(0 < level < 1 for level in levels):
        wrong("levels", levels, "Quantile levels lie between 0 and 1.", "Give for example (0.1, 0.5, 0.9).")
    if ceiling is not None and not (np.isfinite(ceiling) and ceiling > 0 and ceiling >= values.max()):
        wrong("ceiling", ceiling, f"Not a bound of the series, whose largest level is {values.max():.6g}.",
              "Give a number no less, or leave it out.")  # fmt: skip
    problems.raise_if_any()
    return pd.Series(values.to_numpy(float), index=years.astype(int)).dropna().sort_index()


def _unit(seen: pd.Series) -> float:
    """Return the mean absolute step per year; of a constant series a hundredth of its level (0 if it is zero)."""
    step = float(np.abs(np.diff(seen)).sum()) / float(seen.index[-1] - seen.index[0])
    return step or 0.01 * float(seen.abs().max())


def _window(seen: pd.Series, unit: float, ceiling: float, breadth: float) -> Window:
    """Return the series on its yearly grid; rounding makes it the same to the last bit in every unit."""
    grid = seen.reindex(range(seen.index[0], seen.index[-1] + 1)).to_numpy(float)
    levels = np.round(grid / (unit or 1.0), 9)
    moved = np.abs(np.diff(seen)).sum() / (unit or 1.0)
    growth = max(float(levels[-1] - levels[0]), 0.1 * moved, 0.1)
    return Window(levels, round(growth, 9), ceiling / (unit or 1.0), breadth)


def _ceiling(reached: np.ndarray, seen: pd.Series, unit: float, window: Window, size: int) -> Ceiling:
    """Compare the posterior of the ceiling with the prior, both as logs of multiples of the unit of the series."""
    rng = np.random.default_rng(0)  # the prior needs no luck of the user's
    before = particles(
        np.arange(size) % len(FAMILIES), rng.standard_normal((size, len(PRIOR))), window
    ).ceiling
    low, median, high = np.quantile(reached, (0.1, 0.5, 0.9))
    prior = np.log(np.quantile(before, (0.1, 0.9)))
    floor = max(
        1e-3 * unit, 1e-300
    )  # a ceiling has a logarithm also where a falling level would settle below zero
    spread = np.log(max(high, floor) / max(low, floor))
    contraction = float(1 - spread / np.ptp(prior)) if np.ptp(prior) > 0 else 0.0
    known = bool(spread < np.log(KNOWN_WITHIN) and contraction > LEARNED and seen.nunique() > 1)
    return Ceiling(float(low), float(median), float(high), contraction, known)
