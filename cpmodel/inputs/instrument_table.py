"""The catalogue on one day as a table, for people and for spreadsheets."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cpmodel.inputs.fields import Bilingual
from cpmodel.inputs.instrument_terms import TermsInForce
from cpmodel.inputs.instruments import Catalogue, load_catalogue

COLUMNS = ["id", "name", "country", "kinds", "comparator", "terms", "missing", "sources", "grade"]
COLUMNS += ["not_with", "note"]


def in_force(day: date, catalogue: Catalogue) -> list[TermsInForce]:
    """The terms of every instrument that has some on a day, in the catalogue's order."""
    return [catalogue.terms(name, day) for name, one in catalogue.instruments.items() if one.holds(day)]


def instruments_at(day: date, catalogue: Catalogue | None = None, language: str = "en") -> pd.DataFrame:
    """The catalogue on one day: `COLUMNS`, one row per instrument in force, its terms as text."""
    rows = []
    for found in in_force(day, catalogue or load_catalogue()):
        instrument = found.instrument
        rows.append(
            {
                "id": instrument.id,
                "name": getattr(instrument.name, language),
                "country": instrument.country,
                "kinds": ", ".join(instrument.kinds),
                "comparator": instrument.comparator,
                "terms": "; ".join(
                    f"{key} {_shown(value, language)}" for key, value in found.terms.given().items()
                ),
                "missing": getattr(instrument.missing, language, ""),
                "sources": ", ".join(sorted(set(found.sources.values()))),
                "grade": found.grade,
                "not_with": ", ".join(instrument.stacking.not_with),
                "note": " ".join(getattr(note, language) for note in found.notes),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _shown(value: object, language: str) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{tier.share:g} from {tier.improvement:g}" for tier in value)
    if isinstance(value, Bilingual):
        return getattr(value, language)
    return f"{value:g}" if isinstance(value, float) else str(value)
