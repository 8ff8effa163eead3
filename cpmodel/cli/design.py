"""The command that searches a space of mixes for a target under a cap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpmodel.cli.application import (
    LANGUAGES,
    AsJson,
    Calibration,
    Scheduler,
    app,
    cluster_or_none,
    progress,
    resolved,
    say,
)
from cpmodel.errors import BadInput, Problems

if TYPE_CHECKING:
    from cpmodel.analysis.design_search import DesignSearch
    from cpmodel.inputs.load import Inputs

LINES = 10  # of progress for a stage, so that a log stays short


@app.command()
def design(
    target: Annotated[str, typer.Option(help="Outcome, year and share: adoption_2020=0.5 (or adoption_lenient_2020).")],
    cap: Annotated[
        str, typer.Option(help="Most that the state may spend, present value: 500bn, 1.2tn, or a number of bn VND.")
    ],
    instruments: Annotated[
        str, typer.Option(help="Kinds to mix: soft_loan, interest_subsidy, guarantee, grant, reward, tax_holiday, "
            "accelerated_depreciation, tax_deduction.")
    ],
    scenario: Annotated[str, typer.Option(help="Whose budgets and world hold; its credit is one option.")] = "as_decided",
    odds: Annotated[float, typer.Option(help="Chance from which the target counts as reached.")] = 0.5,
    candidates: Annotated[int, typer.Option(help="Mixes to try.")] = 500,
    draws: Annotated[int, typer.Option(help="Worlds behind every row shown, in each variant; 1,000 or more.")] = 1000,
    calibration: Calibration = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to keep the search in; default: under reports/designs.")
    ] = None,
    write_scenarios: Annotated[
        Path | None, typer.Option(help="Folder to write every option to as a scenario that run, finance and brief take.")
    ] = None,
    scheduler: Scheduler = None,
    language: Annotated[str, typer.Option(help="vi or en")] = "en",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Search mixes of instruments, terms and eligibility for a target under a cap: Pareto options and what binds.

    The search is kept in a folder, options as scenarios with it. Ctrl-C stops at once; what was seen by then is shown.
    """
    from cpmodel.analysis.design_search import Effort, search
    from cpmodel.cli.design_text import design_as_data, design_text
    from cpmodel.cli.printing import Words
    from cpmodel.inputs.load import load
    from cpmodel.model.batches import memory_of_a_run

    settings = {"least_odds": odds, "candidates": candidates, "draws": draws}
    asked, told, space = _asked(
        target, cap, instruments, scenario, settings, language, output, write_scenarios
    )
    w, effort = Words(language), Effort(candidates=candidates, draws=draws)
    inputs = load(told, calibration=calibration)
    with (
        cluster_or_none(scheduler, memory_of_a_run(inputs, draws), "--draws", language) as workers,
        progress(f"{told.name}: {w('design.stage.start')}") as tell,
    ):

        def told_stage(stage: str, done: int, of: int) -> None:
            if done == of or done % max(of // LINES, 1) == 0:
                tell(f"{told.name}: {w(f'design.stage.{stage}')}, {done}/{of}")

        found = search(asked, told, effort, space, told_stage, inputs, workers)
    if found.interrupted:
        say(w("design.not_kept"))
    else:
        say(str(_kept(found, inputs, output)))
    if write_scenarios is not None:
        _write(found, inputs, write_scenarios)
    data = json.dumps(design_as_data(found), ensure_ascii=False, indent=1) if as_json else None
    typer.echo(data or design_text(found, language))


def _asked(
    target: str, cap: str, instruments: str, scenario: str, settings: dict, language: str, output: Path | None,
    options: Path | None,
):  # fmt: skip
    """Return question, scenario and space; every slip of the command line is told at once, before anything is run."""
    from cpmodel.analysis.design_question import read_question
    from cpmodel.analysis.design_saved import refuse_overwriting
    from cpmodel.inputs.design_space import read_design_space
    from cpmodel.results.saved import refuse_taken

    problems, told, asked, space = Problems(), None, None, None
    if language not in LANGUAGES:
        why = "The answer is printed in Vietnamese and English."
        problems.add("command line", "--language", language, why, "Use vi or en.")
    try:
        told = resolved(scenario, None, None)
        if options is not None:
            refuse_overwriting(options, told)
    except BadInput as error:
        problems.extend(error)
    try:
        space = read_design_space()
        asked = read_question(target, cap, instruments, told, space, problems, **settings)
        if output is not None:
            refuse_taken(output)
    except BadInput as error:
        problems.extend(error)
    problems.raise_if_any()
    return asked, told, space


def _kept(found: DesignSearch, inputs: Inputs, output: Path | None) -> Path:
    """Keep the search; the same one made before stays as it is."""
    from cpmodel.analysis.design_saved import folder_of, keep
    from cpmodel.results.saved import is_complete

    folder = output or folder_of(inputs, found.question, found.effort)
    return folder if output is None and is_complete(folder) else keep(found, inputs, folder)


def _write(found: DesignSearch, inputs: Inputs, folder: Path) -> None:
    from cpmodel.analysis.design_saved import written_options

    for path in written_options(found, inputs, folder):
        say(str(path))
