"""What a result hangs on under the prior, from the draws of a run: shares of variance that inputs explain alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cpmodel.analysis.drawn import Asked, of_variant, unit_in
from cpmodel.analysis.findings import Finding
from cpmodel.analysis.importance import tornado
from cpmodel.analysis.sensitivity import main_effects, structural_share
from cpmodel.results.saved import Run

WAYS = {1: "more", -1: "less", 0: "unclear"}


def prior_importance(run: Run, inputs: pd.DataFrame, question: Asked, most: int = 10) -> Finding:
    """Return what each input explains by itself in each variant, and a tornado over the draws of all variants.

    inputs    draws × uncertain inputs behind the run, alike for every variant   most    inputs of the tornado
    Facts: unit and mean of the outcome; structural, the share of the pooled variance that lies between variants.
    Tables: ways (input, share: mean over variants, way: more, less or unclear; the largest first), shares (input,
    variant, share, low, high, direction; see `main_effects`), left (variant, share that lies in interactions and in
    drivers outside the table; shares are not clipped, so their errors cancel out), tornado.
    """
    values, seed = of_variant(run.draws, question), run.manifest["seed"]
    parts = [
        main_effects(inputs, y, np.random.default_rng(seed)).assign(variant=v) for v, y in values.items()
    ]
    shares = pd.concat(parts, ignore_index=True)
    chance = 3 / len(inputs) ** 0.5  # three standard errors of a rank correlation of nought
    told = shares.groupby("input").agg(
        share=("share", "mean"), way=("direction", lambda d: _way(list(d), chance))
    )
    told = told.sort_values("share", ascending=False, kind="stable").reset_index()
    left = 1 - shares.groupby("variant", sort=False)["share"].sum()
    pooled = np.concatenate(list(values.values()))
    swings = tornado(pd.concat([inputs] * len(values), ignore_index=True), pooled).head(most)
    facts = {
        "outcome": question.outcome, "year": question.year, "unit": unit_in(run, question.outcome),
        "mean": float(np.mean([y.mean() for y in values.values()])),
        "structural": structural_share(values) if len(values) > 1 else None, "shown": most,
    }  # fmt: skip
    tables = {"ways": told, "shares": shares, "left": left.clip(lower=0).reset_index(), "tornado": swings}
    return Finding("sensitivity", run.manifest["scenario"], facts, tables)


def _way(directions: list[float], chance: float) -> str:
    """Return which way an input moves the outcome: clear where it is beyond chance and alike in all variants."""
    clear = {int(d > 0) - int(d < 0) if abs(d) > chance else 0 for d in directions}
    return WAYS[clear.pop() if len(clear) == 1 else 0]
