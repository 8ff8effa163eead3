"""Two scenarios draw by draw: with common random numbers the difference is that of the policy alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cpmodel.errors import BadInput, Problem
from cpmodel.results.outcomes import POOLED, QUANTILES

KEYS = ["variant", "draw", "year"]


def paired_differences(base: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return other − base for every outcome, draw by draw; both as `outcomes.national_draws` gives them.

    Raises `BadInput` when the two were not run on the same draws and variants.
    """
    a, b = base.set_index(KEYS), other.set_index(KEYS)
    shared = a.index.intersection(b.index)
    if len(shared) == 0 or a.groupby("variant").ngroups != b.groupby("variant").ngroups:
        years = [f"{t['year'].min():.0f}–{t['year'].max():.0f}" for t in (base, other)]
        found, why = f"{len(a)} and {len(b)} rows", "The two runs share no draws, so they cannot be paired."
        fix = "Run both with the same draws, seed and variants."
        if set(base["year"]).isdisjoint(other["year"]):
            found, why = " and ".join(years), "The two runs have no year in common."
            fix = "Compare scenarios of the same years; `cpmodel scenario list` shows them."
        raise BadInput(Problem("compare", "draws", found, why, fix))
    columns = [c for c in a.columns if c in b.columns]
    return (b.loc[shared, columns] - a.loc[shared, columns]).reset_index()


def difference_table(differences: pd.DataFrame, outcomes: list[str], years: list[int]) -> pd.DataFrame:
    """Return the band of paired differences: variant, outcome, year, mean, quantiles, share of draws that gain."""
    rows = []
    here = differences[differences["year"].isin(years)]
    groups = (
        [*here.groupby("variant"), (POOLED, here)]
        if here["variant"].nunique() > 1
        else here.groupby("variant")
    )
    for variant, part in groups:
        for year, of_year in part.groupby("year"):
            for outcome in outcomes:
                values = of_year[outcome].to_numpy()
                bands = np.quantile(values, list(QUANTILES.values()))
                rows.append((variant, outcome, int(year), values.mean(), *bands, float((values > 0).mean())))
    return pd.DataFrame(rows, columns=["variant", "outcome", "year", "mean", *QUANTILES, "share_above_zero"])
