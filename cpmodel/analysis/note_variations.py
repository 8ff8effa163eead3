"""A finance note varied: volumes a fifth lower and higher, and the same credit opened a year later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from cpmodel.analysis.financing import Pair, gained_uptake, run_pair
from cpmodel.analysis.ledgers import ledgers_of
from cpmodel.analysis.unit_costs import energy_saved
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.opened import opened
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import state as s
from cpmodel.model.ensemble import run_variant

VOLUMES = {"less": 0.8, "as_is": 1.0, "more": 1.2}
FIGURES = {
    "fiscal_npv": "bn VND",
    "claims_p95": "bn VND",
    "projects": "projects",
    "additional": "projects",
    "saved": "toe",
}


def volumes_varied(pair: Pair, rate: float, base: int) -> pd.DataFrame:
    """Return what volumes of every instrument a fifth lower and higher would bring: volume, variant, figure, mean.

    Terms and worlds stay, so the acceptance tables do; where volumes do not bind, nothing changes.
    """
    frames = []
    for name, times in VOLUMES.items():
        offers = {v: one._replace(capacity=times * one.capacity) for v, one in pair.offers.items()}
        supported = pair.supported
        if times != 1.0:
            supported = {v: run_variant(pair.worlds[v], offers[v], v) for v in offers}
        varied = replace(pair, offers=offers, supported=supported)
        frames.append(told(varied, rate, base).assign(volume=name))
    return pd.concat(frames, ignore_index=True)


def year_later(inputs: Inputs, draws: int, rate: float, base: int) -> pd.DataFrame:
    """Return the figures of a scenario and of the same with its credit opened a year later: when, variant, figure, mean.

    Closing dates stay as planned, so a year is lost, not moved. draws    on common draws, enough for differences of means
    inputs    at explorer resolution. Empty where the credit would then never open.
    """
    scenario = inputs.scenario.model_copy(update={"draws": min(draws, inputs.scenario.draws)})
    later = opened_later(scenario, inputs)
    if later is None:
        return pd.DataFrame(columns=["when", "variant", "figure", "mean"])
    frames = []
    for when, told_of in (("as_planned", scenario), ("year_later", later)):
        pair = run_pair(told_of, inputs=replace(inputs, scenario=told_of))
        frames.append(told(pair, rate, base).assign(when=when))
    return pd.concat(frames, ignore_index=True)


def opened_later(scenario: Scenario, inputs: Inputs, years: float = 1.0) -> Scenario | None:
    """Return the scenario with every instrument for investments opened later; None where none would open in time."""
    own = {one.name for one in opened(scenario, inputs.catalogue)}
    credit = {}
    for name, one in scenario.credit.items():
        opens = one.opens + years if name in own else one.opens
        if opens < min(one.closes or np.inf, scenario.horizon.end + 1):
            credit[name] = one.model_copy(update={"opens": opens})
    return scenario.model_copy(update={"credit": credit}) if own & set(credit) else None


def told(pair: Pair, rate: float, base: int) -> pd.DataFrame:
    """Return the figures of a pair by variant: variant, figure, mean (the 95th percentile of claims)."""
    rows: list[tuple[str, str, float]] = []
    for variant, one in ledgers_of(pair).items():
        out, draws = pair.supported[variant], one.total.shape[-1]
        saved = energy_saved(pair, variant, draws)[0]
        decay = (
            pair.worlds[variant].parameters["lapse_rate"][2] + pair.worlds[variant].parameters["exit_rate"]
        )
        values: Mapping[str, float] = {
            "fiscal_npv": one.present_value(one.total, rate, base).mean(),
            "claims_p95": float(np.quantile(one.present_value(one.sampled_claims, rate, base), 0.95)),
            "projects": out.flows[:, s.PROJECTS].sum(0).mean(),
            "additional": gained_uptake(pair.worlds[variant], out, pair.without[variant]).sum(0).mean(),
            "saved": (saved.sum(0) + saved[-1] / decay[:draws]).mean(),
        }
        rows += [(variant, name, float(value)) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["variant", "figure", "mean"])
