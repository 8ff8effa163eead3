"""What an analysis found: a few facts and tables, kept by content, so that the same question is answered once.

The key of a finding is a digest of the data, the parameters, the scenarios, the code and the question. What is printed
names its cell (`cells`), so that a brief can be checked against the finding as it is against a run.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.project import project_root
from cpmodel.results.saved import json_text, written_whole

FACTS = "facts.json"


@dataclass
class Finding:
    """kind    backcast, allocate, sensitivity, discover, robust, wedges or survey_value   scenario    it is about

    facts    name → number, word, or None   tables    name → table; its first column names the row
    folder    where it is kept, None when it is not
    """

    kind: str
    scenario: str
    facts: dict[str, object]
    tables: dict[str, pd.DataFrame]
    folder: Path | None = field(default=None, compare=False)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def cell_name(self, table: str, row: int, column: str) -> str:
        """Return the name of a cell: `backcast.packages.best.cost`; rows without a name of their own by number."""
        labels = self.tables[table].iloc[:, 0].astype(str)
        label = labels.iloc[row] if labels.is_unique else f"{labels.iloc[row]}#{row}"
        return f"{self.kind}.{table}.{label}.{column}"

    def cells(self) -> dict[str, float]:
        """Return cell name → value for every finite number of the facts and tables."""
        found = {f"{self.kind}.{name}": value for name, value in self.facts.items()}
        for table, frame in self.tables.items():
            for column in frame.select_dtypes("number"):
                for row, value in enumerate(frame[column]):
                    found[self.cell_name(table, row, column)] = value
        numbers = {
            k: float(v) for k, v in found.items() if isinstance(v, int | float) and not isinstance(v, bool)
        }
        return {name: value for name, value in numbers.items() if math.isfinite(value)}

    @property
    def key(self) -> str:
        """What stands for everything the finding depends on; empty where it was not kept."""
        return str(self.facts.get("key", ""))

    def as_data(self) -> dict:
        """Return the finding as plain data for JSON; what has no number is null."""
        tables = {name: json.loads(frame.to_json(orient="records")) for name, frame in self.tables.items()}
        facts = {
            k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in self.facts.items()
        }
        return {"kind": self.kind, "scenario": self.scenario, **facts, **tables}


def key_of(kind: str, hashes: Mapping[str, str], question: object) -> str:
    """Return sixteen characters that stand for everything a finding depends on."""
    told = json.dumps([kind, dict(hashes), question], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def found(
    kind: str, scenario: str, hashes: Mapping[str, str], question: object, make: Callable[[Path], Finding],
    below: Path | None = None,
) -> Finding:  # fmt: skip
    """Return the finding of this question that is kept already, or make and keep it.

    make    is given a folder for what should survive an interruption; the folder goes when the finding is whole
    below    the folder of all findings; by default reports/decisions
    """
    below = below or project_root() / "reports" / "decisions"
    key = key_of(kind, hashes, question)
    tail = f"_{kind}_{scenario}_{key[:8]}"
    for folder in sorted(below.glob(f"????-??-??{tail}"), reverse=True):
        kept = read_finding(folder)
        if kept is not None and kept.facts.get("key") == key:
            return kept
    work = below / f".work{tail}"
    finding = make(work)
    finding.facts["key"] = key
    folder = below / f"{datetime.now(UTC):%Y-%m-%d}{tail}"
    shutil.rmtree(folder, ignore_errors=True)  # one that could not be read
    with written_whole(folder) as stage:
        (stage / FACTS).write_text(
            json_text(
                {"kind": kind, "scenario": scenario, "facts": finding.facts, "tables": list(finding.tables)}
            ),
            "utf-8",
        )
        for name, frame in finding.tables.items():
            frame.to_parquet(stage / f"{name}.parquet", index=False)
            frame.to_csv(stage / f"{name}.csv", index=False, lineterminator="\n")
    shutil.rmtree(work, ignore_errors=True)
    finding.folder = folder
    return finding


def latest_finding(kind: str, scenario: str, below: Path | None = None) -> Finding:
    """Return the newest finding of a kind about a scenario; raises `BadInput` naming the command that makes one."""
    kept = kept_finding(kind, scenario, below)
    if kept is not None:
        return kept
    below = below or project_root() / "reports" / "decisions"
    why = f"Nothing of the kind `{kind}` has been found about `{scenario}` yet."
    fix = f"Run `cpmodel {kind.replace('_', '-')}` for it first."
    raise BadInput(Problem(str(below), "finding", "none", why, fix))


def kept_finding(kind: str, scenario: str, below: Path | None = None) -> Finding | None:
    """Return the newest finding of a kind about a scenario, None where none is kept."""
    below = below or project_root() / "reports" / "decisions"
    folders = sorted(below.glob(f"????-??-??_{kind}_{scenario}_????????"), reverse=True)
    return next((kept for kept in map(read_finding, folders) if kept is not None), None)


def read_finding(folder: Path) -> Finding | None:
    """Return a finding from its folder; None where it is damaged, so that it is made again."""
    try:
        told = json.loads((folder / FACTS).read_text("utf-8"))
        tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in told["tables"]}
        return Finding(told["kind"], told["scenario"], told["facts"], tables, folder)
    except (OSError, ValueError, KeyError):
        return None
