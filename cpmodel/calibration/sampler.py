"""From prior to posterior on the true model: Sobol' runs → history matching → tempered particles in four runs.

The Sobol' points of each run are its first particles, so no run of the model is spent twice. Each structural variant
is fitted by itself: the two are carried beside each other and adoption data alone cannot tell them apart, so none
wins the draws of the other; how far the data lean is told by the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from cpmodel.calibration.likelihood import Match
from cpmodel.errors import RunFailed
from cpmodel.outlook.tempering import Tempered, autoregression, temper

Array = np.ndarray
RUNS = 4  # as many as tell between-run from within-run spread; the usual number (Gelman et al. 2013)
IMPLAUSIBLE = (
    3.0  # standard deviations: at most 5 % of any one-peaked distribution lies beyond (Pukelsheim 1994)
)
MOST_R_HAT = 1.05
LEAST_ANCESTORS = 20.0  # effective, each variant: below, a posterior rests on a handful of prior draws
SILENT = 0.01  # nats: what every draw of the prior meets equally well teaches nothing


@dataclass(frozen=True)
class Sample:
    """Posterior particles of every label, runs side by side.

    label, run (n,), z (n, d)   evidence    (labels,) log of the mean likelihood under the prior, mean of the runs
    r_hat    (labels, d)   ancestors    (labels,) effective number of prior draws the particles descend from
    """

    label: Array
    run: Array
    z: Array
    evidence: Array
    r_hat: Array
    ancestors: Array
    powers: tuple[float, ...]
    accepted: float


def sobol_normals(dimension: int, size: int, runs: int, seed: int) -> Array:
    """Return standard normal points of `runs` scrambled Sobol' designs (Owen 1998), shape (runs · size, dimension)."""
    designs = [
        qmc.Sobol(dimension, seed=np.random.default_rng([seed, run])).random(size) for run in range(runs)
    ]
    return ndtri(np.clip(np.concatenate(designs), 1e-12, 1 - 1e-12))


def history_match(matches: Sequence[dict[str, Match]], limit: float = IMPLAUSIBLE) -> dict[str, float]:
    """Return for each observation the share of prior draws that it does not rule out, and for `all` together.

    A draw is ruled out by a figure more than `limit` standard deviations away (Craig, Goldstein, Seheult & Smith
    1997); all together by its largest distance.
    """
    distance = {name: np.concatenate([m[name].distance for m in matches]) for name in matches[0]}
    if not distance:
        return {"all": 1.0}
    found = {name: float((values <= limit).mean()) for name, values in distance.items()}
    return found | {"all": float((np.max(list(distance.values()), axis=0) <= limit).mean())}


def refuse_conflict(kept: dict[str, float]) -> None:
    """Raise RunFailed naming the observations that no draw of the prior comes near."""
    worst = [name for name, share in kept.items() if share == 0.0 and name != "all"]
    if worst or kept["all"] == 0.0:
        rows = ", ".join(worst) or "several rows together"
        raise RunFailed(
            f"The model cannot come near {rows}: no draw of the prior lies within {IMPLAUSIBLE:g} standard deviations.\n"
            "  Either the row does not mean what it is taken for (see calibration/observations.py), or a prior is too\n"
            "  narrow (data/parameters.csv). Nothing was written."
        )


def silent(matches: Sequence[dict[str, Match]]) -> tuple[str, ...]:
    """Return the observations that every draw of the prior meets equally well, so that they teach nothing."""
    return tuple(
        name
        for name in matches[0]
        if np.ptp(np.concatenate([one[name].log_likelihood for one in matches])) < SILENT
    )


def sample(
    log_likelihood: Callable[[Array, Array], Array],
    labels: int,
    start: Array,
    seed: int,
    *,
    runs: int = RUNS,
    moves: int = 5,
    progress: Callable[[float], None] | None = None,
) -> Sample:
    """Carry prior points to the posterior of every label, in independent runs.

    start    (labels · runs · size, d) standard normal points, label by label and run by run
    moves    at each power: with steps that a quarter of the particles take, most have moved
    """
    size = len(start) // (labels * runs)
    population = np.repeat(np.arange(labels * runs), size)
    rng = np.random.default_rng([seed, labels, runs])
    found = temper(
        log_likelihood, population // runs, start, rng,
        population=population, move=autoregression, moves=moves, progress=progress,
    )  # fmt: skip
    return _sample(found, labels, runs, size)


def _sample(found: Tempered, labels: int, runs: int, size: int) -> Sample:
    z = found.z.reshape(labels, runs, size, -1)
    origin = found.origin.reshape(labels, -1)
    counts = [np.unique(mine, return_counts=True)[1] / mine.size for mine in origin]
    evidence = found.evidence.reshape(labels, runs)
    top = evidence.max(axis=1)
    return Sample(
        label=found.label,
        run=np.tile(np.repeat(np.arange(runs), size), labels),
        z=found.z,
        evidence=top + np.log(np.exp(evidence - top[:, None]).mean(axis=1)),
        r_hat=np.array([r_hat(one) for one in z]),
        ancestors=np.array([1.0 / (share**2).sum() for share in counts]),
        powers=found.powers,
        accepted=found.accepted,
    )


def r_hat(z: Array) -> Array:
    """Return the potential scale reduction of runs (Gelman & Rubin 1992), shape (d,); z (runs, size, d).

    √( ((n − 1)/n·W + B/n) / W ), B/n the variance of the runs' means, W the mean variance within a run.
    """
    size = z.shape[1]
    within = z.var(axis=1, ddof=1).mean(axis=0)
    between = z.mean(axis=1).var(axis=0, ddof=1)
    return np.sqrt(((size - 1) / size * within + between) / np.maximum(within, 1e-300))


def refuse_unconverged(found: Sample, names: Sequence[str]) -> None:
    """Raise RunFailed when the runs disagree or the particles descend from too few prior draws."""
    worst = np.unravel_index(np.argmax(found.r_hat), found.r_hat.shape)
    complaints = []
    if found.r_hat[worst] > MOST_R_HAT:
        complaints.append(
            f"R-hat of {names[worst[1]]} is {found.r_hat[worst]:.2f}, above {MOST_R_HAT}: the runs disagree."
        )
    if found.ancestors.min() < LEAST_ANCESTORS:
        complaints.append(
            f"The particles descend from {found.ancestors.min():.0f} effective prior draws, fewer than "
            f"{LEAST_ANCESTORS:g}."
        )
    if complaints:
        raise RunFailed(
            "The calibration did not converge, so nothing was written.\n  "
            + "\n  ".join(complaints)
            + "\n  → Ask for more particles (--draws), and look whether two rows contradict each other."
        )


def sbc_ranks(
    prior: Callable[[np.random.Generator], Array],
    observe: Callable[[Array, np.random.Generator], Array],
    fit: Callable[[Array, np.random.Generator], Array],
    repeats: int,
    rng: np.random.Generator,
    kept: int = 63,
) -> Array:
    """Return the ranks of truths among posterior draws, shape (repeats, d), each in 0 … kept (Talts et al. 2018).

    prior    draws a truth (d,)   observe    data of a truth   fit    posterior draws (n, d) of data
    kept     draws kept of each posterior, picked at random so that they are nearly independent
    If the fit is right the ranks are uniform, whatever the model.
    """
    ranks = []
    for _ in range(repeats):
        truth = prior(rng)
        draws = fit(observe(truth, rng), rng)
        some = draws[rng.choice(len(draws), kept, replace=False)]
        ranks.append((some < truth).sum(axis=0))
    return np.array(ranks)
