"""Reading one CSV file against its declared form: every problem of the file at once, with line and column.

A column name means the same thing in every file, so the kinds of columns are declared once (`COLUMNS`) and a
`Dataset` lists names. Text is normalised to NFC. Nothing is filled in: a blank number is NaN.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.axes import SIZES
from cpmodel.errors import BadInput, Problem, Problems, nearest
from cpmodel.units import units, unknown_unit

SHOWN_PER_COLUMN = 20
CHOICES = {
    "grade": ("A", "B", "C", "J"),
    "size": SIZES,
    "yes_no": ("yes", "no"),
    "qualifier": tuple(
        [
            "exact",
            "range",
            "approximately",
            "approx",
            "at_least",
            "just_under",
            "more_than",
            "up_to",
            "minimum",
            "maximum",
            "expected",
            "estimated",
            "eq",
            "gt",
            "lt",
            "le",
        ]
    ),
}
# kind of each column that is not plain text; a `!` says that no cell may be blank
COLUMNS = {
    "value": "number!",
    "unit": "unit!",
    "source_id": "source!",
    "quality": "quality!",
    "grade": "grade!",
    "flag": "flag",
    "geography": "text!",
    "record_id": "text!",
    "indicator": "text!",
    "province_code": "province",
    "new_province_code": "province!",
    "vsic_code": "vsic",
    "size": "size!",
    "effective_date": "date",
    "valid_from": "date",
    "valid_to": "date",
    "same_as": "source",
    "qualifier": "qualifier",
    "suspect": "yes_no!",
    "scoreable": "yes_no!",
} | dict.fromkeys(("year", "year_end", "period_start", "period_end"), "year")
COLUMNS |= dict.fromkeys(
    [
        "value_max",
        "sample_size",
        "payback_years",
        "label_lon",
        "label_lat",
        "area_km2",
        "population_thousand",
        "labour_gt",
        "labour_le",
        "labour_ge",
        "merged_units",
        "shared_points",
        "low",
        "high",
    ],
    "number",
)
COLUMNS |= dict.fromkeys(("col", "row"), "number!")
COLUMNS |= dict.fromkeys(("name_vi", "name_en", "label_vi", "label_en", "title", "licence"), "text!")


@dataclass(frozen=True)
class Dataset:
    """The declared form of one file of the data folder.

    key         columns that together name a row
    columns     all columns, in any order
    kinds       kinds that differ from `COLUMNS` in this file; `a|b` is a choice
    negative    whether a value below zero can be right here
    """

    name: str
    file: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    about: str
    kinds: Mapping[str, str] = field(default_factory=dict)
    negative: bool = False

    def kind(self, column: str) -> tuple[str, bool]:
        """Return the kind of a column and whether each cell must be filled."""
        kind = self.kinds.get(column, COLUMNS.get(column, "text"))
        return kind.rstrip("!"), kind.endswith("!")


def read_table(dataset: Dataset, path: Path, shown: str, known: Mapping[str, frozenset[str]]) -> pd.DataFrame:
    """Return the checked table: text as str, numbers as float (NaN when blank), years as Int64.

    shown    the file as named in messages
    known    names that may stand in a column of a kind: source, province, vsic, flag, quality, group
    Raises BadInput with every problem of the file.
    """
    problems = Problems()
    header, rows, lines = _parse(_decode(path, shown), shown, problems)
    _check_header(dataset, header, shown, problems)
    table = pd.DataFrame(rows, columns=header, dtype=object) if header else pd.DataFrame()
    table = table.loc[:, [c for c in dataset.columns if header.count(c) == 1]]
    lines = np.array(lines, int)
    _check_key(dataset, table, lines, shown, problems)
    for column in table.columns:
        table[column] = _column(dataset, column, table[column].astype(str), lines, shown, known, problems)
    problems.raise_if_any()
    return table


def _decode(path: Path, shown: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        near = nearest(path.name, [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else [])
        fix = f"Is it `{near}`? Give it its name back." if near else "Restore it from the data edition."
        raise BadInput(Problem(shown, "file", "no such file", "The model reads this file.", fix)) from None
    except OSError as error:
        why = "The file cannot be read."
        raise BadInput(
            Problem(shown, "file", error.strerror or str(error), why, "Check its permissions.")
        ) from None
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        why = "The file is not UTF-8, so Vietnamese letters cannot be read safely."
        found = f"byte 0x{raw[error.start]:02x}"
        raise BadInput(Problem(shown, f"line {line}", found, why, "Save it as CSV UTF-8.")) from None


def _parse(text: str, shown: str, problems: Problems) -> tuple[list[str], list[list[str]], list[int]]:
    """Return header, rows of the header's length, and the line each row ends on; note ragged rows."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header, rows, lines = [], [], []
    try:
        header = [name.strip() for name in next(reader, [])]
        for row in reader:
            if len(row) == len(header):
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
            elif row:
                why = f"The header has {len(header)} columns, so the cells of this row cannot be told apart."
                fix = "Put a text that holds a comma in double quotes, or add the missing commas."
                problems.add(shown, f"line {reader.line_num}", f"{len(row)} cells", why, fix)
    except csv.Error as error:
        fix = "Close the quotes, or double a quote inside a quoted text."
        problems.add(shown, f"line {reader.line_num}", str(error), "The CSV is broken here.", fix)
    if not header:
        problems.add(
            shown, "line 1", "an empty file", "The header is missing.", "Restore it from the data edition."
        )
    return header, rows, lines


def _check_header(dataset: Dataset, header: list[str], shown: str, problems: Problems) -> None:
    for column in dataset.columns if header else ():
        if header.count(column) != 1:
            missing = column not in header
            found = "missing" if missing else "given twice"
            near = nearest(column, set(header) - set(dataset.columns)) if missing else None
            fix = f"Rename `{near}` to `{column}`." if near else "Add it." if missing else "Keep one of them."
            problems.add(shown, f"column {column}", found, "The column is part of the declared form.", fix)
    for column in dict.fromkeys(c for c in header if c not in dataset.columns):
        near = nearest(column, dataset.columns)
        fix = f"Did you mean `{near}`?" if near else f"Remove it; known are {', '.join(dataset.columns)}."
        problems.add(shown, f"column {column or '(no name)'}", "unknown column", "Nothing reads it.", fix)


def _check_key(
    dataset: Dataset, table: pd.DataFrame, lines: np.ndarray, shown: str, problems: Problems
) -> None:
    if len(table) == 0 or not set(dataset.key) <= set(table.columns):
        return
    cells = table[list(dataset.key)]
    first = {}
    for line, key in zip(lines, map(tuple, cells.to_numpy()), strict=True):
        if key in first:
            why = f"Line {first[key]} has the same {', '.join(dataset.key)}: one of the two is a repetition."
            fix = "Remove one. A contradicting figure stays as its own row with its own source."
            problems.add(shown, f"line {line}", " · ".join(filter(None, key)), why, fix)
        first.setdefault(key, line)


def _column(dataset, column, cells, lines, shown, known, problems) -> pd.Series:
    """Return a converted column and note what is wrong in it."""
    kind, required = dataset.kind(column)
    blank = (cells == "").to_numpy()
    faults = []
    if required and blank.any():
        faults.append(
            (blank, "A value is needed in every row.", lambda cell: "Fill it in, or remove the row.")
        )
    if kind in ("number", "year"):
        numbers = pd.to_numeric(cells.where(~blank), errors="coerce")
        values = numbers.to_numpy(float, na_value=np.nan)
        bad = ~blank & ~np.isfinite(values)
        faults.append((bad, "This is not a number.", _number_fix))
        if kind == "year":
            bad_year = np.isfinite(values) & ((values % 1 != 0) | (values < 1900) | (values > 2100))
            faults.append((bad_year, "A year from 1900 to 2100 is needed.", lambda cell: "Correct the year."))
            result = pd.Series(np.where(bad | bad_year, np.nan, values), cells.index).astype("Int64")
        else:
            if not dataset.negative:
                why = "This figure cannot be negative."
                faults.append((values < 0, why, lambda cell: "Write 0 or a positive number."))
            result = pd.Series(values, cells.index)
    else:
        result = cells
        if kind != "text":
            faults.append(_unknown(kind, cells, blank, known))
    for mask, why, fix in faults:
        _note(np.flatnonzero(mask), column, cells, lines, shown, why, fix, problems, kind)
    return result


def _unknown(kind, cells, blank, known):
    """Return (mask of cells that hold an unknown name, why, fix) for one kind of column."""
    if kind == "date":
        bad = (
            pd.to_datetime(cells.where(~blank), format="%Y-%m-%d", errors="coerce").isna().to_numpy() & ~blank
        )
        return bad, "A date is written year-month-day.", lambda cell: "Write it as 2009-09-07."
    names = units() if kind == "unit" else CHOICES.get(kind) or known.get(kind) or tuple(kind.split("|"))
    lists = kind in ("source", "province", "vsic", "area")  # such a cell may hold several, parted by `;`
    wrong = {c for c in cells.unique() if c and not all(p in names for p in (c.split(";") if lists else [c]))}

    def fix(cell: str) -> str:
        part = next(p for p in (cell.split(";") if lists else [cell]) if p not in names)
        near = nearest(part, names)
        return (
            f"Did you mean `{near}`?" if near else HOW_TO_ADD.get(kind, f"Known: {', '.join(sorted(names))}.")
        )

    return (
        cells.isin(wrong).to_numpy(),
        f"This {'name' if '|' in kind else kind.replace('_', ' ')} is not known.",
        fix,
    )


HOW_TO_ADD = {
    "source": "Add the source to data/sources.csv, with its licence.",
    "province": "Use a code of data/provinces.csv.",
    "vsic": "Use a division of data/sectors.csv.",
    "flag": "Use a flag of data/flags.csv, or add it there with its meaning.",
    "quality": "Use a label of data/quality_grades.csv.",
}


def _number_fix(cell: str) -> str:
    if "," in cell:
        return "Write a decimal point and no thousands separator, such as 1200.5."
    return "Write a plain number, or leave the cell blank and say why in the note."


def _note(rows, column, cells, lines, shown, why, fix, problems: Problems, kind: str) -> None:
    for row in rows[:SHOWN_PER_COLUMN]:
        cell, key = cells.iloc[row], f"line {lines[row]}, column {column}"
        if kind == "unit" and cell:
            problems.found.append(unknown_unit(cell, shown, key))
        else:
            problems.add(shown, key, cell or "nothing", why, fix(cell))
    if len(rows) > SHOWN_PER_COLUMN:
        more = f"{len(rows) - SHOWN_PER_COLUMN} more rows"
        problems.add(shown, f"column {column}", more, why, "Put these right in the same way.")
