"""Equations compiled for use inside kernels, and where the compiled code is kept.

Numba invalidates a cached kernel when its own file changes, but not when an equation that it calls does. The cache
folder therefore carries a digest of every source file that a kernel may be made of: change an equation, and the
kernels are compiled anew.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from types import FunctionType

import numba
from numba import njit

from cpmodel.kept import cache_folder
from cpmodel.model import elementary
from cpmodel.model.inlining import INNER


def source_digest() -> str:
    """Return a digest of the sources of `model` and `finance`, in hexadecimal."""
    digest = hashlib.sha256(numba.__version__.encode())
    package = Path(__file__).parents[1]
    for path in sorted([*(package / "model").glob("*.py"), *(package / "finance").glob("*.py")]):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def kept_kernels() -> bool:
    """True when the engine of these very sources was compiled on this machine before."""
    return any(cache_folder(f"kernels-{source_digest()}").rglob("engine.*.nbi"))


def use_cache() -> None:
    """Point numba at the cache folder; called before any kernel with a cache is defined."""
    numba.config.CACHE_DIR = str(cache_folder(f"kernels-{source_digest()}"))


@functools.cache
def compiled(function):
    """Return an equation compiled for use inside kernels, with `elementary` standing in for numpy.

    The equations that it calls are compiled with it.
    """
    called = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    known = {name: compiled(one) for name, one in called.items() if hasattr(one, "clauses")}
    stand_in = {**function.__globals__, "np": elementary, **known}
    return njit(**INNER)(FunctionType(function.__code__, stand_in, function.__name__))
