"""Provinces, and the units of July 2025, as parts of the country: found by name or code, listed, told apart."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cpmodel.briefs import numbers
from cpmodel.briefs.parts import Part
from cpmodel.briefs.places import provinces
from cpmodel.briefs.wording import Wording
from cpmodel.content import Number
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.places import Places

UNITS = {"63": "province", "34": "unit"}  # the provinces of the Decision; the units of July 2025


def find_place(data: Path, place: str, units: str, language: str) -> Part:
    """Return the province (`units` 63) or the unit of 2025 (34) of that name or code; see `inputs.places`.

    Raises `BadInput`, with the nearest name, when it is not known. The code of a unit may carry its mark (`unit_31`).
    """
    if units not in UNITS:
        fix = "Use 63 for the provinces of the Decision, 34 for the units of July 2025."
        raise BadInput(Problem("brief", "units", units, "There is no such list of places.", fix))
    every = all_places(data, UNITS[units], language)
    names = {p.code.removeprefix("unit_"): names for p, names in zip(every, _names(data, units), strict=True)}
    known = Places(names)
    code = known.code(place.removeprefix("unit_"))
    if code is None:
        raise BadInput(_not_found(data, place, units, language, known))
    return next(p for p in every if p.code.removeprefix("unit_") == code)


def _not_found(data: Path, place: str, units: str, language: str, known: Places) -> Problem:
    """Return what is wrong with a name; a province that became part of a unit is told which."""
    why = "No province has this name or code." if units == "63" else "No unit of July 2025 is called so."
    near = known.nearest(place)
    fix = f"Did you mean `{near}`?" if near else "Give a name or a code of `data/provinces.csv`."
    if units == "34":
        old = Places({p.code: (p.name_vi, p.name_en) for p in provinces(data).values()}).code(place)
        of = [p for p in all_places(data, "unit", language) if old in member_codes(data, p)]
        fix = f"It is part of `{of[0].name}` ({of[0].code.removeprefix('unit_')})." if of else fix
    return Problem("brief", "province", place, why, fix)


def all_places(data: Path, kind: str, language: str) -> list[Part]:
    """Return every province, or every unit of 2025, as a part of the country, by code."""
    if kind == "province":
        found = provinces(data).values()
        return [Part(kind, p.code, p.name(language), {"region": p.code}) for p in found]
    rows, places = _crosswalk(data), provinces(data)
    found = []
    for code, members in sorted(rows.groupby("new_province_code")["province_code"]):
        name = rows.loc[rows["new_province_code"] == code, "new_name_vi"].iloc[0]
        english = next((p.name_en for p in places.values() if p.name_vi == name), name)
        within = tuple(places[c].name(language) for c in members)
        region = f"unit_{code}"
        found.append(Part(kind, region, name if language == "vi" else english, {"region": region}, within))
    return found


def member_codes(data: Path, part: Part) -> list[str]:
    """Return the codes of the provinces of the Decision that a part is made of."""
    if part.kind == "province":
        return [part.code]
    rows = _crosswalk(data)
    return list(rows.loc[rows["new_province_code"] == part.code.removeprefix("unit_"), "province_code"])


def number_of_places(part: Part, words: Wording) -> Number:
    """Return how many places a part is ranked among."""
    units = next(units for units, kind in UNITS.items() if kind == part.kind)
    return numbers.amount(float(units), words.language, "", origin=f"number of {part.kind}s")


def region_codes(data: Path) -> dict[str, str]:
    """Return province code → code of its socio-economic region."""
    rows = pd.read_csv(data / "provinces.csv", dtype=str, keep_default_na=False)
    return dict(zip(rows["province_code"], rows["region_code"], strict=True))


def _names(data: Path, units: str) -> list[tuple[str, str]]:
    pairs = zip(*(all_places(data, UNITS[units], language) for language in ("vi", "en")), strict=True)
    return [(vi.name, en.name) for vi, en in pairs]


def _crosswalk(data: Path) -> pd.DataFrame:
    return pd.read_csv(data / "provinces_2025.csv", dtype=str, keep_default_na=False)
