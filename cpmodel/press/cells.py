"""The cells of runs that a brief read: two runs that agree in all of them give the same brief.

Reads are those of `cpmodel.results.cells`; `(scenario, None, …)` asks for a whole table, `(scenario, "draws")` for the
nation's draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cpmodel.press.fingerprints import digest, of_file
from cpmodel.press.store import read_json
from cpmodel.results.cells import OUTCOME, Cells, Read

NAMES_ONLY = ("hashes", "created", "cpmodel_version")  # of a manifest: they name a run and say nothing new


@dataclass
class Tables:
    """Run folders as they are looked up; each table is read once, and only when a run has changed."""

    opened: dict[Path, Cells] = field(default_factory=dict)
    known: dict[tuple[Path, Read], str] = field(default_factory=dict)

    def facts(self, folder: Path) -> str:
        """Return the hash of what a run says of itself, without its name and fingerprints."""
        told = read_json(folder / "manifest.json")
        return digest({name: value for name, value in told.items() if name not in NAMES_ONLY})

    def cells(self, folder: Path, reads: Iterable[Read] | None) -> str:
        """Return the hash of the cells read; of the whole run when it is not known what was read."""
        if reads is None:
            return digest([of_file(folder / name) for name in ("results.parquet", "draws.parquet")])
        return digest([self.value(folder, tuple(read)) for read in reads])

    def moved(self, folder: Path, before: Path, reads: Iterable[Read]) -> list[str]:
        """Return the reads whose values differ between two runs, as text."""
        return [
            " · ".join("every" if part is None else str(part) for part in read)
            for read in reads
            if self.value(folder, tuple(read)) != self.value(before, tuple(read))
        ]

    def value(self, folder: Path, read: Read) -> str:
        """Return what a run gives to a read, to the last bit."""
        if (folder, read) not in self.known:
            self.known[folder, read] = self._value(folder, read)
        return self.known[folder, read]

    def _value(self, folder: Path, read: Read) -> str:
        if len(read) == 2:
            return of_file(folder / "draws.parquet")
        if read[OUTCOME] is None:
            return of_file(folder / "results.parquet")
        found = self._table(folder).found(read)
        return digest([(list(key), float(value).hex()) for key, value in found.items()])

    def _table(self, folder: Path) -> Cells:
        if folder not in self.opened:
            import pandas as pd

            self.opened[folder] = Cells(pd.read_parquet(folder / "results.parquet"))
        return self.opened[folder]
