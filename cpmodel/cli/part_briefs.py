"""Commands that print the briefs of parts: a province, a sector, a component project; a comparison; the yearly reports.

What is asked for is looked up before anything is run, so that a slip costs no time.
"""

from __future__ import annotations

from typing import Annotated

import typer

from cpmodel.cli.application import Calibration, Draws, Resolution, brief_app, resolved, saved_run
from cpmodel.cli.printed import Formats, Language, Named, Output, formats_in, languages_in, print_brief
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.project import project_root


@brief_app.command("province")
def brief_province(
    province: Annotated[
        str, typer.Option(help="Name or code; Vietnamese or English, with or without marks.")
    ],
    units: Annotated[str, typer.Option(help="63: provinces of the Decision; 34: units of July 2025.")] = "63",
    scenario: Named = "as_decided",
    language: Language = "vi,en",
    output: Output = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    formats: Formats = "html,pdf",
) -> None:
    """Print the brief of one province on two pages, running the scenario first."""
    from cpmodel.briefs.local_places import find_place

    languages, asked = languages_in(language), formats_in(formats)
    place = find_place(project_root() / "data", province, units, "vi")
    folder = saved_run(scenario, None, draws, resolution, calibration)
    parameters = {"scenario": scenario, "run": str(folder), "province": place.code, "units": units}
    print_brief("province", folder, parameters, languages, output, asked, within=place.code)


@brief_app.command("sector")
def brief_sector(
    sector: Annotated[str, typer.Option(help="Id or name of a group of industries.")],
    scenario: Named = "as_decided",
    language: Language = "vi,en",
    output: Output = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    formats: Formats = "html,pdf",
) -> None:
    """Print the brief of one group of industries on two pages, running the scenario first."""
    from cpmodel.briefs.sector import find_sector

    languages, asked = languages_in(language), formats_in(formats)
    part = find_sector(project_root() / "data", sector, "vi")
    folder = saved_run(scenario, None, draws, resolution, calibration)
    parameters = {"scenario": scenario, "run": str(folder), "sector": part.code}
    print_brief("sector", folder, parameters, languages, output, asked, within=part.code)


@brief_app.command("project")
def brief_project(
    project: Annotated[
        str, typer.Option(help="awareness, database, technical_support, network, finance; or 1 to 5.")
    ],
    scenario: Named = "as_decided",
    language: Language = "vi,en",
    output: Output = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    formats: Formats = "html,pdf",
) -> None:
    """Print the brief of one component project on two pages, running the scenario first."""
    from cpmodel.briefs.component_names import find_project

    languages, asked = languages_in(language), formats_in(formats)
    name = find_project(project)
    folder = saved_run(scenario, None, draws, resolution, calibration)
    parameters = {"scenario": scenario, "run": str(folder), "project": name}
    print_brief("project", folder, parameters, languages, output, asked, within=name)


@brief_app.command("comparison")
def brief_comparison(
    scenario: Named = "green_credit_push",
    against: Annotated[str, typer.Option(help="Scenario that it is told against.")] = "as_decided",
    language: Language = "vi,en",
    output: Output = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    formats: Formats = "html,pdf",
) -> None:
    """Tell one scenario against another: how they differ, and what difference it makes in the same draws."""
    languages, asked = languages_in(language), formats_in(formats)
    folder, base = (saved_run(n, None, draws, resolution, calibration) for n in (scenario, against))
    parameters = {"scenario": scenario, "run": str(folder), "against": str(base)}
    print_brief("comparison", folder, parameters, languages, output, asked, within=base.name.split("_", 1)[1])


@brief_app.command("report")
def brief_report(
    clause: Annotated[
        str, typer.Option(help="V.1: to the Prime Minister; V.3: to the Ministry of Industry and Trade.")
    ] = "V.1",
    respondent: Annotated[
        str, typer.Option(help="For V.3, who reports: name or code of a province or a ministry.")
    ] = "",
    year: Annotated[int, typer.Option(help="Year reported on; 0: the last year of the run.")] = 0,
    scenario: Named = "as_decided",
    language: Language = "vi",
    output: Output = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    formats: Formats = "docx,pdf,html",
) -> None:
    """Print a yearly report in the layout of Decree 30/2020, observed and modelled figures apart, with room to fill in."""
    from cpmodel.briefs.report import find_respondent

    languages, asked = languages_in(language), formats_in(formats)
    who = find_respondent(project_root() / "data", clause, respondent, "vi")
    horizon = resolved(scenario, draws, resolution).horizon
    if year and not int(horizon.start) <= year <= horizon.end:
        why, fix = "The scenario does not reach this year.", f"Use {int(horizon.start)} to {horizon.end}."
        raise BadInput(Problem("command line", "--year", str(year), why, fix))
    folder = saved_run(scenario, None, draws, resolution, calibration)
    told = {"clause": clause, "respondent": who.code if clause == "V.3" else "", "year": year}
    parameters = {"scenario": scenario, "run": str(folder), **told}
    within = "_".join((clause.replace(".", ""), who.code, str(year or "last")))
    print_brief("report", folder, parameters, languages, output, asked, within=within)
