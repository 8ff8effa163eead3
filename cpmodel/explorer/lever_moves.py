"""What setting a lever to a value changes of the scenario, key by key."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from cpmodel.errors import BadInput, Problem
from cpmodel.explorer.levers import Surroundings, level
from cpmodel.inputs.scenario import Scenario

DECIMALS = 3  # of amounts that a level writes [bn VND]


def moves_of(scenario: Scenario, lever: str, value: object, around: Surroundings) -> dict[str, object]:
    """Return the changes of the scenario, by key, that setting a lever to a value means."""
    head, _, rest = lever.partition(".")
    if head == "level":
        return _moved_level(scenario, rest, _number(lever, value), around.window(scenario, rest))
    if head == "path":
        return {f"budgets.{rest}.{year}": amount for year, amount in _path(lever, value)}
    if lever == "activity_shares.outreach":
        return _shared_out(scenario, _number(lever, value))
    if lever.endswith(".volume.value"):
        return {lever: value} if value is not None else {lever.removesuffix(".value"): None}
    return {lever: value}


def _number(lever: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        why = "A number is expected here."
        raise BadInput(Problem("explorer", lever, value, why, "Write a number such as 12.5."))
    return float(value)


def _path(lever: str, value: object) -> Iterator[tuple[int, float]]:
    """Yield (year, amount) of a path as the page sends it."""
    pairs = value if isinstance(value, list) else []
    if not pairs or not all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], int) for pair in pairs
    ):
        why = "A path is a list of years and amounts."
        raise BadInput(Problem("explorer", lever, str(value)[:60], why, "Write [[2012, 5]], for example."))
    yield from ((year, round(_number(lever, amount), DECIMALS)) for year, amount in pairs)


def _moved_level(scenario: Scenario, project: str, mean: float, window: tuple[int, int]) -> dict[str, object]:
    """Return the state's money of every year of the window, in the proportions of before, or even where it was none."""
    amounts, (first, last) = getattr(scenario.budgets, project).state, window
    before, years = level(scenario, project, window), range(first, last + 1)
    shape = {year: amounts.get(year, 0.0) / before if before > 0 else 1.0 for year in years}
    return {f"budgets.{project}.state.{year}": round(mean * part, DECIMALS) for year, part in shape.items()}


def _shared_out(scenario: Scenario, outreach: float) -> dict[str, object]:
    """Return the three activity shares: the two kinds of training keep their proportion."""
    shares = scenario.activity_shares
    training = np.array([shares.office_training, shares.provider_training])
    parts = training / training.sum() if training.sum() > 0 else np.array([0.5, 0.5])
    office = round((1.0 - outreach) * float(parts[0]), 6)
    return {"activity_shares.outreach": outreach, "activity_shares.office_training": office,
            "activity_shares.provider_training": round(1.0 - outreach - office, 6)}  # fmt: skip
