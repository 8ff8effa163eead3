"""Survey rows on the brief's own subjects that are kept but not scored, each with the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from cpmodel.briefs import numbers
from cpmodel.briefs.places import Province
from cpmodel.briefs.tables import cell
from cpmodel.briefs.wording import Wording
from cpmodel.content import Cell, Column, Runs, Table
from cpmodel.inputs.datasets import read

SURVEYS = ("survey_national", "survey_provincial")
TARGETS = ("targets_1419_2009", "targets_889_2020")
COLUMNS = (("record", "left", 0.9), ("says", "left", 3.0), ("where", "left", 1.3), ("source", "left", 1.8),
           ("why", "left", 3.4))  # fmt: skip


def flagged_rows(data: Path) -> pd.DataFrame:
    """Return the rows of the surveys that may not be scored: all suspect ones, and others on what a target asks."""
    root = data.parent
    flags = read("flags", root).set_index("flag")
    rows = pd.concat([read(name, root) for name in SURVEYS], ignore_index=True)
    asked = set(pd.concat([read(name, root)["indicator"] for name in TARGETS]))
    suspect = rows["flag"].isin(flags.index[flags["suspect"] == "yes"])
    barred = rows["flag"].isin(flags.index[flags["scoreable"] == "no"])
    return rows[suspect | (barred & rows["indicator"].isin(asked))]


def flagged_table(
    rows: pd.DataFrame, names: Mapping[str, Province], words: Wording, caption: str = "flagged.caption",
    usable: Collection[str] = (),
) -> Table | None:  # fmt: skip
    """Return what rows say, where it stands, and why it is not scored; None when there are none.

    usable    flags that bar nothing; they, and rows without a flag, bear no mark
    """
    if rows.empty:
        return None
    return Table(
        id="flagged",
        caption=words.say(caption),
        columns=tuple(Column(label=words.word(f"flagged.{n}"), align=a, weight=w) for n, a, w in COLUMNS),
        rows=tuple(_row(row, names, words, usable) for row in rows.to_dict("records")),
        notes=(words.say("flagged.note"),),
    )


def _row(
    row: dict, names: Mapping[str, Province], words: Wording, usable: Collection[str]
) -> tuple[Cell, ...]:
    place = names.get(str(row["province_code"]))
    where = place.name(words.language) if place else words.word("flagged.nation")
    return (
        cell(str(row["record_id"]), words, header=True),
        cell(words.say(f"flagged.{row['indicator']}", value=_value(row, words)), words),
        cell(f"{where}, {int(row['year'])}", words),
        cell(str(row["source_id"]), words),
        _why(row["flag"], words, usable),
    )


def _why(flag: object, words: Wording, usable: Collection[str]) -> Cell:
    """Return why a row is not scored; a row without a flag is used."""
    if not isinstance(flag, str) or not flag:
        return cell(words.word("gaps.used"), words)
    return cell(words.word(f"flag.{flag}"), words, status=None if flag in usable else "caution")


def _value(row: dict, words: Wording) -> Runs:
    """Return what a row reports: a value, `more than` it, or a range."""
    origin = {"origin": f"{row['record_id']} ({row['source_id']})"}
    if row["unit"] != "percent":
        number = numbers.amount(row["value"], words.language, words.word("unit.establishments"), **origin)
    else:
        number = numbers.percent(row["value"] / 100, words.language, **origin)
    if row["qualifier"] == "range":
        return numbers.span(number, numbers.percent(row["value_max"] / 100, words.language, **origin))
    return words.say("flagged.more_than", value=number) if row["qualifier"] == "more_than" else (number,)
