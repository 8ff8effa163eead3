"""A scenario's parameters held against what was observed: one straight line from rows to a posterior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from cpmodel.axes import VARIANTS
from cpmodel.calibration.contraction import of_parameters, of_results
from cpmodel.calibration.observations import Excluded, Observation, observations
from cpmodel.calibration.predictions import Replay, replay
from cpmodel.calibration.sampler import (
    RUNS,
    Sample,
    history_match,
    refuse_conflict,
    refuse_unconverged,
    sample,
    silent,
    sobol_normals,
)
from cpmodel.compute import Workers
from cpmodel.inputs.datasets import read
from cpmodel.inputs.load import load
from cpmodel.inputs.scenario import Scenario
from cpmodel.model.ensemble import World, at_uniforms, make_offers, make_world, run_variant
from cpmodel.outlook.tempering import effective
from cpmodel.results.outcomes import HEADLINES, national_draws

Array = np.ndarray
Tell = Callable[[str], None]
PRIOR, DESIGNS = (
    2048,
    8,
)  # draws that contraction is measured from, in so many designs: of fewer, luck reads as learning


@dataclass(frozen=True)
class Calibration:
    """What was learned, and from what.

    observed, excluded   rows scored, and rows not scored with the reason   kept    share of prior draws near each row
    teaches_nothing      ids of rows that every draw of the prior meets equally well
    parameters, results  contraction tables (`contraction.of_parameters`, `contraction.of_results`), variants pooled;
                         both sides meet the same drivers in the years that no row reaches
    confirmed            variant → effective share of particles when reweighted at full resolution; empty if not asked
    seconds              by stage
    """

    scenario: Scenario
    until: int
    observed: tuple[Observation, ...]
    excluded: tuple[Excluded, ...]
    coordinates: tuple[str, ...]
    sample: Sample
    kept: dict[str, float]
    teaches_nothing: tuple[str, ...]
    parameters: pd.DataFrame
    results: pd.DataFrame
    confirmed: dict[str, float]
    seconds: dict[str, float]
    resolution: str = "explorer"


def calibrate(
    scenario: Scenario, until: int | None = None, particles: int = 512, confirm: int = 256, tell: Tell | None = None,
    resolution: str = "explorer", workers: Workers | None = None,
) -> Calibration:  # fmt: skip
    """Fit both structural variants of a scenario to the programme's observations.

    until        last year that may be seen; by default all
    particles    of each variant, over `RUNS` runs; a multiple of 64 · RUNS keeps the engine's blocks and Sobol' whole
    confirm      particles that are reweighted at full resolution; 0 leaves it out
    tell         told the stage, in words
    resolution   of the runs: `full` tells provinces apart, so that their rows can be scored; it takes far longer
    workers      of a cluster that runs the particles, from `compute.open_workers`; default: this machine
    Raises RunFailed when no draw comes near a row, or the runs disagree; BadInput for bad data.
    """
    say, clock = tell or (lambda what: None), _Clock()
    until = scenario.horizon.end if until is None else until
    observed, excluded = observations(until, scenario.horizon.start, regions=told_apart(resolution))
    say("laying out the worlds")
    told = replay(scenario, observed, particles, resolution)
    start = sobol_normals(len(told.coordinates), particles // RUNS, RUNS, scenario.seed)
    clock.stop("worlds")
    say("history matching on the prior")
    matches = [told.matches(variant, start) for variant in VARIANTS]
    kept = history_match(matches)
    refuse_conflict(kept)
    clock.stop("history")
    say("particles set out from the prior")
    found = sample(
        partial(told.log_likelihood, workers=workers), len(VARIANTS), np.concatenate([start] * len(VARIANTS)), scenario.seed,
        progress=lambda power: say(f"likelihood let in to {power:.0%}"),
    )  # fmt: skip
    refuse_unconverged(found, told.coordinates)
    clock.stop("sampling")
    say("what the data taught")
    inputs = load(scenario)
    parameters = of_parameters(inputs.parameters, told.coordinates, found.z, found.run, found.label)
    results = _results(scenario, told, found)
    clock.stop("results")
    confirmed = {}
    if confirm and observed and resolution != "full":
        say("reweighting at full resolution")
        confirmed = reweighted(scenario, told, found, confirm)
        clock.stop("confirmation")
    return Calibration(
        scenario, until, observed, excluded, told.coordinates, found, kept, silent(matches) if observed else (),
        parameters, results, confirmed, clock.seconds, resolution,
    )  # fmt: skip


def told_apart(resolution: str) -> tuple[str, ...]:
    """Return the provinces that runs of a resolution tell apart, and the units of July 2025: `30;31`."""
    if resolution != "full":
        return ()
    units = read("provinces_2025").sort_values("province_code").groupby("new_province_code")["province_code"]
    merged = units.agg(";".join)
    return (*read("provinces")["province_code"], *merged[merged.str.contains(";")])


def _results(scenario: Scenario, told: Replay, found: Sample) -> pd.DataFrame:
    """Contraction of the headline results in the years that the Decision names, and the last one."""
    inputs = load(scenario)
    years = {scenario.horizon.end}
    if inputs.yardstick is not None:
        years |= {target.year for target in inputs.yardstick.targets}
    many = sobol_normals(len(told.coordinates), PRIOR // DESIGNS, DESIGNS, scenario.seed)
    before = _told(scenario, told, {v: many for v in VARIANTS}, DESIGNS)
    after = _told(scenario, told, {v: found.z[found.label == i] for i, v in enumerate(VARIANTS)}, RUNS)
    first, last = int(before["year"].min()), int(before["year"].max())
    return of_results(before, after, HEADLINES, sorted(y for y in years if first <= y <= last))


def _told(scenario: Scenario, told: Replay, points: dict[str, Array], runs: int) -> pd.DataFrame:
    """Return headline results of coordinates, variant by variant, with the run of so many that each draw is of."""
    size = len(next(iter(points.values())))
    change = {"draws": size, "resolution": "explorer"}
    world = make_world(load(scenario.model_copy(update=change)))
    parts = [_draws(at_uniforms(world, told.uniforms(z)), variant) for variant, z in points.items()]
    found = pd.concat(parts, ignore_index=True)
    found["run"] = found["draw"] * runs // size
    return found


def _draws(world: World, variant: str) -> pd.DataFrame:
    return national_draws(
        {variant: world}, {variant: run_variant(world, make_offers(world, variant), variant)}
    )


def reweighted(scenario: Scenario, told: Replay, found: Sample, draws: int) -> dict[str, float]:
    """Return for each variant the effective share of particles once they carry the full-resolution likelihood.

    draws    particles of each variant, evenly picked   Near 1: the coarse country stood in for the full one.
    """
    fine = replay(scenario, told.observed, draws, resolution="full")
    coarse = replace(told, worlds=replay(scenario, told.observed, draws).worlds, draws=draws)
    shares = {}
    for number, variant in enumerate(VARIANTS):
        z = found.z[found.label == number]
        z = z[np.linspace(0, len(z) - 1, draws).astype(int)]
        label = np.full(draws, number)
        logs = fine.log_likelihood(label, z) - coarse.log_likelihood(label, z)
        shares[variant] = effective(logs - logsumexp(logs)) / draws
    return shares


class _Clock:
    """Seconds since the last stop, by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def stop(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage], self._last = round(now - self._last, 2), now
