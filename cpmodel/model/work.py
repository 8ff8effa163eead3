"""What the compiled functions hand one another: named tuples of arrays, and the names of their rows.

Every array ends in an axis of `BLOCK` draws, left out of the shapes below: compiled code sees rows of lanes.
"""

from typing import NamedTuple

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


class Stocks(NamedTuple):
    """The state of one block of draws, or its change over a step."""

    cells: np.ndarray  # (C, 7)
    outreach: np.ndarray  # (Z,)
    offices: np.ndarray  # (R,)
    nation: np.ndarray  # (9,)
    waiting: np.ndarray  # (C, 3) share that waits for the scheme
    flows: np.ndarray  # (12,) of the year so far
    users: np.ndarray  # (Z, 4) `USER_FLOWS` of the year so far


class Work(NamedTuple):
    """What one stage of a step works out before it moves the stocks.

    `adopters`, `aware` and `units` are sums over cells, weighted by establishments at the start; the number living
    in a sector grows alike in all its cells, so it is multiplied in afterwards.
    """

    adopters: np.ndarray  # (R·J,)
    aware: np.ndarray  # (J, Z)
    units: np.ndarray  # (J,)
    sector: np.ndarray  # (3, J): living over the start, entry rate, visible adopters
    place: np.ndarray  # (2, R·J): visible adopters of the place itself, seen from it
    lines: (
        np.ndarray
    )  # (5, Z, K, V): value at the first node and slopes; market, scheme, used, invested, lent
    terms: np.ndarray  # (Z, len(TERMS)): of the open offer
    along: np.ndarray  # (J, V): how far along each slope a sector is
    tables: np.ndarray  # (4, J, Z, K): market, scheme, used, level of the eligible
    asked: (
        np.ndarray
    )  # (3, J, Z, K): eligible that ask or wait, newcomers and all served per unit of acceptance
    size: np.ndarray  # (8, Z): establishments, aware, reach, hazards, supported fee, outreach gain
    total: np.ndarray  # (17,): units, assessments, supported, pressure, database gain, service, scheme flows
    wanted: np.ndarray  # (8,): scheme flows if all newcomers were served
    ceiling: np.ndarray  # (4,): most that may be lent, granted, guaranteed, committed [bn VND of 2010 / year]
    users: np.ndarray  # (Z, 4): `USER_FLOWS` of the scheme
    watch: np.ndarray  # (3,): worst mass balance, smallest and largest share met
    places: np.ndarray  # (R, Z, 16): sums of `GROUP_SUMS` by region and size
    kinds: np.ndarray  # (J, Z, 16): by sector and size
    group: np.ndarray  # (16,): of one group


LIVING, ENTRY, SEEN_SECTOR = range(3)
OWN, SEEN = range(2)
MARKET, SCHEME, USED, INVESTED, LENT = range(5)  # rows of `lines`; of `tables`, the first three and
LEVEL = 3
NUMBER, NUMBER_AWARE, REACH, HAZARD, SUPPORTED_HAZARD, PLAIN_HAZARD, SUPPORTED_FEE, OUTREACH_GAIN = range(8)
TOTAL_UNITS, DONE, DONE_SUPPORTED, PRESSURE, DATABASE_GAIN, SERVED, ADMITTED, PACE, APPLIED = range(9)
PROJECTS, INVESTMENT, LENDING, GRANTS, GUARANTEED, POINTS, EQUIVALENT, COMMITTED = range(9, 17)
COUNTED, NEWCOMERS, PART = range(3)
BALANCE, LOWEST, HIGHEST = range(3)


def empty_stocks(cells: int, regions: int) -> Stocks:
    """Return stocks of one block, at zero."""
    shapes = ((cells, STOCKS), (4,), (regions,), (9,), (cells, 3), (12,), (4, 4))
    return Stocks(*(_zeros(*shape) for shape in shapes))


def empty_work(regions: int, sectors: int, nodes: int) -> Work:
    """Return the work of one block, at zero."""
    z, k, places = 4, 3, regions * sectors
    shapes = (
        (places,), (sectors, z), (sectors,), (3, sectors), (2, places), (5, z, k, nodes), (z, len(TERMS)), (sectors, nodes),
        (4, sectors, z, k),
        (3, sectors, z, k), (8, z), (17,), (8,), (4,), (z, 4), (3,), (regions, z, 16), (sectors, z, 16), (16,),
    )  # fmt: skip
    return Work(*(_zeros(*shape) for shape in shapes))


def _zeros(*shape: int) -> np.ndarray:
    return aligned((*shape, BLOCK), np.dtype(float))


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
