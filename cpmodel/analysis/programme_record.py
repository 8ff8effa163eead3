"""What the model, before any fit, would have said of the programme's own figures: prior predictive, and labelled so.

Few figures can be held against the model, and most of those had a word in the choice of a prior. Under `ENOUGH`
figures that no prior was centred on there is no score to speak of: the record is then "not scoreable", each figure is
shown with its odds, and the scoring is shown on synthetic truths, which say what a right model would score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logsumexp, ndtri

from cpmodel.axes import RUNGS, VARIANTS
from cpmodel.calibration.likelihood import match, reported_share
from cpmodel.calibration.observations import Excluded, Observation, observations
from cpmodel.calibration.predictions import Replay, predict, replay
from cpmodel.calibration.subjects import OWN
from cpmodel.inputs.scenario import Scenario
from cpmodel.model.ensemble import at_uniforms, make_offers, run_variant
from cpmodel.outlook import scores

Array = np.ndarray
ENOUGH = 5  # figures that no prior was centred on, below which nothing is called a score
LAST_YEAR = 2100  # every row of the data, whatever its year
SURVEY = (
    1000  # establishments asked in a synthetic survey, about the size of a provincial census of large firms
)
SYNTHETIC_YEARS = (2015, 2020)


@dataclass(frozen=True)
class Record:
    """The programme's record. Tables: figures (one row each), synthetic (one row each outcome and year).

    independent    number of figures that no prior was centred on   excluded    rows not scored, with the reason
    """

    figures: pd.DataFrame
    synthetic: pd.DataFrame
    excluded: tuple[Excluded, ...]
    independent: int

    @property
    def scoreable(self) -> bool:
        """Whether there are enough independent figures for a score."""
        return self.independent >= ENOUGH


def programme_record(scenario: Scenario, draws: int = 256, seed: int = 1419) -> Record:
    """Hold every figure that may be scored against prior draws of both structural variants, pooled.

    scenario    whose world the figures are held against; records of single schemes are replayed in theirs
    draws       of each variant, at explorer resolution with drivers drawn with the parameters
    Only figures of years after the start of the run are forecasts; the run's start is the origin of all.
    """
    found, excluded = observations(LAST_YEAR, scenario.horizon.start)
    wanted = tuple(one for one in found if one.year >= scenario.horizon.start)
    surveys = synthetic_surveys(int(scenario.horizon.start), scenario.horizon.end)
    told = replay(scenario, (*wanted, *surveys), draws)
    rng = np.random.default_rng(seed)
    reports = {one.id: [] for one in told.observed}
    matches = {one.id: [] for one in told.observed}
    for variant in VARIANTS:
        z = rng.standard_normal((told.draws, len(told.coordinates)))
        for one, world, predicted, bias in predictions(told, variant, z):
            reports[one.id].append(simulated(one, predicted, world.parameters, bias, rng))
            matches[one.id].append(match(one, predicted, world.parameters, bias).log_likelihood)
    figures = [
        _figure(one, np.concatenate(reports[one.id]), np.concatenate(matches[one.id])) for one in wanted
    ]
    synthetic = [_synthetic(one, np.concatenate(reports[one.id])) for one in surveys]
    independent = sum(not one.in_view_of for one in wanted)
    return Record(pd.DataFrame(figures), pd.DataFrame(synthetic), excluded, independent)


def synthetic_surveys(start: int, end: int) -> tuple[Observation, ...]:
    """Return surveys that were never made: of awareness and adoption, in the target years within the run."""
    return tuple(
        Observation(
            f"synthetic {outcome} {year}", (), "", outcome, "share", OWN, "VN", year, (0.5,),
            size=SURVEY, wave=f"synthetic {outcome} {year}",
        )
        for outcome in ("awareness", "adoption_lenient")
        for year in SYNTHETIC_YEARS
        if start < year <= end
    )  # fmt: skip


def predictions(told: Replay, variant: str, z: Array):
    """Yield (observation, world, prediction, wave bias [logit]) of each observation of a replay; z (draws, coordinates)."""
    uniforms = told.uniforms(z)
    for name, world in told.worlds.items():
        mine = [one for one in told.observed if one.scenario == name]
        here = at_uniforms(world, uniforms)
        out = run_variant(here, make_offers(here, variant), variant) if mine else None
        for one in mine:
            column = len(told.streams) + told.waves.index(one.wave) if one.wave else None
            bias = 0.0 if column is None else here.parameters["survey_wave_spread"] * z[:, column]
            yield one, here, predict(one, here, out), bias


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
    return predicted * np.exp(_spread(one, p) * rng.standard_normal(predicted.shape))


def _spread(one: Observation, p: Mapping[str, Array]) -> Array | float:
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


def _figure(one: Observation, reported: Array, log_likelihood: Array) -> dict:
    observed, bound = told_figure(one), one.kind == "at_least"
    low, middle, high = np.quantile(reported, (0.1, 0.5, 0.9))
    row = {"rows": ", ".join(one.rows), "outcome": one.outcome, "year": one.year, "kind": one.kind,
           "scenario": one.scenario, "observed": observed, "p10": low, "p50": middle, "p90": high}  # fmt: skip
    row["log"] = float(np.log(len(log_likelihood)) - logsumexp(log_likelihood))
    row["pit"] = np.nan if bound else float(scores.pit(observed, reported))
    row["crps"] = np.nan if bound else float(scores.crps_samples(observed, reported))
    row["odds"] = float((reported >= observed).mean()) if bound else np.nan
    return row | {"in_view_of": one.in_view_of, "source_id": one.source_id, "grade": one.grade}


def _synthetic(one: Observation, reported: Array) -> dict:
    """Return what a right model scores: every draw in turn is the truth, the others are the forecast."""
    truths = range(0, len(reported), max(1, len(reported) // 200))
    rows = []
    for i in truths:
        others = np.delete(reported, i)
        rows.append([scores.crps_samples(reported[i], others)]
                    + [scores.covered(reported[i], others, band) for band in (0.5, 0.8, 0.95)])  # fmt: skip
    crps, *held = np.array(rows, float).mean(axis=0)
    low, middle, high = np.quantile(reported, (0.1, 0.5, 0.9))
    return {"outcome": one.outcome, "year": one.year, "p10": low, "p50": middle, "p90": high, "crps": crps,
            "within_50": held[0], "within_80": held[1], "within_95": held[2], "truths": len(rows)}  # fmt: skip
