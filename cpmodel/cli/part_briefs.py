"""Commands that print the briefs of parts: a province, a sector, a component project; a comparison; the yearly reports.

What is asked for is looked up before anything is run, so that a slip costs no time.
"""

from __future__ import annotations

from typing import Annotated

import typer

from cpmodel.cli.application import brief_app, resolved
from cpmodel.cli.options import unfolded
from cpmodel.cli.printed import Asked
from cpmodel.inputs.project import project_root


@brief_app.command("province")
@unfolded()
def brief_province(
    province: Annotated[
        str, typer.Option(help="Name or code; Vietnamese or English, with or without marks.")
    ],
    asked: Asked,
    units: Annotated[str, typer.Option(help="63: provinces of the Decision; 34: units of July 2025.")] = "63",
) -> None:
    """Print the brief of one province on two pages, running the scenario first."""
    from cpmodel.briefs.local_places import find_place

    place = find_place(project_root() / "data", province, units, "vi").code
    folder = asked.run()
    asked.print("province", folder, place, run=str(folder), province=place, units=units)


@brief_app.command("sector")
@unfolded()
def brief_sector(
    sector: Annotated[str, typer.Option(help="Id or name of a group of industries.")], asked: Asked
) -> None:
    """Print the brief of one group of industries on two pages, running the scenario first."""
    from cpmodel.briefs.sector import find_sector

    code = find_sector(project_root() / "data", sector, "vi").code
    folder = asked.run()
    asked.print("sector", folder, code, run=str(folder), sector=code)


@brief_app.command("project")
@unfolded()
def brief_project(
    project: Annotated[
        str, typer.Option(help="awareness, database, technical_support, network, finance; or 1 to 5.")
    ],
    asked: Asked,
) -> None:
    """Print the brief of one component project on two pages, running the scenario first."""
    from cpmodel.briefs.component_names import find_project

    name = find_project(project)
    folder = asked.run()
    asked.print("project", folder, name, run=str(folder), project=name)


@brief_app.command("comparison")
@unfolded(scenario="green_credit_push")
def brief_comparison(
    asked: Asked,
    against: Annotated[str, typer.Option(help="Scenario that it is told against.")] = "as_decided",
) -> None:
    """Tell one scenario against another: how they differ, and what difference it makes in the same draws."""
    from cpmodel.inputs.company import refuse_other_years

    refuse_other_years([resolved(n, asked.draws, asked.resolution) for n in (asked.scenario, against)])
    folder, base = asked.run(), asked.run(against)
    within = base.name.split("_", 1)[1]
    asked.print("comparison", folder, within, run=str(folder), against=str(base))


@brief_app.command("report")
@unfolded(language="vi", formats="docx,pdf,html")
def brief_report(
    asked: Asked,
    clause: Annotated[
        str, typer.Option(help="V.1: to the Prime Minister; V.3: to the Ministry of Industry and Trade.")
    ] = "V.1",
    respondent: Annotated[
        str, typer.Option(help="For V.3, who reports: name or code of a province or a ministry.")
    ] = "",
    year: Annotated[int, typer.Option(help="Year reported on; 0: the last year of the run.")] = 0,
) -> None:
    """Print a yearly report in the layout of Decree 30/2020, observed and modelled figures apart, with room to fill in."""
    from cpmodel.briefs.report import find_respondent
    from cpmodel.inputs.reporting import refuse_report

    who = find_respondent(project_root() / "data", clause, respondent, "vi").code
    refuse_report(resolved(asked.scenario, asked.draws, asked.resolution), clause, year)
    folder = asked.run()
    within = "_".join((clause.replace(".", ""), who, str(year or "last")))
    told = {"clause": clause, "respondent": who if clause == "V.3" else "", "year": year}
    asked.print("report", folder, within, run=str(folder), **told)
