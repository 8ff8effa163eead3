"""The parameters of the model: one row each, with its spread, grade and source (`data/parameters.csv`).

A row states three quantiles (5 %, 50 %, 95 %) on a scale (`log`, `logit`, `identity`, or `fixed`). The prior is
the split normal on that scale that has exactly these quantiles, so the table says all there is to know.
Rows that name the same `stream` move together: they share one uncertain input.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from cpmodel.axes import RESOURCES, RUNGS, SIZES
from cpmodel.errors import Problems, nearest
from cpmodel.units import units, unknown_unit

AXES = {"resource": RESOURCES, "rung": RUNGS, "size": SIZES}
COLUMNS = (
    "name",
    *AXES,
    "symbol",
    "scale",
    "median",
    "low",
    "high",
    "unit",
    "grade",
    "source_id",
    "stream",
    "reason",
)
GRADES = {
    "A": "read in the source",
    "B": "recomputed from the source's raw data",
    "C": "recalled, unverified",
    "J": "judgement",
}
SCALES = {
    "log": (np.log, np.exp),
    "logit": (logit, expit),
    "identity": (lambda x: x, lambda x: x),
    "fixed": (lambda x: x, lambda x: x),
}
Z95 = ndtri(0.95)


@dataclass(frozen=True)
class Parameters:
    """The checked table. `rows` has the columns of the file; `shape(name)` is the shape without draws."""

    rows: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of the file."""
        return tuple(dict.fromkeys(self.rows["name"]))

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the uncertain inputs that are drawn, in the order of the file."""
        return tuple(dict.fromkeys(self.rows.loc[self.rows["scale"] != "fixed", "stream"]))

    def values(self, uniforms: dict[str, np.ndarray], draws: int) -> dict[str, np.ndarray]:
        """Return every parameter at the given uniforms.

        uniforms    stream name → numbers in (0, 1), shape (draws,)
        Returns name → array, shape (*axes of the parameter, draws), in the row's unit.
        """
        found: dict[str, list[np.ndarray]] = {}
        for row in self.rows.itertuples(index=False):
            u = None if row.scale == "fixed" else uniforms[row.stream]
            found.setdefault(row.name, []).append(quantile(row, u, draws))
        return {name: self._shaped(name, np.array(values)) for name, values in found.items()}

    def medians(self) -> dict[str, np.ndarray]:
        """Return every parameter at its median, shape (*axes, 1)."""
        return self.values({stream: np.array([0.5]) for stream in self.streams}, 1)

    def _shaped(self, name: str, values: np.ndarray) -> np.ndarray:
        return values.reshape(*self.shape(name), values.shape[-1])

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a parameter over its axes: () for a scalar, (4,) by size, (4, 3) by resource, rung."""
        return self._shapes[name]

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        named = (self.rows[list(AXES)] != "").groupby(self.rows["name"], sort=False).any()
        return {
            name: tuple(len(AXES[axis]) for axis in AXES if used[axis])
            for name, used in named.to_dict("index").items()
        }


def quantile(row, uniform: np.ndarray | None, draws: int) -> np.ndarray:
    """Return a row's quantile at `uniform` (shape (draws,)); a fixed row returns its median throughout."""
    if uniform is None:
        return np.full(draws, row.median)
    forward, back = SCALES[row.scale]
    low, median, high = (forward(v) for v in (row.low, row.median, row.high))
    z = ndtri(uniform) / Z95
    return back(median + np.where(z < 0, (median - low) * z, (high - median) * z))


def read_parameters(path: Path) -> Parameters:
    """Read and check the parameter table; raises `BadInput` with every problem found."""
    problems = Problems()
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        problems.add(path, "file", None, "The parameter table is missing.", "Restore data/parameters.csv.")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        problems.add(
            path, "file", error, "The table cannot be read.", "Save it as UTF-8 CSV, one row a line."
        )
    problems.raise_if_any()
    for column in COLUMNS:
        if column not in rows.columns:
            problems.add(path, column, None, "This column is missing.", f"Add the column `{column}`.")
    problems.raise_if_any()
    for column in ("median", "low", "high"):
        numbers = pd.to_numeric(rows[column], errors="coerce")
        for i in rows.index[numbers.isna()]:
            problems.add(path, f"row {i + 2}, {column}", rows[column][i], "Not a number.", "Write a number.")
        rows[column] = numbers
    for i, row in rows.iterrows():
        _check_row(path, f"row {i + 2}, {row['name']}", row, problems)
    repeated = rows.duplicated(["name", *AXES])
    for i in rows.index[repeated]:
        problems.add(path, f"row {i + 2}", rows["name"][i], "This parameter has a row already.", "Keep one.")
    for name, group in rows[~repeated].groupby("name"):
        wanted = np.prod([len(AXES[a]) for a in AXES if (group[a] != "").any()], dtype=int)
        if len(group) != wanted:
            what = f"It has {len(group)} rows; its axes need {wanted}."
            problems.add(path, str(name), None, what, "Give one row for each combination.")
    problems.raise_if_any()
    return Parameters(_in_axis_order(rows))


def _in_axis_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the parameters in the order of the file, and the rows of each in the order of their axes."""
    first = {name: i for i, name in enumerate(dict.fromkeys(rows["name"]))}
    position = {axis: {value: i for i, value in enumerate(("", *known))} for axis, known in AXES.items()}
    keys = [rows["name"].map(first), *(rows[axis].map(position[axis]) for axis in AXES)]
    order = pd.concat(keys, axis=1, keys=range(len(keys))).sort_values(list(range(len(keys)))).index
    return rows.loc[order].reset_index(drop=True)


def _check_row(path: Path, place: str, row: pd.Series, problems: Problems) -> None:
    for axis, known in AXES.items():
        if row[axis] and row[axis] not in known:
            near = nearest(row[axis], known)
            fix = f"Did you mean `{near}`?" if near else f"Use {', '.join(known)}, or leave it empty."
            problems.add(path, f"{place}, {axis}", row[axis], f"Not a {axis}.", fix)
    if row["scale"] not in SCALES:
        problems.add(path, f"{place}, scale", row["scale"], "Unknown scale.", f"Use {', '.join(SCALES)}.")
    if row["grade"] not in GRADES:
        why = "Every parameter says how good its evidence is."
        problems.add(path, f"{place}, grade", row["grade"], why, "Use A, B, C or J.")
    for column in ("unit", "source_id", "reason"):
        if not row[column].strip():
            problems.add(path, f"{place}, {column}", None, "This is empty.", "Say it in a few words.")
    if row["unit"].strip() and row["unit"] not in units():
        problems.found.append(unknown_unit(row["unit"], path, f"{place}, unit"))
    for column in ("median", "low", "high"):
        if np.isinf(row[column]):
            why = "A quantile of a prior is a finite number."
            problems.add(path, f"{place}, {column}", row[column], why, "Write a number.")
    if not row["low"] <= row["median"] <= row["high"]:
        found = f"{row['low']}, {row['median']}, {row['high']}"
        problems.add(path, place, found, "low, median and high are out of order.", "Put them in order.")
    floor = {"log": 0.0, "logit": 0.0}.get(row["scale"])
    if floor is not None and row["low"] <= floor:
        problems.add(path, f"{place}, low", row["low"], "This scale needs values above 0.", "Raise `low`.")
    if row["scale"] == "logit" and row["high"] >= 1:
        problems.add(path, f"{place}, high", row["high"], "A share stays below 1.", "Lower `high`.")
