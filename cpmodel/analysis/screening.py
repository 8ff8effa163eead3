"""Which uncertain inputs matter, asked of the model itself: Morris screens all, Sobol' weighs the few that are left.

Inputs are the streams of the parameter table, those of prices, output and lending rate, and the choice of H1 or H2,
which is no number. Every evaluation is one draw of one variant at explorer resolution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from SALib.analyze import morris as morris_analysis
from SALib.analyze import sobol as sobol_analysis
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample

from cpmodel.analysis.findings import Finding
from cpmodel.analysis.importance import tornado
from cpmodel.analysis.programme_runs import national
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.scenario import Scenario
from cpmodel.model.ensemble import World, at_uniforms, make_offers, make_world, run_variant
from cpmodel.model.state import BLOCK
from cpmodel.model.surroundings import driver_streams

Array = np.ndarray
VARIANT = "H1 or H2"
EDGE = 1e-3  # the outermost quantile that Sobol' meets
MORRIS_EDGE = 0.05  # Morris moves between the ends of the 90 % ranges: its outer levels lie at every input's extreme at once
BATCH = 1024
LEVELS = 4
CONFIDENCE = 0.9


@dataclass(frozen=True)
class Effort:
    """trajectories    of Morris   chosen    inputs that Sobol' weighs   size    of its base sample, a power of two

    prior    draws from which the variance over all inputs is told
    """

    trajectories: int = 8
    chosen: int = 15
    size: int = 256
    resamples: int = 200
    prior: int = 1024


def morris(
    model: Callable[[Array], Array], names: Sequence[str], trajectories: int, seed: int
) -> pd.DataFrame:
    """Return input, mu_star (mean of absolute elementary effects), mu_star_conf, sigma; the largest first.

    model    uniforms (n, d) → outcome (n,); asked between the 5 % and the 95 % quantile of every input
    Source: Morris 1991, doi 10.1080/00401706.1991.10484804; Campolongo et al. 2007 for μ*; as SALib carries it out.
    """
    problem = _problem(names)
    points = morris_sample.sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    values = model(MORRIS_EDGE + (1 - 2 * MORRIS_EDGE) * points)
    found = morris_analysis.analyze(
        problem, points, values, num_levels=LEVELS, conf_level=CONFIDENCE, seed=seed
    )
    columns = {name: np.asarray(found[name], float) for name in ("mu_star", "mu_star_conf", "sigma")}
    table = pd.DataFrame({"input": list(names), **columns})
    return table.sort_values("mu_star", ascending=False, kind="stable", ignore_index=True)


def sobol(
    model: Callable[[Array], Array], names: Sequence[str], size: int, seed: int, resamples: int = 200
) -> tuple[pd.DataFrame, float]:
    """Return input, first, first_conf, total, total_conf (half-widths of 90 % intervals), largest first; and the variance.

    model    uniforms (n, d) → outcome (n,)   size    of the base sample; the model is asked size·(d + 2) times
    Source: Saltelli et al. 2010, doi 10.1016/j.cpc.2009.09.018, as SALib carries it out.
    """
    problem = _problem(names)
    points = sobol_sample.sample(problem, size, calc_second_order=False, seed=seed)
    values = model(points)
    found = sobol_analysis.analyze(problem, values, calc_second_order=False, conf_level=CONFIDENCE,
                                   num_resamples=resamples, seed=seed)  # fmt: skip
    columns = {"first": "S1", "first_conf": "S1_conf", "total": "ST", "total_conf": "ST_conf"}
    table = pd.DataFrame(
        {"input": list(names), **{k: np.asarray(found[v], float) for k, v in columns.items()}}
    )
    return table.sort_values("total", ascending=False, kind="stable", ignore_index=True), float(
        np.var(values)
    )


def _problem(names: Sequence[str]) -> dict:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


@dataclass
class Asked:
    """The model as a function of uniforms: inputs that are not named stay at their median.

    kept    evaluations made so far, in order, so that an interrupted question goes on where it stopped
    """

    world: World
    outcome: str
    year: int
    names: tuple[str, ...]
    say: Callable[[str, int, int], None]
    stage: str
    file: Path | None = None

    def __call__(self, points: Array) -> Array:
        """Return the outcome (n,) of uniforms (n, d)."""
        found = self._kept(len(points))
        try:
            for start in range(len(found), len(points), BATCH):
                found = np.append(found, self._batch(points[start : start + BATCH]))
                self.say(self.stage, len(found), len(points))
        except BaseException:
            if self.file is not None and len(found):
                self.file.parent.mkdir(parents=True, exist_ok=True)
                np.save(self.file, found)
            raise
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            np.save(self.file, found)
        return found

    def _kept(self, most: int) -> Array:
        try:
            return np.load(self.file)[:most] if self.file is not None and self.file.is_file() else np.zeros(0)
        except (OSError, ValueError):
            return np.zeros(0)

    def _batch(self, points: Array) -> Array:
        found, variants = np.empty(len(points)), self.world.inputs.scenario.variants
        column = self.names.index(VARIANT) if VARIANT in self.names else None
        which = (
            np.zeros(len(points), int) if column is None else (points[:, column] * len(variants)).astype(int)
        )
        for v, variant in enumerate(variants):
            here = np.flatnonzero(np.minimum(which, len(variants) - 1) == v)
            if len(here):
                found[here] = self._run(points[here], variant)
        return found

    def _run(self, points: Array, variant: str) -> Array:
        padded = points[np.arange(-(-len(points) // BLOCK) * BLOCK) % len(points)]
        u = {name: np.full(len(padded), 0.5) for name in streams_of_model(self.world)}
        u |= dict(zip(self.names, np.clip(padded, EDGE, 1 - EDGE).T, strict=True))
        told = self.world.inputs.scenario.model_copy(update={"draws": len(padded)})
        inputs = replace(self.world.inputs, scenario=told)
        world = at_uniforms(replace(self.world, inputs=inputs, draws=len(padded)), u)
        out = run_variant(world, make_offers(world, variant), variant)
        return national(world, out)[self.outcome][self.year - int(world.years[0])][: len(points)]


def streams_of_model(world: World) -> tuple[str, ...]:
    """Return every uncertain input of a run: streams of the parameter table, then those of the drivers."""
    return (*world.inputs.parameters.streams, *driver_streams(world.inputs, world.years, world.laws))


def screen(
    scenario: Scenario, outcome: str, year: int, effort: Effort | None = None, inputs: Inputs | None = None,
    progress: Callable[[str, int, int], None] | None = None, folder: Path | None = None,
) -> Finding:  # fmt: skip
    """Return which inputs an outcome of the country hangs on, under the prior.

    Facts: evaluations; variance of the outcome over the inputs weighed, and over all (prior draws), and its share.
    Tables: morris (all inputs), sobol (those weighed; intervals are half-widths at 90 %), tornado (over the prior draws).
    """
    effort, say = effort or Effort(), progress or (lambda *_: None)
    coarse = scenario.model_copy(update={"resolution": "explorer", "draws": 256})
    inputs = replace(inputs or load(coarse), scenario=coarse)
    world = make_world(inputs)
    every = (*streams_of_model(world), VARIANT)

    def asked(names: Sequence[str], stage: str) -> Asked:
        file = None if folder is None else folder / f"{stage}.npy"
        return Asked(world, outcome, year, tuple(names), say, stage, file)

    first = morris(asked(every, "morris"), every, effort.trajectories, coarse.seed)
    chosen = tuple(first["input"][: effort.chosen])
    table, variance = sobol(asked(chosen, "sobol"), chosen, effort.size, coarse.seed, effort.resamples)
    rng = np.random.default_rng(coarse.seed)
    points = rng.random((effort.prior, len(every)))
    drawn = asked(every, "prior")(points)
    whole = float(np.var(drawn))
    swings = tornado(pd.DataFrame(points, columns=list(every)), drawn).head(effort.chosen)
    facts = {
        "outcome": outcome, "year": year, "inputs": len(every), "chosen": len(chosen), "size": effort.size,
        "evaluations": effort.trajectories * (len(every) + 1) + effort.size * (len(chosen) + 2),
        "variance": variance, "prior_variance": whole, "share": min(variance / whole, 1.0) if whole > 0 else 0.0,
        "title": scenario.title.model_dump(), "mean": float(drawn.mean()),
    }  # fmt: skip
    return Finding("sensitivity", scenario.name, facts, {"morris": first, "sobol": table, "tornado": swings})
