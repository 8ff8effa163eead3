"""The cells of a long table, looked up by key: only what is asked for is taken out of the table.

A read says what was looked up: a key in the order of `INDEX`, with None where every value was asked for. Two tables that
give the same to every read of a page give the same page.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only asks whether anything changed need not wait for it
    import pandas as pd

INDEX = ("scenario", "variant", "region", "sector", "size", "outcome", "year", "statistic")
REGION, OUTCOME, YEAR = (INDEX.index(name) for name in ("region", "outcome", "year"))
Read = tuple[str | int | None, ...]


class Cells(Mapping[tuple, float]):
    """Key → value of a long table; a cell that is empty there is not here."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._columns = {name: table[name].to_numpy() for name in (*INDEX, "value")}
        self._rows = table.groupby(["region", "outcome"], observed=True, sort=False).indices
        self._parts: dict[tuple[str, str], dict[tuple, float]] = {}

    def __getitem__(self, key: tuple) -> float:
        return self.part(key[REGION], key[OUTCOME])[key]

    def __iter__(self) -> Iterator[tuple]:
        for region, outcome in self._rows:
            yield from self.part(region, outcome)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __or__(self, others: Mapping[tuple, float]) -> Cells:
        """Return the same table with other values in some cells."""
        changed = copy.copy(self)
        changed._parts = {place: dict(part) for place, part in self._parts.items()}
        for key, value in others.items():
            changed.part(key[REGION], key[OUTCOME])[key] = value
        return changed

    @cached_property
    def regions(self) -> list[str]:
        """Every region of the table, in order."""
        return sorted({region for region, _ in self._rows})

    def part(self, region: str, outcome: str) -> dict[tuple, float]:
        """Return the cells of one region and outcome."""
        if (region, outcome) not in self._parts:
            rows = self._rows.get((region, outcome), [])
            keys = zip(*(self._columns[name][rows].tolist() for name in INDEX), strict=True)
            values = self._columns["value"][rows].tolist()
            pairs = zip(keys, values, strict=True)
            self._parts[region, outcome] = {key: value for key, value in pairs if math.isfinite(value)}
        return self._parts[region, outcome]

    def found(self, read: Read) -> dict[tuple, float]:
        """Return every cell that a read of a known outcome asks for, in order of key."""
        regions = self.regions if read[REGION] is None else [read[REGION]]
        parts = (self.part(region, read[OUTCOME]) for region in regions)
        if None not in read:
            return {key: part[key] for part in parts for key in [tuple(read)] if key in part}
        fits = lambda key: all(want is None or want == has for want, has in zip(read, key, strict=True))  # noqa: E731
        return {key: part[key] for part in parts for key in sorted(filter(fits, part))}
