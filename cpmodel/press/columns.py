"""How wide the columns of a table are: as its content asks, and never so narrow that a word is broken.

Words are measured in the press's own typeface, which is wider than that of official documents (Times New Roman). Where there
is room they get a reserve besides, for typefaces that a machine without it puts in its place.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fontTools.ttLib import TTFont

from cpmodel.press.fonts import font_file

PLAIN, BOLD = 400, 600
UNKNOWN = 1.0  # em; a letter that the typeface lacks is taken to be as wide as any
PADDING = 4.0  # mm that a word processor leaves free in a cell, both sides together
RESERVE = (
    1.16  # DejaVu Serif, which stands in where nothing better is installed, is up to 15 % wider than ours
)
MM_PER_PT = 25.4 / 72


@dataclass(frozen=True)
class Fit:
    """Widths of columns [mm] at a size of type [pt]; `whole` says whether every word stands unbroken."""

    widths: tuple[float, ...]
    size: float
    whole: bool


def fitted(
    lines: Sequence[Sequence[str]], weights: Sequence[float], room: float, sizes: Sequence[float], head: bool
) -> Fit:
    """Return widths that share `room` [mm] by weight, none narrower than the longest word of its column.

    lines    the cells of the table row by row   head    whether the first line is its head, in bold as the first column is
    sizes    sizes of type that may be used, the best first; the first at which every word fits is taken
    """
    for size in sizes:
        least = [
            max(
                (word_width(cell, size, _is_bold(line, at, head)) for line, cell in enumerate(column)),
                default=0.0,
            )
            for at, column in enumerate(zip(*lines, strict=True))
        ]
        if sum(least) <= room:
            reserve = min(RESERVE, room / sum(least))
            return Fit(_shared(room, [reserve * width for width in least], weights), size, True)
    return Fit(tuple(room * width / sum(least) for width in least), size, False)


def _is_bold(line: int, at: int, head: bool) -> bool:
    return head and (line == 0 or at == 0)


def word_width(text: str, size: float, bold: bool) -> float:
    """Return how wide a cell must be for the longest word of a text [mm]; a no-break space joins two words to one."""
    widths = _advances(BOLD if bold else PLAIN)
    longest = max((sum(widths.get(letter, UNKNOWN) for letter in word) for word in _words(text)), default=0.0)
    return longest * size * MM_PER_PT + PADDING


def _words(text: str) -> Iterable[str]:
    return (word for line in text.splitlines() for word in line.split(" "))


def _shared(room: float, least: Sequence[float], weights: Sequence[float]) -> tuple[float, ...]:
    """Return the room shared by weight, where a column that would be too narrow has its least and the others the rest."""
    held: set[int] = set()
    while True:
        left = room - sum(least[at] for at in held)
        whole = sum(weight for at, weight in enumerate(weights) if at not in held)
        widths = [least[at] if at in held else left * weights[at] / whole for at in range(len(weights))]
        narrow = {at for at, width in enumerate(widths) if width < least[at] - 1e-9}
        if not narrow:
            return tuple(widths)
        held |= narrow


@functools.cache
def _advances(weight: int) -> Mapping[str, float]:
    """Return how far each letter of a cut moves the pen [em]."""
    font = TTFont(font_file(weight), lazy=True)
    advances, whole = font["hmtx"], font["head"].unitsPerEm
    return {chr(code): advances[name][0] / whole for code, name in font.getBestCmap().items()}
