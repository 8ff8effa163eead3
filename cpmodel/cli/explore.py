"""The command that opens the explorer."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import Calibration, Changes, app, say

SUGGESTED = 8866


@app.command()
def explore(
    scenario: Annotated[str, typer.Argument(help="Scenario to start from.")] = "as_decided",
    changes: Changes = None,
    calibration: Calibration = None,
    voila: Annotated[bool, typer.Option("--voila", help="The page alone, without JupyterLab.")] = False,
    port: Annotated[
        int, typer.Option(min=1024, max=65535, help="Port on this machine; the next free one is taken.")
    ] = SUGGESTED,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the address in the browser.")
    ] = True,
) -> None:
    """Open the explorer: move levers, see bands and odds move, keep, compare, save and print scenarios."""
    from cpmodel.explorer import serving
    from cpmodel.explorer.calibrated import LATEST, folder_of
    from cpmodel.explorer.session import Session
    from cpmodel.explorer.state import State
    from cpmodel.inputs.changes import read_changes
    from cpmodel.inputs.project import project_root

    root = project_root()
    serving.project_notebook(root)
    state = State(scenario).moved(read_changes(changes or []))
    folder = folder_of(
        calibration and (calibration if calibration == LATEST else str(Path(calibration).resolve()))
    )
    Session(folder).told(state.resolved(run={"resolution": "explorer"}))
    server = (serving.page if voila else serving.lab)(
        root, state, serving.free_port(port), calibration=folder or ""
    )
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # ended from outside, it leaves no server behind either
    process = subprocess.Popen(server.arguments, env=os.environ | server.environment, cwd=root)
    try:
        serving.wait_until_up(server, process)
        say(
            "The explorer is open on this machine only; whoever has this address can use it. End it with Ctrl+C."
        )
        if not voila:
            say(
                "JupyterLab runs its notebook by itself; should the page not appear, choose Run ▸ Run All Cells."
            )
        typer.echo(server.address)
        if browser:
            typer.launch(server.address)
        code = process.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        serving.stop(process)
    raise typer.Exit(1 if code else 0)
