"""Sliders over what each component project is given, answered by the emulator inside the page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cpmodel.analysis.emulator import BEND, Emulator
from cpmodel.briefs import charts, goals, numbers
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Band, Chance, Slider, Sliders, plain

WORSE_THAN = {
    "share_p99": 0.02,
    "offices_p99": 3.0,
    "odds_p99": 0.05,
}  # then a reader would be misled: nothing is shown
FIGURES = 7  # of each number of the emulator that travels with the page


def accurate(emulator: Emulator) -> bool:
    """True when runs that were not used came close enough for a reader."""
    return all(emulator.accuracy.get(name, 0.0) <= most for name, most in WORSE_THAN.items())


def sliders(run: SavedRun, words: Wording, emulator: Emulator, source: str) -> Sliders | None:
    """Return the sliders of a run, each output passing through the run's own cell; None where the run lacks one.

    source    name of the emulator's folder, to which its accuracy is traced
    """
    told = _outcomes(run)
    shown = [i for i, o in enumerate(emulator.outputs) if o.outcome in told]
    outputs = [emulator.outputs[i] for i in shown]
    keys = [run.key(o.outcome, o.year, o.statistic) for o in outputs]
    cells = [run.get(key) for key in keys]
    if any(value is None for value in cells):
        return None
    here = emulator.links(np.ones((1, len(emulator.levers))))[0][shown]
    there = np.array([o.to_link(value) for o, value in zip(outputs, cells, strict=True)])
    at = {(o.outcome, o.year, o.statistic): i for i, o in enumerate(outputs)}
    return Sliders(
        id="sliders", title=words.word("sliders.title"), lead=words.say("sliders.lead"),
        accuracy=told_accuracy(emulator, words, source),
        levers=tuple(_levers(run, words, emulator)), bands=tuple(_bands(run, words, at)),
        chances=tuple(_chances(run, words, at)), bend=BEND, middle=_told(emulator.middle[shown] + there - here),
        centres=_rows(emulator.centres), weights=_rows(emulator.weights), basis=_rows(emulator.basis[:, shown]),
        probit=tuple(o.statistic == "probability" for o in outputs),
        scales=tuple(o.scale for o in outputs),
        words={name.removeprefix("sliders.word."): words.word(name) for name in words.labels("sliders.word.")}
        | {f"odds.{word}": words.word(f"odds_short.{word}") for _, word in numbers.ODDS_SCALE},
        keys=tuple(keys),
    )  # fmt: skip


def _outcomes(run: SavedRun) -> set[str]:
    """Return the outcomes that the page draws or tells the odds of."""
    drawn = {g.outcome for target, _ in charts.FANS.values() for g in goals.targets_named(run, target)}
    return drawn | {f"met:{g.clause}@{g.reading}" for g in goals.goals(run)}


def told_accuracy(emulator: Emulator, words: Wording, source: str):
    """Return in a sentence how far the emulator is off in runs that it was not made from."""
    found = emulator.accuracy

    def origin(name: str) -> dict[str, str]:
        return {"origin": f"{source}: {name}"}

    point = words.word("sliders.points")
    return words.say(
        "sliders.accuracy",
        level=numbers.percent(0.99, words.language, origin=f"{source}: *_p99"),
        runs=numbers.amount(found["checked_on"], words.language, "", **origin("checked_on")),
        share=numbers.points(found["share_p99"], words.language, point, decimals=1, **origin("share_p99")),
        most=numbers.points(found["share_max"], words.language, point, decimals=1, **origin("share_max")),
        offices=numbers.amount(found["offices_p99"], words.language, "", decimals=1, **origin("offices_p99")),
        odds=numbers.points(
            found.get("odds_p99", 0.0), words.language, point, decimals=0, **origin("odds_p99")
        ),
    )


def _levers(run: SavedRun, words: Wording, emulator: Emulator) -> Iterator[Slider]:
    for name in emulator.levers:
        keys = [run.key(f"spend_{name}", year, "mean") for year in run.years(f"spend_{name}", "mean")]
        money = sum(run.get(key) or 0.0 for key in keys)
        yield Slider(id=name, label=words.word(f"project.{name}"), money=money, highest=emulator.highest)


def _bands(run: SavedRun, words: Wording, at: dict) -> Iterator[Band]:
    for name, (target, _) in charts.FANS.items():
        wanted = goals.targets_named(run, target)
        outcome, scale = wanted[0].outcome, 1.0 if name == "offices" else 100.0
        years = sorted({year for o, year, _ in at if o == outcome})
        if not years:
            continue
        yield Band(
            id=name, title=words.word(f"fan.{name}.title"), unit=words.word(f"fan.{name}.unit"), years=tuple(years),
            rows={s: tuple(at[outcome, year, s] for year in years) for s in charts.BANDS}, scale=scale,
            decimals=1 if name == "saving" else 0,
            targets=tuple(
                (g.year, g.low * scale, None if g.high is None else g.high * scale) for g in wanted if g.clause
            ),
        )  # fmt: skip


def _chances(run: SavedRun, words: Wording, at: dict) -> Iterator[Chance]:
    for goal in goals.goals(run):
        place = at.get((f"met:{goal.clause}@{goal.reading}", goal.year, "probability"))
        if place is not None:
            yield Chance(
                label=words.word(f"target.{goal.name}"), year=goal.year, clause=goal.clause,
                threshold=plain(goals.threshold(run, goal, words)), output=place,
            )  # fmt: skip


def _told(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.{FIGURES}g}") for value in values)


def _rows(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(_told, values))
