"""`cpmodel check`: everything that is read is read once, and every problem is told at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cpmodel.errors import BadInput, Problems
from cpmodel.inputs.datasets import DataReport, check_all
from cpmodel.inputs.decisions import decision_names, load_decision
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.instruments import load_catalogue
from cpmodel.inputs.known import Known, load_known
from cpmodel.inputs.macro import recorded_choices
from cpmodel.inputs.overlay import resolve, scenario_names
from cpmodel.inputs.parameters import GRADES, Parameters, read_parameters
from cpmodel.inputs.programme_space import read_programme_space
from cpmodel.inputs.project import project_root
from cpmodel.inputs.survey_designs import read_survey_designs


@dataclass(frozen=True)
class Checked:
    """What was checked and found good."""

    data: DataReport
    parameters: Parameters
    decisions: tuple[str, ...]
    scenarios: tuple[str, ...]
    instruments: tuple[str, ...]
    warnings: tuple[str, ...]


def check_everything(root: str | Path | None = None) -> Checked:
    """Check data, parameters, instruments, Decisions and scenarios; raises `BadInput` with every problem found."""
    root = project_root(root)
    problems = Problems()

    def tried(read, *arguments):
        try:
            return read(*arguments)
        except BadInput as error:
            problems.extend(error)
            return None

    data = tried(check_all, root)
    parameters = tried(read_parameters, root / "data" / "parameters.csv")
    catalogue = tried(load_catalogue, root / "data" / "instruments")
    tried(recorded_choices, root)
    tried(read_design_space, root)
    tried(read_programme_space, root)
    tried(read_survey_designs, root)
    decisions = tuple(decision_names(root))
    for name in decisions:
        tried(load_decision, name, root)
    scenarios = tuple(scenario_names(root / "scenarios"))
    known = _known(root)
    for name in scenarios if known else ():
        tried(resolve, name, known, root / "scenarios")
    problems.raise_if_any()
    return Checked(data, parameters, decisions, scenarios, tuple(catalogue.instruments), catalogue.warnings)


def _known(root: Path) -> Known | None:
    """Return the names a scenario may use; None where what they come from is wrong, which is told already."""
    try:
        return load_known(root)
    except BadInput:
        return None


def summary(checked: Checked) -> str:
    """Return the good news with the quality of the data, in a screenful."""
    totals = checked.data.totals()
    rows = checked.parameters.rows
    grades = rows["grade"].value_counts()
    lines = [
        "All good.",
        "",
        f"Data edition {checked.data.edition['edition']}: {len(checked.data.tables)} tables",
        "  " + " · ".join(f"{name} {value:,}" for name, value in totals.items()),
        f"Parameters: {rows['name'].nunique()} ({len(rows)} rows)",
        *(f"  {grade}  {grades.get(grade, 0):4d}  {meaning}" for grade, meaning in GRADES.items()),
        f"Decisions: {', '.join(checked.decisions)}",
        f"Instruments: {len(checked.instruments)}",
        f"Scenarios: {', '.join(checked.scenarios)}",
        "",
        "Not verified (grade C), and shown as such wherever used: "
        + ", ".join(sorted(set(rows.loc[rows["grade"] == "C", "name"]))),
    ]
    if checked.warnings:
        lines += ["", "Legal but unusual terms of instruments:", *(f"  {text}" for text in checked.warnings)]
    return "\n".join(lines)
