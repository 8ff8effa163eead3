"""One frozen `Inputs`: everything a run reads, checked against each other, with its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from cpmodel.axes import Cells
from cpmodel.decision import Decision
from cpmodel.inputs.decisions import decision_names, load_decision
from cpmodel.inputs.establishments import establishments
from cpmodel.inputs.geography import neighbours
from cpmodel.inputs.instruments import Catalogue, load_catalogue
from cpmodel.inputs.known import NO_STRATEGY
from cpmodel.inputs.macro import macro_series
from cpmodel.inputs.parameters import Parameters, read_parameters
from cpmodel.inputs.posterior import Posterior, find_posterior
from cpmodel.inputs.project import project_root
from cpmodel.inputs.resources import Resources, emission_factors, resources
from cpmodel.inputs.scenario import Scenario
from cpmodel.kept import content_key, kept


@dataclass(frozen=True)
class Inputs:
    """What a run is told.

    decision    None in a world without the Decision
    yardstick   the Decision whose targets the run is held against: the scenario's own, or for a world without one
                the Decision with the same last year
    growth      log growth of establishments, with status
    neighbours  index arrays by region   macro    yearly series by indicator   edition    of the data
    posterior   the calibration whose draws stand in place of the prior's; None: the prior's
    """

    scenario: Scenario
    decision: Decision | None
    yardstick: Decision | None
    cells: Cells
    growth: pd.DataFrame
    resources: Resources
    emissions: pd.DataFrame
    neighbours: tuple[np.ndarray, ...]
    macro: dict[str, pd.Series]
    paths: dict[str, dict[str, float]]
    parameters: Parameters
    catalogue: Catalogue
    edition: dict
    hashes: dict[str, str]
    posterior: Posterior | None = None


def load(scenario: Scenario, root: str | Path | None = None, calibration: str | None = None) -> Inputs:
    """Read everything that `scenario` needs; raises `BadInput` with every problem of the files read.

    calibration    folder of a calibration whose draws to take, or `latest`; None for the prior's
    """
    root = project_root(root)
    hashes = fingerprints(root, scenario)
    asked = (scenario.strategy, scenario.resolution, scenario.population, scenario.horizon)
    told = asked, [hashes[name] for name in ("data", "parameters", "code")]
    key = content_key(told, [], ("numpy", "pandas", "pydantic"))
    found = kept("inputs", key, lambda: _read(scenario, root))
    found = replace(found, scenario=scenario, hashes=hashes)
    return found if calibration is None else calibrated(found, calibration)


def _read(scenario: Scenario, root: Path) -> Inputs:
    """Read what a scenario needs; of the scenario only what `load` names as asked for moves what is read."""
    workshops = scenario.population.household_workshops
    decision = None if scenario.strategy == "none" else load_decision(scenario.strategy, root)
    cells, growth = establishments(scenario.resolution, workshops, at=start_of_counts(scenario), root=root)
    return Inputs(
        scenario=scenario,
        decision=decision,
        yardstick=decision or yardstick_of(scenario, root),
        cells=cells,
        growth=growth,
        resources=resources(scenario.resolution, workshops, root),
        emissions=emission_factors(root),
        neighbours=tuple(neighbours(cells.regions, root)),
        macro=macro_series(root),
        paths=yaml.safe_load((root / "data" / "driver_paths.yaml").read_text("utf-8")),
        parameters=read_parameters(root / "data" / "parameters.csv"),
        catalogue=load_catalogue(root / "data" / "instruments"),
        edition=yaml.safe_load((root / "data" / "edition.yaml").read_text("utf-8")),
        hashes={},
    )


def calibrated(inputs: Inputs, calibration: str) -> Inputs:
    """Return the inputs with the draws of a calibration (its folder, or `latest`) in place of the prior's."""
    told = inputs.hashes["parameters"], inputs.parameters.streams, inputs.scenario.variants
    posterior = find_posterior(calibration, *told)
    return replace(inputs, posterior=posterior, hashes=inputs.hashes | {"calibration": posterior.digest})


def at_resolution(inputs: Inputs, resolution: str) -> Inputs:
    """Return the same inputs with the establishments at another resolution."""
    scenario = inputs.scenario.model_copy(update={"resolution": resolution})
    if resolution == inputs.scenario.resolution:
        return inputs
    return replace(load(scenario), posterior=inputs.posterior, hashes=inputs.hashes)


def yardstick_of(scenario: Scenario, root: Path | None = None) -> Decision | None:
    """Return the scenario's Decision; for a world without one, that which plans to its last year; else None."""
    if scenario.strategy != NO_STRATEGY:
        return load_decision(scenario.strategy, root)
    every = (load_decision(name, root) for name in decision_names(root))
    return next((one for one in every if one.end == scenario.horizon.end), None)


def start_of_counts(scenario: Scenario) -> float:
    """Return the moment at which establishments are counted: the start, or the last published year end before."""
    return min(scenario.horizon.start, 2011.0)


def fingerprints(root: Path, scenario: Scenario, calibration: str | None = None) -> dict[str, str]:
    """Return the SHA-256 of the scenario, the data, the parameters and the code, and of a calibration, in hexadecimal."""
    data = sorted((root / "data").rglob("*"))
    found = {
        "scenario": scenario.content_hash(),
        "data": _digest([p for p in data if p.is_file() and p.name != "parameters.csv"], root),
        "parameters": _digest([root / "data" / "parameters.csv"], root),
        "code": _digest(sorted(Path(__file__).parents[1].rglob("*.py")), Path(__file__).parents[2]),
    }
    if calibration is None:
        return found
    return found | {"calibration": find_posterior(calibration, found["parameters"], (), ()).digest}


def _digest(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(root)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
