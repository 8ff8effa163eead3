"""Vintages scored by what arrived after them: observations of the programme, and published years of the drivers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cpmodel.analysis.programme_record import ENOUGH
from cpmodel.analysis.vintages import RUN, Vintage, records
from cpmodel.calibration.observations import Observation, observations
from cpmodel.calibration.reports import simulated, told_figure
from cpmodel.calibration.subjects import OWN
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.macro import macro_series
from cpmodel.inputs.overlay import resolve
from cpmodel.model.ensemble import OFFICES
from cpmodel.outlook import scores
from cpmodel.outlook.draws import all_uniforms, uniforms
from cpmodel.outlook.driver_choice import driver_series
from cpmodel.outlook.drivers import log_path

LAST_YEAR = 2100
COLUMNS = ["vintage", "kind", "what", "year", "observed", "p10", "p50", "p90", "crps", "log", "pit", "within_50",
           "within_80", "within_95", "rows"]  # fmt: skip
WORST_LOG = 20.0  # nats; as in the back-test


@dataclass(frozen=True)
class Scored:
    """Scores of one vintage, one row an actual; actuals that came and cannot be scored, with the reason."""

    vintage: str
    rows: pd.DataFrame
    left_out: tuple[str, ...]

    @property
    def scoreable(self) -> bool:
        """Whether there are enough actuals for a mean to say something."""
        return len(self.rows) >= ENOUGH


def scored(one: Vintage, root: Path) -> Scored:
    """Score a vintage by everything in the data folder now that its own archive does not hold.

    Observations are forecast from the archived draws with the observation model of the archived parameters (at their
    prior); drivers from the archived series. The score of a driver is of its logarithm.
    """
    run = one.run()
    if one.kind != RUN:
        return Scored(one.name, pd.DataFrame(columns=COLUMNS), (f"{one.kind}: no observation answers to it",))
    with one.inputs() as then:
        inputs = load(resolve(one.folder / "scenario.resolved.yaml"), then)
        known = records(then)
        before = driver_series(macro_series(then))
    now = records(root)
    fresh = {record for table in now for record in now[table] - known.get(table, set())}
    found, excluded = observations(LAST_YEAR, inputs.scenario.horizon.start, root)
    rows = []
    left_out = [f"{row.row}: {row.reason}" for row in excluded if row.row in fresh]
    for obs in found:
        if not set(obs.rows) & fresh:
            continue
        reported = _reported(obs, run.draws, inputs)
        if reported is None:
            left_out.append(f"{obs.id}: the archived draws do not hold {obs.outcome} of {obs.year}")
        else:
            rows.append(
                _row(
                    one.name,
                    "observation",
                    obs.outcome,
                    obs.year,
                    told_figure(obs),
                    reported,
                    ", ".join(obs.rows),
                )
            )
    rows += [
        row
        for name, series in driver_series(macro_series(root)).items()
        for row in _drivers(one.name, name, series, before[name], inputs)
    ]
    return Scored(one.name, pd.DataFrame(rows, columns=COLUMNS), tuple(left_out))


def _reported(obs: Observation, draws: pd.DataFrame, inputs: Inputs) -> np.ndarray | None:
    """Return the reported figure that each archived draw leads to expect; None where the archive cannot say."""
    here = draws[draws["year"] == obs.year]
    if obs.scenario != OWN or obs.region != "VN" or obs.outcome not in here or here.empty:
        return None
    count = int(here["draw"].max()) + 1
    seed = inputs.scenario.seed
    p = inputs.parameters.values(all_uniforms(seed, inputs.parameters.streams, count), count)
    parts = []
    for variant, part in here.groupby("variant"):
        predicted = part.sort_values("draw")[obs.outcome].to_numpy(float)
        rng = np.random.default_rng([seed, obs.year, len(variant)])
        wave = ndtri(uniforms(seed, f"wave.{obs.wave}", count))
        bias = p["survey_wave_spread"] * wave if obs.wave else 0.0
        offices = (
            np.repeat(predicted[None] / OFFICES, OFFICES, axis=0) if obs.kind == "offices" else predicted
        )
        parts.append(simulated(obs, offices, p, bias, rng))
    return np.concatenate(parts)


def _drivers(vintage: str, name: str, now: pd.Series, before: pd.Series, inputs: Inputs) -> list[dict]:
    """Return a row for each year published since; a revision of a year known then is no forecast and is left alone."""
    later = now[now.index > before.index.max()]
    if later.empty:
        return []
    years = later.index.to_numpy(int)
    scenario = inputs.scenario
    paths = log_path(
        name, before, np.arange(before.index.max(), years[-1] + 1), scenario.seed, scenario.draws, ""
    ).values
    rows = []
    for year, value in later.items():
        draws = np.log(paths[int(year - before.index.max())])
        row = _row(vintage, "driver", name, int(year), float(np.log(value)), draws, "")
        rows.append(row | {key: float(np.exp(row[key])) for key in ("observed", "p10", "p50", "p90")})
    return rows


def _row(
    vintage: str, kind: str, what: str, year: int, observed: float, draws: np.ndarray, rows: str
) -> dict:
    low, middle, high = np.quantile(draws, (0.1, 0.5, 0.9))
    found = {"vintage": vintage, "kind": kind, "what": what, "year": year, "observed": observed, "p10": low, "p50": middle,
             "p90": high, "crps": float(scores.crps_samples(observed, draws)),
             "log": float(np.clip(scores.log_score_samples(observed, draws), -np.inf, WORST_LOG)),
             "pit": float(scores.pit(observed, draws)), "rows": rows}  # fmt: skip
    return found | {
        f"within_{100 * band:.0f}": bool(scores.covered(observed, draws, band)) for band in (0.5, 0.8, 0.95)
    }
