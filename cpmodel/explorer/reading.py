"""What the page shows of a run: fan charts, targets with their odds, H1 beside H2, and one sentence; numbers only.

Shares stay shares and money bn VND of 2010; the page prints them in the language it is set to.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping

import numpy as np

from cpmodel.axes import ALL, FUNDING_SOURCES
from cpmodel.briefs import numbers
from cpmodel.briefs.goals import goals_of, headline_of
from cpmodel.decision import Decision
from cpmodel.errors import in_number
from cpmodel.model import state as s
from cpmodel.model.ensemble import Ensemble, World
from cpmodel.results.outcomes import (
    POOLED,
    STATISTICS,
    group_outcomes,
    national_outcomes,
    statistics,
)
from cpmodel.results.targets import target_odds

FISCAL = "fiscal_cost"
FANS = (
    "awareness",
    "adoption_strict",
    "specific_saving",
    "office_capacity",
    "dedicated_units",
    FISCAL,
)
BANDS = ("p10", "p25", "p50", "p75", "p90")
PRINTED = (
    "as_written",
    "strict",
    "lenient",
    "floor_cost_weighted",
    "band_cost_weighted",
)  # readings of targets shown
Outcomes = dict[str, np.ndarray]  # outcome → values (Y, n)


def outcomes_of(found: Ensemble) -> dict[str, Outcomes]:
    """Return national outcomes by variant, those that fan charts and targets read, and the fiscal cost beside them."""
    decision = decision_of(found)
    asked = {
        reading.outcome for target in (decision.scored if decision else ()) for reading in target.readings
    }
    wanted, read = asked | set(FANS) - {FISCAL}, {}
    money = state_money(next(iter(found.worlds.values())))  # one scenario, whatever the variant
    for variant, out in found.outputs.items():
        world = found.worlds[variant]
        values = {name: x[:, 0] for name, _, x in group_outcomes(world, out) if name in wanted}
        rest = ((name, x) for name, _, size, x in national_outcomes(world, out) if size == ALL)
        while not wanted <= values.keys() and (one := next(rest, None)):
            values |= {one[0]: one[1]} if one[0] in wanted else {}
        read[variant] = values | {FISCAL: fiscal_cost(money, out)}
    return read


def fiscal_cost(money: np.ndarray, out: s.Outputs) -> np.ndarray:
    """Return what the state spends on the component projects and gives away in credit, (Y, n) [bn VND of 2010/year].

    money    what `state_money` returns
    Budget money of the state, and the subsidy equivalent of lending, guarantees, grants and rewards in the year they are
    committed. The cash of loans, which comes back, is told by the finance note.
    """
    return money[:, None] + out.flows[:, s.EQUIVALENT]


def state_money(world: World) -> np.ndarray:
    """Return the money of the state for the component projects by year, (Y,) [bn VND of 2010/year]."""
    scenario, years = world.inputs.scenario, list(map(int, world.years))
    money = scenario.budget_array(years)[:, FUNDING_SOURCES.index("state")].sum(axis=0)
    return money / float(world.prices[scenario.budgets.price_year])


def fans(read: Mapping[str, Outcomes], ghost: Mapping[str, list[float]], decision: Decision | None) -> dict:
    """Return the six fan charts: band and median of both variants pooled, medians of each, and of the ghost.

    ghost    fan → medians of a run without any policy, as `medians` gives them
    """
    each = {variant: _plain(_statistics([values])["p50"]) for variant, values in read.items()}
    pooled, drawn = _statistics(read.values()), {}
    bands = {band: _plain(pooled[band]) for band in BANDS} | each
    for i, name in enumerate(FANS):
        drawn[name] = {line: values[i] for line, values in bands.items()}
        drawn[name]["ghost"] = ghost[name]
        drawn[name]["targets"] = [
            {"year": t.year, "low": t.threshold, "high": t.upper}
            for t in (decision.scored if decision else ()) if t.outcome == name
        ]  # fmt: skip
    return drawn


def medians(read: Mapping[str, Outcomes]) -> dict[str, list[float]]:
    """Return fan → medians of both variants pooled, by year."""
    return dict(zip(FANS, _plain(_statistics(read.values())["p50"]), strict=True))


def _statistics(parts: Iterable[Outcomes]) -> dict[str, np.ndarray]:
    """Return statistic → values (fans, Y) of the draws of all parts together."""
    draws = np.concatenate([np.stack([values[name] for name in FANS]) for values in parts], axis=-1)
    return dict(zip(STATISTICS, statistics(draws), strict=True))


def _plain(values: np.ndarray) -> list[list[float | None]]:
    rounded = np.round(values, 6)
    return rounded.tolist() if np.isfinite(rounded).all() else finite(rounded.tolist())


def targets(found: Ensemble, read: Mapping[str, Outcomes], decision: Decision | None) -> list[dict]:
    """Return one row a target and reading that briefs print: clause, year, asked, median, 80 % range, odds by variant."""
    if decision is None:
        return []
    first = int(next(iter(found.worlds.values())).years[0])

    @functools.cache
    def draws_of(variant: str, year: int) -> Outcomes:
        return {name: values[year - first] for name, values in read[variant].items()}

    printed = list(target_odds(found.worlds, found.outputs, draws_of, decision, PRINTED))
    if not printed:
        return []
    values = [
        np.concatenate([x[reading.outcome][target.year - first] for x in read.values()])
        for target, reading, _ in printed
    ]
    stats = dict(zip(STATISTICS, statistics(np.stack(values)).tolist(), strict=True))
    rows = [
        {
            "id": f"{target.id}@{reading.id}", "clause": target.clause, "year": target.year,
            "outcome": reading.outcome, "kind": reading.kind, "title": {"vi": target.title.vi, "en": target.title.en},
            "reading": reading.id, "low": target.threshold, "high": target.upper if reading.kind == "band" else None,
            "p10": stats["p10"][i], "p50": stats["p50"][i], "p90": stats["p90"][i], "odds": odds,
        } for i, (target, reading, odds) in enumerate(printed)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["year"])


def goal_of(decision: Decision | None, outcome: str = "", year: int | None = None) -> str:
    """Return the id of the target that a page begins with, or of the last of an outcome, or of a year; "" for none."""
    found = goals_of(decision) if decision else ()
    asked = [one for one in found if one.outcome == outcome and year in (None, one.year)]
    asked = [one for one in asked if one.year == asked[-1].year]
    first = next(iter(asked), None) if outcome else headline_of(decision) if found else None
    return "" if first is None else f"{first.clause}@{first.reading}"


def decision_of(found: Ensemble) -> Decision | None:
    """Return the Decision whose targets a run is held against."""
    return next(iter(found.worlds.values())).inputs.yardstick


def odds_of(rows: list[dict], goal: str) -> float | None:
    """Return the odds of a target in a reading, both variants pooled where both were run."""
    row = next((row for row in rows if row["id"] == goal), None)
    return None if row is None else row["odds"].get(POOLED, next(iter(row["odds"].values())))


def sentence(
    rows: list[dict], before: list[dict], goal: str, words: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Return in one sentence the odds of a target, and their change against the scenario before it was changed."""
    row, was = (next((row for row in some if row["id"] == goal), None) for some in (rows, before))
    if row is None:
        return {code: words["no_target"][code] for code in ("vi", "en")}
    said = {}
    for code in ("vi", "en"):
        parts = {
            "target": row["title"][code], "year": str(row["year"]), "asked": _asked(row, code),
            "reading": words[f"reading.{row['reading']}"][code], "odds": numbers.odds(odds_of(rows, goal), code).text,
            "median": _shown(row, row["p50"], code),
        }  # fmt: skip
        changes = _changes(row, was or row, odds_of(rows, goal), odds_of(before, goal), words, code)
        same = set(changes.values()) == {words["sentence.none"][code]}
        tail = words["sentence.same"][code] if same else words["sentence.change"][code].format(**changes)
        said[code] = in_number(words["sentence"][code].format(**parts) + " " + tail)
    return said


def _changes(
    row: Mapping, was: Mapping, now: float, then: float | None, words: Mapping, code: str
) -> dict[str, str]:
    """Return in words how odds and median moved: in percentage points, or in offices."""
    counted = row["outcome"] == "office_capacity"
    unit = words["sentence.offices" if counted else "unit.points"][code]
    decimals = 1 if counted or "saving" in row["outcome"] else 0
    moved = {"odds_change": (now - (now if then is None else then), words["unit.points"][code], 0, 100)}
    moved["median_change"] = (row["p50"] - was["p50"], unit, decimals, 1 if counted else 100)
    said = {}
    for name, (change, of, places, scale) in moved.items():
        text = numbers.plain_number(scale * change, code, places)
        nothing = not any(digit in text for digit in "123456789")
        sign = "" if change < 0 else "+"
        said[name] = words["sentence.none"][code] if nothing else f"{sign}{text}{numbers.NBSP}{of}"
    return said


def _shown(row: Mapping, value: float, code: str) -> str:
    if row["outcome"] == "office_capacity":
        return numbers.plain_number(value, code)
    return numbers.percent(value, code, decimals=1 if "saving" in row["outcome"] else 0).text


def _asked(row: Mapping, code: str) -> str:
    low = _shown(row, row["low"], code)
    return low if row["high"] is None else f"{low}–{_shown(row, row['high'], code)}"


def years_of(found: Ensemble) -> list[int]:
    """Return the calendar years of a run."""
    return list(map(int, next(iter(found.worlds.values())).years))


def finite(value: object) -> object:
    """Return a tree of numbers in which what is not finite is missing, as JSON has it."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
