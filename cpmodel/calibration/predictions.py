"""What the model says of every observation: true runs, no emulator, one coordinate an uncertain input.

Coordinates are standard normal under the prior: one a stream of the parameter table, one a year of a driver that
nobody published and the runs reach (`driver.electricity.2010`), one a survey wave. A run depends on its coordinates
alone, so prices, lending rates, output and establishments are fitted along with the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from cpmodel.axes import NATION, RUNGS, VARIANTS
from cpmodel.calibration.likelihood import Match, match
from cpmodel.calibration.observations import Observation
from cpmodel.calibration.subjects import OWN
from cpmodel.compute import Workers, spread
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import state as s
from cpmodel.model.ensemble import World, at_uniforms, make_offers, make_world, simulate, sound
from cpmodel.model.savings import ladder_saving
from cpmodel.model.surroundings import driver_streams
from cpmodel.results.outcomes import GROUP_SHARES, group_names

Array = np.ndarray
PART = 128  # particles that a worker of a cluster takes at a time
STOCKS = ("awareness", "assessed", "adoption_lenient", "adoption_strict")


class Said(NamedTuple):
    """What the model says of one observation: parameters by name (..., n), prediction (n,), wave bias [logit] (n,)."""

    one: Observation
    parameters: Mapping[str, Array]
    predicted: Array
    bias: Array | float


@dataclass(frozen=True)
class Replay:
    """The runs that the observations need, ready to be told other parameters.

    worlds   by scenario   streams, waves   names of the coordinates, in their order
    draws    of one structural variant, a whole number of the engine's blocks
    """

    worlds: Mapping[str, World]
    observed: tuple[Observation, ...]
    streams: tuple[str, ...]
    waves: tuple[str, ...]
    draws: int

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the columns of `z`."""
        return (*self.streams, *(f"wave {wave}" for wave in self.waves))

    def said(self, variant: str, z: Array) -> tuple[list[Said], Array]:
        """Return what the model says of each observation, and which draws (n,) it can follow; z (draws, coordinates)."""
        worlds = {
            name: at_uniforms(_of_size(world, len(z)), self.uniforms(z))
            for name, world in self.worlds.items()
        }
        outputs = {name: _run(world, variant, self.observed, name) for name, world in worlds.items()}
        told = []
        for one in self.observed:
            world = worlds[one.scenario]
            wave = z[:, len(self.streams) + self.waves.index(one.wave)] if one.wave else 0.0
            bias = world.parameters["survey_wave_spread"] * wave
            told.append(Said(one, world.parameters, predict(one, world, outputs[one.scenario]), bias))
        followed = [sound(out) for out in outputs.values() if out is not None]
        return told, np.all([np.ones(len(z), bool), *followed], axis=0)

    def matches(self, variant: str, z: Array) -> dict[str, Match]:
        """Return how draws meet each observation; z (draws, coordinates).

        A draw whose rates are too extreme for the model's steps is not taken: the model cannot say.
        """
        told, followed = self.said(variant, z)
        found = {said.one.id: match(said.one, said.predicted, said.parameters, said.bias) for said in told}
        if followed.all():
            return found
        lost = Match(np.where(followed, 0.0, -np.inf), np.where(followed, 0.0, np.inf))
        return {name: Match(*(a + b for a, b in zip(one, lost, strict=True))) for name, one in found.items()}

    def log_likelihood(self, label: Array, z: Array, workers: Workers | None = None) -> Array:
        """Return the log-likelihood of particles (n,); labels number `VARIANTS`.

        workers    of a cluster, from `compute.open_workers`; default: this machine, a variant in one piece. Particles do
        not know of one another, so the numbers are the same.
        """
        tasks, places = [], []
        for number in np.unique(label):
            mine = np.flatnonzero(label == number)
            for part in np.split(mine, range(PART, len(mine), PART)) if workers else [mine]:
                tasks.append((VARIANTS[number], z[part]))
                places.append(part)
        value = np.zeros(len(label))
        for place, found in spread(_log_likelihood, tasks, workers, (self,)):
            value[places[place]] = found
        return value

    def uniforms(self, z: Array) -> dict[str, Array]:
        """Return stream name → numbers in (0, 1), from coordinates."""
        inside = np.clip(ndtr(z[:, : len(self.streams)]), 1e-12, 1 - 1e-12)
        return dict(zip(self.streams, inside.T, strict=True))


def _log_likelihood(told: Replay, task: tuple[str, Array]) -> Array:
    variant, z = task
    found = told.matches(variant, z)
    return sum((one.log_likelihood for one in found.values()), np.zeros(len(z)))


def replay(
    scenario: Scenario,
    observed: tuple[Observation, ...],
    draws: int,
    resolution: str = "explorer",
    root: str | Path | None = None,
) -> Replay:
    """Read what the observations need and lay out their worlds; each run ends with the last year it is asked for.

    Projects shown by demonstrations ask for no run, whatever their year.
    """
    names = {one.scenario for one in observed} | {OWN}
    worlds = {}
    for name in sorted(names):
        told = scenario if name == OWN else resolve(name)
        last = max(
            (one.year for one in observed if one.scenario == name and one.kind != "selected"),
            default=int(told.horizon.start) + 1,
        )
        horizon = told.horizon.model_copy(update={"end": min(last, told.horizon.end)})
        change = {"draws": draws, "resolution": resolution, "horizon": horizon, "seed": scenario.seed}
        worlds[name] = make_world(load(told.model_copy(update=change), root))
    waves = tuple(sorted({one.wave for one in observed if one.wave}))
    drivers = {name for one in worlds.values() for name in driver_streams(one.inputs, one.years, one.laws)}
    streams = (*worlds[OWN].inputs.parameters.streams, *sorted(drivers))
    return Replay(worlds, observed, streams, waves, draws)


def _of_size(world: World, draws: int) -> World:
    """Return a world for so many draws, which `at_uniforms` then fills."""
    told = world.inputs.scenario.model_copy(update={"draws": draws})
    return replace(world, draws=draws, inputs=replace(world.inputs, scenario=told))


def _run(world: World, variant: str, observed: tuple[Observation, ...], scenario: str) -> s.Outputs | None:
    """Run a variant where an observation asks for what only a run can say."""
    if all(one.kind == "selected" for one in observed if one.scenario == scenario):
        return None
    return simulate(world, make_offers(world, variant))


def predict(one: Observation, world: World, out: s.Outputs | None) -> Array:
    """Return what the model says of an observation's outcome, (n,), or (offices, n) for offices."""
    p, year = world.parameters, min(one.year, int(world.years[-1])) - int(world.years[0])
    if one.outcome.startswith("payback_"):
        typical = p["payback_median"][RUNGS.index(one.outcome.removeprefix("payback_"))]
        return typical / p["demonstration_payback_selection"]
    if one.outcome == "demonstration_saving":
        ladder = ladder_saving(1.0, 1.0, 1.0, *p["bill_saving"], p["realisation"])
        return ladder * p["demonstration_saving_selection"]
    if one.outcome == "office_capacity":
        offices = out.offices[year]
        return offices if len(offices) > 1 else np.repeat(offices, int(world.layout.offices), axis=0)
    if one.outcome == "scheme_projects":
        return through(out.flows[:, s.PROJECTS], world.years, one.span)
    sums = out.groups[year, _groups(world, one.region)].astype(float).sum(axis=0)
    if one.outcome == "adopters":
        return sums[GROUP_SHARES["adoption_lenient"]]
    return sums[GROUP_SHARES[one.outcome]] / np.maximum(sums[0], 1e-300)


def _groups(world: World, region: str) -> list[int]:
    """Return the groups that make up a region: the country, a province, or the provinces of a unit (`30;31`)."""
    if region == NATION:
        return [0]
    found = {name[0]: g for g, name in enumerate(group_names(world)) if name}
    return [found[code] for code in region.split(";")]


def through(flow: Array, years: Array, span: tuple[float, float] | None) -> Array:
    """Return what a yearly flow (Y, n) adds up to over a span of decimal years, or over the whole run.

    Years of the span before the first whole year of the run are taken at the mean pace of those modelled.
    """
    if span is None:
        return flow.sum(axis=0)
    start, end = span
    first = max(start, float(years[0]) + 1.0)
    part = np.clip(np.minimum(years + 1.0, end) - np.maximum(years, first), 0.0, 1.0)
    return (part[:, None] * flow).sum(axis=0) * (end - start) / (end - first)
