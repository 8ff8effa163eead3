"""What a reported figure says of the model: one likelihood a kind of observation.

Each function takes predictions over draws (n,) and returns a `Match`: the log-likelihood (n,), and the distance
between figure and prediction in standard deviations (n,), which history matching reads. Parameters of the
observation model have rows in `data/parameters.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import expit, logit, ndtri

from cpmodel.axes import RUNGS
from cpmodel.calibration.observations import Observation
from cpmodel.model.institutions import office_counts

Array = np.ndarray


class Match(NamedTuple):
    """How well draws meet an observation: log-likelihood, and distance in standard deviations, both (n,)."""

    log_likelihood: Array
    distance: Array


def reported_share(share: Array, sensitivity: Array, specificity: Array, bias: Array) -> Array:
    """Return the share that a survey wave is expected to report (Rogan & Gladen 1978, with a wave's own bias).

    share    true [share]   sensitivity, specificity    of the answer [probability]   bias    of the wave [logit]
        logit⁻¹( logit( Se·X + (1 − Sp)·(1 − X) ) + bias )
    """
    told = sensitivity * share + (1.0 - specificity) * (1.0 - share)
    return expit(logit(told) + bias)


def surveyed(count: int, size: int, expected: Array, design_effect: Array) -> Match:
    """Beta-binomial of `count` yes among `size`, its variance `design_effect` times the binomial's.

    expected    reported share [share]   design_effect ≥ 1 [ratio]; 1 is the binomial itself
        ρ = (deff − 1)/(n − 1)    BetaBinomial(n; p(1 − ρ)/ρ, (1 − p)(1 − ρ)/ρ)
    A sample of n then says as much as a simple one of n_eff = n/deff (Kish 1965).
    """
    effect = np.broadcast_to(np.asarray(design_effect, float), np.shape(expected))
    simple = effect <= 1.0 + 1e-9
    within = np.where(simple, 0.5, np.minimum((effect - 1.0) / max(size - 1, 1), 1 - 1e-9))
    strength = (1.0 - within) / within
    clustered = stats.betabinom.logpmf(count, size, expected * strength, (1.0 - expected) * strength)
    plain = stats.binom.logpmf(count, size, expected)
    spread = np.sqrt(effect * expected * (1.0 - expected) / size)
    return Match(np.where(simple, plain, clustered), np.abs(count / size - expected) / spread)


def competent_offices(count: int, competent: Array) -> Match:
    """Poisson-binomial of `count` competent offices, exact by convolution (Hong 2013).

    competent    probability of each office, shape (offices, n)
    """
    odds = office_counts(competent)[count]
    spread = np.sqrt((competent * (1.0 - competent)).sum(axis=0))
    distance = np.abs(count - competent.sum(axis=0)) / np.maximum(spread, 1e-12)
    return Match(np.log(np.maximum(odds, 1e-300)), distance)


def more_than(count: float, expected: Array, error: Array) -> Match:
    """Lower bound: the stock is at least a count of those known, which is off by `error` on the log scale.

    Φ((ln N − ln count)/error), rising in N [count]: many that nobody counted are no contradiction.
    """
    ahead = (np.log(np.maximum(expected, 1e-300)) - np.log(count)) / error
    return Match(stats.norm.logcdf(ahead), np.maximum(-ahead, 0.0))


def counted(count: int, expected: Array, dispersion: Array) -> Match:
    """Negative binomial of a count with mean `expected` and `dispersion` times the variance of Poisson.

    dispersion ≥ 1 [ratio]; 1 is Poisson itself   (the form NB1 of Cameron & Trivedi 1998)
    """
    mean = np.maximum(expected, 1e-12)
    spread = np.broadcast_to(np.asarray(dispersion, float), mean.shape)
    over = np.maximum(spread - 1.0, 1e-9)
    bunched = stats.nbinom.logpmf(count, mean / over, 1.0 / spread)
    plain = stats.poisson.logpmf(count, mean)
    return Match(
        np.where(spread <= 1.0 + 1e-9, plain, bunched), np.abs(count - mean) / np.sqrt(spread * mean)
    )


def shown(values: tuple[float, ...], highest: tuple[float, ...], expected: Array, spread: Array) -> Match:
    """Normal on logs of figures from selected projects, scored by their median, so one odd plant does not lead.

    expected    median that such projects show, selection bias included   spread    between projects [log]
    The median of n > 2 normal figures has standard deviation spread·√(π/2n). A single figure told as a range
    (low–high) is read as its 90 % band: centre √(low·high), standard deviation ln(high/low)/2·1.645.
    """
    logs = np.log(np.asarray(values, float))
    if highest:
        centre = (logs[0] + np.log(highest[0])) / 2
        sd = np.full(np.shape(expected), (np.log(highest[0]) - logs[0]) / (2 * ndtri(0.95)))
    else:
        number = len(logs)
        centre = float(np.median(logs))
        sd = spread * (np.sqrt(np.pi / (2 * number)) if number > 2 else 1 / np.sqrt(number))
    gap = centre - np.log(expected)
    return Match(stats.norm.logpdf(gap, 0.0, sd), np.abs(gap) / sd)


def match(one: Observation, predicted: Array, p: Mapping[str, Array], bias: Array | float = 0.0) -> Match:
    """Return how draws meet an observation.

    predicted    (n,) what the model says of its outcome; (offices, n) for offices
    p            parameters by name, shape (..., n)   bias    of its survey wave [logit], (n,)
    """
    if one.kind == "share":
        expected = reported_share(predicted, p["survey_sensitivity"], p["survey_specificity"], bias)
        return surveyed(round(one.values[0] * one.size), one.size, expected, p["survey_design_effect"])
    if one.kind == "offices":
        return competent_offices(round(one.values[0]), predicted)
    if one.kind == "at_least":
        return more_than(one.values[0], predicted, p["reported_count_error"])
    if one.kind == "count":
        return counted(round(one.values[0]), predicted, p["project_count_dispersion"])
    return shown(one.values, one.highest, predicted, _spread(one, p))


def _spread(one: Observation, p: Mapping[str, Array]) -> Array:
    """Return the spread between projects of a rung's payback [log]; a range brings its own."""
    rung = one.outcome.removeprefix("payback_")
    return p["payback_sigma"][RUNGS.index(rung)] if rung in RUNGS else np.nan
