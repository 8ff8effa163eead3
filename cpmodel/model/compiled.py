"""Equations compiled for use inside kernels, as they are written."""

from __future__ import annotations

import functools
from types import FunctionType

from numba import njit

from cpmodel.model import elementary
from cpmodel.model.inlining import INNER


@functools.cache
def compiled(function):
    """Return an equation compiled for use inside kernels, with `elementary` standing in for numpy.

    The equations that it calls are compiled with it.
    """
    called = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    known = {name: compiled(one) for name, one in called.items() if hasattr(one, "clauses")}
    stand_in = {**function.__globals__, "np": elementary, **known}
    return njit(**INNER)(FunctionType(function.__code__, stand_in, function.__name__))
