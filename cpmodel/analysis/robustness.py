"""Which scenario does well whatever comes: regret, satisficing and the worst tenth, over futures nobody can choose.

A future is a structural variant, a path of the world outside policy and a reading of the target; within each, every
scenario meets the same draws. Sources: Savage 1951 (minimax regret); Starr 1962 (domain criterion); Rockafellar &
Uryasev 2000, doi 10.21314/JOR.2000.038 (CVaR); McPhail et al. 2018, doi 10.1002/2017EF000649 (on choosing among them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.analysis.findings import Finding
from cpmodel.analysis.programme_question import ASKED
from cpmodel.analysis.programme_runs import national
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import state as s
from cpmodel.model.ensemble import make_offers, run_variant, worlds_of
from cpmodel.outlook.hindcast import kept_or_made

Array = np.ndarray
PATHS = ("low_growth", "observed", "high_growth")
WORST = 0.1  # share of the draws in the tail that CVaR averages


@dataclass(frozen=True)
class Asked:
    """year, level    of the Decision's target   readings    outcomes that may be meant by it."""

    year: int
    level: float
    readings: tuple[str, ...]


def cvar(values: Array, worst: float = WORST) -> float:
    """Return the mean of the worst (lowest) share of values; with weights at the edge, so it is exact for any n."""
    ordered = np.sort(np.asarray(values, float))
    reach = worst * len(ordered)
    weight = np.clip(reach - np.arange(len(ordered)), 0.0, 1.0)
    return float(ordered @ weight / reach)


def robustness_table(performance: Mapping[str, Mapping[tuple, Array]], level: float) -> pd.DataFrame:
    """Return one row a scenario: mean, worst future, mean and greatest regret, satisficing share, CVaR, and ranks.

    performance    scenario → future → values (n,); all scenarios have the same futures and draws
    level    from which a draw satisfies   regret    of a future: the best scenario's mean less its own
    satisficing    share of all draws of all futures at or above the level   cvar    of all draws of all futures pooled
    """
    futures = list(next(iter(performance.values())))
    means = pd.DataFrame(
        {name: {f: float(np.mean(p[f])) for f in futures} for name, p in performance.items()}
    )
    regret = means.rsub(means.max(axis=1), axis=0)
    rows = []
    for name, values in performance.items():
        pooled = np.concatenate([values[f] for f in futures])
        rows.append({
            "scenario": name, "mean": float(pooled.mean()), "worst_future": float(means[name].min()),
            "mean_regret": float(regret[name].mean()), "max_regret": float(regret[name].max()),
            "satisficing": float((pooled >= level).mean()), "cvar": cvar(pooled),
        })  # fmt: skip
    table = pd.DataFrame(rows)
    table["best_in"] = [int((regret[name] <= 1e-12).sum()) for name in table["scenario"]]
    return table


def robust(
    scenarios: Sequence[Scenario], draws: int = 256, level: float | None = None, progress: Callable | None = None,
    paths: Sequence[str] = PATHS, work: Path | None = None, calibration: str | None = None,
) -> Finding:  # fmt: skip
    """Return how scenarios compare over H1/H2 × paths of growth × readings of the last (adoption) target.

    draws    worlds of each future   level    by default the Decision's   Explorer resolution.
    work    folder in which futures are filed, so that an interrupted comparison goes on where it stopped
    calibration    folder of a calibration whose draws to take, or `latest`; None: the prior's
    Tables: scenarios (see `robustness_table`, with the money of each), futures (variant, path, reading, scenario, mean,
    satisficing, regret), vulnerable (scenario: the future in which it does worst against the best).
    Raises BadInput for fewer than two scenarios, or ones that do not share seed and years.
    """
    _refuse(scenarios)
    say = progress or (lambda *_: None)
    found: dict[str, dict[tuple, Array]] = {one.name: {} for one in scenarios}
    asked, done = None, 0
    tables: dict[
        tuple, s.Offers
    ] = {}  # money moves none of them, so scenarios with the same credit share them
    for one in scenarios:
        inputs = load(_coarse(one, draws, "observed"), calibration=calibration)
        asked = asked or _asked(inputs)
        for path in paths:
            file = work / f"{one.name}_{path}.parquet" if work else None
            make = partial(_shares, inputs, _coarse(one, draws, path), asked, tables)
            for key, values in kept_or_made(file, make).items():
                variant, reading = key.split("/")
                found[one.name][variant, path, reading] = values.to_numpy()
            done += 1
            say("futures", done, len(scenarios) * len(paths))
    least = asked.level if level is None else level
    money = {one.name: float(one.budget_table().query("funding_source in ('state', 'aid')")["budget_bn_vnd"].sum())
             for one in scenarios}  # fmt: skip
    table = robustness_table(found, least)
    table.insert(1, "money", table["scenario"].map(money))
    facts = {
        "year": asked.year, "reading": asked.readings[0], "level": least, "draws": draws,
        "futures": len(found[scenarios[0].name]),
        "minimax_regret": _first(table, "max_regret"), "most_satisficing": _first(table, "satisficing", False),
        "best_cvar": _first(table, "cvar", False), "calibration": inputs.posterior and inputs.posterior.name,
        "titles": {one.name: one.title.model_dump() for one in scenarios},
    }  # fmt: skip
    futures = _futures(found, least)
    worst = futures.loc[futures.groupby("scenario", sort=False)["regret"].idxmax()]
    tables = {"scenarios": table, "futures": futures,
              "vulnerable": worst[["scenario", "variant", "path", "reading", "regret"]].reset_index(drop=True)}  # fmt: skip
    return Finding("robust", "+".join(one.name for one in scenarios), facts, tables)


def _shares(inputs: Inputs, told: Scenario, asked: Asked, tables: dict[tuple, s.Offers]) -> pd.DataFrame:
    """Return what every draw reaches along one path of growth, a column a variant and reading: `H1/adoption_strict`."""
    worlds = worlds_of(replace(inputs, scenario=told))
    columns = {}
    for variant in told.variants:
        world, key = worlds[variant], (told.drivers.path, variant, told.credit)
        if key not in tables:
            tables[key] = make_offers(world, variant)
        nation = national(world, run_variant(world, tables[key], variant, sums=s.COUNTRY))
        for reading in asked.readings:
            columns[f"{variant}/{reading}"] = nation[reading][asked.year - int(world.years[0])]
    return pd.DataFrame(columns)


def _first(table: pd.DataFrame, column: str, ascending: bool = True) -> str:
    """Return the scenario that leads; of equals the cheapest."""
    return str(table.sort_values([column, "money"], ascending=[ascending, True]).iloc[0]["scenario"])


def _coarse(scenario: Scenario, draws: int, path: str) -> Scenario:
    drivers = scenario.drivers.model_copy(update={"path": path})
    return scenario.model_copy(update={"resolution": "explorer", "draws": draws, "drivers": drivers})


def _asked(inputs: Inputs) -> Asked:
    """Return the last adoption target of the Decision; where it sets none, the last target on a national outcome."""
    scored = inputs.yardstick.scored if inputs.yardstick else ()
    known = [t for t in scored if t.outcome.startswith("adoption")] or [
        t for t in scored if t.outcome in ASKED
    ]
    if not known:
        why = "No Decision sets a target that can be told for the years of this scenario."
        fix = "Name scenarios with the years of a Decision."
        raise BadInput(Problem("command line", "scenario", inputs.scenario.name, why, fix))
    last = max(known, key=lambda t: t.year)
    readings = dict.fromkeys(r.outcome for r in last.readings if r.outcome in ASKED)
    return Asked(last.year, last.threshold, tuple(readings))


def _refuse(scenarios: Sequence[Scenario]) -> None:
    if len({one.name for one in scenarios}) < 2:
        why = "Robustness compares scenarios: two or more are needed, each named once."
        fix = "Name reference as_decided, for example."
        raise BadInput(Problem("command line", "scenario", str(len(scenarios)), why, fix))
    for name in ("seed", "horizon", "variants", "population"):
        if len({str(getattr(one, name)) for one in scenarios}) > 1:
            why = f"They differ in `{name}`, so they do not meet the same draws of the same years."
            told = ", ".join(one.name for one in scenarios)
            raise BadInput(Problem("command line", "scenario", told, why, "Compare scenarios that share it."))


def _futures(found: Mapping[str, Mapping[tuple, Array]], level: float) -> pd.DataFrame:
    rows = []
    for future in next(iter(found.values())):
        best = max(float(np.mean(values[future])) for values in found.values())
        rows += [(name, *future, float(np.mean(values[future])), float((values[future] >= level).mean()),
                  best - float(np.mean(values[future]))) for name, values in found.items()]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["scenario", "variant", "path", "reading", "mean", "satisficing", "regret"]
    )
