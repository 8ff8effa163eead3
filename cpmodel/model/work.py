"""What the compiled functions hand one another: named tuples of arrays, and the names of their rows."""

from typing import NamedTuple

import numpy as np
from numba import njit

from cpmodel.model.compiled import INNER, use_cache

use_cache()
BLOCK = 32  # draws taken together

# Where a stock begins in the row of its cell; a row holds the seven stocks of a block of draws, one after another.
UNAWARE, AWARE, ASSESSED = 0, BLOCK, 2 * BLOCK
RUNGS, UNITS, STOCKS = 3 * BLOCK, 6 * BLOCK, 7 * BLOCK
SUMS = 16 * BLOCK  # length of a row of `GROUP_SUMS`, kept in the same way


class Tables(NamedTuple):
    """The offers as the compiled functions read them; P offers, V nodes, K rungs, n draws."""

    accept: np.ndarray  # (4, P, V, K, n): acceptance, used, invested, lent
    terms: np.ndarray  # (P, len(TERMS), n)
    eligible: np.ndarray  # (regimes, C)
    nodes: np.ndarray  # (V,)
    resource_bill: np.ndarray  # (J, Z)


class Starts(NamedTuple):
    """Establishments at the start, summed over cells."""

    place: np.ndarray  # (R·J,)
    size: np.ndarray  # (J, Z)


class Work(NamedTuple):
    """What one stage of a step works out before it moves the stocks; B draws.

    `adopters`, `aware` and `units` are sums over cells, weighted by establishments at the start; the number living
    in a sector grows alike in all its cells, so it is multiplied in afterwards.
    """

    adopters: np.ndarray  # (R·J, B)
    aware: np.ndarray  # (J, Z, B)
    units: np.ndarray  # (J, B)
    sector: np.ndarray  # (3, J, B): living over the start, entry rate, visible adopters
    place: np.ndarray  # (2, R·J, B): visible adopters of the place itself, seen from it
    lines: (
        np.ndarray
    )  # (5, Z, K, V, B): value at the first node and slopes; market, scheme, used, invested, lent
    along: np.ndarray  # (V, B): how far along each slope a sector is
    tables: np.ndarray  # (6, J, Z, K, B): market, scheme, used, invested, lent, level of the eligible
    uptake: np.ndarray  # (J, Z, K, B): uptake of the eligible [establishments/year]
    size: np.ndarray  # (6, Z, B): establishments, aware, reach, hazard, unsupported hazard, outreach gain
    total: (
        np.ndarray
    )  # (13, B): units, assessments, supported, pressure, database gain, share served, scheme flows


LIVING, ENTRY, SEEN_SECTOR = range(3)
OWN, SEEN = range(2)
MARKET, SCHEME, USED, INVESTED, LENT, LEVEL = range(6)
NUMBER, NUMBER_AWARE, REACH, HAZARD, UNSUPPORTED, OUTREACH_GAIN = range(6)
TOTAL_UNITS, DONE, DONE_SUPPORTED, PRESSURE, DATABASE_GAIN, SERVED = range(6)
PROJECTS, INVESTMENT, LENDING, GRANTS, GUARANTEED, POINTS, EQUIVALENT = range(6, 13)


@njit(**INNER)
def empty_work(regions, sectors, nodes):
    """Return the arrays of `Work`, in order."""
    z, k = 4, 3
    return (
        np.zeros((regions * sectors, BLOCK)), np.zeros((sectors, z, BLOCK)), np.zeros((sectors, BLOCK)),
        np.zeros((3, sectors, BLOCK)), np.zeros((2, regions * sectors, BLOCK)), np.zeros((5, z, k, nodes, BLOCK)),
        np.zeros((nodes, BLOCK)), np.zeros((6, sectors, z, k, BLOCK)), np.zeros((sectors, z, k, BLOCK)),
        np.zeros((6, z, BLOCK)), np.zeros((13, BLOCK)),
    )  # fmt: skip
