"""The targets of a Decision as a brief tells them: which outcome, which threshold, which odds."""

from __future__ import annotations

from dataclasses import dataclass

from cpmodel.briefs import numbers
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Conclusion, Key, Number, Runs, Tone, plain
from cpmodel.decision import Decision

LIKELY, OPEN = 66, 33


@dataclass(frozen=True)
class Goal:
    """One row of the targets table: a target in one reading.

    name       what is read (`target.<name>` in the vocabulary)
    outcome    the outcome it is measured on; low, high: the threshold (a share, or a number of offices)
    reading    id of the reading, as it stands in the odds of the results

    An outcome that a brief tells though the Decision sets no target for it has no `low` and an empty clause.
    """

    clause: str
    year: int
    name: str
    outcome: str
    low: float | None
    high: float | None
    reading: str


HEADLINE = ("awareness", "adoption_strict", "saving_floor", "offices", "units")
TITLES = (
    "adoption_strict",
    "saving_floor",
    "awareness",
    "offices",
    "units",
)  # what a title tells, the first there is
SHORT = {"office_capacity": "offices", "dedicated_units": "units"}


def goals(run: SavedRun) -> tuple[Goal, ...]:
    """Return the targets of the run's Decision; see `goals_of`."""
    return goals_of(run.decision)


def goals_of(decision: Decision) -> tuple[Goal, ...]:
    """Return the targets of a Decision, by year and clause, in the readings that a brief prints.

    Savings: at least the lower end first, then inside the band, both weighted by cost over the resources.
    """
    found: list[Goal] = []
    for target in decision.scored:
        readings = [r for r in target.readings if r.outcome == target.outcome or "adoption" in r.outcome]
        for reading in sorted(readings, key=lambda r: (r.kind == "band", target.readings.index(r))):
            name = SHORT.get(reading.outcome, reading.outcome)
            name = f"saving_{reading.kind}" if name == "specific_saving" else name
            high = target.upper if reading.kind == "band" else None
            low = target.threshold
            found.append(Goal(target.id, target.year, name, reading.outcome, low, high, reading.id))
    return tuple(sorted(found, key=lambda g: g.year))


def goal(run: SavedRun, name: str, year: int | None = None) -> Goal | None:
    """Return the target of that name in a year (the last one by default), or None."""
    found = [g for g in goals(run) if g.name == name and year in (None, g.year)]
    return found[-1] if found else None


def told(run: SavedRun, name: str) -> Goal:
    """Return the last target of that name, or the outcome of that name without a threshold where no target is set."""
    outcome = {short: outcome for outcome, short in SHORT.items()}.get(name, name)
    outcome = "specific_saving" if name.startswith("saving_") else outcome
    return goal(run, name) or Goal("", end(run), name, outcome, None, None, "")


def targets_named(run: SavedRun, name: str) -> tuple[Goal, ...]:
    """Return the targets of that name, or the outcome of that name without a threshold where no target is set."""
    return tuple(g for g in goals(run) if g.name == name) or (told(run, name),)


def headline(run: SavedRun) -> Goal | None:
    """Return the target that the title of a brief is about: adoption's where the Decision sets one; or None."""
    return headline_of(run.decision)


def headline_of(decision: Decision) -> Goal | None:
    """Return the target that a page about the Decision begins with: adoption's where it sets one; or None."""
    found = goals_of(decision)
    last = {goal.name: goal for goal in found if goal.year == max(one.year for one in found)}
    return next((last[name] for name in TITLES if name in last), None)


def end(run: SavedRun) -> int:
    """Return the last year for which the Decision sets a target."""
    return max((g.year for g in goals(run)), default=run.decision.end)


def chance(run: SavedRun, target: Goal | None) -> tuple[float, Key] | None:
    """Return the odds of a target in its reading, and the cell they stand in; None when the run has none."""
    if target is None or not target.clause:
        return None
    key = run.key(f"met:{target.clause}@{target.reading}", target.year, "probability")
    value = run.get(key)
    return None if value is None else (value, key)


def conclusions(run: SavedRun, words: Wording) -> tuple[Conclusion, ...]:
    """Return the odds of every target in every reading, by category: what is told when it changes."""
    found = []
    for target in goals(run):
        at = chance(run, target)
        if at is not None:
            odds = numbers.odds_word(at[0])
            found.append(
                Conclusion(
                    id=f"{run.name} {target.clause}@{target.reading}",
                    label=f"{words.word(f'target.{target.name}')} {target.year}",
                    odds=odds,
                    words=plain(words.odds(*at)),
                    probability=at[0],
                )
            )
    return tuple(found)


def tone(probability: float) -> Tone:
    """Return the status of a target: likely to be met, open, or unlikely (66 and 33 per cent)."""
    shown = numbers.odds_percent(probability)
    if shown >= LIKELY:
        return "good"
    return "uncertain" if shown >= OPEN else "bad"


def decimals(target: Goal) -> int:
    """Decimals of the outcome's median: savings are small, so one; else none."""
    return 1 if target.outcome == "specific_saving" else 0


def threshold(run: SavedRun, target: Goal | None, words: Wording, unit: bool = True) -> Runs:
    """Return the threshold as the Decision sets it: `90%`, `8–13%`, or offices out of 63, named where `unit` is."""
    if target is None or target.low is None:
        return words.missing()
    origin, language = f"{run.decision.id} {target.clause}", words.language
    if target.outcome == "office_capacity":
        named = words.word("unit.offices") if unit else ""
        return (numbers.amount(target.low, language, named, origin=origin),)
    low = numbers.percent(target.low, language, origin=origin)
    if target.high is None:
        if target.name == "saving_floor":
            return (low.model_copy(update={"text": f"≥\u00a0{low.text}"}),)
        return (low,)
    return numbers.span(low, numbers.percent(target.high, language, origin=origin))


def outcome_number(
    run: SavedRun, target: Goal | None, words: Wording, statistic: str = "p50"
) -> Number | None:
    """Return one statistic of the target's outcome in the target's year; None where the run has none."""
    if target is None:
        return None
    key = run.key(target.outcome, target.year, statistic)
    value = run.get(key)
    if value is None:
        return None
    if target.outcome == "office_capacity":
        return numbers.amount(value, words.language, "", key)
    return numbers.percent(value, words.language, key, decimals=decimals(target))


def outcome_range(run: SavedRun, target: Goal | None, words: Wording) -> Runs | None:
    """Return the 80 % range (10th to 90th percentile) of the target's outcome."""
    low = outcome_number(run, target, words, "p10")
    high = outcome_number(run, target, words, "p90")
    return None if low is None or high is None else numbers.span(low, high)


def outcome_with_range(run: SavedRun, target: Goal, words: Wording) -> Runs | None:
    """Return the median of the target's outcome with its 80 % range in brackets; None where the run has none."""
    shown = {statistic: outcome_number(run, target, words, statistic) for statistic in ("p50", "p10", "p90")}
    return None if None in shown.values() else numbers.with_range(**shown)
