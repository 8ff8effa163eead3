"""What only provinces have: their place among the others, their part of the nation, the 34 units of July 2025.

Targets are national, so a province is told by its part of the nation's adopters. Two ranges of ranks are kept,
because provinces share every parameter of the model: within a draw they differ by their establishments alone
(`rank_`), while nothing is known of what else sets one apart. `rank_apart_` ranks provinces that each take a draw
of their own, as if all uncertainty were local; the truth lies in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from cpmodel.axes import ALL, NATION, SIZES
from cpmodel.inputs.geography import units_of_2025
from cpmodel.model import state as s
from cpmodel.model.batches import release
from cpmodel.model.ensemble import World
from cpmodel.results.outcomes import COLUMNS, GROUP_SHARES, POOLED, STATISTICS, Gathered

RANKED = ("awareness", "adoption_strict")
Groups = Sequence[tuple[str, str, str]]  # region, sector, size of each
SUMS = 1 + max(
    GROUP_SHARES[name] for name in (*RANKED, "assessed", "adoption_lenient")
)  # all that is read of `GROUP_SUMS`
UNIT_OUTCOMES = ("awareness", "assessed", "adoption_lenient", "adoption_strict")


def province_rows(worlds: Mapping[str, World], found: Mapping[str, s.Outputs]) -> pd.DataFrame:
    """Return rows of the long table that only a run by province has; empty at explorer resolution.

    The 34 units of July 2025: `establishments` and the shares of `UNIT_OUTCOMES`, region `unit_<code>`. In the years of
    the targets, provinces and units: `rank_<outcome>` and `rank_apart_<outcome>` [rank, 1 the highest]; these, sectors
    and sizes: `part_of_adoption_strict` and `part_of_establishments` [share of the nation's]; and, at the start,
    `opening_mix` [share of the province's establishments] by size.
    """
    world = next(iter(worlds.values()))
    regions = world.inputs.cells.regions
    if len(regions) == 1:
        return pd.DataFrame(columns=COLUMNS)
    units = units_of_2025(regions)
    kinds = [(NATION, sector, ALL) for sector in world.inputs.cells.sectors]
    kinds += [(NATION, ALL, size) for size in SIZES]
    provinces, merged = [(name, ALL, ALL) for name in regions], [(name, ALL, ALL) for name in units]
    first, last = 1 + len(regions), slice(-len(units), None)
    lists = [
        (provinces, slice(1, first), RANKED),
        (kinds, slice(first, first + len(kinds)), ()),
        (merged, last, RANKED),
    ]
    parts, shares, years = [Gathered() for _ in lists], Gathered(), years_of_targets(world)
    for y in range(len(world.years)):
        sums = {
            v: with_units(out.groups[y : y + 1, :, :SUMS].astype(float), units) for v, out in found.items()
        }
        for gathered, (_, where, ranked) in zip(parts, lists, strict=True):
            _gather(gathered, _places(world, sums, where, ranked) if y in years else {})
        _gather(shares, _unit_shares(sums, last))
        for out in found.values():
            release(out)
    frames = [_mix(world, units)]
    for gathered, (groups, *_) in zip(parts, lists, strict=True):
        frames += _frames(world, gathered, groups, years)
    frames += _frames(world, shares, merged, list(range(len(world.years))))
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def _gather(gathered: Gathered, told: Mapping[str, Mapping[str, tuple[str, np.ndarray]]]) -> None:
    """Add a year's values, told by variant and outcome with their unit."""
    for outcome, (unit, _) in next(iter(told.values()), {}).items():
        gathered.add(outcome, unit, {variant: one[outcome][1] for variant, one in told.items()})


def with_units(groups: np.ndarray, units: Mapping[str, Sequence[int]]) -> np.ndarray:
    """Return sums over groups (Y, groups, sums, n) followed by those of the units of 2025."""
    merged = [groups[:, [1 + i for i in members]].sum(axis=1) for members in units.values()]
    return np.concatenate([groups, np.stack(merged, axis=1)], axis=1)


def group_share(sums: np.ndarray, outcome: str) -> np.ndarray:
    """Return a share of establishments from sums over groups, (years, groups, draws)."""
    return sums[:, :, GROUP_SHARES[outcome]] / np.maximum(sums[:, :, 0], 1e-300)


def years_of_targets(world: World) -> list[int]:
    """Return the indices of the years in which the yardstick has a target."""
    years = {t.year for t in world.inputs.yardstick.scored} if world.inputs.yardstick is not None else set()
    return [y for y, year in enumerate(world.years) if int(year) in years]


def _places(world: World, sums: Mapping[str, np.ndarray], where: slice, ranked: Sequence[str]) -> dict:
    """Return variant → outcome → unit and values of ranks and parts of one list of groups."""
    values: dict[str, dict[str, tuple[str, np.ndarray]]] = {}
    strict = GROUP_SHARES["adoption_strict"]
    for variant, every in sums.items():
        here, whole = every[:, where], every[:, :1]
        told = values.setdefault(variant, {})
        told["part_of_establishments"] = ("share", here[:, :, 0] / whole[:, :, 0])
        told["part_of_adoption_strict"] = ("share", here[:, :, strict] / whole[:, :, strict])
        for outcome in ranked:
            share = group_share(here, outcome)
            told[f"rank_{outcome}"] = ("rank", ranks(share))
            told[f"rank_apart_{outcome}"] = ("rank", ranks(apart(share, world.inputs.scenario.seed)))
    return values


def ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks along the second axis, 1 for the highest; values (years, places, draws)."""
    return (-values).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") + 1.0


def apart(values: np.ndarray, seed: int) -> np.ndarray:
    """Return values (years, places, draws) with the draws of every place in an order of its own."""
    orders = np.random.default_rng(seed).permuted(
        np.tile(np.arange(values.shape[2]), (values.shape[1], 1)), axis=1
    )
    return np.take_along_axis(values, orders[None], axis=2)


def _unit_shares(sums: Mapping[str, np.ndarray], where: slice) -> dict:
    """Return variant → outcome → unit and values of the shares of the units of 2025."""
    return {
        v: {"establishments": ("establishments", every[:, where, 0])}
        | {o: ("share of establishments", group_share(every[:, where], o)) for o in UNIT_OUTCOMES}
        for v, every in sums.items()
    }


def _frames(world: World, gathered: Gathered, groups: Groups, years: list[int]) -> Iterator[pd.DataFrame]:
    """Yield one frame for each outcome and variant, and for the pool of variants."""
    for outcome, unit, variant, stats in gathered:
        index = pd.MultiIndex.from_product([STATISTICS, world.years[years], range(len(groups))])
        where = pd.DataFrame(groups, columns=["region", "sector", "size"]).iloc[index.get_level_values(2)]
        yield where.reset_index(drop=True).assign(
            scenario=world.inputs.scenario.name, variant=variant, outcome=outcome, unit=unit,
            year=index.get_level_values(1), statistic=index.get_level_values(0), value=stats.ravel(),
        )  # fmt: skip


def _mix(world: World, units: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """Return the share of each size among the establishments of every province, unit and the nation at the start."""
    cells = world.inputs.cells
    counts = np.zeros((len(cells.regions), len(SIZES)))
    np.add.at(counts, (cells.region, cells.size), cells.establishments)
    merged = {name: counts[list(members)].sum(axis=0) for name, members in units.items()}
    named = {NATION: counts.sum(axis=0), **dict(zip(cells.regions, counts, strict=True)), **merged}
    variants = world.inputs.scenario.variants
    variants = (*variants, POOLED) if len(variants) > 1 else variants
    rows = [
        (world.inputs.scenario.name, variant, region, ALL, size, "opening_mix", "share of establishments",
         int(world.years[0]), "mean", value / row.sum())
        for variant in variants
        for region, row in named.items() for size, value in zip(SIZES, row, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
