"""Which uncertain inputs a result hangs on: variance shares of a function, and of draws that exist already."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

Array = np.ndarray

FIVE_PERCENT = stats.norm.ppf(0.95)


def sobol_indices(
    model: Callable[[Array], Array],
    distributions: Sequence,
    rng: np.random.Generator,
    size: int = 4096,
    names: Sequence[str] | None = None,
    resamples: int = 200,
) -> pd.DataFrame:
    """Return first-order and total variance shares of independent inputs, with 90 % bootstrap intervals.

    model            takes inputs (d, n), returns outputs (n,)
    distributions    one frozen scipy distribution for each input
    size             points of each of the two sample matrices, a power of two; the model is asked size·(d + 2) times
    resamples        of the bootstrap that gives the intervals
    Returns input, first_order, first_low, first_high, total, total_low, total_high [share of the output's variance].
    Source: Saltelli et al. 2010, doi 10.1016/j.cpc.2009.09.018, as scipy carries it out.
    """
    found = stats.sobol_indices(
        func=lambda x: np.atleast_2d(model(x)), n=size, dists=list(distributions), rng=rng
    )
    spread = found.bootstrap(confidence_level=0.9, n_resamples=resamples)
    first, total = spread.first_order.confidence_interval, spread.total_order.confidence_interval
    return pd.DataFrame(
        {
            "input": names if names is not None else [f"x{i + 1}" for i in range(len(distributions))],
            "first_order": np.ravel(found.first_order), "first_low": np.ravel(first.low),
            "first_high": np.ravel(first.high), "total": np.ravel(found.total_order),
            "total_low": np.ravel(total.low), "total_high": np.ravel(total.high),
        }
    )  # fmt: skip


def main_effects(
    inputs: pd.DataFrame,
    outcome: Array,
    rng: np.random.Generator,
    groups: int | None = None,
    resamples: int = 200,
) -> pd.DataFrame:
    """Return the share of an outcome's variance that each input explains by itself, from draws already made.

    The draws are cut into groups of equal number along the input; what the groups' means differ by, freed of what
    they would differ by from chance alone, is the share: ε² = 1 − [SSW/(n − G)] / [SST/(n − 1)] (Kelley 1935,
    doi 10.1073/pnas.21.9.554). It tends to the first-order Sobol' index as n and G grow (Plischke, Borgonovo & Smith
    2013, doi 10.1016/j.ejor.2012.11.047), does not depend on the input's scale, and may come out just below nought.

    inputs       draws × inputs, independent of each other    outcome (draws,)
    groups       by default the cube root of the draws, doubled: groups narrow and still large enough to average
    resamples    of the bootstrap that gives the spread of the share
    Returns input, share, low, high (90 % interval), direction (Spearman's ρ), the largest share first.
    """
    y = np.asarray(outcome, dtype=float)
    n = len(y)
    if len(inputs) != n or n < 30:
        raise ValueError(f"{len(inputs)} draws of the inputs and {n} of the outcome; give 30 or more of each")
    groups = groups or max(2, min(round(2 * n ** (1 / 3)), n // 10))
    ranks = inputs.rank(method="first").to_numpy() - 1
    member = (ranks * groups // n).astype(np.int64)
    again = rng.integers(0, n, size=(resamples, n))
    if np.ptp(y) == 0:
        share = spread = direction = np.zeros(inputs.shape[1])
    else:
        share = np.array([_explained(g[None], y[None], groups)[0] for g in member.T])
        spread = np.array([_explained(g[again], y[again], groups).std(ddof=1) for g in member.T])
        direction = np.array([stats.spearmanr(x, y).statistic for x in ranks.T])
    table = pd.DataFrame({
        "input": inputs.columns, "share": share, "low": share - FIVE_PERCENT * spread,
        "high": share + FIVE_PERCENT * spread, "direction": direction,
    })  # fmt: skip
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _explained(member: Array, y: Array, groups: int) -> Array:
    """Return ε² of every row of draws: member, y (R, n) → (R,)."""
    rows, n = y.shape
    place = (member + groups * np.arange(rows)[:, None]).ravel()
    counts = np.bincount(place, minlength=rows * groups).reshape(rows, groups)
    y = y - y.mean(axis=1, keepdims=True)
    sums = np.bincount(place, y.ravel(), minlength=rows * groups).reshape(rows, groups)
    total = (y**2).sum(axis=1)
    between = (sums**2 / np.maximum(counts, 1)).sum(axis=1)
    used = (counts > 0).sum(axis=1)
    return 1 - (total - between) / (n - used) * (n - 1) / total


def structural_share(by_variant: dict[str, Array]) -> float:
    """Return the share of the pooled variance that lies between structural variants (law of total variance)."""
    values = [np.asarray(v, dtype=float) for v in by_variant.values()]
    between = np.var([v.mean() for v in values])
    total = between + np.mean([v.var() for v in values])
    return float(between / total) if total > 0 else 0.0
