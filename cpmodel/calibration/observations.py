"""Which rows of `data/programme` may be held against the model, under one explicit rule; all others with the reason.

A row is scored when its flag does not bar it, its figure was read in a source, a subject of `SUBJECTS` says which
outcome answers to it, it speaks of a time of the run not later than `until`, and it has what its likelihood needs.
Every row of `TABLES` ends in exactly one of the two lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cpmodel.axes import NATION
from cpmodel.calibration.subjects import COUNTRY, SUBJECTS, TABLES, Subject
from cpmodel.inputs.datasets import read
from cpmodel.units import convert

RETURNS = "V3_"  # source of the yearly returns, and of rows put together from them (`inputs.annual_totals`)


@dataclass(frozen=True)
class Observation:
    """What is held against the model: one row, or several of one subject that are read together.

    rows      record ids, in order   values    in the outcome's unit, one each   highest    upper ends of ranges
    size      establishments or offices asked, None where it does not apply   wave    what shares one survey bias
    span      (start, end) of a count, decimal years   grade    the poorest of the rows
    """

    id: str
    rows: tuple[str, ...]
    table: str
    outcome: str
    kind: str
    scenario: str
    region: str
    year: int
    values: tuple[float, ...]
    highest: tuple[float, ...] = ()
    size: int | None = None
    wave: str = ""
    span: tuple[float, float] | None = None
    in_view_of: str = ""
    source_id: str = ""
    grade: str = "A"
    note: str = field(default="", compare=False)


@dataclass(frozen=True, order=True)
class Excluded:
    """A row that is not scored, and why."""

    table: str
    row: str
    reason: str


def observations(
    until: int, start: float, root: str | Path | None = None, regions: Iterable[str] = ()
) -> tuple[tuple[Observation, ...], tuple[Excluded, ...]]:
    """Return what is scored and what is not, both sorted; the order of rows in the files plays no part.

    until     last year that may be seen   start    of the run, decimal year
    regions   provinces, and units of several (`30;31`), that the run tells apart; none at explorer resolution
    """
    flags = read("flags", root).set_index("flag")
    tables = {name: read(name, root) for name in TABLES}
    return sorted_out(tables, flags, until, start, tuple(regions))


def sorted_out(
    tables: Mapping[str, pd.DataFrame],
    flags: pd.DataFrame,
    until: int,
    start: float,
    regions: tuple[str, ...] = (),
) -> tuple[tuple[Observation, ...], tuple[Excluded, ...]]:
    """Return observations and excluded rows of tables read already; arguments as of `observations`."""
    scored: dict[tuple, list[dict]] = {}
    excluded = []
    for name, table in tables.items():
        for row in table.to_dict("records"):
            subject = subject_of(name, row)
            reason = why_not(row, subject, flags, until, start, regions)
            if reason:
                excluded.append(Excluded(name, str(row["record_id"]), reason))
            else:
                alone = "" if subject.kind == "selected" else row["record_id"]
                scored.setdefault((name, subject.outcome, alone), []).append(row | {"subject": subject})
    found = [_observation(rows) for rows in scored.values()]
    return tuple(sorted(found, key=lambda one: one.id)), tuple(sorted(excluded))


def subject_of(table: str, row: Mapping) -> Subject | None:
    """Return the subject a row speaks of, or None."""
    return next(
        (
            subject
            for subject in SUBJECTS
            if subject.table == table
            and all(row.get(column) == value for column, value in subject.where.items())
        ),
        None,
    )


def why_not(
    row: Mapping,
    subject: Subject | None,
    flags: pd.DataFrame,
    until: int,
    start: float,
    regions: tuple[str, ...] = (),
) -> str:
    """Return why a row may not be scored, or an empty text."""
    flag = row.get("flag") or ""
    if flag and flags.at[flag, "suspect"] == "yes":
        return f"suspect: {flags.at[flag, 'meaning']}"
    if flag and flags.at[flag, "scoreable"] == "no":
        return str(flags.at[flag, "meaning"])
    if row["grade"] == "C":
        return "unverified: recalled, not read in a source"
    if subject is None:
        return "no outcome of the model answers to it"
    if subject.never:
        return subject.never
    return _no_place(row, regions) or _no_time(row, subject, until, start) or _no_weight(row, subject, flag)


def _no_place(row: Mapping, regions: tuple[str, ...]) -> str:
    codes = str(row["province_code"] or "")
    if regions and row.get("quality") == "derived" and str(row["source_id"]).startswith(RETURNS):
        return "put together from provinces, whose own rows are scored"
    if row["geography"] == COUNTRY:
        return ""
    if not codes:
        return "another country"
    if "indicator" in row and codes in regions:
        return ""
    if "indicator" in row and not regions:
        return "one province or unit: told apart at full resolution only"
    return "several provinces that are not one unit of 2025" if ";" in codes else ""


def _no_time(row: Mapping, subject: Subject, until: int, start: float) -> str:
    if pd.isna(row["year"]):
        return "its year is unknown"
    if row["year"] > until:
        return f"later than {until}"
    if subject.kind not in ("selected", "count") and row["year"] < int(start):
        return "earlier than the run"
    return ""


def _no_weight(row: Mapping, subject: Subject, flag: str) -> str:
    """Return what a likelihood lacks in a row."""
    told, size = row.get("qualifier", "exact"), row.get("sample_size")
    if subject.kind == "at_least":
        return (
            ""
            if told in ("more_than", "at_least")
            else "a count of those known that is not told as a lower bound"
        )
    if subject.kind == "offices" and flag == "self_assessed":
        count = _in_unit(row, subject, row["value"])
        every = not pd.isna(size) and count >= size
        return "an upper bound that excludes nothing: all of them say so of themselves" if every else (
            "an upper bound told by those assessed"
        )  # fmt: skip
    if subject.kind in ("share", "offices") and pd.isna(size):
        return "no sample size, so its weight cannot be told"
    if subject.kind in ("share", "offices", "count") and told not in ("exact", "approximately"):
        return f"told as `{told}`, not as a figure"
    return ""


def _in_unit(row: Mapping, subject: Subject, value: float) -> float:
    """Return a value in the outcome's unit: shares of 1, numbers of offices, counts, years."""
    if row["unit"] != "percent":
        return float(value)
    share = convert(float(value), "percent", "share")
    return round(share * row["sample_size"]) if subject.kind == "offices" else share


def _observation(rows: list[dict]) -> Observation:
    rows = sorted(rows, key=lambda row: row["record_id"])
    first, subject = rows[0], rows[0]["subject"]
    size = first.get("sample_size")
    codes = str(first["province_code"] or "")
    return Observation(
        id=first["record_id"],
        rows=tuple(row["record_id"] for row in rows),
        table=subject.table,
        outcome=subject.outcome,
        kind=subject.kind,
        scenario=subject.scenario,
        region=NATION if subject.kind in ("selected", "count") or not codes else codes,
        year=max(int(row["year"]) for row in rows),
        values=tuple(_in_unit(row, subject, row["value"]) for row in rows),
        highest=tuple(
            _in_unit(row, subject, row["value_max"])
            for row in rows
            if "value_max" in row and not pd.isna(row["value_max"])
        ),
        size=None if size is None or pd.isna(size) else int(size),
        wave=f"{first['source_id']}, {int(first['year'])}" if subject.kind == "share" else "",
        span=subject.span,
        in_view_of=subject.in_view_of,
        source_id=", ".join(dict.fromkeys(row["source_id"] for row in rows)),
        grade=max(row["grade"] for row in rows),
        note=str(first.get("note") or ""),
    )
