"""From the cells of a finance note to its figures: what is drawn, and the words for who cannot see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cpmodel.axes import SIZES
from cpmodel.briefs import maps, note_drawings, note_panels, numbers
from cpmodel.briefs.charts import insets, ticks
from cpmodel.briefs.note_reading import Reading
from cpmodel.briefs.note_tables import THOUSAND, thousands
from cpmodel.briefs.places import Province
from cpmodel.content import Figure, Key

BANDS = ("p10", "p25", "p50", "p75", "p90")
LEVELS = ("low", "central", "high")
STEPS = {"gross": "part", "free_riders": "bad", "additional": "part", "rebound": "bad", "net": "good"}
TOLD_DRIVERS = 6


def cash(r: Reading) -> Figure | None:
    """Return the cash of the state by budget year as a fan; None when a band is missing."""
    years = r.run.years("note_cash", "p50")
    keys = {s: [r.run.key("note_cash", year, s) for year in years] for s in BANDS}
    values = {s: [r.run.get(key) for key in keys[s]] for s in BANDS}
    if len(years) < 2 or any(None in series for series in values.values()):
        return None
    moved = [i for i in range(len(years)) if any(abs(values[s][i]) > 0 for s in BANDS)] or [0, len(years) - 1]
    shown = slice(moved[0], moved[-1] + 1)
    years, w = years[shown], r.words
    values = {s: series[shown] for s, series in values.items()}
    sides = (w.word("note.chart.cash_spent"), w.word("note.chart.cash_back"))
    svg = note_drawings.cash_fan(years, values, r.end, sides, ticks(w))
    told = {name: _amount(r, r.value("note_cash", s, r.end, variant="both"))
            for name, s in (("mid", "p50"), ("low", "p10"), ("high", "p90"))}  # fmt: skip
    alt = w.word("note.chart.cash_alt", first=str(years[0]), last=str(years[-1]), year=str(r.end), **told)
    return _figure(
        r, "cash", svg, alt, [key for series in keys.values() for key in series[shown]], end=str(r.end)
    )


def claims(r: Reading) -> Figure | None:
    """Return how claims on guarantees are spread, with their mean and P95; None where nothing is guaranteed."""
    outcome = "note_claims_npv_share"
    found = sorted(
        (float(statistic.split("_")[0]), statistic)
        for *_, name, year, statistic in r.run.cells
        if name == outcome and year == r.base
    )
    if not found:
        return None
    keys = [r.run.key(outcome, r.base, statistic) for _, statistic in found]
    edges = [low for low, _ in found] + [float(found[-1][1].split("_")[1])]
    marks = [(s, r.money("note_claims_npv", s, unit="")) for s in ("mean", "p95")]
    w = r.words
    shown = [(n.value, w.word(f"note.chart.claims_{s}", value=n.text)) for s, n in marks]
    svg = note_drawings.histogram(edges, [r.run.get(key) for key in keys], shown, ticks(w))
    p99 = r.money("note_claims_npv", "p99", unit="")
    alt = w.word("note.chart.claims_alt", mean=marks[0][1].text, p95=marks[1][1].text, p99=p99.text)
    keys += [key for _, number in marks for key in number.keys]
    return _figure(r, "claims", svg, alt, keys, p99=p99)


def fund(r: Reading) -> Figure | None:
    """Return the capital of the fund under three default rates; None where the state lends nothing itself."""
    years = [year for year in r.run.years("note_fund_central", "mean") if year >= r.base]
    opening = r.money("note_fund_opening", unit="", variant="both")
    if not years or opening is None:
        return None
    w, keys, series, items, kept = r.words, [], [], [], {}
    for level in LEVELS:
        here = [r.run.key(f"note_fund_{level}", year, "mean") for year in years]
        rate = r.share(f"note_fund_default_{level}", "fixed", decimals=1, variant="both")
        values = [r.run.get(key) for key in here]
        series.append((w.word("note.chart.fund_label", rate=rate.text), values))
        last = _amount(r, values[-1])
        items.append(w.word("note.chart.fund_item", rate=rate.text, value=last, last=str(years[-1])))
        kept[level] = r.share(f"note_fund_kept_{level}", year=r.end, variant="both") or w.missing()
        keys += here
    level = (opening.value, w.word("note.chart.fund_opening", value=opening.text))
    svg = note_drawings.paths(years, series, level, ticks(w))
    parts = {
        "first": str(years[0]),
        "last": str(years[-1]),
        "opening": opening.text,
        "items": "; ".join(items),
    }
    alt = w.word("note.chart.fund_alt", **parts)
    return _figure(r, "fund", svg, alt, keys, end=str(r.end), base=str(r.base), **kept)


def tornado(r: Reading) -> Figure | None:
    """Return the inputs that move the net cost most; None where none stands out from chance."""
    cost, w = r.money("note_fiscal_npv", unit=""), r.words
    names = r.drivers(TOLD_DRIVERS)
    if not names or cost is None:
        return None
    swings, keys, items = [], [], []
    for name in names:
        low, high = (r.money(f"driver_{name}", s, unit="", variant="both") for s in ("low", "high"))
        label = w.word(f"parameter.{name}")
        swings.append(note_drawings.Swing(label, low.value, high.value, (low.text, high.text)))
        items.append(w.word("note.chart.tornado_item", name=label, low=low.text, high=high.text))
        keys += [*low.keys, *high.keys]
    middle = (cost.value, w.word("note.chart.tornado_middle", value=cost.text))
    svg = note_drawings.tornado(swings, middle)
    return _figure(r, "tornado", svg, w.word("note.chart.tornado_alt", items="; ".join(items)), keys)


def waterfall(r: Reading) -> Figure | None:
    """Return energy saved from gross to net, in thousand toe; None when a step is missing."""
    found = {name: thousands(r, f"note_saved_{name}") for name in STEPS}
    if None in found.values():
        return None
    steps, keys, at, w = [], [], 0.0, r.words
    for name, number in found.items():
        size = number.value * THOUSAND
        low, high = (at + size, at) if size < 0 else (0.0, size)
        at = at + size if size < 0 else size
        steps.append(note_drawings.Step(w.word(f"note.chart.{name}"), low, high, STEPS[name], number.text))
        keys += number.keys
    alt = "; ".join(f"{step.label}: {step.text}" for step in steps)
    per = r.money("note_saved_net_per_bn", unit="", variant="both") or w.missing()
    svg = note_drawings.waterfall(steps)
    return _figure(r, "waterfall", svg, w.word("note.chart.waterfall_alt", items=alt), keys, per=per)


def shares(r: Reading) -> Figure | None:
    """Return who gains by size and sector, beside each group's part of all establishments; None where not told apart."""
    groups = [("size", name) for name in SIZES]
    groups += [("sector", name) for name in _sectors(r)]
    rows, keys, items, w = [], [], [], r.words
    for axis, name in groups:
        found = [
            r.share(f"note_share_of_{what}", year=r.end, variant="both", **{axis: name})
            for what in ("extra", "establishments")
        ]
        if None in found:
            continue
        label = w.word(f"{axis}.{name}")
        texts = tuple(number.text for number in found)
        rows.append(note_drawings.Share(label, *(max(number.value, 0.0) for number in found), texts))
        items.append(w.word("note.chart.shares_item", name=label, gained=texts[0], every=texts[1]))
        keys += [key for number in found for key in number.keys]
    if not rows:
        return None
    alt = w.word("note.chart.shares_alt", items="; ".join(items))
    return _figure(r, "shares", note_drawings.shares(rows), alt, keys, end=str(r.end))


def _sectors(r: Reading) -> list[str]:
    found = {
        key[3]: value
        for key, value in r.run.cells.items()
        if key[5] == "note_share_of_extra" and key[3] != "all"
    }
    return sorted(found, key=lambda name: (-found[name], name))


def heat(r: Reading, names: Mapping[str, Province]) -> Figure | None:
    """Return who gains by size and province together, provinces region by region; None without those cells."""
    values = {
        (size, code): r.run.value("note_times_part", r.end, "mean", region=code, size=size)
        for size in SIZES for code in names
    }  # fmt: skip
    told = [code for code in names if any(values[size, code] is not None for size in SIZES)]
    known = [value for value in values.values() if value is not None]
    if not told:
        return None
    w = r.words
    scale = maps.equal_steps(known, lambda t: numbers.plain_number(t, w.language, 1))
    order = sorted(told, key=lambda code: (names[code].region, code))
    breaks = [i for i in range(1, len(order)) if names[order[i]].region != names[order[i - 1]].region]
    shades = [
        [maps.NO_VALUE if values[size, code] is None else scale.shade(values[size, code]) for code in order]
        for size in SIZES
    ]
    legend = list(zip([scale.shade(end - 1e-9) for end in scale.ends], scale.labels, strict=True))
    svg = note_panels.heat(
        [w.word(f"size.{size}") for size in SIZES],
        [names[code].name(w.language) for code in order],
        shades,
        breaks,
        legend,
    )
    most = sorted((key for key in values if values[key] is not None), key=lambda key: -values[key])[:3]
    items = "; ".join(
        w.word("note.chart.heat_item", size=w.word(f"size.{size}"), name=names[code].name(w.language),
               value=numbers.plain_number(values[size, code], w.language, 1))
        for size, code in most
    )  # fmt: skip
    keys = [r.run.key("note_times_part", r.end, "mean", region=code, size=size)
            for (size, code), value in values.items() if value is not None]  # fmt: skip
    found = _figure(r, "heat", svg, w.word("note.chart.heat_alt", items=items), keys, end=str(r.end))
    return found.model_copy(update={"width": "full"})


def province_map(
    r: Reading, geometry: Mapping[str, Any] | None, names: Mapping[str, Province]
) -> Figure | None:
    """Return how many times its part each province gets; None without provincial cells or boundaries."""
    values = r.run.by_region("note_times_part", r.end, "mean")
    order = sorted((code for code in values if code in names), key=lambda code: (-values[code], code))
    if not order or geometry is None:
        return None
    w = r.words
    scale = maps.equal_steps(
        [values[code] for code in order], lambda t: numbers.plain_number(t, w.language, 1)
    )
    shown = {code: values[code] for code in order}
    svg = maps.choropleth(geometry, shown, scale, insets(w), w.word("map.none"))

    def told(codes: list[str]) -> str:
        return ", ".join(
            f"{names[c].name(w.language)} ({numbers.plain_number(values[c], w.language, 1)})" for c in codes
        )

    number = numbers.plain_number(len(order), w.language)
    alt = w.word("note.chart.map_alt", n=number, top=told(order[:3]), bottom=told(order[-3:]))
    keys = [r.run.key("note_times_part", r.end, "mean", region=code) for code in order]
    return _figure(r, "map", svg, alt, keys, end=str(r.end))


def _amount(r: Reading, value: float | None) -> str:
    return "–" if value is None else numbers.plain_number(value, r.words.language, numbers.decimals_of(value))


def _figure(r: Reading, name: str, svg: str, alt: str, keys: list[Key], **parts) -> Figure:
    w = r.words
    caption = w.say(f"note.chart.{name}_caption", **parts)
    title = w.word(f"note.chart.{name}")
    return Figure(
        id=f"note_{name}", svg=svg, alt=alt, title=title, caption=caption, keys=tuple(keys), width="half"
    )


# Figure → its drawing from a note, and the phrase that stands in its place where there is nothing to draw.
FIGURES: Mapping[str, tuple[Callable[[Reading], Figure | None], str]] = {
    "cash": (cash, "missing_figure"),
    "claims": (claims, "note.chart.no_claims"),
    "fund": (fund, "note.chart.no_fund"),
    "tornado": (tornado, "note.chart.no_drivers"),
    "waterfall": (waterfall, "missing_figure"),
    "shares": (shares, "note.chart.no_places"),
}
