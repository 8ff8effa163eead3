"""What a user waits for: the first result, a national ensemble and its memory, acceptance tables.

The program is measured as it is used, in a process of its own: elapsed time, processor time of all its threads, and the
most memory it held.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Row, side_by_side
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import ensemble
from cpmodel.model.regimes import make_offers

FIRST = (
    "from cpmodel.model import batches; from cpmodel.inputs.load import load; from cpmodel.inputs.overlay import resolve;"
    "batches.run(load(resolve('as_decided', overrides=dict(draws=64, resolution='explorer'))))"
)
START = "first result of 64 draws, explorer"
LAUNCH = """
import json, os, subprocess, sys, time
began = time.perf_counter()
started = subprocess.Popen([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(started.pid, 0)
print(json.dumps([time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
sys.exit(os.waitstatus_to_exitcode(status))
"""
DRAWS = (1000, 10_000)
EXPLORER_DRAWS = 1000


def rows(quick: bool = False) -> list[Row]:
    """Seconds and MiB; a national run is of both variants at full resolution, with its tables written."""
    found = _starts()
    with tempfile.TemporaryDirectory() as folder:
        for draws in (256,) if quick else DRAWS:
            run = ["-m", "cpmodel", "run", "as_decided", "--draws", str(draws), "--resolution", "full"]
            told = process([*run, "-o", str(Path(folder) / str(draws))])
            found += _rows(f"national, both variants, {draws} draws", told)
    return found + _parts()


def _starts() -> list[Row]:
    found = []
    explorer = ["-m", "cpmodel", "run", "as_decided", "--draws", "64", "--resolution", "explorer", "-o"]
    with tempfile.TemporaryDirectory() as folder:
        kept = {"NUMBA_CACHE_DIR": str(Path(folder) / "cache")}
        Path(kept["NUMBA_CACHE_DIR"]).mkdir()
        found += _rows(f"{START}, cold", process(["-c", FIRST], kept))
        found += _rows(f"{START}, cached", again(["-c", FIRST], kept))
        told = process([*explorer, str(Path(folder) / "run")], kept)
        found += _rows(f"{START}, written by `cpmodel run`, cached", told)
    return found + _rows("help of the program", again(["-m", "cpmodel", "--help"]))[:1]


def again(
    arguments: list[str], environment: dict[str, str] | None = None, times: int = 5
) -> tuple[float, ...]:
    """Run Python several times, as `process` does; returns the median of each of its numbers."""
    told = [process(arguments, environment) for _ in range(times)]
    return tuple(map(statistics.median, zip(*told, strict=True)))


def process(arguments: list[str], environment: dict[str, str] | None = None) -> tuple[float, float, float]:
    """Run Python in a process of its own; returns elapsed and processor seconds, and most memory [MiB].

    A small process starts it: the system counts the memory of whoever starts a program as the program's.
    """
    command = [sys.executable, "-c", LAUNCH, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | (environment or {}))
    if done.returncode:
        raise RuntimeError(done.stderr)
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def _rows(case: str, told: tuple[float, float, float]) -> list[Row]:
    units = ("elapsed", "s"), ("processor", "s"), ("most memory", "MiB")
    return [Row("whole", case, who, value, unit) for (who, unit), value in zip(units, told, strict=True)]


def _parts() -> list[Row]:
    """Tables and engine of an explorer run, apart, on one thread."""
    told = resolve("as_decided", overrides={"draws": EXPLORER_DRAWS, "resolution": "explorer"})
    world = ensemble.make_world(load(told))
    tables, opening = {v: make_offers(world, v) for v in ("H1", "H2")}, ensemble.opening_of(world)
    times = side_by_side({
        **{f"tables {v}": lambda v=v: make_offers(world, v, threads=1) for v in tables},
        **{f"engine {v}": lambda v=v: ensemble.run_variant(world, tables[v], v, 1, opening) for v in tables},
    }, repeats=3)  # fmt: skip
    case = f"explorer, {EXPLORER_DRAWS} draws, one thread"
    return [Row("whole", case, name, 1e3 * seconds, "ms") for name, seconds in times.items()]
