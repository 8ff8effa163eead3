"""What a new observation must satisfy beyond the form of its table: place, unit, year, bounds, and no repetition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cpmodel.errors import Problems, nearest
from cpmodel.inputs.datasets import read

COUNTRY = "Viet Nam"
PERCENT = "percent"
TARGETS = ("targets_1419_2009", "targets_889_2020", "targets_other")


@dataclass(frozen=True)
class Standard:
    """What rows are held against.

    places   English province name by code   units    units by indicator; empty for tables without indicators
    taken    (what names a row, source) → record id   targets    (indicator, year, value, unit) of every target
    """

    places: pd.Series
    units: Mapping[str, set[str]]
    taken: Mapping[tuple, str]
    targets: frozenset[tuple]
    named_by: tuple[str, ...]
    last_year: int

    @classmethod
    def of(
        cls, held: Mapping[str, pd.DataFrame], root: Path, last_year: int, named_by: tuple[str, ...]
    ) -> Standard:
        """Return the standard of tables `held`, whose rows are told apart by `named_by`."""
        goals = pd.concat([read(name, root) for name in TARGETS])
        rows = pd.concat(held.values())
        units = {}
        if "indicator" in rows:
            both = pd.concat([rows, goals])
            units = {str(name): set(group) for name, group in both.groupby("indicator")["unit"]}
        taken = {key_of(row, named_by): str(row["record_id"]) for row in rows.to_dict("records")}
        told = frozenset(goals[["indicator", "year", "value", "unit"]].itertuples(index=False, name=None))
        places = read("provinces", root).set_index("province_code")["name_en"]
        return cls(places, units, taken, told, named_by, last_year)


def key_of(row: Mapping, named_by: tuple[str, ...]) -> tuple[str, ...]:
    """Return what tells a row from others: what it is of, and its source."""
    return tuple(str(row[column]) for column in (*named_by, "source_id"))


def check_rows(standard: Standard, table: pd.DataFrame, shown: str, problems: Problems) -> tuple[str, ...]:
    """Note what is wrong in any row; return remarks on what is right but deserves a look."""
    remarks = []
    for i, row in enumerate(table.to_dict("records"), start=2):
        at = f"line {i}"
        _check_place(row, standard.places, at, shown, problems)
        _check_values(row, standard.last_year, at, shown, problems)
        if standard.units:
            _check_indicator(row, standard.units, at, shown, problems)
            remarks += _remarks_on_survey(row, standard, at)
        _check_taken(row, standard, at, shown, problems, remarks)
    return tuple(remarks)


def _check_taken(
    row, standard: Standard, at: str, shown: str, problems: Problems, remarks: list[str]
) -> None:
    key = key_of(row, standard.named_by)
    if key in standard.taken:
        why = f"{standard.taken[key]} holds this already: the same {', '.join(standard.named_by)} and source."
        problems.add(shown, at, " · ".join(key), why, "Remove the row, or name its own source.")
        return
    others = sorted(record for other, record in standard.taken.items() if other[:-1] == key[:-1])
    if others:
        remarks.append(
            f"{at}: {', '.join(others)} says the same of another source; both stay, neither corrects the other."
        )


def _remarks_on_survey(row, standard: Standard, at: str) -> list[str]:
    found = []
    if pd.isna(row["sample_size"]) and row["unit"] == PERCENT:
        found.append(f"{at}: without a sample size the share has no weight and is not scored.")
    same = (row["indicator"], row["year"], row["value"], row["unit"]) in standard.targets
    if same and row["flag"] != "suspect_equals_target":
        found.append(
            f"{at}: equal to its target; if the source may mix the two, flag it suspect_equals_target."
        )
    return found


def _check_indicator(row, units, at, shown, problems: Problems) -> None:
    indicator = row["indicator"]
    if indicator not in units:
        near = nearest(indicator, units)
        fix = f"Did you mean `{near}`?" if near else "Use an indicator of data/programme/survey_national.csv."
        why = "No table knows this indicator, so nothing would answer to it."
        problems.add(shown, f"{at}, column indicator", indicator, why, fix)
    elif row["unit"] not in units[indicator]:
        why = f"`{indicator}` is kept in {' or '.join(sorted(units[indicator]))}."
        problems.add(
            shown, f"{at}, column unit", row["unit"], why, "Convert the figure, and write that unit."
        )
    if not row["denominator"]:
        why = "A share means nothing without what it is a share of."
        problems.add(shown, f"{at}, column denominator", "nothing", why, "Say of whom, in words.")


def _check_place(row, places: pd.Series, at, shown, problems: Problems) -> None:
    codes = [code for code in row["province_code"].split(";") if code]
    expected = ", ".join(places.get(code, "?") for code in codes) or COUNTRY
    if "?" not in expected and row["geography"] != expected:
        why = (
            f"Province code `{row['province_code']}` is {expected}."
            if codes
            else "Without a province code this is the country."
        )
        problems.add(
            shown,
            f"{at}, column geography",
            row["geography"],
            why,
            f"Write `{expected}`, or correct the code.",
        )


def _check_values(row, this_year: int, at, shown, problems: Problems) -> None:
    value, highest = row["value"], row["value_max"]
    if row["unit"] == PERCENT and (value > 100 or highest > 100):
        problems.add(
            shown,
            f"{at}, column value",
            f"{max(value, highest):g}",
            "A share is at most 100 percent.",
            "Correct it.",
        )
    if highest < value:
        problems.add(
            shown,
            f"{at}, column value_max",
            f"{highest:g}",
            "The upper end lies below the value.",
            "Swap the two.",
        )
    if pd.isna(row["year"]):
        problems.add(
            shown,
            f"{at}, column year",
            "nothing",
            "A figure without its year cannot be placed.",
            "Give the year.",
        )
    elif row["year"] > this_year:
        why = "An observation cannot lie in the future."
        problems.add(shown, f"{at}, column year", f"{row['year']}", why, f"Give a year to {this_year}.")
    start, end = row["period_start"], row["period_end"]
    if not pd.isna(start) and not pd.isna(end) and start > end:
        problems.add(
            shown,
            f"{at}, column period_start",
            f"{start}",
            "The period ends before it starts.",
            "Swap the two.",
        )
    size = row.get("sample_size", float("nan"))
    if size <= 0 or size % 1 > 0:
        problems.add(
            shown,
            f"{at}, column sample_size",
            f"{size:g}",
            "A sample is a whole number above 0.",
            "Correct it.",
        )
