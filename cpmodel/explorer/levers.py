"""The levers of a scenario: where each stands, what is typical, how the model treats it, its clauses and sources.

A lever is named by the key of the scenario that it moves; `level.<project>` moves the state's money of all years of a
component project together, `path.<project>.<source>` the money of one source year by year. What levers say of themselves
stands in levers.yaml.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cpmodel.axes import COMPONENT_PROJECTS, FUNDING_SOURCES, SIZES
from cpmodel.briefs.numbers import plain_number
from cpmodel.inputs.instruments import Catalogue
from cpmodel.inputs.known import Known
from cpmodel.inputs.scenario import Instrument, Scenario
from cpmodel.inputs.yaml_text import read_yaml

LANGUAGES = ("vi", "en")
FIRST_PROJECTS = ("awareness", "technical_support", "network")
FIRST_CREDIT = ("terms.rate", "volume.value", "opens")
TERMS = ("rate", "loan_share", "tenor", "interest_subsidy", "cover", "grant_share", "reward_share")
LOAN_TERMS = ("rate", "loan_share", "tenor")
PRICES = ("electricity_price", "fuel_price", "equipment_price")
SWITCHES = ("integration_in_plans", "voluntary_certificates", "unit_mandate")
PATHS = ("low_growth", "observed", "high_growth")
YARDSTICKS = ("as_decided", "as_funded")  # what a level of money is typical of
Words = dict[str, str]


@functools.cache
def told() -> Mapping[str, dict]:
    """Return what each kind of lever says of itself."""
    return read_yaml(Path(__file__).with_name("levers.yaml"), "levers.yaml").data


@dataclass(frozen=True)
class Surroundings:
    """What levers are read against. yardsticks    scenarios by name that say what is typical of money."""

    known: Known
    catalogue: Catalogue
    yardsticks: Mapping[str, Scenario]

    def window(self, scenario: Scenario, project: str) -> tuple[int, int]:
        """Return the first and last year in which a component project may spend, extension included."""
        start, end = math.floor(scenario.horizon.start), scenario.horizon.end
        frame = self.known.strategies[scenario.strategy]
        first, last = frame.windows.get(project, (start, end))
        last = max(last, getattr(scenario.toggles.windows_extended, project) or last)
        return max(first, start), min(last, end)


def levers(scenario: Scenario, around: Surroundings) -> list[dict]:
    """Return every lever of a scenario as the page shows it: id, kind, group, value, limits, words; the first few marked."""
    return [
        *_money(scenario, around), *_credit(scenario, around),
        *(_lever(f"toggles.{name}", "switch", "policy", getattr(scenario.toggles, name)) for name in SWITCHES),
        *_windows(scenario, around),
        _lever("drivers.path", "choice", "drivers", scenario.drivers.path, options=list(PATHS)),
        *(_slider(f"drivers.{name}", "drivers", getattr(scenario.drivers, name), "times") for name in PRICES),
    ]  # fmt: skip


def _lever(key: str, kind: str, group: str, value: object, about: str = "", **more: object) -> dict:
    """Return a lever with what levers.yaml says under `about`, or under its key."""
    said = told()[about or key]
    words = {name: said[name] for name in ("label", "how", "typical") if name in said}
    return {"id": key, "kind": kind, "group": group, "value": value, "first": False, "clauses": said["clauses"],
            "sources": said["sources"], **words, **more}  # fmt: skip


def _slider(key: str, group: str, value: float, unit: str, about: str = "", **more: object) -> dict:
    low, high, step = told()[about or key]["limits"]
    return _lever(
        key, "slider", group, value, about, min=low, max=max(high, value), step=step, unit=unit, **more
    )


def _money(scenario: Scenario, around: Surroundings) -> Iterator[dict]:
    years = range(math.floor(scenario.horizon.start), scenario.horizon.end + 1)
    yield _slider("budgets.scale", "money", scenario.budgets.scale, "times")
    for project in COMPONENT_PROJECTS:
        about, window = f"money.{project}", around.window(scenario, project)
        yield _slider(f"level.{project}", "money", level(scenario, project, window), "bn_year", about,
                      typical=_typical_level(project, around), first=project in FIRST_PROJECTS)  # fmt: skip
        for source in FUNDING_SOURCES:
            amounts = getattr(getattr(scenario.budgets, project), source)
            yield _lever(
                f"path.{project}.{source}", "path", "paths", [amounts.get(year, 0.0) for year in years], about,
                years=list(years), window=list(window), max=told()[about]["limits"][1], project=project,
                source=source, unit="bn_year", typical=_typical_level(project, around),
            )  # fmt: skip
    yield _slider("activity_shares.outreach", "money", scenario.activity_shares.outreach, "percent")


def level(scenario: Scenario, project: str, window: tuple[int, int]) -> float:
    """Return the state's money for a component project, mean over the years of its window [bn VND/year]."""
    amounts = getattr(scenario.budgets, project).state
    first, last = window
    return sum(amounts.get(year, 0.0) for year in range(first, last + 1)) / (last - first + 1)


def _typical_level(project: str, around: Surroundings) -> Words:
    """Return what the scenarios of the Decision and of the record spend, in words."""
    said = {}
    for code in LANGUAGES:
        parts = []
        for scenario in around.yardsticks.values():
            mean = level(scenario, project, around.window(scenario, project))
            unit = {"vi": "tỷ đồng/năm", "en": "bn VND/year"}[code]
            title = getattr(scenario.title, code)
            parts.append(f"{title}: {plain_number(mean, code, 1)}\u00a0{unit}")
        said[code] = (
            "; ".join(parts)
            + {"vi": " (ngân sách nhà nước, bình quân).", "en": " (state money, mean)."}[code]
        )
    return said


def _credit(scenario: Scenario, around: Surroundings) -> Iterator[dict]:
    first = True
    for name, one in sorted(scenario.credit.items(), key=lambda item: not _lends(item[1], around)):
        base = f"credit.{name}"
        group = {"group": base, "owner": name, "owner_label": owner_label(name, one, around)}
        terms = _terms_in_force(one, around)
        lends, shown = (
            _lends(one, around),
            [t for t in TERMS if t in terms or _may_be_added(t, one, terms, around)],
        )
        places = [
            ("opens", "moment", one.opens),
            ("volume.value", "slider", one.volume.value if one.volume else None),
        ]
        places += [(f"terms.{t}", "slider", terms.get(t)) for t in shown] + [("closes", "moment", one.closes)]
        if not shown:  # a rule of support, not of credit: only its dates are levers
            places = [("opens", "moment", one.opens), ("closes", "moment", one.closes)]
        for key, kind, value in places:
            yield (
                _credit_lever(f"{base}.{key}", key, kind, value, scenario, one, around)
                | group
                | {"first": first and lends and key in FIRST_CREDIT}
            )
        yield _lever(f"{base}.only.sizes", "chips", base, list(one.only.sizes or SIZES), "credit.opens",
                     options=list(SIZES), label={"vi": "cho quy mô", "en": "for sizes"}) | group  # fmt: skip
        first = first and not lends


def _credit_lever(
    id: str, key: str, kind: str, value: object, scenario: Scenario, one: Instrument, around: Surroundings
) -> dict:  # fmt: skip
    about = f"credit.{key}"
    said = {"typical": _typical_term(key, one, around), "sources": _sources(key, one, around)}
    if kind == "moment":
        start, end = math.ceil(scenario.horizon.start), scenario.horizon.end
        return _lever(id, "slider", "", value, about, min=start, max=end, step=0.25, unit="moment",
                      optional=key == "closes") | said  # fmt: skip
    unit = "bn_year" if key == "volume.value" else "years" if key == "terms.tenor" else "percent"
    missing = value is None
    return _slider(id, "", 0.0 if missing else value, unit, about, optional=missing) | said | {"value": value}


def _sources(key: str, one: Instrument, around: Surroundings) -> list[str]:
    """Return the sources of a term of the catalogue, or of all the instrument's terms, before those of its lever."""
    own = told()[f"credit.{key}"]["sources"]
    if one.template is None:
        return own
    recorded = around.catalogue.template(one.template).sources
    term = recorded.get(key.removeprefix("terms."))
    return list(dict.fromkeys([*([term] if term else recorded.values()), *own]))


def owner_label(name: str, one: Instrument, around: Surroundings) -> Words:
    """Return what an instrument is called: by the catalogue and its year, or by its name in the scenario."""
    if one.template is None:
        return {code: name.replace("_", " ") for code in LANGUAGES}
    stem, _, year = one.template.rpartition("_")
    found = around.catalogue[stem].name
    return {code: f"{getattr(found, code)}, {year}" for code in LANGUAGES}


def finances(one: Instrument, around: Surroundings) -> bool:
    """True when an instrument lends, grants, guarantees or rewards; a rule of support only dates when fees are paid."""
    return bool(_terms_in_force(one, around))


def _lends(one: Instrument, around: Surroundings) -> bool:
    return any(term in _terms_in_force(one, around) for term in LOAN_TERMS)


def _may_be_added(term: str, one: Instrument, terms: Mapping, around: Surroundings) -> bool:
    return bool(terms) and (
        term in ("cover", "grant_share") or term == "interest_subsidy" and "rate" not in terms
    )


def _terms_in_force(one: Instrument, around: Surroundings) -> dict[str, float]:
    """Return the terms that levers move: those of the template, the scenario's own over them."""
    given = {} if one.template is None else around.catalogue.template(one.template).terms.given()
    return {name: value for name, value in (given | one.terms.given()).items() if name in TERMS}


def _typical_term(key: str, one: Instrument, around: Surroundings) -> Words:
    """Return what the catalogue records of a term, with its source, or that no source states it."""
    none = {"vi": "Không nguồn nào nêu; giả định.", "en": "No source states it; assumed."}
    if one.template is None or not key.startswith("terms."):
        return none
    found, term = around.catalogue.template(one.template), key.removeprefix("terms.")
    value = found.terms.given().get(term)
    if value is None:
        return none
    said = {}
    for code in LANGUAGES:
        shown = plain_number(value, code, 0) if term == "tenor" else f"{plain_number(100 * value, code, 1)}%"
        said[code] = (
            f"{shown}: {getattr(found.instrument.name, code)}, {found.at.year} ({found.sources[term]})."
        )
    return said


def _windows(scenario: Scenario, around: Surroundings) -> Iterator[dict]:
    for project, (_, last) in around.known.strategies[scenario.strategy].windows.items():
        end = scenario.horizon.end
        if last < end:
            value = getattr(scenario.toggles.windows_extended, project)
            about, label = "windows_extended", told()[f"money.{project}"]["label"]
            said = told()[about]["label"]
            words = {code: f"{label[code]}: {said[code][0].lower()}{said[code][1:]}" for code in LANGUAGES}
            yield _lever(f"toggles.windows_extended.{project}", "choice", "policy", value, about,
                         options=[None, *range(last + 1, end + 1)], label=words)  # fmt: skip


def offered(catalogue: Catalogue) -> list[dict]:
    """Return what may be opened from the catalogue: template, name and country, once for every year terms began."""
    found = []
    for one in catalogue.instruments.values():
        if not set(one.kinds) & {"loan", "interest_subsidy", "guarantee", "grant", "reward"}:
            continue
        for row in sorted({row.start.year: row for row in one.terms}.values(), key=lambda row: row.start):
            template = f"{one.id}_{row.start.year}"
            if template in catalogue.templates():
                label = {code: f"{getattr(one.name, code)}, {row.start.year}" for code in LANGUAGES}
                found.append({"template": template, "label": label, "country": one.country})
    return found
