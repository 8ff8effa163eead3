"""What `cpmodel design` is asked: a target with its year, a cap in money, and the kinds of instrument to mix."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cpmodel.errors import Problems, nearest
from cpmodel.inputs.design_space import DesignSpace
from cpmodel.inputs.scenario import Scenario

OUTCOMES = {"adoption": "adoption_strict", "adoption_strict": "adoption_strict",
            "adoption_lenient": "adoption_lenient"}  # fmt: skip
IN_BN_VND = {"": 1.0, "bn": 1.0, "tỷ": 1.0, "tn": 1e3, "m": 1e-3}
MOST = 1e7  # bn VND, several times a year's national income: an amount above it is a slip of unit
LEAST_DRAWS = 1000  # worlds behind every row that is printed
FILE = "command line"


@dataclass(frozen=True)
class Question:
    """outcome, year, level    the share of establishments [share] asked for on 31 December of the year

    cap    [bn VND, present value]   least_odds    chance [share] from which the target counts as reached
    """

    outcome: str
    year: int
    level: float
    cap: float
    kinds: tuple[str, ...]
    least_odds: float = 0.5


def read_question(
    target: str, cap: str, instruments: str, scenario: Scenario | None, space: DesignSpace, problems: Problems,
    least_odds: float = 0.5, candidates: int = 500, draws: int = LEAST_DRAWS,
) -> Question:  # fmt: skip
    """Return the question; every slip is added to `problems`, and the caller raises. scenario    None where unknown"""
    outcome, year, level = _target(target, scenario, problems)
    amount = parsed_amount(cap, problems)
    kinds = _kinds([name.strip() for name in instruments.split(",")], space, problems)
    if not 0.0 < least_odds < 1.0:
        why = "This is a chance: a share above 0 and below 1."
        problems.add(FILE, "--odds", f"{least_odds:g}", why, as_share(least_odds, "0.5"))
    if candidates < 2:
        problems.add(
            FILE, "--candidates", candidates, "Two options at least are to be compared.", "Give 2 or more."
        )
    if draws < LEAST_DRAWS:
        why = f"Every row printed rests on {LEAST_DRAWS:,} draws at least, so that odds of a few per cent are told."
        problems.add(FILE, "--draws", draws, why, f"Give {LEAST_DRAWS} or more.")
    return Question(outcome, year, level, amount, kinds, least_odds)


def _target(text: str, scenario: Scenario | None, problems: Problems) -> tuple[str, int, float]:
    name, equals, value = text.partition("=")
    outcome, _, year = name.strip().rpartition("_")
    if not equals or not year.isdigit() or not outcome:
        why = "A target names an outcome, a year and a share."
        problems.add(FILE, "--target", text, why, "Write adoption_2020=0.5, for example.")
        return "adoption_strict", 0, 0.0
    if outcome not in OUTCOMES:
        near = nearest(outcome, OUTCOMES)
        fix = f"Did you mean `{near}_{year}`?" if near else f"Write one of {', '.join(OUTCOMES)}."
        problems.add(
            FILE, "--target", name.strip(), "Credit is designed for adoption; this is no reading of it.", fix
        )
    if scenario is not None and not scenario.horizon.start <= int(year) <= scenario.horizon.end:
        first, last = math.ceil(scenario.horizon.start), scenario.horizon.end
        why = f"The scenario {scenario.name} runs from {first} to {last}."
        problems.add(FILE, "--target", year, why, f"Write {outcome}_{last}, for example.")
    level = parsed_number(value)
    if level is None or not 0.0 < level < 1.0:
        why = "The level is a share of establishments, above 0 and below 1."
        problems.add(
            FILE, "--target", value.strip(), why, as_share(level or parsed_number(value.rstrip("% ")), "0.5")
        )
    return OUTCOMES.get(outcome, "adoption_strict"), int(year), level or 0.0


def parsed_amount(text: str, problems: Problems, option: str = "--cap") -> float:
    """Return bn VND from `500bn`, `1.2tn`, `300m` or a plain number of bn VND."""
    match = re.fullmatch(r"([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)\s*(bn|tn|m|tỷ|)", text.strip().lower())
    value = parsed_number(match[1]) if match else None
    if value is None:
        why = (
            "An amount is a number with bn, tn or m, in VND; a plain number is bn VND. Decimals take a point."
        )
        problems.add(FILE, option, text, why, "Write 500bn or 1.2tn, for example.")
        return 0.0
    found = value * IN_BN_VND[match[2]]
    if not 0.0 <= found <= MOST:
        why = "A cap is the most the state will spend, in bn VND."
        fix = f"Write {found / 1e9:g}bn if đồng were meant." if found > MOST else "Give 0 or more."
        problems.add(FILE, option, text, why, fix)
    return found


def _kinds(names: Sequence[str], space: DesignSpace, problems: Problems) -> tuple[str, ...]:
    for name in names:
        if name in space.not_searched:
            problems.add(FILE, "--instruments", name, space.not_searched[name], "Leave it out.")
        elif name not in space.kinds:
            near = nearest(name, space.kinds)
            fix = f"Did you mean `{near}`?" if near else f"Choose from {', '.join(space.kinds)}."
            problems.add(FILE, "--instruments", name, "No kind of instrument has this name.", fix)
    for name in {name for name in names if names.count(name) > 1}:
        problems.add(FILE, "--instruments", name, "The kind is named twice.", "Name it once.")
    return tuple(name for name in space.kinds if name in names)


def parsed_number(text: str) -> float | None:
    """Return a finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def as_share(value: float | None, otherwise: str) -> str:
    """Return what to write where a share was wanted: 50 as 0.5, else an example."""
    if value is not None and 1.0 < value < 100.0:
        return f"Write {value:g} % as {value / 100:g}."
    return f"Write {otherwise}, for example."
