"""Commands that print briefs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import LANGUAGES, Draws, Resolution, brief_app, progress, saved_run
from cpmodel.errors import BadInput, Problem


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
) -> None:
    """Print the national brief (HTML and PDF), running the scenarios it needs first."""
    from cpmodel.inputs.project import project_root
    from cpmodel.press.build import build

    languages = [part.strip() for part in language.split(",") if part.strip()]
    strange = [part for part in languages if part not in LANGUAGES]
    if strange or not languages:
        why = "Briefs are printed in Vietnamese and English."
        raise BadInput(Problem("command line", "--language", language, why, "Use vi, en or vi,en."))
    others = [part.strip() for part in beside.split(",") if part.strip() and part.strip() != scenario]
    folder = saved_run(scenario, None, draws, resolution)
    compared = [str(saved_run(name, None, draws, resolution)) for name in others]
    out = output or project_root() / "reports" / "briefs" / "national" / folder.name.split("_", 1)[1]
    written = []
    for code in languages:
        with progress(f"brief, {code}") as say:
            written += build(
                project_root() / "notebooks" / "brief_national.ipynb",
                {"scenario": scenario, "run": str(folder), "language": code, "compare": ",".join(compared)},
                out,
                progress=lambda what, done, code=code, say=say: say(f"brief, {code}: {what} ({done:.0%})"),
            )
    for path in dict.fromkeys([*(folder / n for n in ("results.csv", "manifest.json")), *written]):
        typer.echo(str(path))
