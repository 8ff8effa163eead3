"""What a result hangs on after a calibration, where inputs go together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cpmodel.analysis.drawn import Asked, of_variant, unit_in
from cpmodel.analysis.findings import Finding
from cpmodel.analysis.importance import shapley_importance, tornado
from cpmodel.inputs.parameters import read_parameters
from cpmodel.inputs.posterior import find_posterior
from cpmodel.inputs.project import project_root
from cpmodel.model.state import BLOCK
from cpmodel.results.saved import Run


def posterior_importance(run: Run, calibration: str, question: Asked, most: int = 10) -> Finding:
    """Return Shapley's value of R² and a tornado over the draws of a run that was made on a calibration.

    calibration    folder of the calibration, or `latest`, as the run was made with it
    Variants are pooled with equal weight; inputs stand by their quantile under the prior.
    """
    manifest = run.manifest
    variants, draws = tuple(manifest["variants"]), int(manifest["draws"])
    streams = read_parameters(project_root() / "data" / "parameters.csv").streams
    posterior = find_posterior(calibration, manifest["hashes"]["parameters"], streams, variants)
    whole = -(-draws // BLOCK) * BLOCK  # a run draws whole blocks and drops the surplus
    inputs = pd.concat(
        [pd.DataFrame({k: u[:draws] for k, u in posterior.uniforms(v, whole).items()}) for v in variants],
        ignore_index=True,
    )
    values = of_variant(run.draws, question)
    outcome = np.concatenate([values[v] for v in variants])
    rng = np.random.default_rng(manifest["seed"])
    table, explained = shapley_importance(inputs, outcome, rng, most)
    facts = {
        "outcome": question.outcome,
        "year": question.year,
        "unit": unit_in(run, question.outcome),
        "explained": explained,
        "mean": float(outcome.mean()),
        "calibration": posterior.name,
    }
    tables = {"importance": table, "tornado": tornado(inputs, outcome).head(most)}
    return Finding("sensitivity", manifest["scenario"], facts, tables)
