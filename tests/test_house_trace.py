"""The trace: every target is followed from the clause to the page, every parameter to its source and use."""

from __future__ import annotations

import ast
import csv
import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from cpmodel.briefs.goals import goals
from cpmodel.briefs.wording import vocabulary
from cpmodel.inputs.decisions import decision_names, load_decision
from cpmodel.model.state import Coefficients
from cpmodel.results import outcomes

ROOT = Path(__file__).parents[1]
DECISION = load_decision("decision_1419", ROOT)
TARGETS = sorted(DECISION.scored, key=lambda target: target.id)
DERIVED = {"bill_saving", "uptake_rate"}  # coefficients worked out from other parameters


def rows(file: str) -> list[dict[str, str]]:
    with (ROOT / "data" / file).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


PARAMETERS = {row["name"]: row for row in rows("parameters.csv")}
SOURCES = {row["source_id"] for row in rows("sources.csv")}


@pytest.fixture(scope="module")
def equations():
    spec = importlib.util.spec_from_file_location("equations_page", ROOT / "docs" / "equations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def known_outcomes() -> set[str]:
    """Return every word that the results station spells out, among them the names of its outcomes."""
    return words(ROOT / "cpmodel" / "results") | {
        f"specific_saving_{resource}" for resource in outcomes.SAVINGS
    }


def words(folder: Path) -> set[str]:
    """Return the strings and attribute names in the code of a folder; docstrings do not count."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
                found.add(node.value)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
    return found


def laws() -> dict[str, set[str]]:
    """Return clause → test files that state a law of it in words; lists passed by name are not counted."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "tests").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.law"):
                for argument in node.args:
                    if isinstance(argument, ast.Constant):
                        found.setdefault(argument.value, set()).add(path.name)
    return found


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_a_target_has_equation_outcome_law_and_place_in_the_brief(target, equations, known_outcomes):
    clauses = {clause for function in equations.gathered().values() for clause in function.clauses}
    assert target.id in clauses, "no equation names this target"
    assert {reading.outcome for reading in target.readings} <= known_outcomes, "an outcome is never written"
    assert target.id in laws(), "no test states a law of this target"
    printed = [goal for goal in goals(SimpleNamespace(decision=DECISION)) if goal.clause == target.id]
    assert printed, "the brief has no row for it"
    assert all(f"target.{goal.name}" in vocabulary() for goal in printed), "the brief has no words for it"


def test_equations_and_laws_name_clauses_that_exist(equations):
    known = set()
    for name in decision_names(ROOT):
        decision = load_decision(name, ROOT)
        known |= {clause.id for clause in decision.clauses} | {target.id for target in decision.targets}
    for name, function in equations.gathered().items():
        assert set(function.clauses) <= known, name
        assert function.source.strip(), f"{name} has no source"
    assert set(laws()) <= known


def test_ids_of_sources_in_equations_are_in_the_registry(equations):
    for name, function in equations.gathered().items():
        assert set(re.findall(r"\bS\d{3}\b", function.source)) <= SOURCES, name


def test_the_page_of_equations_is_current(equations):
    written = equations.PAGE.read_text("utf-8")
    assert written == equations.page(), "say `make equations`, and read what changed"


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_is_used_and_has_a_known_source(name):
    used = set().union(
        *(
            words(ROOT / "cpmodel" / station)
            for station in ("outlook", "model", "results", "calibration", "analysis")
        )
    )
    assert name in used, "no equation reads this parameter: use it, or remove the row"
    assert PARAMETERS[name]["source_id"] in SOURCES


def test_the_engine_has_no_coefficient_without_a_row():
    assert set(Coefficients._fields) - set(PARAMETERS) == DERIVED
