"""From a saved run to a figure: the numbers drawn, and the words for who cannot see them, by one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import figures, goals, maps, numbers
from cpmodel.briefs.messages import assumed, credit_cells, credit_year
from cpmodel.briefs.places import Province
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.tables import spend
from cpmodel.briefs.wording import Wording, joined
from cpmodel.content import Figure, Key, Text, plain

BANDS = ("p10", "p25", "p50", "p75", "p90")
FANS = {  # fan → the target whose outcome it draws; does its opening value rest on an unverified survey?
    "awareness": ("awareness", True),
    "adoption": ("adoption_strict", True),
    "saving": ("saving_band", False),
    "offices": ("offices", False),
}
SIZES_SHOWN = ("small", "medium", "large")


def ticks(words: Wording) -> Callable[[float], str]:
    """Return the function that prints the ticks of an axis in the language's figures."""
    return lambda tick: numbers.plain_number(tick, words.language, 0 if float(tick).is_integer() else 1)


def fan(run: SavedRun, words: Wording, name: str) -> Figure | None:
    """Return the fan chart of one outcome with its targets, if any; None when the run lacks a band."""
    target_name, unverified = FANS[name]
    wanted = goals.targets_named(run, target_name)
    targets = [g for g in wanted if g.clause]
    outcome, scale = wanted[0].outcome, 1.0 if name == "offices" else 100.0
    years = run.years(outcome, "p50")
    keys = {s: [run.key(outcome, year, s) for year in years] for s in BANDS}
    values = {s: [run.get(key) for key in keys[s]] for s in BANDS}
    if len(years) < 2 or any(v is None for series in values.values() for v in series):
        return None
    ends = {s: _end(run, words, wanted[-1], years[-1], s) for s in ("p10", "p50", "p90")}
    drawn = figures.Fan(
        years=years,
        bands={s: [v * scale for v in series] for s, series in values.items()},
        targets=[
            (g.year, g.low * scale, None if g.high is None else g.high * scale, _target_label(run, g, words))
            for g in targets
            if g.year in years
        ],
        end_label=ends["p50"],
        top=63 * 1.08 if name == "offices" else None,
        unverified_start=unverified,
    )
    title, unit = words.word(f"fan.{name}.title"), words.word(f"fan.{name}.unit")
    stated = [
        words.word("fan.alt_target", year=str(g.year), value=plain(goals.threshold(run, g, words)))
        for g in targets
    ]
    alt = words.word(
        "fan.alt", title=title, unit=unit, first=str(years[0]), last=str(years[-1]),
        start=_end(run, words, wanted[-1], years[0], "p50"), end=ends["p50"],
        low=ends["p10"], high=ends["p90"],
        targets=capital("; ".join(stated)) or words.word("fan.alt_untargeted"),
    )  # fmt: skip
    caption = words.say("fan.caption_unverified") if unverified else ()
    if name == "awareness":  # the first fan tells how to read them all
        caption = joined((*words.say("fan.caption"), Text(text=" "), *caption))
    svg = figures.fan(drawn, ticks(words))
    flat = tuple(key for series in keys.values() for key in series)
    heading = f"{title}, {unit}"
    return Figure(id=f"fan_{name}", svg=svg, alt=alt, title=heading, caption=caption, keys=flat, width="half")


def _end(run: SavedRun, words: Wording, target: goals.Goal, year: int, statistic: str) -> str:
    value = run.value(target.outcome, year, statistic)
    if target.outcome == "office_capacity":
        return numbers.plain_number(value, words.language)
    return numbers.percent(value, words.language, decimals=goals.decimals(target)).text


def _target_label(run: SavedRun, target: goals.Goal, words: Wording) -> str:
    text = plain(goals.threshold(run, target, words))
    if target.outcome == "office_capacity":
        text = numbers.plain_number(target.low, words.language)
    return words.word("fan.target", value=text)


def money(run: SavedRun, words: Wording) -> Figure | None:
    """Return the money of each component project as bars; None when the run has no spending."""
    found = {name: spend(run, words, name) for name in COMPONENT_PROJECTS}
    found = {name: number for name, number in found.items() if number is not None}
    if not found:
        return None
    years = sorted({key.year for number in found.values() for key in number.keys})
    labels = [words.word(f"project.{name}") for name in found]
    svg = figures.bars(labels, [n.value for n in found.values()], [n.text for n in found.values()])
    items = "; ".join(f"{label}: {n.text}" for label, n in zip(labels, found.values(), strict=True))
    first, last = str(years[0]), str(years[-1])
    caption = words.say("money.caption", first=first, last=last)
    if assumed(run):
        caption = joined((*caption, Text(text=" "), *words.say("money.assumed")))
    alt = words.word("money.alt", first=first, last=last, items=items)
    keys = tuple(key for n in found.values() for key in n.keys)
    title = words.word("money.title")
    return Figure(id="money", svg=svg, alt=alt, title=title, caption=caption, keys=keys, width="half")


def credit(run: SavedRun, words: Wording) -> Figure | None:
    """Return what credit support changes, by size and variant, as dumbbells; None when a cell is missing."""
    year = credit_year(run)
    if year is None:
        return None
    pairs, keys, items = [], [], []
    for size in SIZES_SHOWN:
        for variant in ("H1", "H2"):
            cells = credit_cells(run, variant, size, year)
            if cells is None:
                continue
            pair, item = _pair(run, words, cells, size, variant)
            pairs.append(pair)
            items.append(item)
            keys.extend(cells)
    if not pairs:
        return None
    title = f"{words.word('credit.title')}: {words.word('credit.unit', year=str(year))}"
    alt = words.word("credit.alt", year=str(year), items="; ".join(items))
    svg = figures.dumbbells(pairs, ticks(words))
    caption = words.say("credit.caption")
    return Figure(id="credit", svg=svg, alt=alt, title=title, caption=caption, keys=tuple(keys), width="half")


def _pair(
    run: SavedRun, words: Wording, cells: list[Key], size: str, variant: str
) -> tuple[figures.Pair, str]:
    scheme, market = (run.get(key) for key in cells)
    text = {
        "market": numbers.percent(market, words.language, decimals=1, unit=False).text,
        "scheme": numbers.percent(scheme, words.language, decimals=1).text,
    }
    label = words.word(f"size.{size}")
    item = words.word("credit.alt_item", size=label, variant=variant, **text)
    change = words.word("credit.change", **text)
    return figures.Pair(label, variant, market * 100, scheme * 100, change), item


def province_map(
    run: SavedRun,
    words: Wording,
    outcome: str,
    year: int,
    geometry: Mapping[str, Any] | None,
    names: Mapping[str, Province],
) -> Figure | None:
    """Return the map of one outcome's median by province; None without cells or boundaries."""
    values = run.by_region(outcome, year)
    order = sorted((code for code in values if code in names), key=lambda code: (-values[code], code))
    if not order or geometry is None:
        return None
    shown = {code: values[code] * 100 for code in order}
    scale = maps.equal_steps(list(shown.values()), ticks(words))
    svg = maps.choropleth(geometry, shown, scale, insets(words), words.word("map.none"))
    title = words.word(f"map.{outcome}", year=str(year))

    def told(codes: list[str]) -> str:
        return ", ".join(
            f"{names[c].name(words.language)} ({numbers.percent(values[c], words.language).text})"
            for c in codes
        )

    number = numbers.plain_number(len(order), words.language)
    alt = words.word("map.alt", n=number, title=title, top=told(order[:3]), bottom=told(order[-3:]))
    return Figure(
        id=f"map_{outcome}",
        svg=svg,
        alt=alt,
        title=f"{title}, {words.word('map.unit')}",
        caption=words.say("map.caption"),
        keys=tuple(run.key(outcome, year, region=code) for code in order),
        width="half",
    )


def insets(words: Wording) -> maps.Insets:
    """Return the words of the two archipelagos, which stand in every map."""
    return maps.Insets(
        *((words.word(f"map.{name}"), words.word(f"map.{name}_of")) for name in ("hoang_sa", "truong_sa"))
    )


def capital(text: str) -> str:
    """Return `text` with its first letter in capitals and the rest as it was."""
    return text[:1].upper() + text[1:]
