"""The command that searches a space of mixes for a target under a cap."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cpmodel.cli.application import LANGUAGES, AsJson, app, progress, resolved
from cpmodel.errors import BadInput, Problems

LINES = 10  # of progress for a stage, so that a log stays short


@app.command()
def design(
    target: Annotated[str, typer.Option(help="Outcome, year and share: adoption_2020=0.5 (or adoption_lenient_2020).")],
    cap: Annotated[
        str, typer.Option(help="Most that the state may spend, present value: 500bn, 1.2tn, or a number of bn VND.")
    ],
    instruments: Annotated[
        str, typer.Option(help="Kinds to mix: soft_loan, interest_subsidy, guarantee, grant, reward.")
    ],
    scenario: Annotated[str, typer.Option(help="Whose budgets and world hold; its credit is one option.")] = "as_decided",
    odds: Annotated[float, typer.Option(help="Chance from which the target counts as reached.")] = 0.5,
    candidates: Annotated[int, typer.Option(help="Mixes to try.")] = 500,
    draws: Annotated[int, typer.Option(help="Worlds behind every row shown, in each variant; 1,000 or more.")] = 1000,
    language: Annotated[str, typer.Option(help="vi or en")] = "en",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Search mixes of instruments, terms and eligibility for a target under a cap: Pareto options and what binds.

    Ctrl-C ends the stage at hand; what was found by then is run in short and shown.
    """
    from cpmodel.analysis.design_question import read_question
    from cpmodel.analysis.design_search import Effort, search
    from cpmodel.cli.design_text import design_as_data, design_text
    from cpmodel.cli.printing import Words
    from cpmodel.inputs.design_space import read_design_space

    problems, told = Problems(), None
    if language not in LANGUAGES:
        why = "The answer is printed in Vietnamese and English."
        problems.add("command line", "--language", language, why, "Use vi or en.")
    try:
        told = resolved(scenario, None, None)
    except BadInput as error:
        problems.extend(error)
    try:
        space = read_design_space()
        asked = read_question(target, cap, instruments, told, space, problems, odds, candidates, draws)
    except BadInput as error:
        problems.extend(error)
    problems.raise_if_any()
    w = Words(language if language in LANGUAGES else "en")
    with progress(f"{told.name}: {w('design.stage.start')}") as tell:

        def say(stage: str, done: int, of: int) -> None:
            if done == of or done % max(of // LINES, 1) == 0:
                tell(f"{told.name}: {w(f'design.stage.{stage}')}, {done}/{of}")

        found = search(asked, told, Effort(candidates=candidates, draws=draws), space, say)
    data = json.dumps(design_as_data(found), ensure_ascii=False, indent=1) if as_json else None
    typer.echo(data or design_text(found, language))
