"""Commands that print briefs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpmodel.cli.application import (
    LANGUAGES,
    Calibration,
    Draws,
    Resolution,
    brief_app,
    progress,
    resolved,
    saved_run,
)
from cpmodel.errors import BadInput, Problem, Problems

if TYPE_CHECKING:
    from cpmodel.analysis.design_question import Question
    from cpmodel.inputs.scenario import Scenario


Formats = Annotated[str, typer.Option("--format", help="Some of html,pdf,docx,xlsx,json.")]


@brief_app.command("national")
def brief_national(
    scenario: Annotated[str, typer.Option(help="Scenario of the brief.")] = "as_decided",
    language: Annotated[str, typer.Option(help="vi, en or vi,en")] = "vi,en",
    beside: Annotated[
        str, typer.Option("--compare", help="Scenarios to set beside it.")
    ] = "reference,double_budget",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write.")] = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    formats: Formats = "html,pdf",
    sliders: Annotated[
        bool,
        typer.Option(
            help="Carry sliders over the budgets in the HTML (some 200 small runs, kept for later)."
        ),
    ] = True,
) -> None:
    """Print the national brief, running the scenarios it needs first."""
    languages, asked = _languages(language), _formats(formats)
    others = _others(beside, scenario)
    folder = saved_run(scenario, None, draws, resolution, calibration)
    compared = [str(saved_run(name, None, draws, resolution, calibration)) for name in others]
    parameters = {"scenario": scenario, "run": str(folder), "compare": ",".join(compared)}
    if sliders and "html" in asked:
        parameters["emulator"] = _saved_emulator(resolved(scenario, draws, resolution), calibration)
    _print("national", folder, parameters, languages, output, asked)


@brief_app.command("province")
def brief_province(
    province: Annotated[
        str, typer.Option(help="Name or code; Vietnamese or English, with or without marks.")
    ],
    units: Annotated[str, typer.Option(help="63: provinces of the Decision; 34: units of July 2025.")] = "63",
    scenario: Annotated[str, typer.Option(help="Scenario of the brief.")] = "as_decided",
    language: Annotated[str, typer.Option(help="vi, en or vi,en")] = "vi,en",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write.")] = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    formats: Formats = "html,pdf",
) -> None:
    """Print the brief of one province on two pages, running the scenario first."""
    from cpmodel.briefs.local_places import find_place
    from cpmodel.inputs.project import project_root

    languages, asked = _languages(language), _formats(formats)
    place = find_place(project_root() / "data", province, units, "vi")  # before the run, which takes its time
    folder = saved_run(scenario, None, draws, resolution, calibration)
    parameters = {"scenario": scenario, "run": str(folder), "province": place.code, "units": units}
    _print("province", folder, parameters, languages, output, asked, within=place.code)


@brief_app.command("finance_note")
def brief_finance_note(
    scenario: Annotated[str, typer.Option(help="Scenario whose credit is costed.")] = "green_credit_push",
    language: Annotated[str, typer.Option(help="vi, en or vi,en")] = "vi,en",
    beside: Annotated[
        str, typer.Option("--compare", help="Scenarios to set beside it as options; no change always is one.")
    ] = "as_decided,green_credit_push",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write.")] = None,
    design: Annotated[
        str,
        typer.Option(
            help="Folder of a design search for the frontier; default: the newest on the same inputs."
        ),
    ] = "",
    target: Annotated[
        str | None,
        typer.Option(help="Search first, for this target: adoption_2020=0.5; with --cap and --instruments."),
    ] = None,
    cap: Annotated[
        str, typer.Option(help="With --target: most that the state may spend, present value.")
    ] = "500bn",
    instruments: Annotated[
        str, typer.Option(help="With --target: kinds to mix.")
    ] = "soft_loan,guarantee,grant",
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    formats: Formats = "html,pdf,docx",
) -> None:
    """Print the finance note of a scenario's credit, working out the fiscal notes it needs first."""
    languages, asked = _languages(language), _formats(formats)
    names = [scenario, *_others(beside, scenario)]
    problems, found = Problems(), []
    for name in names:
        try:
            found.append(resolved(name, draws, resolution))
        except BadInput as error:
            problems.extend(error)
    question = None
    if target is not None and found:
        question = _design_question(target, cap, instruments, found[0], problems)
    problems.raise_if_any()
    if question is not None:
        design = str(_saved_design(question, found[0], calibration))
    folders = [saved_note(one, calibration) for one in found]
    parameters = {"scenario": scenario, "note": str(folders[0]), "compare": ",".join(map(str, folders[1:])),
                  "design": design}  # fmt: skip
    _print("finance_note", folders[0], parameters, languages, output, asked)


def _design_question(
    target: str, cap: str, instruments: str, scenario: Scenario, problems: Problems
) -> Question:
    """Return the question of a design search; slips are added to `problems`."""
    from cpmodel.analysis.design_question import read_question
    from cpmodel.inputs.design_space import read_design_space

    return read_question(target, cap, instruments, scenario, read_design_space(), problems)


def _saved_design(question: Question, scenario: Scenario, calibration: str | None) -> Path:
    """Make a design search, or find it, with progress on stderr."""
    from cpmodel.analysis.design_saved import saved_design
    from cpmodel.cli.printing import Words

    w = Words("en")
    with progress(f"{scenario.name}: {w('design.stage.start')}") as tell:

        def say(stage: str, done: int, of: int) -> None:
            if done == of or done % max(of // 10, 1) == 0:
                tell(f"{scenario.name}: {w(f'design.stage.{stage}')}, {done}/{of}")

        return saved_design(question, scenario, progress=say, calibration=calibration)


def saved_note(scenario: Scenario, calibration: str | None) -> Path:
    """Make the fiscal note of a scenario, or find it, with progress on stderr."""
    from cpmodel.analysis.note_cells import save_note

    words = {"H1": "with and without credit, H1", "H2": "with and without credit, H2",
             "frictions": "what keeps users away", "incidence": "who gains, at full resolution",
             "impacts": "society, volumes varied, a year's delay"}  # fmt: skip
    with progress(f"{scenario.name}: reading the data") as tell:
        say = lambda what: tell(f"{scenario.name}: {words.get(what, what)}")  # noqa: E731
        return save_note(scenario, progress=say, calibration=calibration)


def _saved_emulator(scenario: Scenario, calibration: str | None) -> str:
    """Make the emulator of a scenario, or find it, with progress on stderr; empty where no budget can be moved."""
    from cpmodel.analysis.emulated_runs import emulate

    with progress(f"sliders of {scenario.name}: reading the data") as say:
        found = emulate(scenario, calibration, lambda done: say(f"sliders of {scenario.name}: {done}"))
    return str(found or "")


def _languages(language: str) -> list[str]:
    languages = [part.strip() for part in language.split(",") if part.strip()]
    strange = [part for part in languages if part not in LANGUAGES]
    if strange or not languages:
        why = "Briefs are printed in Vietnamese and English."
        raise BadInput(Problem("command line", "--language", language, why, "Use vi, en or vi,en."))
    return languages


def _formats(formats: str) -> tuple[str, ...]:
    """Return the formats asked for, before anything is run."""
    from cpmodel.press.build import RENDERERS

    names = tuple(dict.fromkeys(part.strip() for part in formats.split(",") if part.strip()))
    if not names or set(names) - set(RENDERERS):
        why, fix = "A brief is printed in these formats only.", f"Use some of {','.join(RENDERERS)}."
        raise BadInput(Problem("command line", "--format", formats, why, fix))
    return names


def _others(beside: str, scenario: str) -> list[str]:
    return [part.strip() for part in beside.split(",") if part.strip() and part.strip() != scenario]


def _print(
    name: str, folder: Path, parameters: dict[str, str], languages: list[str], output: Path | None,
    formats: tuple[str, ...], within: str = "",
) -> None:  # fmt: skip
    """Print one brief from a run folder in every language asked for, and say which files there are.

    within    a folder below that of the run, for a kind of which a run gives many
    """
    from cpmodel.inputs.project import project_root
    from cpmodel.press.build import build

    out = output or project_root() / "reports" / "briefs" / name / folder.name.split("_", 1)[1] / within
    written = []
    for code in languages:
        with progress(f"brief, {code}") as say:
            written += build(
                project_root() / "notebooks" / f"brief_{name}.ipynb",
                parameters | {"language": code},
                out,
                formats,
                progress=lambda what, done, code=code, say=say: say(f"brief, {code}: {what} ({done:.0%})"),
            )
    for path in dict.fromkeys([*(folder / n for n in ("results.csv", "manifest.json")), *written]):
        typer.echo(str(path))
