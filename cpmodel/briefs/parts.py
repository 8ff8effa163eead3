"""A part of the country as a brief tells it (province, unit of 2025, sector): its cells, beside those of the nation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd

from cpmodel.axes import NATION, SIZES
from cpmodel.briefs import figures, goals, numbers
from cpmodel.briefs.charts import BANDS, ticks
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.tables import cell
from cpmodel.briefs.wording import Wording, joined
from cpmodel.content import Column, Figure, Key, Number, Runs, Table, Text

ADOPTION = "adoption_strict"
LEVERS = ("outreach", "office_training", "assessment_support")


@dataclass(frozen=True)
class Part:
    """A part of the country: what it is called, and the columns of the results table that pick it out.

    kind     province, unit or sector; the vocabulary has phrases for each
    members    names of the provinces that a unit of 2025 was made of; else empty
    """

    kind: str
    code: str
    name: str
    where: Mapping[str, str] = field(default_factory=dict)
    members: tuple[str, ...] = ()

    def key(self, run: SavedRun, outcome: str, year: int | None = None, statistic: str = "p50") -> Key:
        """Return the key of the part's cell, by default in the last year of the targets."""
        return run.key(outcome, goals.end(run) if year is None else year, statistic, **self.where)


class OfPart(Protocol):
    """What sentences and tables about a part are told from.

    told    whether the run holds anything of it   surveys    what has been observed of it; of a province only
    """

    run: SavedRun
    words: Wording
    part: Part
    data: Path
    told: bool
    surveys: pd.DataFrame


def nation(words: Wording) -> Part:
    """Return the whole country as a part of itself."""
    return Part("nation", NATION, words.word("part.nation"))


def share(
    run: SavedRun, words: Wording, part: Part, outcome: str, statistic: str = "p50", decimals: int = 0
) -> Number | None:
    """Return a share of a part as per cent; None where the run has none."""
    key = part.key(run, outcome, statistic=statistic)
    value = run.get(key)
    return None if value is None else numbers.percent(value, words.language, key, decimals=decimals)


def between(run: SavedRun, words: Wording, part: Part, outcome: str, number=share) -> Runs | None:
    """Return the 80 % range of an outcome of a part; one number where both ends print alike."""
    low, high = (number(run, words, part, outcome, statistic) for statistic in ("p10", "p90"))
    if low is None or high is None:
        return None
    return (low,) if low.text == high.text else numbers.span(low, high)


def count(
    run: SavedRun, words: Wording, part: Part, outcome: str, statistic: str = "p50", unit: str = ""
) -> Number | None:
    """Return a number of a part (establishments, a rank) without decimals; None where the run has none."""
    key = part.key(run, outcome, statistic=statistic)
    value = run.get(key)
    unit = words.word(unit) if unit else ""
    return None if value is None else numbers.amount(value, words.language, unit, key)


def adopters(run: SavedRun, words: Wording, part: Part) -> Number | None:
    """Return the establishments that apply cleaner production: median share times median number."""
    return _times_establishments(run, words, part, part.key(run, ADOPTION))


def _times_establishments(run: SavedRun, words: Wording, part: Part, key: Key) -> Number | None:
    number = part.key(run, "establishments")
    if run.get(key) is None or run.get(number) is None:
        return None
    value, unit = run.get(key) * run.get(number), words.word("unit.establishments")
    decimals = -1 if value >= 100 else 0
    return numbers.amount(value, words.language, unit, key, number, decimals=decimals, how="product")


def part_fan(run: SavedRun, words: Wording, part: Part, outcome: str) -> Figure | None:
    """Return the fan of one outcome of a part, with the nation's median as a broken line; None without the cells."""
    years = run.years(outcome, "p50", **part.where)
    keys = {s: [part.key(run, outcome, year, s) for year in years] for s in BANDS}
    beside = [run.key(outcome, year) for year in years]
    values = {s: [run.get(key) for key in row] for s, row in keys.items()}
    middle = [run.get(key) for key in beside]
    if len(years) < 2 or None in middle or any(None in series for series in values.values()):
        return None
    shown = {s: numbers.percent(values[s][-1], words.language).text for s in BANDS}
    first = numbers.percent(values["p50"][0], words.language).text
    whole = numbers.percent(middle[-1], words.language).text
    drawn = figures.Fan(
        years=years,
        bands={s: [100 * v for v in series] for s, series in values.items()},
        targets=(),
        end_label=shown["p50"],
        unverified_start=True,
        height=1.45,
        beside=([100 * v for v in middle], words.word("part.fan_nation", value=whole)),
    )
    name = outcome.removesuffix("_strict")
    title, unit = words.word(f"fan.{name}.title"), words.word(f"fan.{name}.unit")
    alt = words.word(
        "part.fan_alt", name=part.name, title=title, unit=unit, first=str(years[0]), last=str(years[-1]),
        start=first, end=shown["p50"], low=shown["p10"], high=shown["p90"], nation=whole,
    )  # fmt: skip
    return Figure(
        id=f"fan_{outcome}",
        svg=figures.fan(drawn, ticks(words)),
        alt=alt,
        title=f"{title}, {unit}",
        caption=words.say("part.fan_caption") if outcome == "awareness" else (),
        keys=tuple(key for row in (*keys.values(), beside) for key in row),
        width="half",
    )


def lever_gain(
    run: SavedRun, words: Wording, part: Part, lever: str, outcome: str, unit: str = ""
) -> Runs | None:
    """Return what twice the money of a lever adds to a share of the part, with its 80 % range, in points.

    In a sentence it has its `unit`; without one it stands in a column and bears its sign.
    """
    shown = {}
    for statistic in ("p50", "p10", "p90"):
        key = part.key(run, f"lever_{lever}_on_{outcome}", statistic=statistic)
        if run.get(key) is None:
            return None
        first = statistic == "p50"
        shown[statistic] = numbers.points(
            run.get(key), words.language, unit if first else "", key, decimals=1, signed=first and not unit
        )
    return numbers.with_range(**shown)


def lever_adopters(run: SavedRun, words: Wording, part: Part, lever: str) -> Number | None:
    """Return the further establishments that twice the money of a lever brings to apply, at the median."""
    return _times_establishments(run, words, part, part.key(run, f"lever_{lever}_on_{ADOPTION}"))


def lever_money(run: SavedRun, words: Wording, part: Part, lever: str, unit: str = "") -> Number | None:
    """Return what twice the money of a lever costs in the part over the whole run; None where it is not told."""
    outcome = f"lever_{lever}_money"
    years = run.years(outcome, "mean", **part.where)
    if not years:
        return None
    key = part.key(run, outcome, years[-1], "mean")
    value = run.get(key)
    decimals = numbers.decimals_of(value, 2)
    return numbers.amount(value, words.language, unit, key, decimals=decimals)


def best_lever(run: SavedRun, part: Part) -> str | None:
    """Return the lever that adds most adoption in the part, at the median; None where none is told."""
    gains = {name: run.get(part.key(run, f"lever_{name}_on_{ADOPTION}")) for name in LEVERS}
    told = {name: gain for name, gain in gains.items() if gain is not None}
    return max(told, key=told.__getitem__) if told else None


def levers_table(run: SavedRun, words: Wording, part: Part) -> Table | None:
    """Return the local levers: cost in the part, what each adds to awareness and adoption; None where none is told."""
    told = [n for n in LEVERS if run.get(part.key(run, f"lever_{n}_on_{ADOPTION}")) is not None]
    if not told:
        return None
    shown = {
        "lever": (3.0, lambda name: words.word(f"lever.{name}")),
        "money": (1.0, lambda name: lever_money(run, words, part, name)),
        "awareness": (1.6, lambda name: lever_gain(run, words, part, name, "awareness")),
        "adoption": (1.6, lambda name: lever_gain(run, words, part, name, ADOPTION)),
        "adopters": (1.3, lambda name: _bare(lever_adopters(run, words, part, name))),
    }
    if part.kind == "sector":  # money is not spent by sector
        del shown["money"]
    year = str(goals.end(run))
    return Table(
        id="levers",
        caption=words.say(
            "lever.caption_sector" if part.kind == "sector" else "lever.caption", name=part.name, year=year
        ),
        columns=tuple(
            Column(label=words.word(f"lever.{n}"), align="left" if n == "lever" else "right", weight=w)
            for n, (w, _) in shown.items()
        ),
        rows=tuple(
            tuple(cell(tell(name), words, header=n == "lever") for n, (_, tell) in shown.items())
            for name in told
        ),
        notes=(words.say("lever.note_sector" if part.kind == "sector" else "lever.note"),),
    )


def _bare(number: Number | None) -> Number | None:
    """Return a number without its unit, for a column whose head names it."""
    return number and number.model_copy(update={"text": number.text.split(numbers.NBSP)[0]})


def mix(run: SavedRun, words: Wording, part: Part) -> Runs | None:
    """Return the sizes of the part's establishments: `Micro 40% (the nation 32%); …`; None where not told."""
    out: list = []
    for size in SIZES:
        keys = [run.key("opening_mix", years[0], "mean", size=size, **where) for where in (part.where, {})
                for years in (run.years("opening_mix", "mean", size=size, **where),) if years]  # fmt: skip
        if len(keys) < 2:
            return None
        own, whole = (numbers.percent(run.get(key), words.language, key) for key in keys)
        out += [Text(text="; ")] if out else []
        out += words.say("part.mix_item", size=words.word(f"size.{size}"), own=own, nation=whole)
    return joined(tuple(out))
