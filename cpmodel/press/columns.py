"""How wide the columns of a table are: as its content asks, and never so narrow that a word is broken.

As browsers lay out tables (CSS 2.2, 17.5.2.2): every column has its longest word at least, and what is left goes to the
columns that would need most to stand on one line. Words are measured in the press's own typeface. It is wider than that of
official documents (Times New Roman), so what fits in the one fits in the other; where there is room, words get a reserve
besides, for the typefaces that a machine without it puts in its place.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fontTools.ttLib import TTFont

from cpmodel.press.fonts import font_file

PLAIN, BOLD = 400, 600
UNKNOWN = 1.0  # em; a letter that the typeface lacks is taken to be as wide as any
PADDING = 4.0  # mm that a word processor leaves free in a cell, both sides together
MM_PER_PT = 25.4 / 72
RESERVE = (
    1.15  # DejaVu Serif, which stands in where nothing better is installed, is up to 15 % wider than ours
)
COMFORT = 0.88  # of the room that words may take by themselves before smaller type is tried


@dataclass(frozen=True)
class Fit:
    """Widths of columns [mm] at a size of type [pt]; `whole` says whether every word stands unbroken."""

    widths: tuple[float, ...]
    size: float
    whole: bool


def fitted(lines: Sequence[Sequence[str]], room: float, sizes: Sequence[float], head: bool) -> Fit:
    """Return widths that share `room` [mm], none narrower than the longest word of its column where there is room for that.

    lines    the cells of the table row by row   head    whether the first line is its head, in bold as the first column is
    sizes    sizes of type that may be used, the best first; the first is taken that leaves some room beside the words
    """
    for size in sizes:
        least, most = (
            [max(_width(cell, size, _is_bold(n, at, head)) for n, cell in enumerate(column)) for at, column in
             enumerate(zip(*lines, strict=True))]
            for _width in (word_width, line_width)
        )  # fmt: skip
        last = size == sizes[-1]
        if sum(least) <= room * (1.0 if last else COMFORT):
            reserve = min(RESERVE, max(1.0, 0.95 * room / sum(least)))
            return Fit(_shared(room, [reserve * width for width in least], most), size, True)
    return Fit(tuple(room * width / sum(least) for width in least), size, False)


def _is_bold(line: int, at: int, head: bool) -> bool:
    return head and (line == 0 or at == 0)


def word_width(text: str, size: float, bold: bool) -> float:
    """Return how wide a cell must be for the longest word of a text [mm]; a no-break space joins two words to one."""
    return max(_mm(word, size, bold) for line in text.split("\n") for word in line.split(" "))


def line_width(text: str, size: float, bold: bool) -> float:
    """Return how wide a cell must be for a text to need no line more than it has [mm]."""
    return max(_mm(line, size, bold) for line in text.split("\n"))


def _mm(text: str, size: float, bold: bool) -> float:
    widths = _advances(BOLD if bold else PLAIN)
    return sum(widths.get(letter, UNKNOWN) for letter in text) * size * MM_PER_PT + PADDING


def _shared(room: float, least: Sequence[float], most: Sequence[float]) -> tuple[float, ...]:
    """Return the least widths, and what is left by what each column lacks to its widest line, or to the whole room."""
    left, whole = room - sum(least), [max(pair) for pair in zip(least, most, strict=True)]
    if sum(whole) <= room:  # every line fits: what is over goes to all alike
        return tuple(room * width / sum(whole) for width in whole)
    wanted = [max(0.0, min(m, room) - n) for m, n in zip(whole, least, strict=True)]
    wanted = wanted if sum(wanted) else [1.0] * len(wanted)
    return tuple(n + left * want / sum(wanted) for n, want in zip(least, wanted, strict=True))


@functools.cache
def _advances(weight: int) -> Mapping[str, float]:
    """Return how far each letter of a cut moves the pen [em]."""
    font = TTFont(font_file(weight), lazy=True)
    advances, whole = font["hmtx"], font["head"].unitsPerEm
    return {chr(code): advances[name][0] / whole for code, name in font.getBestCmap().items()}
