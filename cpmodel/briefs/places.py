"""The few data files that a brief reads directly: names of provinces, boundaries, grades of parameters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cpmodel.content import Source


@dataclass(frozen=True)
class Province:
    """A province as a brief needs it: names, the statistical region in which it lies, `province` or `municipality`."""

    code: str
    name_vi: str
    name_en: str
    region: str = ""
    kind: str = "province"

    def name(self, language: str) -> str:
        """Name in one language."""
        return self.name_vi if language == "vi" else self.name_en


def provinces(data: Path) -> dict[str, Province]:
    """Return province code → province; empty when the file is not there."""
    path = data / "provinces.csv"
    if not path.is_file():
        return {}
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    found = (
        Province(r.province_code, r.name_vi, r.name_en, r.region_code, r.unit_type)
        for r in rows.itertuples(index=False)
    )
    return {province.code: province for province in found}


def geometry(data: Path) -> dict[str, Any] | None:
    """Return the province boundaries (GeoJSON), or None when the file is not there."""
    path = data / "boundaries" / "provinces.geojson"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def sources(data: Path, cited: Iterable[str]) -> tuple[Source, ...]:
    """Return the sources of these ids as the register has them, by id; an id it does not have is left out."""
    path, wanted = data / "sources.csv", set(cited)
    if not path.is_file():
        return ()
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows = rows[rows["source_id"].isin(wanted)].sort_values("source_id")
    return tuple(
        Source(id=r.source_id, title=r.title, publisher=r.publisher, year=r.year, url=r.url)
        for r in rows.itertuples(index=False)
    )


def parameter_rows(data: Path) -> pd.DataFrame:
    """Return the parameter table as text; empty when the file is not there."""
    path = data / "parameters.csv"
    columns = ["name", "median", "grade"]
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    return pd.read_csv(path, dtype=str, keep_default_na=False)
