"""Which survey to pay for: what would be chosen better after it, in establishments and in money, against its cost.

The choice is how to spend what is left after the year of the survey: as planned, or more for one project and less for
the others, at the same cost. A survey is worth what the choice gains by seeing its answer first (EVSI); no survey can
be worth more than knowing the inputs themselves (EVPPI), and nothing more than foresight (EVPI).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cpmodel.analysis.alternatives import directions
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.findings import Finding
from cpmodel.analysis.programme import as_planned, programme
from cpmodel.analysis.programme_runs import NO_CREDIT, OWN_CREDIT, Trials, make_bench
from cpmodel.analysis.value_of_information import evpi, value_of_learning
from cpmodel.calibration.likelihood import reported_share
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.datasets import read
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.programme_space import read_programme_space
from cpmodel.inputs.scenario import Scenario
from cpmodel.inputs.survey_designs import SurveyDesigns, read_survey_designs
from cpmodel.model.ensemble import World, make_offers, make_world, run_variant
from cpmodel.model.state import GROUP_SUMS
from cpmodel.model.stepping import make_clock
from cpmodel.outlook.draws import all_uniforms, uniforms
from cpmodel.outlook.hindcast import kept_or_made

Array = np.ndarray
PLANNED = "as_planned"
IMAGINED = 6  # times that each survey is imagined in every world
MORE_MONEY = 1.1  # times the money that is left, from which the price of an adopter is taken


def survey_value(
    scenario: Scenario, year: int, draws: int = 256, outcome: str = "adoption_strict", target_year: int | None = None,
    progress: Callable[[str, int, int], None] | None = None, inputs: Inputs | None = None, work: Path | None = None,
) -> Finding:  # fmt: skip
    """Return what surveys at the end of `year` would be worth for spending the money that is left after it.

    draws    worlds in each variant, pooled   outcome, target_year    of which the shortfall is avoided; default: last year
    work    folder in which runs are filed, so that an interrupted table goes on where it stopped
    Facts: options, cost_per_adopter [bn VND], evpi, and best, the survey with the largest net value (None where none
    pays for itself by more than two standard errors).
    Tables: surveys (design, indicator, size, provinces, avoided [establishments], value, cost, net [bn VND of 2010]),
    inputs (EVPPI by uncertain input), options (mean outcome of each choice). Values are means over draws.
    """
    say = progress or (lambda *_: None)
    coarse = scenario.model_copy(update={"resolution": "explorer"})
    inputs = replace(inputs or load(coarse), scenario=coarse)
    target_year = target_year or scenario.horizon.end
    _refuse(scenario, year, target_year)
    designs = read_survey_designs()
    say("options", 0, 1)
    options, worth, price, stock = _options(inputs, year, draws, (outcome, target_year), say)
    say("provinces", 0, 1)
    shares = partial(_provincial, scenario, year, draws, designs, say)
    answers = _unfolded(kept_or_made(work / "provinces.parquet" if work else None, shares))
    rng = np.random.default_rng(scenario.seed)
    surveys = _surveys(designs, answers, worth, price, inputs, scenario, work, say)
    best = surveys.iloc[0]
    table = pd.DataFrame({"option": options, "mean_share": worth.mean(axis=0) / stock})
    facts = {
        "year": year, "outcome": outcome, "target_year": target_year, "draws": draws, "options": len(options),
        "cost_per_adopter": price, "evpi_establishments": evpi(worth), "evpi_bn_vnd": evpi(worth) * price,
        "chosen_now": options[int(worth.mean(axis=0).argmax())], "title": scenario.title.model_dump(),
        "best": str(best["design"]) if best["net"] > 2 * best["noise"] * price else None, "best_net": float(best["net"]),
    }  # fmt: skip
    known = _inputs(inputs, scenario, draws, worth, price, rng)
    return Finding(
        "survey_value", scenario.name, facts, {"surveys": surveys, "inputs": known, "options": table}
    )


def _refuse(scenario: Scenario, year: int, target_year: int) -> None:
    if not scenario.horizon.start <= year < target_year <= scenario.horizon.end:
        first, last = int(np.ceil(scenario.horizon.start)), scenario.horizon.end
        why = f"After the survey there must be years left to spend in; the scenario runs from {first} to {last}."
        raise BadInput(Problem("command line", "--year", str(year), why, f"Give a year up to {last - 1}."))


def _options(
    inputs: Inputs, year: int, draws: int, asked: tuple[str, int], say
) -> tuple[list[str], Array, float, float]:
    """Return the choices, establishments that each brings (draws, options), the price of one, and all establishments.

    The price is what one more establishment costs where all the money that is left grows alike [bn VND].
    """
    fidelity = Fidelity(draws).searching()
    bench = make_bench(inputs, fidelity, inputs.scenario.seed, asked, ())
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
    return list(points), worth[:, :-1], float(cost / max(gain, 1e-9)), stock


def _provincial(scenario: Scenario, year: int, draws: int, designs: SurveyDesigns, say) -> pd.DataFrame:
    """Return shares at the end of the year, (variants · draws,); a column reads choice of provinces/indicator."""
    full = scenario.model_copy(update={"resolution": "full", "draws": draws})
    world = make_world(load(full))
    clock = make_clock(full.horizon.start, int(world.years[-1]), world.moments, 2)
    world = replace(world, clock=clock)
    sums = []
    for variant in full.variants:
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


def reported(
    shares: Mapping[str, Array], indicator: str, size: int, p: Mapping[str, Array], rng: np.random.Generator
) -> Array:
    """Return what a survey of `size` establishments would report, draws × indicators, drawn once for each draw.

    Answers are misclassified, a wave is biased as a whole, and clusters make `size` worth size/design effect.
    """
    n = len(next(iter(shares.values())))
    times = n // len(p["survey_sensitivity"])
    tiled = {
        name: np.tile(p[name], times)
        for name in ("survey_sensitivity", "survey_specificity", "survey_design_effect")
    }
    bias = rng.standard_normal(n) * float(np.ravel(p["survey_wave_spread"])[0])
    columns = []
    for name in indicator.split("+"):
        told = reported_share(shares[name], tiled["survey_sensitivity"], tiled["survey_specificity"], bias)
        effective = np.maximum(size / tiled["survey_design_effect"], 1.0)
        columns.append(
            np.clip(told + rng.standard_normal(n) * np.sqrt(told * (1 - told) / effective), 0.0, 1.0)
        )
    return np.column_stack(columns)


def _surveys(
    designs: SurveyDesigns, answers: dict, worth: Array, price: float, inputs: Inputs, scenario: Scenario,
    work: Path | None, say: Callable[[str, int, int], None],
) -> pd.DataFrame:  # fmt: skip
    n = worth.shape[0] // len(scenario.variants)
    p = inputs.parameters.values(all_uniforms(scenario.seed, inputs.parameters.streams, n), n)
    region = read("provinces").set_index("province_code")["region_code"]
    members = {c.name: c.members for c in read_design_space().eligibility["provinces"]}
    parts = []
    for done, where in enumerate(designs.provinces, start=1):
        count = int(region.isin(members[where]).sum())
        make = partial(_of_place, designs, where, count, answers[where], p, worth, price, scenario.seed)
        parts.append(kept_or_made(work / f"surveys_{where}.parquet" if work else None, make))
        say("surveys", done, len(designs.provinces))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values("net", ascending=False, kind="stable", ignore_index=True)


def _of_place(
    designs: SurveyDesigns, where: str, count: int, shares: Mapping, p: Mapping, worth: Array, price: float, seed: int
) -> pd.DataFrame:  # fmt: skip
    """Return one row a survey of a choice of so many provinces."""
    rows = []
    for indicator in designs.indicators:
        for size in designs.sizes:
            avoided, noise = _avoided(shares, indicator, size, p, worth, seed)
            cost = designs.cost.of(count, size)
            rows.append((f"{indicator} {size} {where}", indicator, size, where, count, avoided, noise,
                         avoided * price, cost, avoided * price - cost))  # fmt: skip
    columns = [
        "design",
        "indicator",
        "size",
        "provinces",
        "province_count",
        "avoided",
        "noise",
        "value",
        "cost",
        "net",
    ]
    return pd.DataFrame(rows, columns=columns)


def _avoided(
    shares: Mapping, indicator: str, size: int, p: Mapping, worth: Array, seed: int
) -> tuple[float, float]:
    """Return EVSI [establishments] and its standard error, over surveys imagined several times.

    Every design meets the same luck, so that two differ by what they ask and not by chance.
    """
    found = []
    for turn in range(IMAGINED):
        luck = np.random.default_rng([seed, turn])
        told = reported(shares, indicator, size, p, luck)
        found.append(value_of_learning(worth, told, np.random.default_rng([seed, turn, 1]), degree=2))
    return float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(IMAGINED))


def _inputs(inputs: Inputs, scenario: Scenario, draws: int, worth: Array, price: float, rng) -> pd.DataFrame:
    """Return EVPPI by stream, the largest first."""
    rows = []
    for stream in inputs.parameters.streams:
        z = np.tile(ndtri(uniforms(scenario.seed, stream, draws)), len(scenario.variants))
        gain = value_of_learning(worth, z, rng)
        rows.append((stream, gain, gain * price))
    table = pd.DataFrame(rows, columns=["input", "avoided", "value"])
    return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)
