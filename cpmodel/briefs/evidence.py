"""What the results rest on: opening shares, grades of the parameters, budgets, the modelled matrix."""

from __future__ import annotations

import pandas as pd

from cpmodel.briefs import numbers
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Cell, Column, Runs, Table, Text


def opening_share(parameters: pd.DataFrame, name: str, words: Wording) -> Runs:
    """Return the opening share of a stock as its parameter row has it, or the words for a missing number."""
    rows = parameters[parameters["name"] == f"opening_{name}"] if not parameters.empty else parameters
    try:
        value = float(rows["median"].iloc[0])
    except (IndexError, ValueError):
        return words.missing()
    return (numbers.percent(value, words.language, origin=f"parameter opening_{name}, median"),)


def _grade(parameters: pd.DataFrame, name: str) -> str:
    rows = parameters[parameters["name"] == f"opening_{name}"] if not parameters.empty else parameters
    return str(rows["grade"].iloc[0]) if len(rows) else "–"


def grades(parameters: pd.DataFrame, words: Wording) -> Runs:
    """Return how many parameter rows carry each grade: `A 12 · J 40`."""
    if parameters.empty:
        return words.missing()
    out: list = []
    for grade in ("A", "B", "C", "J"):
        number = int((parameters["grade"] == grade).sum())
        origin = f"parameters.csv rows of grade {grade}"
        out += [Text(text=(" · " if out else "") + grade + "\u00a0")]
        out += [numbers.amount(number, words.language, "", origin=origin)]
    return tuple(out)


def quality_table(run: SavedRun, words: Wording, parameters: pd.DataFrame) -> Table:
    """Return what the results rest on, row by row, with its grade and what that means."""
    status = str(run.manifest.get("budgets_status", "assumed"))
    status = status if words.has(f"quality.budgets_{status}") else "assumed"
    value = words.word("quality.assumed") if status == "assumed" else "–"
    rows = []
    for name in ("awareness", "adoption"):
        grade = _grade(parameters, name)
        meaning = (
            words.word("quality.unverified") if grade in "C–" else words.word("quality.parameters_meaning")
        )
        rows.append((f"quality.{name}", opening_share(parameters, name, words), grade, meaning))
    rows.append(("quality.budgets", (Text(text=value),), "–", words.word(f"quality.budgets_{status}")))
    modelled = (Text(text=words.word("quality.modelled")),)
    rows.append(("quality.matrix", modelled, "–", words.word("quality.matrix_meaning")))
    meaning = words.word("quality.parameters_meaning")
    rows.append(("quality.parameters", grades(parameters, words), "", meaning))
    return Table(
        id="quality",
        caption=words.say("quality.table"),
        columns=(
            Column(label=words.word("quality.item"), weight=2.5),
            Column(label=words.word("quality.value"), weight=1.9),
            Column(label=words.word("quality.grade"), align="center", weight=0.9),
            Column(label=words.word("quality.meaning"), weight=4.2),
        ),
        rows=tuple(
            (
                Cell(runs=words.say(item), header=True),
                Cell(runs=value, status="caution" if grade == "C" else None),
                Cell(runs=(Text(text=grade),)),
                Cell(runs=(Text(text=meaning),)),
            )
            for item, value, grade, meaning in rows
        ),
    )
