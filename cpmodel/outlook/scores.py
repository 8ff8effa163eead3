"""Scores of probability forecasts: how far off, how sharp, how honest.

All are proper (Gneiting & Raftery 2007, doi 10.1198/016214506000001437) and negatively oriented: less is better.
They are a few lines each and written here: the `scoringrules` package compiles its kernels at every import,
which costs more than all the scoring of a back-test.
"""

from __future__ import annotations

import numpy as np
from scipy.special import beta, ndtr, stdtr

ArrayLike = np.ndarray | float


def crps_normal(observed: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> np.ndarray:
    """Return the continuous ranked probability score of N(mean, sd²), unit of the observation.

    Gneiting et al. 2005, doi 10.1175/MWR2904.1: sd·[z(2Φ(z) − 1) + 2φ(z) − 1/√π], z = (observed − mean)/sd.
    """
    z = (np.asarray(observed, float) - mean) / sd
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return sd * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))


def crps_student(observed: ArrayLike, mean: ArrayLike, scale: ArrayLike, freedom: float) -> np.ndarray:
    """Return the CRPS of a Student t with location `mean`, `scale` and `freedom` > 1 degrees of freedom.

    Jordan, Krüger & Lerch 2019, doi 10.18637/jss.v090.i12, section A.2:
    scale·[z(2F(z) − 1) + 2f(z)(ν + z²)/(ν − 1) − 2√ν/(ν − 1)·B(½, ν − ½)/B(½, ν/2)²], z = (observed − mean)/scale.
    """
    z, nu = (np.asarray(observed, float) - mean) / scale, freedom
    density = (1 + z**2 / nu) ** (-(nu + 1) / 2) / (np.sqrt(nu) * beta(0.5, nu / 2))
    flat = 2 * np.sqrt(nu) / (nu - 1) * beta(0.5, nu - 0.5) / beta(0.5, nu / 2) ** 2
    return scale * (z * (2 * stdtr(nu, z) - 1) + 2 * density * (nu + z**2) / (nu - 1) - flat)


def crps_samples(observed: ArrayLike, samples: np.ndarray) -> np.ndarray:
    """Return the CRPS of the empirical distribution of `samples`, draws on the last axis.

    E|X − y| − ½E|X − X'| (Gneiting & Raftery 2007, eq. 21), with the mean difference taken over the sorted draws.
    """
    ordered = np.sort(np.asarray(samples, float), axis=-1)
    draws = ordered.shape[-1]
    rank_weights = (2 * np.arange(1, draws + 1) - draws - 1) / draws**2
    off = np.abs(ordered - np.asarray(observed, float)[..., None]).mean(axis=-1)
    return off - (ordered * rank_weights).sum(axis=-1)


def crps_quantiles(observed: ArrayLike, levels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the CRPS approximated from quantiles: twice the pinball loss integrated over the levels.

    levels   increasing, inside (0, 1), shape (k,);  values   quantiles on the last axis, shape (..., k)
    Each level stands for the stretch half way to its neighbours (Laio & Tamea 2007, doi 10.5194/hess-11-1267-2007).
    """
    levels = np.asarray(levels, float)
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return 2 * (pinball(observed, levels, values) * np.diff(edges)).sum(axis=-1)


def pinball(observed: ArrayLike, levels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the quantile loss of each level, shape of `values` (Koenker & Bassett 1978, doi 10.2307/1913643)."""
    above = np.asarray(observed, float)[..., None] - values
    return np.maximum(levels * above, (levels - 1) * above)


def log_score_normal(observed: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> np.ndarray:
    """Return −ln density of N(mean, sd²) at the observation."""
    z = (np.asarray(observed, float) - mean) / sd
    return 0.5 * z**2 + np.log(sd) + 0.5 * np.log(2 * np.pi)


def log_score_samples(observed: ArrayLike, samples: np.ndarray) -> np.ndarray:
    """Return −ln density at the observation of a Gaussian kernel estimate over the draws (last axis).

    The bandwidth is Silverman's .9·min(sd, IQR/1.34)·draws^−1/5 (1986); draws without spread score infinity
    unless they hit, for a point forecast has no density.
    """
    samples = np.asarray(samples, float)
    quarter, three = np.quantile(samples, (0.25, 0.75), axis=-1)
    sd = samples.std(axis=-1)
    spread = np.where(three > quarter, np.minimum(sd, (three - quarter) / 1.34), sd)
    width = 0.9 * spread * samples.shape[-1] ** -0.2
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.asarray(observed, float)[..., None] - samples) / width[..., None]
        density = (np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)).mean(axis=-1) / width
        score = -np.log(density)
    return np.where(width > 0, score, np.where(observed == samples[..., 0], -np.inf, np.inf))


def covered(observed: ArrayLike, samples: np.ndarray, band: float) -> np.ndarray:
    """Return whether the central band (say .8) of the draws on the last axis holds the observation, ends included."""
    low, high = np.quantile(samples, ((1 - band) / 2, (1 + band) / 2), axis=-1)
    return (low <= observed) & (observed <= high)


def pit(observed: ArrayLike, samples: np.ndarray) -> np.ndarray:
    """Return the probability integral transform: the forecast's probability of no more than was observed.

    Uniform if the forecasts are calibrated (Dawid 1984). Ties count half.
    """
    samples = np.asarray(samples, float)
    level = np.asarray(observed, float)[..., None]
    return (samples < level).mean(axis=-1) + 0.5 * (samples == level).mean(axis=-1)


def brier(happened: ArrayLike, probability: ArrayLike) -> np.ndarray:
    """Return the Brier score (probability − outcome)² of a yes–no forecast (Brier 1950)."""
    return (np.asarray(probability, float) - np.asarray(happened, float)) ** 2
