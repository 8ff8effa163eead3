"""The term sheet of a finance note: what each instrument offers, to whom, and which source says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpmodel.briefs import numbers
from cpmodel.briefs.messages import separated
from cpmodel.briefs.note_reading import Reading
from cpmodel.briefs.tables import cell
from cpmodel.briefs.wording import joined
from cpmodel.content import Cell, Column, Number, Runs, Table, Text

SHARES = (
    "rate", "rate_of_commercial", "rate_floor_of_commercial", "interest_subsidy", "loan_share", "min_equity_share",
    "collateral_share", "cover", "fee", "grant_share", "reward_share", "tax_rate", "deduction_share",
)  # fmt: skip
COUNTS = (
    "tenor",
    "grace",
    "supported_months",
    "preferential_years",
    "exempt_years",
    "half_years",
    "depreciation_factor",
)
ORDER = (*SHARES[:4], *COUNTS[:3], *SHARES[4:], *COUNTS[3:], "most")
COLUMNS = (("instrument", "left", 2.6), ("open", "left", 0.95), ("who", "left", 1.25), ("terms", "left", 4.2),
           ("volume", "right", 1.15), ("source", "left", 1.0))  # fmt: skip


def term_sheet(r: Reading) -> Table:
    """Return one row an instrument: name, dates, sizes, terms with their sources, volume."""
    opened = r.run.manifest["instruments"]
    lacking = [one for one in opened if one["missing"]]
    told = " ".join(
        r.words.word("note.terms.missing", name=_title(r, one), text=one["missing"][r.words.language])
        for one in lacking
    )
    notes = [
        r.words.say("note.terms.note", missing=told) if told else r.words.say("note.terms.note_complete")
    ]
    assumed = _assumed(r)
    if assumed:
        notes.append(r.words.say("note.terms.assumed", told=assumed))
    return Table(
        id="terms",
        caption=r.words.say("note.terms.caption"),
        columns=tuple(
            Column(label=r.words.word(f"note.terms.{n}"), align=a, weight=w) for n, a, w in COLUMNS
        ),
        rows=tuple(_row(r, one) for one in opened),
        notes=tuple(notes),
    )


def _assumed(r: Reading) -> str:
    """Return what was assumed, each thing once: what each instrument lacks is told before."""
    told = [one for one in r.run.manifest["assumed"] if not _figures_in(one["en"])]
    return "; ".join(dict.fromkeys(one[r.words.language] for one in told))


def _figures_in(text: str) -> bool:
    """Figures stand in the table with their sources; a remark that repeats one is left to `cpmodel finance`."""
    return any(sign.isdigit() for sign in text)


def _title(r: Reading, one: Mapping[str, Any]) -> str:
    return str(one["title"][r.words.language])


def _row(r: Reading, one: Mapping[str, Any]) -> tuple[Cell, ...]:
    w, volume = r.words, one["volume"]
    opens, closes = (str(int(one[end])) if one[end] is not None else "" for end in ("opens", "closes"))
    open_ = (
        w.word("note.terms.between", opens=opens, closes=closes)
        if closes
        else w.word("note.terms.from", opens=opens)
    )
    sizes = ", ".join(w.word(f"size.{name}").lower() for name in one["sizes"] or ())
    shown = None
    if volume is not None:
        shown = numbers.amount(volume, w.language, "", origin=f"scenario credit.{one['name']}.volume")
    return (
        cell(_title(r, one), w, header=True),
        cell(open_, w),
        cell(sizes or w.word("note.terms.every_size"), w),
        cell(terms_of(r, one), w),
        cell(shown if shown else "–", w),
        cell(_sources(one), w),
    )


def terms_of(r: Reading, one: Mapping[str, Any]) -> Runs:
    """Return the terms of an instrument as one phrase each; terms without a phrase bear on a sheet only."""
    found = [
        r.words.say(f"note.terms.{name}", value=_figure(r, one, name))
        for name in ORDER
        if name in one["terms"]
    ]
    if "reward_tiers" in one["terms"]:
        value, source, grade = one["terms"]["reward_tiers"]
        origin = {"origin": f"{one['template']} reward_tiers, {source} ({grade})"}
        found += [
            r.words.say(
                "note.terms.reward_tier",
                **{
                    name: numbers.percent(tier[name], r.words.language, **origin)
                    for name in ("share", "improvement")
                },
            )
            for tier in value
        ]
    return joined(separated(found, "; ")) or (Text(text="–"),)


def _figure(r: Reading, one: Mapping[str, Any], name: str) -> Number:
    value, source, grade = one["terms"][name]
    origin = f"{one['template']} {name}, {source} ({grade})"
    if name in SHARES:
        decimals = (
            0 if round(100 * value, 6) == round(100 * value) else 1 if round(1000 * value, 6) % 1 == 0 else 2
        )
        return numbers.percent(value, r.words.language, decimals=decimals, origin=origin)
    decimals = 0 if float(value).is_integer() else 1
    return numbers.amount(value, r.words.language, "", decimals=decimals, origin=origin)


def _sources(one: Mapping[str, Any]) -> str:
    shown = [one["terms"][name] for name in (*ORDER, "reward_tiers") if name in one["terms"]]
    return ", ".join(sorted({f"{source} ({grade})".replace(" ", numbers.NBSP) for _, source, grade in shown}))
