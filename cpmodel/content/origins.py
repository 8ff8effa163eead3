"""Where a brief comes from and what it concludes: equations, parameters, clauses, the run, the odds of the targets."""

from __future__ import annotations

from typing import Any, Literal

from cpmodel.content.runs import Frozen, Str


class Equation(Frozen):
    """An equation of the model: where it stands, what it computes, and its source in the literature."""

    name: str
    formula: Str
    source: Str


class Parameter(Frozen):
    """A parameter that an equation reads, with the grade and the id of its source."""

    name: str
    grade: str
    source: str


class Lineage(Frozen):
    """From outcomes to the law; `outcomes` are those of the brief that lead here, `clauses` id and short title."""

    id: str
    title: Str
    outcomes: tuple[str, ...]
    equations: tuple[Equation, ...] = ()
    clauses: tuple[tuple[str, Str], ...] = ()
    parameters: tuple[Parameter, ...] = ()
    note: Str = ""


class Source(Frozen):
    """A source that the parameters or figures of a brief rest on, as the register has it."""

    id: str
    title: Str
    publisher: Str = ""
    year: Str = ""
    url: Str = ""

    def line(self) -> str:
        """Return the source on one line."""
        return ", ".join(part for part in (self.publisher, self.title, self.year, self.url) if part)


class Basis(Frozen):
    """A folder that a brief was made from, and its fingerprints."""

    kind: Literal["run", "note", "design", "finding"]
    id: str
    scenario: Str
    hashes: dict[str, str]


class Manifest(Frozen):
    """What the brief was made from; `run` is the run's own manifest, unchanged, `beside` all others it tells of."""

    run_id: str
    scenario: Str
    cpmodel_version: str
    run: dict[str, Any]
    beside: tuple[Basis, ...] = ()


class Conclusion(Frozen):
    """The odds of a target in one reading: what a reader takes away, so what is told when it changes.

    id        `SCENARIO II.2.b.2/adoption@strict`   odds    name of the category on the scale of odds (`unlikely`)
    label     the target in words                  words   the category in words
    """

    id: str
    label: Str
    odds: str
    words: Str
    probability: float
