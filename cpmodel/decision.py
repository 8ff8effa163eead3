"""A Decision as data: clauses, targets, component projects, obligations to report. Nothing of it is in code.

The files are in `data/decisions/`; `cpmodel.inputs.decisions.load_decision` reads them. Titles are our own
words: the Decision is cited, not copied.
"""

from __future__ import annotations

import datetime
import math
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Part(BaseModel):
    """The base of every part: frozen, and a key nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Bilingual(Part):
    """The same words in Vietnamese and in English."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_(self, language: str) -> str:
        """Return the words in `vi` or `en`."""
        return getattr(self, language)


class Clause(Part):
    """One numbered clause, with a short title of our own."""

    id: str = Field(min_length=1)
    title: Bilingual


class Reading(Part):
    """One way to read a target.

    outcome    name in the results table;  kind    floor: at least the lower end; band: within both ends
    """

    id: str = Field(min_length=1)
    outcome: str
    kind: Literal["floor", "band"]


class Denominator(Part):
    """Of what a share is taken; `count` where it is a known number of things."""

    vi: str
    en: str
    count: int | None = Field(None, gt=0)


class Target(Part):
    """One measurable target; `lower` and `upper` are shares unless the unit says otherwise.

    clause      the clause it stands in (its id may add a part: II.2.a.2/adoption)
    outcome     name in the results table; the outcome of the first reading, which is the headline
    modelled    exact, nearest (the outcome differs as the note says) or none (no outcome: never scored)
    """

    id: str = Field(min_length=1)
    clause: str
    title: Bilingual
    outcome: str | None = None
    year: int = Field(ge=2000, le=2100)
    lower: float = Field(ge=0)
    upper: float | None = None
    unit: str
    denominator: Denominator
    readings: tuple[Reading, ...] = ()
    modelled: Literal["exact", "nearest", "none"] = "exact"
    note: str = ""

    @property
    def kind(self) -> str:
        """`band` when the text gives two ends, else `floor`."""
        return "floor" if self.upper is None else "band"

    @property
    def threshold(self) -> float:
        """The lower end in the unit of the outcome: a whole number of offices where offices are counted."""
        if self.outcome == "office_capacity":
            return float(offices_needed(self.lower, self.denominator.count))
        return self.lower

    @model_validator(mode="after")
    def _consistent(self) -> Target:
        if self.upper is not None and self.upper <= self.lower:
            raise ValueError("`upper` must be greater than `lower`")
        if self.unit.startswith("share") and max(self.lower, self.upper or 0) > 1:
            raise ValueError("a share lies between 0 and 1; write 0.5 for 50 %")
        if (self.modelled == "none") != (self.outcome is None):
            raise ValueError("a target has an `outcome`, or says `modelled: none`")
        if self.modelled != "none" and (not self.readings or self.readings[0].outcome != self.outcome):
            raise ValueError("the first of `readings` must be of the target's `outcome`")
        if self.upper is None and any(reading.kind == "band" for reading in self.readings):
            raise ValueError("a reading as a band needs `upper`")
        if self.outcome == "office_capacity" and self.denominator.count is None:
            raise ValueError("a target in offices needs the `count` of the denominator")
        return self


class ComponentProject(Part):
    """One component project of the annex. `window` holds its first and last year, both included."""

    id: str
    number: int = Field(gt=0)
    clause: str
    title: Bilingual
    lead: Bilingual
    partners: Bilingual
    window: tuple[int, int]
    carries_out: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> ComponentProject:
        if self.window[0] > self.window[1]:
            raise ValueError("`window` is [first year, last year]")
        return self


class Obligation(Part):
    """Who must report what to whom, every `every_years` years."""

    clause: str
    by: Bilingual
    to: Bilingual
    what: Bilingual
    every_years: int = Field(gt=0)


class Signed(Part):
    """The dates the text bears; the annex may bear another one than the body."""

    body: datetime.date
    annex: datetime.date | None = None


class Decision(Part):
    """A Decision. `start` is the decimal year it takes effect, `end` the last year it plans for."""

    id: str
    number: str
    title: Bilingual
    issuer: Bilingual
    signed: Signed
    start: float = Field(ge=2000, le=2100)
    end: int = Field(ge=2000, le=2100)
    sources: tuple[str, ...] = Field(min_length=1)
    note: str = ""
    clauses: tuple[Clause, ...] = Field(min_length=1)
    targets: tuple[Target, ...] = Field(min_length=1)
    component_projects: tuple[ComponentProject, ...] = ()
    obligations: tuple[Obligation, ...] = ()

    def clause(self, id: str) -> Clause:
        """Return a clause by its id; a target's id (II.2.a.2/adoption) gives the clause it stands in."""
        wanted = id.split("/")[0]
        return next(clause for clause in self.clauses if clause.id == wanted)

    def target(self, id: str) -> Target:
        """Return a target by its id."""
        return next(target for target in self.targets if target.id == id)

    def project(self, id: str) -> ComponentProject:
        """Return a component project by its id."""
        return next(project for project in self.component_projects if project.id == id)

    @property
    def scored(self) -> tuple[Target, ...]:
        """The targets that the model has an outcome for."""
        return tuple(target for target in self.targets if target.modelled != "none")

    def faults(self) -> list[tuple[str, str, str, str]]:
        """Return what does not fit together, as (key, found, why, fix)."""
        ids = [clause.id for clause in self.clauses]
        found = _repeated("clauses", ids) + _repeated("targets", [target.id for target in self.targets])
        found += _repeated("component_projects", [project.id for project in self.component_projects])
        named = [(f"targets.{t.id}.clause", t.clause) for t in self.targets]
        named += [(f"component_projects.{p.id}.clause", p.clause) for p in self.component_projects]
        named += [
            (f"component_projects.{p.id}.carries_out", c)
            for p in self.component_projects
            for c in p.carries_out
        ]
        named += [(f"obligations.{o.clause}", o.clause) for o in self.obligations]
        why = "The file lists no clause of this number."
        found += [(key, c, why, "Add it to `clauses`, or correct it.") for key, c in named if c not in ids]
        why = "It lies outside the time the Decision plans for."
        years = [(f"targets.{t.id}.year", t.year) for t in self.targets]
        years += [(f"component_projects.{p.id}.window", y) for p in self.component_projects for y in p.window]
        late = [(key, year) for key, year in years if not int(self.start) <= year <= self.end]
        return found + [(key, str(year), why, f"Write a year up to {self.end}.") for key, year in late]


def offices_needed(share: float, offices: int) -> int:
    """Return the least number of offices that is at least `share` of them: 45 of 63 for 70 %, 57 for 90 %."""
    return math.ceil(Fraction(str(share)) * offices)


def _repeated(where: str, ids: list[str]) -> list[tuple[str, str, str, str]]:
    why, fix = "This id stands twice; it must name one thing.", "Remove or rename one of them."
    return [(f"{where}.{id}", id, why, fix) for id in sorted({id for id in ids if ids.count(id) > 1})]
