"""Pictures of findings: wedges as steps with synergy as its own band, and the tornado of what a result hangs on."""

from __future__ import annotations

from cpmodel.analysis.wedges import SYNERGY, TOTAL
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import note_drawings
from cpmodel.briefs.told import Told, rows_of
from cpmodel.content import Figure, Key, Number, plain

LEAST_STEP = 0.0005  # share of establishments: a step of less than a twentieth of a point is not seen
SWINGS = 6


def wedge_figure(told: Told, name) -> Figure | None:
    """Return steps from nothing to the whole: each lever alone, then what they add together; None for no gain.

    name    (told, lever) → the lever in words
    """
    frame = told.finding["wedges"]
    last = rows_of(frame, year=told.finding.facts["last"])
    by = {frame["lever"].iloc[i]: i for i in last}
    levers = sorted(
        (one for one in by if one not in (SYNERGY, TOTAL)), key=lambda one: -frame["alone"].iloc[by[one]]
    )
    shown = [one for one in levers if frame["alone"].iloc[by[one]] >= LEAST_STEP]
    if not shown:
        return None
    steps, numbers, at = [], [], 0.0
    for one in (*shown, SYNERGY):
        number = told.at("wedges", by[one], "alone", "bare_points", 2)
        ends = sorted((at, at + number.value))
        label = told.word(f"short.{one}") if one in COMPONENT_PROJECTS else name(told, one)
        shade = "part" if one == SYNERGY else "good"
        steps.append(note_drawings.Step(label[:1].upper() + label[1:], *ends, shade, number.text))
        numbers.append(number)
        at += number.value
    whole = told.at("wedges", by[TOTAL], "alone", "bare_points", 2)
    steps.append(note_drawings.Step(name(told, TOTAL), 0.0, whole.value, "good", whole.text))
    items = "; ".join(f"{step.label}: {step.text}" for step in steps)
    caption = told.say("wedges.caption", outcome=told.outcome(), year=str(told.finding.facts["last"]))
    return Figure(id="wedges_figure", svg=note_drawings.waterfall(steps), alt=f"{plain(caption)}: {items}",
                  title=plain(caption), keys=_keys(*numbers, whole), width="half")  # fmt: skip


def tornado_figure(told: Told) -> Figure | None:
    """Return bars about the mean, the widest above; None where the finding does not say the mean."""
    frame = told.finding["tornado"]
    if not told.finding.facts.get("mean") or not len(frame):
        return None
    form, decimals = told.in_unit()
    middle = told.fact("mean", form, decimals)
    swings, numbers = [], [middle]
    for i, one in enumerate(frame["input"].head(SWINGS)):
        ends = [told.at("tornado", i, end, form, decimals) for end in ("low", "high")]
        swings.append(
            note_drawings.Swing(told.input(one), ends[0].value, ends[1].value, tuple(n.text for n in ends))
        )
        numbers += ends
    title = plain(
        told.say("sensitivity.tornado", outcome=told.outcome(), year=str(told.finding.facts["year"]))
    )
    items = "; ".join(f"{s.label}: {s.texts[0]}, {s.texts[1]}" for s in swings)
    svg = note_drawings.tornado(swings, (middle.value, middle.text))
    return Figure(
        id="tornado_figure", svg=svg, alt=f"{title}: {items}", title=title, keys=_keys(*numbers), width="half"
    )


def _keys(*numbers: Number) -> tuple[Key, ...]:
    return tuple(key for number in numbers for key in number.keys)
