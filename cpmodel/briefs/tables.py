"""The tables of a brief, filled from a saved run; a missing cell says so in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import goals, numbers
from cpmodel.briefs.goals import Goal
from cpmodel.briefs.places import Province
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Cell, Column, Number, Runs, Table, Text


def cell(runs: Runs | Number | str | None, words: Wording, **marks) -> Cell:
    """Return a table cell; nothing becomes the words for a missing number."""
    if runs is None:
        runs = words.missing()
    if isinstance(runs, str):
        runs = (Text(text=runs),)
    return Cell(runs=(runs,) if isinstance(runs, Number) else runs, **marks)


def targets_table(run: SavedRun, words: Wording) -> Table:
    """Return the targets of clause II.2: asked, median, 80 % range, odds with word and mark."""
    heads = (("year", "left", 0.65), ("target", "left", 4.9), ("clause", "left", 2.0),
             ("asked", "right", 1.0), ("median", "right", 1.05), ("range", "right", 1.45),
             ("odds", "left", 2.9))  # fmt: skip
    columns = tuple(Column(label=words.word(f"targets_table.{n}"), align=a, weight=w) for n, a, w in heads)
    return Table(
        id="targets",
        caption=words.say("targets_table.caption"),
        columns=columns,
        rows=tuple(_target_row(run, words, target) for target in goals.goals(run)),
        notes=(words.say("targets_table.note_readings"), words.say("targets_table.note_odds")),
    )


def _target_row(run: SavedRun, words: Wording, target: Goal) -> tuple[Cell, ...]:
    odds = goals.chance(run, target)
    chance, mark = words.missing(), None
    if odds:
        word = words.word(f"odds_short.{numbers.odds_word(odds[0])}")
        chance = (numbers.odds(odds[0], words.language, odds[1]), Text(text=f" · {word}"))
        mark = goals.tone(odds[0])
    return (
        cell(str(target.year), words),
        cell(words.word(f"target.{target.name}"), words, header=True),
        cell((Text(text=target.clause, style="muted"),), words),
        cell(goals.threshold(run, target, words), words),
        cell(goals.outcome_number(run, target, words), words),
        cell(goals.outcome_range(run, target, words), words),
        cell(chance, words, status=mark),
    )


def spend(run: SavedRun, words: Wording, name: str) -> Number | None:
    """Return the money of a component project (or `total`) summed over the years of the run."""
    years = run.years(f"spend_{name}", "mean")
    keys = [run.key(f"spend_{name}", year, "mean") for year in years]
    if not keys and name == "total":
        keys = [
            run.key(f"spend_{p}", year, "mean")
            for p in COMPONENT_PROJECTS
            for year in run.years(f"spend_{p}", "mean")
        ]
    return words.money(sum(map(run.get, keys)), *keys, how="sum") if keys else None


def buys_table(run: SavedRun, words: Wording) -> Table:
    """Return what each component project costs, adds, and goes with."""
    rows = []
    for name in COMPONENT_PROJECTS:
        rows.append(
            (
                cell(words.word(f"project.{name}"), words, header=True),
                cell(spend(run, words, name), words),
                cell(_added(run, words, name, "awareness"), words),
                cell(_added(run, words, name, "adoption_strict"), words),
                cell(_bought(run, words, name), words),
            )
        )
    return Table(
        id="buys",
        caption=words.say("money.table"),
        columns=(
            Column(label=words.word("money.project"), weight=2.2),
            Column(label=words.word("money.amount"), align="right", weight=1.1),
            Column(label=words.word("money.adds_awareness"), align="right", weight=1.1),
            Column(label=words.word("money.adds_adoption"), align="right", weight=1.1),
            Column(label=words.word("money.buys"), weight=2.4),
        ),
        rows=tuple(rows),
        notes=(words.say("money.note"),),
    )


def _added(run: SavedRun, words: Wording, project: str, outcome: str) -> Number | None:
    """Return what having a project adds to a national share by the last target year, in percentage points."""
    key = run.key(f"effect_{project}_on_{outcome}", goals.end(run))
    value = run.get(key)
    return None if value is None else numbers.points(value, words.language, "", key, decimals=1)


def _bought(run: SavedRun, words: Wording, project: str) -> Runs | None:
    outcome, unit, year, total = {
        "awareness": ("office_capacity", "offices", 2020, False),
        "database": ("awareness", "", 2020, False),
        "technical_support": ("assessments", "assessments", 2020, True),
        "network": ("provider_capacity", "fte", 2015, False),
        "finance": ("scheme_projects", "projects", 2020, True),
    }[project]
    statistic = "mean" if total else "p50"
    years = [y for y in run.years(outcome, statistic) if y <= year] if total else [year]
    keys = [run.key(outcome, y, statistic) for y in years]
    values = [run.get(key) for key in keys]
    if not keys or None in values:
        return None
    if not unit:
        number = numbers.percent(values[0], words.language, *keys)
    else:
        how = "sum" if total else "cell"
        number = numbers.amount(sum(values), words.language, words.word(f"unit.{unit}"), *keys, how=how)
    return words.say(f"buys.{project}", value=number, year=str(year))


def comparison_table(runs: Sequence[SavedRun], words: Wording) -> Table:
    """Return scenarios side by side: money, awareness, adoption, odds of the adoption target in 2020."""
    rows = []
    for run in runs:
        adopt = goals.goal(run, "adoption_strict")
        odds = goals.chance(run, adopt)
        chance = (numbers.odds(odds[0], words.language, odds[1]),) if odds else None
        rows.append(
            (
                cell(run.title(words.language), words, header=True),
                cell(spend(run, words, "total"), words),
                cell(goals.outcome_number(run, goals.goal(run, "awareness"), words), words),
                cell(goals.outcome_number(run, adopt, words), words),
                cell(chance, words, status=goals.tone(odds[0]) if odds else None),
            )
        )
    heads = (("scenario", "left", 3), ("spend", "right", 1.6), ("aware", "right", 1.2),
             ("adopt", "right", 1.4), ("odds", "left", 2))  # fmt: skip
    columns = tuple(Column(label=words.word(f"takes.{n}"), align=a, weight=w) for n, a, w in heads)
    notes = (words.say("takes.note"),)
    return Table(
        id="comparison",
        caption=words.say("takes.table", year=str(goals.end(runs[0]))),
        columns=columns,
        rows=tuple(rows),
        notes=notes,
    )


def province_table(
    run: SavedRun, words: Wording, outcome: str, year: int, names: Mapping[str, Province]
) -> Table | None:
    """Return the five highest and five lowest provinces with their ranges; None without provincial cells."""
    values = run.by_region(outcome, year)
    order = sorted((c for c in values if c in names), key=lambda code: (-values[code], code))
    if not order:
        return None
    chosen = order if len(order) <= 10 else order[:5] + order[-5:]
    heads = (
        ("province", "left", 2.1),
        ("median", "right", 1),
        ("range", "right", 1.45),
        ("establishments", "right", 1.75),
    )
    columns = tuple(Column(label=words.word(f"map.{n}"), align=a, weight=w) for n, a, w in heads)
    return Table(
        id="provinces",
        caption=words.say("map.table"),
        columns=columns,
        rows=tuple(_province_row(run, words, outcome, year, names[code]) for code in chosen),
        notes=(words.say("map.note"),),
        width="half",
    )


def _province_row(
    run: SavedRun, words: Wording, outcome: str, year: int, place: Province
) -> tuple[Cell, ...]:
    def share(statistic: str) -> Number | None:
        key = run.key(outcome, year, statistic, region=place.code)
        value = run.get(key)
        return None if value is None else numbers.percent(value, words.language, key)

    low, high = share("p10"), share("p90")
    key = run.key("establishments", year, "p50", region=place.code)
    number = run.get(key)
    living = None if number is None else numbers.amount(number, words.language, "", key, decimals=-1)
    return (
        cell(place.name(words.language), words, header=True),
        cell(share("p50"), words),
        cell(numbers.span(low, high) if low and high else None, words),
        cell(living, words),
    )
