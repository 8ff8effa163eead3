"""Every printed number leads to a row, its result cells or its source; one that matches none is refused."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cpmodel.content import BriefContent, Key, Number, Text, numbers_in, runs_in

LOOSE = re.compile(r"(?<![\w.,/])\d[\d.,]*(?![\w/])")
NOT_A_FINDING = re.compile(r"^(?:(?:19|20)\d\d[.,]?|[1-9]|10|25|50|80|90|63)$")


@dataclass(frozen=True)
class Row:
    """One row of the provenance table: the printed number, its value, and where it stands."""

    anchor: str
    text: str
    value: float
    how: str
    lines: tuple[str, ...]


def rows(content: BriefContent) -> tuple[list[Row], dict[str, str]]:
    """Return the provenance rows in reading order, and the mark of a number → anchor of its row."""
    found: dict[str, Row] = {}
    for number in numbers_in((content.title, content.standfirst, content.sections)):
        name = mark(number)
        if name not in found:
            anchor = f"n{len(found) + 1}"
            found[name] = Row(anchor, number.text, number.value, number.how, lines(number))
    return list(found.values()), {name: row.anchor for name, row in found.items()}


def mark(number: Number) -> str:
    """Return what makes two printed numbers the same number: text, cells, how, origin."""
    parts = (number.text, [key.line() for key in number.keys], number.how, number.origin)
    return json.dumps(parts, ensure_ascii=False)


def lines(number: Number) -> tuple[str, ...]:
    """Return where a number stands, at most three lines: a long sum names its first and last cell."""
    if not number.keys:
        return (number.origin,)
    told = [key.line() for key in number.keys]
    return tuple(told) if len(told) <= 3 else (told[0], f"… ({len(told)})", told[-1])


def recomputed(number: Number, get: Callable[[Key], float | None]) -> float | None:
    """Return the value of a number worked out again from its cells; None when a cell is missing."""
    cells = [get(key) for key in number.keys]
    if not cells or None in cells:
        return None
    if number.how == "sum":
        return sum(cells)
    if number.how == "difference":
        return cells[0] - cells[1]
    if number.how == "count":
        return float(len(cells))
    if number.how in ("shortfall", "shortfall_count"):
        gap = (number.constant or 0.0) - cells[0]
        return gap * cells[1] if number.how == "shortfall_count" else gap
    return cells[0]


def printed_value(text: str, language: str) -> float | None:
    """Return the figure that a printed number shows (`1.234,5 tỷ đồng` → 1234.5); None without digits."""
    found = re.search(r"[−-]?\d[\d.,]*", text)
    if not found:
        return None
    group, point = (".", ",") if language == "vi" else (",", ".")
    return float(found[0].replace("−", "-").replace(group, "").replace(point, ".").rstrip("."))


def wrong_numbers(content: BriefContent, get: Callable[[Key], float | None]) -> Iterator[str]:
    """Yield every printed number that does not equal its cells at the printed precision."""
    for number in numbers_in((content.title, content.standfirst, content.sections)):
        if not number.keys:
            if not number.origin:
                yield f"“{number.text}” has neither a cell nor an origin"
            continue
        value = recomputed(number, get)
        if value is None:
            yield f"“{number.text}” names a cell that the run does not have: {number.keys[0].line()}"
        elif not shows(number, value, content.language):
            yield f"“{number.text}” is printed where {number.keys[0].line()} gives {value!r}"


def shows(number: Number, value: float, language: str) -> bool:
    """Say whether the printed text shows `value` at its precision."""
    shown, exact = printed_value(number.text, language), value * number.scale
    if shown is None:
        return False
    if number.text.startswith("<"):
        return 0 <= exact < shown + 1e-9
    if number.text.startswith(">"):
        return exact > shown - 1e-9
    return math.isclose(shown, exact, abs_tol=0.5 * 10.0**-number.decimals + 1e-9)


def unsourced(content: BriefContent) -> Iterator[Number]:
    """Yield every printed number that names neither a cell nor an origin."""
    everything = numbers_in((content.title, content.standfirst, content.sections))
    return (number for number in everything if not number.keys and not number.origin)


def loose_numbers(content: BriefContent) -> Iterator[str]:
    """Yield figures written as plain words in the running text of messages and paragraphs.

    Years, list numbers, and the fixed shares that name a range or a class (80 %, H1) are no findings.
    """
    for section in content.sections:
        for block in section.blocks:
            if block.kind not in ("messages", "paragraph", "key_figures"):
                continue
            for run in runs_in(block):
                if isinstance(run, Text) and "cpmodel" not in run.text and ":" not in run.text[:12]:
                    for found in LOOSE.findall(run.text):
                        if not NOT_A_FINDING.match(found):
                            yield f"{found} in “{run.text}”"


def sha256(data: bytes) -> str:
    """Return the hash of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
