"""The command line: says what it does, shows progress, and turns every error into one readable message.

Exit codes: 0 done · 1 failed run · 2 bad input · 3 a check or target failed on request. Work is imported inside the
commands, so that help answers at once.
"""

from __future__ import annotations

import sys

import typer

from cpmodel.cli import (  # noqa: F401  (their commands register themselves)
    batch,
    briefs,
    calibration,
    catalogue,
    decisions,
    design,
    drivers,
    explore,
    finance,
    forecasts,
    inputs,
    observe,
    part_briefs,
    programmes,
    rank_check,
    results,
    schedule,
    verify,
    vintages,
)
from cpmodel.cli.application import app, say, spoken
from cpmodel.errors import CpmodelError

INTERRUPTED = 130  # exit code, as shells give it


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; every error ends in one message and an exit code."""
    command, language = typer.main.get_command(app), spoken(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command.main(arguments, prog_name="cpmodel", standalone_mode=False)
    except CpmodelError as error:
        say(str(error), language)
        code = error.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        code = _explained(error)
    if code == INTERRUPTED:  # typer catches Ctrl-C itself, and gives its code
        say("Interrupted. What was finished stays; nothing was left half-written.", language)
    sys.exit(code if isinstance(code, int) else 0)


def _explained(error: Exception) -> int:
    """Show a usage error of the command line as such; anything else is ours to mend and shows its origin."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return 2
    if type(error).__name__ == "Abort":
        return INTERRUPTED
    raise error
