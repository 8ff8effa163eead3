"""What it would take, told: the verdict, packages side by side, and what is scarce with its price."""

from __future__ import annotations

from cpmodel.analysis.backcast import BEST, LEAST, PLANNED
from cpmodel.analysis.programme import USES
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs.numbers import decimals_of, plain_number
from cpmodel.briefs.told import Told
from cpmodel.briefs.wording import PLACE, joined, vocabulary
from cpmodel.content import Block, Heading, Number, Paragraph, Runs, Table, Text

MOST_LIMITS = 8  # that a table shows


def backcast_blocks(told: Told) -> list[Block]:
    """Return the answer to a backcast or an allocation."""
    return [
        Heading(text=told.word(f"title.{told.finding.kind}")),
        Paragraph(runs=_verdict(told), role="lead"),
        _packages(told),
        _prices(told),
        *_limits(told),
        Paragraph(runs=_search(told), role="note"),
    ]


def _score(told: Told, table: str, row: int, column: str) -> Number | Runs:
    """Return a score in its unit: targets as a number, chances as odds, levels as the outcome is printed."""
    what = told.finding.facts["maximise"]
    if what == "level":
        return told.at(table, row, column, *told.in_unit())
    return (
        told.at(table, row, column, "number", 2) if what == "targets" else told.at(table, row, column, "odds")
    )


def _verdict(told: Told) -> Runs:
    facts, packages = told.finding.facts, told.finding["packages"]
    planned = int(packages.index[packages["package"] == PLANNED][0])
    level = told.in_unit()
    shown = {"outcome": told.outcome(), "year": str(facts["year"]), "probability": told.fact("probability", "percent", 0),
             "cost": told.at("packages", 0, "cost", "money", 0), "title": told.title(),
             "planned": told.at("packages", planned, "cost", "money", 0), "level": told.fact("level", *level)}  # fmt: skip
    if facts["reached"] is not None:
        shown["planned_level"] = told.at("packages", planned, "level", *level)
        shown |= {
            "best": told.at("packages", 0, "level", *level),
            "odds": told.at("packages", 0, "odds", "odds"),
        }
        phrase = "verdict.reached" if facts["reached"] else "verdict.missed"
    else:
        shown |= {
            "planned_level": _score(told, "packages", planned, "score"),
            "best": _score(told, "packages", 0, "score"),
        }
        phrase = f"verdict.{facts['maximise']}"
    parts = [told.say(phrase, **_only(told, phrase, shown))]
    row = int(told.finding["obstacles"]["gain_if_gone"].idxmax())
    if not facts["reached"]:
        parts.append(told.say(f"binds.{facts['maximise']}", obstacle=told.word(f"obstacle.{facts['binds']}"),
                              gone=_score(told, "obstacles", row, "score_if_gone")))  # fmt: skip
    if facts["design"] == "none":
        parts.append(told.say("no_credit"))
    else:
        parts.append(told.say("credit", credit=told.at("packages", 0, "credit", "money", 1)))
    return joined(tuple(run for part in parts for run in (*part, Text(text=" "))))


def _only(told: Told, phrase: str, parts: dict) -> dict:
    """Return the parts that a phrase has a place for."""
    places = PLACE.findall(vocabulary()[f"decide.{phrase}"][told.language])
    return {name: part for name, part in parts.items() if name in places}


def package_name(told: Told, name: str) -> str:
    """Return what a package is called: the best, as in the scenario, or how it differs from the best."""
    way, _, what = name.partition(" ")
    return (
        told.word(f"package.{way}", what=told.word(f"short.{what}")) if what else told.word(f"package.{name}")
    )


def _packages(told: Told) -> Table:
    packages, targets = told.finding["packages"], told.finding.facts["maximise"] != "level"
    asked = told.finding.facts["level"] is not None
    columns = told.heads(("packages.package", "left", 2.2), ("packages.cost", "right", 0.9),
                         *((f"short.{name}", "right", 1.0) for name in COMPONENT_PROJECTS),
                         ("packages.uses", "right", 1.1), ("packages.first_half", "right", 0.8),
                         ("packages.targets" if targets else "packages.level", "right", 1.0),
                         *([("packages.odds", "right", 0.8)] if asked else []))  # fmt: skip
    rows = []
    for i, name in enumerate(packages["package"]):
        row = [package_name(told, name), told.at("packages", i, "cost", "number", 0)]
        row += [told.at("packages", i, project, "number", 0) for project in COMPONENT_PROJECTS]
        row += [_uses(told, i), told.at("packages", i, "first_half", "percent", 0)]
        row.append(
            _score(told, "packages", i, "score")
            if targets
            else told.at("packages", i, "level", *told.in_unit())
        )
        rows.append([*row, told.at("packages", i, "odds", "odds")] if asked else row)
    notes = (*_others(told), told.say("packages.note"))
    if limits := told.finding.facts.get("limits"):
        shown = ", ".join(
            f"{key} = {plain_number(value, told.language, decimals_of(value))}"
            for key, value in limits.items()
        )
        notes = (*notes, told.say("packages.changed", limits=shown))
    return told.table("packages", told.say("packages.caption"), columns, rows, *notes)


def _uses(told: Told, row: int) -> Runs:
    """Return the shares of the money for awareness, as 70/20/10."""
    shares = [told.at("packages", row, use, "bare_points", 0) for use in USES]
    return (shares[0], *(run for one in shares[1:] for run in (Text(text="/"), one)))


def _others(told: Told) -> tuple[Runs, ...]:
    """Return what is said of the packages beside the best, and of their number where it is not the one asked for."""
    names = told.finding["packages"]["package"]
    found, asked = int((~names.isin((BEST, PLANNED, LEAST))).sum()), told.finding.facts.get("alternatives", 0)
    if not found:
        return (told.say("packages.alone"),)
    few = (told.say("packages.few", found=str(found), asked=str(asked)),) if found < asked else ()
    return (told.say("packages.between"), *few)


def _gain(told: Told, table: str, row: int) -> Number | Runs:
    what = told.finding.facts["maximise"]
    if what == "level" and told.in_unit()[0] == "percent":
        return told.at(table, row, "price", "bare_points", 2)
    return told.at(table, row, "price", "number", 3)


def _prices(told: Told) -> Table:
    rows = [
        [told.word(f"scarce.{name}"), _gain(told, "obstacles", i), told.at("obstacles", i, "worth", "number", 1),
         _score(told, "obstacles", i, "score_if_gone"), _score(told, "obstacles", i, "score_cumulative")]
        for i, name in enumerate(told.finding["obstacles"]["obstacle"])
    ]  # fmt: skip
    rows += [
        [told.word("scarce.window", project=told.project(name)), _gain(told, "windows", i),
         told.at("windows", i, "worth", "number", 1), (), ()]
        for i, name in enumerate(told.finding["windows"]["project"])
    ]  # fmt: skip
    columns = told.heads(("prices.scarce", "left", 2.6), ("prices.gain", "right", 0.9), ("prices.worth", "right", 1.1),
                         ("prices.gone", "right", 1.1), ("prices.cumulative", "right", 1.1))  # fmt: skip
    return told.table("scarce", told.say("prices.caption"), columns, rows, told.say("prices.note"))


def _limits(told: Told) -> list[Block]:
    """Return the limits on money that bind with what easing them is worth, the dearest first; nothing where none does."""
    frame = told.finding["limits"]
    rows = [
        (limit_name(told, name), i) for i, name in enumerate(frame["limit"]) if frame["worth"].iloc[i] > 0
    ]
    shown = [[name, told.at("limits", i, "worth", "number", 2)] for name, i in rows if name][:MOST_LIMITS]
    columns = told.heads(("limits.limit", "left", 3), ("prices.worth", "right", 1))
    return [told.table("limits", told.say("limits.caption"), columns, shown)] if shown else []


def limit_name(told: Told, name: str) -> str | None:
    """Return a limit on money a year in words; None for shares, whose unit is another, and for the cap, worth what it is."""
    kind, _, rest = name.partition(" ")
    project, _, year = rest.rpartition(" ")
    if name.startswith("annual cap "):
        return told.word("limits.annual_cap", year=year)
    if project not in COMPONENT_PROJECTS:
        return None
    return told.word(f"limits.{kind}", project=told.word(f"short.{project}"), year=year)


def _search(told: Told) -> Runs:
    level = told.finding.facts["maximise"] == "level" and told.in_unit()[0] == "percent"
    return told.say(
        "search", tried=told.fact("tried", "number", 0), draws=told.fact("draws", "number", 0),
        confirm=told.fact("confirm", "number", 0), stationarity=told.fact("stationarity", "percent", 1),
        spread=told.fact("spread", "percent", 1),
        optimism=told.fact("optimism", "points", 2) if level else told.fact("optimism", "number", 3),
    )  # fmt: skip
