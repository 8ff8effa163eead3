"""What draws say that exist already: a tornado for readers, and shares of variance where inputs go together.

After a calibration the inputs are correlated, and Sobol' shares lose their meaning. Shapley's value of R² shares what
inputs explain together equally among them, so shares are never negative and sum to what is explained.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import rankdata

from cpmodel.analysis.wedges import shapley_split

Array = np.ndarray
TENTH = 0.1


def tornado(inputs: pd.DataFrame, outcome: Array, tail: float = TENTH) -> pd.DataFrame:
    """Return input, low, high (mean of the outcome where the input is among its lowest and highest tenth), swing.

    inputs    draws × inputs   outcome (draws,)   The largest swing first.
    """
    y = np.asarray(outcome, float)
    count = max(round(tail * len(y)), 1)
    rows = []
    for name in inputs:
        order = np.argsort(inputs[name].to_numpy(), kind="stable")
        rows.append((name, float(y[order[:count]].mean()), float(y[order[-count:]].mean())))
    table = pd.DataFrame(rows, columns=["input", "low", "high"])
    table["swing"] = (table["high"] - table["low"]).abs()
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def normal_scores(values: Array) -> Array:
    """Return the normal quantiles of the ranks, so that the scale of an input or outcome plays no part."""
    values = np.asarray(values, float)
    return ndtri((rankdata(values, axis=0) - 0.5) / len(values))


def shapley_importance(
    inputs: pd.DataFrame, outcome: Array, rng: np.random.Generator, most: int = 10, resamples: int = 40
) -> tuple[pd.DataFrame, float]:
    """Return input, share, low, high (90 % bootstrap interval), correlation, the largest first; and R² of all.

    inputs    draws × inputs, correlated or not; the `most` that go with the outcome most are weighed
    share    Shapley's value of R² of the normal scores: what it adds to a regression, averaged over all orders
    Sources: Lindeman, Merenda & Gold 1980; Owen & Prieur 2017, doi 10.1137/16M1097717 (on correlated inputs).
    """
    y, x = normal_scores(outcome), normal_scores(inputs.to_numpy(float))
    with np.errstate(invalid="ignore", divide="ignore"):
        alone = np.nan_to_num(np.corrcoef(x, y, rowvar=False)[-1, :-1])
    chosen = np.argsort(-np.abs(alone), kind="stable")[:most]
    data = np.column_stack([x[:, chosen], y])
    exact = _shares(data)
    again = [_shares(data[rng.integers(0, len(data), len(data))]) for _ in range(resamples)]
    low, high = np.quantile(again, [0.05, 0.95], axis=0)
    table = pd.DataFrame({"input": inputs.columns[chosen], "share": exact, "low": low, "high": high,
                          "correlation": alone[chosen]})  # fmt: skip
    table = table.sort_values("share", ascending=False, kind="stable", ignore_index=True)
    return table, float(exact.sum())


def _shares(data: Array) -> Array:
    """Return Shapley's value of R² for each column but the last, which is explained."""
    k = data.shape[1] - 1
    c = np.corrcoef(data, rowvar=False)
    worth = np.zeros(2**k)
    for index in range(1, 2**k):
        members = np.flatnonzero((index >> np.arange(k)) & 1)
        r = c[members, k]
        worth[index] = r @ np.linalg.lstsq(c[np.ix_(members, members)], r, rcond=None)[0]
    return shapley_split(worth).shapley
