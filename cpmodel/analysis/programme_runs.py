"""Runs of many programmes in the same worlds: money moves, acceptance tables stay, so only the engine runs again.

What no programme moves is made once: draws, tables of each finance design, opening stocks. What a programme brought is
kept by its point, in memory and on disk, so that a search that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from cpmodel.analysis.design_mixes import Mix
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.design_runs import Bench as DesignBench
from cpmodel.analysis.design_runs import make_bench as design_bench
from cpmodel.analysis.design_runs import offered
from cpmodel.analysis.programme import Programme
from cpmodel.decision import Target
from cpmodel.inputs.load import Inputs
from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.ensemble import World, make_offers, opening_of, run_variant, worlds_of
from cpmodel.model.stepping import make_clock
from cpmodel.results.outcomes import group_outcomes, national_outcomes
from cpmodel.results.targets import offices_met

Array = np.ndarray
Worlds = Mapping[str, World]
NO_CREDIT, OWN_CREDIT = "none", "own"
SEARCHED, TOLD, CHECKED = range(3)  # whose worlds: of the search, of what is told, of the check in between
HANDS = {SEARCHED: (0,), CHECKED: (1,), TOLD: (2, 3)}  # of four, of a calibration's particles


@dataclass(frozen=True)
class Bench:
    """The worlds of a search.

    designs    finance design → (worlds, offers), by variant; `none` and `own` (the scenario's credit) among them
    openings    stocks at the start, by variant
    asked (outcome, year)    whose values every measurement holds   targets    whose odds it holds beside
    deflator    prices of the budget's price year, 2010 = 1   credit    on which a finance design is made
    """

    designs: Mapping[str, tuple[Worlds, Mapping[str, s.Offers]]]
    openings: Mapping[str, tuple]
    asked: tuple[str, int]
    targets: tuple[Target, ...]
    deflator: float
    credit: DesignBench

    def with_mix(self, mix: Mix) -> Bench:
        """Return the bench with one more finance design; its acceptance tables are made within a tenth of a second."""
        one = offered(self.credit, mix)
        return replace(self, designs={**self.designs, mix.name: (one.worlds, one.offers)})

    @property
    def world(self) -> World:
        """A world of the bench; years and scenario are the same in all."""
        return next(iter(next(iter(self.designs.values()))[0].values()))

    @property
    def variants(self) -> tuple[str, ...]:
        """The structural variants, in order."""
        return self.world.inputs.scenario.variants


@dataclass(frozen=True)
class Measured:
    """What a programme brought. outcome (variants · n,)    the outcome asked, variant after variant

    targets (targets, variants · n)    values of each target's outcome, for offices the chance that enough are competent
    credit    mean subsidy-equivalent of the credit [bn VND of 2010], over the years of the run
    """

    outcome: Array
    targets: Array
    credit: float


def make_bench(
    inputs: Inputs, fidelity: Fidelity, asked: tuple[str, int], targets: Sequence[Target], mixes: Sequence[Mix] = (),
    opens: float | None = None, own: bool = True,
) -> Bench:  # fmt: skip
    """Return the bench of a scenario read at explorer resolution, in the worlds of its seed.

    mixes    finance designs beside none and the scenario's own, opening at `opens` [decimal year]
    own    whether the scenario's own credit is among the designs, where it has any
    """
    told = inputs.scenario.model_copy(update={"draws": fidelity.draws})
    worlds = {v: _coarser(one, fidelity) for v, one in worlds_of(replace(inputs, scenario=told)).items()}
    world, designs = next(iter(worlds.values())), {}
    if own and world.instruments:
        designs[OWN_CREDIT] = worlds, {v: make_offers(one, v) for v, one in worlds.items()}
        opens = opens or min(one.instrument.opens for one in world.instruments)
    bench = design_bench(inputs, fidelity, told.seed, int(world.years[-1]), "adoption_strict",
                         opens or float(np.ceil(told.horizon.start)))  # fmt: skip
    designs[NO_CREDIT] = bench.worlds, bench.market
    deflator = float(world.prices[told.budgets.price_year])
    openings = {v: opening_of(one) for v, one in worlds.items()}
    made = Bench(designs, openings, asked, tuple(targets), deflator, bench)
    for mix in mixes:
        made = made.with_mix(mix)
    return made


def met_by(inputs: Inputs, stage: int) -> Inputs:
    """Return the inputs whose worlds a stage of a search meets, and no other stage.

    Under the prior a seed of its own draws them; a calibration's particles are dealt out besides.
    """
    told, fit = inputs.scenario, inputs.posterior
    seed = (told.seed + stage) % 2**32
    met = fit and fit.dealt(HANDS[stage], 4)
    return replace(inputs, scenario=told.model_copy(update={"seed": seed}), posterior=met)


def _coarser(world: World, fidelity: Fidelity) -> World:
    start, end = world.inputs.scenario.horizon.start, int(world.years[-1])
    return replace(
        world, clock=make_clock(start, end, world.moments, fidelity.steps_a_year, fidelity.opening_steps)
    )


def spending_of(bench: Bench, plan: Programme, point: Array) -> s.Spending:
    """Return what a point spends; state money pays fees only while the rule that the scenario dates is open."""
    scenario, years = bench.world.inputs.scenario, bench.world.years
    money = plan.money(point)
    by_source = np.zeros((5, 4, len(years)))
    by_source[:, 0] = money
    return levers.spent(
        scenario,
        money / bench.deflator,
        plan.uses(point),
        levers.support_open(scenario, by_source, years),
        years,
    )


def measured(bench: Bench, plan: Programme, point: Array, design: str, threads: int | None = 1) -> Measured:
    """Run one programme in every variant and return what is asked of it."""
    (worlds, offers), spending = bench.designs[design], spending_of(bench, plan, point)
    volume = plan.volume(point)
    worlds = {v: replace(one, spending=spending) for v, one in worlds.items()}
    found = {}
    for variant, world in worlds.items():
        here = part_opened(offers[variant], volume)
        found[variant] = run_variant(world, here, variant, threads, bench.openings[variant], s.COUNTRY)
    return extract(bench, worlds, found)


def part_opened(offers: s.Offers, volume: float) -> s.Offers:
    """Return the offers with a share of every ceiling opened."""
    return offers._replace(
        capacity=offers.capacity * volume, appropriated=offers.appropriated * volume, cap=offers.cap * volume
    )


def extract(bench: Bench, worlds: Worlds, found: Mapping[str, s.Outputs]) -> Measured:
    """Return what is asked of the runs of all variants."""
    (name, year), first = bench.asked, int(bench.world.years[0])
    outcome, targets = [], []
    for variant, out in found.items():
        world = worlds[variant]
        nation = national(world, out)
        outcome.append(nation[name][year - first])
        targets.append([
            offices_met(t, out, world) if t.outcome == "office_capacity" else nation[t.outcome][t.year - first]
            for t in bench.targets
        ])  # fmt: skip
    credit = np.mean([out.flows[:, s.EQUIVALENT].sum(axis=0).mean() for out in found.values()])
    return Measured(np.concatenate(outcome), np.concatenate(targets, axis=-1), float(credit))


def national(world: World, out: s.Outputs) -> dict[str, Array]:
    """Return the country's headline outcomes, each (Y, n): shares, saving, competent offices, dedicated units."""
    country = out._replace(groups=out.groups[:, :1])
    found = {name: values[:, 0] for name, _, values in group_outcomes(world, country)}
    # Offices and units come first; what follows is not needed here, and not worked out.
    return found | {name: values for name, _, _, values in islice(national_outcomes(world, out), 2)}


@dataclass
class Trials:
    """Programmes tried on a bench, each only once.

    folder    where they are kept for the next time; None keeps them in memory only   told    called with each new count
    """

    bench: Bench
    plan: Programme
    folder: Path | None = None
    known: dict[str, Measured] = field(default_factory=dict)
    fresh: int = 0

    def __post_init__(self) -> None:
        if self.folder is not None and (self.folder / "trials.npz").is_file():
            self.known = _read(self.folder / "trials.npz")

    def run(self, points: Array, design: str) -> list[Measured]:
        """Return what each point (k, d) brought; points that are new are run several at a time."""
        keys = [_key(point, design) for point in points]
        fresh = {key: point for key, point in zip(keys, points, strict=True) if key not in self.known}
        if fresh:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                made = pool.map(lambda point: measured(self.bench, self.plan, point, design), fresh.values())
                for key, one in zip(fresh, made, strict=True):
                    self.known[key] = one
            self.fresh += len(fresh)
        return [self.known[key] for key in keys]

    def keep(self) -> None:
        """Write what was tried to the folder, whole or not at all."""
        if self.folder is None or not self.fresh:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        stage = self.folder / f".trials.{os.getpid()}.npz"
        np.savez_compressed(
            stage, keys=np.array(list(self.known)), outcome=np.array([m.outcome for m in self.known.values()]),
            targets=np.array([m.targets for m in self.known.values()]),
            credit=np.array([m.credit for m in self.known.values()]),
        )  # fmt: skip
        os.replace(stage, self.folder / "trials.npz")
        self.fresh = 0


def _key(point: Array, design: str) -> str:
    return hashlib.sha256(design.encode() + np.ascontiguousarray(point, float).tobytes()).hexdigest()[:24]


def _read(path: Path) -> dict[str, Measured]:
    """Return what was tried before; a file that cannot be read counts as nothing tried."""
    try:
        with np.load(path) as kept:
            rows = zip(kept["outcome"], kept["targets"], kept["credit"], strict=True)
            return {
                str(key): Measured(o, t, float(c)) for key, (o, t, c) in zip(kept["keys"], rows, strict=True)
            }
    except (OSError, ValueError, KeyError):
        return {}
