"""Commands that print briefs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpmodel.cli.application import (
    Calibration,
    Draws,
    Resolution,
    brief_app,
    progress,
    resolved,
    saved_run,
)
from cpmodel.cli.printed import Formats, Language, Output, formats_in, languages_in, print_brief
from cpmodel.errors import BadInput, Problems

if TYPE_CHECKING:
    from cpmodel.analysis.design_question import Question
    from cpmodel.inputs.scenario import Scenario


@brief_app.command("national")
def brief_national(
    scenario: Annotated[str, typer.Option(help="Scenario of the brief.")] = "as_decided",
    language: Language = "vi,en",
    beside: Annotated[
        str, typer.Option("--compare", help="Scenarios to set beside it.")
    ] = "reference,double_budget",
    output: Output = None,
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
    languages, asked = languages_in(language), formats_in(formats)
    others = _others(beside, scenario)
    folder = saved_run(scenario, None, draws, resolution, calibration)
    compared = [str(saved_run(name, None, draws, resolution, calibration)) for name in others]
    parameters = {"scenario": scenario, "run": str(folder), "compare": ",".join(compared)}
    if sliders and "html" in asked:
        parameters["emulator"] = _saved_emulator(resolved(scenario, draws, resolution), calibration)
    print_brief("national", folder, parameters, languages, output, asked)


@brief_app.command("finance_note")
def brief_finance_note(
    scenario: Annotated[str, typer.Option(help="Scenario whose credit is costed.")] = "green_credit_push",
    language: Language = "vi,en",
    beside: Annotated[
        str, typer.Option("--compare", help="Scenarios to set beside it as options; no change always is one.")
    ] = "as_decided,green_credit_push",
    output: Output = None,
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
    languages, asked = languages_in(language), formats_in(formats)
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
    print_brief("finance_note", folders[0], parameters, languages, output, asked)


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


def _others(beside: str, scenario: str) -> list[str]:
    return [part.strip() for part in beside.split(",") if part.strip() and part.strip() != scenario]
