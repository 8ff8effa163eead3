"""What every benchmark shares: a row of results, fair timing, and the machine."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One number: of what, in which case, by whom."""

    benchmark: str
    case: str
    who: str
    value: float
    unit: str


def side_by_side(
    contenders: Mapping[str, Callable], repeats: int = 5, clock=time.process_time
) -> dict[str, float]:
    """Return the median seconds of each contender, taken in turns so that all meet the same machine.

    clock    processor time, so that what others do on the machine counts little; all contenders run on one thread
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for function in contenders.values():
        function()  # compiled, and in the caches
    for _ in range(repeats):
        for name, function in contenders.items():
            start = clock()
            function()
            found[name].append(clock() - start)
    return {name: statistics.median(times) for name, times in found.items()}


def machine() -> dict[str, object]:
    """Return what the numbers depend on."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
    return {
        "processor": model, "cores": os.cpu_count(), "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 1),
    }  # fmt: skip
