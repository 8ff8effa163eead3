"""Simulation-based calibration of the whole chain: are truths found where the posterior says they are?

Draw a truth from the prior, let the model and the observation model report on it, fit these reports by the very
sampler that a calibration uses, and take the rank of the truth among the posterior's draws. If priors, model,
likelihoods and sampler fit together the ranks are uniform, coordinate by coordinate and for the log-likelihood
(Talts et al. 2018, arXiv 1804.06788; Modrák et al. 2023, doi 10.1214/23-BA1404). A rank says nothing about whether
the model is true.

A lower bound ("more than 1,200") is an event and no figure: truths under which nobody would have told it are drawn
again, which leaves the ranks uniform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2

from cpmodel.axes import VARIANTS
from cpmodel.calibration.observations import Observation, observations
from cpmodel.calibration.predictions import Replay, replay
from cpmodel.calibration.reports import retold, simulated, unmade_surveys
from cpmodel.calibration.sampler import RUNS, sample, sobol_normals
from cpmodel.calibration.subjects import OWN
from cpmodel.compute import Workers, spread
from cpmodel.errors import RunFailed
from cpmodel.inputs.scenario import Scenario
from cpmodel.outlook.hindcast import filed, kept_or_made

Array = np.ndarray
KEPT = 63  # posterior draws a truth is ranked among, picked at random so that they are nearly independent
BINS = 8  # of the 64 ranks
SURE = 0.01  # chance, were all ranks uniform, that some quantity looks as uneven as the worst one does
TRIES = 20  # times the prior is drawn again until a truth meets every lower bound
LIKELIHOOD = "log-likelihood"


@dataclass(frozen=True)
class Verdict:
    """What the ranks say.

    table     one row a quantity, the most uneven first: quantity, p (χ² on `BINS` bins), lean, spread, counts
    chance    that some quantity of this many looks so uneven though all ranks are uniform
    lean      mean rank less a half: above 0 the posterior lies too low   spread    variance over that of uniform
    ranks: above 1 the posterior is too narrow, below 1 too wide
    """

    replicates: int
    table: pd.DataFrame
    chance: float

    @property
    def uniform(self) -> bool:
        """Whether nothing speaks against uniform ranks."""
        return self.chance >= SURE


def on_trial(scenario: Scenario, until: int | None = None) -> tuple[Observation, ...]:
    """Return the rows that a calibration scores, and surveys never made, so that every likelihood is tried."""
    last = scenario.horizon.end if until is None else until
    found, _ = observations(last, scenario.horizon.start)
    surveys = unmade_surveys(int(scenario.horizon.start), last)[::2]
    year = surveys[0].year if surveys else last
    offices = Observation(
        "synthetic offices", (), "", "office_capacity", "offices", OWN, "VN", year, (40.0,), size=63
    )
    return (*found, *surveys, *([offices] if surveys else []))


def ranks(
    scenario: Scenario, observed: tuple[Observation, ...], numbers: Iterable[int], particles: int = 256,
    kept: Path | None = None, progress: Callable[[int], None] | None = None, workers: Workers | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return one row a quantity and replicate: replicate, variant, quantity, rank in 0 … `KEPT`.

    numbers     of the replicates; each depends on its number alone, so more may be added later
    particles   of each fit, over `RUNS` runs   kept    folder in which replicates are filed, and found again
    progress    told the place of each as it is done   workers    from `compute.open_workers`; default: one after the other
    Raises RunFailed when no truth meets the lower bounds, or a fit fails.
    """
    numbers = list(numbers)
    files = {number: kept / f"replicate_{number:04d}.parquet" if kept else None for number in numbers}
    found = {number: filed(file) for number, file in files.items()}
    missing = [number for number, one in found.items() if one is None]
    shared = (replay(scenario, observed, particles), scenario.seed) if missing else ()
    for done, (place, made) in enumerate(
        spread(_replicate, missing, workers, shared), len(numbers) - len(missing)
    ):
        number = missing[place]
        found[number] = kept_or_made(files[number], lambda made=made: made)
        if progress:
            progress(done)
    return pd.concat([found[number] for number in numbers], ignore_index=True)


def _replicate(told: Replay, seed: int, number: int) -> pd.DataFrame:
    rng = np.random.default_rng([seed, number])
    variant = VARIANTS[number % len(VARIANTS)]
    truth, reports = _reported(told, variant, rng)
    here = replace(told, observed=reports)
    label = np.full(told.draws, VARIANTS.index(variant))

    def log_likelihood(_label: Array, z: Array) -> Array:
        return here.log_likelihood(label, z)

    start = sobol_normals(len(told.coordinates), told.draws // RUNS, RUNS, int(rng.integers(2**31)))
    z = sample(log_likelihood, 1, start, int(rng.integers(2**31))).z
    some = z[rng.choice(len(z), KEPT, replace=False)]
    beside = np.concatenate([some, np.repeat(truth[None], told.draws - KEPT, axis=0)])
    value = log_likelihood(label, beside)
    columns = np.column_stack([some, value[:KEPT]])
    rank = _ranked(np.append(truth, value[-1]), columns, rng)
    names = [*told.coordinates, LIKELIHOOD]
    return pd.DataFrame({"replicate": number, "variant": variant, "quantity": names, "rank": rank})


def _reported(told: Replay, variant: str, rng: np.random.Generator) -> tuple[Array, tuple[Observation, ...]]:
    """Return a truth (coordinates,) that the model can follow, and the observations as they would be reported of it."""
    for _ in range(TRIES):
        z = rng.standard_normal((told.draws, len(told.coordinates)))
        said, fit = told.said(variant, z)
        figures = {}
        for one, p, predicted, bias in said:
            figures[one.id] = simulated(one, predicted, p, bias, rng)
            if one.kind == "at_least":
                fit = fit & (figures[one.id] >= one.values[0])
        if fit.any():
            place = int(np.argmax(fit))
            reports = [
                one if one.kind == "at_least" else retold(one, float(figures[one.id][place]))
                for one in told.observed
            ]
            return z[place], tuple(reports)
    bounds = ", ".join(one.id for one in told.observed if one.kind == "at_least")
    raise RunFailed(
        f"No draw of the prior meets the lower bounds {bounds} in {TRIES} times {told.draws} draws."
    )


def _ranked(truth: Array, draws: Array, rng: np.random.Generator) -> Array:
    """Return the rank of each truth (q,) among its draws (n, q), ties broken by lot."""
    below, equal = (draws < truth).sum(axis=0), (draws == truth).sum(axis=0)
    return below + rng.integers(0, equal + 1)


def verdict(found: pd.DataFrame) -> Verdict:
    """Return what ranks say; `found` as of `ranks`."""
    number = found["replicate"].nunique()
    rows = []
    for quantity, part in found.groupby("quantity", sort=False):
        counts = np.bincount(part["rank"] * BINS // (KEPT + 1), minlength=BINS)
        uneven = ((counts - number / BINS) ** 2).sum() / (number / BINS)
        level = (part["rank"].to_numpy() + 0.5) / (KEPT + 1)
        spread = ((level - 0.5) ** 2).mean() * 12
        rows.append((quantity, float(chi2.sf(uneven, BINS - 1)), level.mean() - 0.5, spread, counts.tolist()))
    table = pd.DataFrame(rows, columns=["quantity", "p", "lean", "spread", "counts"]).sort_values(
        "p", ignore_index=True
    )
    return Verdict(number, table, float(-np.expm1(len(table) * np.log1p(-min(table["p"].min(), 1 - 1e-12)))))
