"""New observations: a file of rows is checked in full, then appended to data/programme; nothing there is rewritten.

A file carries the columns of one table of `TABLES` without `record_id`, which is given here. Each row names its
source; a source that the registry does not hold is registered in the same go from the columns of `PROVENANCE`.
"""

from __future__ import annotations

import csv
import datetime
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from cpmodel.errors import BadInput, Problems, nearest
from cpmodel.inputs.datasets import datasets, known_names, read
from cpmodel.inputs.observation_checks import Standard, check_rows
from cpmodel.inputs.tables import read_table

PREFIX = {"survey_national": "NAT", "survey_provincial": "PRO", "activities": "ACT", "budgets": "BUD"}
TABLES = tuple(PREFIX)
# what names a row beside its source, and what it is called
NAMED_BY = {
    "survey_national": ("indicator", "year", "geography"),
    "survey_provincial": ("indicator", "year", "geography"),
    "activities": ("programme", "activity", "year", "geography"),
    "budgets": ("programme", "budget_item", "funding_source", "year", "geography"),
}
PROVENANCE = ("source_title", "source_publisher", "source_licence")


@dataclass(frozen=True)
class Addition:
    """What would be appended: rows by table, record ids given; sources to register; remarks that refuse nothing."""

    rows: Mapping[str, pd.DataFrame]
    sources: pd.DataFrame
    remarks: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of observations."""
        return sum(len(rows) for rows in self.rows.values())


def prepared(file: Path, root: Path, today: datetime.date | None = None) -> Addition:
    """Read and check a file of new observations; raises `BadInput` with every problem of it.

    today    years after it are refused; by default the day of the computer
    """
    shown, header = str(file), _header(file)
    name = _table_of(header, shown)
    form = datasets()[name]
    extra = tuple(column for column in PROVENANCE if column in header)
    columns = tuple(c for c in form.columns if c != "record_id") + extra
    told = replace(form, columns=columns, key=(*NAMED_BY[name], "source_id"))
    known = known_names(root / "data")
    if extra:
        known = {kind: names for kind, names in known.items() if kind != "source"} | {
            "source": _any(file, known)
        }
    table = read_table(told, file, shown, known)
    problems = Problems()
    registry = read("sources", root)
    new_sources = _sources(table, registry, extra, shown, problems)
    held = {one: read(one, root) for one in (TABLES[:2] if name in TABLES[:2] else (name,))}
    last_year = (today or datetime.date.today()).year
    remarks = check_rows(Standard.of(held, root, last_year, NAMED_BY[name]), table, shown, problems)
    problems.raise_if_any()
    return Addition(_with_ids(name, table.drop(columns=list(extra)), held), new_sources, remarks)


def _header(file: Path) -> list[str]:
    """Return the column names; what cannot be read is told by `read_table`."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    return [name.strip() for name in next(csv.reader(io.StringIO(text)), [])]


def _table_of(header: list[str], shown: str) -> str:
    """Return the table whose form the header resembles most; a file of record ids is refused."""
    if "record_id" in header:
        why = "Record ids are given when rows are appended, so that no row is ever replaced."
        problems = Problems()
        problems.add(shown, "column record_id", "given", why, "Remove the column.")
        problems.raise_if_any()
    forms = datasets()
    marks = {"activities": "activity", "budgets": "budget_item"}
    return next(
        (name for name, mark in marks.items() if mark in header and mark in forms[name].columns),
        "survey_national",
    )


def _any(file: Path, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the registered sources and those that the file names: `_sources` asks for their provenance."""
    rows = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
    return known["source"] | {str(row.get("source_id") or "").strip() for row in rows} - {""}


def _sources(
    table: pd.DataFrame, registry: pd.DataFrame, extra: tuple, shown: str, problems: Problems
) -> pd.DataFrame:
    """Return registry rows for sources not yet held, in the registry's columns."""
    unknown = table[~table["source_id"].isin(registry["source_id"])].drop_duplicates("source_id")
    unknown = unknown[~unknown["source_id"].str.contains(";")]
    rows = []
    for row in unknown.to_dict("records"):
        lacking = [column for column in PROVENANCE if not row.get(column)]
        if lacking:
            why = "This source is not in data/sources.csv, and a figure without provenance cannot be used."
            fix = f"Fill in {', '.join(lacking)} in its rows, or add the source to data/sources.csv."
            problems.add(shown, f"source {row['source_id']}", "unknown", why, fix)
        else:
            rows.append({"source_id": row["source_id"], "collection": "programme", "title": row["source_title"],
                         "publisher": row["source_publisher"], "year": row["year"], "licence": row["source_licence"],
                         "read": "as supplied with the observations", "note": ""})  # fmt: skip
    return pd.DataFrame(rows, columns=registry.columns)


def _with_ids(name: str, table: pd.DataFrame, held: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return rows by table with their record ids, in the table's columns; provinces go to the provincial table."""
    if name in TABLES[:2]:
        provincial = table["province_code"] != ""
        parts = {"survey_national": table[~provincial], "survey_provincial": table[provincial]}
    else:
        parts = {name: table}
    found = {}
    for one, rows in parts.items():
        if len(rows):
            last = max(int(record.removeprefix(PREFIX[one])) for record in held[one]["record_id"])
            ids = [f"{PREFIX[one]}{last + i:03d}" for i in range(1, len(rows) + 1)]
            found[one] = rows.assign(record_id=ids)[list(datasets()[one].columns)]
    return found


def append(addition: Addition, root: Path) -> tuple[Path, ...]:
    """Append to the files of the data folder; each keeps every byte it had. Returns the files."""
    forms = datasets()
    parts = {name: rows for name, rows in addition.rows.items()}
    if len(addition.sources):
        parts = {"sources": addition.sources} | parts
    stages = []
    for name, rows in parts.items():
        path = root / "data" / forms[name].file
        before = path.read_bytes()
        told = io.StringIO()
        rows.to_csv(told, index=False, header=False, lineterminator="\n", float_format="%.12g")
        stage = path.with_name(f".{path.name}.{os.getpid()}")
        stage.write_bytes(
            before + (b"" if before.endswith(b"\n") else b"\n") + told.getvalue().encode("utf-8")
        )
        stages.append((stage, path))
    for stage, path in stages:
        stage.replace(path)
    return tuple(path for _, path in stages)


def refuse_missing(file: Path) -> None:
    """Raise `BadInput` when there is no such file."""
    if not file.is_file():
        problems = Problems()
        near = nearest(file.name, [p.name for p in file.parent.glob("*.csv")] if file.parent.is_dir() else [])
        fix = f"Did you mean `{near}`?" if near else "Name a CSV file of new observations."
        problems.add(str(file), "file", "no such file", "There is nothing to add.", fix)
        raise BadInput(problems.found)
