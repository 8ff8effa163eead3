"""What the compiled functions hand one another: named tuples of arrays, and the names of their rows."""

from typing import NamedTuple

import numpy as np

from cpmodel.model.compiled import use_cache

use_cache()
BLOCK = 32  # draws taken together


class Tables(NamedTuple):
    """The offers as the compiled functions read them; P offers, V nodes, K rungs, n draws."""

    accept: np.ndarray  # (4, P, V, K, n): acceptance, used, invested, lent
    terms: np.ndarray  # (P, len(TERMS), n)
    eligible: np.ndarray  # (regimes, C)
    nodes: np.ndarray  # (V,)
    resource_bill: np.ndarray  # (J, Z)


class Work(NamedTuple):
    """What one stage of a step works out before it moves the stocks; B draws."""

    sector: np.ndarray  # (3, J, B): living over the start, entry rate, visible adopters
    place: np.ndarray  # (3, R·J, B): establishments, visible adopters of the place itself, seen from it
    tables: np.ndarray  # (6, J, Z, K, B): market, scheme, used, invested, lent, level of the eligible
    size: np.ndarray  # (6, Z, B): establishments, aware, reach, hazard, unsupported hazard, outreach gain
    total: np.ndarray  # (12, B): units, assessments, supported, pressure, seven scheme flows, database gain


LIVING, ENTRY, SEEN_SECTOR = range(3)
COUNT, OWN, SEEN = range(3)
MARKET, SCHEME, USED, INVESTED, LENT, LEVEL = range(6)
NUMBER, NUMBER_AWARE, REACH, HAZARD, UNSUPPORTED, OUTREACH_GAIN = range(6)
TOTAL_UNITS, DONE, DONE_SUPPORTED, PRESSURE, FLOWS, DATABASE_GAIN = 0, 1, 2, 3, slice(4, 11), 11
