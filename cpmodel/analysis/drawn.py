"""The uncertain inputs behind a run's draws, drawn again from its seed: nothing of them needs to be stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.parameters import Parameters, quantile
from cpmodel.inputs.posterior import Posterior
from cpmodel.model.ensemble import uniforms_of
from cpmodel.model.state import BLOCK
from cpmodel.outlook.draws import uniforms
from cpmodel.results.saved import Run

SHORT = {
    "adoption": "adoption_strict",
    "saving": "specific_saving",
    "offices": "office_capacity",
    "units": "dedicated_units",
}


@dataclass(frozen=True)
class Asked:
    """An outcome of the country in one year, as `adoption_2020` names it."""

    outcome: str
    year: int


def drawn_inputs(parameters: Parameters, seed: int, draws: int) -> pd.DataFrame:
    """Return draws × streams: every uncertain input in the unit of its first row (rows of a stream move together)."""
    rows = parameters.rows[parameters.rows["scale"] != "fixed"].drop_duplicates("stream")
    return pd.DataFrame(
        {
            row.stream: quantile(row, uniforms(seed, row.stream, draws), draws)
            for row in rows.itertuples(index=False)
        }
    )


def fitted_inputs(parameters: Parameters, posterior: Posterior, draws: int) -> dict[str, pd.DataFrame]:
    """Return variant → draws × streams behind a run on a calibration; units as of `drawn_inputs`."""
    rows = parameters.rows[parameters.rows["scale"] != "fixed"].drop_duplicates("stream")
    whole = -(-draws // BLOCK) * BLOCK  # a run draws whole blocks and drops the surplus
    found = {}
    for variant in posterior.normals:
        uniform = posterior.uniforms(variant, whole)
        found[variant] = pd.DataFrame(
            {
                row.stream: quantile(row, uniform[row.stream][:draws], draws)
                for row in rows.itertuples(index=False)
            }
        )
    return found


def uniforms_met(inputs: Inputs, variant: str, draws: int) -> dict[str, np.ndarray]:
    """Return stream → numbers in (0, 1), (draws,), behind a variant's draws, as a run of so many draws meets them."""
    whole = -(-draws // BLOCK) * BLOCK  # a run draws whole blocks and drops the surplus
    return {name: u[:draws] for name, u in uniforms_of(inputs, variant, whole).items()}


def asked(text: str, draws: pd.DataFrame, place: str) -> Asked:
    """Return what `adoption_2020` asks of the national draws of a run; raises `BadInput` naming what there is.

    place    the option that was written, for the message
    """
    name, _, year = text.rpartition("_")
    years = sorted(draws["year"].unique())
    known = {*draws.columns.difference(["variant", "draw", "year"]), *SHORT}

    def refuse(why: str, fix: str) -> BadInput:
        return BadInput(Problem("command line", place, text, why, fix))

    if not year.isdigit() or not name:
        raise refuse("This is not an outcome with a year.", "Write adoption_2020, for example.")
    if name not in known:
        near = nearest(name, known)
        fix = (
            f"Did you mean `{near}_{year}`?"
            if near
            else "Write awareness, adoption, saving, offices or units."
        )
        raise refuse(f"The run has no outcome `{name}`.", fix)
    if int(year) not in years:
        raise refuse(f"The run covers {years[0]}–{years[-1]}.", f"Write {name}_{years[-1]}, for example.")
    return Asked(SHORT.get(name, name), int(year))


def of_variant(draws: pd.DataFrame, question: Asked) -> dict[str, np.ndarray]:
    """Return variant → the outcome of every draw, in the order of the draws."""
    here = draws[draws["year"] == question.year].sort_values("draw")
    return {variant: part[question.outcome].to_numpy() for variant, part in here.groupby("variant")}


def unit_in(run: Run, outcome: str) -> str:
    """Return the unit of an outcome of a run, as its table of results says it."""
    return str(run.results.loc[run.results["outcome"] == outcome, "unit"].iloc[0])
