"""`cpmodel instruments`: the dated catalogue, each instrument's terms in words, with source, gaps and what may stack."""

from __future__ import annotations

import functools
import json
import typing
from datetime import date
from typing import Annotated

import typer

from cpmodel.cli.application import LANGUAGES, AsJson, app
from cpmodel.cli.printing import Words, wrapped
from cpmodel.errors import Problems

if typing.TYPE_CHECKING:
    from cpmodel.inputs.instrument_terms import Instrument, TermsInForce


@app.command()
def instruments(
    at: Annotated[str | None, typer.Option(help="A day, such as 2018-06-01; default: today.")] = None,
    language: Annotated[str, typer.Option(help="vi or en")] = "en",
    as_json: AsJson = False,
) -> None:
    """Show the dated catalogue of financing instruments as it stood on a day: terms, source, what stacks with what."""
    from cpmodel.inputs.instrument_table import in_force, instruments_at
    from cpmodel.inputs.instruments import load_catalogue

    problems = Problems()
    try:
        day = date.fromisoformat(at) if at else date.today()
    except ValueError:
        problems.add(
            "command line", "--at", at, "This is not a day.", "Write YYYY-MM-DD, such as 2018-06-01."
        )
    if language not in LANGUAGES:
        why = "The catalogue is printed in Vietnamese and English."
        problems.add("command line", "--language", language, why, "Use vi or en.")
    problems.raise_if_any()
    catalogue = load_catalogue()
    if as_json:
        table = instruments_at(day, catalogue, language)
        typer.echo(json.dumps(table.to_dict("records"), ensure_ascii=False, indent=1))
        return
    names = {name: getattr(one.name, language) for name, one in catalogue.instruments.items()}
    typer.echo(catalogue_text(in_force(day, catalogue), day, Words(language), names))


def catalogue_text(found: list[TermsInForce], day: date, w: Words, names: dict[str, str]) -> str:
    """Return the catalogue of a day as text: Viet Nam's instruments first, then the comparators.

    names    id → name of every instrument, for those that may not stand together
    """
    shown_day = f"{day:%d/%m/%Y}" if w.language == "vi" else f"{day.day} {day:%B %Y}"
    parts = [w("catalogue.title", day=shown_day)]
    for head, abroad in (("home", False), ("abroad", True)):
        these = [one for one in found if one.instrument.comparator is abroad]
        parts.append(w(f"catalogue.{head}", count=len(these)))
        parts += [_entry(one, w, names) for one in these] or ["  " + w("catalogue.none")]
    return "\n\n".join([*parts, wrapped(w("catalogue.use"), "")])


def _entry(one: TermsInForce, w: Words, names: dict[str, str]) -> str:
    instrument = one.instrument
    kinds = ", ".join(w(f"instrument_kind.{kind}") for kind in instrument.kinds)
    abroad = f" · {instrument.country}" if instrument.comparator else ""
    grade = w("catalogue.grade", grade=one.grade)
    sources = ", ".join(sorted(set(one.sources.values())))
    barred = (names.get(name) or w(f"instrument_kind.{name}") for name in instrument.stacking.not_with)
    lines = {
        "terms": "; ".join(phrase for name, value in one.terms.given().items() for phrase in said(name, value, w)),
        "source": f"{sources} ({grade})",
        "who": _who(instrument, w),
        "not_with": ", ".join(barred),
        "stacking": _told(instrument.stacking.note, w),
        "missing": _told(instrument.missing, w),
        "note": " ".join(_told(note, w) for note in one.notes),
        "record": _told(instrument.record, w),
    }  # fmt: skip
    head = f"  {instrument.id} · {getattr(instrument.name, w.language)} · {kinds}{abroad}"
    told = [wrapped(f"{w(f'catalogue.{name}')}: {text}", "      ") for name, text in lines.items() if text]
    return "\n".join([head, *told])


def _who(instrument: Instrument, w: Words) -> str:
    who = instrument.eligibility
    sizes = ", ".join(w(f"size.{size}") for size in who.sizes or ())
    sectors = w("catalogue.sectors", codes=", ".join(who.sectors)) if who.sectors else ""
    provinces = w("catalogue.provinces", codes=", ".join(who.provinces)) if who.provinces else ""
    return "; ".join(part for part in (sizes, sectors, provinces, _told(who.note, w)) if part)


def _told(text: object, w: Words) -> str:
    return getattr(text, w.language, "") or ""


def said(name: str, value: object, w: Words) -> list[str]:
    """Return a term of an instrument in words, one phrase for each step of a reward.

    name, value    as in `Terms.given()`; shares come as 0–1 and are printed in per cent
    """
    if name == "reward_tiers":
        return [
            w("term.reward_tier", share=_figure("share", tier.share, w),
              improvement=_figure("improvement", tier.improvement, w))
            for tier in value
        ]  # fmt: skip
    if name == "profile":
        return [w(f"term.profile.{value}")]
    return [w(f"term.{name}", value=_told(value, w) or _figure(name, value, w))]


def _figure(name: str, value: object, w: Words) -> str:
    if not isinstance(value, float):
        return str(value)
    share = name in _shares()
    shown = round(100.0 * value if share else value, 6)
    decimals = next((n for n in range(3) if round(shown, n) == shown), 2)
    return ("0" if shown == 0.0 else w.number(shown, decimals)) + ("%" if share else "")


@functools.cache
def _shares() -> frozenset[str]:
    """Return the names of the terms that are shares, so that they can be told in per cent."""
    from cpmodel.inputs.instrument_terms import Share, Terms, Tier

    def is_share(annotation: object) -> bool:
        return annotation == Share or any(map(is_share, typing.get_args(annotation)))

    kinds = {
        **typing.get_type_hints(Terms, include_extras=True),
        **typing.get_type_hints(Tier, include_extras=True),
    }
    return frozenset(name for name, kind in kinds.items() if is_share(kind))
