"""Which survey to pay for: what would be chosen better after it, in establishments and in money, against its cost.

The choice is how to spend what is left after the year of the survey: as planned, or more for one project and less for
the others, at the same cost. A survey is worth what the choice gains by seeing its answer first (EVSI); no survey can
be worth more than knowing the inputs themselves (EVPPI), and nothing more than foresight (EVPI).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cpmodel.analysis.alternatives import directions
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.drawn import uniforms_met
from cpmodel.analysis.findings import Finding
from cpmodel.analysis.imagined_surveys import answers_of, valued
from cpmodel.analysis.programme import as_planned, programme
from cpmodel.analysis.programme_runs import NO_CREDIT, OWN_CREDIT, Trials, make_bench
from cpmodel.analysis.value_of_information import evpi, value_of_learning
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.datasets import read
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.programme_space import read_programme_space
from cpmodel.inputs.scenario import Scenario
from cpmodel.inputs.survey_designs import SurveyDesigns, read_survey_designs
from cpmodel.model.ensemble import World, make_offers, run_variant, worlds_of
from cpmodel.model.state import GROUP_SUMS
from cpmodel.model.stepping import make_clock
from cpmodel.outlook.hindcast import kept_or_made

Array = np.ndarray
PLANNED = "as_planned"
PRICE, STOCK = "price of an adopter", "establishments"
MORE_MONEY = 1.1  # times the money that is left, from which the price of an adopter is taken


def survey_value(
    scenario: Scenario, year: int, draws: int = 256, outcome: str = "adoption_strict", target_year: int | None = None,
    progress: Callable[[str, int, int], None] | None = None, inputs: Inputs | None = None, work: Path | None = None,
    calibration: str | None = None,
) -> Finding:  # fmt: skip
    """Return what surveys at the end of `year` would be worth for spending the money that is left after it.

    draws    worlds in each variant, pooled   outcome, target_year    of which the shortfall is avoided; default: last year
    work    folder in which runs are filed, so that an interrupted table goes on where it stopped
    calibration    folder of a calibration whose draws to take, or `latest`; None: the prior's
    Facts: options, cost_per_adopter [bn VND], evpi, and best, the survey with the largest net value (None where none
    pays for itself by more than two standard errors), best_noise, those two errors [bn VND].
    Tables: surveys (design, indicator, size, provinces, avoided [establishments], value, cost, net [bn VND of 2010]),
    inputs (EVPPI by uncertain input), options (mean outcome of each choice). Values are means over draws.
    """
    say = progress or (lambda *_: None)
    coarse = scenario.model_copy(update={"resolution": "explorer"})
    inputs = replace(inputs or load(coarse, calibration=calibration), scenario=coarse)
    target_year = target_year or scenario.horizon.end
    _refuse(scenario, year, target_year)
    designs = read_survey_designs()
    kept = lambda stage, make: kept_or_made(work / f"{stage}.parquet" if work else None, make)  # noqa: E731
    say("options", 0, 1)
    chosen = kept("options", partial(_options, inputs, year, draws, (outcome, target_year), say))
    price, stock = (float(chosen.pop(one).iloc[0]) for one in (PRICE, STOCK))
    options, worth = list(chosen), chosen.to_numpy()
    say("provinces", 0, 1)
    shares = _unfolded(
        kept("provinces", partial(_provincial, scenario, year, draws, designs, calibration, say))
    )
    surveys = valued(designs, answers_of(inputs, draws, shares), worth, price, kept, say)
    best = surveys.iloc[0]
    table = pd.DataFrame({"option": options, "mean_share": worth.mean(axis=0) / stock})
    facts = {
        "year": year, "outcome": outcome, "target_year": target_year, "draws": draws, "options": len(options),
        "cost_per_adopter": price, "evpi_establishments": evpi(worth), "evpi_bn_vnd": evpi(worth) * price,
        "chosen_now": options[int(worth.mean(axis=0).argmax())], "title": scenario.title.model_dump(),
        "best": str(best["design"]) if best["net"] > 2 * best["noise"] * price else None, "best_net": float(best["net"]),
        "best_noise": 2 * float(best["noise"]) * price,
        "calibration": inputs.posterior and inputs.posterior.name,
    }  # fmt: skip
    known = kept(
        "inputs", partial(_inputs, inputs, draws, worth, price, np.random.default_rng(scenario.seed))
    )
    return Finding(
        "survey_value", scenario.name, facts, {"surveys": surveys, "inputs": known, "options": table}
    )


def _refuse(scenario: Scenario, year: int, target_year: int) -> None:
    if not scenario.horizon.start <= year < target_year <= scenario.horizon.end:
        first, last = int(np.ceil(scenario.horizon.start)), scenario.horizon.end
        why = f"After the survey there must be years left to spend in; the scenario runs from {first} to {last}."
        raise BadInput(Problem("command line", "--year", str(year), why, f"Give a year up to {last - 1}."))


def _options(inputs: Inputs, year: int, draws: int, asked: tuple[str, int], say) -> pd.DataFrame:
    """Return the establishments that each choice brings in every draw, a column a choice.

    Two more columns, the same in every row: the price of an establishment, which is what one more costs where all the
    money that is left grows alike [bn VND], and the number of all establishments.
    """
    fidelity = Fidelity(draws).searching()
    bench = make_bench(inputs, fidelity, asked, ())
    plan = programme(inputs, bench.world.years, read_programme_space(), first=year + 1)
    design = OWN_CREDIT if OWN_CREDIT in bench.designs else NO_CREDIT
    planned = as_planned(plan, inputs)
    points = {PLANNED: planned}
    for name, end in directions(plan, planned, plan.budget(planned)).items():
        points[name] = plan.room.along(end - planned, 1.0, planned)
    trials, money = Trials(bench, plan), plan.unit_costs > 0
    more = plan.room.along(np.where(money, planned, 0.0), 1.0, planned) - planned
    more = (
        planned
        + min(1.0, (MORE_MONEY - 1) * plan.budget(planned) / max(plan.unit_costs @ more, 1e-12)) * more
    )
    found = trials.run(np.array([*points.values(), more]), design)
    say("options", len(found), len(found))
    worlds, offers = bench.designs[design]
    variant, world = next(iter(worlds.items()))
    out = run_variant(world, offers[variant], variant, None, bench.openings[variant])
    stock = float(out.groups[asked[1] - int(world.years[0]), 0, GROUP_SUMS.index("establishments")].mean())
    worth = np.array([one.outcome for one in found]).T * stock
    gain = worth[:, -1].mean() - worth[:, 0].mean()
    cost = plan.budget(more) + found[-1].credit - plan.budget(planned) - found[0].credit
    found = pd.DataFrame(worth[:, :-1], columns=list(points))
    return found.assign(**{PRICE: float(cost / max(gain, 1e-9)), STOCK: stock})


def _provincial(
    scenario: Scenario, year: int, draws: int, designs: SurveyDesigns, calibration: str | None, say
) -> pd.DataFrame:
    """Return shares at the end of the year, (variants · draws,); a column reads choice of provinces/indicator."""
    full = scenario.model_copy(update={"resolution": "full", "draws": draws})
    sums = []
    for variant, world in worlds_of(load(full, calibration=calibration)).items():
        clock = make_clock(full.horizon.start, int(world.years[-1]), world.moments, 2)
        world = replace(world, clock=clock)
        out = run_variant(world, make_offers(world, variant), variant)
        sums.append(
            out.groups[year - int(world.years[0]), 1 : 1 + len(world.inputs.cells.regions)].astype(float)
        )
        say("provinces", len(sums), len(full.variants))
    every = np.concatenate(sums, axis=-1)  # (regions, sums, variants · draws)
    found = {name: _shares(every[_places(world, name)].sum(axis=0)) for name in designs.provinces}
    return pd.DataFrame(
        {f"{name}/{what}": share for name, own in found.items() for what, share in own.items()}
    )


def _unfolded(shares: pd.DataFrame) -> dict[str, dict[str, Array]]:
    """Return choice of provinces → indicator → shares, of the columns of `_provincial`."""
    found: dict[str, dict[str, Array]] = {}
    for name, share in shares.items():
        where, _, what = str(name).partition("/")
        found.setdefault(where, {})[what] = share.to_numpy()
    return found


def _places(world: World, choice: str) -> Array:
    """Return the places of the provinces of a choice on the axis of regions."""
    members = next(c for c in read_design_space().eligibility["provinces"] if c.name == choice).members
    region = read("provinces").set_index("province_code")["region_code"]
    return np.array([i for i, code in enumerate(world.inputs.cells.regions) if region[code] in members])


def _shares(sums: Array) -> dict[str, Array]:
    named = {name: sums[i] / sums[0] for i, name in enumerate(GROUP_SUMS[:5])}
    return named | {"dedicated_units": sums[9] / np.maximum(sums[8], 1e-300)}


def _inputs(inputs: Inputs, draws: int, worth: Array, price: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return EVPPI by stream, the largest first."""
    rows = []
    met = [uniforms_met(inputs, variant, draws) for variant in inputs.scenario.variants]
    for stream in inputs.parameters.streams:
        gain = value_of_learning(worth, ndtri(np.concatenate([u[stream] for u in met])), rng)
        rows.append((stream, gain, gain * price))
    table = pd.DataFrame(rows, columns=["input", "avoided", "value"])
    return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)
