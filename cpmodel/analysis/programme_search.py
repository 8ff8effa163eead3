"""The stages of a search for a programme: scattered points, the finance design, the climb, alternatives, prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.analysis.aims import LevelAim, TargetsAim, targets_aim
from cpmodel.analysis.allocation import Optimum, Room, maximise
from cpmodel.analysis.alternatives import Alternative, apart, walked
from cpmodel.analysis.design_mixes import Mix, candidates
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.obstacles import obstacle_table, window_table
from cpmodel.analysis.programme import Programme, as_planned, programme
from cpmodel.analysis.programme_question import ALL_TARGETS, Question
from cpmodel.analysis.programme_runs import (
    CHECKED,
    NO_CREDIT,
    OWN_CREDIT,
    SEARCHED,
    Trials,
    make_bench,
    met_by,
)
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.programme_space import ProgrammeSpace, kinds_of, read_programme_space

Array = np.ndarray
NEAR_BEST = 0.05  # share of the gain over running costs that a near-optimal package may give up
DEARER = 1.1  # times the least cost that a near-optimal package may cost, where a level is reached
OTHERS = 512  # other worlds, in each variant, that tell by how much a search on few draws flatters itself
LIFTS = 24  # points tried on the way up to a level
SHORT = 1e-4  # share by which a level may be missed in the search


@dataclass(frozen=True)
class Effort:
    """draws    worlds of the search, in each variant   scattered    points tried first   designs    finance designs listed

    terms    designs tried at most beside those listed, their terms moved step by step   starts    of the climb
    iterations    of each at most   alternatives    packages beside the best
    confirm    fresh worlds behind every figure told, in each variant
    """

    draws: int = 96
    scattered: int = 48
    designs: int = 8
    terms: int = 60
    starts: int = 3
    iterations: int = 30
    alternatives: int = 5
    confirm: int = 1000


@dataclass
class Search:
    """What the stages share."""

    question: Question
    effort: Effort
    inputs: Inputs
    space: ProgrammeSpace
    trials: Trials
    plan: Programme
    aim: LevelAim | TargetsAim
    mixes: dict[str, Mix]
    opens: float
    aimed: float | None
    say: Callable[[str, int, int], None]

    def scores(self, points: Array, design: str) -> tuple[Array, Array]:
        """Return the score and the cost of each point."""
        found = self.trials.run(points, design)
        return (np.array([self.aim.score(one) for one in found]),
                np.array([self.plan.budget(x) + one.credit for x, one in zip(points, found, strict=True)]))  # fmt: skip


def prepared(question: Question, effort: Effort, inputs: Inputs, folder: Path | None, say) -> Search:
    """Return the worlds, the room and the aim of a question."""
    space, told = read_programme_space(changes=question.limits), inputs.scenario
    years = np.arange(int(told.horizon.start), told.horizon.end + 1)
    plan = programme(inputs, years, space, question.annual_cap, question.first)
    _refuse_too_little(plan, question)
    targets = [t for t in (inputs.yardstick.scored if inputs.yardstick else ()) if t.year <= told.horizon.end]
    designs = read_design_space()
    opens = float(max(np.ceil(told.horizon.start), question.first or 0))
    kinds = kinds_of(space, designs)
    mixes = candidates(designs, kinds, effort.designs, told.seed, opens, inputs.catalogue).mixes
    fidelity = Fidelity(effort.draws).searching()
    asked = (question.outcome, question.year)
    bench = make_bench(met_by(inputs, SEARCHED), fidelity, asked, targets, mixes, opens)
    trials = Trials(bench, plan, folder)
    planned = trials.run(as_planned(plan, inputs)[None], NO_CREDIT)[0]
    aim = LevelAim(question.probability)
    if question.maximise != "level":
        aim = targets_aim(targets, planned, question.maximise == ALL_TARGETS)
    return Search(
        question,
        effort,
        inputs,
        space,
        trials,
        plan,
        aim,
        {m.name: m for m in mixes},
        opens,
        question.level,
        say,
    )


def _refuse_too_little(plan: Programme, question: Question) -> None:
    least, broken = plan.budget(plan.room.low), plan.room.broken_by(plan.room.low)
    if question.cap is not None and least > question.cap:
        why = (
            f"The running costs of the component projects in their windows alone come to {least:.1f} bn VND."
        )
        fix = f"Give {np.ceil(least):g}bn or more, or lower `least` in data/programme_space.yaml."
        raise BadInput(Problem("command line", "--cap", f"{question.cap:g}", why, fix))
    if broken:
        why = f"In {broken[0].removeprefix('annual cap ')} the running costs alone exceed it."
        raise BadInput(Problem("command line", "--annual-cap", f"{question.annual_cap:g}", why, "Give more."))


def _within(search: Search) -> Room:
    """Return the room in which budgets alone keep within the cap; credit is held by the margin of the climb."""
    room, cap = search.plan.room, search.question.cap
    if cap is None:
        return room
    return Room(room.low, room.high, np.vstack([room.rows, search.plan.unit_costs]),
                np.append(room.limits, cap), (*room.names, "total cap"))  # fmt: skip


def scattered(search: Search) -> tuple[str, list[Array]]:
    """Return the finance design that does best, and the points from which to climb."""
    effort, inputs = search.effort, search.inputs
    rng = np.random.default_rng(inputs.scenario.seed)
    room = _within(search)
    planned = as_planned(search.plan, inputs)
    planned = planned if not room.broken_by(planned) else room.along(planned - room.low)
    points = np.array([planned, room.along(room.high - room.low), *room.scattered(effort.scattered, rng)])
    for done in range(0, len(points), 8):
        search.trials.run(points[done : done + 8], NO_CREDIT)
        search.say("scatter", min(done + 8, len(points)), len(points))
    scores, costs = search.scores(points, NO_CREDIT)
    leading = points[np.argsort(-scores)[: effort.starts]]
    worth = max(np.polyfit(costs, scores, 1)[0], 0.0)  # of one bn VND spent otherwise
    net = {}
    for i, design in enumerate(search.trials.bench.designs):
        score, cost = search.scores(leading, design)
        net[design] = float((score - worth * cost).mean())
        search.say("designs", i + 1, len(search.trials.bench.designs))
    return max(net, key=net.get), list(leading)


def _measure(search: Search, design: str, stage: str, level: float | None):
    """Return points → (value, margins): the score under the cap, or with a level the cost that it takes, made small."""
    cap = search.question.cap

    def measure(points: Array) -> Array:
        scores, costs = search.scores(points, design)
        search.say(stage, len(search.trials.known), 0)
        room = np.full(len(points), 1e9) if cap is None else cap - costs
        if level is None:
            return np.column_stack([scores, room])
        return np.column_stack([-costs, scores - level, room])

    return measure


def climbed(search: Search, design: str, starts: Sequence[Array]) -> tuple[Optimum, bool | None]:
    """Return the best package, and whether the level is reached; the least cost is looked for only where it is."""
    effort, room, level = search.effort, _within(search), search.question.level
    search.aimed = level
    top = maximise(_measure(search, design, "climb", None), room, starts, 0.01, effort.iterations, 1e-6)
    if level is None:
        return top, None
    if top.value < level:
        return top, False
    least = _least_cost(search, design, room, top, starts)
    flattered = max(_flattery(search, design, least.at), 0.0)
    if 0.0 < flattered <= top.value - level:
        search.aimed = level + flattered
        least = replace(_least_cost(search, design, room, top, ()), values=least.values)
    return least, True


def _least_cost(search: Search, design: str, room: Room, top: Optimum, starts: Sequence[Array]) -> Optimum:
    """Return the cheapest package that reaches the level aimed at; `top` reaches it, so there always is one."""
    level = search.aimed
    begin = [_scaled_back(search, design, x, level) for x in (top.at, *starts[: search.effort.starts - 1])]
    measure = _measure(search, design, "least", level)
    found = maximise(measure, room, begin, 0.01, search.effort.iterations, 1e-6)
    # What few iterations left just short of the level goes the rest of the way towards the package that reaches most.
    on_the_way = found.at + np.append(0.0, np.geomspace(1e-3, 1.0, LIFTS))[:, None] * (top.at - found.at)
    scores, costs = search.scores(on_the_way, design)
    first = int(np.flatnonzero(scores >= level - SHORT)[0])
    return replace(found, at=on_the_way[first], value=-float(costs[first]), allowed=True)


def _flattery(search: Search, design: str, point: Array) -> float:
    """Return by how much the few worlds of a search overstate a package, against many others at the same closeness."""
    bench = search.trials.bench
    mixes = [search.mixes[design]] if design in search.mixes else []
    other = make_bench(met_by(search.inputs, CHECKED), Fidelity(OTHERS).searching(), bench.asked, bench.targets, mixes,
                       search.opens, own=design == OWN_CREDIT)  # fmt: skip
    there = search.aim.score(Trials(other, search.plan).run(point[None], design)[0])
    return float(search.scores(point[None], design)[0][0]) - there


def _scaled_back(search: Search, design: str, point: Array, level: float) -> Array:
    """Return the point on the way down to running costs at which the level is only just reached."""
    low, shares = search.plan.room.low, np.linspace(0.0, 1.0, 9)[1:]
    points = low + shares[:, None] * (point - low)
    for use in ("share outreach", "share office_training", "credit volume"):
        points[:, search.plan.names.index(use)] = point[search.plan.names.index(use)]
    scores, _ = search.scores(points, design)
    good = np.flatnonzero(scores >= level)
    return points[good[0]] if len(good) else point


def alternatives(search: Search, design: str, best: Optimum, reached: bool | None) -> list[Alternative]:
    """Return packages that look different and do nearly as well, or cost little more where a level is reached."""
    score, cost = (float(v[0]) for v in search.scores(best.at[None], design))
    floor, _ = search.scores(search.plan.room.low[None], design)
    if reached:
        least, most = search.aimed, DEARER * cost
    else:
        least, most = score - NEAR_BEST * (score - float(floor[0])), max(cost, search.question.cap or cost)
    if search.question.cap is not None:
        most = min(most, search.question.cap)

    def near(points: Array) -> Array:
        scores, costs = search.scores(points, design)
        search.say("alternatives", len(search.trials.known), 0)
        return (scores >= least - 1e-9) & (costs <= most * (1 + 1e-9))

    credit = cost - search.plan.budget(best.at)
    return apart(
        search.plan, best.at, walked(search.plan, best.at, near, most - credit), search.effort.alternatives
    )


def prices(search: Search, design: str, best: Optimum, reached: bool | None) -> tuple:
    """Return obstacles, windows, limits, and what one more bn VND brings in the score's unit."""
    bench, plan, question = search.trials.bench, search.plan, search.question
    obstacles = obstacle_table(bench, plan, best.at, design, search.aim.score)
    windows = window_table(bench, plan, best.at, design, search.aim.score, search.space, question.annual_cap)
    money = money_price(search, design, best, reached)
    limits = pd.DataFrame(
        [(name, price if not reached else price * money) for name, price in best.prices.items()],
        columns=["limit", "price"],
    )
    held = [(f"{'most' if h > 0 else 'least'} {name}", abs(h) if not reached else abs(h) * money)
            for name, h in zip(plan.names, best.held, strict=True) if abs(h) > 0]  # fmt: skip
    limits = pd.concat([limits, pd.DataFrame(held, columns=["limit", "price"])], ignore_index=True)
    limits = limits[limits["price"] > 0].sort_values("price", ascending=False, ignore_index=True)
    obstacles, windows, limits = (
        table.assign(worth=table["price"] / money if money > 0 else np.nan)
        for table in (obstacles, windows, limits)
    )
    return obstacles, windows, limits, money


def money_price(search: Search, design: str, best: Optimum, reached: bool | None) -> float:
    """Return what one more bn VND brings: the price of the cap, or the inverse of what the level costs at the margin.

    Where neither binds, it is the slope towards more of the same package, or away from it where there is no more room.
    """
    if reached and best.margin_prices[0] > 0:
        return float(1.0 / best.margin_prices[0])
    price = best.prices.get("total cap", 0.0) + float(best.margin_prices[-1])
    if not reached and price > 0:
        return price
    low = search.plan.room.low
    money = search.plan.unit_costs > 0
    less = np.where(money, low + 0.95 * (best.at - low), best.at)
    scores, costs = search.scores(np.array([best.at, less]), design)
    return float(max((scores[0] - scores[1]) / max(costs[0] - costs[1], 1e-12), 0.0))
