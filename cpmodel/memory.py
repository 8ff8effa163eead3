"""Memory: what is free, and work that needs more refused before it starts."""

from __future__ import annotations

from cpmodel.errors import BadInput, Problem

GIB = 2.0**30
PROCESS = 0.33e9  # bytes of a worker process that has loaded what a run needs, beside its tasks
LESS = (
    "Ask for fewer draws or particles, the explorer's resolution, or fewer briefs at a time (`--jobs`); "
    "or use a machine or a cluster with more memory."
)


def free_memory() -> float:
    """Return the memory of this machine that is free to use [bytes]; infinite where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            found = dict(line.split(":") for line in lines)
        return float(found["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return float("inf")


def refuse_too_little_memory(where: str, free: float, need: float, key: str, fix: str = LESS) -> None:
    """Raise `BadInput` when `need` exceeds `free` [bytes].

    where    whose memory, in words   key    option that asks for it   fix    what to do
    """
    if need > free:
        found = f"{in_words(need)} needed, {in_words(free)} free on {where}"
        why = "The work would be killed, or the machine would stop answering."
        raise BadInput(Problem("command line", key, found, why, fix))


def in_words(size: float) -> str:
    """Return a size [bytes] in whole units, which read alike in both languages."""
    return f"{size / GIB:.0f} GiB" if size >= 10 * GIB else f"{size / GIB * 1024:.0f} MiB"
