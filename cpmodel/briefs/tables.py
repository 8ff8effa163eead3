"""The tables of a brief, filled from a saved run; a missing cell says so in words."""

from __future__ import annotations

from collections.abc import Mapping

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import goals, numbers
from cpmodel.briefs.goals import Goal
from cpmodel.briefs.places import Province
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Cell, Column, Key, Number, Runs, Table, Text


def cell(runs: Runs | Number | str | None, words: Wording, **marks) -> Cell:
    """Return a table cell; nothing becomes the words for a missing number."""
    if runs is None:
        runs = words.missing()
    if isinstance(runs, str):
        runs = (Text(text=runs),)
    return Cell(runs=(runs,) if isinstance(runs, Number) else runs, **marks)


def targets_table(run: SavedRun, words: Wording) -> Table:
    """Return the targets of the run's Decision: asked, median, 80 % range, odds with word and mark."""
    heads = (("year", "left", 0.6), ("target", "left", 4.8), ("clause", "left", 1.95),
             ("asked", "right", 1.15), ("median", "right", 0.9), ("range", "right", 1.3),
             ("odds", "left", 3.25))  # fmt: skip
    columns = tuple(Column(label=words.word(f"targets_table.{n}"), align=a, weight=w) for n, a, w in heads)
    return Table(
        id="targets",
        caption=words.say("targets_table.caption", decision=run.decision.number),
        columns=columns,
        rows=tuple(_target_row(run, words, target) for target in goals.goals(run)),
        notes=target_notes(run, words),
        legend=words.say("targets_table.legend"),
    )


def target_notes(run: SavedRun, words: Wording) -> tuple[Runs, ...]:
    """Return how targets are read, which of them the model only comes near to, and which it has no outcome for."""
    read = any("adoption" in g.name for g in goals.goals(run))
    notes = [words.say("targets_table.note_readings" if read else "targets_table.note_saving")]
    for phrase, modelled in (("nearest", "nearest"), ("unscored", "none")):
        named = [t.title.in_(words.language) for t in run.decision.targets if t.modelled == modelled]
        if named:
            notes.append(words.say(f"targets_table.note_{phrase}", names="; ".join(named)))
    return (*notes, words.say("targets_table.note_odds"))


def chance_cell(run: SavedRun, target: Goal | None, words: Wording) -> Cell:
    """Return the odds of a target as mark, number and word."""
    odds = goals.chance(run, target)
    if odds is None:
        return cell(None, words)
    word = words.word(f"odds_short.{numbers.odds_word(odds[0])}")
    runs = (numbers.odds(odds[0], words.language, odds[1]), Text(text=f" · {word}"))
    return cell(runs, words, status=goals.tone(odds[0]))


def _target_row(run: SavedRun, words: Wording, target: Goal) -> tuple[Cell, ...]:
    return (
        cell(str(target.year), words),
        cell(words.word(f"target.{target.name}"), words, header=True),
        cell((Text(text=target.clause, style="muted"),), words),
        cell(goals.threshold(run, target, words), words),
        cell(goals.outcome_number(run, target, words), words),
        cell(goals.outcome_range(run, target, words), words),
        chance_cell(run, target, words),
    )


def spend_keys(run: SavedRun, name: str) -> list[Key]:
    """Return the cells of a component project's money (or `total`), year by year."""
    keys = [run.key(f"spend_{name}", year, "mean") for year in run.years(f"spend_{name}", "mean")]
    if keys or name != "total":
        return keys
    return [key for project in COMPONENT_PROJECTS for key in spend_keys(run, project)]


def bare_spend(run: SavedRun, words: Wording, name: str) -> Number | None:
    """Return what `spend` does, without its unit, for a column whose head names it."""
    money = spend(run, words, name)
    return money and money.model_copy(update={"text": numbers.plain_number(money.value, words.language)})


def spend(run: SavedRun, words: Wording, name: str) -> Number | None:
    """Return the money of a component project (or `total`) summed over the years of the run."""
    keys = spend_keys(run, name)
    return words.money(sum(map(run.get, keys)), *keys, how="sum") if keys else None


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
