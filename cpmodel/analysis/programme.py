"""A programme as a point: money of each component project at its knots, uses of the money for awareness, credit.

Between knots amounts run in straight lines, inside the project's window; outside it nothing is spent. All limits are
straight lines in these variables: what a year may cost, how fast a project may grow, what all of it may cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cpmodel.analysis.allocation import Room
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.programme_space import ProgrammeSpace

Array = np.ndarray
USES = ("outreach", "office_training", "provider_training")


@dataclass(frozen=True)
class Programme:
    """What may be chosen of a scenario's programme from a year on.

    names (d,)    of the variables: `awareness 2013` [bn VND/year], `share outreach`, `credit volume`, …
    room    where they may lie   years (Y,)    of the run   first    the first year that is chosen
    weights (5, Y, d), given (5, Y)    amounts [bn VND/year of 2010] are given + weights · point
    windows    component project → first and last year in which it may spend
    """

    names: tuple[str, ...]
    room: Room
    years: Array
    first: int
    weights: Array
    given: Array
    windows: dict[str, tuple[int, int]]

    def money(self, point: Array) -> Array:
        """Return amounts by component project and year, (5, Y) [bn VND/year of 2010]."""
        return self.given + self.weights @ point

    def uses(self, point: Array) -> Array:
        """Return the shares of the money for awareness: outreach, office training, provider training."""
        outreach, offices = (point[self.names.index(f"share {use}")] for use in USES[:2])
        return np.array([outreach, offices, 1.0 - outreach - offices])

    def volume(self, point: Array) -> float:
        """Return the share of the credit's own ceilings that is opened, from 0 to 1."""
        return float(point[self.names.index("credit volume")])

    def budget(self, point: Array) -> float:
        """Return the public money from the first year chosen on [bn VND of 2010]."""
        return float(self.money(point)[:, self.years >= self.first].sum())

    @property
    def unit_costs(self) -> Array:
        """What one unit of each variable adds to the budget (d,)."""
        return self.weights[:, self.years >= self.first].sum(axis=(0, 1))


def windows_of(inputs: Inputs, years: Array) -> dict[str, tuple[int, int]]:
    """Return the years in which each component project may spend: the Decision's, as the scenario extends them.

    A Decision that names no such project leaves it open over the whole run.
    """
    known = {one.id: one.window for one in (inputs.decision.component_projects if inputs.decision else ())}
    extended = inputs.scenario.toggles.windows_extended
    found = {}
    for name in COMPONENT_PROJECTS:
        start, end = known.get(name, (int(years[0]), int(years[-1])))
        found[name] = (max(start, int(years[0])), min(getattr(extended, name) or end, int(years[-1])))
    return found


def programme(
    inputs: Inputs, years: Array, space: ProgrammeSpace, annual_cap: float | None = None, first: int | None = None,
    windows: dict[str, tuple[int, int]] | None = None,
) -> Programme:  # fmt: skip
    """Return what may be chosen.

    annual_cap    public money of one year [bn VND of 2010]; by default that of the space
    first    the first year that is chosen; the years before stay as the scenario has them
    windows    in place of those of the Decision, to see what a longer window would bring
    """
    first = max(first or int(years[0]), int(years[0]))
    windows = windows or windows_of(inputs, years)
    given = inputs.scenario.budget_array(list(map(int, years)))[:, :2].sum(axis=1)  # state and aid
    given[:, years >= first] = 0.0
    names, columns, low, high = [], [], [], []
    rows: list[tuple[str, dict[int, float], float]] = []
    for i, project in enumerate(COMPONENT_PROJECTS):
        one = space.projects[project]
        start, end = max(windows[project][0], first), windows[project][1]
        if start > end:
            continue
        at = np.unique(np.round(np.linspace(start, end, one.knots)).astype(int))
        before = given[i, list(years).index(start - 1)] if start - 1 in years else 0.0
        for k, year in enumerate(at):
            column = np.zeros((5, len(years)))
            inside = (years >= start) & (years <= end)
            column[i, inside] = np.interp(years[inside], at, np.eye(len(at))[k])
            names.append(f"{project} {year}")
            columns.append(column)
            low.append(one.least)
            high.append(min(one.most, before + one.ramp) if k == 0 else one.most)
            if k:
                step = float(year - at[k - 1])
                here = len(names) - 1
                rows.append((f"ramp {project} {at[k - 1]}", {here: 1 / step, here - 1: -1 / step}, one.ramp))
    for use in USES[:2]:
        names.append(f"share {use}")
        low.append(space.activity_share.least)
        high.append(1.0 - 2 * space.activity_share.least)
    share = len(names) - 2
    rows.append(("share provider_training", {share: 1.0, share + 1: 1.0}, 1.0 - space.activity_share.least))
    names.append("credit volume")
    low.append(0.0)
    high.append(1.0)
    weights = np.zeros((5, len(years), len(names)))
    weights[:, :, : len(columns)] = np.moveaxis(np.array(columns), 0, -1)
    limit = annual_cap if annual_cap is not None else space.annual_cap.value
    matrix = [_row(places, len(names)) for _, places, _ in rows]
    limits, labels = [bound for *_, bound in rows], [name for name, *_ in rows]
    for y in np.flatnonzero(years >= first):
        matrix.append(weights[:, y].sum(axis=0))
        limits.append(limit)
        labels.append(f"annual cap {years[y]}")
    room = Room(np.array(low), np.array(high), np.array(matrix), np.array(limits), tuple(labels))
    return Programme(tuple(names), room, years, first, weights, given, windows)


def _row(places: dict[int, float], width: int) -> Array:
    row = np.zeros(width)
    row[list(places)] = list(places.values())
    return row


def as_planned(plan: Programme, inputs: Inputs) -> Array:
    """Return the point that comes closest to what the scenario itself spends; the start of a search, not a result."""
    wanted = inputs.scenario.budget_array(list(map(int, plan.years)))[:, :2].sum(axis=1)
    point = plan.room.low.copy()
    for d, name in enumerate(plan.names):
        project, _, year = name.partition(" ")
        if project in COMPONENT_PROJECTS:
            point[d] = wanted[COMPONENT_PROJECTS.index(project), list(plan.years).index(int(year))]
    shares = inputs.scenario.activity_shares
    for use in USES[:2]:
        point[plan.names.index(f"share {use}")] = getattr(shares, use)
    point[plan.names.index("credit volume")] = 1.0
    aim = np.clip(point, plan.room.low, plan.room.high)
    return plan.room.along(aim - plan.room.low, 1.0) if plan.room.broken_by(aim) else aim
