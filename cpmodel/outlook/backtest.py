"""Rolling-origin scores of the forecaster and its rivals on public adoption series.

From six points on, every origin forecasts the next five years having seen nothing later; each forecast is scored
in units of the mean absolute step of what it had seen, so that series of any size count alike. A forecaster's score
is the mean over series of the series' means, for origins within a series are not independent (Tashman 2000,
doi 10.1016/S0169-2070(00)00065-0); intervals resample whole series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from cpmodel.inputs.datasets import read
from cpmodel.outlook import scores
from cpmodel.outlook.diffusion import diffusion_forecast
from cpmodel.outlook.rivals import RIVALS

Forecaster = Callable[[pd.Series, int, np.random.Generator, int], np.ndarray]
OURS = "cpmodel"
BANDS = (0.5, 0.8, 0.95)
WORST_LOG_SCORE = 20.0  # nats; a forecast that rules out what happens would make every mean infinite


def ours(
    series: pd.Series, horizon: int, rng: np.random.Generator, draws: int, breadth: float = 1.0
) -> np.ndarray:
    """Return samples of `diffusion_forecast`, two per particle; the ceiling is not told."""
    seed = int(rng.integers(2**31))
    return diffusion_forecast(series, horizon, seed=seed, size=draws // 2, breadth=breadth).samples


FORECASTERS: dict[str, Forecaster] = {OURS: ours} | RIVALS


def adoption_series(root: str | None = None) -> dict[str, pd.Series]:
    """Return the cumulative levels of every series of `data/diffusion`, by name and geography.

    Yearly flows are summed up; rows that a flag calls suspect or not scoreable are left out. `attrs["ceiling"]` is
    100 for percentages: the logit trend needs it, nobody else is told.
    """
    rows, notes, flags = (
        read(name, root) for name in ("diffusion_series", "diffusion_series_notes", "flags")
    )
    unfit = flags.loc[(flags["suspect"] == "yes") | (flags["scoreable"] == "no"), "flag"]
    rows = rows[~rows["flag"].isin(unfit)].sort_values("year")
    kinds = notes.set_index(["series", "geography"])["kind"]
    found = {}
    for (name, place), group in rows.groupby(["series", "geography"]):
        levels = pd.Series(group["value"].to_numpy(float), group["year"].to_numpy(int))
        if kinds[name, place] == "flow":
            levels = levels.cumsum()
        levels.attrs["ceiling"] = 100.0 if set(group["unit"]) == {"percent"} else None
        found[f"{name}, {place}"] = levels
    return found


def backtest(
    series: Mapping[str, pd.Series],
    forecasters: Mapping[str, Forecaster] | None = None,
    *,
    first: int = 6,
    every: int = 1,
    horizon: int = 5,
    draws: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return one row a forecast: series, forecaster, origin, ahead, and its scores.

    first    points seen at the first origin   every    points from one origin to the next

    crps, error (of the median), log in units of the mean absolute step; within_50, within_80, within_95; pit;
    brier of "by then it has grown faster than its mean step so far". Every forecast has its own seed, so leaving a
    forecaster or an origin out changes no other.
    """
    rows = []
    for name, levels in series.items():
        for known in range(first, len(levels), every):
            seen, later = levels.iloc[:known], levels.iloc[known:]
            later = later[later.index <= seen.index[-1] + horizon]
            for who, forecaster in (forecasters or FORECASTERS).items():
                rng = np.random.default_rng([seed, known])
                samples = forecaster(seen, horizon, rng, draws)
                rows += [
                    {"series": name, "forecaster": who, "origin": seen.index[-1], **row}
                    for row in _scored(seen, later, samples)
                ]
    return pd.DataFrame(rows)


def _scored(seen: pd.Series, later: pd.Series, samples: np.ndarray) -> list[dict]:
    years = seen.index[-1] - seen.index[0]
    step = np.abs(np.diff(seen)).sum() / years or 1.0
    rows = []
    for year, level in later.items():
        ahead = int(year - seen.index[-1])
        draws = samples[:, ahead - 1]
        faster = seen.iloc[-1] + ahead * (seen.iloc[-1] - seen.iloc[0]) / years
        rows.append({
            "ahead": ahead,
            "crps": float(scores.crps_samples(level, draws)) / step,
            "error": float(abs(np.median(draws) - level)) / step,
            "log": float(np.clip(scores.log_score_samples(level / step, draws / step), -np.inf, WORST_LOG_SCORE)),
            "pit": float(scores.pit(level, draws)),
            "brier": float(scores.brier(level > faster, (draws > faster).mean())),
        } | {f"within_{100 * band:.0f}": bool(scores.covered(level, draws, band)) for band in BANDS})  # fmt: skip
    return rows


def by_series(rows: pd.DataFrame, score: str = "crps") -> pd.DataFrame:
    """Return the mean score, index series, columns forecasters."""
    return rows.pivot_table(score, "series", "forecaster", sort=False)


def interval(series_means: np.ndarray, draws: int = 4000, seed: int = 0) -> tuple[float, float]:
    """Return the 90 % bootstrap interval of a mean over series, whole series resampled (Künsch 1989 blocks)."""
    rng = np.random.default_rng(seed)
    means = rng.choice(np.asarray(series_means, float), (draws, len(series_means))).mean(axis=1)
    low, high = np.quantile(means, (0.05, 0.95))
    return float(low), float(high)


def interval_within(
    rows: pd.DataFrame, score: str = "crps", draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the 90 % interval of one forecaster's mean over one series, origins resampled in moving blocks.

    Forecasts from neighbouring origins share most of what they are told and scored on, so blocks are as long as the
    furthest year ahead (Künsch 1989, doi 10.1214/aos/1176347265), and no longer than half the origins.
    """
    means = rows.groupby("origin")[score].mean().to_numpy(float)
    length = max(1, min(int(rows["ahead"].max()), len(means) // 2))
    starts = np.random.default_rng(seed).integers(
        0, len(means) - length + 1, (draws, -(-len(means) // length))
    )
    picked = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, : len(means)]
    low, high = np.quantile(means[picked].mean(axis=1), (0.05, 0.95))
    return float(low), float(high)


def ranking(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a forecaster, best first: score, its interval, mean rank, the other scores and coverages.

    lead_low, lead_high   90 % interval of the rival's score minus ours, series by series; above 0: surely behind
    """
    means = by_series(rows)
    table = pd.DataFrame({"crps": means.mean(), "rank": means.rank(axis=1).mean()})
    table[["low", "high"]] = [interval(means[who]) for who in table.index]
    if OURS in means:
        table[["lead_low", "lead_high"]] = [interval(means[who] - means[OURS]) for who in table.index]
    for score in ("error", "log", "brier", *(f"within_{100 * band:.0f}" for band in BANDS)):
        table[score] = by_series(rows.astype({score: float}), score).mean()
    return table.sort_values("crps")


def leave_one_series_out(
    series: Mapping[str, pd.Series], breadths: tuple[float, ...] = (0.7, 1.0, 1.4), **settings: int
) -> pd.DataFrame:
    """Return what tuning the breadth of the priors would do: for each series the breadth best on all the others.

    Index series; columns breadth (chosen without the series), crps (with it), and one column for each breadth.
    """
    rows = backtest(series, {f"{b:g}": partial(ours, breadth=b) for b in breadths}, **settings)
    means = by_series(rows)
    chosen = [means.drop(index=name).mean().idxmin() for name in means.index]
    picked = [means.at[name, best] for name, best in zip(means.index, chosen, strict=True)]
    return means.assign(breadth=chosen, crps=picked)
