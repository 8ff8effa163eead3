"""What must hold between the keys of a scenario, and between a scenario and the Decision and the data."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.complaints import Origins, at, problem_at
from cpmodel.inputs.known import NO_STRATEGY, Frame, Known
from cpmodel.inputs.opened import clashes, opened_one
from cpmodel.inputs.scenario import Instrument, Scenario
from cpmodel.inputs.yaml_text import KeyPath

Report = Callable[[KeyPath, object, str, str], None]


def scenario_problems(scenario: Scenario, known: Known, origins: Origins, file: str) -> list[Problem]:
    """Return what does not hold in a scenario whose keys and values are each right by themselves."""
    found: list[Problem] = []

    def report(path: KeyPath, value: object, why: str, fix: str) -> None:
        found.append(problem_at(origins, path, file, value, why, fix))

    frame = known.strategies.get(scenario.strategy)
    if frame is None:
        _unknown(report, ("strategy",), scenario.strategy, "strategy", known.strategies)
    _check_horizon(report, scenario)
    if found and frame is not None:  # what else is wrong is told against the horizon of the strategy
        usual = scenario.horizon.model_copy(update={"start": frame.start, "end": frame.end})
        scenario = scenario.model_copy(update={"horizon": usual})
    _check_shares(report, scenario)
    _check_money(report, scenario, frame, origins, file)
    if frame is not None:
        _check_extensions(report, scenario, frame)
    for name, instrument in scenario.credit.items():
        _check_dates(report, ("credit", name), instrument, scenario)
        _check_terms(report, ("credit", name), instrument, known)
        _check_eligible(report, ("credit", name, "only"), instrument, known)
    _check_opened(report, scenario, known, file)
    return found


def _unknown(report: Report, path: KeyPath, value: str, what: str, names: object) -> None:
    near, names = nearest(value, names), list(names)
    fix = f"Did you mean `{near}`?" if near else f"Known: {', '.join(names[:20])}."
    report(path, value, f"There is no {what} of this name.", fix)


def _check_horizon(report: Report, scenario: Scenario) -> None:
    start, end = scenario.horizon.start, scenario.horizon.end
    if math.floor(start) >= end:
        why = f"The horizon would end before it has run a year: it starts in {start:g}."
        report(("horizon", "end"), end, why, f"Set `end` to {math.floor(start) + 1} or later.")


def _check_shares(report: Report, scenario: Scenario) -> None:
    shares = scenario.activity_shares.model_dump()
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        why = f"All money of component project 1 is shared out, so the shares must sum to 1, not {total:g}."
        given = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        report(("activity_shares",), given, why, "Change the shares so that they sum to 1.")


def _check_money(
    report: Report, scenario: Scenario, frame: Frame | None, origins: Origins, file: str
) -> None:
    budgets = scenario.budgets
    rows = budgets.rows()
    if rows and scenario.strategy == NO_STRATEGY:
        why = "`strategy: none` is the world without the Decision, which has no budgets."
        report(("budgets",), None, why, "Remove the amounts, or name the strategy that they belong to.")
    if rows and budgets.status == "none":
        why = "Amounts are given, but not where they come from; every brief must say so."
        report(("budgets", "status"), "none", why, "Set `status` to assumed, provided or approved.")
    if not rows and budgets.status != "none":
        why = "The scenario states where its money comes from, but gives no amounts."
        report(("budgets", "status"), budgets.status, why, "Give amounts, or set `status: none`.")
    # One message for each key as the user wrote it, however many years it covers.
    written = [(at(origins, ("budgets", p, s, str(y)), file).key, p, s, y) for p, s, y, _ in rows]
    for _, group in groupby(written, key=lambda row: row[:3]):
        _check_years(report, list(group), scenario, frame)


def _check_years(report: Report, rows: list[tuple], scenario: Scenario, frame: Frame | None) -> None:
    _, project, source, _ = rows[0]
    years = [year for *_, year in rows]
    start, end = math.floor(scenario.horizon.start), scenario.horizon.end
    outside = [year for year in years if not start <= year <= end]
    if outside:
        path = ("budgets", project, source, str(outside[0]))
        why = f"The scenario runs from {start} to {end}, so this money would never be spent."
        report(path, _money_in(outside), why, f"Keep to {start}–{end}, or change `horizon`.")
    if frame is None or project not in frame.windows:
        return
    first, last = frame.windows[project]
    last = max(last, getattr(scenario.toggles.windows_extended, project) or last)
    beyond = [year for year in years if not first <= year <= last and start <= year <= end]
    if beyond:
        number = COMPONENT_PROJECTS.index(project) + 1
        path = ("budgets", project, source, str(beyond[0]))
        why = f"Component project {number} ({project}) runs from {first} to {last} in {scenario.strategy}."
        extend = f", or set `toggles.windows_extended.{project}: {max(beyond)}`" if max(beyond) > last else ""
        report(path, _money_in(beyond), why, f"Keep the money within {first}–{last}{extend}.")


def _money_in(years: list[int]) -> str:
    runs = [f"{years[0]}–{years[-1]}"] if len(years) > 2 and years[-1] - years[0] == len(years) - 1 else years
    return f"money in {', '.join(map(str, runs))}"


def _check_extensions(report: Report, scenario: Scenario, frame: Frame) -> None:
    for project, last in scenario.toggles.windows_extended.model_dump(exclude_none=True).items():
        path, end = ("toggles", "windows_extended", project), scenario.horizon.end
        if project in frame.windows and last <= frame.windows[project][1]:
            why = f"The window of this component project already ends in {frame.windows[project][1]}."
            report(path, last, why, "Set a later year, or remove the line.")
        elif last > end:
            report(
                path,
                last,
                f"The scenario ends in {end}.",
                f"Set it to {end} or earlier, or extend `horizon`.",
            )


def _check_dates(report: Report, path: KeyPath, instrument: Instrument, scenario: Scenario) -> None:
    start, end = math.floor(scenario.horizon.start), scenario.horizon.end
    opens, closes = instrument.opens, instrument.closes
    if opens >= end + 1:
        why = f"The scenario ends in {end}, so this credit would never open."
        report((*path, "opens"), f"{opens:g}", why, f"Set `opens` to {end} or earlier, or extend `horizon`.")
    if opens < start:
        why = f"The scenario starts in {start}; what was open before belongs to the opening state."
        report((*path, "opens"), f"{opens:g}", why, f"Set `opens` to {start} or later.")
    if closes is not None and closes <= opens:
        why = f"It opens in {opens:g}, so it would close before anyone could use it."
        report((*path, "closes"), f"{closes:g}", why, f"Set `closes` later than {opens:g}, or leave it out.")


def _check_terms(report: Report, path: KeyPath, instrument: Instrument, known: Known) -> None:
    terms = instrument.terms
    if instrument.template is None and not terms.given():
        why = "An instrument needs either a template of the catalogue or terms of its own."
        report(path, None, why, "Add `template: …` or `terms: {…}`.")
    if instrument.template is not None and instrument.template not in known.templates:
        _unknown_template(report, (*path, "template"), instrument.template, known.templates)
    given = (terms.grant_share or 0) + (terms.reward_share or 0)
    if given > 1:
        why = f"Grant and reward together would pay {given:g} of the investment, more than all of it."
        report((*path, "terms"), None, why, "Lower `grant_share` or `reward_share`: together 1 at most.")


def _unknown_template(report: Report, path: KeyPath, name: str, templates: tuple[str, ...]) -> None:
    """Report a template that the catalogue lacks; the same instrument in the nearest year comes first."""
    stem, _, year = name.rpartition("_")
    if not (year.isdecimal() and len(year) == 4):
        stem, year = name, "9999"  # no year given: the latest terms are the nearest
    dated = [int(known.rpartition("_")[2]) for known in templates if known.rpartition("_")[0] == stem]
    if not dated:
        return _unknown(report, path, name, "template in the catalogue", templates)
    close = min(dated, key=lambda known: abs(known - int(year)))
    why = f"The terms of `{stem}` are dated, and none are known under this name."
    report(path, name, why, f"Use `{stem}_{close}`, or give the terms in full.")


def _check_opened(report: Report, scenario: Scenario, known: Known, file: str) -> None:
    """Lay terms over their templates and look at what is open together; an unknown template leaves the terms alone."""
    found = []
    for name, told in scenario.credit.items():
        unknown = told.template is not None and told.template not in known.templates
        instrument = told.model_copy(update={"template": None}) if unknown else told
        try:
            one = opened_one(name, instrument, known.catalogue, file)
        except BadInput as error:
            for problem in error.problems:
                report(tuple(problem.key.split(".")), problem.found, problem.why, problem.fix)
            continue
        if not unknown and (instrument.template or instrument.terms.given()):
            found.append(one)
    for clash in clashes(found):
        report(("credit", clash.names[-1]), clash.found, clash.why, clash.fix)


def _check_eligible(report: Report, path: KeyPath, instrument: Instrument, known: Known) -> None:
    for sector in instrument.only.sectors or ():
        if sector not in known.sectors:
            _unknown(report, (*path, "sectors"), sector, "sector group", known.sectors)
    for place in instrument.only.provinces or ():
        if known.places.code(place) is None:
            near = known.places.nearest(place)
            fix = f"Did you mean {near}?" if near else "Use a code or name of data/provinces.csv."
            report((*path, "provinces"), place, "There is no province of this code or name.", fix)
