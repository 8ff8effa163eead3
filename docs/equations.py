"""Writes docs/equations.md from the functions marked `@equation`; a test fails while the page is not current.

The page is the code's own words: name, clauses, source, docstring, and the line that is computed.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import textwrap
from pathlib import Path

import cpmodel
from cpmodel.axes import EQUATIONS

PAGE = Path(__file__).with_name("equations.md")
# Family → what it is about, in the order in which a year runs.
FAMILIES = {
    "population": "Entry and exit of establishments",
    "awareness": "Awareness",
    "assessment": "Cleaner production assessment",
    "acceptance": "Acceptance of an option under given finance",
    "uptake": "Uptake, lapse and what counts as adoption",
    "savings": "Savings",
    "institutions": "Offices, dedicated units and the finance mechanism",
    "appraisal": "What an establishment accepts",
    "loans": "Loans",
    "support": "Grants, rewards and interest support",
    "guarantees": "Guarantees",
    "tax": "Tax",
    "rationing": "Who gets a loan",
    "fund": "Revolving fund",
    "fiscal": "What the state pays",
}
INTRODUCTION = """# The equations

Made from the code by `make equations`; not edited by hand. Each entry is one function: its own words with
units, the clauses of the Decision it carries, its source, and where it stands. The year that puts them
together, in plain numpy, is `cpmodel/model/simulate.py`; the compiled engine is tested against it.
Parameters, with spread, grade and source, are in `data/parameters.csv`. Clause numbers are those of
`data/decisions/`; `A.1` to `A.5` are the component projects of the annex. Ids such as S202 are rows of
`data/sources.csv`.
"""


def page() -> str:
    """Return the text of docs/equations.md."""
    equations = gathered()
    by_family: dict[str, list] = {family: [] for family in FAMILIES}
    for name, function in equations.items():
        by_family.setdefault(name.split(".")[0], []).append(function)
    parts = [INTRODUCTION, by_clause(equations)]
    for family, functions in by_family.items():
        if functions:
            functions.sort(key=lambda f: inspect.unwrap(f).__code__.co_firstlineno)
            parts.append(f"## {FAMILIES.get(family, family)}\n")
            parts += [entry(function) for function in functions]
    return "\n".join(parts)


def gathered() -> dict:
    """Import every module in which an equation may stand, and return the registry: family.name → function."""
    for station in ("outlook", "finance", "model", "results", "calibration", "analysis"):
        package = importlib.import_module(f"cpmodel.{station}")
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    return {name: f for name, f in EQUATIONS.items() if f.__module__.startswith("cpmodel.")}


def by_clause(equations: dict) -> str:
    """Return the table clause → equations."""
    found: dict[str, list[str]] = {}
    for name, function in equations.items():
        for clause in function.clauses:
            found.setdefault(clause, []).append(f"`{name}`")
    rows = [f"| {clause} | {', '.join(sorted(found[clause]))} |" for clause in sorted(found)]
    return "\n".join(["## Clause by clause\n", "| Clause | Equations |", "|---|---|", *rows, ""])


def entry(function) -> str:
    """Return one equation as Markdown."""
    plain = inspect.unwrap(function)
    first, _, rest = inspect.getdoc(plain).partition("\n")
    file = Path(inspect.getsourcefile(plain)).resolve().relative_to(Path(cpmodel.__file__).parents[1])
    clauses = ", ".join(function.clauses) or "none"
    lines = [
        f"### `{plain.__name__}{inspect.signature(plain)}`\n",
        first,
        *([f"\n```text\n{textwrap.dedent(rest).strip()}\n```"] if rest.strip() else []),
        f"\nClauses: {clauses} · Source: {function.source} · `{file.as_posix()}`\n",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"docs/{PAGE.name}: {len(gathered())} equations")
