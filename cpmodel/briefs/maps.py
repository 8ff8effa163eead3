"""The map of provinces, with labelled insets for the Hoàng Sa and Trường Sa archipelagos in every map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.collections import PolyCollection
from matplotlib.patches import Circle, Rectangle

from cpmodel.briefs.figures import HAIR, INK, QUIET, bare, note, panel, styled, svg

SHADES = ("#eef4e4", "#c9dfc9", "#8fc2b5", "#4a9a9b", "#1c6f78", "#0a4650")
NO_VALUE = "#ffffff"
ASPECT = 1 / 0.96  # a degree of latitude is longer than one of longitude near 16° N
HOANG_SA = ((0.2, 0.62), (0.35, 0.75), (0.5, 0.55), (0.62, 0.8), (0.75, 0.45), (0.42, 0.3), (0.85, 0.65))
TRUONG_SA = (
    (0.12, 0.3),
    (0.28, 0.7),
    (0.4, 0.42),
    (0.55, 0.82),
    (0.62, 0.25),
    (0.75, 0.6),
    (0.88, 0.4),
    (0.5, 0.6),
)


@dataclass(frozen=True)
class Scale:
    """Classes of a map: upper ends in printed units, ascending, and the printed label of each class."""

    ends: Sequence[float]
    labels: Sequence[str]

    def shade(self, value: float) -> str:
        """Return the colour of a value."""
        index = next((i for i, end in enumerate(self.ends) if value < end), len(self.ends) - 1)
        return SHADES[index * (len(SHADES) - 1) // max(len(self.ends) - 1, 1)]


@dataclass(frozen=True)
class Insets:
    """The words of the two insets: name and province each."""

    hoang_sa: tuple[str, str]
    truong_sa: tuple[str, str]


def equal_steps(values: Sequence[float], number_format, steps: int = 5) -> Scale:
    """Return classes of equal width over round numbers that hold all values."""
    ticks = matplotlib.ticker.MaxNLocator(steps, steps=[1, 2, 2.5, 4, 5, 10]).tick_values(
        min(values), max(values)
    )
    ends = [float(t) for t in ticks if t > min(values)] or [max(values) + 1]
    starts = [float(ticks[0]), *ends[:-1]] if len(ticks) > len(ends) else [0.0, *ends[:-1]]
    starts[0] = max([float(t) for t in ticks if t <= min(values)] or [0.0])
    labels = [f"{number_format(a)}–{number_format(b)}" for a, b in zip(starts, ends, strict=True)]
    return Scale(ends, labels)


def choropleth(
    geometry: Mapping[str, Any], values: Mapping[str, float], scale: Scale, insets: Insets, none_label: str
) -> str:
    """Return a map as SVG.

    geometry    GeoJSON features with the province code as id
    values      province code → value in printed units; provinces without one are left white and hatched
    """
    with styled():
        figure, axes = panel(3.45, 3.6, left=0.0, bottom=0.0, right=1.0, top=1.0)
        for feature in geometry["features"]:
            value = values.get(str(feature["id"]))
            rings = [ring[0] for ring in _polygons(feature["geometry"])]
            color = NO_VALUE if value is None else scale.shade(value)
            shape = PolyCollection(
                rings, facecolor=color, edgecolor="white" if value is not None else HAIR, lw=0.5
            )
            if value is None:
                shape.set_hatch("////")
            axes.add_collection(shape)
        axes.set_xlim(101.9, 116.1)
        axes.set_ylim(7.2, 23.7)
        axes.set_aspect(ASPECT)
        axes.set_anchor("W")
        bare(axes)
        _inset(axes, (110.6, 14.9), HOANG_SA, *insets.hoang_sa, values.get("48"), scale)
        _inset(axes, (111.6, 8.6), TRUONG_SA, *insets.truong_sa, values.get("56"), scale)
        _legend(axes, scale, none_label if len(values) < len(geometry["features"]) else "")
        return svg(figure)


def _polygons(shape: Mapping[str, Any]) -> list:
    return [shape["coordinates"]] if shape["type"] == "Polygon" else list(shape["coordinates"])


def _inset(axes, corner, islands, name: str, province: str, value: float | None, scale: Scale) -> None:
    """Draw one framed inset: a schematic of the islands, in the shade of their province, with its name."""
    x, y = corner
    width, height = 4.2, 1.9
    axes.add_patch(Rectangle(corner, width, height, facecolor="#f6f9f9", edgecolor=QUIET, linewidth=0.6))
    color = NO_VALUE if value is None else scale.shade(value)
    for east, north in islands:
        dot = (x + width * (0.06 + 0.88 * east), y + height * (0.08 + 0.84 * north))
        axes.add_patch(Circle(dot, 0.09, facecolor=color, edgecolor=INK, linewidth=0.5))
    note(axes, name, x + width / 2, y - 0.4, INK, ha="center", va="center", size=7.6, weight="semibold")
    note(axes, province, x + width / 2, y - 0.95, QUIET, ha="center", va="center", size=7.2)


def _legend(axes, scale: Scale, none_label: str) -> None:
    entries = [*zip([scale.shade(end - 1e-9) for end in scale.ends], scale.labels, strict=True)]
    if none_label:
        entries.append((NO_VALUE, none_label))
    for row, (color, label) in enumerate(entries):
        y = 22.9 - row * 0.72
        axes.add_patch(
            Rectangle((110.9, y - 0.22), 0.75, 0.48, facecolor=color, edgecolor=HAIR, linewidth=0.5)
        )
        note(axes, label, 111.9, y, INK, ha="left", va="center", size=8)
