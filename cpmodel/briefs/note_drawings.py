"""The drawings of a finance note: cash, claims, a fund, steps from gross to net, what moves the cost, who gains.

Numbers in printed units come in, SVG goes out; nothing here knows a run or a language. All through `figures`, which alone
knows the plotting library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill

from cpmodel.briefs.figures import (
    BAND,
    BAND_INNER,
    HAIR,
    INK,
    LABEL_GAP,
    ORANGE,
    QUIET,
    TEAL,
    bare,
    note,
    panel,
    spread,
    styled,
    svg,
    value_ticks,
)

Ticks = Callable[[float], str]
WIDE, TALL = 3.45, 2.2
WORDS_UNDER_A_COLUMN = 13  # letters on a line
SHADE_OF = {"good": TEAL, "bad": ORANGE, "part": BAND_INNER}


@dataclass(frozen=True)
class Step:
    """One column of a waterfall: where it stands on the value axis, how it is shaded, and its printed amount."""

    label: str
    low: float
    high: float
    shade: str
    text: str


@dataclass(frozen=True)
class Swing:
    """One line of a tornado: the outcome where the input is low and where it is high, with the printed amounts."""

    label: str
    low: float
    high: float
    texts: tuple[str, str]


@dataclass(frozen=True)
class Share:
    """One line of a comparison of shares: of what is gained, and of all, with the printed amounts."""

    label: str
    gained: float
    every: float
    texts: tuple[str, str]


def cash_fan(
    years: Sequence[int], bands: dict[str, Sequence[float]], last: int, words: tuple[str, str], ticks: Ticks
) -> str:
    """Return a fan of yearly cash around nought; `last` is the last year of lending, `words` name what lies each side."""
    with styled():
        figure, axes = panel(WIDE, TALL, left=0.125, right=0.955)
        axes.fill_between(years, bands["p10"], bands["p90"], color=BAND, linewidth=0)
        axes.fill_between(years, bands["p25"], bands["p75"], color=BAND_INNER, linewidth=0)
        axes.plot(years, bands["p50"], color=TEAL, linewidth=2, solid_capstyle="round")
        axes.axhline(0.0, color=INK, linewidth=0.7)
        low, high = min(bands["p10"]), max(bands["p90"])
        room = 0.16 * (high - low)
        axes.set_ylim(min(low, 0.0) - room * (low < 0), max(high, 0.0) + room)
        axes.set_xlim(years[0] - 0.3, years[-1] + 0.3)
        top = axes.get_ylim()[1] - room * 0.45
        note(axes, words[0], years[0], top, TEAL, weight="semibold", size=8)
        if years[-1] > last:
            axes.axvline(last + 0.5, color=QUIET, linewidth=0.6, linestyle=(0, (3, 3)))
            note(axes, words[1], last + 0.8, top, TEAL, weight="semibold", size=8)
        step = 4 if len(years) > 12 else 2
        axes.set_xticks([year for year in years if (year - years[0]) % step == 0])
        value_ticks(axes, ticks)
        return svg(figure)


def histogram(
    edges: Sequence[float], shares: Sequence[float], marks: Sequence[tuple[float, str]], ticks: Ticks
) -> str:
    """Return bars of how often an amount falls between two edges, with marks [amount, words] standing above."""
    with styled():
        figure, axes = panel(WIDE, TALL, left=0.02, right=0.985, bottom=0.115)
        width = edges[1] - edges[0]
        beyond = marks[-1][0] if marks else edges[-1]
        colors = [ORANGE if low >= beyond - 1e-12 else TEAL for low in edges[:-1]]
        axes.bar(edges[:-1], shares, width=width * 0.9, align="edge", color=colors, linewidth=0)
        top = max(shares)
        for row, (at, words) in enumerate(marks):
            height = top * (0.92 - 0.2 * row)
            axes.plot([at, at], [0, height], color=INK, linewidth=0.8)
            right = at > 0.55 * edges[-1]
            gap = 0.012 * edges[-1]
            side = {"ha": "right" if right else "left"}
            note(axes, words, at + (-gap if right else gap), height, INK, size=8, weight="semibold", **side)
        axes.set_xlim(0, edges[-1] * 1.01)
        axes.set_ylim(0, top * 1.04)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        at = [tick for tick in axes.get_xticks() if 0 <= tick <= edges[-1]]
        axes.set_xticks(at, [ticks(tick) for tick in at])
        return svg(figure)


def paths(
    years: Sequence[int],
    series: Sequence[tuple[str, Sequence[float]]],
    level: tuple[float, str],
    ticks: Ticks,
) -> str:
    """Return lines with their names at the right end, the first darkest, and a level [amount, words] to hold them to."""
    with styled():
        figure, axes = panel(WIDE, TALL, left=0.125, right=0.755)
        shades = (TEAL, QUIET, ORANGE)
        for (_, values), shade in zip(series, shades, strict=False):
            axes.plot(years, values, color=shade, linewidth=1.8, solid_capstyle="round")
        axes.axhline(level[0], color=HAIR, linewidth=1.0, linestyle=(0, (4, 3)))
        every = [value for _, values in series for value in values] + [level[0]]
        room = 0.14 * (max(every) - min(every) or 1.0)
        axes.set_ylim(min(every) - room, max(every) + room)
        axes.set_xlim(years[0], years[-1] + 0.2)
        note(axes, level[1], years[0] + 0.2, level[0] - 0.4 * room, QUIET, size=7.6)
        heights = spread(
            [values[-1] for _, values in series], LABEL_GAP * (axes.get_ylim()[1] - axes.get_ylim()[0])
        )
        for (label, _), shade, at in zip(series, shades, heights, strict=False):
            note(axes, label, years[-1] + 0.5, at, shade, weight="semibold", size=7.8)
        step = 4 if len(years) > 8 else 2
        axes.set_xticks([year for year in years if (year - years[0]) % step == 0])
        value_ticks(axes, ticks)
        return svg(figure)


def waterfall(steps: Sequence[Step]) -> str:
    """Return columns that lead from the first amount to the last, each with its label below and amount above."""
    with styled():
        figure, axes = panel(WIDE, TALL, left=0.0, right=1.0, bottom=0.19)
        top = max(step.high for step in steps)
        for place, step in enumerate(steps):
            axes.bar([place], [step.high - step.low], bottom=step.low, width=0.62, color=SHADE_OF[step.shade])
            note(axes, step.text, place, step.high + 0.045 * top, INK, ha="center", weight="semibold", size=8)
            label = fill(step.label, WORDS_UNDER_A_COLUMN)
            note(axes, label, place, -0.035 * top, INK, ha="center", va="top", size=7.4)
            if place:
                before = (steps[place - 1].low, steps[place - 1].high)
                level = min((step.high, step.low), key=lambda end: min(abs(end - other) for other in before))
                axes.plot([place - 0.69, place - 0.31], [level, level], color=QUIET, linewidth=0.6)
        axes.axhline(0.0, color=HAIR, linewidth=0.8)
        axes.set_ylim(0, top * 1.13)
        axes.set_xlim(-0.5, len(steps) - 0.5)
        bare(axes)
        return svg(figure)


def tornado(swings: Sequence[Swing], middle: tuple[float, str]) -> str:
    """Return bars about the expected amount, the widest above; the end where the input is high is the dark one."""
    with styled():
        figure, axes = panel(WIDE, TALL + 0.35, left=0.0, right=1.0, bottom=0.0, top=1.0)
        ends = [value for swing in swings for value in (swing.low, swing.high)]
        low, high = min(ends), max(ends)
        reach = high - low
        for row, swing in enumerate(swings):
            for value, shade in ((swing.low, BAND_INNER), (swing.high, TEAL)):
                axes.barh([row + 0.2], [value - middle[0]], left=middle[0], height=0.3, color=shade)
            note(axes, swing.label, low - 0.13 * reach, row - 0.2, INK, size=7.8)
            texts = swing.texts if swing.low <= swing.high else swing.texts[::-1]
            left, right = sorted((swing.low, swing.high))
            side = {"color": QUIET, "size": 7.4}
            note(axes, texts[0], min(left, middle[0]) - 0.012 * reach, row + 0.2, ha="right", **side)
            note(axes, texts[1], max(right, middle[0]) + 0.012 * reach, row + 0.2, **side)
            axes.plot([middle[0], middle[0]], [row, row + 0.4], color=INK, linewidth=0.8)
        note(axes, middle[1], middle[0], -0.72, INK, ha="center", size=7.8, weight="semibold")
        axes.set_ylim(len(swings) - 0.55, -1.0)
        axes.set_xlim(low - 0.14 * reach, high + 0.14 * reach)
        bare(axes)
        return svg(figure)


def shares(rows: Sequence[Share]) -> str:
    """Return pairs of bars: a group's share of what is gained (dark) above its share of all (light)."""
    with styled():
        figure, axes = panel(WIDE, 3.6, left=0.0, right=1.0, bottom=0.0, top=1.0)
        most = max(max(row.gained, row.every) for row in rows)
        for at, row in enumerate(rows):
            note(axes, row.label, 0, at - 0.31, INK, size=7.8)
            for offset, value, shade, text in (
                (0.02, row.gained, TEAL, row.texts[0]),
                (0.26, row.every, BAND_INNER, row.texts[1]),
            ):
                axes.barh([at + offset], [value], height=0.18, color=shade)
                note(axes, text, value + 0.015 * most, at + offset + 0.02, QUIET, size=7)
        axes.set_ylim(len(rows) - 0.62, -0.5)
        axes.set_xlim(0, most * 1.16)
        bare(axes)
        return svg(figure)
