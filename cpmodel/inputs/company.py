"""Which scenarios stand beside another: those of the same years that put it into proportion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.known import NO_STRATEGY, Known, load_known
from cpmodel.inputs.load import yardstick_of
from cpmodel.inputs.overlay import resolve, scenario_names
from cpmodel.inputs.scenario import Scenario


def usual_company(
    scenario: Scenario, known: Known | None = None, folder: str | Path | None = None
) -> tuple[str, ...]:
    """Return the scenarios that a brief sets beside one when nobody names any.

    The world without a Decision first, or beside that world the Decision as it stands; then the scenario it extends, then
    those that only scale its money.
    """
    others = list(_of_the_same_years(scenario, known, folder))
    found = [one.name for one in others if one.strategy == NO_STRATEGY]
    if scenario.strategy == NO_STRATEGY:
        found += [one.name for one in others if one.strategy != NO_STRATEGY and not one.lineage]
    found += [one.name for one in others if one.name == _parent(scenario)]
    found += [one.name for one in others if _but_for_scale(one) == _but_for_scale(scenario)]
    return tuple(dict.fromkeys(found))


def usual_options(
    scenario: Scenario, known: Known | None = None, folder: str | Path | None = None
) -> tuple[str, ...]:
    """Return the scenarios with other credit that a finance note sets beside one when nobody names any.

    The scenario it extends; where that is none, those which extend it and open more instruments.
    """
    others = [one for one in _of_the_same_years(scenario, known, folder) if one.credit]
    parents = tuple(one.name for one in others if one.name == _parent(scenario))
    return parents or tuple(
        one.name for one in others if _parent(one) == scenario.name and set(one.credit) > set(scenario.credit)
    )


def refuse_other_years(scenarios: Sequence[Scenario], some: bool = False) -> None:
    """Raise `BadInput` where scenarios do not cover the same years, so that no difference can be taken.

    some    it is enough to have some years in common
    """
    first = scenarios[0]
    apart = [one for one in scenarios if one.horizon != first.horizon]
    if some:
        apart = [one for one in apart if not _meet(one, first)]
    why = f"`{first.name}` covers {_years(first)}; scenarios are compared draw by draw, year by year."
    fix = "Name scenarios of the same years; `cpmodel scenario list` shows them."
    if apart:
        raise BadInput(Problem("comparison", one.name, _years(one), why, fix) for one in apart)


def refuse_untargeted(scenario: Scenario, root: Path | None = None) -> None:
    """Raise `BadInput` where no Decision has targets in a scenario's years, so that nothing can be held against them."""
    if yardstick_of(scenario, root) is None:
        why = f"No Decision has targets in its years, {_years(scenario)}."
        raise BadInput(Problem("brief", "scenario", scenario.name, why, "Print another scenario."))


def _meet(one: Scenario, other: Scenario) -> bool:
    return one.horizon.start <= other.horizon.end and other.horizon.start <= one.horizon.end


def _of_the_same_years(
    scenario: Scenario, known: Known | None, folder: str | Path | None
) -> Iterator[Scenario]:
    """Yield the other scenarios of the folder that cover the same years; one that cannot be read is nobody's company."""
    known = known or load_known()
    for name in scenario_names(folder):
        try:
            other = resolve(name, known, folder)
        except BadInput:
            continue
        if other.name != scenario.name and other.horizon == scenario.horizon:
            yield other


def _parent(scenario: Scenario) -> str | None:
    return scenario.lineage[0] if scenario.lineage else None


def _but_for_scale(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario asks, without its name, its words, its draws and the scale of its money."""
    told = scenario.model_dump(
        exclude={"name", "title", "question", "lineage", "draws", "seed", "resolution"}
    )
    told["budgets"] = told["budgets"] | {"scale": None}
    return told


def _years(scenario: Scenario) -> str:
    return f"{int(scenario.horizon.start)}–{scenario.horizon.end}"
