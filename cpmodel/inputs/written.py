"""One scenario file in plain form: years written out, money in bn VND/year, provinces as codes.

This is done file by file before anything is merged, so that an overlay can change one year of a range.
`where` maps each key path of the file to its origin; the years written out are added to it.
"""

from __future__ import annotations

import re
import unicodedata

from cpmodel.axes import COMPONENT_PROJECTS, FUNDING_SOURCES
from cpmodel.errors import Problems, nearest
from cpmodel.inputs.complaints import Origin, problem_at
from cpmodel.inputs.places import Places
from cpmodel.inputs.yaml_text import KeyPath

Where = dict[KeyPath, Origin]
YEARS = re.compile(r"^\s*(\d{4})\s*(?:[-–]\s*(\d{4})\s*)?$")
AMOUNT_UNITS = {  # factor to bn VND/year
    "bn VND/year": 1.0,
    "billion VND/year": 1.0,
    "VND billion/year": 1.0,
    "tỷ đồng/năm": 1.0,
    "million VND/year": 1e-3,
    "m VND/year": 1e-3,
    "triệu đồng/năm": 1e-3,
}


def refuse_mixed_prices(
    budgets: dict, inherited: object, where: Where, file: str, problems: Problems
) -> None:
    amounts = isinstance(inherited, dict) and any(
        isinstance(inherited.get(p), dict) for p in COMPONENT_PROJECTS
    )
    before = inherited.get("price_year", 2010) if amounts else None
    stated = budgets.get("price_year", before)
    if amounts and stated != before:
        why = (
            f"The inherited amounts stand at prices of {before}; amounts of two price years cannot be mixed."
        )
        path = ("budgets", "price_year")
        fix = f"State the amounts at prices of {before}, or do not extend a scenario that has amounts."
        problems.found.append(problem_at(where, path, file, stated, why, fix))


def plain_budgets(budgets: dict, unit: object, where: Where, file: str, problems: Problems) -> dict:
    """Return the budgets of one file with years written out and amounts in bn VND/year."""
    factor = _unit_factor(unit, ("budgets", "unit"), where, file, problems)
    plain = dict(budgets)
    if "unit" in plain:
        plain["unit"] = "bn VND/year"
    for project in COMPONENT_PROJECTS:
        sources = plain.get(project)
        if isinstance(sources, dict):
            plain[project] = {
                source: _by_year(years, factor, ("budgets", project, source), where, file, problems)
                if source in FUNDING_SOURCES
                else years
                for source, years in sources.items()
            }
    return plain


def _by_year(
    years: object, factor: float, path: KeyPath, where: Where, file: str, problems: Problems
) -> object:
    """Return {year: amount}; record for each year the key and line as they were written."""
    if not isinstance(years, dict):
        return years
    plain: dict[str, object] = {}
    own = {(*path, key): where[(*path, key)] for key in years}  # before years are added below
    for key, amount in years.items():
        match = YEARS.match(str(key))
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if last < first or not 1990 <= first <= last <= 2100:
            why = "A year (1990 to 2100) or a range of years, the earlier first, is expected here."
            fix = 'Write `"2012": 5` or `"2010-2015": 5`.'
            problems.found.append(problem_at(own, (*path, key), file, key, why, fix))
            continue
        twice = [year for year in range(first, last + 1) if str(year) in plain]
        if twice:
            why = f"{twice[0]} is given twice in this list, so it is unclear which amount is meant."
            fix = "Split the range so that each year stands once."
            problems.found.append(problem_at(own, (*path, key), file, amount, why, fix))
        for year in range(first, last + 1):
            number = isinstance(amount, int | float) and not isinstance(amount, bool)
            plain[str(year)] = amount * factor if number and factor != 1 else amount
            where[(*path, str(year))] = own[(*path, key)]
    return plain


def _unit_factor(unit: object, path: KeyPath, where: Where, file: str, problems: Problems) -> float:
    name = " ".join(unicodedata.normalize("NFC", str(unit)).split())
    by_small = {known.casefold(): factor for known, factor in AMOUNT_UNITS.items()}
    if name.casefold() in by_small:
        return by_small[name.casefold()]
    near = nearest(name, AMOUNT_UNITS)
    why = "This unit is not known for money in a year, so the amounts cannot be read."
    fix = f"Did you mean `{near}`?" if near else f"Known: {', '.join(AMOUNT_UNITS)}."
    problems.found.append(problem_at(where, path, file, unit, why, fix))
    return 1.0


def _text(place: object) -> object:
    return str(place) if isinstance(place, int) and not isinstance(place, bool) else place


def plain_credit(data: dict, places: Places, where: Where, file: str, problems: Problems) -> dict:
    """Return the mapping of one file with volumes in bn VND/year and provinces as codes."""
    if not isinstance(data.get("credit"), dict):
        return data
    credit = dict(data["credit"])
    for name, instrument in credit.items():
        if not isinstance(instrument, dict):
            continue
        instrument = dict(instrument)
        volume, only = instrument.get("volume"), instrument.get("only")
        if isinstance(volume, dict) and "unit" in volume:
            path = ("credit", name, "volume", "unit")
            factor = _unit_factor(volume["unit"], path, where, file, problems)
            value = volume.get("value")
            number = isinstance(value, int | float) and not isinstance(value, bool) and factor != 1
            instrument["volume"] = (
                volume | {"unit": "bn VND/year"} | ({"value": value * factor} if number else {})
            )
        if isinstance(only, dict) and isinstance(only.get("provinces"), list):
            codes = [places.code(place) or _text(place) for place in only["provinces"]]
            instrument["only"] = only | {"provinces": codes}
        credit[name] = instrument
    return data | {"credit": credit}
