"""Memory: what is free, and work that needs more refused before it starts."""

from __future__ import annotations

from cpmodel.errors import BadInput, Problem

GIB = 2.0**30


def free_memory() -> float:
    """Return the memory of this machine that is free to use [bytes]; infinite where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            found = dict(line.split(":") for line in lines)
        return float(found["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return float("inf")


def refuse_too_little_memory(where: str, free: float, need: float, key: str) -> None:
    """Raise `BadInput` when `need` exceeds `free` [bytes]."""
    if need > free:
        found = f"{need / GIB:.1f} GiB needed, {free / GIB:.1f} GiB free on {where}"
        why = "The work would be killed, or the machine would stop answering."
        fix = (
            "Ask for fewer draws or a coarser resolution, fewer tasks at a time (--jobs), or larger workers."
        )
        raise BadInput(Problem("command line", key, found, why, fix))
