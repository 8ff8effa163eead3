"""Boundaries, neighbours and the 2025 units of the provinces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.datasets import read
from cpmodel.inputs.project import project_root

TOLERANCE = 0.002  # degrees, about 200 m: the boundary file is drawn for 1 : 10 million
LEAST_POINTS = 2  # one shared point is a corner, not a border


def boundaries(root: str | Path | None = None) -> dict:
    """Return the boundary file as GeoJSON: one feature a province, `id` = province code.

    It lacks Hoàng Sa and Trường Sa: every map adds the labelled insets of `read("insets")`.
    """
    path = Path(root or project_root()) / "data/boundaries/provinces.geojson"
    shown = "data/boundaries/provinces.geojson"
    try:
        shapes = json.loads(path.read_text("utf-8"))
        codes = {feature["properties"]["province_code"] for feature in shapes["features"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = "The boundary file cannot be read."
        raise BadInput(Problem(shown, "file", str(error), why, "Restore it from the data edition.")) from None
    known = set(read("provinces", root)["province_code"])
    if codes != known:
        found = ", ".join(sorted(codes ^ known))
        why = "Provinces and boundaries do not name the same codes."
        raise BadInput(Problem(shown, "province_code", found, why, "Restore it from the data edition."))
    return shapes


def shared_borders(shapes: dict, tolerance: float = TOLERANCE) -> dict[tuple[str, str], int]:
    """Return the pairs of provinces (a < b) with a common border → number of boundary points of `a` on it.

    Each border is drawn from both sides, so the outlines are first made dense to half the tolerance.
    """
    from scipy.spatial import cKDTree  # half a second that no other work needs

    outlines = {f["properties"]["province_code"]: _points(f["geometry"]) for f in shapes["features"]}
    trees = {code: cKDTree(_dense(rings, tolerance)) for code, rings in outlines.items()}
    vertices = {code: np.concatenate(rings) for code, rings in outlines.items()}
    found = {}
    codes = sorted(outlines)
    for i, a in enumerate(codes):
        for b in codes[i + 1 :]:
            if _far_apart(vertices[a], vertices[b], tolerance):
                continue
            near = trees[b].query(vertices[a], distance_upper_bound=tolerance)[0] <= tolerance
            if near.sum() >= LEAST_POINTS:
                found[a, b] = int(near.sum())
    return found


def neighbours(regions: tuple[str, ...], root: str | Path | None = None) -> list[np.ndarray]:
    """Return for each region the indices of its neighbours in `regions` (empty for the nation alone)."""
    index = {code: i for i, code in enumerate(regions)}
    if not set(regions) & set(read("provinces", root)["province_code"]):
        return [np.array([], int) for _ in regions]
    table = read("province_neighbours", root)
    pairs = [
        (index[a], index[b]) for a, b in zip(table["province_code"], table["neighbour_code"], strict=True)
    ]
    return [np.array(sorted(b for a, b in pairs if a == i), int) for i in range(len(regions))]


def neighbour_table(shapes: dict) -> pd.DataFrame:
    """Return the rows of `province_neighbours.csv`, both directions, in order of code."""
    rows = [(x, y, n) for (a, b), n in shared_borders(shapes).items() for x, y in ((a, b), (b, a))]
    table = pd.DataFrame(sorted(rows), columns=["province_code", "neighbour_code", "shared_points"])
    note = f"at least {LEAST_POINTS} boundary points within {TOLERANCE} degrees; sea is no border"
    return table.assign(
        unit="count", source_id="NE_10M_ADM1;CPM_BORDERS", quality="derived", grade="B", note=note
    )


def units_of_2025(regions: Sequence[str], root: str | Path | None = None) -> dict[str, tuple[int, ...]]:
    """Return the units of July 2025, `unit_<code>` → indices of their provinces in `regions`, by code.

    A reporting map, not another model: the model keeps the 63 provinces that the Decision was made for.
    """
    table = read("provinces_2025", root)
    index = {code: i for i, code in enumerate(regions)}
    found: dict[str, list[int]] = {}
    for old, new in sorted(zip(table["province_code"], table["new_province_code"], strict=True)):
        if old in index:
            found.setdefault(f"unit_{new}", []).append(index[old])
    return {name: tuple(found[name]) for name in sorted(found)}


def _points(geometry: dict) -> list[np.ndarray]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [np.asarray(ring, float) for polygon in polygons for ring in polygon]


def _dense(rings: list[np.ndarray], tolerance: float) -> np.ndarray:
    pieces = []
    for ring in rings:
        for start, end in zip(ring[:-1], ring[1:], strict=True):
            steps = max(1, int(np.ceil(np.hypot(*(end - start)) / (tolerance / 2))))
            pieces.append(start + (end - start) * np.linspace(0, 1, steps, endpoint=False)[:, None])
    return np.concatenate(pieces)


def _far_apart(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    return bool((a.min(0) > b.max(0) + tolerance).any() or (b.min(0) > a.max(0) + tolerance).any())
