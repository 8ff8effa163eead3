"""From a result to the law: the equations that make an outcome, the clauses they carry, what they rest on.

Nothing here is told twice: equations and their clauses come from the registry, titles of clauses from the
Decisions, grades and sources from the parameter table, and which parameter an equation reads from its callers.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs.callers import parameters_of
from cpmodel.briefs.wording import Wording
from cpmodel.content import Equation, Lineage, Parameter
from cpmodel.decision import Decision
from cpmodel.inputs.decisions import every_decision
from cpmodel.model.equations import every_equation
from cpmodel.results.local_levers import LEVERS

# Start of an outcome that is no target → its entry: a component project, a family of equations, or the budgets.
ENTRIES = {
    "acceptance_": "acceptance",
    "driver_": "project_finance",
    "establishments": "population",
    "note_": "project_finance",
    "opening_mix": "population",
    "part_of_establishments": "population",
    "provider_capacity": "project_network",
    "scheme_": "project_finance",
    "spend_": "budgets",
    "supported_assessments": "project_technical_support",
    "typical_": "acceptance",
}
PROJECTS = {f"project_{name}": name for name in COMPONENT_PROJECTS}
FAMILIES = ("acceptance", "population")


def lineage(
    outcomes: Iterable[str], decision: Decision, parameters: pd.DataFrame, words: Wording
) -> tuple[Lineage, ...]:
    """Return one entry for each thing that the outcomes of a brief go back to; the targets' outcomes first."""
    leads: dict[str, list[str]] = {}
    for outcome in sorted(set(outcomes)):
        for entry in entries_of(outcome, decision):
            leads.setdefault(entry, []).append(outcome)
    measured = (outcome for one in (decision, *every_decision()) for outcome in _measured(one))
    order = list(dict.fromkeys((*measured, *PROJECTS, *FAMILIES, "budgets")))
    found = sorted((name for name in leads if name in order), key=order.index)
    return tuple(_entry(name, leads[name], decision, parameters, words) for name in found)


def entries_of(outcome: str, decision: Decision) -> tuple[str, ...]:
    """Return the entries an outcome goes back to: an effect to its project and to what it is an effect on; so a lever."""
    if outcome.startswith("effect_"):
        project, base = outcome.removeprefix("effect_").split("_on_", 1)
        return tuple(dict.fromkeys((f"project_{project}", *entries_of(base, decision))))
    if outcome.startswith("met:"):
        target, reading = outcome.removeprefix("met:").split("@", 1)
        return tuple(r.outcome for r in decision.target(target).readings if r.id == reading)
    if outcome.startswith("lever_") and outcome.endswith("_money"):
        return ("budgets",)
    if outcome.startswith("lever_"):
        lever, base = outcome.removeprefix("lever_").split("_on_", 1)
        return tuple(dict.fromkeys((f"project_{LEVERS[lever][1]}", *entries_of(base, decision))))
    for start in ("rank_apart_", "rank_", "part_of_"):
        if outcome.startswith(start) and outcome not in ENTRIES:
            return entries_of(outcome.removeprefix(start), decision)
    return (next((entry for start, entry in ENTRIES.items() if outcome.startswith(start)), outcome),)


def _entry(
    name: str, outcomes: Sequence[str], decision: Decision, parameters: pd.DataFrame, words: Wording
) -> Lineage:
    equations = equations_of(name)
    clauses = _clauses(name, decision) or _own_clauses(equations, decision)
    phrases = (f"lineage.{name}", f"project.{PROJECTS.get(name)}", f"target.{name}")
    title = next(phrase for phrase in phrases if words.has(phrase))
    return Lineage(
        id=name,
        title=words.word(title),
        outcomes=tuple(outcomes),
        equations=tuple(
            Equation(name=full, formula=formula(f), source=f.source) for full, f in equations.items()
        ),
        clauses=tuple((id, decision.clause(id).title.in_(words.language)) for id in clauses),
        parameters=rests_on(name, [f.__name__ for f in equations.values()], parameters),
        note=_note(name, clauses, words),
    )


def _note(name: str, clauses: Sequence[str], words: Wording) -> str:
    """Return what a reader must know beside the equations: that money is an input, or that no clause asks for this."""
    if name == "budgets":
        return words.word("lineage.budgets_note")
    return "" if clauses else words.word("lineage.no_clause")


def _clauses(name: str, decision: Decision) -> list[str]:
    """Return the clauses of an entry: the targets measured on it, or its component project; all of them for money."""
    projects = [p.clause for p in decision.component_projects if name in (f"project_{p.id}", "budgets")]
    return projects + [t.id for t in decision.scored if name in {r.outcome for r in t.readings}]


def _measured(decision: Decision) -> list[str]:
    """Return the outcomes that a Decision's targets are measured on."""
    return [r.outcome for target in decision.scored for r in target.readings]


def _own_clauses(equations: dict[str, Callable], decision: Decision) -> list[str]:
    """Return those clauses that equations name which are this Decision's; another's say nothing about it."""
    known = {clause.id for clause in decision.clauses}
    cited = dict.fromkeys(c for f in equations.values() for c in f.clauses)
    return [clause for clause in cited if clause.split("/")[0] in known]


def equations_of(name: str) -> dict[str, Callable]:
    """Return the equations that carry a clause of the entry in any Decision, or those of its family.

    Equations name the clauses of the Decision they were written for; what they make is the same under its successor.
    An equation named after another outcome (lenient beside strict) is that outcome's own.
    """
    if name == "budgets":
        return {}
    every = every_decision()
    clauses = {clause for one in every for clause in _clauses(name, one)}
    others = {outcome for one in every for outcome in _measured(one)} - {name}
    if name in FAMILIES:
        return {full: f for full, f in every_equation().items() if full.startswith(f"{name}.")}
    known = every_equation().items()
    return {full: f for full, f in known if set(f.clauses) & clauses and f.__name__ not in others}


def rests_on(name: str, equations: Sequence[str], parameters: pd.DataFrame) -> tuple[Parameter, ...]:
    """Return the parameters of an entry with grade and source: its opening value, then those its equations read."""
    if parameters.empty:
        return ()
    rows = parameters.drop_duplicates("name").set_index("name")
    opening = [
        p for p in rows.index if p.startswith("opening_") and name.startswith(p.removeprefix("opening_"))
    ]
    read = [p for equation in equations for p in parameters_of(equation, rows.index)]
    return tuple(
        Parameter(name=p, grade=rows.at[p, "grade"], source=rows.at[p, "source_id"])
        for p in dict.fromkeys((*opening, *read))
    )


def formula(function: Callable) -> str:
    """Return the formula of an equation: as its docstring sets it apart, else as it is computed."""
    plain = inspect.unwrap(function)
    first, *rest = inspect.getdoc(plain).splitlines()
    apart = [line.strip() for line in rest if line.startswith("    ")]
    apart = apart or [line.split(":  ", 1)[1].strip() for line in rest if ":  " in line]
    if apart:
        return " ".join(apart)
    body = ast.parse(textwrap.dedent(inspect.getsource(plain))).body[0].body[1:]
    if not all(isinstance(line, ast.Assign | ast.Return) for line in body):
        return first
    lines = [ast.unparse(line.value if isinstance(line, ast.Return) else line) for line in body]
    text = "; ".join(lines).replace("np.", "").replace(" * ", " · ").replace("-", "−")
    return re.sub(r"\b(\d+)\.0\b", r"\1", text).replace("e−", "e-")
