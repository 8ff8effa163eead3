"""Every printed number leads to a row: its result cells or its source; one that names neither is refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cpmodel.content import (
    BriefContent,
    Lineage,
    Number,
    Parameter,
    Section,
    Table,
    Text,
    numbers_in,
    runs_in,
)

NBSP = "\u00a0"
LOOSE = re.compile(r"(?<![\w.,/])\d[\d.,]*(?![\w/])")
REFERENCES = re.compile(
    r"\d{4}-\d\d-\d\d_\w+_[0-9a-f]{8}"  # a run folder
    r"|\b[0-9a-f]{12}\b|cpmodel \d[\w.]*"  # a hash, a version
    r"|(?:Quyết định|Decision)(?: số)? \d+"  # as scenarios name it in their titles
    r"|\d{1,2} tháng \d{1,2} năm \d{4}|\d{1,2} [A-Z][a-z]+ \d{4}"  # a date
)
NOT_A_FINDING = re.compile(r"^(?:(?:19|20)\d\d|[1-9]|10|25|50|80|90|34|63)$")


@dataclass(frozen=True)
class Row:
    """One row of the provenance table: the printed number, its value, and where it stands."""

    anchor: str
    text: str
    value: float
    how: str
    lines: tuple[str, ...]
    outcomes: tuple[str, ...]


def rows(content: BriefContent) -> tuple[list[Row], dict[str, str]]:
    """Return the provenance rows in reading order, and the mark of a number → anchor of its row."""
    found: dict[str, Row] = {}
    for number in numbers_in((content.title, content.standfirst, content.sections)):
        name = mark(number)
        if name not in found:
            anchor = f"n{len(found) + 1}"
            outcomes = tuple(dict.fromkeys(key.outcome for key in number.keys))
            found[name] = Row(anchor, number.text, number.value, number.how, lines(number), outcomes)
    return list(found.values()), {name: row.anchor for name, row in found.items()}


def mark(number: Number) -> str:
    """Return what makes two printed numbers the same number: text, cells, how, origin."""
    parts = (number.text, [key.line() for key in number.keys], number.how, number.origin)
    return json.dumps(parts, ensure_ascii=False)


def entries(content: BriefContent) -> dict[str, tuple[Lineage, ...]]:
    """Return outcome → the entries of the lineage that it leads to."""
    found: dict[str, tuple[Lineage, ...]] = {}
    for entry in content.lineage:
        for outcome in entry.outcomes:
            found[outcome] = (*found.get(outcome, ()), entry)
    return found


def by_grade(entry: Lineage) -> list[tuple[str, list[Parameter]]]:
    """Return the parameters of an entry by grade; what is unverified (C) comes first."""
    order = {"C": 0, "A": 1, "B": 2, "J": 3}
    grades = sorted({p.grade for p in entry.parameters}, key=lambda grade: order.get(grade, 9))
    return [(g, [p for p in entry.parameters if p.grade == g]) for g in grades]


def by_source(entry: Lineage) -> str:
    """Return the sources of an entry's parameters with their grades, in short: `ELICITED_2026 (J)`."""
    found: dict[str, set[str]] = {}
    for parameter in entry.parameters:
        found.setdefault(parameter.source, set()).add(parameter.grade)
    told = (f"{source} ({', '.join(sorted(grades))})" for source, grades in found.items())
    return ", ".join(text.replace(" ", NBSP) for text in told)


def lines(number: Number) -> tuple[str, ...]:
    """Return where a number stands, at most three lines: a long sum names its first and last cell."""
    if not number.keys:
        return (number.origin,)
    told = [key.line() for key in number.keys]
    return tuple(told) if len(told) <= 3 else (told[0], f"… ({len(told)})", told[-1])


def unsourced(content: BriefContent) -> Iterator[Number]:
    """Yield every printed number that names neither a cell nor an origin."""
    everything = numbers_in((content.title, content.standfirst, content.sections))
    return (number for number in everything if not number.keys and not number.origin)


def loose_numbers(content: BriefContent) -> Iterator[str]:
    """Yield figures written as plain words in prose: title, messages, paragraphs, callouts, captions, notes.

    Years, list numbers, and the fixed shares that name a range or a class (80 %, H1) are no findings, nor are the
    dates, run folders, versions and hashes that `REFERENCES` takes out. Table cells are no prose.
    """
    for run in runs_in((content.title, content.standfirst, *map(_prose, content.sections))):
        if isinstance(run, Text):
            for found in LOOSE.findall(REFERENCES.sub("", run.text)):
                if not NOT_A_FINDING.match(found.rstrip(".,")):
                    yield f"{found} in “{run.text}”"


def _prose(section: Section) -> tuple:
    """Return what of a section is read as sentences."""
    return tuple(
        (block.caption, block.notes, block.legend) if isinstance(block, Table) else block
        for block in section.blocks
    )


def sha256(data: bytes) -> str:
    """Return the hash of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
