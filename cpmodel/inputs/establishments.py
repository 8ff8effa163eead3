"""How many establishments there are: province × sector group × size, *modelled*, and their yearly growth.

No published table crosses province and sector. The enterprises of 31 December 2010 are therefore fitted by
iterative proportional fitting over province × (six industrial groups + all other activities) × size:

    margin 1   sector group × size, national           published (enterprises_by_size)
    margin 2   province × size, all activities         published (enterprises_by_province)
    seed       industry against the rest, by province  industrial gross output over all enterprises' turnover

Both margins hold exactly and the fit keeps the odds of the seed, so a province never gets more industrial
enterprises of a size than it has enterprises of that size. The 164 enterprises that no province claims are
spread in proportion. What the fit cannot know: which group is concentrated where (all groups follow the same
provincial odds), and how many establishments an enterprise has (one is assumed).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.axes import NATION, SIZES, Cells, Makeup
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.enterprises import FIT_YEAR, EnterpriseTables, read_enterprises

START = 2009.68  # the Decision was signed on 7 September 2009
FIRST_YEAR, LAST_YEAR = 2009, 2030
ITERATIONS, CLOSE = 500, 1e-12


@dataclass(frozen=True)
class Matrix:
    """Enterprises of 31 December 2010, *modelled*: `counts[region, sector, size]`, shape (63, 6, 4).

    others[region, size] are the enterprises outside industry that the fit leaves, shape (63, 4).
    """

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    counts: np.ndarray
    others: np.ndarray


def fit(seed: np.ndarray, by_row: np.ndarray, by_column: np.ndarray) -> np.ndarray:
    """Return the table nearest to `seed` with the given margins (iterative proportional fitting).

    seed        shape (P, J, Z), > 0
    by_row      sums over J, shape (P, Z);  by_column    sums over P, shape (J, Z); equal totals per Z
    Source: Deming & Stephan (1940); Csiszár (1975) for the limit.
    """
    if not np.allclose(by_row.sum(0), by_column.sum(0), rtol=1e-9):
        found = f"{by_row.sum(0)} against {by_column.sum(0)}"
        why = "The two margins do not add up to the same totals."
        raise BadInput(
            Problem("data/background", "establishments", found, why, "Correct the published margins.")
        )
    table = np.array(seed, float)
    for _ in range(ITERATIONS):
        table *= _ratio(by_row, table.sum(1))[:, None, :]
        step = _ratio(by_column, table.sum(0))
        table *= step[None]
        if np.abs(step - 1)[by_column > 0].max() < CLOSE:
            break
    return table


def matrix(root: str | Path | None = None) -> Matrix:
    """Return the fitted matrix of 2010 (see the module's head for margins, seed and what it cannot know)."""
    return _matrix(read_enterprises(root))


def establishments(
    resolution: str = "full",
    household_workshops: bool = False,
    at: float = START,
    root: str | Path | None = None,
) -> tuple[Cells, pd.DataFrame]:
    """Return the establishments at time `at`, cell by cell, and their yearly growth.

    resolution             "full" (63 provinces × 6 groups × 4 sizes) or "explorer" (nation × 3 × 4)
    household_workshops    adds household businesses in manufacturing and mining to the micro size: 0.74
                           million in 2005, the last count by branch; the denominator grows sixteenfold
    at                     decimal year; 2011.0 is 31 December 2010, the year of the fit
    Returns (cells, growth); `growth` has the columns of `growth()`, for the groups of `cells`.
    """
    tables = read_enterprises(root)
    names = tables.sectors(resolution)
    fitted = _matrix(tables)
    published = tables.by_year()
    counts = fitted.counts * (_level_at(at, published) / published.loc[FIT_YEAR].to_numpy())[None, :, None]
    if household_workshops:
        counts[:, :, SIZES.index("micro")] += tables.workshops()
    if resolution == "full":
        cells = _cells(fitted.regions, names, counts)
    else:
        group = tables.grouping(resolution)
        inside = np.einsum("gj,pjz->gzpj", group, counts).reshape(-1, *counts.shape[:2])
        makeup = Makeup(fitted.regions, fitted.sectors, inside)
        cells = replace(_cells((NATION,), names, (group @ counts.sum(0))[None]), makeup=makeup)
    return cells, _growth(tables, resolution, household_workshops)


def growth(
    resolution: str = "full", household_workshops: bool = False, root: str | Path | None = None
) -> pd.DataFrame:
    """Return yearly log growth of the number of establishments by sector group, 2009–2030.

    Columns: sector, year, log_growth [1/year, over the year], status, basis.
    status    published: from two published totals of the group, a year apart
              derived: constant rate between totals further apart, or of a wider series than the group
              none: nothing published, log_growth is NaN and the outlook forecasts it
    """
    return _growth(read_enterprises(root), resolution, household_workshops)


def _matrix(tables: EnterpriseTables) -> Matrix:
    national, everything, provinces = tables.sector_by_size(), tables.all_by_size(), tables.province_by_size()
    provinces = provinces * (everything / provinces.sum(0))
    columns = np.vstack([national, everything - national.sum(0)])
    seed = np.ones((len(provinces), len(columns), len(SIZES)))
    seed[:, :-1] = tables.industry_odds()[:, None, None]
    table = fit(seed, provinces, columns)
    return Matrix(tables.regions, tables.sectors(), table[:, :-1], table[:, -1])


def _growth(tables: EnterpriseTables, resolution: str, household_workshops: bool) -> pd.DataFrame:
    group, names = tables.grouping(resolution), tables.sectors(resolution)
    published = tables.by_year()
    totals = pd.DataFrame(published.to_numpy() @ group.T, index=published.index, columns=list(names))
    homes = group @ tables.workshops().sum(0) if household_workshops else np.zeros(len(names))
    wider = tables.wider_growth()
    rows = []
    for sector, home in zip(names, homes, strict=True):
        level = float(totals.loc[FIRST_YEAR - 1, sector])
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            if year in totals.index:
                rate = float(np.log(totals.loc[year, sector] / totals.loc[year - 1, sector]))
                status, basis = "published", "enterprises of the sector group"
            else:
                rate, basis = wider.get(year, (np.nan, "nothing published"))
                status = "derived" if year in wider else "none"
            after = level * np.exp(rate)
            if household_workshops and status != "none":
                rate = float(np.log((after + home) / (level + home)))
                status, basis = "derived", f"{basis}; household workshops held at their last count"
            rows.append((sector, year, rate, status, basis))
            level = after
    return pd.DataFrame(rows, columns=["sector", "year", "log_growth", "status", "basis"])


def _level_at(at: float, published: pd.DataFrame) -> np.ndarray:
    """Return enterprises by group at a moment, at a constant rate between the two published year ends."""
    ends = np.array([float(year) + 1 for year in published.index])  # 31 December of year Y is t = Y + 1
    if not ends[0] <= at <= ends[-1]:
        found, why = f"{at:g}", f"Enterprises by sector are published from {ends[0]:g} to {ends[-1]:g}."
        raise BadInput(Problem("establishments", "at", found, why, "Choose a moment in between."))
    return np.exp([np.interp(at, ends, np.log(published[sector])) for sector in published.columns])


def _ratio(target: np.ndarray, current: np.ndarray) -> np.ndarray:
    return np.divide(target, current, out=np.zeros_like(target), where=current > 0)


def _cells(regions: tuple[str, ...], sectors: tuple[str, ...], counts: np.ndarray) -> Cells:
    region, sector, size = (axis.ravel() for axis in np.indices(counts.shape))
    return Cells(regions, sectors, region, sector, size, counts.ravel())
