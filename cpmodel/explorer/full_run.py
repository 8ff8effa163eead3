"""The slow work behind the page, each as a command of its own that can be ended at any moment: full runs and briefs.

A full run follows whenever the user pauses, at the lowest priority, and is ended as soon as the state moves on. It is
`cpmodel run` on the file that the state would be saved as, so what it writes is what that file gives.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.axes import ALL, NATION
from cpmodel.explorer.reading import BANDS, FANS, FISCAL
from cpmodel.explorer.state import State
from cpmodel.inputs.scenario import Scenario
from cpmodel.results.outcomes import POOLED, QUANTILES
from cpmodel.results.saved import open_run

MAPPED = "adoption_strict"
COLOURS = ("FORCE_COLOR", "CLICOLOR_FORCE")  # by which a kernel asks for a spinner that moves
STEPS = (
    5  # what `cpmodel run` says on its way: reading, H1, H2, bands and odds; then the results are read here
)


def command(*arguments: str) -> list[str]:
    """Return a call of our command line by this interpreter."""
    return [sys.executable, "-c", "from cpmodel.cli import main; main()", *arguments]


def begun(arguments: list[str], nice: int = 10) -> subprocess.Popen:
    """Start a command at low priority; its words come as plain text, also where a kernel asks for colours."""
    plain = {name: value for name, value in os.environ.items() if name not in COLOURS} | {"TERM": "dumb"}
    return subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        preexec_fn=lambda: os.nice(nice), env=plain,
    )  # fmt: skip


def ended(process: subprocess.Popen | None) -> None:
    """End a command that may still be under way."""
    if process is not None and process.poll() is None:
        process.kill()
        process.wait()


@dataclass
class FullRuns:
    """The full run of the state that the user paused on.

    show    takes what the page is to know: state, step and steps, then the year and the map
    options    further options of `cpmodel run`
    """

    show: Callable[[dict], None]
    options: tuple[str, ...] = ()
    _folder: tempfile.TemporaryDirectory = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="cpmodel-explorer-")
    )
    _process: subprocess.Popen | None = None
    _of: str = ""
    _read: dict = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        atexit.register(self.stop)  # a kernel that ends leaves no run behind

    def begin(self, options: tuple[str, ...]) -> None:
        """End what is under way and go on with other options."""
        self.stop()
        self.options = options

    def follow(self, state: State, base: Scenario, scenario: Scenario, money: np.ndarray) -> None:
        """Start the full run of a state, unless it is under way or done already.

        money    of the state for the component projects by year [bn VND of 2010]
        """
        self.leave(scenario)
        if self._of:
            return
        self._of, self._count = scenario.content_hash(), self._count + 1
        place = Path(self._folder.name) / str(self._count)
        place.mkdir()
        self._process = begun(["run", named(state, base, place), "-o", str(place / "run"), *self.options])
        self._told(state="running", step=0, steps=STEPS, stale=True)
        threading.Thread(target=self._watch, args=(self._process, place / "run", money), daemon=True).start()

    def leave(self, scenario: Scenario) -> None:
        """End the run of any scenario but this one, so that it takes no time from the move that is being worked on."""
        if self._of and scenario.content_hash() != self._of:
            self.stop()

    def stop(self) -> None:
        """End the run that is under way; its map stays on the page as that of an earlier state."""
        ended(self._process)
        if self._of:
            self._told(state="idle", stale=True)
        self._of = ""

    def _watch(self, process: subprocess.Popen, folder: Path, money: np.ndarray) -> None:
        threading.Thread(target=process.stdout.read, daemon=True).start()
        last = ""
        for step, line in enumerate(process.stderr, start=1):
            last = line.strip() or last
            if process is self._process:
                self._told(state="running", step=min(step, STEPS - 1), steps=STEPS, stale=True)
        process.wait()
        if process is not self._process or not self._of:
            return
        if process.returncode:
            self._told(state="failed", why=last[:300], stale=True)
            return
        self._read = read_back(folder, money)
        self._told(state="done", stale=False)

    def _told(self, **more: object) -> None:
        self.show(self._read | more)


def named(state: State, base: Scenario, folder: Path) -> str:
    """Return what the command line calls a state: a scenario by name, or the file that its changes are written to.

    The file carries its scenario's name inside; its own is one that no scenario it extends can have.
    """
    if not state.changes:
        return state.base
    path = folder / "_explored.yaml"
    path.write_text(state.to_yaml(base), "utf-8")
    return str(path)


def read_back(folder: Path, money: np.ndarray) -> dict:
    """Return what the page shows of a saved run: its last year, the map, bands of the fan charts, odds of the targets.

    money    of the state for the component projects by year [bn VND of 2010]
    map    province code → median adoption, strict   fans    fan → p10, p50, p90 by year, both variants pooled
    odds    target@reading → probability
    """
    run = open_run(folder)
    table = run.results[(run.results["sector"] == ALL) & (run.results["size"] == ALL)]
    table = table[
        table["variant"] == (POOLED if POOLED in set(table["variant"]) else table["variant"].iloc[0])
    ]
    nation, year = table[table["region"] == NATION], int(table["year"].max())
    rows = table[
        (table["outcome"] == MAPPED) & (table["statistic"] == "p50") & (table["year"] == year)
        & (table["region"] != NATION)
    ]  # fmt: skip
    odds = nation[nation["statistic"] == "probability"]
    odds = {
        name.removeprefix("met:"): value for name, value in zip(odds["outcome"], odds["value"], strict=True)
    }
    found = {name: _bands(nation[nation["outcome"] == name]) for name in FANS if name != FISCAL}
    return {
        "year": year, "map": dict(zip(rows["region"], rows["value"], strict=True)), "odds": odds,
        "fans": found | {FISCAL: _fiscal_bands(run.draws, money)},
    }  # fmt: skip


def _bands(rows: pd.DataFrame) -> dict[str, list[float]]:
    by = rows.sort_values("year").groupby("statistic")["value"].apply(list)
    return {name: by[name] for name in BANDS}


def _fiscal_bands(draws: pd.DataFrame, money: np.ndarray) -> dict[str, list[float]]:
    """Return the bands of what the state spends and gives away in credit, as `reading.fiscal_cost` has it."""
    given = draws.groupby("year")["subsidy_equivalent"].quantile(list(QUANTILES.values())).unstack()
    return {name: [float(x) for x in given[QUANTILES[name]].to_numpy() + money] for name in BANDS}
