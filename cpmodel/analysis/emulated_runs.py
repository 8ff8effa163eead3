"""The runs an emulator is made from, and its folder: written whole, found again by content."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import qmc

from cpmodel.analysis.emulator import Emulator, Output, fit
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.decision import Reading, Target
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import state as s
from cpmodel.model.ensemble import World, at_scenario, make_offers, opening_of, run_variant, worlds_of
from cpmodel.results.outcomes import QUANTILES, country_values
from cpmodel.results.saved import default_folder, json_text, manifest_of, written_whole
from cpmodel.results.targets import met, offices_met

HIGHEST = 4.0  # times a project's budget; beyond it the model's own ceilings rule
INSIDE, HELD_OUT, DRAWS = 96, 64, 512
ALONE = (0.0, 0.5, 2.0, 4.0)  # multiples at which each budget moves alone, as a reader would move it
SHOWN = ("awareness", "adoption_strict", "adoption_lenient", "specific_saving", "office_capacity")
STATISTICS = ("p10", "p25", "p50", "p75", "p90")
FILE = "emulator.json"
Progress = Callable[[str], None]


def emulate(
    scenario: Scenario, calibration: str | None = None, progress: Progress | None = None, draws: int = DRAWS
) -> Path | None:
    """Make the emulator of a scenario, or find it, and return its folder; None where no project has money.

    calibration    as in `results.saved.run_and_save`   draws    sampled worlds in each variant of every run
    Runs are at explorer resolution; a scenario's own `draws` and `resolution` do not matter.
    """
    small = scenario.model_copy(update={"resolution": "explorer", "draws": draws})
    inputs = load(small, calibration=calibration)
    if not levers_of(small):
        return None
    folder = default_folder(inputs, under="emulators")
    if not (folder / FILE).is_file():
        found = make(inputs, progress)
        with written_whole(folder) as stage:
            (stage / FILE).write_text(to_text(found), "utf-8")
            (stage / "manifest.json").write_text(json_text(manifest_of(inputs)), "utf-8")
    return folder


def levers_of(scenario: Scenario) -> dict[str, float]:
    """Return component project → all its money over the years [bn VND], for those that have any."""
    years = range(int(scenario.horizon.start), scenario.horizon.end + 1)
    money = scenario.budget_array(list(years)).sum(axis=(1, 2))
    return {name: float(m) for name, m in zip(COMPONENT_PROJECTS, money, strict=True) if m > 0}


def make(inputs: Inputs, progress: Progress | None = None) -> Emulator:
    """Run the design and fit; progress tells how many runs are done."""
    worlds, levers = worlds_of(inputs), levers_of(inputs.scenario)
    offers = {v: make_offers(world, v) for v, world in worlds.items()}
    openings = {v: opening_of(world) for v, world in worlds.items()}
    used, unused = design(len(levers), inputs.scenario.seed)
    points = np.vstack([used, unused])
    outputs = outputs_of(inputs, worlds)
    values = np.empty((len(points), len(outputs)))
    for i, multiples in enumerate(points):
        if progress and i % 8 == 0:
            progress(f"{i} of {len(points)} runs")
        scenario = with_money(inputs.scenario, dict(zip(levers, multiples, strict=True)))
        moved = {v: at_scenario(world, scenario) for v, world in worlds.items()}
        found = {v: run_variant(moved[v], offers[v], v, opening=openings[v]) for v in moved}
        values[i] = read(inputs, moved, found, outputs)
    n = len(used)
    return fit(tuple(levers), HIGHEST, outputs, used, values[:n], (unused, values[n:]))


def design(d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return multiples of d budgets to learn from and to be checked on, each (points, d) within 0 and HIGHEST.

    Learned from: Sobol' points, denser where money is short, the corners, and the scenario itself. Checked on: other
    points of the sequence, and each budget moved alone.
    """
    sequence = qmc.Sobol(d, rng=seed).random_base2(int(np.ceil(np.log2(INSIDE + HELD_OUT))))
    inside = HIGHEST * sequence[: INSIDE + HELD_OUT] ** 2
    corners = np.array(np.meshgrid(*([(0.0, HIGHEST)] * d))).reshape(d, -1).T
    alone = np.repeat(np.ones((1, d)), d * len(ALONE), axis=0)
    alone[np.arange(len(alone)), np.repeat(np.arange(d), len(ALONE))] = np.tile(ALONE, d)
    return np.vstack([inside[:INSIDE], corners, np.ones((1, d))]), np.vstack([inside[INSIDE:], alone])


def with_money(scenario: Scenario, multiples: dict[str, float]) -> Scenario:
    """Return the scenario with every source and year of some projects' money multiplied."""
    moved = {}
    for project, multiple in multiples.items():
        sources = getattr(scenario.budgets, project)
        amounts = {
            name: {y: v * float(multiple) for y, v in getattr(sources, name).items()}
            for name in sources.model_fields_set
        }
        moved[project] = sources.model_copy(update=amounts)
    return scenario.model_copy(update={"budgets": scenario.budgets.model_copy(update=moved)})


def outputs_of(inputs: Inputs, worlds: dict[str, World]) -> tuple[Output, ...]:
    """Return what is emulated: bands of the shown outcomes in every year, odds of every target in every reading."""
    world = next(iter(worlds.values()))
    offices, half_a_draw = world.layout.offices, 0.5 / (inputs.scenario.draws * len(worlds))
    bands = [
        Output(outcome, int(year), statistic, offices if outcome == "office_capacity" else 1.0, 1e-6)
        for outcome in SHOWN for year in world.years for statistic in STATISTICS
    ]  # fmt: skip
    odds = [
        Output(f"met:{target.id}@{reading.id}", target.year, "probability", 1.0, half_a_draw)
        for target in (inputs.yardstick.scored if inputs.yardstick else ()) if target.year in world.years
        for reading in target.readings
    ]  # fmt: skip
    return (*bands, *odds)


def read(
    inputs: Inputs, worlds: dict[str, World], found: dict[str, s.Outputs], outputs: tuple[Output, ...]
) -> np.ndarray:
    """Return the emulated numbers of one run, shape (m,); variants are pooled with equal weight."""
    each = {v: dict(country_values(worlds[v], out)) for v, out in found.items()}
    first = int(next(iter(worlds.values())).years[0])
    levels = [QUANTILES[name] for name in STATISTICS]
    bands = {
        name: np.quantile(np.concatenate([values[name] for values in each.values()], axis=-1), levels, axis=-1)
        for name in SHOWN
    }  # fmt: skip
    odds = {
        f"met:{target.id}@{reading.id}": _chance(target, reading, worlds, found, each, target.year - first)
        for target in (inputs.yardstick.scored if inputs.yardstick else ()) if target.year >= first
        for reading in target.readings
    }  # fmt: skip
    return np.array([
        odds[o.outcome] if o.statistic == "probability"
        else bands[o.outcome][STATISTICS.index(o.statistic), o.year - first]
        for o in outputs
    ])  # fmt: skip


def _chance(target: Target, reading: Reading, worlds, found, each, year: int) -> float:
    """Return the odds of a target in a reading, the mean over variants."""
    if reading.outcome == "office_capacity":
        return float(np.mean([offices_met(target, found[v], worlds[v]).mean() for v in found]))
    values = (pd.DataFrame({reading.outcome: each[v][reading.outcome][year]}) for v in found)
    return float(np.mean([met(target, reading, draws).mean() for draws in values]))


def to_text(emulator: Emulator) -> str:
    """Return an emulator as JSON; numbers keep nine figures."""
    data = {
        name: np.round(value, 9).tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(emulator).items()
    }
    data["outputs"] = [asdict(o) for o in emulator.outputs]
    return json.dumps(data, ensure_ascii=False)


def open_emulator(folder: str | Path) -> Emulator:
    """Return a saved emulator; raises BadInput when its file is missing or damaged."""
    path = Path(folder) / FILE
    try:
        data = json.loads(path.read_text("utf-8"))
        outputs = tuple(Output(**o) for o in data.pop("outputs"))
        arrays = {name: np.array(data.pop(name)) for name in ("centres", "weights", "basis", "middle")}
        return Emulator(tuple(data["levers"]), data["highest"], outputs, **arrays, accuracy=data["accuracy"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        fix = "Delete the folder and print the brief again."
        raise BadInput(Problem(str(folder), FILE, str(error), "This is not a whole emulator.", fix)) from None
