"""Commands that look at what the model is told: data, scenarios, instruments, settings, the installation."""

from __future__ import annotations

from typing import Annotated

import typer

from cpmodel import __version__
from cpmodel.cli.application import Changes, Scenario, app, config_app, scenario_app
from cpmodel.errors import BadInput, CheckFailed, Problems


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@app.command()
def check() -> None:
    """Check data, parameters, instruments, Decisions, scenarios and batches; tell every problem at once."""
    from cpmodel.inputs.check import check_everything, summary
    from cpmodel.inputs.project import project_root
    from cpmodel.press.batch import batch_names, read_batch
    from cpmodel.press.orders import orders, refuse_impossible

    problems, told, root = Problems(), "", project_root()
    batches = batch_names(root)
    try:
        told = summary(check_everything())
    except BadInput as error:
        problems.extend(error)
    for name in batches:
        try:
            file = f"scenarios/batches/{name}.yaml"
            refuse_impossible(orders(read_batch(name, root), root, file), root, file)
        except BadInput as error:
            problems.extend(error)
    problems.raise_if_any()
    typer.echo(told)
    typer.echo(f"Batches: {', '.join(batches) or 'none'}")


@scenario_app.command("list")
def scenario_list() -> None:
    """List the scenarios with their titles."""
    from cpmodel.inputs.overlay import resolve, scenario_names

    for name in scenario_names():
        scenario = resolve(name)
        typer.echo(f"{name:20} {scenario.title.en} · {scenario.title.vi}")


@scenario_app.command("show")
def scenario_show(
    scenario: Scenario,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Everything filled in, as a run would use it.")
    ] = False,
    changes: Changes = None,
) -> None:
    """Show a scenario as written, or resolved."""
    from cpmodel.cli.application import resolved as with_changes
    from cpmodel.inputs.overlay import scenario_path

    found = with_changes(scenario, None, None, changes)
    typer.echo(
        found.to_yaml() if resolved or changes else scenario_path(scenario).read_text("utf-8"), nl=False
    )


@config_app.command("show")
def config_show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
):
    """Show the settings in force."""
    from cpmodel.config import load_config

    for row in load_config().rows():
        typer.echo("  ".join(map(str, row if origin else row[:2])))


@app.command()
def doctor() -> None:
    """Say whether this installation is fit to work: Python, libraries, fonts, folders, a trial run."""
    from cpmodel.doctor import examine

    findings = examine()
    for fine, text in findings:
        typer.echo(f"{'ok  ' if fine else 'FAIL'} {text}")
    if not all(fine for fine, _ in findings):
        raise CheckFailed("Something is missing; see the lines marked FAIL.")
