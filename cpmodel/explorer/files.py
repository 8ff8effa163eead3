"""What a user takes away: the scenario as a file, the results as CSV, as a workbook, or in the IAMC form."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pandas as pd

from cpmodel.errors import BadInput, Problem
from cpmodel.explorer.state import State
from cpmodel.inputs.overlay import scenario_folder
from cpmodel.inputs.project import project_root
from cpmodel.inputs.scenario import Scenario
from cpmodel.model.ensemble import Ensemble
from cpmodel.results.outcomes import iamc, long_table, national_draws
from cpmodel.results.targets import target_rows

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
MEDIA = {
    "csv": "text/csv",
    "iamc": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def found_at(path: Path) -> str:
    """Return a path as the user finds it: from the project's folder, else from the home folder, else in full."""
    for folder, head in ((project_root(), ""), (Path.home(), "~/")):
        if path.resolve().is_relative_to(folder):
            return head + path.resolve().relative_to(folder).as_posix()
    return str(path)


def save(state: State, base: Scenario, folder: Path | None = None) -> Path:
    """Write a state as a scenario file of its own name; never over another file. Returns the path."""
    folder = folder or scenario_folder()
    name = str(state.changes.get("name", ""))
    if not NAME.fullmatch(name):
        why = "A name is made of small letters a–z, digits and `_`, and begins with a letter."
        raise BadInput(Problem("explorer", "name", name, why, "Write my_question, for example."))
    path = folder / f"{name}.yaml"
    stage = folder / f".{name}.{os.getpid()}"
    stage.write_text(state.to_yaml(base), "utf-8")
    try:
        os.link(stage, path)  # fails when the file is there, whoever made it
    except FileExistsError:
        why, fix = f"{found_at(path)} exists already.", "Choose another name."
        raise BadInput(Problem("explorer", "name", name, why, fix)) from None
    finally:
        stage.unlink()
    return path


def table_of(found: Ensemble) -> pd.DataFrame:
    """Return the long table of a run with the odds of its targets."""
    table = long_table(found.worlds, found.outputs)
    decision = next(iter(found.worlds.values())).inputs.yardstick
    if decision is None:
        return table
    draws = national_draws(found.worlds, found.outputs)
    return pd.concat([table, target_rows(found.worlds, found.outputs, draws, decision)], ignore_index=True)


def packed(table: pd.DataFrame, name: str, kind: str) -> tuple[str, str, bytes]:
    """Return (file name, media type, bytes) of a long table: `csv` and `iamc` long, `xlsx` in IAMC form by year."""
    if kind == "csv":
        return f"{name}.csv", MEDIA[kind], table.to_csv(index=False, lineterminator="\n").encode()
    if kind == "iamc":
        return f"{name}_iamc.csv", MEDIA[kind], iamc(table).to_csv(index=False, lineterminator="\n").encode()
    wide = iamc(table).pivot(
        index=["model", "scenario", "region", "variable", "unit"], columns="year", values="value"
    )
    out = io.BytesIO()
    wide.reset_index().to_excel(out, index=False, sheet_name="data")
    return f"{name}.xlsx", MEDIA[kind], out.getvalue()
