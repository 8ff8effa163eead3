"""The published enterprise statistics, read once and brought to the axes of the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.axes import SIZES
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.datasets import read

FIT_YEAR = 2010
HOUSEHOLDS = "nonfarm_individual_establishments"
_READ = ("provinces", "sectors", "sector_groups", "size_bands", "enterprises_by_size",
         "enterprises_by_province", "enterprises_by_sector", "enterprises_national")  # fmt: skip


@dataclass(frozen=True)
class EnterpriseTables:
    """The checked tables by name and what is read off them. Arrays: P provinces, J sector groups, Z sizes."""

    tables: dict[str, pd.DataFrame]

    @property
    def regions(self) -> tuple[str, ...]:
        """Codes of the 63 provinces."""
        return tuple(self.tables["provinces"]["province_code"])

    @property
    def group(self) -> pd.Series:
        """Sector group of each VSIC division."""
        return self.tables["sectors"].set_index("vsic_code")["sector"]

    def sectors(self, resolution: str = "full") -> tuple[str, ...]:
        """Return the sector groups of a resolution, in the order of data/sector_groups.csv."""
        groups = self.tables["sector_groups"]
        if resolution not in set(groups["resolution"]):
            why = "There are two resolutions: full and explorer."
            raise BadInput(
                Problem("resolution", "resolution", resolution, why, "Write `full` or `explorer`.")
            )
        return tuple(groups.loc[groups["resolution"] == resolution, "sector"])

    def grouping(self, resolution: str) -> np.ndarray:
        """Return the 0–1 matrix that adds full groups into the groups of a resolution, shape (J', J)."""
        full = self.sectors()
        if resolution == "full":
            return np.eye(len(full))
        wider = self.tables["sectors"].drop_duplicates("sector").set_index("sector")["explorer_sector"]
        return np.array(
            [[float(wider[sector] == name) for sector in full] for name in self.sectors(resolution)]
        )

    def counts_by_band(self) -> pd.DataFrame:
        """Return enterprises of 2010 by VSIC code (divisions, sections, T) and published band."""
        rows, bands = self.tables["enterprises_by_size"], self.tables["size_bands"]["band"]
        table = rows[rows["size_class"].isin(bands)].pivot(
            index="vsic_code", columns="size_class", values="value"
        )
        return table.rename(index={"D": "35"})[list(bands)].fillna(0.0)

    def counts_by_size(self) -> pd.DataFrame:
        """Return enterprises of 2010 by VSIC code and size: the published bands added up."""
        size = self.tables["size_bands"].set_index("band")["size"]
        return self.counts_by_band().T.groupby(size).sum().T[list(SIZES)]

    def sector_by_size(self) -> np.ndarray:
        """Return national industrial enterprises of 2010, shape (J, Z)."""
        table = self.counts_by_size().reindex(self.group.index)
        return table.groupby(self.group).sum().reindex(self.sectors()).to_numpy(float)

    def all_by_size(self) -> np.ndarray:
        """Return national enterprises of all activities of 2010, shape (Z,)."""
        return self.counts_by_size().loc["T"].to_numpy(float)

    def province_by_size(self) -> np.ndarray:
        """Return enterprises of all activities of 2010, shape (P, Z); 164 belong to no province."""
        rows, size = (
            self.tables["enterprises_by_province"],
            self.tables["size_bands"].set_index("band")["size"],
        )
        rows = rows[
            rows["indicator"].eq("acting_enterprises_all_sectors")
            & rows["year"].eq(FIT_YEAR)
            & rows["size_class"].isin(size.index)
            & rows["province_code"].isin(self.regions)
        ]
        table = rows.assign(size=rows["size_class"].map(size)).pivot_table(
            "value", "province_code", "size", "sum"
        )
        return table.reindex(index=self.regions, columns=SIZES).fillna(0.0).to_numpy(float)

    def industry_odds(self) -> np.ndarray:
        """Return industrial gross output over turnover of all enterprises, 2010, shape (P,)."""
        rows = self.tables["enterprises_by_province"]
        rows = rows[rows["year"].eq(FIT_YEAR) & rows["size_class"].eq("all")]
        table = rows.pivot_table("value", "province_code", "indicator", "first").reindex(self.regions)
        return (table["industrial_gross_output"] / table["net_turnover_all_sectors"]).to_numpy(float)

    def by_year(self, indicator: str = "acting_enterprises") -> pd.DataFrame:
        """Return a published figure by year (31 December) and sector group."""
        rows = self.tables["enterprises_by_sector"]
        rows = rows[rows["indicator"].eq(indicator)].replace({"vsic_code": {"D": "35"}})
        rows = rows.assign(group=rows["vsic_code"].map(self.group)).dropna(subset="group")
        return rows.groupby(["year", "group"])["value"].sum().unstack()[list(self.sectors())].astype(float)

    def wider_growth(self) -> dict[int, tuple[float, str]]:
        """Return year → (log growth, basis) from national series wider than industry, after 2010."""
        rows = self.tables["enterprises_national"]
        rows = rows[rows["indicator"] == "enterprises_with_results_31dec"]
        wide = rows.pivot(index="year", columns="sector", values="value").astype(float)
        first = int(wide.index.min())
        rate = float(np.log(wide.loc[first, "all_sectors"] / self.all_by_size().sum())) / (first - FIT_YEAR)
        basis = f"all enterprises {FIT_YEAR} to {first}, constant rate; two counting rules"
        found = {year: (rate, basis) for year in range(FIT_YEAR + 1, first + 1)}
        industry, basis = (
            wide["industry_and_construction"],
            "enterprises in industry and construction together",
        )
        steps = [int(year) for year in industry.index if year - 1 in industry.index]
        return found | {year: (float(np.log(industry[year] / industry[year - 1])), basis) for year in steps}

    def workshops(self) -> np.ndarray:
        """Return household businesses by province and sector group, *modelled* (grade J), shape (P, J).

        Published: 705,586 in manufacturing and 34,791 in mining (2005, the last count by branch). Mining
        belongs to minerals and metals; manufacturing is split as the micro enterprises of its divisions are
        in 2010; the provinces follow all nonfarm household businesses of 2010.
        """
        rows = self.tables["enterprises_national"]
        rows = rows[rows["indicator"].eq(HOUSEHOLDS) & rows["sector"].ne("all_sectors")]
        last = rows[rows["year"] == rows["year"].max()].set_index("sector")["value"]
        divisions = self.tables["sectors"].set_index("vsic_code")
        micro = self.counts_by_size()["micro"].reindex(divisions.index[divisions["section"] == "C"])
        split = (micro.groupby(divisions["sector"]).sum() / micro.sum()).reindex(self.sectors()).fillna(0.0)
        by_sector = split * last["manufacturing"]
        by_sector["minerals_metals"] += last["mining_and_quarrying"]
        rows = self.tables["enterprises_by_province"]
        rows = rows[rows["indicator"].eq(HOUSEHOLDS) & rows["year"].eq(FIT_YEAR)]
        share = rows.set_index("province_code")["value"].reindex(self.regions)
        return np.outer(share / share.sum(), by_sector)


def read_enterprises(root: str | Path | None = None) -> EnterpriseTables:
    """Read and check the tables once."""
    return EnterpriseTables({name: read(name, root) for name in _READ})
