"""The tables of a finance note beside its term sheet: typical projects, what a unit costs, the options compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from cpmodel.briefs import numbers
from cpmodel.briefs.note_reading import Reading
from cpmodel.briefs.tables import cell
from cpmodel.briefs.wording import filled
from cpmodel.content import Cell, Column, Number, Runs, Table

SIZES = ("small", "medium", "large")
RUNG = "technology_change"
TERMS = ("market", "support")
CASE_COLUMNS = (
    ("case", "left", 2.2),
    ("investment", "right", 1.25),
    ("irr", "right", 0.9),
    ("cover", "right", 0.95),
)
DECIDED_COLUMNS = (
    ("accepted", "right", 1.35),
    ("accepts", "right", 1.5),
    ("grant", "right", 1.5),
    ("cut", "right", 1.5),
)
SOCIETY = ("savings", "investment", "compliance", "hidden", "tax_burden", "net")
OPTION_ROWS = ("fiscal_npv", "cash_first_3", "claims_npv", "projects", "additional", "cost_per_additional", "saved_net",
               "saved_net_per_bn", *(f"social_{item}" for item in SOCIETY), "used", "small_share", "compliance")  # fmt: skip
THOUSAND = 1e-3


def typical_projects(r: Reading) -> Table | None:
    """Return typical projects by size, without support and with it; None where the note has none."""
    years = r.run.years(f"typical_payback_{RUNG}_market", "typical", size=SIZES[0])
    if not years:
        return None
    year = years[0]
    columns = [Column(label=r.words.word(f"note.typical.{n}"), align=a, weight=w) for n, a, w in CASE_COLUMNS]
    variants = " / ".join(r.variants)
    columns += [
        Column(label=r.words.word(f"note.typical.{n}", variants=variants), align=a, weight=w)
        for n, a, w in DECIDED_COLUMNS
    ]
    payback = r.ratio(f"typical_payback_{RUNG}_market", "typical", year, size=SIZES[0], variant="both")
    return Table(
        id="typical",
        caption=r.words.say("note.typical.caption", year=str(year)),
        columns=tuple(columns),
        rows=tuple(
            _case(r, size, terms, year) for size in SIZES for terms in TERMS if _has(r, size, terms, year)
        ),
        notes=(r.words.say("note.typical.note", payback=payback, year=str(year)),),
    )


def _has(r: Reading, size: str, terms: str, year: int) -> bool:
    outcome = f"typical_equity_irr_{RUNG}_{terms}"
    return r.value(outcome, "typical", year, size=size, variant="both") is not None


def _case(r: Reading, size: str, terms: str, year: int) -> tuple[Cell, ...]:
    w, where = r.words, {"size": size, "variant": "both"}

    def name(figure: str) -> str:
        return f"typical_{figure}_{RUNG}_{terms}"

    cover = r.ratio(name("least_debt_service_cover"), "typical", year, decimals=2, **where)

    def decided(show: Callable[[str], Number | Runs | str | None]) -> Cell:
        found = {v: show(v) for v in r.variants}
        same = len({str(one) for one in found.values()}) == 1 and isinstance(found[r.variants[0]], str)
        shown = r.variants[:1] if same else r.variants  # the same words are not said twice
        return cell(filled(" / ".join(f"{{{v}}}" for v in shown), {v: found[v] for v in shown}), w)

    return (
        cell(w.word(f"note.typical.{terms}", size=w.word(f"size.{size}")), w, header=True),
        cell(_investment(r, size, year) if terms == "market" else "", w),
        cell(r.share(name("equity_irr"), "typical", year, **where) or "–", w),
        cell(cover or "–", w),
        decided(
            lambda v: (
                r.ratio(name("longest_accepted_payback"), "typical", year, size=size, variant=v)
                or w.word("note.typical.always")
            )
        ),
        decided(lambda v: r.share(name("share_accepting"), "mean", year, size=size, variant=v)),
        decided(lambda v: _least(r, name("least_grant_that_is_accepted"), year, size, v)),
        decided(lambda v: _least(r, name("least_rate_cut_that_is_accepted"), year, size, v)),
    )


def _least(r: Reading, outcome: str, year: int, size: str, variant: str) -> Number | str | None:
    """Return the least support that flips a typical project, in words where none is needed or none suffices."""
    value = r.value(outcome, "typical", year, size=size, variant=variant)
    if value is None or value > 1.0:
        return r.words.word("note.typical.none_suffices")
    if value <= 0.0:
        return r.words.word("note.typical.none_needed")
    if "rate_cut" in outcome:
        return r.scaled(outcome, 100.0, statistic="typical", year=year, size=size, variant=variant)
    return r.share(outcome, "typical", year, size=size, variant=variant)


def _investment(r: Reading, size: str, year: int) -> Runs | None:
    """Return the investment from the lowest sector group to the highest."""
    outcome = f"typical_investment_{RUNG}_market"
    found = [
        r.money(outcome, "typical", year, unit="", digits=2, size=size, sector=name, variant="both")
        for name in _sectors(r, outcome)
    ]
    found = sorted((one for one in found if one), key=lambda one: one.value)
    return numbers.span(found[0], found[-1]) if found else None


def _sectors(r: Reading, outcome: str) -> list[str]:
    return sorted({key[3] for key in r.run.cells if key[5] == outcome})


def bought(r: Reading) -> Table:
    """Return what is additional and what an additional project, a toe and a tCO2 cost, variant by variant."""
    w = r.words

    def amount(outcome: str) -> Callable[[str], Number | None]:
        return lambda v: r.money(outcome, unit="", variant=v)

    shown: dict[str, Callable[[str], Number | None]] = {
        "projects": lambda v: r.count("note_projects", variant=v),
        "additional": lambda v: r.count("note_additional", variant=v),
        "additional_share": lambda v: r.share("note_additional_share", variant=v),
        "free_riders": lambda v: r.share("note_free_riders", variant=v),
        "cost_per_additional": amount("note_cost_per_additional"),
    } | {
        f"{unit}_{base}": amount(f"note_cost_per_{unit}_{base}_life_discounted")
        for unit in ("toe", "tCO2")
        for base in ("net", "gross")
    }
    funds = r.ratio("note_cost_of_funds", "fixed", decimals=2, variant="both")
    return Table(
        id="bought",
        caption=w.say("note.bought.caption"),
        columns=(
            Column(label=w.word("note.bought.item"), weight=4.2),
            *(Column(label=v, align="right") for v in r.variants),
        ),
        rows=tuple(
            (
                cell(w.word(f"note.bought.{name}"), w, header=True),
                *(cell(show(v) or "–", w) for v in r.variants),
            )
            for name, show in shown.items()
        ),
        notes=(w.say("note.bought.note", funds=funds or w.missing()),),
        width="half",
    )


def options_table(readings: Sequence[Reading], parameters: pd.DataFrame) -> Table:
    """Return the options side by side: no change first, then one column a note, with the same criteria for all."""
    w = readings[0].words
    heads = [w.word("note.options.none"), *(r.run.title(w.language) for r in readings)]
    return Table(
        id="options",
        caption=w.say("note.options.caption"),
        columns=(
            Column(label=w.word("note.options.criterion"), weight=3.5),
            *(Column(label=head, align="right", weight=1.6) for head in heads),
        ),
        rows=tuple(
            (
                cell(w.word(f"note.options.{name}"), w, header=True),
                cell(_nothing(readings[0], name), w),
                *(cell(_criterion(r, name, parameters) or "–", w) for r in readings),
            )
            for name in OPTION_ROWS
        ),
        notes=(w.say("note.options.note"),),
    )


def _nothing(r: Reading, name: str) -> Number | str:
    """Return what a world without support has: nought by definition, or nothing to tell."""
    if name in ("cost_per_additional", "saved_net_per_bn", "used", "small_share"):
        return "–"
    return numbers.amount(0.0, r.words.language, "", origin="the yardstick: no support, so no change to it")


def _criterion(r: Reading, name: str, parameters: pd.DataFrame) -> Runs | Number | None:
    outcome = f"note_{name}"
    if name == "fiscal_npv":
        middle, band = (
            r.money(outcome, unit=""),
            [r.money(outcome, s, unit="", digits=2) for s in ("p10", "p90")],
        )
        return None if middle is None or None in band else numbers.with_range(middle, *band)
    if name == "cash_first_3":
        return r.money(outcome, unit="", variant="both")
    if name == "claims_npv":
        return r.money(outcome, "p95", unit="")
    if name.startswith("social_"):
        found = r.by_variant(outcome, lambda o, variant: r.money(o, unit="", variant=variant))
        return found and (
            r.words.say("note.either", h1=found["H1"], h2=found["H2"]) if len(found) > 1 else found[r.whole]
        )
    if name == "additional":
        found = r.by_variant(outcome, r.count)
        if not found or len(found) < 2:
            return r.count(outcome)
        return r.words.say("note.either", h1=found["H1"], h2=found["H2"])
    if name == "used":
        return r.share("note_volume_used_share", variant="both")
    if name == "saved_net":
        return thousands(r, outcome)
    if name == "saved_net_per_bn":
        return r.money(outcome, unit="", variant="both")
    if name == "small_share":
        return _small(r)
    if name == "compliance":
        return _compliance(r, parameters)
    return r.money(outcome, unit="") if name == "cost_per_additional" else r.count(outcome)


def thousands(r: Reading, outcome: str) -> Number | None:
    """Return a sum of toe in thousands."""
    return r.scaled(outcome, THOUSAND)


def _small(r: Reading) -> Number | None:
    """Return the part of micro and small establishments among those that adopt because of the credit."""
    keys = [
        r.key("note_share_of_extra", year=r.end, size=size, variant="both") for size in ("micro", "small")
    ]
    values = [r.run.get(key) for key in keys]
    return None if None in values else numbers.percent(sum(values), r.words.language, *keys, how="sum")


def _compliance(r: Reading, parameters: pd.DataFrame) -> Runs | None:
    """Return what an application costs the applicant, as the parameter table has it, the largest and the smallest size."""
    rows = parameters[parameters["name"] == "application_cost"] if not parameters.empty else parameters
    found = dict(zip(rows.get("size", ()), rows.get("median", ()), strict=True))
    if not {"large", "micro"} <= set(found):
        return None
    shown = {
        size: numbers.percent(
            float(found[size]), r.words.language, origin=f"parameter application_cost, {size}, median"
        )
        for size in ("large", "micro")
    }
    return r.words.say("note.options.compliance_cell", **shown)
