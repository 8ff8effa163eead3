"""The closed list of units of the data, the parameters and the results, with their conversions.

A unit belongs to one dimension and has one factor to the base unit of that dimension. Only units of the same
dimension convert into each other: currencies, price years and different things counted never mix silently.
A share and its percent are one dimension, so a figure printed as "34 percent" reads as the share 0.34.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cpmodel.errors import BadInput, Problem, nearest

TOE_PER_PJ = 1e15 / 41.868e9  # 1 toe = 41.868 GJ (IEA definition)
TOE_PER_GWH = 3.6e12 / 41.868e9
TOE_PER_MWH = TOE_PER_GWH / 1000


@dataclass(frozen=True)
class Unit:
    """One unit: `value · factor` is the value in the base unit of `dimension`."""

    name: str
    dimension: str
    factor: float = 1.0


# dimension: unit = factor to the base unit (the one with factor 1)
_TABLE: dict[str, dict[str, float]] = {
    "share": {"share": 1, "percent": 0.01, "percentage points": 0.01, "probability": 1},
    "share of establishments": {"share of establishments": 1, "percent of establishments": 0.01},
    "share of medium and large establishments": {"share of medium and large establishments": 1},
    "share of use per unit of product": {"share of use per unit of product": 1},
    "rate": {"1/year": 1, "share/year": 1, "percent/year": 0.01, "percentage points/year": 0.01},
    "time": {"years": 1, "months": 1 / 12, "days": 1 / 365},
    "calendar": {"year": 1},
    "VND": {"VND": 1, "m VND": 1e6, "bn VND": 1e9, "tn VND": 1e12},
    "VND/year": {"VND/year": 1, "m VND/year": 1e6, "bn VND/year": 1e9},
    "VND, current prices": {"bn VND, current prices": 1e9},
    "VND, 2010 prices": {"bn VND, 2010 prices": 1e9},
    "VND, 1994 prices": {"bn VND, 1994 prices": 1e9},
    "VND/establishment": {"VND/establishment": 1, "m VND/establishment": 1e6, "bn VND/establishment": 1e9},
    "VND/establishment/year": {"bn VND/establishment/year": 1e9},
    "USD": {"USD": 1, "m USD": 1e6, "bn USD": 1e9},
    "USD/year": {"USD/year": 1, "m USD/year": 1e6},
    "EUR": {"m EUR": 1e6},
    "DKK": {"m DKK": 1e6},
    "THB": {"m THB": 1e6},
    "RMB": {"m RMB": 1e6},
    "INR": {"lakh INR": 1e5, "crore INR": 1e7},
    "exchange rate": {"VND/USD": 1},
    "VND/energy": {"VND/kWh": 1, "m VND/toe": 1e6 * TOE_PER_MWH / 1000},
    "USD/kWh": {"USD/kWh": 1},
    "USD/litre": {"USD/litre": 1},
    "VND/t": {"VND/t": 1},
    "energy": {
        "toe": 1,
        "ktoe": 1e3,
        "PJ": TOE_PER_PJ,
        "TJ": TOE_PER_PJ / 1e3,
        "kWh": TOE_PER_MWH / 1e3,
        "MWh": TOE_PER_MWH,
        "GWh": TOE_PER_GWH,
        "TWh": TOE_PER_GWH * 1e3,
    },
    "energy/year": {
        "toe/year": 1,
        "ktoe/year": 1e3,
        "PJ/year": TOE_PER_PJ,
        "TJ/year": TOE_PER_PJ / 1e3,
        "kWh/year": TOE_PER_MWH / 1e3,
        "MWh/year": TOE_PER_MWH,
        "GWh/year": TOE_PER_GWH,
    },
    "energy/establishment/year": {"toe/establishment/year": 1},
    "energy/mass": {"kWh/t": 1, "GJ/t": 1000 / 3.6},
    "mass": {"t": 1, "kg": 1e-3, "kt": 1e3},
    "mass/year": {"t/year": 1, "kg/year": 1e-3, "kt/year": 1e3, "t/day": 365},
    "mass ratio": {"kg/t": 1},
    "CO2": {"tCO2": 1, "ktCO2": 1e3, "MtCO2": 1e6},
    "CO2/year": {"tCO2/year": 1, "tCO2e/year": 1, "ktCO2/year": 1e3, "MtCO2/year": 1e6},
    "CO2/energy": {
        "tCO2/toe": 1,
        "tCO2/TJ": 1e3 / TOE_PER_PJ,
        "tCO2/MWh": 1 / TOE_PER_MWH,
        "kgCO2/kWh": 1 / TOE_PER_MWH,
        "gCO2e/kWh": 1e-3 / TOE_PER_MWH,
    },
    "CO2/mass": {"kgCO2e/t": 1},
    "volume": {"m3": 1, "m m3": 1e6, "k m3": 1e3, "litres": 1e-3, "m litres": 1e3},
    "volume/year": {
        "m3/year": 1,
        "k m3/year": 1e3,
        "m m3/year": 1e6,
        "litres/year": 1e-3,
        "m litres/year": 1e3,
        "m3/day": 365,
    },
    "energy/volume": {"GJ/litre": 1},
    "volume/mass": {"m3/t": 1},
    "length/year": {"m/year": 1},
    "pieces/year": {"m pieces/year": 1e6},
    "persons": {"persons": 1, "k persons": 1e3},
    "area": {"km2": 1},
    "angle": {"degrees": 1},
    "person-days": {"person-days": 1},
    "assessments/year": {"assessments/year": 1},
    "assessments/FTE/year": {"assessments/FTE/year": 1},
    "projects/year": {"projects/year": 1},
    "index": {"index 2015 = 100": 1, "index 2010 = 1": 1},
    "ratio": {"ratio": 1, "times": 1, "per asset": 1},
    "logit": {"logit": 1},
    "log": {"log": 1, "log/year": 1, "log years": 1, "log 1/year": 1},
    "share of use": {"share of use": 1},
    "share of resource cost": {"share of resource cost": 1, "years of resource cost": 1},
    "share of investment": {"share of investment": 1},
    "words": {"text": 1, "flag": 1, "rule": 1, "formula": 1},
}
# Things counted: each is its own dimension, because an enterprise is not an establishment.
_COUNTED = [
    "FTE",
    "adopters",
    "assessments",
    "banks",
    "batches",
    "categories",
    "centres",
    "consumers",
    "count",
    "documents",
    "enterprises",
    "establishments",
    "events",
    "factories",
    "farmers",
    "funds",
    "generators",
    "loans",
    "measures",
    "models",
    "offices",
    "options",
    "organisations",
    "plants",
    "projects",
    "provinces",
    "rounds",
    "sessions",
    "units",
    "certificates",
]
# Units of the model's responses: each occurs in one equation and converts into nothing else.
_RESPONSES = [
    "contacts/establishment",
    "bn VND/contact",
    "bn VND/model",
    "bn VND/assessment",
    "assessments/unit/year",
    "FTE/bn VND",
    "probability/year",
    "logit per size class",
    "logit per fee share",
    "logit per cover",
    "logit per log loan",
    "1/year per bn VND/office/year",
]

# Other spellings that sources and people use, one to one.
_ALIASES = {
    "%": "percent",
    "%/year": "percent/year",
    "percent per year": "percent/year",
    "percent_per_year": "percent/year",
    "per year": "1/year",
    "billion VND": "bn VND",
    "VND billion": "bn VND",
    "VND bn": "bn VND",
    "tỷ đồng": "bn VND",
    "billion VND/year": "bn VND/year",
    "million VND": "m VND",
    "VND million": "m VND",
    "triệu đồng": "m VND",
    "trillion VND": "tn VND",
    "million USD": "m USD",
    "USD million": "m USD",
    "million EUR": "m EUR",
    "million DKK": "m DKK",
    "tonnes": "t",
    "MtCO2e/year": "MtCO2/year",
}


@cache
def units() -> dict[str, Unit]:
    """Return every known unit by its name, aliases included (an alias maps to the unit it stands for)."""
    known = {name: Unit(name, dim, f) for dim, members in _TABLE.items() for name, f in members.items()}
    known |= {name: Unit(name, name) for name in (*_COUNTED, *_RESPONSES)}
    return known | {alias: known[name] for alias, name in _ALIASES.items()}


def unit(name: str, file: object = "units", key: str = "unit") -> Unit:
    """Return the unit called `name`; raise `BadInput` at `file` and `key` with the nearest known name."""
    found = units().get(str(name).strip())
    if found is None:
        raise BadInput(unknown_unit(name, file, key))
    return found


def unknown_unit(name: str, file: object, key: str) -> Problem:
    """Return the problem to report for a unit that is not on the list."""
    near = nearest(name, units())
    fix = f"Did you mean `{near}`?" if near else "Use a unit of the closed list in `cpmodel/units.py`."
    return Problem(
        str(file), key, str(name), "This unit is not on the list, so the figure cannot be read.", fix
    )


def convert(value, source: str, target: str, file: object = "units", key: str = "unit"):
    """Return `value` (number or array), given in unit `source`, in unit `target` of the same dimension."""
    a, b = unit(source, file, key), unit(target, file, key)
    if a.dimension != b.dimension:
        why = f"`{a.name}` measures {a.dimension} and `{b.name}` measures {b.dimension}: they do not convert."
        siblings = [u.name for u in units().values() if u.dimension == b.dimension]
        fix = f"Give the figure in {', '.join(dict.fromkeys(siblings))}."
        raise BadInput(Problem(str(file), key, str(source), why, fix))
    return value * (a.factor / b.factor)
