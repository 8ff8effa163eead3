"""The tables of a yearly report: the form that is asked for, what was observed, what is modelled, projects and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cpmodel.briefs import effects, flagged, goals, numbers
from cpmodel.briefs.local_evidence import ASKED
from cpmodel.briefs.parts import Part
from cpmodel.briefs.places import Province
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.tables import cell, chance_cell, spend_keys, target_notes
from cpmodel.briefs.wording import Wording
from cpmodel.content import Column, Key, Number, Runs, Table
from cpmodel.inputs.annual_form import annual_form
from cpmodel.inputs.datasets import read

MODELLED = {"aware": "awareness", "applying": "adoption_lenient"}  # question of the form → outcome
FORM = (("code", "left", 0.5), ("question", "left", 3.6), ("unit", "left", 0.9), ("reported", "right", 1.2),
        ("estimate", "right", 1.6))  # fmt: skip
NOW = (("target", "left", 3.1), ("now", "right", 1.1), ("range", "right", 1.2), ("next", "left", 1.0),
       ("asked", "right", 1.0), ("odds", "left", 2.6))  # fmt: skip
PROJECTS = (("project", "left", 2.2), ("lead", "left", 1.6), ("years", "left", 1.1), ("spent", "right", 1.2),
            ("gain", "right", 1.6))  # fmt: skip


@dataclass(frozen=True)
class Respondent:
    """Who reports: code and name of a ministry, or of a province, which is then also a part of the country."""

    code: str
    name: str
    part: Part | None = None


def percent(run: SavedRun, words: Wording, key: Key, decimals: int = 0) -> Number | Runs:
    """Return a cell as per cent, or the words for a missing number."""
    value = run.get(key)
    return (
        words.missing() if value is None else numbers.percent(value, words.language, key, decimals=decimals)
    )


def between(run: SavedRun, words: Wording, key: Key, decimals: int = 0) -> Runs | None:
    """Return the 80 % range around a cell; None where an end is missing."""
    ends = [key.model_copy(update={"statistic": s}) for s in ("p10", "p90")]
    if any(run.get(end) is None for end in ends):
        return None
    return numbers.span(*(percent(run, words, end, decimals) for end in ends))


def form_table(run: SavedRun, words: Wording, who: Respondent, year: int, data: Path) -> Table:
    """Return the questions of the yearly form: what was reported, or room for it, beside what the model estimates."""
    kind = "province" if who.part else "ministry"
    asked = {
        name: question for name, question in annual_form()["questions"].items()
        if question.get("asked", kind) == kind and question["kind"] not in ("respondent", "year")
    }  # fmt: skip
    rows = []
    for number, (name, question) in enumerate(asked.items(), start=1):
        unit = question.get("unit", {}).get(words.language, "")
        rows.append((
            cell(str(number), words), cell(question[words.language], words, header=True), cell(unit, words),
            cell(reported(data, who, question, year, words) or "......", words),
            cell(_estimate(run, words, who, name, year), words),
        ))  # fmt: skip
    return Table(
        id="form",
        caption=words.say("report.form", year=str(year)),
        columns=_columns(words, FORM),
        rows=tuple(rows),
        notes=(words.say("report.form_note" if who.part else "report.form_note_ministry"),),
    )


def reported(data: Path, who: Respondent, question: Mapping, year: int, words: Wording) -> Number | None:
    """Return what a province reported for a year as a share of those asked; None where nothing was."""
    if who.part is None or "indicator" not in question:
        return None
    rows = read("survey_provincial", data.parent)
    here = rows[(rows["province_code"] == who.code) & (rows["indicator"] == question["indicator"])]
    here = here[here["year"] == year]
    if here.empty:
        return None
    row = here.iloc[-1]
    return numbers.percent(
        row["value"] / 100, words.language, origin=f"{row['record_id']} ({row['source_id']})"
    )


def _estimate(run: SavedRun, words: Wording, who: Respondent, name: str, year: int) -> Runs | Number | str:
    if who.part is None:
        return "–"
    if name == "establishments":
        key = who.part.key(run, "establishments", year)
        value = run.get(key)
        return (
            words.missing() if value is None else numbers.amount(value, words.language, "", key, decimals=-1)
        )
    if name not in MODELLED:
        return "–"
    key = who.part.key(run, MODELLED[name], year)
    middle, around = percent(run, words, key), between(run, words, key)
    return middle if around is None else words.say("report.estimate_range", value=middle, range=around)


def observed_table(data: Path, year: int, names: Mapping[str, Province], words: Wording) -> Table | None:
    """Return the national survey figures until a year, each with whether it may be used and why not."""
    rows = read("survey_national", data.parent)
    told = rows["indicator"].map(lambda name: words.has(f"flagged.{name}"))
    rows = rows[told & (rows["year"] <= year)]
    flags = read("flags", data.parent)
    usable = set(flags.loc[flags["scoreable"] == "yes", "flag"])
    return flagged.flagged_table(rows, names, words, "report.observed", usable) if len(rows) else None


def modelled_table(run: SavedRun, words: Wording, year: int) -> Table:
    """Return the outcome of every target in the year reported on, and the next target with its odds."""
    rows = []
    for target in _next_targets(run, year):
        key = run.key(target.outcome, year)
        decimals = goals.decimals(target)
        if target.outcome == "office_capacity":
            value = run.get(key)
            shown = None if value is None else numbers.amount(value, words.language, "", key)
            around = _offices(run, words, key)
        else:
            shown, around = percent(run, words, key, decimals), between(run, words, key, decimals)
        rows.append((
            cell(words.word(f"target.{target.name}"), words, header=True), cell(shown, words), cell(around, words),
            cell(str(target.year), words), cell(goals.threshold(run, target, words), words),
            chance_cell(run, target, words),
        ))  # fmt: skip
    return Table(
        id="modelled",
        caption=words.say("report.modelled", year=str(year)),
        columns=_columns(words, NOW),
        rows=tuple(rows),
        notes=target_notes(run, words),
        legend=words.say("targets_table.legend"),
    )


def _next_targets(run: SavedRun, year: int) -> list[goals.Goal]:
    """Return, for each thing that targets ask for, the first target not before the year, else the last."""
    found: dict[str, goals.Goal] = {}
    for target in goals.goals(run):
        if target.name not in found or found[target.name].year < year:
            found[target.name] = target
    return list(found.values())


def _offices(run: SavedRun, words: Wording, key: Key) -> Runs | None:
    ends = [key.model_copy(update={"statistic": s}) for s in ("p10", "p90")]
    if any(run.get(end) is None for end in ends):
        return None
    return numbers.span(*(numbers.amount(run.get(end), words.language, "", end) for end in ends))


def projects_table(run: SavedRun, words: Wording, year: int, only: set[str] | None) -> Table:
    """Return the component projects: lead, window, money until the year, what each adds by the last target year."""
    rows = []
    for one in run.decision.component_projects:
        if only is not None and one.id not in only:
            continue
        keys = [key for key in spend_keys(run, one.id) if key.year <= year]
        money = None
        if keys:
            value = sum(run.get(key) for key in keys)
            money = numbers.amount(value, words.language, "", *keys, how="sum")
        rows.append((
            cell(f"{one.number}. {words.word(f'project.{one.id}')}", words, header=True),
            cell(one.lead.in_(words.language), words), cell(f"{one.window[0]}–{one.window[1]}", words),
            cell(money, words), cell(effects.effect(run, words, one.id, "adoption_strict"), words),
        ))  # fmt: skip
    return Table(
        id="projects",
        caption=words.say("report.projects", year=str(year), end=str(goals.end(run))),
        columns=_columns(words, PROJECTS),
        rows=tuple(rows),
        notes=(words.say("report.projects_note"),),
    )


def money_on_record(data: Path, year: int, words: Wording) -> Runs | None:
    """Return the money that a source says was provided to the whole Strategy, of the last row until the year."""
    rows = read("budgets", data.parent)
    here = rows[(rows["programme"] == "cp_strategy_1419") & (rows["status"] == "provided")]
    here = here[(here["unit"] == "bn VND") & (here["period_end"] <= year) & here["province_code"].isna()]
    if here.empty:
        return None
    row = here.sort_values("period_end").iloc[-1]
    origin = f"{row['record_id']} ({row['source_id']})"
    value = numbers.amount(row["value"], words.language, words.word("unit.bn_vnd"), decimals=1, origin=origin)
    years = {"first": str(int(row["period_start"])), "last": str(int(row["period_end"]))}
    return words.say("report.on_record", value=value, source=str(row["source_id"]), **years)


def returns(data: Path, year: int, words: Wording) -> Runs:
    """Return how many of the provinces sent figures for the year on what the targets ask."""
    rows = read("survey_provincial", data.parent)
    here = rows[(rows["year"] == year) & rows["indicator"].isin(ASKED)]
    sent = int(pd.Series(here["province_code"]).nunique())
    origin = {"origin": "survey_provincial, provinces with figures of the year"}
    every = numbers.amount(63.0, words.language, "", origin="provinces of the Decision")
    if not sent:
        return words.say("report.no_returns", year=str(year), every=every)
    return words.say(
        "report.returns", sent=numbers.amount(sent, words.language, "", **origin), every=every, year=str(year)
    )


def _columns(words: Wording, heads) -> tuple[Column, ...]:
    return tuple(Column(label=words.word(f"report.{n}"), align=a, weight=w) for n, a, w in heads)
