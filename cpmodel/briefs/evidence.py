"""What the results rest on: opening shares, grades of the parameters, budgets, the modelled matrix."""

from __future__ import annotations

import pandas as pd

from cpmodel.briefs import numbers
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.tables import cell
from cpmodel.briefs.wording import Wording
from cpmodel.content import Cell, Column, Key, Number, Runs, Table, Text
from cpmodel.results.outcomes import HEADLINES

SHARES_OF = 2010  # year of the survey figures that every run starts from


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


def starts_later(run: SavedRun) -> int | None:
    """Return the first year of a run that starts after the opening shares were taken; None where it starts with them."""
    first = int(run.draws["year"].min())
    return first if first > SHARES_OF else None


def quality_table(run: SavedRun, words: Wording, parameters: pd.DataFrame) -> Table:
    """Return what the results rest on, row by row, with its grade and what that means."""
    status = str(run.manifest.get("budgets_status", "assumed"))
    status = status if words.has(f"quality.budgets_{status}") else "assumed"
    value = words.word("quality.assumed") if status == "assumed" else "–"
    rows, later = [], starts_later(run)
    unverified = words.word(f"quality.unverified{'_later' if later else ''}", year=str(later))
    for name in ("awareness", "adoption"):
        grade = _grade(parameters, name)
        meaning = unverified if grade in "C–" else words.word("quality.parameters_meaning")
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


def spread_table(run: SavedRun, words: Wording, year: int) -> Table | None:
    """Return where the spread of every headline comes from: parameters, data, structure; None where the run lacks it."""
    names = [name for name in HEADLINES if run.value(f"only_data_{name}", year) is not None]
    if not names:
        return None
    heads = (("item", "left", 3.1), ("all", "right", 1.4), ("parameters", "right", 1.6), ("data", "right", 1.4),
             ("structure", "right", 1.7), ("evidence", "left", 2.2))  # fmt: skip
    return Table(
        id="spread",
        caption=words.say("spread.caption"),
        columns=tuple(Column(label=words.word(f"spread.{n}"), align=a, weight=w) for n, a, w in heads),
        rows=tuple(_spread_row(run, words, name, year) for name in names),
        notes=(words.say("spread.note"),),
    )


def _spread_row(run: SavedRun, words: Wording, name: str, year: int) -> tuple[Cell, ...]:
    def figure(outcome: str, statistic: str, **where: str) -> Number | None:
        key = run.key(outcome, year, statistic, **where)
        value = run.get(key)
        return None if value is None else _headline(value, name, words.language, key)

    def span(outcome: str) -> Cell:
        low, high = figure(outcome, "p10"), figure(outcome, "p90")
        return cell(numbers.span(low, high) if low and high else None, words)

    h1, h2 = figure(name, "p50", variant="H1"), figure(name, "p50", variant="H2")
    medians = (h1, Text(text=" · "), h2) if h1 and h2 else None
    informed = run.value(f"informed_{name}", year, "value")
    return (
        cell(words.word(f"outcome.{name}"), words, header=True),
        span(name),
        span(f"only_parameters_{name}"),
        span(f"only_data_{name}"),
        cell(medians, words),
        cell(words.word("spread.informed" if informed else "spread.prior_driven"), words),
    )


def _headline(value: float, name: str, language: str, key: Key) -> Number:
    """Return a headline as its unit is printed: offices as a number, savings with one decimal, shares in per cent."""
    if HEADLINES[name] == "offices":
        return numbers.amount(value, language, "", key, decimals=0)
    return numbers.percent(value, language, key, decimals=int(name == "specific_saving"))
