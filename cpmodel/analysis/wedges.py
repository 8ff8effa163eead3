"""Wedges: what each lever of a scenario adds to a world without them, so that the parts sum to the whole exactly.

Every coalition of levers is run on the same draws, so the split does not depend on any order. What levers bring only
together is a band of its own; Shapley's value shares it equally among those who make it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.analysis.findings import Finding
from cpmodel.analysis.programme_runs import national
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.fields import FrozenMap
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import levers as model_levers
from cpmodel.model import state as s
from cpmodel.model.ensemble import make_offers, opening_of, run_variant, worlds_of
from cpmodel.model.stepping import make_clock
from cpmodel.results.contributions import without_project

Array = np.ndarray
MOST_LEVERS = 12
SWITCHES = ("voluntary_certificates", "integration_in_plans", "unit_mandate")
SYNERGY, TOTAL = "synergy", "total"
INTERVAL = (0.1, 0.9)


@dataclass(frozen=True)
class Split:
    """What coalitions of k levers bring, split: alone, shapley (k, ...), synergy, total (...)."""

    alone: Array
    shapley: Array
    synergy: Array
    total: Array


def shapley_split(values: Array) -> Split:
    """Return Shapley's value and what each player brings alone, from the worth of every coalition.

    values (2^k, ...)    worth of the coalition whose members are the set bits of its index; index 0 is nobody
        φ_i = Σ_S |S|!(k − |S| − 1)!/k! · [v(S ∪ i) − v(S)]       synergy = v(all) − v(∅) − Σ_i [v(i) − v(∅)]
    Source: Shapley 1953. The sum of φ is v(all) − v(∅) whatever the worths.
    """
    values = np.asarray(values, float)
    k = int(np.log2(len(values)))
    if 2**k != len(values) or k < 1:
        raise ValueError(f"{len(values)} worths are not those of all coalitions of some players")
    index = np.arange(len(values))
    sizes = np.array([bin(i).count("1") for i in index])
    alone, shapley = [], []
    for player in range(k):
        without = index[(index >> player) & 1 == 0]
        weight = 1.0 / (k * np.array([comb(k - 1, size) for size in sizes[without]], float))
        gain = values[without | (1 << player)] - values[without]
        shapley.append(np.tensordot(weight, gain, axes=1))
        alone.append(values[1 << player] - values[0])
    total = values[-1] - values[0]
    return Split(np.array(alone), np.array(shapley), total - np.sum(alone, axis=0), total)


def levers_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the levers that a scenario pulls: component projects with money, credit instruments, switches.

    More than twelve are refused by `wedges`; credit is then one lever.
    """
    projects = [
        name
        for name in COMPONENT_PROJECTS
        if any(row[0] == name and row[3] > 0 for row in scenario.budgets.rows())
    ]
    switches = [name for name in SWITCHES if getattr(scenario.toggles, name)]
    credit = [f"credit {name}" for name in scenario.credit]
    if len(projects) + len(switches) + len(credit) > MOST_LEVERS and credit:
        credit = ["credit"]
    return (*projects, *credit, *switches)


def with_levers(scenario: Scenario, every: Sequence[str], pulled: Sequence[str]) -> Scenario:
    """Return the scenario with some of its levers pulled and the others left alone."""
    left = [name for name in every if name not in pulled]
    for name in left:
        if name in COMPONENT_PROJECTS:
            scenario = without_project(scenario, name)
    dropped = {name.removeprefix("credit ") for name in left if name.startswith("credit ")}
    credit = {} if "credit" in left else {k: v for k, v in scenario.credit.items() if k not in dropped}
    off = {name: False for name in left if name in SWITCHES}
    return scenario.model_copy(update={
        "credit": FrozenMap(credit), "toggles": scenario.toggles.model_copy(update=off),
    })  # fmt: skip


def wedges(
    scenario: Scenario, outcome: str = "adoption_strict", draws: int = 64, levers: Sequence[str] | None = None,
    inputs: Inputs | None = None, progress: Callable[[str, int, int], None] | None = None, folder: Path | None = None,
    calibration: str | None = None,
) -> Finding:  # fmt: skip
    """Return what each lever adds to an outcome of the country, by year, at explorer resolution on shared draws.

    outcome    a headline outcome: awareness, adoption_strict, …   draws    worlds in each variant
    levers    by default `levers_of` the scenario   folder    keeps coalitions that were run, for the next time
    calibration    folder of a calibration whose draws to take, or `latest`; None: the prior's
    Tables: wedges (lever, year, alone, shared, shapley, and the interval of Shapley's value; then a row for the synergy and
    one for the total), in the outcome's unit; means over draws and variants, so that parts sum to the whole exactly.
    """
    every = tuple(levers) if levers is not None else levers_of(scenario)
    _refuse(scenario, every)
    say = progress or (lambda *_: None)
    coarse = scenario.model_copy(update={"resolution": "explorer", "draws": draws})
    inputs = replace(inputs or load(coarse, calibration=calibration), scenario=coarse)
    values, years = _coalitions(coarse, every, outcome, inputs, say, folder)
    split = shapley_split(values)
    facts = {"outcome": outcome, "draws": draws, "levers": len(every), "coalitions": 2 ** len(every),
             "title": scenario.title.model_dump(), "last": int(years[-1]),
             "names": _names(scenario, every, inputs),
             "calibration": inputs.posterior and inputs.posterior.name}  # fmt: skip
    return Finding("wedges", scenario.name, facts, {"wedges": _table(split, every, years)})


def _names(scenario: Scenario, every: tuple[str, ...], inputs: Inputs) -> dict[str, dict[str, str]]:
    """Return lever → name in both languages, for the instruments that the catalogue names."""
    found = {}
    for name, one in scenario.credit.items():
        if f"credit {name}" in every and one.template:
            label = inputs.catalogue.template(one.template).instrument.name
            found[f"credit {name}"] = {"vi": label.vi, "en": label.en}
    return found


def _refuse(scenario: Scenario, every: tuple[str, ...]) -> None:
    file = f"scenarios/{scenario.name}.yaml"
    known = levers_of(scenario)
    for name in every:
        if name not in known:
            why = "The scenario pulls no lever of this name."
            raise BadInput(Problem(file, "levers", name, why, f"Choose from {', '.join(known)}."))
    if not known:
        why = "The scenario pulls no lever: no money, credit or switch, so there is nothing to split."
        raise BadInput(
            Problem(file, "levers", "none", why, "Name a scenario that adds something, such as as_decided.")
        )
    if not 1 <= len(every) <= MOST_LEVERS:
        why = f"Wedges are worked out for 1 to {MOST_LEVERS} levers; every coalition of them is run."
        raise BadInput(Problem(file, "levers", str(len(every)), why, f"Choose some of {', '.join(known)}."))


def _coalitions(
    scenario: Scenario, every: tuple[str, ...], outcome: str, inputs: Inputs, say, folder: Path | None
) -> tuple[Array, Array]:
    """Return the outcome of every coalition, (2^k, Y, variants · n), and the years.

    Acceptance tables depend on credit alone, so they are made once for each set of instruments.
    """
    count, kept, years = 2 ** len(every), {}, None
    path = None if folder is None else folder / "coalitions.npz"
    if path is not None and path.is_file():
        with np.load(path) as stored:
            kept = {int(name): stored[name] for name in stored.files}
    credit = [i for i, name in enumerate(every) if name.startswith("credit")]
    mask = sum(1 << i for i in credit)
    try:
        for chosen in sorted({index & mask for index in range(count)}):
            wanted = [i for i in range(count) if i & mask == chosen]
            met = _tables(scenario, every, chosen, inputs)
            years = next(iter(met.values()))[0].years
            todo = [i for i in wanted if i not in kept]
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                run = lambda i: _run(met, _pulled(scenario, every, i), outcome)  # noqa: E731, B023
                for i, values in zip(todo, pool.map(run, todo), strict=True):
                    kept[i] = values
                    say("coalitions", len(kept), count)
    except BaseException:
        if path is not None and kept:
            folder.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(path, **{str(i): values for i, values in kept.items()})
        raise
    return np.array([kept[i] for i in range(count)]), years


def _pulled(scenario: Scenario, every: tuple[str, ...], index: int) -> Scenario:
    return with_levers(scenario, every, [name for i, name in enumerate(every) if index >> i & 1])


def _tables(scenario: Scenario, every: tuple[str, ...], chosen: int, inputs: Inputs):
    """Return variant → world, acceptance tables, opening of a set of credit instruments; other levers do not matter."""
    told, found = _pulled(scenario, every, chosen), {}
    for variant, world in worlds_of(replace(inputs, scenario=told)).items():
        clock = make_clock(told.horizon.start, int(world.years[-1]), world.moments, 2)
        world = replace(world, clock=clock)
        found[variant] = world, make_offers(world, variant), opening_of(world)
    return found


def _run(met: Mapping[str, tuple], told: Scenario, outcome: str) -> Array:
    """Return the outcome (Y, variants · n) of a coalition."""
    found = []
    for variant, (world, tables, opening) in met.items():
        here = replace(world, spending=model_levers.spending(told, world.prices, world.years))
        found.append(national(here, run_variant(here, tables, variant, 1, opening, s.COUNTRY))[outcome])
    return np.concatenate(found, axis=-1)


def _table(split: Split, every: tuple[str, ...], years: Array) -> pd.DataFrame:
    """Return the long table; the interval is over draws, so the ends of parts do not sum."""
    bands = [(name, split.alone[i], split.shapley[i]) for i, name in enumerate(every)]
    bands += [(SYNERGY, split.synergy, np.zeros_like(split.synergy)), (TOTAL, split.total, split.total)]
    rows = []
    for name, alone, value in bands:
        spread = split.synergy if name == SYNERGY else value
        low, high = np.quantile(spread, INTERVAL, axis=-1)
        for y, year in enumerate(years):
            own, whole = float(alone[y].mean()), float(value[y].mean())
            shared = whole - own if name not in (SYNERGY, TOTAL) else 0.0
            rows.append((name, int(year), own, shared, whole, float(low[y]), float(high[y])))
    return pd.DataFrame(rows, columns=["lever", "year", "alone", "shared", "shapley", "p10", "p90"])
