"""What commands share: the applications, the words for arguments, progress, and running a scenario."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpmodel.errors import BadInput, Problem

if TYPE_CHECKING:
    from cpmodel.compute import Workers

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Scenario modelling and forecasting for a national cleaner production programme.")  # fmt: skip
scenario_app = typer.Typer(no_args_is_help=True, help="List and show scenarios.")
brief_app = typer.Typer(no_args_is_help=True, help="Print a policy brief.")
config_app = typer.Typer(no_args_is_help=True, help="Settings and where they come from.")
app.add_typer(scenario_app, name="scenario")
app.add_typer(brief_app, name="brief")
app.add_typer(config_app, name="config")

Scenario = Annotated[
    str, typer.Argument(help="Name of a scenario in scenarios/, or the path of a YAML file.")
]
Draws = Annotated[int | None, typer.Option(min=2, help="Number of sampled worlds; default: the scenario's.")]
Resolution = Annotated[str | None, typer.Option(help="full or explorer; default: the scenario's.")]
Calibration = Annotated[
    str | None,
    typer.Option(help="Folder of a calibration whose draws to take, or `latest`; default: the prior's."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a key of the scenario, as budgets.awareness.state.2012=20; may be repeated.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help="Address of a Dask scheduler, or `local`; default: threads of this machine. See docs/scaling.md."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LANGUAGES = ("vi", "en")
Language = Annotated[str, typer.Option(help="vi or en")]


@contextmanager
def cluster_or_none(
    scheduler: str | None, memory: float, size: str, language: str = "en"
) -> Iterator[Workers | None]:
    """Open the workers of a scheduler and say where the dashboard is; None without one.

    memory    what one task needs [bytes]   size    option that says how much is asked for
    """
    if scheduler is None:
        from cpmodel.memory import free_memory, refuse_too_little_memory

        refuse_too_little_memory("this machine", free_memory(), memory, size)
        yield None
        return
    from cpmodel.compute import open_workers

    with open_workers(scheduler, memory=memory, say=lambda text: say(text, language)) as workers:
        say(workers.where, language)
        yield workers


def require_language(language: str) -> None:
    """Raise `BadInput` for a language in which nothing is printed."""
    if language not in LANGUAGES:
        why = "The answer is printed in Vietnamese and English."
        raise BadInput(Problem("command line", "--language", language, why, "Use vi or en."))


def spoken(arguments: Sequence[str]) -> str:
    """Return the language in which a command is answered: Vietnamese where it is asked for by itself, else English."""
    asked = [value for name, value in zip(arguments, arguments[1:], strict=False) if name == "--language"]
    asked += [argument.partition("=")[2] for argument in arguments if argument.startswith("--language=")]
    return "vi" if asked[-1:] == ["vi"] else "en"


def say(text: str, language: str = "en") -> None:
    """Say something that is not a result, on stderr as it is now: a moving line keeps itself below what is said."""
    from cpmodel.inputs.messages import in_language

    typer.echo(in_language(text, language), file=sys.stderr)


def signing_key() -> Path | None:
    """Return the file of the key that briefs are signed with, None where none is set; one that is no key is refused."""
    from cpmodel.config import load_config

    named = load_config()["signing_key"]
    if not named:
        return None
    from cpmodel.press.stamps import private_key

    private_key(Path(str(named)))
    return Path(str(named)).absolute()


@contextmanager
def progress(first: str, language: str = "en"):
    """Show what is being done: a moving line on a terminal, one line a step elsewhere; yields the way to say it."""
    from rich.console import Console

    from cpmodel.inputs.messages import in_language

    console = Console(stderr=True)
    if not console.is_terminal:
        say(first, language)
        yield lambda text: say(text, language)
        return
    with console.status(in_language(first, language)) as status:
        yield lambda text: status.update(in_language(text, language))


def resolved(name: str, draws: int | None, resolution: str | None, changes: list[str] | None = None):
    """Return a scenario with what the command line changes of it; `changes` as KEY=VALUE make it one of its own."""
    from cpmodel.inputs.changes import laid_out, read_changes
    from cpmodel.inputs.overlay import resolve

    run = {
        key: value for key, value in {"draws": draws, "resolution": resolution}.items() if value is not None
    }
    return resolve(name, overrides=(laid_out(resolve(name), read_changes(changes)) if changes else {}) | run)


def saved_run(
    name: str, into: Path | None, draws: int | None, resolution: str | None, calibration: str | None = None,
    changes: list[str] | None = None, scheduler: str | None = None, language: str = "en",
) -> Path:  # fmt: skip
    """Run a scenario, or find the run that exists already, with progress on stderr."""
    from cpmodel.results.saved import run_and_save

    scenario = resolved(name, draws, resolution, changes)
    words = {"results": "bands and odds"}
    with progress(f"{scenario.name}: reading the data", language) as tell:
        say_it = lambda what: tell(f"{scenario.name}: {words.get(what, what)}")  # noqa: E731
        stays = lambda text: say(f"{scenario.name}: {text}", language)  # noqa: E731
        return run_and_save(scenario, into, say_it, calibration, scheduler, stays)
