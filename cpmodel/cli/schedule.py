"""Commands that let the machine start a batch: shown first, installed with `--yes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import Language, app, require_language, say
from cpmodel.errors import BadInput, Problem

schedule_app = typer.Typer(no_args_is_help=True, help="Have the machine start a batch: cron or systemd.")
app.add_typer(schedule_app, name="schedule")


@schedule_app.command("install")
def schedule_install(
    name: Annotated[str, typer.Argument(help="Name of a batch in scenarios/batches/.")] = "monthly",
    cron: Annotated[bool, typer.Option("--cron", help="As lines of this user's crontab.")] = False,
    systemd: Annotated[bool, typer.Option("--systemd", help="As a timer of this user's systemd.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Install what is shown.")] = False,
    language: Language = "en",
) -> None:
    """Show what would start the batch and when; with `--yes`, install it in place of an earlier one."""
    from cpmodel.inputs.project import project_root
    from cpmodel.press import schedules
    from cpmodel.press.batch import read_batch
    from cpmodel.press.phrases import said

    require_language(language)
    if cron == systemd:
        why, fix = "Exactly one of them is needed.", "Say `--cron` or `--systemd`."
        raise BadInput(Problem("command line", "--cron, --systemd", "both" if cron else "neither", why, fix))
    root = project_root()
    schedule, title = read_batch(name, root).schedule, Path(name).stem
    if cron:
        lines = schedules.cron_lines(title, schedule, root, language)
        typer.echo("\n".join(lines))
        done = schedules.install_cron(title, lines) if yes else ""
    else:
        files = schedules.units(title, schedule, root, language)
        for file, text in files.items():
            typer.echo(f"# {schedules.unit_folder() / file}\n{text}")
        done = schedules.install_units(title, files) if yes else ""
    say(done or said("schedule.shown_only").in_(language), language)


@schedule_app.command("show")
def schedule_show(language: Language = "en") -> None:
    """Show every batch of the project: when it should start, and whether cron or systemd knows it."""
    import datetime as dt

    from cpmodel.inputs.project import project_root
    from cpmodel.press import schedules
    from cpmodel.press.batch import batch_names, read_batch
    from cpmodel.press.phrases import said

    require_language(language)
    root = project_root()
    for name in batch_names(root):
        schedule = read_batch(name, root).schedule
        start = schedules.next_start(schedule, dt.datetime.now())
        state = schedules.installed(name, language)
        line = said("schedule.line", batch=name, state=state, start=f"{start:%Y-%m-%d %H:%M}")
        typer.echo(line.in_(language))
