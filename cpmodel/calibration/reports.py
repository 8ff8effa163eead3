"""Figures as they would be reported: drawn from the observation model, for surveys never made and truths made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from cpmodel.axes import RUNGS
from cpmodel.calibration.likelihood import reported_share
from cpmodel.calibration.observations import Observation
from cpmodel.calibration.subjects import OWN

Array = np.ndarray
SURVEY = (
    1000  # establishments asked in a survey never made, about the size of a provincial census of large firms
)
SURVEY_YEARS = (2015, 2020)


def unmade_surveys(start: int, end: int) -> tuple[Observation, ...]:
    """Return surveys that were never made: of awareness and adoption, in the target years within the run."""
    return tuple(
        Observation(
            f"synthetic {outcome} {year}", (), "", outcome, "share", OWN, "VN", year, (0.5,),
            size=SURVEY, wave=f"synthetic {outcome} {year}",
        )
        for outcome in ("awareness", "adoption_lenient")
        for year in SURVEY_YEARS
        if start < year <= end
    )  # fmt: skip


def simulated(
    one: Observation, predicted: Array, p: Mapping[str, Array], bias: Array | float, rng: np.random.Generator
) -> Array:
    """Return one reported figure a draw, as the observation model would have it, in the outcome's unit, (n,)."""
    if one.kind == "share":
        expected = reported_share(predicted, p["survey_sensitivity"], p["survey_specificity"], bias)
        within = np.clip((p["survey_design_effect"] - 1.0) / max(one.size - 1, 1), 1e-9, 1 - 1e-9)
        strength = (1.0 - within) / within
        share = rng.beta(np.maximum(expected * strength, 1e-6), np.maximum((1 - expected) * strength, 1e-6))
        return rng.binomial(one.size, share) / one.size
    if one.kind == "offices":
        return (rng.random(predicted.shape) < predicted).sum(axis=0).astype(float)
    if one.kind == "count":
        over = np.maximum(p["project_count_dispersion"] - 1.0, 1e-9)
        return rng.poisson(rng.gamma(np.maximum(predicted, 1e-12) / over, over)).astype(float)
    if one.kind == "at_least":
        return predicted * np.exp(-p["reported_count_error"] * rng.standard_normal(predicted.shape))
    return predicted * np.exp(figure_spread(one, p) * rng.standard_normal(predicted.shape))


def figure_spread(one: Observation, p: Mapping[str, Array]) -> Array | float:
    """Return the spread of the figure of selected projects around the model's [log]; as `likelihood.shown` has it."""
    if one.highest:
        return (np.log(one.highest[0]) - np.log(one.values[0])) / (2 * ndtri(0.95))
    spread = p["payback_sigma"][RUNGS.index(one.outcome.removeprefix("payback_"))]
    number = len(one.values)
    return spread * (np.sqrt(np.pi / (2 * number)) if number > 2 else 1 / np.sqrt(number))


def told_figure(one: Observation) -> float:
    """Return the figure that a forecast is scored on: the value, the centre of a range, the median of several."""
    if one.highest:
        return float(np.sqrt(one.values[0] * one.highest[0]))
    return float(np.median(one.values))


def retold(one: Observation, figure: float) -> Observation:
    """Return an observation that tells another figure; several values or a range keep their number and their width."""
    if one.highest:
        half = np.sqrt(one.highest[0] / one.values[0])
        return replace(one, values=(figure / half,), highest=(figure * half,))
    return replace(one, values=(figure,) * len(one.values))
