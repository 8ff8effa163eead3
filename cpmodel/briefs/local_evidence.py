"""What has been observed of a province, what has not, and who must deliver it under the Decision."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cpmodel.briefs.local_places import member_codes
from cpmodel.briefs.parts import Part
from cpmodel.briefs.tables import cell
from cpmodel.briefs.wording import Wording
from cpmodel.content import Cell, Column, Runs, Table, Text
from cpmodel.decision import Decision
from cpmodel.inputs.datasets import read

ASKED = ("share_aware_of_cp", "share_applying_cp")  # the indicators of the targets that a province can survey
GAPS = ("survey", "matrix", "money", "office")  # what is missing, in the order of what it would change
COLUMNS = (("what", "left", 2.5), ("known", "left", 2.6), ("who", "left", 3.3), ("clause", "left", 0.8))
CLAUSES = {"survey": "V.3", "money": "V.2", "office": "II.2.b.3"}  # of Decision 1419/QĐ-TTg


def survey_rows(data: Path, part: Part) -> pd.DataFrame:
    """Return the survey rows of a province (of the members of a unit) on what the targets ask, with `scoreable`."""
    rows = read("survey_provincial", data.parent)
    flags = read("flags", data.parent).set_index("flag")["scoreable"]
    codes = member_codes(data, part)
    here = rows[rows["province_code"].isin(codes) & rows["indicator"].isin(ASKED)]
    flag = here["flag"].astype(str).where(here["flag"].notna(), "")
    return here.assign(scoreable=[flags.get(name, "yes") != "no" for name in flag])


def usable(rows: pd.DataFrame) -> bool:
    """Say whether a survey of the province may be held against the model."""
    return bool(rows["scoreable"].any())


def gaps_table(rows: pd.DataFrame, part: Part, words: Wording, decision: Decision) -> Table:
    """Return what is known and missing of a province, and who must deliver it under which clause of the Decision."""
    known = {clause.id for clause in decision.clauses}
    clauses = {name: clause if clause in known else "–" for name, clause in CLAUSES.items()}
    return Table(
        id="gaps",
        caption=words.say("gaps.caption", name=part.name),
        columns=tuple(Column(label=words.word(f"gaps.{n}"), align=a, weight=w) for n, a, w in COLUMNS),
        rows=tuple(_row(name, rows, words, clauses.get(name, "–")) for name in GAPS),
    )


def _row(name: str, rows: pd.DataFrame, words: Wording, clause: str) -> tuple[Cell, ...]:
    known = _surveys(rows, words) if name == "survey" else words.say(f"gaps.{name}_known")
    status = None if name == "survey" and usable(rows) else "caution"
    return (
        cell(words.word(f"gaps.{name}"), words, header=True),
        cell(known, words, status=status),
        cell(words.word(f"gaps.{name}_who"), words),
        cell(clause, words),
    )


def _surveys(rows: pd.DataFrame, words: Wording) -> Runs:
    """Return the records of surveys, each with the reason it cannot be used, or that there are none."""
    if rows.empty:
        return words.say("gaps.no_survey")
    told = []
    for row in rows.to_dict("records"):
        reason = words.word("gaps.used") if row["scoreable"] else words.word(f"flag.{row['flag']}")
        told.append(f"{row['record_id']}, {int(row['year'])}: {reason}")
    return (Text(text="; ".join(told)),)
