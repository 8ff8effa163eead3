"""What the finance commands print: words and figures of one language, and tables aligned for a terminal."""

from __future__ import annotations

import functools
import math
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from cpmodel.errors import in_number

PERCENT = ("share", "1/year", "points", "share of face")


@functools.cache
def _vocabulary() -> Mapping[str, Mapping[str, str]]:
    from cpmodel.inputs.phrases import phrases_of

    return dict(phrases_of(Path(__file__).with_name("finance.yaml")))


class Words:
    """Words and figures in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **parts: object) -> str:
        """Return the phrase `key` with its places filled; a key without a phrase is its own word."""
        phrase = _vocabulary().get(key)
        return key.rpartition(".")[2] if phrase is None else in_number(phrase[self.language].format(**parts))

    def number(self, value: float, decimals: int) -> str:
        """Return a number in the language's figures; what is too small for its decimals reads `<0.1`."""
        from cpmodel.briefs.numbers import plain_number

        if abs(value) < 1e-12:
            return "0"
        least = 10.0**-decimals
        if abs(value) < least / 2:
            return ("<" if value > 0 else ">−") + plain_number(least, self.language, decimals)
        return plain_number(value, self.language, decimals)

    def percent(self, value: float, decimals: int = 1) -> str:
        """Return a share as per cent, without the sign."""
        return self.number(100.0 * value, decimals)

    def money(self, value: float) -> str:
        """Return an amount with three figures at least."""
        from cpmodel.briefs.numbers import decimals_of

        return self.number(value, decimals_of(value))

    def figure(self, value: object, unit: str) -> str:
        """Return a value by its unit; what does not exist reads as a dash, what is never reached as `never`."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return self("missing")
        if unit == "yes or no":
            return self("yes" if value else "no")
        if isinstance(value, float) and math.isinf(value):
            return self("never" if unit == "years" else "missing")
        if unit in PERCENT:
            return self.percent(value)
        if unit == "years":
            return self.number(value, 1)
        if unit == "VND/USD":
            return self.number(value, 0)
        if unit in ("ratio", "2010 = 1"):
            return self.number(value, 2)
        return self.money(value)

    def unit(self, unit: str) -> str:
        """Return the name of a unit."""
        return self(f"unit.{unit}") if unit not in ("", "yes or no") else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """Return a table; the first `words` columns stand left, figures right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(head))]

    def one(line: Sequence[str]) -> str:
        cells = [
            cell + " " * (w - width(cell)) if i < words else " " * (w - width(cell)) + cell
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        return "  " + "  ".join(cells).rstrip()

    return "\n".join(
        [one(lines[0]), "  " + "─" * (sum(widths) + 2 * (len(widths) - 1)), *map(one, lines[1:])]
    )


def wrapped(text: str, indent: str = "  ", columns: int = 100) -> str:
    """Return a sentence on lines of at most `columns` places."""
    return textwrap.fill(
        text, columns, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def width(text: str) -> int:
    """Return how many places a text takes on a terminal; marks that stand on a letter take none."""
    return sum(not unicodedata.combining(letter) for letter in text)
