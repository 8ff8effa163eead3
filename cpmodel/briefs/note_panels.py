"""Two drawings of a finance note that show many things at once: the frontier of a search, who gains by size and place.

Numbers in printed units come in, SVG goes out, as in `note_drawings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cpmodel.briefs.figures import (
    BAND_INNER,
    INK,
    ORANGE,
    QUIET,
    TEAL,
    bare,
    note,
    panel,
    styled,
    svg,
    value_ticks,
)
from cpmodel.briefs.labels import NEAR, Box, placed
from cpmodel.briefs.note_drawings import TALL, WIDE, Ticks

MARK = 4.5  # of an option [points]
POINTS = 72.0  # an inch
LETTER = 0.06  # width of one at 7.4–7.8 points [inches]


@dataclass(frozen=True)
class Option:
    """One option of a frontier: its label (none where it is not numbered), cost, gain, and how it is marked."""

    label: str
    cost: float
    gain: float
    on_front: bool
    own: bool


def frontier(
    options: Sequence[Option],
    cloud: Sequence[tuple[float, float]],
    cap: float,
    words: tuple[str, str, str],
    ticks: Ticks,
) -> str:
    """Return gain over cost: every mix tried as a faint dot, options run in full, the front as a step line, the cap.

    cloud    (cost, gain) of the mixes   words    of the cap, of the axis of cost, of the axis of gain
    Cost stands on a square-root scale, so that cheap options are told apart beside dear ones.
    """
    with styled():
        figure, axes = panel(WIDE, TALL + 0.35, left=0.115, right=0.975, bottom=0.15)
        most = 1.15 * max([cap, *(one.cost for one in options)])
        near = [(cost, gain) for cost, gain in cloud if 0 <= cost <= most]
        top = 1.12 * max([*(one.gain for one in options), *(gain for _, gain in near), 1e-9])
        axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0.0)), np.square))
        if near:
            axes.scatter(*zip(*near, strict=True), s=5, color=BAND_INNER, linewidths=0, zorder=1)
        front = _envelope((one.cost, one.gain) for one in options)
        axes.step(*zip(*front, strict=True), where="post", color=TEAL, linewidth=1.2, zorder=2)
        for one in options:
            shade, mark = (ORANGE, "D") if one.own else (TEAL, "o")
            face = shade if one.on_front or one.own else "white"
            axes.plot([one.cost], [one.gain], mark, color=shade, markerfacecolor=face, markersize=MARK, zorder=3,
                      clip_on=False)  # fmt: skip
        axes.axvline(cap, color=ORANGE, linewidth=1.0, linestyle=(0, (4, 3)))
        note(axes, words[0], cap * 0.965, 0.045 * top, ORANGE, ha="right", size=7.8, weight="semibold")
        note(axes, words[2], 0.0, top * 0.985, QUIET, size=7.4, va="top")
        axes.set_xlim(0, most)
        axes.set_ylim(0, top)
        _number(axes, options, cap, words)
        axes.set_xticks(_root_ticks(most))
        axes.set_xticklabels([ticks(tick) for tick in _root_ticks(most)])
        axes.set_xlabel(words[1], color=QUIET, fontsize=7.4, labelpad=2)
        value_ticks(axes, ticks)
        return svg(figure)


def _number(axes, options: Sequence[Option], cap: float, words: tuple[str, str, str]) -> None:
    """Write the number of each option beside its mark, off every other mark, number and word."""
    width, height = (axes.get_position().size * axes.figure.get_size_inches()).tolist()

    def place(cost: float, gain: float) -> tuple[float, float]:
        x, y = axes.transAxes.inverted().transform(axes.transData.transform((cost, gain)))
        return x * width, y * height

    size = MARK * 1.3 / POINTS
    marks = {one.label: Box(*place(one.cost, one.gain), size, size) for one in options if one.label}
    others = [Box(*place(one.cost, one.gain), size, size) for one in options if not one.label]
    line, _ = place(cap, 0.0)
    told = LETTER * len(words[0])
    taken = [Box(line, height / 2, 0.02, height), Box(line - told / 2, 0.06 * height, told, 0.14),
             Box(LETTER * len(words[2]) / 2, 0.95 * height, LETTER * len(words[2]), 0.14)]  # fmt: skip
    label = (LETTER * 2.2, 8.0 / POINTS)
    boxes = placed([*marks.values()], label, [*others, *taken], (width, height))
    for (text, mark), box in zip(marks.items(), boxes, strict=True):
        at = box.x / width, box.y / height
        if np.hypot(box.x - mark.x, box.y - mark.y) > 1.5 * NEAR * label[1]:
            axes.plot([mark.x / width, at[0]], [mark.y / height, at[1]], color=QUIET, linewidth=0.5, zorder=2,
                      transform=axes.transAxes)  # fmt: skip
        note(axes, text, *at, INK, ha="center", size=7.4, weight="semibold").set(
            transform=axes.transAxes,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.8},
        )


def _envelope(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points that no other beats on cost and gain together, by cost."""
    found: list[tuple[float, float]] = []
    for cost, gain in sorted(points, key=lambda one: (one[0], -one[1])):
        if not found or gain > found[-1][1]:
            found.append((cost, gain))
    return found


def _root_ticks(most: float) -> list[float]:
    """Return round amounts that lie evenly on a square-root scale."""
    unit = 10.0 ** np.floor(np.log10(max(most, 1e-9)))
    return [
        float(unit * share) for share in (0.0, 0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 7.0) if unit * share <= most
    ]


def heat(
    rows: Sequence[str], columns: Sequence[str], shades: Sequence[Sequence[str]], breaks: Sequence[int],
    legend: Sequence[tuple[str, str]],
) -> str:  # fmt: skip
    """Return a table of shaded cells with its rows named at the left, columns upright below, and a legend on top.

    shades    row by row   breaks    columns before which a gap stands   legend    (shade, words) of each class
    """
    with styled():
        figure, axes = panel(7.1, 1.68, left=0.075, right=0.998, bottom=0.42, top=0.88)
        at = [i + 0.8 * sum(i >= b for b in breaks) for i in range(len(columns))]
        for y, line in enumerate(shades):
            axes.bar(at, 0.92, width=0.94, bottom=y, align="edge", color=list(line), linewidth=0)
            note(axes, rows[y], -0.6, y + 0.5, INK, ha="right", va="center", size=7.6)
        for x, name in zip(at, columns, strict=True):
            note(axes, name, x + 0.5, len(rows) + 0.12, INK, ha="center", va="top", size=5.2).set_rotation(90)
        width = at[-1] + 1
        for i, (shade, words) in enumerate(legend):
            left = i * width / max(len(legend), 1)
            axes.bar(
                left, 0.5, width=1.1, bottom=-0.78, align="edge", color=shade, linewidth=0, clip_on=False
            )
            note(axes, words, left + 1.5, -0.53, QUIET, size=6.8, va="center")
        axes.set_xlim(0, width)
        axes.set_ylim(len(rows), 0)
        bare(axes)
        return svg(figure)
