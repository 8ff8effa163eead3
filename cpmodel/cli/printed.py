"""What commands that print briefs share: their options, and printing in every language and format asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import LANGUAGES, progress
from cpmodel.errors import BadInput, Problem

Language = Annotated[str, typer.Option(help="vi, en or vi,en")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write.")]
Formats = Annotated[str, typer.Option("--format", help="Some of html,pdf,docx,xlsx,json.")]
Named = Annotated[str, typer.Option("--scenario", help="Scenario of the brief.")]


def languages_in(language: str) -> list[str]:
    """Return the languages asked for."""
    languages = [part.strip() for part in language.split(",") if part.strip()]
    strange = [part for part in languages if part not in LANGUAGES]
    if strange or not languages:
        why = "Briefs are printed in Vietnamese and English."
        raise BadInput(Problem("command line", "--language", language, why, "Use vi, en or vi,en."))
    return languages


def formats_in(formats: str) -> tuple[str, ...]:
    """Return the formats asked for, before anything is run."""
    from cpmodel.press.build import RENDERERS

    names = tuple(dict.fromkeys(part.strip() for part in formats.split(",") if part.strip()))
    if not names or set(names) - set(RENDERERS):
        why, fix = "A brief is printed in these formats only.", f"Use some of {','.join(RENDERERS)}."
        raise BadInput(Problem("command line", "--format", formats, why, fix))
    return names


def print_brief(
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
