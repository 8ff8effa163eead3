"""What the data taught: contraction from prior to posterior, parameter by parameter and result by result.

    contraction = 1 − variance after / variance before

On the working scale: a parameter's coordinate is standard normal under the prior whatever its own scale, shares are
taken on the logit and amounts on the log scale. 0: the answer is the prior's. 1: the data fixed it. Sparse surveys
inform few directions of many, so most of what a run says stays prior-driven, and must say so. A contraction is itself
an estimate: its standard error, of both sides, is read off independent runs, and what may be noise is neither called
informed nor printed as a number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import logit, ndtr

from cpmodel.inputs.parameters import Parameters, quantile

LEARNED = 0.2  # contraction below which a number is called prior-driven
PRIOR_DRIVEN, INFORMED = "prior-driven", "informed"


def contraction(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return 1 − var(after)/var(before) over the first axis; nan where the prior has no spread."""
    spread = np.var(before, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, 1.0 - np.var(after, axis=0) / spread, np.nan)


def told(value: float, error: float = 0.0) -> str:
    """Return the word for a contraction with its standard error: informed only where it is surely above none."""
    return INFORMED if value >= LEARNED and value > 2 * error else PRIOR_DRIVEN


def run_error(values: np.ndarray, run: np.ndarray, variant: np.ndarray | None = None) -> np.ndarray:
    """Return the relative standard error of a variance over the first axis, from what independent runs say of it.

    run (n,)    variant (n,)   which tells runs of unlike distributions apart; None: all are of one
    """
    squares = (values - values.mean(axis=0)) ** 2
    variant = np.zeros(len(values), int) if variant is None else variant
    error, total = 0.0, 0
    for one in np.unique(variant):
        own = variant == one
        means = np.array([squares[own & (run == number)].mean(axis=0) for number in np.unique(run[own])])
        if len(means) < 2:
            return np.full(squares.shape[1:], np.nan)
        error, total = error + means.var(axis=0, ddof=1) / len(means), total + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(error) / total / squares.mean(axis=0)


def shown(value: float, error: float) -> str:
    """Return a contraction with its standard error in figures; `≈ 0` where it cannot be told from none."""
    figure = f"{value:.2f}" if abs(value) > 2 * error else "≈ 0"
    return f"{figure} ± {error:.2f}"


def of_parameters(
    parameters: Parameters, coordinates: Sequence[str], z: np.ndarray, run: np.ndarray, variant: np.ndarray
) -> pd.DataFrame:
    """Return one row a coordinate, most informed first.

    z    (n, coordinates) posterior draws; the prior is standard normal
    run, variant   (n,) that each is of
    Columns: coordinate, parameter, unit, prior (5, 50, 95 %: prior_low, prior, prior_high), posterior likewise,
    contraction, error, word. A stream that several rows share is told by its first row; a survey wave by its logit bias in
    standard deviations.
    """
    uncertain = parameters.rows[parameters.rows["scale"] != "fixed"].drop_duplicates("stream")
    rows = {row.stream: row for row in uncertain.itertuples(index=False)}
    shrunk = 1.0 - z.var(axis=0)
    error = (1.0 - shrunk) * run_error(z, run, variant)
    found = []
    for i, name in enumerate(coordinates):
        low, middle, high = np.quantile(z[:, i], (0.05, 0.5, 0.95))
        if name in rows:
            row = rows[name]
            own = quantile(row, ndtr(np.array([low, middle, high])), 3)
            what = (row.name + _axis(row), row.unit, row.low, row.median, row.high, *own)
        else:
            what = (name, "standard deviations", -1.645, 0.0, 1.645, low, middle, high)
        found.append((name, *what, shrunk[i], error[i], told(shrunk[i], error[i])))
    columns = ["coordinate", "parameter", "unit", "prior_low", "prior", "prior_high", "posterior_low", "posterior",
               "posterior_high", "contraction", "error", "word"]  # fmt: skip
    return pd.DataFrame(found, columns=columns).sort_values("contraction", ascending=False, ignore_index=True)


def _axis(row) -> str:
    named = [getattr(row, axis) for axis in ("size", "rung", "resource") if getattr(row, axis)]
    return f" ({', '.join(named)})" if named else ""


def of_results(
    before: pd.DataFrame, after: pd.DataFrame, outcomes: Sequence[str], years: Sequence[int]
) -> pd.DataFrame:
    """Return contraction and bands of headline results; arguments as `results.outcomes.national_draws` gives them.

    Columns: outcome, year, prior_low, prior, prior_high, posterior_low, posterior, posterior_high (10, 50, 90 %),
    contraction, error, word. Variants are pooled with equal weight.
    Both have a column `run` beside, which tells independent runs apart: of the prior both variants share the draws
    """
    rows = []
    for outcome in outcomes:
        for year in years:
            sides = [side.loc[side["year"] == year, outcome].to_numpy(float) for side in (before, after)]
            shrunk = float(contraction(*(_working(side) for side in sides)))
            luck = [
                run_error(
                    _working(values), *(side.loc[side["year"] == year, name].to_numpy() for name in names)
                )
                for values, side, names in zip(
                    sides, (before, after), (["run"], ["run", "variant"]), strict=True
                )
            ]
            error = float((1.0 - shrunk) * np.hypot(*luck))
            bands = [np.quantile(side, (0.1, 0.5, 0.9)) for side in sides]
            rows.append((outcome, year, *bands[0], *bands[1], shrunk, error, told(shrunk, error)))
    columns = ["outcome", "year", "prior_low", "prior", "prior_high", "posterior_low", "posterior", "posterior_high",
               "contraction", "error", "word"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _working(values: np.ndarray) -> np.ndarray:
    """Return shares on the logit and amounts on the log scale; what is 0 is taken as a millionth."""
    if values.max() <= 1.0:
        return logit(np.clip(values, 1e-6, 1 - 1e-6))
    return np.log(np.maximum(values, 1e-6))
