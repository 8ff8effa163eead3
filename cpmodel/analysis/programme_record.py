"""What the model, before any fit, would have said of the programme's own figures: prior predictive, and labelled so.

Few figures can be held against the model, and most of those had a word in the choice of a prior. Under `ENOUGH`
figures that no prior was centred on there is no score to speak of: the record is then "not scoreable", each figure is
shown with its odds, and the scoring is shown on synthetic truths, which say what a right model would score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from cpmodel.axes import VARIANTS
from cpmodel.calibration.likelihood import match
from cpmodel.calibration.observations import Excluded, Observation, observations
from cpmodel.calibration.predictions import replay
from cpmodel.calibration.reports import simulated, told_figure, unmade_surveys
from cpmodel.inputs.scenario import Scenario
from cpmodel.outlook import scores

Array = np.ndarray
ENOUGH = 5  # figures that no prior was centred on, below which nothing is called a score
LAST_YEAR = 2100  # every row of the data, whatever its year


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
    surveys = unmade_surveys(int(scenario.horizon.start), scenario.horizon.end)
    told = replay(scenario, (*wanted, *surveys), draws)
    rng = np.random.default_rng(seed)
    reports = {one.id: [] for one in told.observed}
    matches = {one.id: [] for one in told.observed}
    for variant in VARIANTS:
        z = rng.standard_normal((told.draws, len(told.coordinates)))
        said, followed = told.said(variant, z)
        for one, p, predicted, bias in said:
            reports[one.id].append(simulated(one, predicted, p, bias, rng)[followed])
            matches[one.id].append(match(one, predicted, p, bias).log_likelihood[followed])
    figures = [
        _figure(one, np.concatenate(reports[one.id]), np.concatenate(matches[one.id])) for one in wanted
    ]
    synthetic = [_synthetic(one, np.concatenate(reports[one.id])) for one in surveys]
    independent = sum(not one.in_view_of for one in wanted)
    return Record(pd.DataFrame(figures), pd.DataFrame(synthetic), excluded, independent)


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
