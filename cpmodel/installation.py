"""What the numbers of a run depend on besides its inputs: code, libraries and processor, and how two places differ."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from cpmodel.errors import RunFailed

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "numba",
    "llvmlite",
    "statsmodels",
)  # they may move the last bits of a result


@functools.cache
def processor() -> str:
    """Return the kind of this processor as a compiler knows it: its name, and six characters for what it can do.

    A kernel rounds a product and a sum together where the processor can, and libraries add in the order that suits it.
    """
    told = os.environ.get  # numba compiles for another processor where it is told so
    name = told("NUMBA_CPU_NAME") or llvm.get_host_cpu_name()
    can = told("NUMBA_CPU_FEATURES") or llvm.get_host_cpu_features().flatten()
    return f"{name} ({hashlib.sha256(f'{llvm.get_default_triple()} {can}'.encode()).hexdigest()[:6]})"


@functools.cache
def installation() -> dict[str, str]:
    """Return what results depend on: Python, the code of this package, and the libraries that compute.

    Read once in a process: a worker that was started before an update still runs what was there then.
    """
    digest, package = hashlib.sha256(), Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    found = {"python": platform.python_version(), "cpmodel code": digest.hexdigest()[:12]}
    return found | {name: metadata.version(name) for name in LIBRARIES}


def unlike(here: dict[str, str], there: dict[str, str]) -> list[str]:
    """Return in words what of an installation is not that of this machine."""
    return [
        f"Its {name} is {there.get(name)}, here it is {here[name]}; results would not be comparable."
        for name in here
        if there.get(name) != here[name]
    ]


def other_kind(there: str, kind: str) -> str:
    """Return in words that a worker's processor is not that of the others."""
    return f"Its processor is {there}, that of others {kind}; who does a task would decide its last digits."


def alike(asked: tuple[dict[str, str], str], function: Callable, *arguments: Any) -> Any:
    """Return what a task gives; raises on a worker that differs and has joined since the others were examined.

    asked    what is to be installed, and the processor of the workers
    """
    installed, kind = asked
    found = unlike(installed, installation())
    if processor() != kind:
        found.append(other_kind(processor(), kind))
    if found:
        raise RunFailed(f"A worker has joined that cannot take part. {found[0]}")
    return function(*arguments)
