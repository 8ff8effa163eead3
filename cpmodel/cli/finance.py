"""Commands about financing: one project's sheets, a scenario's fiscal note."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import (
    LANGUAGES,
    AsJson,
    Calibration,
    Draws,
    Resolution,
    Scenario,
    app,
    progress,
    resolved,
)
from cpmodel.errors import BadInput, Problems

Language = Annotated[str, typer.Option(help="vi or en")]


@app.command()
def appraise(
    instrument: Annotated[
        list[str],
        typer.Option(
            help="An instrument by name and year, such as gctf_2007; several with commas, or repeated."
        ),
    ],
    sector: Annotated[str, typer.Option(help="A sector group, or a word for one: textiles, dệt, 17.")],
    size: Annotated[str, typer.Option(help="micro, small, medium or large; or siêu nhỏ, nhỏ, vừa, lớn.")],
    rung: Annotated[
        str, typer.Option(help="good_housekeeping, process_modification or technology_change.")
    ] = "technology_change",
    at: Annotated[
        str | None, typer.Option(help="Day whose terms and prices are used, such as 2012-06-01.")
    ] = None,
    province: Annotated[str | None, typer.Option(help="A province by name or code.")] = None,
    investment: Annotated[
        float | None, typer.Option(help="Investment in bn VND; default: the typical one.")
    ] = None,
    improvement: Annotated[
        float | None, typer.Option(help="Verified fall of the environmental impact, a share.")
    ] = None,
    term: Annotated[
        list[str] | None,
        typer.Option(help="Another term, such as rate=0.05, or gctf.cover=0.6 among several."),
    ] = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show one typical project: the establishment's sheet with and without support, and the state's sheet."""
    from cpmodel.analysis.appraising import Question, answer
    from cpmodel.cli.sheets import appraisal_as_data, appraisal_text

    problems = Problems()
    _known_language(problems, language)
    names = [name.strip() for one in instrument for name in one.split(",") if name.strip()]
    question = Question(
        names,
        sector,
        size,
        rung,
        _day(problems, at),
        province,
        investment,
        improvement,
        _terms(problems, term),
    )
    with progress("reading the data") as tell:
        try:
            tell("sheets and shares that accept")
            found = answer(question)
        except BadInput as error:
            problems.extend(error)
    problems.raise_if_any()
    if as_json:
        typer.echo(json.dumps(appraisal_as_data(found, language), ensure_ascii=False, indent=1))
    else:
        typer.echo(appraisal_text(found, language))


MARKET = ("market", "market-terms", "reference-terms")  # what stands for "no credit" on the command line


@app.command()
def finance(
    scenario: Scenario,
    against: Annotated[
        str,
        typer.Option(
            help="reference-terms: market terms remain; or a scenario whose credit is the alternative."
        ),
    ] = MARKET[-1],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to write, which must be empty.")
    ] = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show a scenario's fiscal note: cash, present value, contingent liability, additionality, cost per toe, incidence."""
    from cpmodel.analysis.fiscal_note import fiscal_note
    from cpmodel.cli.notes import note_as_data, note_text, write_note
    from cpmodel.results.saved import refuse_taken

    problems, found, other = Problems(), None, None
    _known_language(problems, language)
    try:
        found = resolved(scenario, draws, resolution)
    except BadInput as error:
        problems.extend(error)
    try:
        other = None if against in MARKET else resolved(against, draws, resolution)
        if output is not None:
            refuse_taken(output)
    except BadInput as error:
        problems.extend(error)
    problems.raise_if_any()
    words = {"H1": "with and without credit, H1", "H2": "with and without credit, H2", "frictions": "what keeps users away",
             "incidence": "who gains, at full resolution"}  # fmt: skip
    with progress(f"{found.name}: reading the data") as tell:
        say = lambda what: tell(f"{found.name}: {words.get(what, what)}")  # noqa: E731
        note = fiscal_note(found, other, say, calibration=calibration)
    if output is not None:
        for path in write_note(note, output):
            typer.echo(str(path))
        return
    typer.echo(
        json.dumps(note_as_data(note), ensure_ascii=False, indent=1) if as_json else note_text(note, language)
    )


def _known_language(problems: Problems, language: str) -> None:
    if language not in LANGUAGES:
        why = "Sheets are printed in Vietnamese and English."
        problems.add("command line", "--language", language, why, "Use vi or en.")


def _day(problems: Problems, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        problems.add(
            "command line", "--at", text, "This is not a day.", "Write YYYY-MM-DD, such as 2018-06-01."
        )
    return None


def _terms(problems: Problems, given: list[str] | None) -> dict[str, object]:
    """Return term → value from `name=value`; a number where it reads as one."""
    found: dict[str, object] = {}
    for text in given or []:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            why = "A term is written name=value."
            problems.add("command line", "--term", text, why, "Write rate=0.05, for example.")
            continue
        try:
            found[key.strip()] = float(value)
        except ValueError:
            found[key.strip()] = value.strip()
    return found
