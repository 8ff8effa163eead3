"""What the manifest of a fiscal note tells beside its cells: instruments with their sources, and what was assumed."""

from __future__ import annotations

from datetime import UTC, datetime

from cpmodel.analysis.financing import Pair
from cpmodel.analysis.fiscal_note import FiscalNote
from cpmodel.inputs.instrument_terms import GRADES
from cpmodel.inputs.remarks import Remark


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
    """Return what was assumed where sources are silent, in both languages; instruments of one assumption together."""
    titles = {one.terms.instrument.id: one.terms.instrument.name for one in pair.world.instruments}
    groups: dict[str, list[Remark]] = {}
    for one in note.remarks:
        if one.parts.get("name") in titles:
            groups.setdefault(one.key, []).append(one)
    return [
        {
            language: group[0].in_language(language).rstrip(".").replace(
                group[0].parts["name"],
                ", ".join(getattr(titles[one.parts["name"]], language) for one in group), 1,
            )
            for language in ("vi", "en")
        }
        for group in groups.values()
    ]  # fmt: skip


def _instrument(one) -> dict:
    """Return one instrument as plain data: names, dates, volume, sizes, and each term with its source and grade."""
    terms = one.terms
    given = {
        name: [list(map(dict, value)) if isinstance(value, tuple) else value, terms.sources[name],
               GRADES[terms.qualities[name]]]
        for name, value in terms.terms.given().items()
    }  # fmt: skip
    volume, missing = one.instrument.volume, terms.instrument.missing
    return {
        "name": one.name, "id": terms.instrument.id, "title": terms.instrument.name.model_dump(),
        "template": one.instrument.template, "opens": one.instrument.opens, "closes": one.instrument.closes,
        "volume": None if volume is None else volume.value, "sizes": one.instrument.only.sizes, "terms": given,
        "missing": None if missing is None else missing.model_dump(),
    }  # fmt: skip
