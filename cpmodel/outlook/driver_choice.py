"""Which model forecasts each driver: chosen by rolling origin, ties to the simpler, with checks of what is left over.

From six published years on, every origin forecasts the next five having seen nothing later; a forecast that would
have to cross a break in the series is not scored. The score is the CRPS of the logarithm [per cent], averaged within
an origin and then over origins. A candidate ties with the best when the 90 % block-bootstrap interval of its lag
holds zero. Among those that tie, models whose 80 % band is shown to be too narrow (the interval of what it held ends
below 80 %) give way to the others, and then the one that estimates least is taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.stats.stattools import jarque_bera

from cpmodel.outlook.driver_models import LEAST, WALK, Outlook, candidates, forecast
from cpmodel.outlook.drivers import price_level
from cpmodel.outlook.scores import crps_student

Array = np.ndarray
HORIZON = 5  # years ahead that are scored
FEWEST_ORIGINS = (
    2 * HORIZON
)  # fewer hold not even two stretches that do not overlap: the simplest model stays
BAND = 0.8
JUMP = 2.0  # standardised surprise from which a year is named
PER_CENT = 100.0


@dataclass(frozen=True)
class Chosen:
    """A driver's choice. table: one row a candidate, best first; checks: of the chosen model's residuals."""

    driver: str
    model: str
    series: str
    origins: int
    table: pd.DataFrame
    checks: dict
    residuals: pd.Series


def driver_series(macro: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """Return what is forecast: output [bn VND of 2010], lending rate [share], real electricity price [VND of 2010/kWh]."""
    real = (macro["electricity"] / price_level(macro["inflation"])).dropna()
    real.attrs = dict(macro["electricity"].attrs)
    return {"output": macro["output"], "lending_rate": macro["lending_rate"], "electricity": real}


def fingerprint(series: pd.Series) -> str:
    """Return sixteen characters that stand for the figures a choice was made on; rounding errors do not count."""
    told = [[int(year), float(f"{value:.8g}")] for year, value in series.items()]
    return hashlib.sha256(json.dumps([told, series.attrs.get("break_year")]).encode()).hexdigest()[:16]


def laid_out(series: pd.Series) -> tuple[Array, Array, Array | None, int | None]:
    """Return every year, its log (NaN where not published), the series beside it and the break's position."""
    years = np.arange(int(series.index.min()), int(series.index.max()) + 1)
    logs = np.log(series.reindex(years).to_numpy(float))
    beside, broken = series.attrs.get("beside"), series.attrs.get("break_year")
    told = None if beside is None else beside.reindex(years).ffill().bfill().to_numpy(float)
    return years, logs, told, None if broken is None else int(broken - years[0])


def rolling_origin(series: pd.Series, horizon: int = HORIZON) -> pd.DataFrame:
    """Return one row a scored forecast: model, origin, ahead, crps [per cent], pit, within_80.

    A candidate that cannot be fitted at an origin has no row there.
    """
    years, logs, beside, broken = laid_out(series)
    rows = []
    for known in range(LEAST, len(years)):
        seen = logs[:known]
        if np.isfinite(seen).sum() < LEAST or not np.isfinite(seen[-1]):
            continue
        ahead = min(horizon, len(years) - known)
        scored = [h for h in range(ahead) if np.isfinite(logs[known + h]) and not _crosses(known, h, broken)]
        if not scored:
            continue
        for name, candidate in candidates().items():
            if candidate.beside and beside is None:
                continue
            told = beside[:known] if candidate.beside else None
            try:
                outlook = forecast(name, seen, ahead, told, broken)
            except (ValueError, np.linalg.LinAlgError):
                continue
            rows += [_row(name, years[known - 1], h, logs[known + h], outlook) for h in scored]
    return pd.DataFrame(rows)


def _crosses(known: int, h: int, broken: int | None) -> bool:
    return broken is not None and known <= broken <= known + h


def _row(name: str, origin: int, h: int, truth: float, outlook: Outlook) -> dict:
    mean, scale = outlook.mean[h], max(outlook.scale[h], 1e-6)
    pit = float(stdtr(outlook.freedom, (truth - mean) / scale))
    crps = PER_CENT * float(crps_student(truth, mean, scale, outlook.freedom))
    return {
        "model": name,
        "origin": int(origin),
        "ahead": h + 1,
        "crps": crps,
        "pit": pit,
        "within_80": (1 - BAND) / 2 < pit < (1 + BAND) / 2,
    }


def compared(rows: pd.DataFrame, draws: int = 4000, seed: int = 0) -> pd.DataFrame:
    """Return one row a candidate fitted at every origin, best first.

    estimated, crps, behind    the best; low, high    90 % interval of that lag, origins resampled in moving blocks
    (Künsch 1989) as long as the furthest year ahead, or half the origins; ties    whether it holds zero
    within_80, held_low, held_high    share of what came that the 80 % band held, mean over origins, and its interval
    """
    means = rows.groupby(["origin", "model"])["crps"].mean().unstack("model").dropna(axis=1)
    held = rows.assign(held=rows["within_80"].astype(float)).groupby(["origin", "model"])["held"].mean()
    held = held.unstack("model")[means.columns]
    best = means.mean().idxmin()
    lag = means.sub(means[best], axis=0)
    length = max(1, min(HORIZON, len(means) // 2))
    blocks = -(-len(means) // length)
    starts = np.random.default_rng(seed).integers(0, len(means) - length + 1, (draws, blocks))
    picked = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, : len(means)]

    def interval(values: pd.Series) -> list[float]:
        return np.quantile(values.to_numpy()[picked].mean(axis=1), (0.05, 0.95)).tolist()

    known = candidates()
    table = [
        (name, known[name].estimated, means[name].mean(), lag[name].mean(), *interval(lag[name]),
         held[name].mean(), *interval(held[name]))
        for name in means
    ]  # fmt: skip
    columns = ["model", "estimated", "crps", "behind", "low", "high", "within_80", "held_low", "held_high"]
    found = pd.DataFrame(table, columns=columns)
    return found.assign(ties=found["low"] <= 0).sort_values(["crps", "estimated"], ignore_index=True)


def choose(driver: str, series: pd.Series, rows: pd.DataFrame | None = None) -> Chosen:
    """Choose the model of one driver; `rows` of `rolling_origin` may be given when they are known already."""
    rows = rolling_origin(series) if rows is None else rows
    origins = 0 if rows.empty else rows["origin"].nunique()
    table = compared(rows) if origins else pd.DataFrame()
    model = WALK
    if origins >= FEWEST_ORIGINS:
        narrow = table["held_high"] < BAND
        model = (
            table[table["ties"]]
            .assign(narrow=narrow)
            .sort_values(["narrow", "estimated", "crps"])
            .iloc[0]["model"]
        )
    residuals = left_over(series, model)
    return Chosen(driver, model, fingerprint(series), origins, table, checks(residuals), residuals)


def left_over(series: pd.Series, model: str) -> pd.Series:
    """Return the standardised one-step surprises of a model fitted to all years; none across a break."""
    years, logs, beside, broken = laid_out(series)
    told = beside if candidates()[model].beside else None
    surprises = pd.Series(forecast(model, logs, 1, told, broken).residuals, years)
    if broken is not None:
        surprises.iloc[broken] = np.nan
    return surprises.dropna()


def checks(residuals: pd.Series) -> dict:
    """Return p-values: Ljung–Box (autocorrelation), Jarque–Bera (normality), McLeod–Li (spread that comes in spells).

    jumps    year → surprise of those beyond `JUMP` standard deviations: told, never smoothed away
    """
    values = residuals.to_numpy()
    lags = max(1, min(4, len(values) // 4))
    jumps = {int(year): round(float(z), 2) for year, z in residuals.items() if abs(z) > JUMP}
    return {
        "years": len(values),
        "ljung_box": _unrelated(values, lags),
        "jarque_bera": float(jarque_bera(values)[1]),
        "mcleod_li": _unrelated(values**2, lags),
        "jumps": jumps,
    }


def _unrelated(values: Array, lags: int) -> float:
    return float(acorr_ljungbox(values, lags=[lags])["lb_pvalue"].iloc[0])


def tied(residuals: Mapping[str, pd.Series]) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Return correlations of surprises in the same year, those used, and how far they were shrunk towards none.

    Few years estimate a correlation poorly; the shrinkage is that of Schäfer & Strimmer 2005
    (doi 10.2202/1544-6115.1175): λ = Σ var(r)/Σ r², var(r) = (1 − r²)²/(n − 1).
    """
    frame = pd.DataFrame(dict(residuals))
    found = frame.corr()
    pairs = [(a, b) for i, a in enumerate(found) for b in list(found)[i + 1 :]]
    r = np.array([found.at[a, b] for a, b in pairs])
    n = np.array([len(frame[[a, b]].dropna()) for a, b in pairs])
    shrunk = float(np.clip(((1 - r**2) ** 2 / (n - 1)).sum() / (r**2).sum(), 0.0, 1.0))
    used = found * (1 - shrunk)
    return found, used.where(~np.eye(len(used), dtype=bool), 1.0), shrunk


def weights(correlation: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return driver → weights of the drivers' own streams whose sum is its surprise; the first keeps its own alone."""
    root = np.linalg.cholesky(correlation.to_numpy())
    names = list(correlation)
    return {
        name: {
            names[j]: round(float(root[i, j]), 6) for j in range(i + 1) if j == i or abs(root[i, j]) > 5e-7
        }
        for i, name in enumerate(names)
    }
