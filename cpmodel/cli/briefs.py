"""Commands that print briefs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpmodel.cli.application import brief_app, progress, resolved
from cpmodel.cli.options import unfolded
from cpmodel.cli.printed import Asked, formats_in
from cpmodel.errors import BadInput, Problems

if TYPE_CHECKING:
    from cpmodel.analysis.design_question import Question
    from cpmodel.inputs.scenario import Scenario


Beside = Annotated[
    str | None,
    typer.Option(
        "--compare",
        help="Scenarios to set beside it, separated by commas; default: its usual company; '': none.",
    ),
]


@brief_app.command("national")
@unfolded()
def brief_national(
    asked: Asked,
    beside: Beside = None,
    sliders: Annotated[
        bool,
        typer.Option(
            help="Carry sliders over the budgets in the HTML (some 200 small runs, kept for later)."
        ),
    ] = True,
) -> None:
    """Print the national brief, running the scenarios it needs first."""
    from cpmodel.inputs.company import refuse_other_years, usual_company

    scenario = resolved(asked.scenario, asked.draws, asked.resolution)
    others = _others(beside, scenario, usual_company)
    refuse_other_years([scenario, *(resolved(name, asked.draws, asked.resolution) for name in others)])
    folder = asked.run()
    parameters = {"run": str(folder), "compare": ",".join(str(asked.run(name)) for name in others)}
    if sliders and "html" in formats_in(asked.formats):
        parameters["emulator"] = saved_emulator(scenario, asked.calibration, asked.spoken)
    asked.print("national", folder, **parameters)


@brief_app.command("finance_note")
@unfolded(scenario="green_credit_push", formats="html,pdf,docx")
def brief_finance_note(
    asked: Asked,
    beside: Beside = None,
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
) -> None:
    """Print the finance note of a scenario's credit beside no change, working out the fiscal notes it needs first."""
    from cpmodel.inputs.company import refuse_other_years, usual_options

    problems, found = Problems(), [resolved(asked.scenario, asked.draws, asked.resolution)]
    for name in _others(beside, found[0], usual_options):
        try:
            found.append(resolved(name, asked.draws, asked.resolution))
        except BadInput as error:
            problems.extend(error)
    question = None
    if target is not None:
        question = _design_question(target, cap, instruments, found[0], problems)
    try:
        refuse_other_years(found)
    except BadInput as error:
        problems.extend(error)
    problems.raise_if_any()
    if question is not None:
        design = str(_saved_design(question, found[0], asked.calibration))
    folder, *others = (saved_note(one, asked.calibration, asked.spoken) for one in found)
    told = {"note": str(folder), "compare": ",".join(map(str, others)), "design": design}
    asked.print("finance_note", folder, **told)


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


def saved_note(scenario: Scenario, calibration: str | None = None, language: str = "en") -> Path:
    """Make the fiscal note of a scenario, or find it, with progress on stderr."""
    from cpmodel.analysis.note_cells import save_note

    words = {"H1": "with and without credit, H1", "H2": "with and without credit, H2",
             "frictions": "what keeps users away", "incidence": "who gains, at full resolution",
             "impacts": "society, volumes varied, a year's delay"}  # fmt: skip
    with progress(f"{scenario.name}: reading the data", language) as tell:
        say = lambda what: tell(f"{scenario.name}: {words.get(what, what)}")  # noqa: E731
        return save_note(scenario, progress=say, calibration=calibration)


def saved_emulator(scenario: Scenario, calibration: str | None, language: str = "en") -> str:
    """Make the emulator of a scenario, or find it, with progress on stderr; empty where no budget can be moved."""
    from cpmodel.analysis.emulated_runs import emulate

    with progress(f"sliders of {scenario.name}: reading the data", language) as say:
        found = emulate(scenario, calibration, lambda done: say(f"sliders of {scenario.name}: {done}"))
    return str(found or "")


def _others(beside: str | None, scenario: Scenario, usual: Callable[[Scenario], Sequence[str]]) -> list[str]:
    """Return the scenarios named, or the usual ones where nobody named any."""
    names = usual(scenario) if beside is None else [part.strip() for part in beside.split(",")]
    return [name for name in names if name and name != scenario.name]
