"""Equations compiled for use inside kernels, and where the compiled code is kept.

Numba invalidates a cached kernel when its own file changes, but not when an equation that it calls does. The cache
folder therefore carries a digest of every source file that a kernel may be made of: change an equation, and the
kernels are compiled anew.
"""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from pathlib import Path
from types import FunctionType

import numba
from numba import njit
from platformdirs import user_cache_dir

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


def cache_folder() -> Path:
    """Return the folder for compiled kernels of these very sources, made if need be."""
    for base in (os.environ.get("NUMBA_CACHE_DIR"), user_cache_dir("cpmodel"), tempfile.gettempdir()):
        if not base:
            continue
        folder = Path(base) / f"kernels-{source_digest()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="cpmodel-"))


def use_cache() -> None:
    """Point numba at the cache folder; called before any kernel with a cache is defined."""
    numba.config.CACHE_DIR = str(cache_folder())


@functools.cache
def compiled(function):
    """Return an equation compiled for use inside kernels, with `elementary` standing in for numpy.

    The equations that it calls are compiled with it.
    """
    called = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    known = {name: compiled(one) for name, one in called.items() if hasattr(one, "clauses")}
    stand_in = {**function.__globals__, "np": elementary, **known}
    return njit(**INNER)(FunctionType(function.__code__, stand_in, function.__name__))
