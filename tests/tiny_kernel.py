"""A kernel that is compiled in a moment and takes every kind of argument."""

from typing import NamedTuple

import numpy as np
from numba import njit

from cpmodel.model.inlining import OUTER


class Pair(NamedTuple):
    """Arrays that are handed on together."""

    left: np.ndarray
    right: np.ndarray


@njit(**OUTER)
def weigh(first, last, by, records, pair, deep, small, out):
    """Set rows `first` to `last` of `out`."""
    for i in range(first, last):
        for j in range(out.shape[1]):
            whole = records[i].whole + deep[1][j, i, 0] * records[i].parts[1]
            out[i, j] = whole * by + pair.left[i, j] - pair.right[j] + deep[0][0] * small[i, j]
