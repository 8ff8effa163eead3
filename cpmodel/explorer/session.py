"""Runs one scenario after another on the same draws, at the cost of what a move really changes.

Money and switches leave draws, drivers and acceptance tables as they are, so only the engine runs again. Credit makes new
tables; drivers make a new world. Every result is that of `cpmodel run` at the same resolution and draws, to the bit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TypeVar

from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import state as s
from cpmodel.model.engine import Laid
from cpmodel.model.ensemble import (
    Ensemble,
    World,
    at_scenario,
    laid_out,
    make_offers,
    market_of,
    opening_of,
    run_variants,
    surroundings_of,
    worlds_of,
)

Made = TypeVar("Made")
KEPT = 6  # acceptance tables of 1,000 draws take about 35 MB a variant


@dataclass
class Kept:
    """The last few things made, by key."""

    most: int = KEPT
    made: OrderedDict = field(default_factory=OrderedDict)
    lock: RLock = field(default_factory=RLock)

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made for the key, or make it; the one longest unused gives way."""
        with self.lock:
            if key not in self.made:
                self.made[key] = make()
                while len(self.made) > self.most:
                    self.made.popitem(last=False)
            self.made.move_to_end(key)
            return self.made[key]


@dataclass
class Session:
    """Worlds, opening stocks and acceptance tables of the scenarios run so far.

    calibration    folder of a calibration whose draws are taken, or `latest`; None: the prior's
    tell    is told what takes time before it is begun: reading, drawing, tables, running
    """

    calibration: str | None = None
    tell: Callable[[str], object] = field(default=lambda stage: None, repr=False)
    inputs: Kept = field(default_factory=Kept)
    worlds: Kept = field(default_factory=Kept)
    offers: Kept = field(default_factory=Kept)
    markets: Kept = field(default_factory=Kept)

    def run(self, scenario: Scenario, sums: str = s.COUNTRY, first_of: int | None = None) -> Ensemble:
        """Run every variant of a scenario, as `batches.run` does.

        sums    which sums over cells are kept, as in `engine.run`: the page shows the country alone
        first_of    take the draws to be the first of so many, whose world and tables may be at hand: the same results
        """
        asked, scenario = scenario, scenario if first_of is None else with_draws(scenario, first_of)
        surroundings = surroundings_of(scenario)
        first = self.worlds.get(surroundings, lambda: self._new_worlds(scenario))
        # Under the prior one world serves all variants.
        distinct = {id(world): world for world, _ in first.values()}
        moved = {key: at_scenario(world, scenario) for key, world in distinct.items()}
        worlds, offers, laid = {}, {}, {}
        for variant, (world, opening) in first.items():
            worlds[variant] = world = moved[id(world)]
            key = (surroundings, scenario.credit, variant)
            offers[variant], laid[variant] = self.offers.get(
                key, lambda w=world, v=variant, o=opening: self._offers(w, v, o, surroundings)
            )

        self.tell("running")
        if asked is not scenario:
            worlds = {
                v: replace(world, inputs=replace(world.inputs, scenario=asked)) for v, world in worlds.items()
            }
        return Ensemble(worlds, offers, run_variants(worlds, laid, sums))

    def _offers(
        self, world: World, variant: str, opening: tuple, surroundings: tuple
    ) -> tuple[s.Offers, Laid]:
        """Return the acceptance tables of a world, and all that a run of it reads but the money.

        The market's tables are made once for all schemes that it meets.
        """
        self.tell("tables")
        market = self.markets.get((surroundings, variant), lambda: market_of(world, variant))
        offers = make_offers(world, variant, market=market)
        return offers, laid_out(world, offers, opening)

    def ready(self, scenario: Scenario) -> bool:
        """True when a scenario needs neither new draws nor new tables: only the engine runs."""
        surroundings = surroundings_of(scenario)
        return surroundings in self.worlds.made and all(
            (surroundings, scenario.credit, variant) in self.offers.made for variant in scenario.variants
        )

    def _new_worlds(self, scenario: Scenario) -> dict[str, tuple[World, tuple]]:
        self.tell("reading")
        told = self.told(scenario)
        self.tell("drawing")
        return {v: (world, opening_of(world)) for v, world in worlds_of(told).items()}

    def told(self, scenario: Scenario) -> Inputs:
        """Return what a scenario is told; files are read once for scenarios that read the same."""
        key = scenario.strategy, scenario.horizon, scenario.resolution, scenario.population
        found = self.inputs.get(key, lambda: load(scenario, calibration=self.calibration))
        return replace(found, scenario=scenario)


def with_draws(scenario: Scenario, draws: int) -> Scenario:
    """Return a scenario with another number of draws."""
    return scenario if scenario.draws == draws else scenario.model_copy(update={"draws": draws})
