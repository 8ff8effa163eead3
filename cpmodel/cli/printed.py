"""What commands that print briefs share: their options, and printing in every language and format asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cpmodel.cli.application import (
    LANGUAGES,
    Calibration,
    Draws,
    Resolution,
    progress,
    saved_run,
    say,
    signing_key,
)
from cpmodel.errors import BadInput, Problem


@dataclass(frozen=True)
class Asked:
    """What every command that prints a brief is asked, beside what is its own; slips are told before anything is run."""

    scenario: Annotated[str, typer.Option(help="Scenario of the brief.")] = "as_decided"
    language: Annotated[str, typer.Option(help="vi, en or vi,en")] = "vi,en"
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write.")] = None
    draws: Draws = None
    resolution: Resolution = None
    calibration: Calibration = None
    formats: Annotated[str, typer.Option("--format", help="Some of html,pdf,docx,xlsx,json.")] = "html,pdf"
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="WHY",
            help="The brief goes out: keep what it is printed from as a vintage, with this reason, to be scored later.",
        ),
    ] = None

    def __post_init__(self) -> None:
        languages_in(self.language)
        formats_in(self.formats)

    @property
    def spoken(self) -> str:
        """The language in which work is told of: Vietnamese for a brief in Vietnamese alone."""
        return "vi" if languages_in(self.language) == ["vi"] else "en"

    def run(self, scenario: str = "") -> Path:
        """Return the run of the brief's scenario, or of another, made first where it is not there."""
        name = scenario or self.scenario
        return saved_run(name, None, self.draws, self.resolution, self.calibration, language=self.spoken)

    def print(self, name: str, folder: Path, within: str = "", **parameters: Any) -> None:
        """Print the brief NAME from a run folder in every language and format asked for, and say which files there are.

        within    a folder below that of the run, for a kind of which a run gives many
        """
        from cpmodel.analysis.vintages import keep_published
        from cpmodel.inputs.project import project_root
        from cpmodel.press.build import build

        out = self.output or _place(name, folder, within)
        notebook, key = project_root() / "notebooks" / f"brief_{name}.ipynb", signing_key()
        given = {"scenario": self.scenario, **parameters}
        case = f"{name}/{within}" if within else name
        written = [folder / "results.csv", folder / "manifest.json"]
        for code in languages_in(self.language):
            with progress(f"brief, {code}", self.spoken) as tell:
                told = lambda what, done, code=code, tell=tell: tell(f"brief, {code}: {what} ({done:.0%})")  # noqa: E731
                written += build(
                    notebook, given | {"language": code}, out, formats_in(self.formats), told, case, key
                )
        if self.keep is not None:
            beside = ",".join(str(parameters.get(other, "")) for other in ("compare", "against"))
            folders = [folder, *(Path(part) for part in beside.split(",") if part)]
            kept = keep_published(folders, project_root(), self.keep)
            say(f"Kept as vintages: {', '.join(one.name for one in kept)}", self.spoken)
        for path in dict.fromkeys(written):
            typer.echo(str(path))


def _place(name: str, folder: Path, within: str) -> Path:
    from cpmodel.inputs.project import project_root

    return project_root() / "reports" / "briefs" / name / folder.name.split("_", 1)[1] / within


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
