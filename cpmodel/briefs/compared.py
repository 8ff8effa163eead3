"""Scenarios side by side, and what each gains over the reference in the same draws."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cpmodel.briefs import goals, numbers
from cpmodel.briefs.messages import assumed
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.tables import bare_spend, cell, chance_cell
from cpmodel.briefs.wording import Wording, joined
from cpmodel.content import Cell, Column, Key, Number, Runs, Table, Text
from cpmodel.results.comparison import difference_table, paired_differences
from cpmodel.results.outcomes import POOLED

# What two runs share when their difference is that of the policy alone.
SAME = ("seed", "draws", "resolution", "variants")
SAME_HASHES = ("code", "data", "parameters")
OUTCOME = "adoption_strict"


def reference_of(runs: Sequence[SavedRun]) -> SavedRun | None:
    """Return the run that has no Decision, or None."""
    return next((run for run in runs if run.manifest.get("decision") == "none"), None)


def paired(run: SavedRun, base: SavedRun) -> bool:
    """Say whether two runs differ in their policy only, so that their draws can be paired."""
    a, b = run.manifest, base.manifest
    hashes = [{name: m.get("hashes", {}).get(name) for name in SAME_HASHES} for m in (a, b)]
    alike = all(a.get(name) == b.get(name) for name in SAME) and hashes[0] == hashes[1]
    return alike and years_of(run) == years_of(base)


def years_of(run: SavedRun) -> tuple[float, float]:
    """Return the first and the last year of a run's draws."""
    years = run.draws["year"]
    return float(years.min()), float(years.max())


def paired_value(run: SavedRun, base: SavedRun, key: Key) -> float | None:
    """Return a statistic of run − base, paired draw by draw, pooled over variants; None where they are not paired."""
    if not paired(run, base) or key.outcome not in run.draws or key.outcome not in base.draws:
        return None
    return float(_band(run, base, key.outcome, key.year)[key.statistic])


def _band(run: SavedRun, base: SavedRun, outcome: str, year: int) -> pd.Series:
    """Return the statistics of a paired difference, pooled over variants; worked out once for a pair of runs."""
    name = (base.folder, outcome, year)
    if name not in run.pairs:
        wanted = ["variant", "draw", "year", outcome]
        both = [one.draws.loc[one.draws["year"] == year, wanted] for one in (base, run)]
        table = difference_table(paired_differences(*both), [outcome], [year])
        pooled = table["variant"] == (POOLED if len(table) > 1 else table["variant"].iloc[0])
        run.pairs[name] = table.loc[pooled].iloc[0]
    return run.pairs[name]


def gain(
    run: SavedRun, base: SavedRun | None, words: Wording, outcome: str = OUTCOME, year: int | None = None,
    unit: str = "",
) -> Runs | None:  # fmt: skip
    """Return the gain over `base` with its 80 % range, `+3.1 (1.2–7.0)`; None where it is not known.

    In points of a share, in offices for the offices; by default of adoption, strict reading, in the last target year.
    """
    if base is None:
        return None
    shown = {}
    for statistic in ("p50", "p10", "p90"):
        key = gain_key(run, base, outcome, year, statistic)
        value = paired_value(run, base, key)
        if value is None:
            return None
        first = statistic == "p50"
        tell = offices if outcome == "office_capacity" else numbers.points
        shown[statistic] = tell(value, words.language, unit if first else "", key, decimals=1, signed=first)
    return numbers.with_range(**shown)


def gain_key(run: SavedRun, base: SavedRun, outcome: str, year: int | None, statistic: str) -> Key:
    """Return the cell of a paired difference."""
    key = run.key(outcome, goals.end(run) if year is None else year, statistic)
    return key.model_copy(update={"base": base.name})


def offices(value: float, language: str, unit: str, key: Key, decimals: int, signed: bool) -> Number:
    """Return a difference of offices, with + before a gain where it is `signed`."""
    number = numbers.amount(value, language, unit, key, decimals=decimals)
    return number.model_copy(update={"text": f"+{number.text}"}) if signed and value > 0 else number


def comparison_table(runs: Sequence[SavedRun], words: Wording) -> Table:
    """Return scenarios side by side: money, awareness, adoption, gain over the reference, odds of adoption."""
    base = reference_of(runs)
    heads = (("scenario", "left", 2.7), ("spend", "right", 0.9), ("aware", "right", 0.9),
             ("adopt", "right", 0.95), ("gain", "right", 1.7), ("odds", "left", 2.6))  # fmt: skip
    names = "; ".join(run.title(words.language) for run in runs if assumed(run))
    extra = (Text(text=" "), *words.say("takes.note_assumed", names=names)) if names else ()
    asked = goals.headline(runs[0])
    short = asked.name.removesuffix("_strict").removesuffix("_floor") if asked else "adoption"
    name = words.word(f"target_short.{short}")
    columns = tuple(Column(label=words.word(f"takes.{n}", name=name), align=a, weight=w) for n, a, w in heads)
    return Table(
        id="comparison",
        caption=words.say("takes.table", year=str(goals.end(runs[0]))),
        columns=columns,
        rows=tuple(_row(run, base, words) for run in runs),
        notes=(joined((*words.say("takes.note"), *extra)),),
    )


def _row(run: SavedRun, base: SavedRun | None, words: Wording) -> tuple[Cell, ...]:
    adopt, aware = goals.told(run, OUTCOME), goals.told(run, "awareness")
    more = (Text(text="–", style="muted"),) if run is base else gain(run, base, words)
    return (
        cell(run.title(words.language), words, header=True),
        cell(bare_spend(run, words, "total"), words),
        cell(goals.outcome_number(run, aware, words), words),
        cell(goals.outcome_number(run, adopt, words), words),
        cell(more, words),
        chance_cell(run, goals.headline(run), words),
    )
