"""Who reports to whom every year, and on which years: clauses V.1 and V.3, as far as a Decision orders them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cpmodel.errors import BadInput, Problem, Problems

if TYPE_CHECKING:
    from cpmodel.decision import Decision
    from cpmodel.inputs.scenario import Scenario

PRIME_MINISTER, MINISTRY = (
    "V.1",
    "V.3",
)  # to whom: the Ministry of Industry and Trade to the one, all others to it


def refuse_report(scenario: Scenario, clause: str, year: int, root: Path | None = None) -> None:
    """Raise `BadInput` where a scenario's Decision orders no report in the clause, or its run does not reach the year.

    year    reported on; 0 for the last of the run
    """
    from cpmodel.inputs.load import yardstick_of  # who only needs the names of the clauses reads no tables

    problems, horizon = Problems(), scenario.horizon
    try:
        refuse_unordered(yardstick_of(scenario, root), clause)
    except BadInput as error:
        problems.extend(error)
    if year and not int(horizon.start) <= year <= horizon.end:
        why, fix = (
            "The scenario does not reach this year.",
            f"Name a year from {int(horizon.start)} to {horizon.end}.",
        )
        problems.add("report", "year", year, why, fix)
    problems.raise_if_any()


def refuse_unordered(decision: Decision | None, clause: str) -> None:
    """Raise `BadInput` where the Decision, as the data hold it, orders no report in the clause."""
    ordered = sorted({one.clause for one in decision.obligations}) if decision else []
    if clause not in ordered:
        number = f"Decision {decision.number}" if decision else "a world without a Decision"
        why = f"The data hold no order to report in this clause of {number}."
        known = (
            f"Use one of {', '.join(ordered)}."
            if ordered
            else "Name a scenario of a Decision that orders reports."
        )
        fix = f"{known} Orders stand in data/decisions/, under `obligations`."
        raise BadInput(Problem("report", "clause", clause, why, fix))
