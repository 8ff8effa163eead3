"""Provinces by code or by name: Vietnamese or English, any Unicode form, with or without marks and prefix."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cpmodel.errors import nearest
from cpmodel.inputs.yaml_text import read_text

PREFIXES = re.compile(r"^(tỉnh|thành phố|tp\.?|tinh|thanh pho|province of|city of)\s+", re.IGNORECASE)
SUFFIXES = re.compile(r"\s+(province|city)$", re.IGNORECASE)
OTHER_NAMES = {
    "TPHCM": "Hồ Chí Minh",
    "HCM": "Hồ Chí Minh",
    "HCMC": "Hồ Chí Minh",
    "Sài Gòn": "Hồ Chí Minh",
    "Huế": "Thừa Thiên Huế",
    "Đắc Lắc": "Đắk Lắk",
    "Daklak": "Đắk Lắk",
    "Bắc Cạn": "Bắc Kạn",
    "Vũng Tàu": "Bà Rịa - Vũng Tàu",
}


def bare(name: str) -> str:
    """Return a name reduced to plain small letters: no marks, spaces, hyphens or administrative prefix."""
    name = " ".join(unicodedata.normalize("NFC", str(name)).replace("–", "-").split())
    name = SUFFIXES.sub("", PREFIXES.sub("", name)).casefold().replace("đ", "d")
    return "".join(c for c in unicodedata.normalize("NFKD", name) if c.isascii() and c.isalnum())


@dataclass(frozen=True)
class Places:
    """The places that are known: `names` maps each code to its (Vietnamese, English) name.

    members   code → codes of the provinces of the Decision that a unit of July 2025 is made of; empty: each is its own
    earlier   names of those provinces by code; empty: they are the places themselves
    """

    names: Mapping[str, tuple[str, str]]
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    earlier: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def provinces(self) -> Mapping[str, tuple[str, str]]:
        """Names of the provinces of the Decision, by code."""
        return self.earlier or self.names

    def within(self, code: str) -> tuple[str, ...]:
        """Return the provinces of the Decision that a place is made of."""
        return self.members.get(code, (code,))

    def code(self, place: object) -> str | None:
        """Return the code of a province given by code or name, or None when it is not known."""
        text = (
            f"{place:02d}" if isinstance(place, int) and not isinstance(place, bool) else str(place).strip()
        )
        if text in self.names:
            return text
        wanted = {bare(text)} | {bare(to) for name, to in OTHER_NAMES.items() if bare(name) == bare(text)}
        found = {code for code, names in self.names.items() if wanted & set(map(bare, names))}
        return found.pop() if len(found) == 1 else None

    def nearest(self, place: object) -> str | None:
        """Return the province spelled most like `place`, as `Vietnamese name (code)`, or None."""
        by_bare = {bare(name): code for code, names in self.names.items() for name in names}
        close = nearest(bare(str(place)), by_bare)
        return f"{self.names[by_bare[close]][0]} ({by_bare[close]})" if close else None


def read_units(path: str | Path) -> Places:
    """Read the units of July 2025 from the crosswalk of provinces; a unit's English name is that of its namesake."""
    rows = list(csv.DictReader(io.StringIO(read_text(path).removeprefix("\ufeff"))))
    english = {row["name_vi"]: row["name_en"] for row in rows}
    units = {row["new_province_code"]: row["new_name_vi"] for row in rows}
    return Places({code: (name, english.get(name, name)) for code, name in sorted(units.items())})


def read_places(path: str | Path) -> Places:
    """Read the provinces from a CSV with the columns province_code, name_vi, name_en."""
    rows = csv.DictReader(io.StringIO(read_text(path).removeprefix("\ufeff")))
    return Places({row["province_code"]: (row["name_vi"], row["name_en"]) for row in rows})


def places_in(data: Path, year: int | None = None) -> Places:
    """Return the places that report for a year: the units of July 2025 once they are in force by its end.

    data   the folder of `provinces.csv` and `provinces_2025.csv`   year   None: the 63 provinces of the Decision
    """
    old = read_places(data / "provinces.csv")
    rows = list(csv.DictReader(io.StringIO(read_text(data / "provinces_2025.csv").removeprefix("\ufeff"))))
    if year is None or any(int(row["effective_date"][:4]) > year for row in rows):
        return old
    english = dict(old.names.values())
    names, members = {}, {}
    for row in sorted(rows, key=lambda row: row["new_province_code"]):
        code, name = row["new_province_code"], row["new_name_vi"]
        names[code] = (name, english.get(name, name))
        members[code] = (*members.get(code, ()), row["province_code"])
    return Places(names, members, old.names)
