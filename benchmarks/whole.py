"""What a user waits for: a national ensemble, bands, acceptance tables, the start of the program, and its memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time

from benchmarks.measure import Row, side_by_side
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import batches, ensemble
from cpmodel.model.regimes import make_offers

FIRST = (
    "import time; t = time.perf_counter(); from cpmodel.model import batches; from cpmodel.inputs.load import load;"
    "from cpmodel.inputs.overlay import resolve;"
    "found = load(resolve('as_decided', overrides=dict(draws=64, resolution='explorer')));"
    "batches.run(found); print(time.perf_counter() - t)"
)
DRAWS = 1000


def rows(quick: bool = False) -> list[Row]:
    """Seconds and MiB; a national run is of both variants at full resolution."""
    found = [*_starts()]
    draws = 256 if quick else DRAWS
    inputs = load(resolve("as_decided", overrides={"draws": draws, "resolution": "full"}))
    wall, cpu = time.perf_counter(), time.process_time()
    batches.run(inputs)
    case = f"national, both variants, {draws} draws"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found += [Row("whole", case, "wall", time.perf_counter() - wall, "s"),
              Row("whole", case, "processor", time.process_time() - cpu, "s"),
              Row("whole", case, "most memory", memory, "MiB")]  # fmt: skip
    world = ensemble.make_world(
        load(resolve("as_decided", overrides={"draws": DRAWS, "resolution": "explorer"}))
    )
    tables = {v: make_offers(world, v) for v in ("H1", "H2")}
    opening = ensemble.opening_of(world)
    times = side_by_side({
        **{f"tables {v}": lambda v=v: make_offers(world, v, threads=1) for v in tables},
        **{f"engine {v}": lambda v=v: ensemble.run_variant(world, tables[v], v, 1, opening) for v in tables},
    }, repeats=3)  # fmt: skip
    return found + [
        Row("whole", f"explorer, {DRAWS} draws, one thread", n, 1e3 * t, "ms") for n, t in times.items()
    ]


def _starts() -> list[Row]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for case in ("cold", "cached"):
            done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True,
                                  env=os.environ | {"NUMBA_CACHE_DIR": folder})  # fmt: skip
            found.append(Row("whole", "first result of 64 draws, explorer", case, float(done.stdout), "s"))
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import cpmodel.cli"], check=True)
    return [*found, Row("whole", "import cpmodel.cli", "wall", time.perf_counter() - start, "s")]
