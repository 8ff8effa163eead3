"""A saved run as a brief reads it: cells of the long table, or nothing at all; never a filled-in number."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cpmodel.axes import ALL, NATION
from cpmodel.content import Key
from cpmodel.decision import Decision
from cpmodel.errors import BadInput, Problem, Problems, nearest
from cpmodel.inputs.decisions import decision_names, load_decision
from cpmodel.inputs.yaml_text import read_yaml

INDEX = ("scenario", "variant", "region", "sector", "size", "outcome", "year", "statistic")
COLUMNS = (*INDEX, "unit", "value")
REFERENCE = "decision_1419"  # what a run without a Decision is held against
FILES = ("results.parquet", "manifest.json", "scenario.resolved.yaml")


@dataclass(frozen=True)
class SavedRun:
    """A run folder, opened for reading.

    table      the long table as saved; `cells` its values by the columns of `INDEX` (missing values left out)
    scenario   the resolved scenario, as plain mappings; `decision` the Decision it is held against
    """

    folder: Path
    manifest: dict[str, Any]
    scenario: dict[str, Any]
    decision: Decision
    table: pd.DataFrame
    cells: dict[tuple, float] = field(repr=False)

    @property
    def name(self) -> str:
        """Name of the scenario, as it stands in the results."""
        return str(self.manifest.get("scenario", self.folder.name))

    def title(self, language: str) -> str:
        """Title of the scenario in one language, or its name."""
        title = self.manifest.get("title") or self.scenario.get("title") or {}
        return str(title.get(language) or self.name) if isinstance(title, dict) else str(title)

    def key(self, outcome: str, year: int, statistic: str = "p50", **where: str) -> Key:
        """Return the key of a cell, had or not (`where`: variant, region, sector, size)."""
        return Key(scenario=self.name, outcome=outcome, year=year, statistic=statistic, **where)

    def get(self, key: Key) -> float | None:
        """Return the value of a cell, or None when the run does not have it."""
        return self.cells.get(tuple(getattr(key, name) for name in INDEX))

    def value(self, outcome: str, year: int, statistic: str = "p50", **where: str) -> float | None:
        """Return the value of a cell named by its parts, or None."""
        return self.get(self.key(outcome, year, statistic, **where))

    def years(self, outcome: str, statistic: str = "p50", **where: str) -> list[int]:
        """Return the years for which the nation's (or another place's) cell exists, in order."""
        want = self.key(outcome, 0, statistic, **where)
        fixed = tuple(getattr(want, name) for name in INDEX if name != "year")
        at = INDEX.index("year")
        return sorted(k[at] for k in self.cells if k[:at] + k[at + 1 :] == fixed)

    def by_region(self, outcome: str, year: int, statistic: str = "p50") -> dict[str, float]:
        """Return province code → value of one outcome (all sectors and sizes), where there is one."""
        t = self.table
        rows = t[(t["outcome"] == outcome) & (t["year"] == year) & (t["statistic"] == statistic)]
        rows = rows[(rows["variant"] == "both") & (rows["sector"] == ALL) & (rows["size"] == ALL)]
        rows = rows[(rows["region"] != NATION) & rows["value"].notna()]
        return dict(zip(rows["region"].astype(str), rows["value"].astype(float), strict=True))


def open_run(run: str | Path, runs: Path, root: Path) -> SavedRun:
    """Open a run folder, or the latest run of a scenario under `runs` (the folder of all runs).

    root    the project folder, for the Decision's data
    Raises `BadInput` when there is no such run or when its files cannot be used.
    """
    folder = _find(run, runs)
    problems = Problems()
    for name in FILES:
        if not (folder / name).is_file():
            why = "A brief is printed from a complete run folder."
            problems.add(folder, name, "missing", why, "Run the scenario again with `cpmodel run`.")
    problems.raise_if_any()
    table, manifest = _read_table(folder), _read_manifest(folder)
    scenario = read_yaml(folder / "scenario.resolved.yaml").data
    columns = [table[name].tolist() for name in INDEX]
    pairs = zip(zip(*columns, strict=True), table["value"].tolist(), strict=True)
    cells = {key: value for key, value in pairs if math.isfinite(value)}
    strategy = str(scenario.get("strategy", REFERENCE))
    decision = load_decision(strategy if strategy in decision_names(root) else REFERENCE, root)
    return SavedRun(folder, manifest, scenario, decision, table, cells)


def _find(run: str | Path, runs: Path) -> Path:
    if Path(run).is_dir():
        return Path(run)
    found = sorted(runs.glob("*/manifest.json")) if runs.is_dir() else []
    names = {path.parent: _scenario_of(path) for path in found}
    mine = [folder for folder, name in names.items() if name == str(run)]
    if mine:
        return max(
            mine, key=lambda folder: (folder.name.split("_")[0], (folder / "manifest.json").stat().st_mtime)
        )
    near = nearest(str(run), [n for n in names.values() if n])
    fix = f"Run it first: `cpmodel run {run}`." + (f" Or did you mean `{near}`?" if near else "")
    why = f"There is no saved run of that name under {runs}, and no folder of that name."
    raise BadInput(Problem("run", "scenario", str(run), why, fix))


def _scenario_of(manifest: Path) -> str | None:
    try:
        return json.loads(manifest.read_text("utf-8")).get("scenario")
    except (OSError, ValueError, AttributeError):
        return None


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        fix = "Run the scenario again with `cpmodel run`."
        raise BadInput(Problem(str(path), "file", str(error), "The manifest cannot be read.", fix)) from None
    if not isinstance(manifest, dict):
        fix = "Run the scenario again with `cpmodel run`."
        raise BadInput(Problem(str(path), "file", "not a mapping", "The manifest cannot be read.", fix))
    return manifest


def _read_table(folder: Path) -> pd.DataFrame:
    path = folder / "results.parquet"
    fix = "Run the scenario again with `cpmodel run`."
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise BadInput(Problem(str(path), "file", str(error), "The table cannot be read.", fix)) from None
    problems = Problems()
    for name in COLUMNS:
        if name not in table.columns:
            problems.add(path, name, "no such column", "Every brief reads this column.", fix)
    problems.raise_if_any()
    text = {name: table[name].astype(str).astype(object) for name in INDEX if name != "year"}
    return table.assign(**text, year=table["year"].astype(int), value=table["value"].astype(float))
