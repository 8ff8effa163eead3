"""A saved run as a brief reads it: cells of the long table, or nothing at all; never a filled-in number."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cpmodel.axes import ALL, NATION
from cpmodel.content import Basis, Key
from cpmodel.decision import Decision
from cpmodel.errors import BadInput, Problem, Problems
from cpmodel.results import saved
from cpmodel.results.cells import INDEX, REGION, YEAR, Cells, Read
from cpmodel.results.outcomes import COLUMNS, POOLED

DRAWS = "draws"


@dataclass(frozen=True)
class SavedRun:
    """A run, opened for reading, with the Decision it is held against.

    table    the long table by the columns of `INDEX`; what the run left empty is not there
    search   folder of a design search whose cells stand in the table as well
    reads    what a page has looked up so far, printed or not: it is made again when one of these has moved
    pairs    bands of differences to other runs, each worked out once: (folder, outcome, year) → statistics
    """

    run: saved.Run
    decision: Decision
    table: Cells = field(repr=False)
    search: Path | None = None
    reads: set[Read] = field(default_factory=set, init=False, repr=False)
    pairs: dict[tuple[Path, str, int], pd.Series] = field(default_factory=dict, init=False, repr=False)

    @property
    def cells(self) -> Cells:
        """The whole table; who goes through it is made again when any cell has moved."""
        self.reads.add((self.name, *[None] * (len(INDEX) - 1)))
        return self.table

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.run.folder

    @property
    def manifest(self) -> dict[str, Any]:
        """What the run tells of itself."""
        return self.run.manifest

    @property
    def basis(self) -> tuple[Basis, ...]:
        """What the run is to a brief made from it: its folder with its fingerprints, and that of the search in it."""
        kind = "note" if self.manifest.get("kind") == "finance_note" else "run"
        own = Basis(
            kind=kind, id=self.folder.name, scenario=self.name, hashes=self.manifest.get("hashes", {})
        )
        if self.search is None:
            return (own,)
        hashes = saved.open_run(self.search).manifest["hashes"]
        return own, Basis(kind="design", id=self.search.name, scenario=self.name, hashes=hashes)

    @property
    def draws(self) -> pd.DataFrame:
        """The nation's outcomes draw by draw."""
        self.reads.add((self.name, DRAWS))
        return self.run.draws

    @property
    def name(self) -> str:
        """Name of the scenario, as it stands in the results."""
        return str(self.manifest["scenario"])

    @functools.cached_property
    def units(self) -> dict[str, str]:
        """Unit of every outcome of the run."""
        pairs = self.run.results[["outcome", "unit"]].drop_duplicates("outcome")
        return dict(zip(pairs["outcome"], pairs["unit"], strict=True))

    def title(self, language: str) -> str:
        """Title of the scenario in one language, or its name."""
        return str(self.manifest.get("title", {}).get(language) or self.name)

    def key(self, outcome: str, year: int, statistic: str = "p50", **where: str) -> Key:
        """Return the key of a cell, had or not (`where`: variant, region, sector, size)."""
        return Key(scenario=self.name, outcome=outcome, year=year, statistic=statistic, **where)

    def get(self, key: Key) -> float | None:
        """Return the value of a cell, or None when the run does not have it."""
        read = tuple(getattr(key, name) for name in INDEX)
        self.reads.add(read)
        return self.table.get(read)

    def value(self, outcome: str, year: int, statistic: str = "p50", **where: str) -> float | None:
        """Return the value of a cell named by its parts, or None."""
        return self.get(self.key(outcome, year, statistic, **where))

    def years(self, outcome: str, statistic: str = "p50", **where: str) -> list[int]:
        """Return the years for which the nation's (or another place's) cell exists, in order."""
        want = self.key(outcome, 0, statistic, **where)
        found = self._every("year", {name: getattr(want, name) for name in INDEX})
        return sorted(key[YEAR] for key in found)

    def by_region(self, outcome: str, year: int, statistic: str = "p50") -> dict[str, float]:
        """Return province code → value of one outcome (all sectors and sizes), where there is one."""
        want = self.key(outcome, year, statistic, variant=POOLED, sector=ALL, size=ALL)
        found = self._every("region", {name: getattr(want, name) for name in INDEX})
        return {key[REGION]: value for key, value in found.items() if key[REGION] != NATION}

    def _every(self, free: str, parts: dict[str, Any]) -> dict[tuple, float]:
        """Return the cells that agree in all columns but one."""
        read = tuple(None if name == free else parts[name] for name in INDEX)
        self.reads.add(read)
        return self.table.found(read)


def reads_of(runs: Iterable[SavedRun]) -> tuple[Read, ...]:
    """Return everything that was looked up in several runs, in order."""
    return tuple(sorted((read for run in runs for read in run.reads), key=lambda read: tuple(map(str, read))))


def open_saved(run: str | Path, runs: Path | None = None, made_by: str = "cpmodel run {}") -> SavedRun:
    """Open a run folder, or the latest run of a scenario under `runs` (the folder of all runs).

    made_by    the command that makes such a folder, as an error names it

    Raises `BadInput` when there is no such run, when its files cannot be used, and when no Decision has its
    years, so that there is no target to hold it against.
    """
    folder = Path(run) if Path(run).is_dir() else saved.latest_run(str(run), runs, made_by)
    return SavedRun(*_opened(folder.resolve(), _stamps(folder)))


def _stamps(folder: Path) -> tuple:
    """Return what changes when a file of the folder does."""
    return tuple((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.iterdir()))


@functools.lru_cache(maxsize=4)
def _opened(folder: Path, stamps: tuple) -> tuple[saved.Run, Decision, Cells]:
    """Read a run once for every page that is printed from it in one process; `stamps` tell one state from another."""
    opened = saved.open_run(folder)
    decision = opened.decision
    if decision is None:
        why, fix = "No Decision has targets in the years of this run.", "Print another scenario."
        raise BadInput(Problem(str(folder), "yardstick", "none", why, fix))
    return opened, decision, cells_of(folder, opened.results)


def cells_of(folder: Path, table: pd.DataFrame) -> Cells:
    """Return the cells of a long table that have a value; raises `BadInput` where it lacks a column."""
    problems = Problems()
    fix = "Run the scenario again with `cpmodel run`."
    for name in COLUMNS:
        if name not in table.columns:
            problems.add(folder / "results.parquet", name, "no such column", "A brief reads it.", fix)
    problems.raise_if_any()
    return Cells(table)
