"""The drawings of a brief, as SVG text that is the same byte for byte for the same numbers.

Drawn through matplotlib's object interface on an SVG canvas, so that no backend is ever selected. Letters
become outlines, so that a figure looks the same everywhere. A letter that the font lacks is an error.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import fontpkg_be_vietnam_pro
import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from cpmodel.content import WORD_JOINER
from cpmodel.errors import RunFailed

FONTS = Path(fontpkg_be_vietnam_pro.ROOT) / "files"
INK, QUIET, HAIR = "#16302f", "#566a69", "#c9d3d1"
TEAL, ORANGE, BAND, BAND_INNER = "#0b5c62", "#b8470f", "#d5e6e5", "#9cc5c5"
LABEL_GAP = 0.085  # share of the value axis that a line of words takes, in a fan of the usual height
LABEL_YEARS = 3  # how far a target's label reaches to the left of its mark
STYLE = {
    "svg.fonttype": "path",
    "svg.hashsalt": "cpmodel",
    "font.family": fontpkg_be_vietnam_pro.FAMILY,
    "font.size": 8.5,
    "axes.edgecolor": HAIR,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": QUIET,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}


@dataclass(frozen=True)
class Fan:
    """The series of a fan chart, in printed units (per cent, offices): one list per statistic, same years.

    beside    the median of what it is set against, drawn as a broken line, and the label at its end
    height    of the drawing [inches]
    """

    years: Sequence[int]
    bands: dict[str, Sequence[float]]  # p10, p25, p50, p75, p90
    targets: Sequence[tuple[int, float, float | None, str]]  # year, low, high, label
    end_label: str
    top: float | None = None
    unverified_start: bool = False
    beside: tuple[Sequence[float], str] | None = None
    height: float = 2.2


@dataclass(frozen=True)
class Pair:
    """One line of a dumbbell: where it starts and ends, in printed units, with the change in words."""

    label: str
    variant: str
    start: float
    end: float
    text: str


def styled():
    """Return the context in which everything is drawn: typeface, sizes, colours, letters as outlines."""
    return matplotlib.rc_context(STYLE)


def fan(data: Fan, number_format) -> str:
    """Return a fan chart as SVG; `number_format` prints the ticks of the value axis."""
    with styled():
        figure, axes = panel(3.45, data.height, bottom=0.22 / data.height)
        years, bands = data.years, data.bands
        axes.fill_between(years, bands["p10"], bands["p90"], color=BAND, linewidth=0)
        axes.fill_between(years, bands["p25"], bands["p75"], color=BAND_INNER, linewidth=0)
        axes.plot(years, bands["p50"], color=TEAL, linewidth=2, solid_capstyle="round")
        highest = max(
            [*bands["p90"], *(high or low for _, low, high, _ in data.targets), *(data.beside or ((),))[0]]
        )
        axes.set_ylim(0, data.top or highest * 1.16)
        axes.set_xlim(years[0] - 0.3, years[-1] + 0.35)
        for year, low, high, label in data.targets:
            _target_mark(axes, year, low, high)
            _target_label(axes, year, high or low, label, _above_band(data, year, axes.get_ylim()[1]))
        style = dict(marker="o", markersize=5, linestyle="none", markeredgewidth=1.3)
        axes.plot(years[-1:], bands["p50"][-1:], color=TEAL, **style)
        inside = "white" if data.unverified_start else TEAL
        axes.plot(years[:1], bands["p50"][:1], color=TEAL, markerfacecolor=inside, **style)
        _end_labels(axes, data)
        axes.set_xticks([year for year in years if year in (years[0], 2012, 2015, 2018, years[-1])])
        value_ticks(axes, number_format)
        return svg(figure)


def _end_labels(axes: Axes, data: Fan) -> None:
    """Write the last median beside its point, and that of the broken line where there is one, clear of each other."""
    at, labels = [data.bands["p50"][-1]], [(data.end_label, TEAL, 9.5)]
    if data.beside:
        line, label = data.beside
        axes.plot(data.years, line, color=INK, linewidth=1.3, linestyle=(0, (4, 2.5)))
        at.append(line[-1])
        labels.append((label, INK, 8))
    gap = LABEL_GAP * Fan.height / data.height * axes.get_ylim()[1]
    for height, (label, color, size) in zip(spread(at, gap), labels, strict=True):
        note(axes, label, data.years[-1] + 0.5, height, color, weight="semibold", size=size)


def _above_band(data: Fan, year: int, top: float) -> float:
    """Return the height from which a label that ends at `year` stands clear of the band."""
    beside = [
        p90 for y, p90 in zip(data.years, data.bands["p90"], strict=True) if year - LABEL_YEARS <= y <= year
    ]
    return max(beside) + 0.05 * top


def _target_label(axes: Axes, year: int, at: float, label: str, clear: float) -> None:
    """Write a target's label beside its mark, or above the band with a thin line down to the mark."""
    if at < clear:
        axes.plot([year, year], [at, clear], color=ORANGE, linewidth=0.6)
    note(axes, label, year - 0.3, max(at, clear), ORANGE, ha="right", va="center", weight="semibold", size=8)


def _target_mark(axes: Axes, year: int, low: float, high: float | None) -> None:
    if high is not None:
        axes.plot([year, year], [low, high], color=ORANGE, linewidth=1.6)
        for end in (low, high):
            axes.plot([year - 0.16, year + 0.16], [end, end], color=ORANGE, linewidth=1.6)
    axes.plot([year], [low], marker="D", markersize=5, color=ORANGE, linestyle="none")


def bars(labels: Sequence[str], values: Sequence[float], texts: Sequence[str]) -> str:
    """Return horizontal bars as SVG, in the order given, each with its printed amount."""
    with styled():
        figure, axes = panel(3.45, 2.2, left=0.0, bottom=0.0, right=1.0, top=1.0)
        rows = range(len(values))
        most = max([*values, 1e-9])
        axes.barh(list(rows), values, height=0.34, color=TEAL)
        axes.barh(list(rows), [most] * len(values), height=0.34, color="#eef3f2", zorder=0)
        for row, label, text in zip(rows, labels, texts, strict=True):
            note(axes, label, 0, row - 0.42, INK, ha="left", va="center", size=8.5)
            note(axes, text, most, row - 0.42, TEAL, ha="right", va="center", weight="semibold", size=8.5)
        axes.set_ylim(len(values) - 0.78, -0.7)
        axes.set_xlim(0, most)
        bare(axes)
        return svg(figure)


def columns(labels: Sequence, values: Sequence[float], texts: Sequence[str], number_format) -> str:
    """Return upright bars as SVG, one for each year, each with its printed amount above it."""
    with styled():
        figure, axes = panel(3.45, 1.75, bottom=0.13, right=0.99)
        axes.bar(range(len(values)), values, width=0.62, color=TEAL)
        axes.set_ylim(0, max([*values, 1e-9]) * 1.2)
        for place, (value, text) in enumerate(zip(values, texts, strict=True)):
            note(axes, text, place, value + 0.02 * axes.get_ylim()[1], INK, ha="center", va="bottom", size=8)
        axes.set_xticks(range(len(labels)), [str(label) for label in labels], size=7)
        value_ticks(axes, number_format)
        return svg(figure)


def dumbbells(pairs: Sequence[Pair], number_format) -> str:
    """Return dumbbells as SVG: hollow start, solid end; the variant is named, never told by colour alone."""
    with styled():
        figure, axes = panel(3.45, 2.35, left=0.15, bottom=0.1, right=0.99)
        most = max(p.end for p in pairs)
        for row, pair in enumerate(pairs):
            y = row + 0.45 * (row // 2)
            color = TEAL if pair.variant == "H1" else ORANGE
            axes.plot([pair.start, pair.end], [y, y], color=color, linewidth=2.2, alpha=0.55, zorder=1)
            dot = dict(
                marker="o" if pair.variant == "H1" else "s", markersize=6, color=color, linestyle="none"
            )
            axes.plot([pair.start], [y], markerfacecolor="white", markeredgewidth=1.4, zorder=2, **dot)
            axes.plot([pair.end], [y], zorder=3, **dot)
            note(
                axes,
                f"{pair.variant}   {pair.text}",
                pair.end + most * 0.045,
                y,
                color,
                ha="left",
                va="center",
                size=8,
            )
            if row % 2 == 0:
                note(
                    axes, pair.label, -most * 0.035, y + 0.5, INK, ha="right", va="center", weight="semibold"
                )
        axes.set_ylim(len(pairs) - 1 + 0.45 * ((len(pairs) - 1) // 2) + 0.7, -0.7)
        axes.set_xlim(0, most * 1.72)
        axes.set_yticks([])
        axes.spines["left"].set_color(HAIR)
        ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= most * 1.12]
        axes.set_xticks(ticks, [number_format(tick) for tick in ticks])
        return svg(figure)


def panel(width: float, height: float, left=0.085, bottom=0.1, right=0.88, top=0.98) -> tuple[Figure, Axes]:
    """Return an empty drawing of a size [inches] with one set of axes; edges as shares of the size."""
    _know_fonts()
    figure = Figure(figsize=(width, height), facecolor="none")
    FigureCanvasSVG(figure)
    axes = figure.add_axes((left, bottom, right - left, top - bottom), facecolor="none")
    return figure, axes


def note(
    axes: Axes, text: str, x: float, y: float, color: str, size=8.5, weight="regular", va="center", ha="left"
):
    """Write words at a point of the axes."""
    text = text.replace(WORD_JOINER, "")
    return axes.text(x, y, text, color=color, size=size, weight=weight, va=va, ha=ha, parse_math=False)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights for labels, in the order given, moved apart until neighbours are `gap` from one another."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    found = [heights[i] for i in order]
    middle = sum(found)
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + gap)
    drop = (sum(found) - middle) / max(len(found), 1)  # the labels stay about the lines they name
    return [height - drop for _, height in sorted(zip(order, found, strict=True))]


def bare(axes: Axes) -> None:
    """Take ticks and frame away."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def value_ticks(axes: Axes, number_format) -> None:
    """Put few round ticks on the value axis, printed by `number_format`, with hairlines."""
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    axes.set_yticks(ticks, [number_format(tick) for tick in ticks])
    axes.grid(axis="y", color="#e4eae9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", pad=5)


def _know_fonts() -> None:
    known = {entry.fname for entry in fontManager.ttflist}
    for weight in ("Regular", "SemiBold", "Bold"):
        path = str(FONTS / f"BeVietnamPro-{weight}.ttf")
        if path not in known:
            fontManager.addfont(path)


def require_glyphs(figure: Figure) -> None:
    """Refuse a figure whose text holds a letter that its font lacks."""
    for text in figure.findobj(Text):
        path = matplotlib.font_manager.findfont(
            FontProperties(family=text.get_family(), weight=text.get_weight())
        )
        known = FT2Font(path).get_charmap()
        lacking = sorted({c for c in text.get_text() if ord(c) not in known and c != "\n"})
        if lacking:
            names = ", ".join(f"U+{ord(c):04X}" for c in lacking)
            raise RunFailed(
                f"A figure would print an empty box: the font has no {names} in “{text.get_text()}”."
            )


def svg(figure: Figure) -> str:
    """Return the figure as SVG text without prolog and metadata, after checking its letters."""
    require_glyphs(figure)
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue().decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    return re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL).strip()
