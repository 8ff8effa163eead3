"""Causes told: what a result hangs on, when a target is missed, and what to watch."""

from __future__ import annotations

import math

import pandas as pd

from cpmodel.analysis.early_warning import ALARM, CLEAR, UNSEEN
from cpmodel.briefs.decision_figures import tornado_figure
from cpmodel.briefs.numbers import decimals_of, span
from cpmodel.briefs.options import FEW
from cpmodel.briefs.told import Told, rows_of
from cpmodel.briefs.wording import joined
from cpmodel.content import Block, Callout, Cell, Column, Heading, Paragraph, Runs, Table, Text

MARKS = {ALARM: "bad", CLEAR: "good", UNSEEN: "neutral"}


def sensitivity_blocks(told: Told) -> list[Block]:
    """Return the indices, the importance after a calibration, and the tornado, as far as the finding holds them."""
    blocks: list[Block] = [Heading(text=told.word("title.sensitivity"))]
    if "shares" in told.finding.tables:
        blocks += _drawn(told)
    if "sobol" in told.finding.tables:
        blocks += _indices(told)
    if "importance" in told.finding.tables:
        blocks += _importance(told)
    if "tornado" in told.finding.tables:
        figure = tornado_figure(told)
        blocks += [*([figure] if figure is not None else []), _tornado(told)]
    return blocks


def _about(told: Told) -> dict[str, str]:
    return {"outcome": told.outcome(), "year": str(told.finding.facts["year"])}


def _indices(told: Told) -> list[Block]:
    frame = told.finding["sobol"]
    lead = told.say(
        "sensitivity.lead", inputs=told.fact("inputs", "number", 0), first=told.input(frame["input"].iloc[0]).lower(),
        total=told.at("sobol", 0, "total", "percent", 0), chosen=told.fact("chosen", "number", 0),
        share=told.fact("share", "percent", 0), **_about(told),
    )  # fmt: skip
    rows = [[told.input(one), *(told.at("sobol", i, column, "percent", 1) for column in
             ("first", "first_conf", "total", "total_conf"))] for i, one in enumerate(frame["input"])]  # fmt: skip
    columns = told.heads(("sensitivity.input", "left", 2.6), *((f"sensitivity.{one}", "right", 1.0) for one in
                         ("first", "conf", "total", "conf")))  # fmt: skip
    note = told.say("sensitivity.note", evaluations=told.fact("evaluations", "number", 0))
    table = told.table("sobol", told.say("sensitivity.caption", **_about(told)), columns, rows, note)
    return [Paragraph(runs=lead, role="lead"), table]


def _drawn(told: Told) -> list[Block]:
    """Return what each input explains by itself, variant beside variant, and what they leave."""
    ways, shares, left = (told.finding[name] for name in ("ways", "shares", "left"))
    lead = told.say("sensitivity.drawn", first=told.input(ways["input"].iloc[0]).lower(),
                    share=told.at("ways", 0, "share", "percent", 0), **_about(told))  # fmt: skip
    rows = []
    for row in ways.head(told.finding.facts["shown"]).itertuples():
        places = [rows_of(shares, input=row.input, variant=v)[0] for v in left["variant"]]
        rows.append(
            [
                told.input(row.input),
                *(_interval(told, i) for i in places),
                told.word(f"sensitivity.{row.way}"),
            ]
        )
    columns = (*told.heads(("sensitivity.input", "left", 2.6)),
               *(Column(label=v, align="right", weight=1.4) for v in left["variant"]),
               *told.heads(("sensitivity.way", "right", 1.0)))  # fmt: skip
    notes = [told.say("sensitivity.left", variant=v, left=told.at("left", i, "share", "percent", 0))
             for i, v in enumerate(left["variant"])]  # fmt: skip
    if told.finding.facts["structural"] is not None:
        notes.append(told.say("sensitivity.structural", share=told.fact("structural", "percent", 1)))
    table = told.table("shares", told.say("sensitivity.shares", **_about(told)), columns, rows, *notes)
    return [Paragraph(runs=lead, role="lead"), table]


def _interval(told: Told, row: int) -> Runs:
    """Return a share and its interval, as 17.4% (13.4–21.3%)."""
    share, low, high = (told.at("shares", row, column, "percent", 1) for column in ("share", "low", "high"))
    return (share, Text(text=" ("), *span(low, high), Text(text=")"))


def _importance(told: Told) -> list[Block]:
    frame = told.finding["importance"]
    lead = told.say(
        "sensitivity.posterior", share=told.fact("explained", "percent", 0),
        most=told.at("importance", 0, "share", "percent", 0), first=told.input(frame["input"].iloc[0]).lower(),
        **_about(told),
    )  # fmt: skip
    rows = [[told.input(one), *(told.at("importance", i, column, "percent", 1) for column in ("share", "low", "high"))]
            for i, one in enumerate(frame["input"])]  # fmt: skip
    columns = told.heads(("sensitivity.input", "left", 2.6), ("sensitivity.part", "right", 1),
                         ("sensitivity.low", "right", 1), ("sensitivity.high", "right", 1))  # fmt: skip
    return [Paragraph(runs=lead, role="lead"),
            told.table("importance", told.say("sensitivity.importance", **_about(told)), columns, rows)]  # fmt: skip


def _tornado(told: Told) -> Table:
    form, decimals = told.in_unit()
    rows = [[told.input(one), *(told.at("tornado", i, column, form, decimals) for column in ("low", "high")),
             told.at("tornado", i, "swing", "bare_points" if form == "percent" else form, decimals)]
            for i, one in enumerate(told.finding["tornado"]["input"].head(FEW))]  # fmt: skip
    columns = told.heads(("sensitivity.input", "left", 2.6), ("sensitivity.low", "right", 1),
                         ("sensitivity.high", "right", 1), ("sensitivity.swing", "right", 1))  # fmt: skip
    return told.table("tornado", told.say("sensitivity.tornado", **_about(told)), columns, rows)


def discover_blocks(told: Told) -> list[Block]:
    """Return the rules in words, variant by variant, and the signs to watch."""
    facts = told.finding.facts
    blocks: list[Block] = [Heading(text=told.word("title.discover"))]
    for i, row in enumerate(told.finding["missed"].itertuples()):
        shown = {"variant": row.variant, "outcome": told.outcome(), "year": str(facts["year"]),
                 "level": told.fact("level", *told.in_unit()), "missed": told.at("missed", i, "share", "odds")}  # fmt: skip
        other = {"median": told.at("missed", i, "median", *told.in_unit())}
        rules = told.finding["rules"]
        mine = rows_of(rules, variant=row.variant)
        lead = told.say("discover.lead", **shown) if mine else told.say("discover.alike", **shown, **other)
        parts = [lead]
        box = next((k for k in mine if rules["kind"].iloc[k] == "box"), None)
        if box is not None and _conditions(told, box):
            parts.append(_rule(told, box, "discover.box"))
        leaves = [k for k in mine if rules["kind"].iloc[k] == "leaf"]
        if len(leaves) > 1:
            parts.append(_rule(told, min(leaves, key=lambda k: rules["density"].iloc[k]), "discover.safe"))
        blocks.append(Paragraph(runs=joined(tuple(run for part in parts for run in (*part, Text(text=" "))))))
    return [*blocks, warning_block(told)]


def _rule(told: Told, row: int, phrase: str) -> Runs:
    parts = {"density": told.at("rules", row, "density", "odds"), "support": told.at("rules", row, "support", "percent", 0),
             "conditions": _conditions(told, row)}  # fmt: skip
    if phrase == "discover.box":
        parts["coverage"] = told.at("rules", row, "coverage", "percent", 0)
    return told.say(phrase, **parts)


def _conditions(told: Told, row: int) -> Runs:
    """Return the limits of a rule in words, joined by `and`."""
    limits = told.finding["limits"]
    found: list = []
    for i in rows_of(limits, rule=told.finding["rules"]["rule"].iloc[row]):
        both = {name: limits[name].iloc[i] for name in ("low", "high")}
        ends = {
            n: told.at("limits", i, n, "number", decimals_of(v, 2))
            for n, v in both.items()
            if not math.isnan(v)
        }
        phrase = "between" if len(ends) == 2 else "above" if "low" in ends else "below"
        words = told.say(f"discover.{phrase}", input=told.input(limits["input"].iloc[i]).lower(), **ends)
        found += [*([Text(text=f" {told.word('discover.and')} ")] if found else []), *words]
    return joined(tuple(found))


def warning_block(told: Told) -> Block:
    """Return the table of early warnings, each with what has been observed; a caution where nothing warns."""
    frame: pd.DataFrame = told.finding["warnings"]
    if not len(frame):
        return Callout(title=told.word("title.watch"), runs=told.say("watch.none"), tone="caution")
    rows = []
    for i, row in enumerate(frame.itertuples()):
        unit = told.in_unit(row.indicator)
        status = Cell(runs=(Text(text=told.word(f"watch.{row.status}")),), status=MARKS[row.status])
        rows.append([told.outcome(row.indicator), str(row.year), told.at("warnings", i, "threshold", *unit),
                     told.at("warnings", i, "hit_rate", "percent", 0), told.at("warnings", i, "false_alarms", "percent", 0),
                     told.at("warnings", i, "observed", *unit), status])  # fmt: skip
    columns = told.heads(("watch.sign", "left", 2.6), ("watch.when", "right", 0.6), ("watch.threshold", "right", 1),
                         ("watch.hit", "right", 0.9), ("watch.false", "right", 0.9), ("watch.observed", "right", 0.9),
                         ("watch.status", "left", 1.2))  # fmt: skip
    caption = told.say("watch.caption", **_about(told))
    return told.table("warnings", caption, columns, rows, told.say("watch.note"))
