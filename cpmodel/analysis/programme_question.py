"""What `cpmodel backcast` and `cpmodel allocate` are asked, read from the command line with every slip at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cpmodel.analysis.design_question import FILE, as_share, parsed_amount, parsed_number
from cpmodel.analysis.drawn import SHORT
from cpmodel.errors import BadInput, Problems, nearest
from cpmodel.inputs.programme_space import read_programme_space
from cpmodel.inputs.scenario import Scenario

ASKED = ("awareness", "assessed", "adoption_strict", "adoption_lenient", "specific_saving", "office_capacity",
         "dedicated_units")  # fmt: skip
TARGETS, ALL_TARGETS = "targets", "all"


@dataclass(frozen=True)
class Question:
    """outcome, year    asked   level    to be reached, None when as much as possible is asked   probability [share]

    maximise    `targets` for the mean number met, `all` for the chance of all at once, `level` for the outcome asked
    cap, annual_cap    public money [bn VND of 2010]; `cap` includes the subsidy-equivalent of credit; None for none
    first    the first year that is chosen; None for the whole run
    limits    limits in place of those of data/programme_space.yaml, by dotted key
    """

    outcome: str
    year: int
    level: float | None
    probability: float
    maximise: str
    cap: float | None = None
    annual_cap: float | None = None
    first: int | None = None
    limits: Mapping[str, float] = field(default_factory=dict)


def read_backcast(
    target: str, probability: float, cap: str | None, annual_cap: str | None, first: int | None,
    scenario: Scenario | None, problems: Problems, limits: Sequence[str] = (),
) -> Question:  # fmt: skip
    """Return the question of a backcast; every slip is added to `problems`, and the caller raises."""
    name, equals, value = target.partition("=")
    outcome, year = headline(name, scenario, problems, "--target", "adoption_2020=0.5")
    level = parsed_number(value)
    share = outcome != "office_capacity"
    if not equals or level is None or level <= 0 or (share and level >= 1) or level > 63:
        why = (
            "The level is a share above 0 and below 1."
            if share
            else "The level is a number of offices, 1 to 63."
        )
        fix = as_share(level or parsed_number(value.rstrip("% ")), "adoption_2020=0.5")
        problems.add(FILE, "--target", target, why, fix if share else "Write offices_2020=57, for example.")
    _check_probability(probability, problems)
    return Question(outcome, year, level, probability, "level", *_money(cap, annual_cap, problems),
                    _first(first, scenario, problems), _limits(limits, problems))  # fmt: skip


def read_allocation(
    maximise: str, probability: float, cap: str, annual_cap: str | None, first: int | None,
    scenario: Scenario | None, problems: Problems, limits: Sequence[str] = (),
) -> Question:  # fmt: skip
    """Return the question of an allocation; every slip is added to `problems`, and the caller raises."""
    last = scenario.horizon.end if scenario is not None else 2020
    outcome, year, what = "adoption_strict", last, maximise
    if maximise not in (TARGETS, ALL_TARGETS):
        outcome, year = headline(maximise, scenario, problems, "--maximise", "targets, all or adoption_2020")
        what = "level"
    _check_probability(probability, problems)
    return Question(outcome, year, None, probability, what, *_money(cap, annual_cap, problems),
                    _first(first, scenario, problems), _limits(limits, problems))  # fmt: skip


def headline(
    text: str, scenario: Scenario | None, problems: Problems, option: str, example: str
) -> tuple[str, int]:
    """Return outcome and year of `adoption_2020`; a slip is added to `problems`, with what `option` may say."""
    name, _, year = text.strip().rpartition("_")
    if not name or not year.isdigit():
        why = "It names an outcome and a year."
        problems.add(FILE, option, text, why, f"Write {example}, for example.")
        return "adoption_strict", 0
    outcome = SHORT.get(name, name)
    if outcome not in ASKED:
        near = nearest(name, [*SHORT, *ASKED])
        fix = f"Did you mean `{near}_{year}`?" if near else f"Write one of {', '.join([*SHORT, *ASKED])}."
        problems.add(FILE, option, name, "No headline outcome of the country has this name.", fix)
        outcome = "adoption_strict"
    if scenario is not None and not scenario.horizon.start <= int(year) <= scenario.horizon.end:
        span = f"{int(np.ceil(scenario.horizon.start))} to {scenario.horizon.end}"
        fix = f"Write {name}_{scenario.horizon.end}, for example."
        problems.add(FILE, option, year, f"The scenario {scenario.name} runs from {span}.", fix)
    return outcome, int(year)


def _check_probability(probability: float, problems: Problems) -> None:
    if not 0.0 < probability < 1.0:
        why = "This is a chance: a share above 0 and below 1."
        problems.add(FILE, "--probability", f"{probability:g}", why, as_share(probability, "0.8"))


def _money(cap: str | None, annual_cap: str | None, problems: Problems) -> tuple[float | None, float | None]:
    given = ((cap, "--cap"), (annual_cap, "--annual-cap"))
    return tuple(None if text is None else parsed_amount(text, problems, option) for text, option in given)


def _first(first: int | None, scenario: Scenario | None, problems: Problems) -> int | None:
    if (
        first is not None
        and scenario is not None
        and not scenario.horizon.start < first + 1 <= scenario.horizon.end + 1
    ):
        why = f"The scenario {scenario.name} runs to {scenario.horizon.end}; nothing would be left to choose."
        problems.add(FILE, "--from", first, why, f"Give a year up to {scenario.horizon.end}.")
    return first


def _limits(texts: Sequence[str], problems: Problems) -> dict[str, float]:
    """Return changed limits, `projects.network.most=60`; the whole space with them is checked, and every slip told."""
    changes: dict[str, float] = {}
    for text in texts:
        key, _, value = text.partition("=")
        number = parsed_number(value)
        if number is None:
            why = "A limit is a key of data/programme_space.yaml and its number."
            problems.add(FILE, "--limit", text, why, "Write projects.network.most=60, for example.")
        else:
            changes[key.strip()] = int(number) if number == int(number) else number
    try:
        read_programme_space(changes=changes)
    except BadInput as error:
        problems.extend(error)
    return changes
