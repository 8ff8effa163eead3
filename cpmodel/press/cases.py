"""The cases that a brief is printed for, by parameter of its notebook: those listed in a batch, or `all` that are known."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.errors import Problems, nearest
from cpmodel.inputs.annual_form import annual_form
from cpmodel.inputs.places import Places, read_places, read_units
from cpmodel.inputs.yaml_text import read_text

ALL = "all"
NAMED = ("province", "respondent")  # parameters whose cases may be given by name, in any spelling
KNOWN = ("province", "respondent", "sector", "project")  # parameters whose cases the project lists
ADDRESSEE = "BCT"  # the Ministry of Industry and Trade, to which all others report (V.3)
SAFE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$")


def cases_of(
    parameter: str, given: object, parameters: Mapping[str, object], root: Path, where: tuple[str, str],
    problems: Problems,
) -> list[str]:  # fmt: skip
    """Return the cases of a parameter, places as codes; one that is not known, or no safe name, is a problem.

    parameters    the notebook's others: `units` says which places there are   where    file and key, as errors name them
    """
    known = known_cases(parameter, parameters, root)
    if given == ALL:
        if known is None:
            problems.add(*where, given, f"`all` is known of {', '.join(KNOWN)} only.", "List the cases.")
        return known or []
    found, places = [], places_of(parameters, root) if parameter in NAMED else None
    for case in map(str, given):
        code = case if places is None or case in (known or ()) else places.code(case)
        if code is None or (known is not None and code not in known):
            near = (places and places.nearest(case)) or nearest(str(case), known or [])
            fix = f"Did you mean `{near}`?" if near else f"Known: {', '.join(known or [])}."
            problems.add(*where, case, "There is no such case.", fix)
        elif not SAFE.match(code):
            why = "A case names a folder: letters, digits, `-` and `_` only."
            problems.add(*where, case, why, "Use an id instead of a name.")
        else:
            found.append(code)
    return list(dict.fromkeys(found))


def known_cases(parameter: str, parameters: Mapping[str, object], root: Path) -> list[str] | None:
    """Return every case of a parameter that the project lists, or None for other parameters."""
    if parameter == "project":
        return list(COMPONENT_PROJECTS)
    if parameter == "province":
        return list(places_of(parameters, root).names)
    if parameter == "respondent":
        others = [code for code in annual_form()["ministries"] if code != ADDRESSEE]
        return [*others, *places_of({}, root).names]
    if parameter == "sector":
        rows = csv.DictReader(io.StringIO(read_text(root / "data" / "sectors.csv").removeprefix("\ufeff")))
        return list(dict.fromkeys(row["sector"] for row in rows))
    return None


def places_of(parameters: Mapping[str, object], root: Path) -> Places:
    """Return the provinces of the Decision; the units of July 2025 where the notebook is told `units: "34"`."""
    if str(parameters.get("units", "")) == "34":
        return read_units(root / "data" / "provinces_2025.csv")
    return read_places(root / "data" / "provinces.csv")
