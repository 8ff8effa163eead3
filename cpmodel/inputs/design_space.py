"""What a design search may choose from: bounds of terms by kind of instrument, and who may be eligible.

The file is `data/design_space.yaml`. Every bound says why it stands there, its grade and its source. Terms are those of
the catalogue, so they are checked as any scenario's terms are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from cpmodel.axes import SIZES
from cpmodel.errors import BadInput, Problems, nearest
from cpmodel.inputs.datasets import read
from cpmodel.inputs.fields import Bilingual
from cpmodel.inputs.instrument_terms import Terms
from cpmodel.inputs.instruments import parse_terms
from cpmodel.inputs.parameters import GRADES
from cpmodel.inputs.project import project_root
from cpmodel.inputs.yaml_text import read_yaml

FILE = "data/design_space.yaml"
AXES = ("sizes", "sectors", "provinces")
SECTIONS = ("kinds", "not_searched", "eligibility")
OF_A_KIND = ("label", "bounds", "fixed", "volume", "not_with")
OF_A_BOUND = ("low", "high", "step", "scale", "reason", "grade", "source")
OF_A_FIXED = ("value", "reason", "grade", "source")
OF_A_CHOICE = ("members", "label", "reason", "grade", "source")


@dataclass(frozen=True)
class Bound:
    """Between what a term may lie, in the term's unit; `step` is what it is rounded to."""

    low: float
    high: float
    step: float
    logarithmic: bool = False

    def at(self, position: float) -> float:
        """Return the value at a position in [0, 1), rounded to the step and kept within the bounds."""
        if self.logarithmic:
            value = self.low * (self.high / self.low) ** position
        else:
            value = self.low + (self.high - self.low) * position
        rounded = round(value / self.step) * self.step
        return float(np.round(min(max(rounded, self.low), self.high), 9))


@dataclass(frozen=True)
class Kind:
    """A kind of instrument: term → bounds, term → fixed value, yearly volume [bn VND/year] if it has one."""

    name: str
    label: Bilingual
    bounds: Mapping[str, Bound]
    fixed: Mapping[str, float]
    volume: Bound | None
    not_with: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """Who may apply along one axis. named    the members as a scenario names them: sizes, sector groups, provinces"""

    name: str
    label: Bilingual
    members: tuple[str, ...]
    named: tuple[str, ...]


@dataclass(frozen=True)
class DesignSpace:
    """Kinds by name; why other kinds are not searched; choices by axis, `all` first."""

    kinds: Mapping[str, Kind]
    not_searched: Mapping[str, str]
    eligibility: Mapping[str, tuple[Choice, ...]]


def read_design_space(root: str | Path | None = None) -> DesignSpace:
    """Read and check the design space of a project; raises `BadInput` with every problem found."""
    root = project_root(root)
    data = read_yaml(root / FILE, FILE).data
    problems = Problems()
    sources = set(read("sources", root)["source_id"])
    check = _Checker(problems, sources)
    sectors, provinces = read("sectors", root), read("provinces", root)
    known = {
        "sizes": {size: (size,) for size in SIZES},
        "sectors": _inside(sectors["explorer_sector"], sectors["sector"]),
        "provinces": _inside(provinces["region_code"], provinces["province_code"]),
    }
    check.keys(data, SECTIONS, "")
    written = check.group(data.get("kinds"), "kinds")
    kinds = {name: _kind(name, value, check) for name, value in written.items()}
    for name, kind in kinds.items():
        for other in kind.not_with if kind else ():
            if other not in kinds:
                check.unknown(f"kinds.{name}.not_with", other, kinds, "No kind has this name.")
    groups = check.group(data.get("eligibility"), "eligibility")
    check.keys(groups, AXES, "eligibility")
    axes = {axis: _choices(axis, groups.get(axis), known[axis], check) for axis in AXES}
    silent = check.group(data.get("not_searched") or {}, "not_searched")
    problems.raise_if_any()
    return DesignSpace(kinds, {name: str(why) for name, why in silent.items()}, axes)


def _inside(wide: Iterable[str], fine: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return wide group → the finer ones in it, each once."""
    found: dict[str, dict[str, None]] = {}
    for group, member in zip(wide, fine, strict=True):
        found.setdefault(str(group), {})[str(member)] = None
    return {group: tuple(members) for group, members in found.items()}


class _Checker:
    """Says what is wrong with parts of the file, each with its key."""

    def __init__(self, problems: Problems, sources: set[str]) -> None:
        self.problems, self.sources = problems, sources

    def add(self, key: str, found: object, why: str, fix: str) -> None:
        self.problems.add(FILE, key, found, why, fix)

    def unknown(self, key: str, found: object, known, why: str) -> None:
        near = nearest(str(found), known)
        self.add(key, found, why, f"Did you mean `{near}`?" if near else f"Known: {', '.join(known)}.")

    def group(self, value: object, key: str) -> dict:
        if isinstance(value, dict):
            return value
        self.add(key, value, "A group of keys is expected here.", "Write `key: value` lines under it.")
        return {}

    def keys(self, value: dict, known: tuple[str, ...], key: str) -> None:
        for name in value:
            if name not in known:
                self.unknown(f"{key}.{name}".strip("."), name, known, "This key is not known here.")

    def origin(self, value: dict, key: str) -> None:
        """Every bound and choice says why, how well it is known, and where from."""
        if not str(value.get("reason") or "").strip():
            self.add(f"{key}.reason", None, "Nobody can judge a bound without its reason.", "Say why.")
        if value.get("grade") not in GRADES:
            self.unknown(f"{key}.grade", value.get("grade"), GRADES, "A grade of the house is needed.")
        if value.get("source") not in self.sources:
            why = "No entry of data/sources.csv has this id."
            self.unknown(f"{key}.source", value.get("source"), self.sources, why) if value.get(
                "source"
            ) else self.add(f"{key}.source", None, "A source is needed.", "Name an id of data/sources.csv.")

    def number(self, value: object, key: str) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
            return float(value)
        self.add(key, value, "A number is expected here.", "Write a number, such as 0.036.")
        return float("nan")

    def label(self, value: object, key: str) -> Bilingual:
        try:
            return Bilingual.model_validate(value)
        except ValidationError:
            self.add(key, value, "A name in both languages is needed.", "Write {vi: …, en: …}.")
            return Bilingual(vi="", en="")


def _kind(name: str, value: object, check: _Checker) -> Kind | None:
    key = f"kinds.{name}"
    value = check.group(value, key)
    check.keys(value, OF_A_KIND, key)
    bounds = {
        term: _bound(term, one, f"{key}.bounds.{term}", check)
        for term, one in check.group(value.get("bounds"), f"{key}.bounds").items()
    }
    fixed = {}
    for term, one in check.group(value.get("fixed") or {}, f"{key}.fixed").items():
        one = check.group(one, f"{key}.fixed.{term}")
        check.keys(one, OF_A_FIXED, f"{key}.fixed.{term}")
        check.origin(one, f"{key}.fixed.{term}")
        fixed[term] = check.number(one.get("value"), f"{key}.fixed.{term}.value")
        _legal({term: fixed[term]}, f"{key}.fixed", check)
    volume = None
    if value.get("volume") is not None:
        volume = _bound(None, value["volume"], f"{key}.volume", check)
    not_with = value.get("not_with") or []
    if not isinstance(not_with, list):
        check.add(f"{key}.not_with", not_with, "A list of kinds is expected here.", "Write [soft_loan].")
        not_with = []
    return Kind(name, check.label(value.get("label"), f"{key}.label"), bounds, fixed, volume, tuple(not_with))


def _bound(term: str | None, value: object, key: str, check: _Checker) -> Bound | None:
    value = check.group(value, key)
    check.keys(value, OF_A_BOUND, key)
    check.origin(value, key)
    low, high, step = (check.number(value.get(name), f"{key}.{name}") for name in ("low", "high", "step"))
    if low > high:
        check.add(key, f"{low:g} to {high:g}", "The bounds are the wrong way round.", "Exchange them.")
    if step <= 0:
        check.add(f"{key}.step", step, "A step must be above 0.", "Write 0.05, for example.")
    scale = value.get("scale", "linear")
    if scale not in ("linear", "log"):
        check.add(f"{key}.scale", scale, "Only two scales are known.", "Write log, or leave it out.")
    if scale == "log" and low <= 0:
        check.add(f"{key}.low", low, "A ratio cannot begin at 0.", "Write an amount above 0.")
    if term is not None:
        for name, end in (("low", low), ("high", high)):
            _legal({term: end}, f"{key}.{name}", check)
    return Bound(low, high, step, scale == "log")


def _legal(terms: dict[str, float], key: str, check: _Checker) -> None:
    """Terms pass the checks of the catalogue, so 12 instead of 0.12 is told as everywhere."""
    if any(term not in Terms.model_fields for term in terms):
        for term in terms:
            check.unknown(key, term, Terms.model_fields, "The catalogue has no such term.")
        return
    if any(np.isnan(value) for value in terms.values()):
        return
    try:
        parse_terms(terms, FILE, key)
    except BadInput as error:
        check.problems.extend(error)


def _choices(
    axis: str, value: object, known: Mapping[str, tuple[str, ...]], check: _Checker
) -> tuple[Choice, ...]:
    key, found = f"eligibility.{axis}", []
    for name, one in check.group(value, key).items():
        where = f"{key}.{name}"
        one = check.group(one, where)
        check.keys(one, OF_A_CHOICE, where)
        check.origin(one, where)
        members = one.get("members")
        if not isinstance(members, list) or not members:
            check.add(f"{where}.members", members, "A list of who may apply is needed.", "Name one or more.")
            members = []
        for member in members:
            if member not in known:
                check.unknown(f"{where}.members", member, known, "This is not on the axis.")
        if name == "all" and set(members) != set(known):
            check.add(f"{where}.members", ", ".join(map(str, members)), "`all` must name everyone.",
                      f"Write [{', '.join(known)}].")  # fmt: skip
        members = tuple(map(str, members))
        named = tuple(sorted({fine for member in members for fine in known.get(member, ())}))
        found.append(Choice(name, check.label(one.get("label"), f"{where}.label"), members, named))
    if "all" not in [choice.name for choice in found]:
        check.add(f"{key}.all", None, "Without it nobody could be left unrestricted.", "Add `all`.")
    return tuple(sorted(found, key=lambda choice: choice.name != "all"))
