"""What each component project buys: the scenario against itself without that project's money, draw by draw."""

from __future__ import annotations

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import goals, numbers
from cpmodel.briefs.messages import assumed
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.tables import bare_spend, cell, spend_keys
from cpmodel.briefs.wording import Wording, joined
from cpmodel.content import Cell, Column, Key, Number, Runs, Table, Text

AMOUNT = 100.0  # bn VND that the last but one column is counted for
BAND = ("p50", "p10", "p90")
CAPACITIES = {"office_capacity": "offices", "provider_capacity": "fte"}
DIRECT = {  # what a project pays for itself, so that all of it is the project's: outcome, unit
    "technical_support": ("supported_assessments", "supported_assessments"),
    "finance": ("scheme_projects", "projects"),
}
COLUMNS = (("project", "left", 2.3), ("amount", "right", 0.9), ("awareness", "right", 1.75),
           ("strict", "right", 1.6), ("per_amount", "right", 1.75), ("direct", "left", 2.1))  # fmt: skip


def effects_table(run: SavedRun, words: Wording) -> Table:
    """Return project by project: money, what it adds by the last target year, and that for its money."""
    year, amount = str(goals.end(run)), numbers.plain_number(AMOUNT, words.language)
    parts = {"year": year, "amount": amount}
    extra = (Text(text=" "), *words.say("effects.note_assumed")) if assumed(run) else ()
    columns = (Column(label=words.word(f"effects.{n}", **parts), align=a, weight=w) for n, a, w in COLUMNS)
    return Table(
        id="effects",
        caption=words.say("effects.caption", year=year),
        columns=tuple(columns),
        rows=tuple(_row(run, words, name) for name in COMPONENT_PROJECTS),
        notes=(joined((*words.say("effects.note"), *extra)),),
    )


def _row(run: SavedRun, words: Wording, project: str) -> tuple[Cell, ...]:
    if not sum(run.get(key) or 0.0 for key in spend_keys(run, project)):  # no money, so nothing to leave out
        none = (cell((Text(text="–", style="muted"),), words) for _ in COLUMNS[2:])
        name = cell(words.word(f"project.{project}"), words, header=True)
        return (name, cell(bare_spend(run, words, project), words), *none)
    return (
        cell(words.word(f"project.{project}"), words, header=True),
        cell(bare_spend(run, words, project), words),
        cell(effect(run, words, project, "awareness"), words),
        cell(effect(run, words, project, "adoption_strict"), words),
        cell(per_amount(run, words, project), words),
        cell(direct(run, words, project), words),
    )


def _keys(run: SavedRun, project: str, outcome: str) -> dict[str, Key]:
    return {s: run.key(f"effect_{project}_on_{outcome}", goals.end(run), s) for s in BAND}


def effect(run: SavedRun, words: Wording, project: str, outcome: str) -> Runs | None:
    """Return what having a project adds to a national share, with its 80 % range, in percentage points."""
    keys = _keys(run, project, outcome)
    if any(run.get(key) is None for key in keys.values()):
        return None
    shown = {
        s: numbers.points(run.get(key), words.language, "", key, decimals=1, signed=s == "p50")
        for s, key in keys.items()
    }
    return numbers.with_range(**shown)


def per_amount(run: SavedRun, words: Wording, project: str) -> Runs | None:
    """Return the points of adoption, strict reading, for each 100 billion VND of the project, with the range.

    Money is the same in every draw, so the range is that of the effect.
    """
    keys, money = _keys(run, project, "adoption_strict"), spend_keys(run, project)
    total = sum(run.get(key) or 0.0 for key in money)
    if total <= 0 or any(run.get(key) is None for key in keys.values()):
        return None
    shown: dict[str, Number] = {}
    for statistic, key in keys.items():
        shown[statistic] = numbers.points(
            run.get(key) * AMOUNT / total, words.language, "", key, *money, decimals=2,
            signed=statistic == "p50", how="per_amount", constant=AMOUNT,
        )  # fmt: skip
    return numbers.with_range(**shown)


def direct(run: SavedRun, words: Wording, project: str) -> Runs:
    """Return the offices and experts that a project adds (at least half of one) and the services it pays for."""
    found: list[Number] = []
    for outcome, unit in CAPACITIES.items():
        key = run.key(f"effect_{project}_on_{outcome}", goals.end(run))
        value = run.get(key)
        if value is not None and value >= 0.5:
            number = numbers.amount(value, words.language, words.word(f"unit.{unit}"), key)
            found.append(number.model_copy(update={"text": f"+{number.text}"}))
    if project in DIRECT:
        outcome, unit = DIRECT[project]
        keys = [run.key(outcome, y, "mean") for y in run.years(outcome, "mean") if y <= goals.end(run)]
        if keys:
            total, unit = sum(map(run.get, keys)), words.word(f"unit.{unit}")
            found.append(numbers.amount(total, words.language, unit, *keys, decimals=-1, how="sum"))
    runs: list[Number | Text] = []
    for number in found:
        runs += [Text(text="; "), number] if runs else [number]
    return joined(tuple(runs)) or (Text(text="–", style="muted"),)
