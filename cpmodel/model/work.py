"""What the compiled functions hand one another: named tuples of arrays, and the names of their rows.

Every array ends in an axis of `BLOCK` draws, left out of the shapes below: compiled code sees rows of lanes.
"""

import math
from typing import Annotated, NamedTuple

import numpy as np

from cpmodel.model.state import BLOCK, TERMS

STOCKS = 7  # rows of a cell, in the order of `state.CELL_STOCKS`


class Tables(NamedTuple):
    """The offers as the compiled functions read them; P offers, V nodes, K rungs, n draws."""

    tables: tuple[np.ndarray, ...]  # (P, V, K, n) each: acceptance, used, invested, lent
    terms: np.ndarray  # (P, len(TERMS), n)
    eligible: np.ndarray  # (regimes, C)
    nodes: np.ndarray  # (V,)
    resource_bill: np.ndarray  # (J, Z)


class Starts(NamedTuple):
    """Establishments at the start, summed over cells."""

    place: np.ndarray  # (R·J,)
    size: np.ndarray  # (J, Z)


REGIONS, SECTORS, PLACES, CELLS, NODES = "regions", "sectors", "regions · sectors", "cells", "nodes"


def over(*axes: int | str) -> type:
    """Return the type of an array over axes and draws: their lengths, or the names of those that a layout gives."""
    return Annotated[np.ndarray, *axes]


class Stocks(NamedTuple):
    """The state of one block of draws, or its change over a step."""

    cells: over(CELLS, STOCKS)
    outreach: over(4)
    offices: over(REGIONS)
    nation: over(9)
    waiting: over(CELLS, 3)  # share that waits for the scheme
    flows: over(12)  # of the year so far
    users: over(4, 4)  # `USER_FLOWS` of the year so far, by size


class Work(NamedTuple):
    """What one stage of a step works out before it moves the stocks; four sizes, three rungs.

    `adopters`, `aware` and `units` are sums over cells, weighted by establishments at the start; the number living
    in a sector grows alike in all its cells, so it is multiplied in afterwards.
    """

    adopters: over(PLACES)
    aware: over(SECTORS, 4)
    units: over(SECTORS)
    sector: over(3, SECTORS)  # living over the start, entry rate, visible adopters
    place: over(2, PLACES)  # visible adopters of the place itself, seen from it
    lines: over(NODES, 5, 4, 3)  # value at the first node and slopes; market, scheme, used, invested, lent
    terms: over(4, len(TERMS))  # of the open offer
    along: over(SECTORS, NODES)  # how far along each slope a sector is
    tables: over(SECTORS, 6, 4, 3)  # what `lines` say, and the level of the eligible
    asked: over(
        SECTORS, 3, 4, 3
    )  # eligible that ask or wait, newcomers and all served per unit of acceptance
    size: over(8, 4)  # establishments, aware, reach, hazards, supported fee, outreach gain
    total: over(17)  # units, assessments, supported, pressure, database gain, service, scheme flows
    wanted: over(8)  # scheme flows if all newcomers were served
    ceiling: over(4)  # most that may be lent, granted, guaranteed, committed [bn VND of 2010 / year]
    users: over(4, 4)  # `USER_FLOWS` of the scheme
    watch: over(3)  # worst mass balance, smallest and largest share met
    places: over(REGIONS, 4, 16)  # sums of `GROUP_SUMS` by region and size
    kinds: over(SECTORS, 4, 16)  # by sector and size
    group: over(16)  # of one group


LIVING, ENTRY, SEEN_SECTOR = range(3)
OWN, SEEN = range(2)
MARKET, SCHEME, USED, INVESTED, LENT, LEVEL = range(6)  # the last of `tables` alone
NUMBER, NUMBER_AWARE, REACH, HAZARD, SUPPORTED_HAZARD, PLAIN_HAZARD, SUPPORTED_FEE, OUTREACH_GAIN = range(8)
TOTAL_UNITS, DONE, DONE_SUPPORTED, PRESSURE, DATABASE_GAIN, SERVED, ADMITTED, PACE, APPLIED = range(9)
PROJECTS, INVESTMENT, LENDING, GRANTS, GUARANTEED, POINTS, EQUIVALENT, COMMITTED = range(9, 17)
COUNTED, NEWCOMERS, PART = range(3)
BALANCE, LOWEST, HIGHEST = range(3)


def empty(kind: type, regions: int, sectors: int, cells: int, nodes: int = 1):
    """Return `Stocks` or `Work` of one block, at zero."""
    lengths = {REGIONS: regions, SECTORS: sectors, PLACES: regions * sectors, CELLS: cells, NODES: nodes}
    shapes = [
        [lengths.get(axis, axis) for axis in (*one.__metadata__, BLOCK)]
        for one in kind.__annotations__.values()
    ]
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    parts = np.split(aligned((ends[-1],), np.dtype(float)), ends[:-1])
    return kind(*(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)))


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return zeros that begin on a cache line, so that no row of lanes straddles two more than it must."""
    size, line = int(np.prod(shape)) * dtype.itemsize, 64
    memory = np.zeros(size + line, np.uint8)
    start = -memory.ctypes.data % line
    return memory[start : start + size].view(dtype).reshape(shape)


def records(fields: dict[str, np.ndarray]) -> np.ndarray:
    """Return arrays with a common first axis as one array of records."""
    arrays = {name: np.asarray(values) for name, values in fields.items()}
    dtype = [(name, a.dtype if a.dtype.kind != "b" else np.int64, a.shape[1:]) for name, a in arrays.items()]
    made = aligned((len(next(iter(arrays.values()))),), np.dtype(dtype, align=True))
    for name, values in arrays.items():
        made[name] = values
    return made


def by_block(fields: dict[str, np.ndarray]) -> np.ndarray:
    """Return arrays whose last axis is draws as one record a block, each field (..., BLOCK)."""
    split = {}
    for name, values in fields.items():
        parts = np.asarray(values, float).reshape(*values.shape[:-1], -1, BLOCK)
        split[name] = np.moveaxis(parts, -2, 0)
    return records(split)
