"""A finding as a brief tells it: every number names the cell of the finding that it was read from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from cpmodel.analysis.findings import Finding
from cpmodel.briefs import numbers
from cpmodel.briefs.wording import Wording
from cpmodel.content import Cell, Column, Key, Number, Runs, Table, Text

COUNTED = ("office_capacity", "assessments", "supported_assessments", "provider_capacity", "demonstrations",
           "scheme_projects")  # fmt: skip
NOT_APPLICABLE: Runs = (Text(text="–", style="muted"),)


@dataclass(frozen=True)
class Told:
    """A finding and the words of one language."""

    finding: Finding
    words: Wording

    @property
    def language(self) -> str:
        """`vi` or `en`."""
        return self.words.language

    def word(self, phrase: str, **parts: str) -> str:
        """Return a phrase of decision analysis."""
        return self.words.word(f"decide.{phrase}", **parts)

    def say(self, phrase: str, **parts) -> Runs:
        """Return a sentence of decision analysis as runs."""
        return self.words.say(f"decide.{phrase}", **parts)

    def fact(self, name: str, form: str, decimals: int = 1) -> Number | Runs:
        """Return a fact as a printed number."""
        return self._number(self.finding.facts.get(name), f"{self.finding.kind}.{name}", form, decimals)

    def at(self, table: str, row: int, column: str, form: str, decimals: int = 1) -> Number | Runs:
        """Return a cell of a table as a printed number.

        form    percent, points, odds, money (with its unit), number
        """
        value = self.finding[table][column].iloc[row]
        return self._number(value, self.finding.cell_name(table, row, column), form, decimals)

    def _number(self, value, name: str, form: str, decimals: int) -> Number | Runs:
        if value is None or not math.isfinite(float(value)):
            return NOT_APPLICABLE
        key = Key(scenario=self.finding.scenario, outcome=name, year=int(self.finding.facts.get("year") or 0),
                  statistic="value")  # fmt: skip
        value = float(value)
        if form == "percent":
            return numbers.percent(value, self.language, key, decimals=decimals)
        if form == "points":
            return numbers.points(
                value, self.language, self.words.word("unit.points"), key, decimals=decimals
            )
        if form == "bare_points":
            return numbers.points(value, self.language, "", key, decimals=decimals)
        if form == "odds":
            return numbers.odds(value, self.language, key)
        if form == "money":
            return self.words.money(value, key, decimals=decimals)
        return numbers.amount(value, self.language, "", key, decimals=decimals)

    def outcome(self, name: str | None = None) -> str:
        """Return an outcome in words, by default the one that the finding is about."""
        asked = name or str(self.finding.facts["outcome"])
        if self.words.has(f"decide.outcome.{asked}"):
            return self.word(f"outcome.{asked}")
        return f"{asked} [{self.finding.facts['unit']}]"  # one that no sentence was written for, as the results name it

    def in_unit(self, outcome: str | None = None) -> tuple[str, int]:
        """Return the form and the decimals in which an outcome is printed: a share in per cent, else a number."""
        name = outcome or self.finding.facts["outcome"]
        if outcome is None and not str(self.finding.facts.get("unit", "share")).startswith("share"):
            return ("number", 1 if name == "office_capacity" else 0)
        return ("number", 1 if name == "office_capacity" else 0) if name in COUNTED else ("percent", 1)

    def title(self) -> str:
        """Return the title of the scenario that the finding is about."""
        return str((self.finding.facts.get("title") or {}).get(self.language) or self.finding.scenario)

    def input(self, stream: str) -> str:
        """Return an uncertain input in words; a driver's surprise by its series and year."""
        if self.words.has(f"parameter.{stream}"):
            return self.words.word(f"parameter.{stream}")
        if stream == "H1 or H2":
            return self.word("sensitivity.variant")
        return self.word(
            "sensitivity.driver", name=stream.removeprefix("driver.").replace(".", " ").replace("_", " ")
        )

    def project(self, name: str) -> str:
        """Return a component project in words."""
        return self.words.word(f"project.{name}")

    def heads(self, *heads: tuple[str, str, float]) -> tuple[Column, ...]:
        """Return columns: phrase below `decide`, alignment, relative width."""
        return tuple(
            Column(label=self.word(phrase), align=align, weight=weight) for phrase, align, weight in heads
        )

    def table(self, id: str, caption: Runs, columns: tuple[Column, ...], rows, *notes: Runs) -> Table:
        """Return a table; a cell is words, a number, runs or nothing (a dash); the first of each row heads it."""
        cells = tuple(tuple(_cell(one, header=i == 0) for i, one in enumerate(row)) for row in rows)
        return Table(id=id, caption=caption, columns=columns, rows=cells, notes=notes)


def _cell(content, header: bool) -> Cell:
    if isinstance(content, Cell):
        return content
    if isinstance(content, str):
        content = (Text(text=content),) if content else ()
    runs = (content,) if isinstance(content, Number) else tuple(content)
    return Cell(runs=runs or NOT_APPLICABLE, header=header)


def rows_of(frame: pd.DataFrame, **wanted) -> list[int]:
    """Return the places of the rows whose columns have the values wanted."""
    here = pd.Series(True, index=frame.index)
    for column, value in wanted.items():
        here &= frame[column] == value
    return [int(i) for i in here.to_numpy().nonzero()[0]]
