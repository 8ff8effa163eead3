"""What the manifest of a fiscal note tells beside its cells: instruments with their sources, and what was assumed."""

from __future__ import annotations

from datetime import UTC, datetime

from cpmodel.analysis.financing import Pair
from cpmodel.analysis.fiscal_note import FiscalNote
from cpmodel.inputs.fields import Bilingual
from cpmodel.inputs.instrument_terms import GRADES


def facts(note: FiscalNote, pair: Pair) -> dict:
    """Return what the manifest of a note tells beside that of a run: base, alternative, and the terms on offer."""
    return {
        "kind": "finance_note",
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "against": note.against or "market terms",
        "base_year": note.base,
        "provinces": not note.incidence.empty,
        "instruments": [_instrument(one) for one in pair.world.instruments],
        "assumed": _assumed(note, pair),
    }


def _assumed(note: FiscalNote, pair: Pair) -> list[dict[str, str]]:
    """Return each thing that is assumed of the instruments where sources are silent, in both languages."""
    ids = {one.terms.instrument.id for one in pair.world.instruments}
    found = {one.key: one for one in reversed(note.remarks) if one.parts.get("name") in ids}
    return [
        {
            code: one.in_language(code).rstrip(".").removeprefix(f"{one.parts['name']}: ")
            for code in ("vi", "en")
        }
        for one in reversed(found.values())
    ]


def _instrument(one) -> dict:
    """Return one instrument as plain data: names, dates, volume, sizes, and each term with its source and grade."""
    terms = one.terms
    given = {
        name: [_plain(value), terms.sources[name], GRADES[terms.qualities[name]]]
        for name, value in terms.terms.given().items()
    }  # fmt: skip
    volume, missing = one.instrument.volume, terms.instrument.missing
    return {
        "name": one.name, "id": terms.instrument.id, "title": terms.instrument.name.model_dump(),
        "template": one.instrument.template, "opens": one.instrument.opens, "closes": one.instrument.closes,
        "volume": None if volume is None else volume.value, "sizes": one.instrument.only.sizes, "terms": given,
        "missing": None if missing is None else missing.model_dump(),
    }  # fmt: skip


def _plain(value: object) -> object:
    """Return the value of a term as JSON holds it: steps of a reward and texts in two languages as mappings."""
    if isinstance(value, tuple):
        return [dict(step) for step in value]
    return dict(value) if isinstance(value, Bilingual) else value
