"""What would it take: the least budget that reaches a level with a given probability, or the best that a cap can buy.

The search runs on few common draws (sample-average approximation): points scattered over all splits, each finance
design at the best of them, sequential quadratic programming from several, alternatives that look different, prices
of what is scarce. Everything told of a package comes from fresh draws; what it loses there is the optimism of choosing
(Smith & Winkler 2006, doi 10.1287/mnsc.1050.0451).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.analysis.aims import TargetsAim, chances, targets_aim
from cpmodel.analysis.allocation import Optimum
from cpmodel.analysis.alternatives import Alternative
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.findings import Finding
from cpmodel.analysis.programme import USES, as_planned
from cpmodel.analysis.programme_question import Question
from cpmodel.analysis.programme_runs import (
    HANDS,
    NO_CREDIT,
    OWN_CREDIT,
    TOLD,
    Measured,
    Trials,
    make_bench,
    met_by,
)
from cpmodel.analysis.programme_search import (
    Effort,
    Search,
    alternatives,
    climbed,
    money_price,
    prepared,
    prices,
    scattered,
)
from cpmodel.analysis.programme_terms import refined
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.scenario import Instrument, Scenario

Array = np.ndarray
BEST, PLANNED, LEAST = "best", "as_planned", "running_costs"
LEAST_CREDIT = 0.05  # bn VND of subsidy-equivalent below which a package is said to open no credit
CHANCE = 0.02  # about two standard errors of odds from 2,000 draws; less than this off counts as reached


def backcast(
    question: Question, scenario: Scenario, effort: Effort | None = None, folder: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None, inputs: Inputs | None = None, calibration: str | None = None,
) -> Finding:  # fmt: skip
    """Return the answer to a question put to a scenario; money in bn VND of 2010.

    scenario    gives worlds, seed, the money before the first year chosen, and one of the finance designs
    folder    where what was tried is kept, so that the same question goes on where it was interrupted
    progress    is told (stage, done, of)
    calibration    folder of a calibration whose draws to take, or `latest`; None: the prior's. A quarter of its
    particles is searched in, a quarter tells how much the search flatters itself, packages are told from the others.

    Facts: the question; reached (None when no level was asked); design of the finance mechanism; credit, its instruments as
    a scenario names them (None: those of the scenario itself); level reached with the
    probability asked, on fresh draws; binds, the obstacle that would bring most if it alone were gone; money_price, what
    one more bn VND brings; optimism, what the gain over running costs loses on fresh draws; stationarity and spread of
    the climb (0 at an optimum that every start reaches). Tables: packages (the best, alternatives, the scenario's own
    money, running costs alone; fresh draws), money, targets, obstacles, windows, limits.
    Raises BadInput when the caps leave less than the running costs.
    """
    effort, say = effort or Effort(), progress or (lambda *_: None)
    coarse = scenario.model_copy(update={"resolution": "explorer"})
    inputs = replace(inputs or load(coarse, calibration=calibration), scenario=coarse)
    say("start", 0, 1)
    search = prepared(question, effort, inputs, folder, say)
    try:
        design, starts = scattered(search)
        best, reached = climbed(search, design, starts)
        design, best, reached = _with_better_credit(search, design, best, reached, starts)
        found = alternatives(search, design, best, reached)
        say("price", 0, 1)
        priced = prices(search, design, best, reached)
        return _confirmed(search, design, best, reached, found, priced)
    finally:
        search.trials.keep()


def _with_better_credit(
    search: Search, design: str, best: Optimum, reached: bool | None, starts: list[Array]
) -> tuple[str, Optimum, bool | None]:
    """Return finance design and package after terms of credit have moved; both climb anew where that does better."""
    other, aimed = refined(search, design, best.at, money_price(search, design, best, reached)), search.aimed
    if other == design:
        return design, best, reached
    again, also = climbed(search, other, [best.at, *starts[:-1]])
    if (bool(also), again.value) > (bool(reached), best.value):
        return other, again, also
    search.aimed = aimed
    return design, best, reached


def _confirmed(
    search: Search, design: str, best: Optimum, reached: bool | None, found: list[Alternative], priced: tuple
) -> Finding:
    """Return the answer with every package on fresh draws."""
    question, effort, plan, inputs = search.question, search.effort, search.plan, search.inputs
    bench = search.trials.bench
    search.say("confirm", 0, 1)
    mixes = [search.mixes[design]] if design in search.mixes else []
    fresh = make_bench(
        met_by(inputs, TOLD), Fidelity(effort.confirm), bench.asked, bench.targets, mixes, search.opens
    )
    named = {BEST: (best.at, design)} | {one.direction: (one.at, design) for one in found}
    own = OWN_CREDIT if OWN_CREDIT in bench.designs else NO_CREDIT
    named |= {PLANNED: (as_planned(plan, inputs), own), LEAST: (plan.room.low, NO_CREDIT)}
    told = Trials(fresh, plan)
    typical = search.trials.run(as_planned(plan, inputs)[None], NO_CREDIT)[0]
    counted = targets_aim(bench.targets, typical)
    rows, money, odds = [], [], []
    for done, (name, (point, terms)) in enumerate(named.items(), start=1):
        one = told.run(point[None], terms)[0]
        searched = search.aim.score(search.trials.run(point[None], terms)[0])
        rows.append(_package(search, name, point, terms, one, searched, counted))
        money += [(name, project, int(year), float(amount))
                  for project, line in zip(COMPONENT_PROJECTS, plan.money(point), strict=True)
                  for year, amount in zip(plan.years, line, strict=True) if year >= plan.first]  # fmt: skip
        odds += [(name, t.id, t.year, t.outcome, float(p.mean()))
                 for t, p in zip(bench.targets, chances(one, counted.thresholds, counted.widths), strict=True)]  # fmt: skip
        search.say("confirm", done, len(named))
    tables = dict(zip(("obstacles", "windows", "limits"), priced[:3], strict=True))
    tables = {
        "packages": pd.DataFrame(rows),
        "money": pd.DataFrame(money, columns=["package", "component_project", "year", "amount"]),
        "targets": pd.DataFrame(odds, columns=["package", "target", "year", "outcome", "odds"]),
        **tables,
    }
    facts = _facts(search, design, best, reached, tables, priced[3])
    kind = "allocate" if question.level is None else "backcast"
    return Finding(kind, inputs.scenario.name, facts, tables)


def _facts(
    search: Search, design: str, best: Optimum, reached: bool | None, tables: dict, money_price: float
) -> dict:
    question, effort, packages = search.question, search.effort, tables["packages"].set_index("package")
    if reached:
        reached = bool(packages.loc[BEST, "odds"] >= question.probability - CHANCE)
    gains = packages.loc[BEST, ["searched", "score"]] - packages.loc[LEAST, ["searched", "score"]]
    obstacles = tables["obstacles"].sort_values("gain_if_gone")
    mix, fit = search.mixes.get(design), search.inputs.posterior
    return {
        **asdict(question), "first": search.plan.first, "title": search.inputs.scenario.title.model_dump(),
        "annual_cap": question.annual_cap or search.space.annual_cap.value, "reached": reached,
        "design": packages.loc[BEST, "design"],
        "credit": _opened(search, packages.loc[BEST, "design"], search.plan.volume(best.at)),
        "terms": mix.terms() if mix is not None and packages.loc[BEST, "design"] == design else {},
        "level_reached": float(packages.loc[BEST, "level"]),
        "cost": float(packages.loc[BEST, "cost"]), "binds": str(obstacles.iloc[-1]["obstacle"]),
        "money_price": money_price, "optimism": float(gains["searched"] - gains["score"]),
        "stationarity": best.stationarity, "spread": best.spread / max(abs(best.value), 1e-12),
        "tried": len(search.trials.known), "draws": effort.draws, "confirm": effort.confirm,
        "alternatives": effort.alternatives, "calibration": fit and fit.name,
        "particles": fit and min(map(len, fit.dealt(HANDS[TOLD], 4).normals.values())),
    }  # fmt: skip


def _opened(search: Search, design: str, share: float) -> dict[str, dict] | None:
    """Return the instruments of a finance design by name, as a scenario file says them; None: the scenario's own in full.

    share    of their ceilings that is opened
    """
    if design == OWN_CREDIT and share == 1.0:
        return None
    mix = search.mixes.get(design)
    own = search.inputs.scenario.credit if design == OWN_CREDIT else {}
    return {name: _plain(one, share) for name, one in (own if mix is None else mix.credit).items()}


def _plain(one: Instrument, share: float) -> dict[str, object]:
    told = one.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    if one.volume is not None:
        told["volume"] = told["volume"] | {"value": max(round(share * one.volume.value, 3), 0.001)}
    return told


def _package(
    search: Search, name: str, point: Array, design: str, one: Measured, searched: float, counted: TargetsAim
) -> dict:
    plan, question = search.plan, search.question
    n = len(one.outcome) // len(search.trials.bench.variants)
    budget = plan.budget(point)
    money = plan.money(point)[:, plan.years >= plan.first]
    by_project, early = money.sum(axis=1), float(money[:, : (money.shape[1] + 1) // 2].sum() / money.sum())
    halves = dict(
        zip(
            search.trials.bench.variants,
            np.split(one.outcome, np.arange(n, len(one.outcome), n)),
            strict=True,
        )
    )
    level = question.level
    return {
        "package": name, "design": design if one.credit >= LEAST_CREDIT else NO_CREDIT,
        "cost": budget + one.credit, "budget": budget, "credit": one.credit,
        **dict(zip(COMPONENT_PROJECTS, by_project, strict=True)), **dict(zip(USES, plan.uses(point), strict=True)),
        "first_half": early,
        "level": float(np.quantile(one.outcome, 1.0 - question.probability)),
        "p10": float(np.quantile(one.outcome, 0.1)), "median": float(np.median(one.outcome)),
        "p90": float(np.quantile(one.outcome, 0.9)),
        **{f"level_{v}": float(np.quantile(x, 1.0 - question.probability)) for v, x in halves.items()},
        "odds": float((one.outcome >= level).mean()) if level is not None else np.nan,
        "targets_met": counted.told(one), "score": search.aim.score(one), "searched": searched,
    }  # fmt: skip
