"""Options told: what each lever adds, which scenario holds up, which survey to pay for."""

from __future__ import annotations

from cpmodel.analysis.wedges import SYNERGY, TOTAL
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import numbers
from cpmodel.briefs.decision_figures import wedge_figure
from cpmodel.briefs.told import Told, rows_of
from cpmodel.briefs.wording import joined
from cpmodel.content import Block, Heading, Paragraph, Text

FEW = 8  # surveys and inputs that a table shows


def wedge_blocks(told: Told) -> list[Block]:
    """Return the wedges of the last year: alone, in concert, and Shapley's split."""
    facts, frame = told.finding.facts, told.finding["wedges"]
    last = rows_of(frame, year=facts["last"])
    levers = [i for i in last if frame["lever"].iloc[i] not in (SYNERGY, TOTAL)]
    first = max(levers, key=lambda i: frame["shapley"].iloc[i])
    place = {frame["lever"].iloc[i]: i for i in last}
    lead = told.say(
        "wedges.lead", year=str(facts["last"]), title=told.title(), outcome=told.outcome(),
        total=told.at("wedges", place[TOTAL], "alone", "points", 1), lever=lever_name(told, frame["lever"].iloc[first]),
        most=told.at("wedges", first, "shapley", "points", 1),
        synergy=told.at("wedges", place[SYNERGY], "alone", "points", 1),
    )  # fmt: skip
    rows = []
    for i in sorted(levers, key=lambda i: -frame["shapley"].iloc[i]) + [place[SYNERGY], place[TOTAL]]:
        name = frame["lever"].iloc[i]
        shared = () if name in (SYNERGY, TOTAL) else told.at("wedges", i, "shared", "bare_points", 2)
        value = () if name == SYNERGY else told.at("wedges", i, "shapley", "bare_points", 2)
        spread = [told.at("wedges", i, end, "bare_points", 2) for end in ("p10", "p90")]
        rows.append([lever_name(told, name), told.at("wedges", i, "alone", "bare_points", 2), shared, value,
                     numbers.span(*spread)])  # fmt: skip
    columns = told.heads(("wedges.lever", "left", 2.4), ("wedges.alone", "right", 1), ("wedges.shared", "right", 1),
                         ("wedges.shapley", "right", 1), ("wedges.range", "right", 1.2))  # fmt: skip
    caption = told.say("wedges.caption", outcome=told.outcome(), year=str(facts["last"]))
    table = told.table("wedges", caption, columns, rows, told.say("wedges.note"))
    figure = wedge_figure(told, lever_name)
    drawn = [figure] if figure is not None else []
    return [Heading(text=told.word("title.wedges")), Paragraph(runs=lead, role="lead"), *drawn, table]


def lever_name(told: Told, name: str) -> str:
    """Return a lever in words."""
    if name in COMPONENT_PROJECTS:
        return told.project(name)
    if name == "credit":
        return told.word("wedges.all_credit")
    if name.startswith("credit "):
        label = told.finding.facts.get("names", {}).get(name, {}).get(told.language)
        return label or told.word("wedges.credit", name=name.removeprefix("credit ").replace("_", " "))
    return told.word(f"wedges.{name}") if name in (SYNERGY, TOTAL) else told.word(f"wedges.switch.{name}")


def robust_blocks(told: Told) -> list[Block]:
    """Return scenarios over all futures: regret, satisficing, the worst tenth."""
    facts, frame = told.finding.facts, told.finding["scenarios"]
    name = lambda key: str(facts["titles"][key][told.language])  # noqa: E731
    best = rows_of(frame, scenario=facts["most_satisficing"])[0]
    leaders = {"regret": name(facts["minimax_regret"]), "cvar": name(facts["best_cvar"])}
    shown = leaders if len(set(leaders.values())) > 1 else {"regret": leaders["regret"]}
    lead = told.say(
        "robust.two" if len(shown) > 1 else "robust.one", futures=told.fact("futures", "number", 0), **shown
    )
    level, share = told.fact("level", "percent", 0), told.at("scenarios", best, "satisficing", "percent", 1)
    often = told.say("robust.never", level=level)
    if frame["satisficing"].iloc[best] > 0:
        often = told.say(
            "robust.often", level=level, satisficing=name(facts["most_satisficing"]), share=share
        )
    lead = joined((*lead, Text(text=" "), *often))
    rows = [
        [name(row.scenario), told.at("scenarios", i, "money", "number", 0),
         *(told.at("scenarios", i, column, "percent", 1) for column in ("mean", "worst_future")),
         told.at("scenarios", i, "max_regret", "bare_points", 1),
         *(told.at("scenarios", i, column, "percent", 1) for column in ("satisficing", "cvar"))]
        for i, row in enumerate(frame.itertuples())
    ]  # fmt: skip
    columns = told.heads(("robust.scenario", "left", 2.4), *((f"robust.{one}", "right", 1.0) for one in
                         ("money", "mean", "worst", "regret", "satisficing", "cvar")))  # fmt: skip
    reading, year = facts.get("reading", "adoption_strict"), str(facts["year"])
    caption = told.say("robust.caption", year=year)
    if not reading.startswith("adoption"):
        caption = told.say("robust.caption_other", outcome=told.outcome(reading), year=year)
    table = told.table("robust", caption, columns, rows, told.say("robust.note"))
    return [Heading(text=told.word("title.robust")), Paragraph(runs=lead, role="lead"), table]


def survey_blocks(told: Told) -> list[Block]:
    """Return which survey to pay for, the best of those compared, and what it would be worth to know exactly."""
    facts, surveys, inputs = told.finding.facts, told.finding["surveys"], told.finding["inputs"]
    asks = indicator_name(told, surveys["indicator"].iloc[0])
    where = told.word(f"survey.where.{surveys['provinces'].iloc[0]}")
    money = {name: told.at("surveys", 0, name, "money", 2) for name in ("cost", "value")}
    named = {
        "indicator": asks,
        "provinces": where,
        "size": told.at("surveys", 0, "size", "number", 0),
        **money,
    }
    if facts["best"]:
        lead = told.say("survey.pays", year=str(facts["year"]), **named)
    elif surveys["net"].iloc[0] > 0:
        lead = told.say("survey.unsure", noise=told.fact("best_noise", "money", 2), **named)
    else:
        lead = told.say("survey.none", evpi=told.fact("evpi_bn_vnd", "money", 1), **money)
    rows = [
        [indicator_name(told, row.indicator), told.word(f"survey.where.{row.provinces}"),
         told.at("surveys", i, "size", "number", 0), told.at("surveys", i, "avoided", "number", 1),
         *(told.at("surveys", i, column, "number", 2) for column in ("value", "cost", "net"))]
        for i, row in enumerate(surveys.head(FEW).itertuples())
    ]  # fmt: skip
    columns = told.heads(("survey.indicator", "left", 2), ("survey.provinces", "left", 1.8), ("survey.size", "right", 0.8),
                         ("survey.avoided", "right", 1.2), *((f"survey.{one}", "right", 0.8) for one in
                         ("value", "cost", "net")))  # fmt: skip
    first = told.table("surveys", told.say("survey.caption", year=str(facts["year"])), columns, rows,
                       told.say("survey.note", price=told.fact("cost_per_adopter", "money", 2)))  # fmt: skip
    known = [
        [told.input(one), told.at("inputs", i, "value", "number", 2)]
        for i, one in enumerate(inputs["input"].head(FEW))
    ]
    second = told.table("survey_inputs", told.say("survey.inputs"),
                        told.heads(("survey.input", "left", 3), ("survey.value", "right", 1)), known)  # fmt: skip
    return [Heading(text=told.word("title.survey_value")), Paragraph(runs=lead, role="lead"), first, second]


def indicator_name(told: Told, indicator: str) -> str:
    """Return what a survey asks, several joined."""
    parts = [told.word(f"survey.asks.{one}") for one in indicator.split("+")]
    for other in parts[1:]:
        parts[0] = told.word("survey.and", one=parts[0], other=other)
    return parts[0]
