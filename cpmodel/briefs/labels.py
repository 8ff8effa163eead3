"""Where the label of each mark of a scatter stands, so that no label covers a mark or another label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEAR = 1.15  # distance of a label that needs no line to its mark [label heights]
DIRECTIONS = np.pi / 2 + np.pi / 8 * np.array(
    [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8]
)  # upwards first


@dataclass(frozen=True)
class Box:
    """A rectangle by its middle [inches]."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """True where the two share more than an edge."""
        apart = abs(self.x - other.x), abs(self.y - other.y)
        return apart[0] < (self.width + other.width) / 2 and apart[1] < (self.height + other.height) / 2

    def within(self, width: float, height: float) -> bool:
        """True inside a panel that begins at the origin."""
        reach = abs(self.x - width / 2) + self.width / 2, abs(self.y - height / 2) + self.height / 2
        return reach[0] <= width / 2 and reach[1] <= height / 2


def placed(
    marks: Sequence[Box], label: tuple[float, float], taken: Sequence[Box], panel: tuple[float, float]
) -> list[Box]:
    """Return a place for the label of each mark, in their order: the nearest that is free, upwards first.

    label, panel    width and height [inches]   taken    what else must stay uncovered, other marks among it
    A place farther off than `NEAR` is to be joined to its mark by a line.
    """
    found: list[Box] = []
    for mark in marks:
        found.append(_free(mark, label, [*marks, *taken, *found], panel))
    return found


def _free(mark: Box, label: tuple[float, float], uncovered: Sequence[Box], panel: tuple[float, float]) -> Box:
    width, height = label
    for step in range(1, 200):
        far = height * NEAR * step
        for turn in DIRECTIONS:
            box = Box(
                mark.x + (far + width - height) * np.cos(turn), mark.y + far * np.sin(turn), width, height
            )
            if box.within(*panel) and not any(box.meets(other) for other in uncovered):
                return box
    return Box(mark.x, mark.y + height * NEAR, width, height)  # a panel without any room
